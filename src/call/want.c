/* What a participant will show, kept here so that a new worker can be told. */
#include "live.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** True if the one replaces the other. */
static bool same_key(const struct letter_want *a, const struct letter_want *b)
{
    if (a->mid[0] || b->mid[0])
        return strcmp(a->mid, b->mid) == 0;
    return strcmp(a->of, b->of) == 0 && a->source == b->source;
}

static int keep(struct call_member *m, const struct letter_want *want)
{
    for (unsigned i = 0; i < m->want_count; i++) {
        if (same_key(&m->want[i], want)) {
            m->want[i] = *want;
            return 0;
        }
    }
    if (m->want_count == WANTS_KEPT) { // more than anyone can show: the oldest is forgotten
        memmove(m->want, m->want + 1, (WANTS_KEPT - 1) * sizeof(*want));
        m->want_count--;
    } else if (m->want_count == m->want_cap) {
        const unsigned cap = m->want_cap ? 2 * m->want_cap : 8;
        struct letter_want *grown = realloc(m->want, cap * sizeof(*want));
        if (!grown)
            return -ENOMEM;
        m->want = grown;
        m->want_cap = cap;
    }
    m->want[m->want_count++] = *want;
    return 0;
}

static void say(struct call_member *m, const struct letter_want *want, unsigned count)
{
    for (unsigned at = 0; at < count; at += LETTER_WANTS) {
        const unsigned n = count - at < LETTER_WANTS ? count - at : LETTER_WANTS;
        struct letter letter = {.type = LETTER_SLOT_WANT};
        letter.u.wants.count = n;
        letter.u.wants.want = (struct letter_want *)want + at; // it is only written out
        call_letter(m, &letter);
    }
}

int call_want(struct call_member *m, unsigned count, const struct letter_want *want,
              unsigned *bad)
{
    assert(count <= LETTER_WANTS);
    struct letter_want good[LETTER_WANTS];
    unsigned n = 0;
    int result = 0;
    for (unsigned i = 0; i < count; i++) {
        if (want[i].of[0] && !call_member_find(m->room, want[i].of)) {
            if (result == 0)
                *bad = i;
            result = 1;
            continue;
        }
        if (keep(m, &want[i]) != 0)
            return -ENOMEM;
        good[n++] = want[i];
    }
    if (m->media && n > 0)
        say(m, good, n);
    return result;
}

bool call_want_only(struct call_member *m, const char *participant)
{
    if (!call_member_find(m->room, participant))
        return false;
    (void)snprintf(m->only, sizeof(m->only), "%s", participant);
    return true;
}

/** The wants of a player that shows one participant on everything it has. */
static void say_only(struct call_member *m)
{
    struct letter_want want[AGREE_MAX_MLINES];
    unsigned n = 0;
    for (unsigned i = 0; i < m->agreement.mline_count; i++) {
        const struct agree_mline *line = &m->agreement.mline[i];
        if (!line->active || !line->client_receives || line->kind == KIND_DATA)
            continue;
        want[n] = (struct letter_want){
            .source = line->kind == KIND_AUDIO ? SOURCE_MICROPHONE : SOURCE_CAMERA,
        };
        memcpy(want[n].mid, line->mid, sizeof(want[n].mid));
        memcpy(want[n].of, m->only, sizeof(want[n].of));
        n++;
    }
    say(m, want, n);
}

void call_wants_say(struct call_member *m, bool fresh)
{
    if (m->only[0])
        say_only(m);
    if (!fresh)
        return;
    unsigned n = 0;
    for (unsigned i = 0; i < m->want_count; i++) {
        if (!m->want[i].mid[0])
            m->want[n++] = m->want[i];
    }
    m->want_count = n;
    say(m, m->want, n);
}

void call_wants_forget(struct call_member *m, const char *id)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->want_count; i++) {
        if (strcmp(m->want[i].of, id) != 0)
            m->want[n++] = m->want[i];
    }
    m->want_count = n;
}
