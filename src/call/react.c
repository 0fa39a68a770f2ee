/* Reactions: a word to everyone that is shown for a moment and forgotten. */
#include "live.h"

#include <string.h>

/** The words there are: pages show a picture of their own for each, so that none can carry
 * text. */
static bool known(const char *reaction)
{
    static const char *const words[] = {"like", "love", "laugh", "wow", "bravo"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], reaction) == 0)
            return true;
    }
    return false;
}

const char *call_react(struct call_member *m, const char *reaction, unsigned *retry_after_s)
{
    if (!known(reaction))
        return "invalid_field";
    if (!call_often_take(&m->reacted, usec_now(), retry_after_s))
        return "rate_limited";
    json_t *message = json_pack("{s:s, s:s, s:s}", "type", "reaction", "participant", m->id,
                                "reaction", reaction);
    if (!message)
        return "internal";
    call_tell_room(m->room, message);
    return NULL;
}
