#include "room/member.h"

#include "record.h"
#include "room/data.h"
#include "room/downlink.h"
#include "room/room.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_deadline(void *owner, usec_t now);

struct member *member_create(struct room *room, struct room_env *env, const char *id,
                             uint64_t age)
{
    struct member *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->room = room;
    m->env = env;
    m->age = age;
    m->ssrc = env_random(env);
    m->deadline.owner = m;
    m->deadline.due = on_deadline;
    assert(strlen(id) < sizeof(m->id));
    (void)snprintf(m->id, sizeof(m->id), "%s", id);
    speaker_init(&m->speaker);
    return m;
}

static void remove_track(struct member *m, unsigned i, usec_t now)
{
    struct track *t = m->track[i];
    for (unsigned k = 0; k < t->stream_count; k++)
        stream_release_slots(&t->stream[k], now);
    for (unsigned k = 0; k < m->room->member_count; k++) { // empty seats know it too
        struct member *viewer = m->room->member[k];
        for (unsigned j = 0; j < viewer->slot_count; j++)
            if (viewer->slot[j]->track == t)
                slot_seat(viewer->slot[j], NULL, m->env, now);
    }
    member_forget_track(m, t);
    track_destroy(t);
    m->track[i] = m->track[--m->track_count];
}

static void remove_slot(struct member *m, unsigned i)
{
    slot_destroy(m->slot[i]);
    // The order of slots is the order of their m-lines: pairs are found by it.
    memmove(&m->slot[i], &m->slot[i + 1], (--m->slot_count - i) * sizeof(struct slot *));
}

static void disconnect(struct member *m, usec_t now)
{
    data_stop(m, now);
    while (m->track_count)
        remove_track(m, m->track_count - 1, now);
    while (m->slot_count)
        remove_slot(m, m->slot_count - 1);
    downlink_destroy(m->down);
    m->down = NULL;
    m->ssrc_count = 0;
    free(m->twcc);
    m->twcc = NULL;
    if (m->has_peer)
        peer_fini(&m->peer);
    m->has_peer = false;
}

void member_destroy(struct member *m, usec_t now)
{
    if (!m)
        return;
    if (m->has_peer)
        peer_close(&m->peer, m->env->tx, now);
    disconnect(m, now);
    deadline_clear(m->env->deadlines, &m->deadline);
    free(m->track);
    free(m->slot);
    free(m->want);
    free(m);
}

static bool same_encodings(const struct track *t, const struct agree_mline *m)
{
    if (t->stream_count != (m->encoding_count ? m->encoding_count : 1))
        return false;
    for (unsigned i = 0; i < m->encoding_count; i++)
        if (strcmp(t->stream[i].rid, m->encoding[i].rid) != 0)
            return false;
    return true;
}

static int find_track(const struct member *m, const char *mid)
{
    for (unsigned i = 0; i < m->track_count; i++)
        if (strcmp(m->track[i]->mid, mid) == 0)
            return (int)i;
    return -1;
}

static int find_slot(const struct member *m, const char *mid)
{
    for (unsigned i = 0; i < m->slot_count; i++)
        if (strcmp(m->slot[i]->mid, mid) == 0)
            return (int)i;
    return -1;
}

/** SSRCs the offer names are known before their first packet. */
static void know_ssrcs(struct member *m, struct track *t, const struct agree_mline *line)
{
    for (unsigned i = 0; i < line->encoding_count && i < t->stream_count; i++) {
        const struct agree_encoding *e = &line->encoding[i];
        const uint32_t both[2] = {e->ssrc, e->rtx_ssrc};
        for (unsigned rtx = 0; rtx < 2; rtx++)
            if (both[rtx] && m->ssrc_count < MEMBER_SSRCS)
                m->ssrcs[m->ssrc_count++] = (struct member_ssrc){
                    .ssrc = both[rtx], .rtx = rtx == 1, .stream = &t->stream[i]};
    }
}

