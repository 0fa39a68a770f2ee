#include "acked.h"

#include <string.h>

#define LEAST 10 // bins: a rate over less than 100 ms is the rate of one burst

void acked_reset(struct acked *a)
{
    a->first = 0;
    a->last = -1;
}

static uint32_t *bin(struct acked *a, int64_t number)
{
    return &a->bytes[(uint64_t)number % ACKED_BINS];
}

void acked_add(struct acked *a, usec_t arrival, size_t len)
{
    const int64_t number = arrival / ACKED_BIN;

    if (a->last < a->first || number - a->last > ACKED_BINS) { // long silence: nothing is known
        a->first = a->last = number;
        *bin(a, number) = 0;
    }
    for (; a->last < number; a->last++)
        *bin(a, a->last + 1) = 0;
    if (a->first <= a->last - ACKED_BINS)
        a->first = a->last - ACKED_BINS + 1;
    if (number >= a->first)
        *bin(a, number) += (uint32_t)len;
}

uint64_t acked_rate(const struct acked *a, usec_t window)
{
    int64_t from = a->last - window / ACKED_BIN;
    uint64_t bytes = 0;

    if (from < a->first + 1)
        from = a->first + 1;
    if (a->last - from < LEAST)
        return 0;
    for (int64_t i = from; i < a->last; i++)
        bytes += a->bytes[(uint64_t)i % ACKED_BINS];
    return bytes * 8 * USEC_PER_SEC / (uint64_t)((a->last - from) * ACKED_BIN);
}
