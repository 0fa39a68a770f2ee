/** The probes under way, and what the line made of them. */
#ifndef CC_CLUSTER_H
#define CC_CLUSTER_H

#include "cc/estimator.h"

#include <stdbool.h>
#include <stdint.h>

#define CLUSTERS        4
#define CLUSTER_TIMEOUT USEC_PER_SEC ///< after it was planned; then nothing more is expected

/** One burst. */
struct cluster {
    struct estimator_probe plan; ///< id 0: unused
    usec_t planned;
    unsigned packets;   ///< that arrived
    uint32_t bytes;     ///< of them
    uint32_t last_len;  ///< of the one sent last: the sending rate does without it
    uint32_t first_len; ///< of the one that arrived first: the receiving rate does without it
    usec_t first_sent, last_sent, first_arrival, last_arrival;
};

struct clusters {
    struct cluster at[CLUSTERS];
    uint8_t last_id;
    uint8_t fresh; ///< id of the cluster the feedback being read told of; 0: none
};

/** What one cluster showed. */
struct cluster_result {
    uint64_t rate_bps; ///< what the line carries at least
    bool saturated;    ///< and at most: it came more slowly than it was sent
    uint64_t plan_bps;
};

/**
 * Makes room for a new cluster (the oldest goes) and numbers it. Where delays vary of
 * themselves it is longer, to be more than their variation.
 */
struct cluster *clusters_plan(struct clusters *c, uint64_t rate_bps, bool jittery, usec_t now);

/** The one made last. */
const struct cluster *clusters_newest(const struct clusters *c);

/** A packet of cluster `id` arrived. */
void clusters_on_arrived(struct clusters *c, uint8_t id, uint32_t len, usec_t sent,
                         usec_t arrival);

/** After a feedback: true if it completed a cluster. */
bool clusters_result(struct clusters *c, struct cluster_result *out);

#endif
