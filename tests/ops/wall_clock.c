/*
 * The machine's clock, set in the middle of a test: preloaded into a server and its workers, it
 * adds to the time of day what stands in the file that SALON_TEST_CLOCK names (eight bytes,
 * microseconds). The monotonic clock stays as it is, as it does when a clock is set.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define VISIBLE   __attribute__((visibility("default")))
#define PER_SEC   INT64_C(1000000)
#define IN_MICROS 1000 ///< nanoseconds

static int64_t none;
static const volatile int64_t *offset = &none;
static int (*real)(clockid_t which, struct timespec *out);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SALON_TEST_CLOCK");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *shared =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED)
        offset = shared;
    if (fd >= 0)
        (void)close(fd);
}

static int64_t micros(void)
{
    struct timespec t;

    if (!real) // others' constructors may ask before ours has run
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    (void)real(CLOCK_REALTIME, &t);
    return t.tv_sec * PER_SEC + t.tv_nsec / IN_MICROS + *offset;
}

VISIBLE int clock_gettime(clockid_t which, struct timespec *out)
{
    const int64_t now = micros();

    if (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)
        return real(which, out);
    out->tv_sec = now / PER_SEC;
    out->tv_nsec = now % PER_SEC * IN_MICROS;
    return 0;
}

VISIBLE int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    const int64_t now = micros();

    (void)zone;
    out->tv_sec = now / PER_SEC;
    out->tv_usec = now % PER_SEC;
    return 0;
}

VISIBLE time_t time(time_t *out)
{
    const time_t now = micros() / PER_SEC;

    if (out)
        *out = now;
    return now;
}
