/**
 * How much one viewer's line carries: send-side congestion control (draft-ietf-rmcat-gcc-02,
 * and what a decade of use has added to it), with REMB or receiver reports where a client gives
 * no transport-wide feedback.
 *
 *   sent ──▶ history ──▶ groups ──▶ trendline ──▶ AIMD ──┐
 *              │                                         ├─▶ target ──▶ pacer, allocator
 *              ├──▶ acked rate ──▶ (AIMD, probes)        │
 *              ├──▶ loss ────────────────────────────────┤
 *              └──▶ probe clusters ──────────────────────┘
 *   application-limited? (alr) ──▶ when to probe, and what an idle period may not shrink
 *
 * Sans-I/O: feedback and `now` in, a rate out. Each box is a file of src/cc. What a client says
 * is hostile: numbers never sent are ignored, a jump of its clock begins anew, work is bounded
 * by the history.
 */
#ifndef CC_ESTIMATOR_H
#define CC_ESTIMATOR_H

#include "base/drop.h"
#include "base/usec.h"
#include "rtp/rtcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESTIMATOR_MIN_BPS   30000u    ///< never below: audio goes on
#define ESTIMATOR_MAX_BPS   50000000u ///< never above
#define ESTIMATOR_START_BPS 600000u   ///< before anything is known

/** What a packet was, for the history. */
enum sent_kind { SENT_AUDIO, SENT_VIDEO, SENT_RTX, SENT_PADDING };

/** Where the estimate comes from now. */
enum estimator_source { ESTIMATE_NONE, ESTIMATE_REPORTS, ESTIMATE_REMB, ESTIMATE_TWCC };

/** A probe to be sent: packets of one cluster, at `rate_bps`, until `bytes` have gone out. */
struct estimator_probe {
    uint8_t id; ///< to be given to estimator_sent(); never 0
    uint64_t rate_bps;
    uint32_t bytes;       ///< at least so many
    unsigned min_packets; ///< and at least so many
};

struct estimator; // see src/cc/estimator_inner.h: large, so it is made on the heap

/** Builds one; NULL without memory. */
struct estimator *estimator_create(usec_t now);

/**
 * The viewer is on another line now: what was known of the old one says nothing. Numbers go on;
 * feedback on packets of before is ignored.
 */
void estimator_moved(struct estimator *e, usec_t now);

/** NULL is fine. */
void estimator_destroy(struct estimator *e);

/**
 * estimator_sent() comes in a moment: asks memory for what it needs. The second, which needs
 * what the first fetched, for where the packet will be noted.
 */
void estimator_fetch(const struct estimator *e);
void estimator_fetch_next(const struct estimator *e);

/**
 * A packet goes out now: returns the transport-wide number to stamp on it. `len` is bytes of
 * the UDP payload; `probe` the cluster it belongs to, 0 for none.
 */
uint16_t estimator_sent(struct estimator *e, size_t len, enum sent_kind kind, uint8_t probe,
                        usec_t now);

/** One transport-wide feedback packet (RTCP_KIND_TWCC). DROP_NONE, or what twcc_open() said. */
enum drop estimator_on_twcc(struct estimator *e, const struct rtcp *p, usec_t now);

/** A receiver's own estimate (REMB): counts only while no transport-wide feedback comes. */
void estimator_on_remb(struct estimator *e, uint64_t bps, usec_t now);

/**
 * A reception report on one of our streams: loss for the fallback, and the round trip (0:
 * unknown). `fraction` is of 256.
 */
void estimator_on_report(struct estimator *e, uint8_t fraction, usec_t rtt, usec_t now);

/**
 * What the allocator would send if the line carried it, and what it sends now, bits a second: a
 * probe goes no further than the first, and nobody probes for what nobody wants.
 */
void estimator_set_demand(struct estimator *e, uint64_t wanted_bps, uint64_t given_bps,
                          usec_t now);

/** When estimator_tick() is due; USEC_NEVER while nothing is sent. */
usec_t estimator_deadline(const struct estimator *e);

/** What time alone changes: feedback that stays away, probes that are due, idle periods. */
void estimator_tick(struct estimator *e, usec_t now);

/** The probe to send now, if there is one; each is given once. */
bool estimator_take_probe(struct estimator *e, struct estimator_probe *out);

/** What is known, for decisions and for people. */
struct estimate {
    enum estimator_source source;
    uint64_t target_bps; ///< to be sent at most, everything included
    uint64_t pace_bps;   ///< what may leave now: above the target in calm, so that a keyframe
                         ///< does not wait; below it while a queue on the line drains
    uint64_t acked_bps;  ///< what arrived lately; 0 unknown
    usec_t rtt;          ///< smoothed; 0 unknown
    usec_t queue;        ///< delay above the shortest seen lately: what waits on the line
    uint16_t loss;       ///< of 65536, smoothed, before any repair
    bool overuse;        ///< the queue grows now
    bool app_limited;    ///< we send clearly less than the target
    uint64_t falls;      ///< times the target was cut
    uint64_t lies;       ///< statuses of packets never sent, clocks that jumped
    uint64_t probes;     ///< clusters sent
};

void estimator_read(const struct estimator *e, struct estimate *out);

#endif
