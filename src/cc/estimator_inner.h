/** All boxes of the estimator together; for its own files and its tests. */
#ifndef CC_ESTIMATOR_INNER_H
#define CC_ESTIMATOR_INNER_H

#include "acked.h"
#include "aimd.h"
#include "alr.h"
#include "arrival.h"
#include "cluster.h"
#include "drain.h"
#include "fallback.h"
#include "groups.h"
#include "history.h"
#include "loss.h"
#include "probe.h"
#include "queue.h"
#include "rtt.h"
#include "trend.h"

#include "cc/estimator.h"

struct estimator {
    struct history history;
    struct arrival arrival;
    struct groups groups;
    struct trend trend;
    struct acked acked;
    struct queue queue;
    struct rtt rtt;
    struct alr alr;
    struct aimd aimd;
    struct drain drain;
    struct loss loss;
    struct clusters clusters;
    struct probe probe;
    struct fallback fallback;

    enum estimator_source source;
    usec_t last_sent;   ///< when anything was; 0: never
    usec_t heard;       ///< when transport-wide feedback came last; 0: never
    usec_t deadline;    ///< of estimator_tick()
    usec_t blind_from;  ///< packets sent from here ...
    usec_t blind_until; ///< ... to here felt a probe: they say nothing of the queue's growth
    usec_t newest_sent; ///< of those that arrived
    usec_t lateness;    ///< how much later than others a packet was lately
    usec_t contested;   ///< until then others are known to keep a queue
    uint8_t probing;    ///< cluster of the last packet; 0: none
    usec_t probing_at;  ///< when its last packet went
    unsigned silence;   ///< steps by which silence has lowered the target
    uint64_t sent_bps;  ///< what goes out, smoothed
    uint64_t sent;      ///< bytes since `measured`
    usec_t measured;
    uint64_t acked_bps;
    uint64_t target_bps, pace_bps;
    uint64_t falls, lies;
};

/** Makes the target of what all boxes say. */
void estimator_decide(struct estimator *e, usec_t now);

/** Plans a probe if this is the time. */
void estimator_consider_probe(struct estimator *e, usec_t now);

/** The target was cut from `from_bps`: counts it, and lets the probes know. */
void estimator_fell(struct estimator *e, uint64_t from_bps, usec_t now);

#endif
