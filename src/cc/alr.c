#include "alr.h"

#define SHARE_PERCENT 65 // of the target: below it we are limited by what there is to send
#define DEPTH_MS      INT64_C(500) // of that share is what the bucket holds
#define ENTER_PERCENT 80           // full to this: limited
#define LEAVE_PERCENT 50           // and to this: no more

void alr_init(struct alr *a, usec_t now)
{
    *a = (struct alr){.limited = true, .at = now, .bucket = INT32_MAX};
}

void alr_update(struct alr *a, uint64_t target_bps, usec_t now)
{
    usec_t ms = (now - a->at) / USEC_PER_MS;
    if (ms <= 0)
        return;
    if (ms > 2 * DEPTH_MS)
        ms = 2 * DEPTH_MS;
    const int64_t per_ms = (int64_t)(target_bps * SHARE_PERCENT / 100 / 8 / 1000) + 1;
    const int64_t depth = per_ms * DEPTH_MS;
    a->bucket += per_ms * ms - (int64_t)a->sent;
    if (a->bucket > depth)
        a->bucket = depth;
    if (a->bucket < 0)
        a->bucket = 0;
    a->sent = 0;
    a->at = now;
    if (a->limited ? a->bucket < depth * LEAVE_PERCENT / 100
                   : a->bucket > depth * ENTER_PERCENT / 100)
        a->limited = !a->limited;
}
