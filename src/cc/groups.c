#include "groups.h"

#define BURST     (5 * USEC_PER_MS)   // gcc-02 section 5.1: burst_time
#define BURST_MAX (100 * USEC_PER_MS) // a queue that is emptied at once goes on for no longer
#define DISORDER  3                   // so many in a row are no reordering but a new order

void groups_reset(struct groups *g)
{
    *g = (struct groups){0};
}

/** True if the packet belongs to the current group. */
static bool belongs(const struct group *c, usec_t sent, usec_t arrival)
{
    if (sent - c->first_sent <= BURST)
        return true;
    // gcc-02 section 5.2: what arrives in a burst though it was sent apart waited together on
    // the way (a radio link that slept), and says nothing of the queue.
    const usec_t apart = arrival - c->last_arrival;
    return apart <= BURST && apart - (sent - c->last_sent) < 0 &&
           arrival - c->first_arrival < BURST_MAX;
}

static bool compare(struct groups *g, struct group_delta *out)
{
    const struct group *a = &g->before, *b = &g->current;
    out->sent = b->last_sent - a->last_sent;
    out->arrived = b->last_arrival - a->last_arrival;
    out->at = b->last_arrival;
    if (out->arrived >= 0) {
        g->disordered = 0;
        return true;
    }
    if (++g->disordered >= DISORDER)
        groups_reset(g);
    return false;
}

bool groups_add(struct groups *g, usec_t sent, usec_t arrival, struct group_delta *out)
{
    struct group *c = &g->current;
    const struct group one = {.any = true,
                              .first_sent = sent,
                              .last_sent = sent,
                              .first_arrival = arrival,
                              .last_arrival = arrival};
    if (!c->any) {
        *c = one;
        return false;
    }
    if (sent < c->first_sent)
        return false; // of a group that is closed
    if (belongs(c, sent, arrival)) {
        if (sent > c->last_sent)
            c->last_sent = sent;
        if (arrival > c->last_arrival)
            c->last_arrival = arrival;
        return false;
    }
    const bool done = g->before.any && compare(g, out);
    if (c->any) // compare() may have begun anew
        g->before = *c;
    *c = one;
    return done;
}
