#include "room/stream.h"

#include "room/member.h"
#include "room/track.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A storm of requests is one request. The pause grows with the viewers, because with more of
// them somebody always wants one, and every keyframe costs all of them.
#define KEY_PAUSE       (500 * USEC_PER_MS)
#define KEY_PAUSE_EACH  (5 * USEC_PER_MS)
#define KEY_PAUSE_LIMIT (2 * USEC_PER_SEC)

// How much can be sent again, and begun with: of the top layer as much as a viewer is given at
// once (slot_replay.c), of those below four seconds at 650 and 260 kbit/s, which is more than
// they have. A publisher of three layers takes 1.1 MiB.
struct repair_size {
    unsigned packets, bytes;
};
static const struct repair_size audio_repair = {64, 64 * 256};
static const struct repair_size video_repair[] = {
    {512, 128 << 10}, {1024, 320 << 10}, {1024, 672 << 10}};

void stream_init(struct stream *st, struct track *track, uint8_t layer)
{
    *st = (struct stream){.track = track, .layer = layer};
}

void stream_fini(struct stream *st)
{
    assert(st->slot_count == 0);
    repair_fini(&st->repair);
    free(st->slot);
    *st = (struct stream){0};
}

/** A track's only stream is its top layer, wherever it stands. */
static struct repair_size repair_size(const struct stream *st)
{
    if (st->track->kind == KIND_AUDIO)
        return audio_repair;
    const unsigned from_top = st->track->stream_count - 1u - st->layer;
    return video_repair[from_top > 2 ? 0 : 2 - from_top];
}

static void begin_nack(struct stream *st)
{
    nack_init(&st->nack);
    if (st->track->owner->uplink_rtt)
        nack_set_rtt(&st->nack, st->track->owner->uplink_rtt);
}

static void forget_packets(struct stream *st)
{
    repair_clear(&st->repair);
    st->layers = (struct layers){0};
    stream_cool(st);
}

int stream_bind(struct stream *st, struct room_env *env, uint32_t ssrc)
{
    if (!st->repair.ring) {
        const struct repair_size size = repair_size(st);
        const int err = repair_init(&st->repair, size.packets, size.bytes);
        if (err < 0)
            return err;
    }
    st->bound = true;
    st->id = ++env->incarnation;
    st->ssrc = ssrc;
    st->width = st->height = 0;
    st->key_at = 0;
    st->key_next = 0;
    recv_stats_init(&st->stats, st->track->kind == KIND_AUDIO ? 48000 : 90000);
    begin_nack(st);
    forget_packets(st);
    return 0;
}

static void on_keyframe(struct stream *st, const struct rtp *pkt, const struct payload *desc,
                        usec_t now)
{
    st->key_at = now;
    st->key_wanted = false;
    nack_forget_before(&st->nack, pkt->seq); // nobody needs what leads up to it any more
    if (desc->width) {
        st->width = desc->width;
        st->height = desc->height;
    }
}

bool stream_opens_frame(const struct stream *st, const struct rtp *pkt,
                        const struct payload *desc)
{
    struct rtp before;
    if (desc->codec != CODEC_H264 || desc->width) // its size is in the sequence parameter set
        return true;
    // Some senders give the sets once, in the SDP: then the frame before ends right here.
    return repair_get(&st->repair, (uint16_t)(pkt->seq - 1), &before) && before.ts != pkt->ts;
}

/** The layers it shows. Kept with the packet: what it meant must not change with a structure
 * that comes later, or a resend would be another packet. */
static void note_layers(struct stream *st, const struct rtp *pkt, struct payload *desc,
                        usec_t now)
{
    uint8_t len = 0;
    const uint8_t *dd = rtp_ext(pkt, st->track->ext[EXT_DEPENDENCY], &len);
    (void)layers_describe(&st->layers, desc, pkt->ts, dd, len);
    repair_note(&st->repair, pkt->seq, layers_memo(desc));
    layers_note(&st->layers, desc, pkt->len, now);
}

