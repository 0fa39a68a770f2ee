/*
 * usrsctp measures round trips and the age of messages by gettimeofday(). In a simulated run
 * that is the simulated time: this function stands before the C library's.
 */
#include "clock.h"

#include <sys/time.h>

static usec_t now_is;

void sim_clock(usec_t now)
{
    now_is = now;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv,
                                                        void *restrict tz)
{
    (void)tz;
    tv->tv_sec = 1700000000 + now_is / USEC_PER_SEC;
    tv->tv_usec = now_is % USEC_PER_SEC;
    return 0;
}
