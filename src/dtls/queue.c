#include "queue.h"

#include "base/bytes.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX   65536
#define QUEUE_FIRST 4096
#define PREFIX      2

bool queue_has_room(const struct dtls_queue *q, size_t len)
{
    return len <= UINT16_MAX && q->used + PREFIX + len <= QUEUE_MAX;
}

static bool grow(struct dtls_queue *q, size_t need)
{
    size_t size = q->size ? q->size : QUEUE_FIRST;
    while (size < need)
        size *= 2;
    if (size == q->size)
        return true;
    uint8_t *bytes = realloc(q->bytes, size);
    if (!bytes)
        return false;
    q->bytes = bytes;
    q->size = size;
    return true;
}

bool queue_put(struct dtls_queue *q, const uint8_t *bytes, size_t len, bool join)
{
    if (!queue_has_room(q, len) || !grow(q, q->used + PREFIX + len))
        return false;
    const bool waiting = q->taken < q->used;
    const size_t newest = waiting ? rd16(q->bytes + q->last) : 0;
    if (join && waiting && newest + len <= DTLS_MTU) {
        wr16(q->bytes + q->last, (uint16_t)(newest + len));
    } else {
        q->last = q->used;
        wr16(q->bytes + q->used, (uint16_t)len);
        q->used += PREFIX;
    }
    memcpy(q->bytes + q->used, bytes, len);
    q->used += len;
    return true;
}

size_t queue_take(struct dtls_queue *q, uint8_t *buf, size_t cap)
{
    if (q->taken == q->used)
        return 0;
    const size_t len = rd16(q->bytes + q->taken);
    const size_t n = len < cap ? len : cap;
    memcpy(buf, q->bytes + q->taken + PREFIX, n);
    q->taken += PREFIX + len;
    if (q->taken == q->used)
        queue_fini(q);
    return n;
}

void queue_fini(struct dtls_queue *q)
{
    if (q->bytes)
        OPENSSL_cleanse(q->bytes, q->used);
    free(q->bytes);
    *q = (struct dtls_queue){0};
}
