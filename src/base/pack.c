#include "base/pack.h"

#include "base/usec.h"

#include <math.h>
#include <string.h>

static uint64_t read_groups(struct pack *p)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (p->at == p->end)
            break;
        const uint8_t byte = *p->at++;
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    p->bad = true;
    return 0;
}

static void write_groups(struct pack *p, uint64_t v)
{
    do {
        if (p->at == p->end) {
            p->bad = true;
            return;
        }
        *p->at++ = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v);
}

/** Most values are small and are written: one byte. False: it is not such a one. */
static inline bool write_small(struct pack *p, uint64_t v, uint64_t max)
{
    if (v > 0x7f || v > max || p->reading || p->bad || p->at == p->end)
        return false;
    *p->at++ = (uint8_t)v;
    return true;
}

void pack_u64(struct pack *p, uint64_t *v, uint64_t max)
{
    if (write_small(p, *v, max))
        return;
    if (p->bad) {
        *v = p->reading ? 0 : *v;
        return;
    }
    if (!p->reading) {
        write_groups(p, *v);
        p->bad |= *v > max; // who reads it would not take it
        return;
    }
    *v = read_groups(p);
    if (*v > max) {
        *v = 0;
        p->bad = true;
    }
}

void pack_u32(struct pack *p, uint32_t *v, uint32_t max)
{
    if (write_small(p, *v, max))
        return;
    uint64_t wide = p->reading ? 0 : *v;
    pack_u64(p, &wide, max);
    *v = (uint32_t)wide;
}

void pack_u16(struct pack *p, uint16_t *v, uint16_t max)
{
    if (write_small(p, *v, max))
        return;
    uint64_t wide = p->reading ? 0 : *v;
    pack_u64(p, &wide, max);
    *v = (uint16_t)wide;
}

void pack_u8(struct pack *p, uint8_t *v, uint8_t max)
{
    if (write_small(p, *v, max))
        return;
    uint64_t wide = p->reading ? 0 : *v;
    pack_u64(p, &wide, max);
    *v = (uint8_t)wide;
}

void pack_bool(struct pack *p, bool *v)
{
    if (!p->reading && write_small(p, *v, 1))
        return;
    uint64_t wide = p->reading ? 0 : *v;
    pack_u64(p, &wide, 1);
    *v = wide != 0;
}

void pack_i64(struct pack *p, int64_t *v, int64_t min, int64_t max)
{
    uint64_t wide = 0;
    if (!p->reading)
        wide = (uint64_t)*v << 1 ^ (*v < 0 ? UINT64_MAX : 0);
    pack_u64(p, &wide, UINT64_MAX);
    if (!p->reading)
        return;
    *v = (int64_t)(wide >> 1 ^ (wide & 1 ? UINT64_MAX : 0));
    if (p->bad || *v < min || *v > max) {
        *v = 0;
        p->bad = true;
    }
}

void pack_int(struct pack *p, int *v, int min, int max)
{
    int64_t wide = p->reading ? 0 : *v;
    pack_i64(p, &wide, min, max);
    *v = (int)wide;
}

void pack_time(struct pack *p, int64_t *v)
{
    int64_t wide = p->reading ? 0 : *v == USEC_NEVER ? PACK_FAR + 1 : *v;
    pack_i64(p, &wide, -PACK_FAR, PACK_FAR + 1);
    *v = wide == PACK_FAR + 1 ? USEC_NEVER : wide;
}

void pack_f64(struct pack *p, double *v)
{
    if (p->bad || p->end - p->at < 8) {
        *v = p->reading ? 0 : *v;
        p->bad = true;
        return;
    }
    uint64_t bits = 0;
    if (!p->reading)
        memcpy(&bits, v, sizeof(bits));
    for (unsigned i = 0; i < 8; i++) {
        if (p->reading)
            bits |= (uint64_t)p->at[i] << 8 * i;
        else
            p->at[i] = (uint8_t)(bits >> 8 * i);
    }
    p->at += 8;
    if (!p->reading)
        return;
    memcpy(v, &bits, sizeof(bits));
    if (!isfinite(*v) || fabs(*v) > (double)PACK_FAR) {
        *v = 0;
        p->bad = true;
    }
}

void pack_text(struct pack *p, char *v, size_t size)
{
    uint64_t len = p->reading ? 0 : strnlen(v, size - 1);
    pack_u64(p, &len, size - 1);
    if (p->bad || (uint64_t)(p->end - p->at) < len) {
        p->bad = true;
        if (p->reading)
            *v = 0;
        return;
    }
    if (!p->reading) {
        memcpy(p->at, v, len);
    } else {
        memcpy(v, p->at, len);
        v[len] = 0;
        if (strlen(v) != len)
            p->bad = true;
    }
    p->at += len;
}
