#include "picture.h"

#include <stdlib.h>

#define COLUMNS 8u
#define ROWS    5u
#define BITS    (COLUMNS * ROWS)
#define DATA    26u // bits; the rest is their sum

static uint64_t with_sum(uint32_t data)
{
    uint64_t h = (data + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint64_t)data << (BITS - DATA) | h >> (64 - (BITS - DATA));
}

void picture_draw(const struct picture *p, uint8_t *luma, unsigned width, unsigned height,
                  unsigned stride)
{
    const uint64_t bits =
        with_sum((p->source & 15) << 22 | (p->layer & 3) << 20 | (p->ms & (PICTURE_MS - 1)));
    const unsigned shift = p->ms / 16;
    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            const unsigned block = y * ROWS / height * COLUMNS + x * COLUMNS / width;
            const unsigned pattern = (x + shift + y / 2) & 31;
            const bool white = bits >> (BITS - 1 - block) & 1;
            luma[y * stride + x] = (uint8_t)(white ? 230 - pattern : 20 + pattern);
        }
    }
}

/** The mean of the middle of a block. */
static unsigned mean(const uint8_t *luma, unsigned x0, unsigned y0, unsigned w, unsigned h,
                     unsigned stride)
{
    unsigned sum = 0, n = 0;
    for (unsigned y = y0 + h / 4; y < y0 + h - h / 4; y++)
        for (unsigned x = x0 + w / 4; x < x0 + w - w / 4; x++, n++)
            sum += luma[y * stride + x];
    return sum / n;
}

bool picture_read(struct picture *p, const uint8_t *luma, unsigned width, unsigned height,
                  unsigned stride)
{
    uint64_t bits = 0;
    for (unsigned block = 0; block < BITS; block++) {
        const unsigned m =
            mean(luma, block % COLUMNS * width / COLUMNS, block / COLUMNS * height / ROWS,
                 width / COLUMNS, height / ROWS, stride);
        if (abs((int)m - 125) < 30)
            return false;
        bits = bits << 1 | (m > 125);
    }
    const uint32_t data = (uint32_t)(bits >> (BITS - DATA));
    if (with_sum(data) != bits)
        return false;
    *p = (struct picture){
        .source = data >> 22, .layer = data >> 20 & 3, .ms = data & (PICTURE_MS - 1)};
    return true;
}
