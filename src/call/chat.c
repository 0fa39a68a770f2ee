/* The relay of chat messages, and the ring that a resuming client catches up from. */
#include "live.h"

#include "base/read_json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

bool call_often_take(struct call_often *often, usec_t now, unsigned *retry_after_s)
{
    usec_t *oldest = &often->times[often->at];
    if (*oldest != 0 && now - *oldest < OFTEN_WINDOW) {
        const usec_t left = OFTEN_WINDOW - (now - *oldest);
        *retry_after_s = (unsigned)((left + USEC_PER_SEC - 1) / USEC_PER_SEC);
        return false;
    }
    *oldest = now;
    often->at = (often->at + 1) % OFTEN_BURST;
    return true;
}

static json_int_t ms_since_1970(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (json_int_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *call_chat(struct call_member *m, const char *text, const char *to,
                      unsigned *retry_after_s)
{
    struct call_room *room = m->room;
    struct call_member *other = to ? call_member_find(room, to) : NULL;
    if (to && !other)
        return "unknown_participant";
    if (!call_often_take(&m->said, usec_now(), retry_after_s))
        return "rate_limited";

    const uint64_t n = room->chat_count + 1;
    json_t *chat = json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:s*}", "type", "chat", "n",
                             (json_int_t)n, "from", m->id, "name", m->name, "text", text,
                             "time", ms_since_1970(), "to", to);
    if (!chat)
        return "internal";
    room->chat_count = n;
    json_t **kept = &room->chat[n % CALL_CHAT_KEPT];
    json_decref(*kept);
    *kept = chat;
    call_keep_chat(room, n);

    char *said = write_json(chat);
    if (!said)
        return NULL; // it is kept: who resumes gets it
    const size_t len = strlen(said);
    struct call_member *reader;
    LIST_FOREACH(reader, &room->members, link)
    {
        if (!to || reader == m || reader == other)
            call_say(reader, said, len);
    }
    free(said);
    return NULL;
}

/** True if the message is for everyone, for `id` or from it. */
static bool may_read(const json_t *chat, const char *id)
{
    const char *to = json_string_value(json_object_get(chat, "to"));
    const char *from = json_string_value(json_object_get(chat, "from"));
    return !to || strcmp(to, id) == 0 || (from && strcmp(from, id) == 0);
}

uint64_t call_chat_last(const struct call_member *m)
{
    return m->room->chat_count;
}

json_t *call_chat_after(const struct call_member *m, uint64_t n)
{
    const struct call_room *room = m->room;
    json_t *all = json_array();
    const uint64_t last = room->chat_count;
    uint64_t i = last > CALL_CHAT_KEPT ? last - CALL_CHAT_KEPT : 0;
    if (n > i)
        i = n;
    while (i < last) {
        json_t *chat = room->chat[++i % CALL_CHAT_KEPT];
        if (may_read(chat, m->id))
            json_array_append(all, chat);
    }
    return all;
}