static int agree_track(struct member *m, const struct agree_mline *line, usec_t now)
{
    int i = find_track(m, line->mid);
    if (i >= 0 && !(line->active && line->client_sends && m->track[i]->kind == line->kind &&
                    same_encodings(m->track[i], line))) {
        remove_track(m, (unsigned)i, now);
        i = -1;
    }
    if (!line->active || !line->client_sends)
        return 0;
    if (i >= 0) {
        track_agree(m->track[i], line);
        return 0;
    }
    struct track **grown =
        realloc(m->track, ((size_t)m->track_count + 1) * sizeof(struct track *));
    if (!grown)
        return -ENOMEM;
    m->track = grown;
    struct track *t = track_create(m, line, ++m->room->ages, now);
    if (!t)
        return -ENOMEM;
    m->track[m->track_count++] = t;
    know_ssrcs(m, t, line);
    return 0;
}

static int agree_slot(struct member *m, const struct agree_mline *line, usec_t now)
{
    int i = find_slot(m, line->mid);
    if (i >= 0 && !(line->active && m->slot[i]->kind == line->kind &&
                    m->slot[i]->ssrc == line->slot_ssrc)) {
        remove_slot(m, (unsigned)i);
        i = -1;
    }
    // One that is off for a while stays: under one key an SSRC's numbers never begin anew.
    if (i >= 0)
        return slot_agree(m->slot[i], line);
    if (!line->active || !line->client_receives)
        return 0;
    if (!m->down && !(m->down = downlink_create(m, now)))
        return -ENOMEM;
    struct slot **grown = realloc(m->slot, ((size_t)m->slot_count + 1) * sizeof(struct slot *));
    if (!grown)
        return -ENOMEM;
    m->slot = grown;
    struct slot *s = slot_create(m, line, m->env);
    if (!s)
        return -ENOMEM;
    m->slot[m->slot_count++] = s;
    return 0;
}

/** Whatever stood on an m-line that is not in the agreement any more goes. */
static void remove_unnamed(struct member *m, const struct agreement *a, usec_t now)
{
    for (unsigned i = m->track_count; i-- > 0;)
        if (!agreement_mline(a, m->track[i]->mid))
            remove_track(m, i, now);
    for (unsigned i = m->slot_count; i-- > 0;)
        if (!agreement_mline(a, m->slot[i]->mid))
            remove_slot(m, i);
}

static int connect_peer(struct member *m, const struct agreement *a, usec_t now)
{
    if (m->has_peer && m->peer.generation == a->generation)
        return peer_agree(&m->peer, a, now);
    disconnect(m, now);
    const int err = peer_init(&m->peer, &m->env->peer, a, now);
    if (err < 0)
        return err;
    m->has_peer = true;
    m->told = PEER_WAITING;
    return 0;
}

int member_agree(struct member *m, const struct agreement *a, usec_t now)
{
    int err = connect_peer(m, a, now);
    if (err < 0)
        return err;
    memcpy(m->cname, a->cname, sizeof(m->cname));
    remove_unnamed(m, a, now);
    for (unsigned i = 0; i < a->mline_count; i++) {
        if (a->mline[i].kind == KIND_DATA)
            continue;
        if ((err = agree_track(m, &a->mline[i], now)) < 0 ||
            (err = agree_slot(m, &a->mline[i], now)) < 0)
            break; // without memory: what is there goes on
    }
    m->demand_due = true;
    if (m->down)
        downlink_agree(m->down, now);
    room_changed(m->room, now);
    member_wake(m, peer_deadline(&m->peer));
    return err;
}

void member_mute(struct member *m, enum media_source source, bool muted, usec_t now)
{
    for (unsigned i = 0; i < m->track_count; i++) {
        struct track *t = m->track[i];
        if (t->source != source || t->muted == muted)
            continue;
        t->muted = muted;
        record_mute(m, source, muted, now);
        // Its RTP clock stands still now: what its last sender report said is dead afterwards.
        for (unsigned k = 0; k < t->stream_count; k++) {
            rtp_clock_forget(&t->stream[k].stats.clock);
            stream_cool(&t->stream[k]);
        }
    }
    room_changed(m->room, now);
}

