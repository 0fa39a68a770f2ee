#include "receiver.h"

#include "base/seq.h"
#include "peer.h"
#include "rtp/payload.h"
#include "rtp/rtx.h"
#include "stamp.h"
#include "verify.h"

#include <stdlib.h>

#define PLI_EACH    (500 * USEC_PER_MS)
#define GIVE_UP     (600 * USEC_PER_MS) ///< a hole that lasts so long is left behind
#define FAR_AWAY    3000                ///< a jump that is no loss
#define FIRST_ROUND 65536 ///< so that what is late at the start has no number below 0
#define PAUSE       (2 * USEC_PER_SEC) ///< nothing for so long was meant: nobody was seated

struct receiver *receiver_create(struct peer *p, uint32_t ssrc, bool video)
{
    struct receiver *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    *r = (struct receiver){.peer = p, .ssrc = ssrc, .video = video, .needs_key = true};
    recv_stats_init(&r->stats, video ? 90000 : 48000);
    nack_init(&r->nack);
    if (video)
        r->window = calloc(RECEIVER_WINDOW, sizeof(*r->window));
    if (video && !r->window) {
        free(r);
        return NULL;
    }
    if (video && p->decodes)
        r->verify = verify_create();
    return r;
}

void receiver_destroy(struct receiver *r)
{
    if (!r)
        return;
    verify_destroy(r->verify);
    free(r->window);
    free(r);
}

static struct tally_media *media_of(const struct receiver *r)
{
    return r->peer->core->measuring ? &r->peer->core->tally.media : NULL;
}

static void want_key(struct receiver *r, usec_t now)
{
    struct tally_media *m = media_of(r);
    r->needs_key = true;
    if (now - r->pli_at < PLI_EACH)
        return;
    r->pli_at = now;
    if (m)
        m->plis++;
    peer_send_pli(r->peer, r->ssrc);
}

// ---- numbers

/** True if the packet is to be used: it is the stream's, and not far away. */
static bool count(struct receiver *r, const struct rtp *pkt, bool repair, int64_t *seq)
{
    struct tally_media *m = media_of(r);
    if (!r->started) {
        r->started = true;
        r->highest = FIRST_ROUND + pkt->seq - 1;
        r->next = r->since = FIRST_ROUND + pkt->seq;
    }
    *seq = seq_extend(r->highest, pkt->seq);
    if (*seq - r->highest <= -FAR_AWAY) {
        // RFC 3550 appendix A.1: two in a row are no stray ones; the server began anew.
        const bool again = r->strayed && pkt->seq == r->stray;
        r->strayed = !again;
        r->stray = (uint16_t)(pkt->seq + 1);
        if (!again)
            return false;
        *seq += 65536;
    }
    const int64_t step = *seq - r->highest;
    if (step > FAR_AWAY) { // the server began anew
        r->next = *seq;
        r->needs_key = true;
        r->highest = *seq - 1;
        *seq = r->highest + 1;
    }
    if (*seq > r->highest) {
        if (m) {
            m->expected += (uint64_t)(*seq - r->highest);
            m->missed += (uint64_t)(*seq - r->highest) - 1;
        }
        r->highest = *seq;
    } else if (m && *seq >= r->since && m->missed > 0) {
        m->missed--; // late, or repaired
        m->repaired += repair;
    }
    return true;
}

// ---- frames

static void freeze(struct receiver *r, usec_t gap)
{
    struct tally_media *m = media_of(r);
    // webrtc-stats, freezeCount: max(3 * average, average + 150 ms)
    usec_t limit = r->mean_gap + 150 * USEC_PER_MS;
    if (limit < 3 * r->mean_gap)
        limit = 3 * r->mean_gap;
    if (m && r->mean_gap && gap > limit) {
        m->freezes++;
        m->freeze_us += (uint64_t)(gap - r->mean_gap);
    }
    r->mean_gap = r->mean_gap ? (7 * r->mean_gap + gap) / 8 : gap;
}

static void show(struct receiver *r, const struct stamp *s, usec_t now)
{
    struct tally_media *m = media_of(r);
    struct peer *p = r->peer;
    const usec_t gap = now - r->shown_at;
    if (!p->had_frame) {
        p->had_frame = true;
        hist_add(&p->core->tally.frame, now - p->began_at);
    }
    if (m) {
        m->frames++;
        m->screen_frames += s && s->layer == STAMP_SCREEN;
    }
    if (r->shown_at && s && s->member == r->member && gap < PAUSE) {
        freeze(r, gap);
        if (m) {
            m->watched_us += (uint64_t)gap;
            if (s->layer < TALLY_LAYERS)
                m->layer_us[s->layer] += (uint64_t)gap;
        }
    } else {
        r->mean_gap = 0;
    }
    r->member = s ? s->member : 0;
    r->shown_at = now;
}

/** The end of the frame that begins at `from`, or -1: not all of it is there. */
static int64_t end_of(const struct receiver *r, int64_t from)
{
    for (int64_t i = from; i <= r->highest && i < from + RECEIVER_WINDOW; i++) {
        const struct receiver_packet *k = &r->window[i % RECEIVER_WINDOW];
        if (k->seq != i || (i > from && k->start))
            return -1;
        if (k->marker)
            return i;
    }
    return -1;
}

