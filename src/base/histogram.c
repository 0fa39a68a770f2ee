#include "base/histogram.h"

const usec_t histogram_bound[HISTOGRAM_BOUNDS] = {
    50,    100,    250,    500,    1000,    2500,    5000,    10000,    25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000,
};

void histogram_add(struct histogram *h, usec_t took, uint64_t n)
{
    unsigned i = 0;

    if (took < 0)
        took = 0;
    while (i < HISTOGRAM_BOUNDS && took > histogram_bound[i])
        i++;
    h->count[i] += n;
    h->sum_us += (uint64_t)took * n;
}
