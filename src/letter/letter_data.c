/* The letters of data channels: texts that may be long. */
#include "kinds.h"

#include <errno.h>
#include <string.h>

static const char *const names[DATA_WHAT_COUNT] = {"open", "closed", "text", "returned",
                                                   "too_slow"};

static int read_text(struct fields *f, struct letter *out)
{
    const json_t *text = json_object_get(f->object, "text");
    if (!json_is_string(text) || json_string_length(text) > LETTER_TEXT) {
        fields_wrong(f, "text");
        return 0;
    }
    out->u.data.text = strdup(json_string_value(text)); // jansson lets no NUL in
    return out->u.data.text ? 0 : -ENOMEM;
}

int letter_read_data_out(struct fields *f, struct letter *out)
{
    return read_text(f, out);
}

int letter_read_data_in(struct fields *f, struct letter *out)
{
    out->u.data.what = (enum letter_data_what)fields_choice(f, "what", names, DATA_WHAT_COUNT);
    fields_text(f, "of", out->u.data.of, sizeof out->u.data.of, letter_is_id_or_none);
    return read_text(f, out);
}

int letter_write_data_out(const struct letter *l, json_t *body)
{
    const char *text = l->u.data.text ? l->u.data.text : "";
    return json_object_set_new(body, "text", json_string(text));
}

int letter_write_data_in(const struct letter *l, json_t *body)
{
    return json_object_set_new(body, "what", json_string(names[l->u.data.what])) ||
                   json_object_set_new(body, "of", json_string(l->u.data.of)) ||
                   letter_write_data_out(l, body)
               ? -1
               : 0;
}
