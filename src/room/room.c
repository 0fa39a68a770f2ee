#include "room/room.h"

#include "record.h"
#include "room/downlink.h"
#include "room/forward.h"
#include "rtp/ext.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEAT_DELAY (5 * USEC_PER_MS)  ///< many changes at once are one seating
#define IDLE_TICK  (2 * USEC_PER_SEC) ///< of a room in which nobody publishes

static void on_deadline(void *owner, usec_t now);

struct room *room_create(struct room_env *env, const char *id, usec_t now)
{
    struct room *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->env = env;
    flight_init(&r->flight, env->flight);
    r->seat_at = USEC_NEVER;
    r->tick_at = now + SPEAKER_INTERVAL;
    r->deadline.owner = r;
    r->deadline.due = on_deadline;
    assert(strlen(id) < sizeof(r->id));
    (void)snprintf(r->id, sizeof(r->id), "%s", id);
    return r;
}

void room_destroy(struct room *r, usec_t now)
{
    if (!r)
        return;
    while (r->member_count)
        room_leave(r, r->member[r->member_count - 1], now);
    deadline_clear(r->env->deadlines, &r->deadline);
    seating_fini(&r->seating);
    flight_fini(&r->flight);
    free(r->member);
    free(r);
}

struct member *room_join(struct room *r, const char *id, usec_t now)
{
    if (r->member_count == r->member_cap) {
        const unsigned cap = r->member_cap ? 2 * r->member_cap : 4;
        struct member **grown = realloc(r->member, cap * sizeof(struct member *));
        if (!grown)
            return NULL;
        r->member = grown;
        r->member_cap = cap;
    }
    struct member *m = member_create(r, r->env, id, ++r->ages);
    if (!m)
        return NULL;
    r->member[r->member_count++] = m;
    room_changed(r, now);
    return m;
}

void room_leave(struct room *r, struct member *m, usec_t now)
{
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *other = r->member[i];
        for (unsigned k = 0; k < other->slot_count; k++)
            if (other->slot[k]->occupant == m)
                other->slot[k]->occupant = NULL;
    }
    if (r->speaker == m)
        r->speaker = NULL;
    record_left(m, now);
    member_destroy(m, now); // while it is still in the list: its tracks leave everybody's slots
    for (unsigned i = 0; i < r->member_count; i++) {
        if (r->member[i] == m) {
            r->member_count--;
            memmove(&r->member[i], &r->member[i + 1],
                    (r->member_count - i) * sizeof(struct member *));
            break;
        }
    }
    room_changed(r, now);
}

struct member *room_member(const struct room *r, const char *id)
{
    for (unsigned i = 0; i < r->member_count; i++)
        if (strcmp(r->member[i]->id, id) == 0)
            return r->member[i];
    return NULL;
}

void room_wake(struct room *r, usec_t now)
{
    if (r->deadline.pos == 0 || r->deadline.at > now)
        (void)deadline_set(r->env->deadlines, &r->deadline, now);
}

void room_changed(struct room *r, usec_t now)
{
    r->seating.change++;
    r->seat_at = usec_min(r->seat_at, now + SEAT_DELAY);
    room_wake(r, r->seat_at);
}

void room_touched(struct member *viewer, usec_t now)
{
    struct room *r = viewer->room;
    seating_touch(viewer);
    r->seat_at = usec_min(r->seat_at, now + SEAT_DELAY);
    room_wake(r, r->seat_at);
}

void room_connected(struct member *m, usec_t now)
{
    if (!m->down || m->seating.done != m->room->seating.change) {
        room_touched(m, now); // its seats are not given yet
        return;
    }
    m->down->dirty = true;
    downlink_share(m->down, now);
}

static void tell_speaker(struct room *r)
{
    struct letter l = {.type = LETTER_SPEAKER};
    memcpy(l.room, r->id, sizeof(l.room));
    if (r->speaker)
        memcpy(l.u.speaker.member, r->speaker->id, sizeof(l.u.speaker.member));
    r->env->post(r->env->ctx, &l);
}

