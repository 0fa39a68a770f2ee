/* What outlives a control process: notes that a worker keeps for it, and what the worker holds.
 */
#include "kinds.h"

#include <errno.h>
#include <string.h>

int letter_read_note(struct fields *f, struct letter *out)
{
    const json_t *text = json_object_get(f->object, "text");
    fields_text(f, "key", out->u.note.key, sizeof out->u.note.key, letter_is_id);
    if (!json_is_string(text) || json_string_length(text) > LETTER_NOTE_MAX)
        fields_wrong(f, "text");
    if (f->wrong)
        return 0;
    out->u.note.text = strdup(json_string_value(text)); // jansson lets no NUL in
    return out->u.note.text ? 0 : -ENOMEM;
}

int letter_write_note(const struct letter *l, json_t *body)
{
    const char *text = l->u.note.text ? l->u.note.text : "";
    return json_object_set_new(body, "key", json_string(l->u.note.key)) ||
                   json_object_set_new(body, "text", json_string(text))
               ? -1
               : 0;
}

int letter_read_held(struct fields *f, struct letter *out)
{
    struct letter_held *h = &out->u.held;
    h->generation = (uint32_t)fields_uint(f, "generation", UINT32_MAX);
    h->connected = fields_bool(f, "connected");
    h->data_open = fields_bool(f, "data_open");
    fields_text(f, "gone", h->gone, sizeof h->gone, letter_is_plain);
    return 0;
}

int letter_write_held(const struct letter *l, json_t *body)
{
    const struct letter_held *h = &l->u.held;
    json_t *held =
        json_pack("{s:I, s:b, s:b, s:s}", "generation", (json_int_t)h->generation, "connected",
                  h->connected, "data_open", h->data_open, "gone", h->gone);
    const int r = held ? json_object_update(body, held) : -1;
    json_decref(held);
    return r;
}