static bool same_want(const struct letter_want *a, const struct letter_want *b)
{
    return a->source == b->source && strcmp(a->of, b->of) == 0;
}

int member_set_want(struct member *m, const struct letter_want *want, usec_t now)
{
    room_touched(m, now);
    if (*want->mid) {
        const int i = find_slot(m, want->mid);
        if (i < 0)
            return 0; // its m-line is gone by now
        m->slot[i]->want = *want;
        m->slot[i]->has_want = true;
        return 0;
    }
    for (unsigned i = 0; i < m->want_count; i++) {
        if (same_want(&m->want[i], want)) {
            m->want[i] = *want;
            return 0;
        }
    }
    if (m->want_count == MEMBER_WANTS)
        return -ENOSPC;
    struct letter_want *grown = realloc(m->want, ((size_t)m->want_count + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    m->want = grown;
    m->want[m->want_count++] = *want;
    return 0;
}

const struct letter_want *member_want(const struct member *m, const struct slot *s)
{
    static const struct letter_want none;
    if (s->has_want)
        return &s->want;
    if (s->track)
        for (unsigned i = 0; i < m->want_count; i++)
            if (m->want[i].source == s->track->source &&
                strcmp(m->want[i].of, s->track->owner->id) == 0)
                return &m->want[i];
    return &none;
}

struct track *member_track(const struct member *m, enum media_source source)
{
    for (unsigned i = 0; i < m->track_count; i++)
        if (m->track[i]->source == source)
            return m->track[i];
    return NULL;
}

struct slot *member_slot(const struct member *m, uint32_t ssrc)
{
    for (unsigned i = 0; i < m->slot_count; i++)
        if (m->slot[i]->ssrc == ssrc || (ssrc && m->slot[i]->rtx_ssrc == ssrc))
            return m->slot[i];
    return NULL;
}

void member_wake(struct member *m, usec_t at)
{
    if (m->deadline.pos == 0 || m->deadline.at > at)
        (void)deadline_set(m->env->deadlines, &m->deadline, at);
}

void member_settle(struct member *m, usec_t now)
{
    if (!m->has_peer || m->told == m->peer.state)
        return;
    struct letter l = {.u.gone.generation = m->peer.generation};
    memcpy(l.member, m->id, sizeof(l.member));
    memcpy(l.room, m->room->id, sizeof(l.room));
    m->told = m->peer.state;
    record_peer(m, now);
    if (m->peer.state == PEER_UP) {
        l.type = LETTER_MEMBER_CONNECTED;
    } else if (m->peer.state == PEER_GONE) {
        data_stop(m, now);
        l.type = LETTER_MEMBER_GONE;
        (void)strncpy(l.u.gone.reason, m->peer.why_gone, sizeof(l.u.gone.reason) - 1);
    } else {
        return;
    }
    m->env->post(m->env->ctx, &l);
}

// While it sends, a publisher is looked at this often: NACKs wait for reordering about as long.
#define ACTIVE_TICK  (20 * USEC_PER_MS)
#define ACTIVE_LIMIT USEC_PER_SEC

void member_on_media(struct member *m, usec_t now)
{
    m->media_at = now;
    member_wake(m, now + ACTIVE_TICK);
}

static void on_deadline(void *owner, usec_t now)
{
    struct member *m = owner;
    if (!m->has_peer)
        return;
    peer_tick(&m->peer, m->env->tx, now);
    member_settle(m, now);
    usec_t next = peer_deadline(&m->peer);
    if (m->peer.state == PEER_UP) {
        for (unsigned i = 0; i < m->slot_count; i++) {
            slot_replay_tick(m->slot[i], m->env, now);
            next = usec_min(next, slot_replay_deadline(m->slot[i]));
        }
        member_send_rtcp(m, now);
        next = usec_min(next, m->report_at);
        if (m->media_at && now - m->media_at < ACTIVE_LIMIT)
            next = usec_min(next, now + ACTIVE_TICK);
    }
    // Others may have set an earlier one while this ran.
    if (m->deadline.pos == 0 || m->deadline.at > next)
        (void)deadline_set(m->env->deadlines, &m->deadline, next);
}
