/*
 * A viewer who is to see a stream whose keyframe is in the cache begins there, and nobody is
 * asked for a new one: joiners, switches of layer and of source, and decoders that broke.
 *
 *   cache    K d d d d d d d d d d  <- live packets are put in here
 *                    ^next
 *   viewer   K d d d |              what is before `next` has gone out; a packet that comes
 * live and belongs behind it waits for its turn
 *
 * When `next` reaches the end, live packets are forwarded again.
 */
#include "room/slot.h"

#include "room/downlink.h"
#include "room/member.h"

// What a viewer catches up with is sent in steps, or a slow line would lose most of it.
#define STEP_PACKETS 12
#define STEP         (5 * USEC_PER_MS)

// What a line is asked to carry at once. A viewer that asked for a keyframe mostly has a line
// that loses packets: it gets less, and not again and again.
#define MAX_BYTES       (640u << 10)
#define MAX_BYTES_AGAIN (160u << 10)
#define AGAIN_PAUSE     (2 * USEC_PER_SEC)
#define ANSWER_TIME     (250 * USEC_PER_MS) ///< for an answer to arrive, beside the round trip

// See slot_replay(). About as long as a publisher is not asked again.
#define SAME_MAX_AGE (600 * USEC_PER_MS)

static bool read_cached(const struct stream *st, int64_t seq, struct rtp *pkt,
                        struct payload *desc)
{
    return stream_cached(st, (uint16_t)seq, pkt, desc);
}

static bool begin(struct slot *s, struct stream *st, size_t max_bytes, struct room_env *env,
                  usec_t now)
{
    const struct slot_codec *out = slot_codec_for(s, st);
    struct rtp pkt;
    struct payload desc;
    if (!out || !stream_warm(st, max_bytes, now) ||
        !read_cached(st, st->gop.first, &pkt, &desc) || pkt.payload_len == 0)
        return false;
    const struct slot_start from = {
        .stream = st, .out = out, .pkt = &pkt, .desc = &desc, .past = true};
    slot_begin(s, &from, env, now);
    s->replay = (struct slot_replay){
        .on = true, .next = st->gop.first, .at = now, .began = now, .ended = now};
    env->count.replays++;
    member_wake(s->owner, now);
    return true;
}

bool slot_replay(struct slot *s, struct stream *st, struct room_env *env, usec_t now)
{
    // Another layer of what is seen: catching up shows again, if only for a blink, what was
    // just seen. A keyframe is better, unless there was one a moment ago.
    const bool same = s->current && s->current != st && s->current->track == st->track;
    if (same && now - st->gop.at > SAME_MAX_AGE)
        return false;
    const size_t carried = downlink_catch_up(s->owner->down);
    return begin(s, st, carried < MAX_BYTES ? carried : MAX_BYTES, env, now);
}

void slot_on_key_request(struct slot *s, struct room_env *env, usec_t now)
{
    if (!s->current || s->kind != KIND_VIDEO)
        return;
    s->keys_asked++;
    const struct slot_replay *r = &s->replay;
    // It was sent before the answer to the one before, or to the slot's new seat, was there.
    if (r->on || (r->began && now - r->ended < s->rtt + ANSWER_TIME)) {
        env->count.keyframe_wishes++;
        return;
    }
    if ((!r->began || now - r->began > AGAIN_PAUSE) &&
        begin(s, s->current, MAX_BYTES_AGAIN, env, now)) {
        env->count.keyframe_wishes++;
        return;
    }
    stream_want_key(s->current, env, now);
}

static void send_cached(struct slot *s, struct rtp *pkt, const struct payload *desc,
                        struct room_env *env, usec_t now)
{
    struct udp_datagram *d = udp_next(env->tx);
    struct rtp_copied where;
    const enum drop why = slot_write(s, pkt, desc, now, d, &where);
    if (why)
        env->count.unsent[why]++;
    else if (downlink_send(s->owner->down, s, d, &where, SENT_VIDEO, now) == DROP_NONE)
        env->count.replayed++;
}

/** The next packet; false if that is missing: NACK may bring it. */
static bool replay_next(struct slot *s, struct room_env *env, usec_t now)
{
    struct stream *st = s->current;
    struct rtp pkt;
    struct payload desc;
    if (!read_cached(st, s->replay.next++, &pkt, &desc))
        return false;
    const struct payload *described = pkt.payload_len > 0 ? &desc : NULL;
    if (slot_wants(s, st, &pkt, described, env, now))
        send_cached(s, &pkt, described, env, now);
    return true;
}

void slot_replay_tick(struct slot *s, struct room_env *env, usec_t now)
{
    if (now < slot_replay_deadline(s))
        return;
    s->replay.at = now + STEP;
    for (unsigned sent = 0; sent < STEP_PACKETS &&
                            s->replay.next <= s->current->repair.newest &&
                            pacer_passes(&s->owner->down->pacer, now);)
        sent += replay_next(s, env, now);
    if (s->replay.next <= s->current->repair.newest)
        return;
    s->replay.on = false;
    s->replay.ended = now;
}
