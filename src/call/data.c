/* What goes by the data channel "salon" instead of the shell, and what comes by it. */
#include "live.h"

#include <stdlib.h>
#include <string.h>

void call_say(struct call_member *m, const char *text, size_t len)
{
    if (!m->data_open || len > LETTER_TEXT) {
        call_tell_text(m, text, len);
        return;
    }
    char *copy = strndup(text, len);
    struct letter l = {.type = LETTER_DATA_OUT, .u.data.text = copy};
    if (copy)
        call_letter(m, &l);
    free(copy);
}

/** A channel towards it was closed because too much waited: its page should know why. */
static void too_slow(struct call_member *m, const struct letter_data *data)
{
    call_tell(m, json_pack("{s:s, s:s, s:s, s:s}", "type", "channel", "participant", data->of,
                           "label", data->text, "reason", "too_slow"));
}

void call_on_data(struct call_member *m, const struct letter *l)
{
    const struct letter_data *data = &l->u.data;
    switch (data->what) {
    case DATA_OPEN:
        m->data_open = true;
        break;
    case DATA_CLOSED:
        m->data_open = false;
        break;
    case DATA_TEXT:
        if (m->shell && m->ops->said)
            m->ops->said(m->shell, data->text, strlen(data->text));
        break;
    case DATA_RETURNED:
        call_tell_text(m, data->text, strlen(data->text));
        break;
    case DATA_TOO_SLOW:
        too_slow(m, data);
        break;
    case DATA_WHAT_COUNT:
        break;
    }
}
