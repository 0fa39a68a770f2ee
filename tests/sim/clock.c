/*
 * usrsctp measures round trips and the age of messages by gettimeofday(), and a certificate
 * says from when on it is valid by time(). In a simulated run that is the simulated time: these
 * functions stand before the C library's.
 */
#include "clock.h"

#include <sys/time.h>
#include <time.h>

#define START 1700000000 ///< seconds since 1970 at the clock's 0

static usec_t now_is;

void sim_clock(usec_t now)
{
    now_is = now;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv,
                                                        void *restrict tz)
{
    (void)tz;
    tv->tv_sec = START + now_is / USEC_PER_SEC;
    tv->tv_usec = now_is % USEC_PER_SEC;
    return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
    const time_t now = START + (time_t)(now_is / USEC_PER_SEC);
    if (out)
        *out = now;
    return now;
}
