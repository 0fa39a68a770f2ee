/* All requests there are: docs/signalling.md, "From the client". */
#include "message.h"
#include "session.h"

#include <string.h>

static const struct signal_message table[] = {
    {"join", WHEN_FRESH, parse_join, run_join},
    {"resume", WHEN_FRESH, parse_resume, run_resume},
    {"offer", WHEN_JOINED, parse_offer, run_offer},
    {"candidate", WHEN_JOINED, parse_candidate, run_candidate},
    {"mute", WHEN_JOINED, parse_mute, run_mute},
    {"admit", WHEN_JOINED, parse_knock, run_admit},
    {"deny", WHEN_JOINED, parse_knock, run_deny},
    {"remove", WHEN_JOINED, parse_remove, run_remove},
    {"lock", WHEN_JOINED, parse_lock, run_lock},
    {"want", WHEN_JOINED, parse_want, run_want},
    {"chat", WHEN_JOINED, parse_chat, run_chat},
    {"quality", WHEN_JOINED, parse_nothing, run_quality},
    {"history", WHEN_JOINED, parse_history, run_history},
    {"update", WHEN_JOINED, parse_update, run_update},
    {"react", WHEN_JOINED, parse_react, run_react},
    {"invite", WHEN_JOINED, parse_invite, run_invite},
    {"uninvite", WHEN_JOINED, parse_uninvite, run_uninvite},
    {"share", WHEN_JOINED, parse_nothing, run_share},
    {"leave", WHEN_ALWAYS, parse_nothing, run_leave},
    {"ping", WHEN_ALWAYS, parse_nothing, run_ping},
};

const struct signal_message *signal_message_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}
