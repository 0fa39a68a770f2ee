/**
 * Packets sent in one burst belong together: only how the delay changes from group to group
 * says something of the line (draft-ietf-rmcat-gcc-02 sections 5.1 and 5.2).
 */
#ifndef CC_GROUPS_H
#define CC_GROUPS_H

#include "base/usec.h"

#include <stdbool.h>

struct group {
    bool any;
    usec_t first_sent, last_sent;
    usec_t first_arrival, last_arrival;
};

struct groups {
    struct group current, before;
    unsigned disordered; ///< groups in a row that came before their elder
};

/** From one group to the next. */
struct group_delta {
    usec_t sent, arrived;
    usec_t at; ///< when the younger one was complete, on the receiver's clock
};

void groups_reset(struct groups *g);

/** A packet arrived; in the order of sending. True if a group was completed by it: `*out`. */
bool groups_add(struct groups *g, usec_t sent, usec_t arrival, struct group_delta *out);

#endif
