#include "room/slot.h"

#include "base/seq.h"
#include "record.h"
#include "room/downlink.h"
#include "room/member.h"
#include "room/room.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/** Takes `st` as what is waited for; it may be the current one, or NULL. */
static void aim(struct slot *s, struct stream *st, struct room_env *env, usec_t now)
{
    if (st == s->target)
        return;
    if (s->target && s->target != s->current)
        stream_remove_slot(s->target, s);
    s->target = NULL;
    if (!st || st == s->current)
        return;
    if (stream_add_slot(st, s) < 0)
        return; // no memory: the picture stays as it is, and room_tick() tries again
    s->target = st;
    if (s->kind == KIND_VIDEO && !slot_replay(s, st, env, now))
        stream_want_key(st, env, now);
}

/** What comes next is put in step with what was live last: not with what was caught up with. */
static void note_left(struct slot *s)
{
    if (!s->current || rewrite_catching_up(&s->rewrite))
        return;
    assert(s->current->track); // a stream is of a track as long as it lives
    s->left_clock = s->current->stats.clock;
    s->left_owner = s->current->track->owner->age;
}

static void leave_current(struct slot *s)
{
    if (!s->current)
        return;
    note_left(s);
    stream_remove_slot(s->current, s);
    s->current = NULL;
    s->replay.on = false;
}

void slot_drop_stream(struct slot *s, struct stream *st)
{
    if (s->target == st) {
        stream_remove_slot(st, s);
        s->target = NULL;
    }
    if (s->current == st)
        leave_current(s);
}

void slot_freeze(struct slot *s, usec_t now)
{
    leave_current(s);
    s->changed = true;
    if (s->target)
        stream_want_key(s->target, s->owner->env, now);
}

void slot_seat(struct slot *s, struct track *t, struct room_env *env, usec_t now)
{
    if (s->track == t)
        return;
    s->track = t;
    s->changed = true;
    s->rationed = false;
    s->left_out = 0;
    s->memory = (struct allocate_memory){0};
    if (!t) {
        aim(s, NULL, env, now);
        leave_current(s);
        s->why = "";
        return;
    }
    slot_choose(s, env, now);
}

/** Of the layers inside of a stream that are wanted, what the line carries. */
static struct layer afford_layer(const struct slot *s, const struct stream *st,
                                 struct layer layer)
{
    const struct layer *most = &s->ration_layer;
    if (st->layer != s->ration_stream || !s->ration_limited)
        return layer;
    return (struct layer){.sid = most->sid < layer.sid ? most->sid : layer.sid,
                          .tid = most->tid < layer.tid ? most->tid : layer.tid};
}

/** Everything that the choice depends on. */
static void describe_choice(const struct slot *s, const struct letter_want *w,
                            struct choose_in *in, usec_t now)
{
    *in = (struct choose_in){
        // Before that, and after, the keyframe asked for would be for nobody.
        .up = s->owner->peer.state == PEER_UP,
        .muted = s->track->muted,
        .paused = w->paused || s->off, // its seat is somebody else's at the next seating
        .picture = s->kind == KIND_VIDEO,
        .width = w->width,
        .height = w->height,
        .rationed = s->rationed,
        .weighed = s->weighed,
        .limited = s->ration_limited,
        .none = s->ration_none,
        .most = s->ration_stream,
    };
    track_describe(s->track, &in->source, now);
    for (unsigned i = 0; i < s->track->stream_count; i++) {
        const struct stream *st = &s->track->stream[i];
        in->unreadable[i] = st->stats.started && !slot_codec_for(s, st);
    }
}

void slot_choose(struct slot *s, struct room_env *env, usec_t now)
{
    if (!s->track)
        return;
    const struct letter_want *w = member_want(s->owner, s);
    struct choose_in in;
    struct choose_out out;
    describe_choice(s, w, &in, now);
    choose_decide(&in, &out);
    record_choice(s, &in, &out, now);
    if (out.divide) { // not before that is done
        downlink_divide(s->owner->down, now);
        return;
    }
    const char *why = out.why == CHOOSE_AS_BEFORE ? s->why : choose_why_name(out.why);
    if (strcmp(why, s->why) != 0) {
        s->why = why;
        s->changed = true;
    }
    struct stream *st = out.stream < 0 ? NULL : &s->track->stream[out.stream];
    if (st && s->kind == KIND_VIDEO)
        slot_aim_layer(s, st, afford_layer(s, st, track_layer(st, w->width, w->height, now)));
    aim(s, st, env, now);
    if (s->current && layer_filter_needs_key(&s->filter))
        stream_want_key(s->current, env, now);
    // Nothing better than silence: but a source that only pauses keeps its last picture.
    if (!st && s->current && (s->current->track != s->track || (*why && !out.lacks) || !in.up))
        leave_current(s);
}

/**
 * Spatial layers of AV1 are put together by the dependency descriptor alone. Who does not read
 * that decodes the lowest, which is a picture of its own.
 */