/** Where a keyframe that is whole begins, from `from` on; -1: nowhere. */
static int64_t find_key(const struct receiver *r, int64_t from)
{
    for (int64_t i = from; i <= r->highest; i++) {
        const struct receiver_packet *k = &r->window[i % RECEIVER_WINDOW];
        if (k->seq == i && k->start && k->key && end_of(r, i) >= 0)
            return i;
    }
    return -1;
}

/** Goes on at `key`: nothing of what is before it is needed. */
static void restart_at(struct receiver *r, int64_t key)
{
    r->next = key;
    r->needs_key = r->stuck = false;
    nack_forget_before(&r->nack, (uint16_t)key);
    verify_restart(r->verify);
}

static void show_frames(struct receiver *r, const struct stamp *s, usec_t now)
{
    if (r->next < r->highest - (int64_t)RECEIVER_WINDOW + 1) {
        r->next = r->highest - (int64_t)RECEIVER_WINDOW + 1;
        want_key(r, now);
    }
    while (r->next <= r->highest) {
        const int64_t end = r->needs_key ? -1 : end_of(r, r->next);
        if (end >= 0) {
            show(r, s, now);
            verify_frame(r->verify, &r->peer->core->tally.media, r->next, end);
            r->next = end + 1;
            r->stuck = false;
            continue;
        }
        // As browsers do, without waiting for what a frame before it lacks: a server that
        // changes layers in the middle of one leaves a number out for good.
        const int64_t key = find_key(r, r->next);
        if (key < 0)
            return;
        restart_at(r, key);
    }
}

static void on_video(struct receiver *r, const struct rtp *pkt, int64_t seq, usec_t now)
{
    struct payload d;
    struct stamp s;
    const uint8_t *payload = rtp_payload(pkt);
    if (seq < r->next)
        return; // its frame was shown, or given up; its place is another's by now
    if (pkt->payload_len == 0 || // padding stands for itself
        payload_parse(&d, CODEC_VP8, payload, pkt->payload_len) != DROP_NONE) {
        r->window[seq % RECEIVER_WINDOW] = (struct receiver_packet){.seq = seq, .marker = true};
        if (r->next == seq)
            r->next++;
        return;
    }
    const bool stamped = pkt->marker && stamp_read(&s, payload, pkt->payload_len);
    r->window[seq % RECEIVER_WINDOW] = (struct receiver_packet){
        .seq = seq, .start = d.start_of_frame, .key = d.keyframe, .marker = pkt->marker};
    verify_packet(r->verify, seq, payload + d.head_len, pkt->payload_len - d.head_len, stamped);
    show_frames(r, stamped ? &s : NULL, now);
}

static void note_delay(const struct receiver *r, const struct rtp *pkt, int64_t wall_us)
{
    struct tally_media *m = media_of(r);
    struct stamp s;
    if (m && (!r->video || pkt->marker) && stamp_read(&s, rtp_payload(pkt), pkt->payload_len))
        hist_add(&m->delay, wall_us - s.wall_us);
}

void receiver_on_rtp(struct receiver *r, struct rtp *pkt, int64_t wall_us, usec_t now)
{
    const bool repair = r->rtx_ssrc && pkt->ssrc == r->rtx_ssrc;
    struct tally_media *m = media_of(r);
    int64_t seq;
    if (repair && rtx_unwrap(pkt, SDP_PT_VP8, r->ssrc) != DROP_NONE)
        return;
    if (repair && !nack_awaits(&r->nack, pkt->seq))
        return; // a probe, or asked for twice
    if (!repair)
        (void)recv_stats_on_packet(&r->stats, pkt, now);
    if (!count(r, pkt, repair, &seq))
        return;
    if (!r->video) {
        if (m)
            m->voice_frames++;
        note_delay(r, pkt, wall_us);
        return;
    }
    nack_on_packet(&r->nack, pkt->seq, now);
    if (!repair)
        note_delay(r, pkt, wall_us);
    on_video(r, pkt, seq, now);
}

void receiver_tick(struct receiver *r, usec_t now)
{
    uint16_t seq[64];
    struct tally_media *m = media_of(r);
    if (!r->video || !r->started)
        return;
    if (now >= nack_deadline(&r->nack)) {
        const unsigned n = nack_tick(&r->nack, now, seq, 64);
        if (n > 0)
            peer_send_nack(r->peer, r->ssrc, seq, n);
        if (m)
            m->nacks += n;
    }
    if (r->needs_key && r->highest >= r->next) {
        want_key(r, now);
    } else if (r->highest >= r->next) {
        // The frame to be shown next lacks something.
        if (!r->stuck)
            r->stuck_at = now;
        r->stuck = true;
        if (now - r->stuck_at > GIVE_UP) {
            if (m)
                m->bad_frames++;
            r->stuck = false;
            r->next++;
            want_key(r, now);
        }
    }
}