/** Who dominates now? */
static void pick_speaker(struct room *r, usec_t now)
{
    const struct speaker **all = calloc(r->member_count, sizeof(struct speaker *));
    if (!all)
        return; // no memory for a moment: the one before goes on
    int current = -1;
    for (unsigned i = 0; i < r->member_count; i++) {
        all[i] = &r->member[i]->speaker;
        if (r->member[i] == r->speaker)
            current = (int)i;
    }
    const int pick = speaker_pick(all, r->member_count, current, now);
    free(all);
    struct member *dominant = pick >= 0 ? r->member[pick] : NULL;
    if (dominant)
        dominant->spoke_at = now;
    if (dominant == r->speaker)
        return;
    r->speaker = dominant;
    tell_speaker(r);
    room_changed(r, now);
}

static void tell_seats(struct member *m)
{
    unsigned count = 0;
    for (unsigned i = 0; i < m->slot_count; i++)
        count += slot_news(m->slot[i]);
    if (count == 0)
        return;
    struct letter_seat *seat = calloc(count, sizeof(*seat));
    if (!seat)
        return; // still news at the next tick
    struct letter l = {.type = LETTER_SLOT_CHANGED, .u.seats.seat = seat};
    memcpy(l.room, m->room->id, sizeof(l.room));
    memcpy(l.member, m->id, sizeof(l.member));
    for (unsigned i = 0; i < m->slot_count; i++)
        if (slot_news(m->slot[i]))
            slot_describe(m->slot[i], &seat[l.u.seats.count++]);
    m->env->post(m->env->ctx, &l);
    free(seat);
}

void room_tell_again(struct room *r, usec_t now)
{
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        for (unsigned k = 0; k < m->slot_count; k++)
            m->slot[k]->changed = true;
        m->demand_due = true;
        tell_seats(m);
    }
    if (r->speaker)
        tell_speaker(r);
    r->demand_at = now;
    demand_tick(r, false, now);
}

/** Nobody publishes, nobody spoke: there is nothing to look at, for however many. */
static bool is_idle(const struct room *r)
{
    return r->seating.count == 0 && !r->speaker && r->heard == 0;
}

static void on_deadline(void *owner, usec_t now)
{
    struct room *r = owner;
    bool choose = false;
    if (now >= r->tick_at) {
        r->tick_at = now + (is_idle(r) ? IDLE_TICK : SPEAKER_INTERVAL);
        pick_speaker(r, now);
        voices_tick(r, now);
        choose = true;
    }
    const bool seat = now >= r->seat_at;
    if (seat) {
        r->seat_at = USEC_NEVER;
        seating_tick(r, now);
        if (!is_idle(r))
            r->tick_at = usec_min(r->tick_at, now + SPEAKER_INTERVAL);
    }
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        for (unsigned k = 0; choose && k < m->track_count; k++)
            track_measure(m->track[k], now);
        if ((m->seating.anew || choose) && m->down) {
            m->down->dirty |= m->seating.anew;
            downlink_share(m->down, now);
        }
        for (unsigned k = 0; (m->seating.anew || choose) && k < m->slot_count; k++)
            slot_choose(m->slot[k], r->env, now);
        m->seating.anew = false;
        tell_seats(m);
        record_member(m, now);
    }
    if (seat || choose)
        demand_tick(r, seat, now);
    if (r->member_count)
        room_wake(r, usec_min(r->tick_at, r->seat_at));
}

enum drop room_on_packet(struct room *r, struct stream *st, struct rtp *pkt, bool repaired,
                         usec_t now)
{
    struct payload desc;
    const bool described = st->track->kind == KIND_VIDEO && pkt->payload_len > 0;
    const enum drop bad = room_undo_red(r, st, pkt, now);
    if (bad)
        return bad;
    if (described) {
        const enum drop why =
            payload_parse(&desc, st->codec, rtp_payload(pkt), pkt->payload_len);
        if (why)
            return why;
        desc.keyframe = desc.keyframe && stream_opens_frame(st, pkt, &desc);
    }
    if (!described || desc.keyframe || repaired) // what came before it, as it was then
        forward_waiting(r->env, now);
    const enum drop why =
        stream_receive(st, r->env, pkt, described ? &desc : NULL, repaired, now);
    if (why)
        return why;
    record_came(st, pkt, described ? &desc : NULL, repaired, now);
    st->frames += described && pkt->marker;
    if (st->track->muted)
        return DROP_MUTED; // counted before, or its sender would hear of losses afterwards
    if (st->track->kind == KIND_AUDIO && !voices_pass(r, st, pkt, now)) {
        voices_skip(st, pkt);
        return DROP_NONE;
    }
    forward_packet(r->env, st, pkt, described ? &desc : NULL, !repaired, now);
    return DROP_NONE;
}