static struct layer readable(const struct slot *s, const struct stream *st, struct layer layer)
{
    const uint8_t id = s->ext[EXT_DEPENDENCY];
    if (st->codec == CODEC_AV1 && st->layers.spatial > 1 && !(id && (s->ext_mixed || id > 14)))
        layer.sid = 0;
    return layer;
}

void slot_aim_layer(struct slot *s, const struct stream *st, struct layer layer)
{
    s->layer = layer;
    if (s->current == st)
        layer_filter_aim(&s->filter, readable(s, st, layer));
}

/** What a stream that is seated begins with: what it shall have, and no more than is shown. */
static struct layer first_layer(const struct slot *s, const struct stream *st, usec_t now)
{
    const struct letter_want *w = member_want(s->owner, s);
    struct layer layer = track_layer(st, w->width, w->height, now);
    if (s->layer.sid < layer.sid)
        layer.sid = s->layer.sid;
    if (s->layer.tid < layer.tid)
        layer.tid = s->layer.tid;
    return readable(s, st, layer);
}

/** What the rewriter is told of a packet. Frame numbers count only where they are forwarded. */
static struct rewrite_in input(const struct slot *s, const struct stream *st,
                               const struct rtp *pkt, const struct payload *desc)
{
    struct rewrite_in in = {.source = st->id, .pkt = pkt, .desc = desc};
    if (s->plan.dependency_in)
        in.has_frame = rtp_ext_frame_number(pkt, s->plan.dependency_in, &in.frame);
    return in;
}

/** Times of two sources: what was live last, and `st`. */
static struct rewrite_sync sync_with(const struct slot *s, const struct stream *st)
{
    const bool live = s->current && !rewrite_catching_up(&s->rewrite);
    const struct rtp_clock *old = &s->left_clock;
    uint64_t owner = s->left_owner;
    if (live) {
        old = &s->current->stats.clock;
        owner = s->current->track->owner->age;
    }
    return (struct rewrite_sync){
        .old = old->known ? old : NULL,
        .next = st->stats.clock.known ? &st->stats.clock : NULL,
        .same_wall_clock = owner == st->track->owner->age,
        .rate = media_clock(st->codec),
    };
}

/** Till the viewer knows the new source's clock, lips and voice part. */
static void report_soon(struct slot *s, usec_t now)
{
    s->owner->report_at = now;
    member_wake(s->owner, now);
}

void slot_begin(struct slot *s, const struct slot_start *from, struct room_env *env, usec_t now)
{
    struct stream *st = from->stream;
    note_left(s);
    if (s->current && s->current->track == st->track && st->layer < s->current->layer)
        downlink_skip(s->owner->down, s);
    if (s->current != st)
        leave_current(s);
    s->current = st;
    if (s->target == st) // else it is still waited for: `st` only begins anew
        s->target = NULL;
    s->replay.on = false;
    s->refused = false;
    s->out = from->out;
    s->changed = true;
    rtp_ext_plan_init(&s->plan, st->track->ext, s->ext, s->mid, strlen(s->mid), s->ext_mixed);
    layer_filter_start(&s->filter, first_layer(s, st, now));
    const struct rewrite_in in = input(s, st, from->pkt, from->desc);
    if (from->past)
        rewrite_replay(&s->rewrite, &in);
    else
        rewrite_switch(&s->rewrite, &in, from->ts);
    env->count.switches++;
    record_began(s, st, from->past, now);
    room_wake(s->owner->room, now); // control is told who is seen now
}

/** Is it of a layer that this viewer gets? If not, the numbers close up over it. */
static bool passes(struct slot *s, const struct rewrite_in *in)
{
    bool marker = in->pkt->marker;
    if (in->pkt->payload_len > 0 &&
        (!in->desc || layer_filter_pass(&s->filter, in->desc, in->pkt->ts, &marker)))
        return true;
    (void)rewrite_skip(&s->rewrite, in); // padding stays with us too
    return false;
}

/** Seats `st` with its packet `in`. False if it must wait for the next keyframe. */
static bool switch_to(struct slot *s, struct stream *st, const struct rtp *pkt,
                      const struct payload *desc, struct room_env *env, usec_t now)
{
    const struct slot_codec *out = slot_codec_for(s, st);
    if (!out) {
        s->why = "codec_unsupported";
        s->changed = true;
        slot_drop_stream(s, st);
        return false;
    }
    struct rewrite_sync sync = sync_with(s, st);
    sync.force = s->refused || s->kind == KIND_AUDIO || !s->current || s->current == st;
    uint32_t ts;
    if (!rewrite_switch_ts(&s->rewrite, &sync, pkt->ts, now, &ts)) {
        s->refused = true;
        stream_want_key(st, env, now);
        return false;
    }
    const struct slot_start from = {
        .stream = st, .out = out, .pkt = pkt, .desc = desc, .ts = ts};
    slot_begin(s, &from, env, now);
    if (!sync.same_wall_clock)
        report_soon(s, now);
    const struct rewrite_in in = input(s, st, pkt, desc);
    return passes(s, &in);
}

