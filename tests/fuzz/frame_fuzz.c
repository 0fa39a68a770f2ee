/* A stream cut anywhere gives the same packets as in one piece, and each byte is used once. */
#include "net/frame.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define MOST 1536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Reads on from `*at`; the sum of all bytes of packets. */
static int read_on(const uint8_t *data, size_t size, size_t *at, size_t *sum, size_t *count)
{
    const uint8_t *packet;
    size_t len;
    int got;
    while ((got = frame_next(data, size, at, MOST, &packet, &len)) > 0) {
        assert(packet >= data && packet + len <= data + size && len <= MOST);
        for (size_t i = 0; i < len; i++)
            *sum += packet[i] * (i + 1);
        ++*count;
    }
    assert(*at <= size);
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const size_t cut = data[0] % size;
    size_t at = 0, sum = 0, count = 0, at2 = 0, sum2 = 0, count2 = 0;
    const int whole = read_on(data, size, &at, &sum, &count);
    (void)read_on(data, cut, &at2, &sum2, &count2);
    const int parts = read_on(data, size, &at2, &sum2, &count2);
    assert(whole == parts && at == at2 && sum == sum2 && count == count2);
    return 0;
}
