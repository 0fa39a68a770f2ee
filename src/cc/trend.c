#include "trend.h"

#include <math.h>

// gcc-02 section 5.4 and table 1, but for the gain and the smoothing, which belong to the line
// through the points.
#define SMOOTHING     0.9
#define GAIN          4.0
#define GROUPS_MAX    60
#define THRESHOLD     12.5   // ms, del_var_th(0)
#define THRESHOLD_MIN 6.0    // ms
#define THRESHOLD_MAX 600.0  // ms
#define UP            0.0087 // K_u
#define DOWN          0.039  // K_d
#define SPIKE         15.0   // ms above the threshold: an outlier, not to be learned from
#define OVER_TIME     10.0   // ms, overuse_time_th
#define PAUSE         (2 * USEC_PER_SEC) // after so long the points belong to another time

void trend_init(struct trend *t)
{
    *t = (struct trend){.threshold = THRESHOLD};
}

void trend_reset(struct trend *t)
{
    *t = (struct trend){.threshold = t->threshold};
}

/** The slope of the least-squares line through the points; the newest is at `now`. */
static double fit(const struct trend *t, usec_t now)
{
    double x[TREND_WINDOW], mx = 0, my = 0, above = 0, below = 0;

    for (unsigned i = 0; i < TREND_WINDOW; i++) {
        x[i] = (double)(t->at[i] - now) / 1000;
        mx += x[i] / TREND_WINDOW;
        my += t->delay[i] / TREND_WINDOW;
    }
    for (unsigned i = 0; i < TREND_WINDOW; i++) {
        above += (x[i] - mx) * (t->delay[i] - my);
        below += (x[i] - mx) * (x[i] - mx);
    }
    return below > 0 ? above / below : 0;
}

/** gcc-02 section 5.4: the threshold follows the trend, slowly up and quickly down. */
static void adapt(struct trend *t, double size, double ms)
{
    if (size > t->threshold + SPIKE)
        return;
    t->threshold += (size < t->threshold ? DOWN : UP) * (size - t->threshold) * fmin(ms, 100);
    t->threshold = fmin(fmax(t->threshold, THRESHOLD_MIN), THRESHOLD_MAX);
}

/** gcc-02 section 5.4: over-use is a trend above the threshold that lasts and does not fall. */
static void judge(struct trend *t, double arrived_ms)
{
    const double size = t->slope * t->groups * GAIN;

    if (size > t->threshold) {
        t->over_ms += t->over ? arrived_ms : arrived_ms / 2;
        t->over++;
        if (t->over_ms > OVER_TIME && t->over > 1 && t->slope >= t->before)
            t->usage = USAGE_OVER;
    } else {
        t->over = 0;
        t->over_ms = 0;
        t->usage = size < -t->threshold ? USAGE_UNDER : USAGE_NORMAL;
    }
    adapt(t, fabs(size), arrived_ms);
    t->before = t->slope;
}

void trend_add(struct trend *t, const struct group_delta *d)
{
    if (t->groups > 0 && (d->arrived > PAUSE || d->sent > PAUSE))
        trend_reset(t);
    const double arrived_ms = (double)d->arrived / 1000;
    t->accumulated += arrived_ms - (double)d->sent / 1000;
    t->smoothed = SMOOTHING * t->smoothed + (1 - SMOOTHING) * t->accumulated;
    t->at[t->next] = d->at;
    t->delay[t->next] = t->smoothed;
    t->next = (t->next + 1) % TREND_WINDOW;
    if (t->groups < GROUPS_MAX)
        t->groups++;
    if (t->groups >= TREND_WINDOW)
        t->slope = fit(t, d->at);
    judge(t, arrived_ms);
}
