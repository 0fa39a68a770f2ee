/** Reading bit by bit. Past the end all bits are 0 and `over` is set: check it once at the end.
 */
#ifndef RTP_BITS_H
#define RTP_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
    const uint8_t *p;
    size_t len; ///< bytes
    size_t pos; ///< bits read
    bool over;
};

static inline unsigned bits_one(struct bits *b)
{
    if (b->pos / 8 >= b->len) {
        b->over = true;
        return 0;
    }
    const unsigned bit = b->p[b->pos / 8] >> (7 - b->pos % 8) & 1;
    b->pos++;
    return bit;
}

/** `n` bits, 0..32, the first one highest. */
static inline uint32_t bits_read(struct bits *b, unsigned n)
{
    uint32_t v = 0;

    while (n--)
        v = v << 1 | bits_one(b);
    return v;
}

/** Exp-Golomb: ue(v) of H.264 section 9.1, uvlc() of AV1 section 4.10.3. */
static inline uint32_t bits_golomb(struct bits *b)
{
    unsigned zeros = 0;

    while (!bits_one(b)) {
        if (b->over || ++zeros == 32) {
            b->over = true;
            return 0;
        }
    }
    return (uint32_t)((UINT32_C(1) << zeros) - 1) + bits_read(b, zeros);
}

#endif
