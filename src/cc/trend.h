/**
 * Does the queue grow? The slope of the smoothed delay over the last groups, against a
 * threshold that adapts so that neither jitter nor a competing flow starves us
 * (draft-ietf-rmcat-gcc-02 sections 5.3 to 5.5, with a line through the last points in place of
 * the Kalman filter; Carlucci et al., "Analysis and Design of the Google Congestion Control for
 * Web Real-time Communication", MMSys 2016).
 */
#ifndef CC_TREND_H
#define CC_TREND_H

#include "groups.h"

#include "base/usec.h"

#define TREND_WINDOW 20

enum usage { USAGE_NORMAL, USAGE_UNDER, USAGE_OVER };

struct trend {
    enum usage usage;
    double slope;       ///< ms of delay a ms of time: how much more was sent than went through
    double threshold;   ///< ms
    double accumulated; ///< ms, delay since the first group
    double smoothed;    ///< ms
    double before;      ///< the slope before this one
    double over_ms;     ///< how long the slope has been above the threshold
    unsigned over;      ///< groups in a row above it
    unsigned groups;    ///< seen so far, not counted beyond 60
    unsigned next;      ///< place of the next point
    usec_t at[TREND_WINDOW];    ///< arrivals
    double delay[TREND_WINDOW]; ///< ms, smoothed
};

void trend_init(struct trend *t);

/** Forgets the points, not the threshold: the clock jumped, or the packets are no measure. */
void trend_reset(struct trend *t);

/** Takes one step from group to group in and sets `usage`. */
void trend_add(struct trend *t, const struct group_delta *d);

#endif