/** All that was cached has gone out: the first packet of a newer frame has its own time again.
 */
static void go_live(struct slot *s, const struct stream *st, const struct rewrite_in *in,
                    usec_t now)
{
    struct rewrite_sync sync = sync_with(s, st);
    uint32_t ts;
    sync.force = true;
    (void)rewrite_switch_ts(&s->rewrite, &sync, in->pkt->ts, now, &ts);
    rewrite_go_live(&s->rewrite, in, ts);
    report_soon(s, now);
}

/** A packet of the stream that is forwarded now. */
static bool wants_current(struct slot *s, const struct rtp *pkt, const struct payload *desc,
                          struct room_env *env, usec_t now)
{
    struct stream *st = s->current;
    if (s->replay.on && seq_extend(st->repair.newest, pkt->seq) >= s->replay.next) {
        // It goes out in its turn, unless it makes all before it needless.
        return desc && desc->keyframe && switch_to(s, st, pkt, desc, env, now);
    }
    const struct rewrite_in in = input(s, st, pkt, desc);
    if (!passes(s, &in))
        return false;
    if (!s->replay.on && rewrite_catching_up(&s->rewrite) && rewrite_is_news(&s->rewrite, &in))
        go_live(s, st, &in, now);
    return true;
}

bool slot_wants(struct slot *s, struct stream *st, const struct rtp *pkt,
                const struct payload *desc, struct room_env *env, usec_t now)
{
    if (s->choked)
        return false;
    if (s->current == st)
        return wants_current(s, pkt, desc, env, now);
    if (s->target != st || pkt->payload_len == 0)
        return false;
    if (s->kind == KIND_AUDIO)
        return switch_to(s, st, pkt, desc, env, now);
    if (!desc || !desc->keyframe)
        return false;
    // If it was missing and is here at last, what came before it is in the cache.
    if (st->repair.newest != seq_extend(st->repair.newest, pkt->seq) &&
        slot_replay(s, st, env, now))
        return false;
    return switch_to(s, st, pkt, desc, env, now);
}

void slot_out(const struct slot *s, const struct rtp *pkt, const struct rewritten *to,
              struct rtp_out *how)
{
    *how = (struct rtp_out){.plan = &s->plan,
                            .ssrc = s->ssrc,
                            .ts = to->ts,
                            .seq = to->seq,
                            .pt = s->out->pt,
                            .marker = pkt->marker,
                            .frame_add = to->frame_add,
                            .head_len = to->head_len,
                            .head_skip = to->head_skip};
    memcpy(how->head, to->head, sizeof(how->head));
}

enum drop slot_write(struct slot *s, const struct rtp *pkt, const struct payload *desc,
                     usec_t now, struct udp_datagram *out, struct rtp_copied *where)
{
    struct rtp as = *pkt;
    if (desc)
        (void)layer_filter_again(&s->filter, desc, pkt->ts, &as.marker);
    const struct rewrite_in in = input(s, s->current, &as, desc);
    struct rewritten to;
    enum drop why = rewrite_map(&s->rewrite, &in, now, &to);
    if (why)
        return why;

    struct rtp_out how;
    slot_out(s, &as, &to, &how);
    size_t len = rtp_copy(out->data, PEER_MAX_CLEAR, pkt, &how, where);
    if (len == 0)
        return DROP_LIMIT;
    if (s->red.distance)
        len = slot_add_red(s, pkt, &to, out->data, len, where->payload_off);
    out->len = (uint16_t)len;
    s->packets++;
    s->octets += pkt->payload_len;
    return DROP_NONE;
}

void stream_release_slots(struct stream *st, usec_t now)
{
    while (st->slot_count) {
        struct slot *s = st->slot[st->slot_count - 1];
        slot_drop_stream(s, st);
    }
    room_changed(st->track->owner->room, now);
}

/** Of the picture as this viewer gets it. */
static void size_of(const struct slot *s, uint16_t *width, uint16_t *height)
{
    *width = s->current->width;
    *height = s->current->height;
    layers_size(&s->current->layers, s->filter.now.sid, width, height);
}

bool slot_news(const struct slot *s)
{
    uint16_t width, height;
    if (s->changed || !s->current)
        return s->changed;
    size_of(s, &width, &height);
    return width != s->told_width || height != s->told_height;
}

void slot_describe(struct slot *s, struct letter_seat *seat)
{
    // Who is seen now: the one before stays until the keyframe of the next is here.
    const struct track *t = s->current ? s->current->track : s->track;
    *seat = (struct letter_seat){0};
    memcpy(seat->mid, s->mid, sizeof(seat->mid));
    s->changed = false;
    if (!t)
        return;
    memcpy(seat->of, t->owner->id, sizeof(seat->of));
    seat->source = t->source;
    (void)snprintf(seat->why, sizeof(seat->why), "%s", s->why);
    if (!s->current)
        return;
    memcpy(seat->rid, s->current->rid, sizeof(seat->rid));
    size_of(s, &s->told_width, &s->told_height);
    seat->width = s->told_width;
    seat->height = s->told_height;
}
