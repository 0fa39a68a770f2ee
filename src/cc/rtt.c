#include "rtt.h"

#define REPORTS_COUNT (10 * USEC_PER_SEC) // so long after one, feedback does not
#define MEMORY        USEC_PER_SEC
#define LONGEST       (5 * USEC_PER_SEC) // more is no round trip, but a client that lies or sleeps

static void take(struct rtt *r, usec_t rtt)
{
    if (rtt < 1)
        rtt = 1;
    if (rtt > LONGEST)
        rtt = LONGEST;
    r->smoothed = r->smoothed ? (7 * r->smoothed + rtt) / 8 : rtt;
}

void rtt_on_report(struct rtt *r, usec_t rtt, usec_t now)
{
    if (rtt <= 0)
        return;
    r->told = true;
    r->reported = now;
    take(r, rtt);
}

void rtt_on_feedback(struct rtt *r, usec_t wait, usec_t now)
{
    if (!r->any) {
        r->any = true;
        r->young = r->old = wait;
        r->since = now;
    }
    if (now - r->since > MEMORY) {
        r->old = r->young;
        r->young = wait;
        r->since = now;
    }
    if (wait < r->young)
        r->young = wait;
    if (!r->told || now - r->reported > REPORTS_COUNT)
        take(r, r->young < r->old ? r->young : r->old);
}
