/* What a sender of RED (RFC 2198) puts before its frames. */
#include "client.h"
#include "pub.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

static void remember(struct pub_copies *c, uint32_t ts, const uint8_t *frame, size_t len)
{
    if (len > sizeof(c->bytes[0]))
        abort();
    memmove(c->bytes[1], c->bytes[0], sizeof(c->bytes) - sizeof(c->bytes[0]));
    memmove(c->ts + 1, c->ts, sizeof(c->ts) - sizeof(c->ts[0]));
    memmove(c->len + 1, c->len, sizeof(c->len) - sizeof(c->len[0]));
    memcpy(c->bytes[0], frame, len);
    c->ts[0] = ts;
    c->len[0] = (uint16_t)len;
    c->count += c->count < PUB_COPIES;
}

size_t pub_add_copies(struct pub *p, uint32_t ts, uint8_t *payload, size_t len)
{
    struct pub_copies *c = &p->copies;
    const unsigned n = c->count < p->red ? c->count : p->red;
    uint8_t own[160], *out = payload;
    if (len > sizeof(own))
        abort();
    memcpy(own, payload, len);
    for (unsigned i = n; i-- > 0;) {
        const unsigned told =
            p->red_false ? rng_below(p->owner->env->rng, 1024) : (unsigned)c->len[i];
        // F, payload type, 14 bits of time, 10 of length
        wr32(out, 0x80000000u | (uint32_t)p->pt << 24 | (ts - c->ts[i]) << 10 | told);
        out += 4;
    }
    *out++ = p->pt;
    for (unsigned i = n; i-- > 0;) {
        memcpy(out, c->bytes[i], c->len[i]);
        out += c->len[i];
    }
    memcpy(out, own, len);
    out += len;
    remember(c, ts, own, len);
    return (size_t)(out - payload);
}
