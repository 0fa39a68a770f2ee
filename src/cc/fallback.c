#include "fallback.h"

#include "cc/estimator.h"

#define REMB_COUNTS   (10 * USEC_PER_SEC) // it is repeated every second
#define REPORTS_COUNT (20 * USEC_PER_SEC)
#define JUDGE         (900 * USEC_PER_MS)
#define GATHER        (20 * USEC_PER_MS) // several streams are reported on in one moment
#define LOW           5                  // of 256, 2 %: gcc-02 section 6
#define HIGH          26                 // of 256, 10 %
#define RISE_PERCENT  8                  // a judgement
#define SMOOTHING     0.3

void fallback_init(struct fallback *f, uint64_t start_bps, usec_t now)
{
    *f = (struct fallback){.report_bps = start_bps, .judged = now};
}

static uint64_t clamped(uint64_t bps)
{
    return bps < ESTIMATOR_MIN_BPS   ? ESTIMATOR_MIN_BPS
           : bps > ESTIMATOR_MAX_BPS ? ESTIMATOR_MAX_BPS
                                     : bps;
}

void fallback_on_remb(struct fallback *f, uint64_t bps, usec_t now)
{
    f->remb_bps = clamped(bps);
    f->remb_at = now;
}

void fallback_on_report(struct fallback *f, uint8_t fraction, usec_t now)
{
    if (f->reports == 0)
        f->due = now + GATHER > f->judged + JUDGE ? now + GATHER : f->judged + JUDGE;
    if (f->reports < 1000) {
        f->fractions += fraction;
        f->reports++;
    }
    f->reported = now;
}

static void judge(struct fallback *f, uint64_t sent_bps)
{
    const unsigned lost = f->fractions / f->reports;
    f->smoothed += SMOOTHING * ((double)lost / 256 - f->smoothed);
    if (lost > HIGH) { // gcc-02 section 6: down by half the loss
        f->report_bps = f->report_bps * (512 - lost) / 512;
    } else if (lost < LOW && f->report_bps < sent_bps * 2) {
        f->report_bps += f->report_bps * RISE_PERCENT / 100 + 1000;
    }
    f->report_bps = clamped(f->report_bps);
}

uint64_t fallback_update(struct fallback *f, uint64_t sent_bps, usec_t now)
{
    if (f->reports > 0 && now >= f->due) {
        judge(f, sent_bps);
        f->fractions = f->reports = 0;
        f->judged = now;
    }
    if (f->remb_bps != 0 && now - f->remb_at > REMB_COUNTS)
        f->remb_bps = 0;
    if (f->reported != 0 && now - f->reported > REPORTS_COUNT)
        f->reported = 0;
    if (f->remb_bps == 0)
        return f->report_bps;
    // A receiver's estimate knows of delay and loss; the reports add what is lost since.
    if (f->reported != 0 && f->smoothed > 0.1 && f->report_bps < f->remb_bps)
        return f->report_bps;
    return f->remb_bps;
}
