#include "arrival.h"

#include "cc/twcc.h"

static usec_t distance(usec_t a, usec_t b)
{
    return a > b ? a - b : b - a;
}

bool arrival_open(struct arrival *a, int64_t reference, usec_t now)
{
    const uint32_t ref = (uint32_t)reference; // 2^24 * 64 ms are 2^32 ticks: it wraps as we do
    const int32_t step = (int32_t)(ref - a->last);
    const bool jumped =
        a->known && distance((usec_t)step * TWCC_TICK, now - a->heard) > ARRIVAL_JUMP;

    a->ticks = a->known && !jumped ? a->ticks + step : (int64_t)ref;
    a->last = ref;
    a->heard = now;
    a->known = true;
    a->offset = (a->ticks - (int64_t)ref) * TWCC_TICK;
    return !jumped;
}

bool arrival_absurd(const struct arrival *a, usec_t at_us)
{
    return distance(at_us + a->offset, a->ticks * TWCC_TICK) > 2 * ARRIVAL_JUMP;
}
