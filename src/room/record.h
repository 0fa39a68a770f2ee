/**
 * What the flight recorder (flight/flight.h) is told of a room: one function a kind of record,
 * called where it happens. None of them changes anything but the recording.
 */
#ifndef ROOM_RECORD_H
#define ROOM_RECORD_H

#include "cc/choose.h"
#include "flight/flight.h"
#include "room/downlink.h"
#include "room/member.h"
#include "room/room.h"

/** A packet leaves for a viewer. */
static inline void record_sent(const struct downlink *d, size_t len, enum sent_kind kind,
                               uint16_t seq, usec_t now)
{
    const struct member *m = d->owner;
    flight_sent(&m->room->flight, (uint16_t)m->age, kind, len, seq, now);
}

/** A packet of a publisher was taken in; `desc` NULL for sound. */
void record_came(const struct stream *st, const struct rtp *pkt, const struct payload *desc,
                 bool repaired, usec_t now);

/** Who is there, with what: now and then, so that a recording that begins here can be read. */
void record_member(struct member *m, usec_t now);
void record_left(const struct member *m, usec_t now);
/** Its transport's state has changed. */
void record_peer(const struct member *m, usec_t now);
void record_mute(const struct member *m, enum media_source source, bool muted, usec_t now);

/** A publisher's line, as our reports tell it. */
void record_uplink(const struct stream *st, const struct rtcp_report *r, usec_t now);

/** What a viewer asks for: `n` packets of a slot, or (0) a keyframe. */
void record_asked(const struct slot *s, unsigned n, usec_t now);
/** What we ask a publisher for: `n` packets of a stream, or (0) a keyframe. */
void record_wished(const struct stream *st, unsigned n, usec_t now);

/** A slot goes on with a stream, out of its cache (`past`) or live. */
void record_began(const struct slot *s, const struct stream *st, bool past, usec_t now);
void record_gave_up(const struct downlink *d, usec_t now);

// What the estimator is told.
void record_twcc(const struct member *m, const struct rtcp *r, usec_t now);
void record_remb(const struct member *m, uint64_t bps, usec_t now);
void record_report(const struct member *m, uint8_t fraction, usec_t rtt, usec_t now);
void record_demand(const struct downlink *d, uint64_t wanted, uint64_t given, usec_t now);
/** FLIGHT_TICK, FLIGHT_MOVED or FLIGHT_PROBE_END. */
void record_plain(const struct downlink *d, enum flight_type type, usec_t now);

// Decisions.
void record_probe(const struct downlink *d, usec_t now);
/** The estimate, and the pace that follows from `by`, unless both are as `before`. */
void record_estimate(const struct downlink *d, const struct estimate *before,
                     const struct pace *by, usec_t now);
/** Was it time to divide `bps` anew? `forced`: it would have been done in any case. */
void record_share(const struct downlink *d, uint64_t bps, bool forced, bool due, usec_t now);

/** A division, before it is made and afterwards. */
struct record_division {
    uint64_t bps;
    unsigned n;
    struct slot *const *of;
    const struct allocate_slot *slot;
    const struct allocate_memory *before; ///< as they were; `slot` has them as they are
};
void record_divide(const struct downlink *d, const struct record_division *v, usec_t now);

/** What a slot shows, where what it depends on has changed. */
void record_choice(struct slot *s, const struct choose_in *in, const struct choose_out *out,
                   usec_t now);

#endif
