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
#define CERTAIN       3.0    // standard errors
#define PLAIN         4.0    // so many need no smoothing
#define PLAIN_RISE    30.0   // ms
#define GRAIN         0.5    // ms
#define FEWEST        8      // points make a line; the smoothed one needs all
#define PAUSE         (2 * USEC_PER_SEC) // after so long the points belong to another time

void trend_init(struct trend *t)
{
    *t = (struct trend){.threshold = THRESHOLD};
}

void trend_reset(struct trend *t)
{
    *t = (struct trend){.threshold = t->threshold, .jittery = t->jittery};
}

/** The least-squares lines through the smoothed and the raw points; the newest was sent at
 * `now`. */
static void fit(struct trend *t, usec_t now)
{
    const unsigned n = t->groups < TREND_WINDOW ? t->groups : TREND_WINDOW;
    double x[TREND_WINDOW], mx = 0, my = 0, mr = 0;
    double xx = 0, xy = 0, xr = 0, rr = 0, first = 0;

    for (unsigned i = 0; i < n; i++) {
        x[i] = (double)(t->at[i] - now) * 0.001;
        first = x[i] < first ? x[i] : first;
        mx += x[i];
        my += t->delay[i];
        mr += t->raw[i];
    }
    mx /= n;
    my /= n;
    mr /= n;
    for (unsigned i = 0; i < n; i++) {
        const double dx = x[i] - mx, dr = t->raw[i] - mr;
        xx += dx * dx;
        xy += dx * (t->delay[i] - my);
        xr += dx * dr;
        rr += dr * dr;
    }
    if (xx <= 0)
        return;
    const double slope = xr / xx;
    // What the line does not explain; never less than the clocks' own grain.
    const double scatter = fmax((rr - slope * xr) / (n - 2), GRAIN * GRAIN);
    t->slope = n < TREND_WINDOW ? 0 : xy / xx;
    t->rise = slope * -first;
    t->certainty = slope / sqrt(scatter / xx);
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
        if (t->over_ms > OVER_TIME && t->over > 1 && t->slope >= t->before &&
            t->certainty > (t->jittery ? PLAIN : CERTAIN))
            t->usage = USAGE_OVER;
    } else {
        t->over = 0;
        t->over_ms = 0;
        t->usage = size < -t->threshold ? USAGE_UNDER : USAGE_NORMAL;
    }
    if (t->rise > PLAIN_RISE && t->certainty > (t->jittery ? 2 * PLAIN : PLAIN))
        t->usage = USAGE_OVER;
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
    t->sent += d->sent;
    t->at[t->next] = t->sent;
    t->delay[t->next] = t->smoothed;
    t->raw[t->next] = t->accumulated;
    t->next = (t->next + 1) % TREND_WINDOW;
    if (t->groups < GROUPS_MAX)
        t->groups++;
    if (t->groups >= FEWEST)
        fit(t, t->sent);
    judge(t, arrived_ms);
}