bool stream_cached(const struct stream *st, uint16_t seq, struct rtp *pkt, struct payload *desc)
{
    if (!repair_get(&st->repair, seq, pkt))
        return false;
    if (st->track->kind != KIND_VIDEO || pkt->payload_len == 0)
        return true;
    if (payload_parse(desc, st->codec, rtp_payload(pkt), pkt->payload_len) != DROP_NONE)
        return false;
    layers_recall(desc, repair_noted(&st->repair, seq));
    return true;
}

enum drop stream_receive(struct stream *st, struct room_env *env, const struct rtp *pkt,
                         struct payload *desc, bool repaired, usec_t now)
{
    if (now - st->last_at > STREAM_PAUSE)
        st->steady_since = now;
    st->last_at = now;
    if (repaired) {
        recv_stats_on_repaired(&st->stats, pkt->len, now);
    } else {
        switch (recv_stats_on_packet(&st->stats, pkt, now)) {
        case RECV_SUSPECT:
            return DROP_LATE;
        case RECV_RESTARTED: // it counts anew: for receivers another stream
            stream_release_slots(st, now);
            st->id = ++env->incarnation;
            begin_nack(st);
            forget_packets(st);
            break;
        case RECV_NEXT:
        case RECV_OLD:
            break;
        }
    }
    if (nack_on_packet(&st->nack, pkt->seq, now)) {
        env->count.recovered++;
        if (repaired && st->nack.took)
            member_guess_rtt(st->track->owner, st->nack.took, now);
    }
    if (!repair_put(&st->repair, pkt))
        return DROP_DUPLICATE;
    if (st->track->kind != KIND_VIDEO)
        return DROP_NONE;
    if (desc)
        note_layers(st, pkt, desc, now);
    const bool key = desc && desc->keyframe;
    if (!st->track->muted) // nobody may see later what was sent meanwhile
        gop_note(&st->gop, &st->repair, pkt, key, now);
    if (key)
        on_keyframe(st, pkt, desc, now);
    return DROP_NONE;
}

bool stream_warm(const struct stream *st, size_t max_bytes, usec_t now)
{
    if (st->track->muted || !gop_warm(&st->gop, &st->repair, max_bytes, now))
        return false;
    for (int64_t seq = st->gop.first; seq < st->repair.newest; seq++)
        if (!repair_has(&st->repair, (uint16_t)seq) && !nack_awaits(&st->nack, (uint16_t)seq))
            return false;
    return true;
}

void stream_cool(struct stream *st)
{
    st->gop = (struct gop){0};
}

void stream_want_key(struct stream *st, struct room_env *env, usec_t now)
{
    env->count.keyframe_wishes++;
    st->key_wanted = true;
    member_wake(st->track->owner, usec_min(now, st->key_next));
}

bool stream_key_due(struct stream *st, struct room_env *env, usec_t now)
{
    if (!st->key_wanted || !st->bound || now < st->key_next)
        return false;
    st->key_next = now + usec_min(KEY_PAUSE + KEY_PAUSE_EACH * st->slot_count, KEY_PAUSE_LIMIT);
    env->count.keyframes_asked++;
    return true;
}

int stream_add_slot(struct stream *st, struct slot *slot)
{
    if (st->slot_count == st->slot_cap) {
        const unsigned cap = st->slot_cap ? 2 * st->slot_cap : 8;
        struct slot **grown = realloc(st->slot, cap * sizeof(struct slot *));
        if (!grown)
            return -ENOMEM;
        st->slot = grown;
        st->slot_cap = cap;
    }
    for (unsigned i = 0; i < st->slot_count; i++)
        assert(st->slot[i] != slot); // it would get everything twice
    st->slot[st->slot_count++] = slot;
    return 0;
}

void stream_remove_slot(struct stream *st, struct slot *slot)
{
    for (unsigned i = 0; i < st->slot_count; i++) {
        if (st->slot[i] == slot) {
            st->slot[i] = st->slot[--st->slot_count];
            return;
        }
    }
}
