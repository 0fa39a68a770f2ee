/**
 * Does the queue grow? The slope of the smoothed delay over the last groups, against a
 * threshold that adapts so that neither jitter nor a competing flow starves us
 * (draft-ietf-rmcat-gcc-02 sections 5.3 to 5.5, with a line through the last points in place of
 * the Kalman filter; Carlucci et al., "Analysis and Design of the Google Congestion Control for
 * Web Real-time Communication", MMSys 2016).
 *
 * Two things are added. A trend counts only if it stands out of the scatter around it (a t-test
 * of the line's slope): jitter makes slopes, but poor ones. And one that stands out strongly
 * counts at once, without the smoothing's delay: when a line falls to a third, every 50 ms are
 * 100 ms of queue.
 */
#ifndef CC_TREND_H
#define CC_TREND_H

#include "groups.h"

#include "base/usec.h"

#include <stdbool.h>

#define TREND_WINDOW 20

enum usage { USAGE_NORMAL, USAGE_UNDER, USAGE_OVER };

struct trend {
    enum usage usage;
    bool jittery;       ///< packets overtake each other: delays of single ones mean little
    double slope;       ///< ms of delay a ms of time: how much more was sent than went through
    double threshold;   ///< ms
    double rise;        ///< ms by which the delay, not smoothed, grew over the window
    double certainty;   ///< how many times its standard error that is
    double accumulated; ///< ms, delay since the first group
    double smoothed;    ///< ms
    double before;      ///< the slope before this one
    double over_ms;     ///< how long the slope has been above the threshold
    unsigned over;      ///< groups in a row above it
    unsigned groups;    ///< seen so far, not counted beyond 60
    unsigned next;      ///< place of the next point
    usec_t sent;        ///< since the first group
    usec_t at[TREND_WINDOW]; ///< when they were sent: by arrival, jitter would be in both axes
    double delay[TREND_WINDOW]; ///< ms, smoothed
    double raw[TREND_WINDOW];   ///< ms, as it was
};

void trend_init(struct trend *t);

/** Forgets the points, not the threshold: the clock jumped, or the packets are no measure. */
void trend_reset(struct trend *t);

/** Takes one step from group to group in and sets `usage`. */
void trend_add(struct trend *t, const struct group_delta *d);

#endif
