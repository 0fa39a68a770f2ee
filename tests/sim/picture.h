/**
 * Pictures that say who they are: five rows of eight blocks, white or black, over a pattern
 * that moves. They survive a coder at any rate that people would look at; a block that does
 * not, or that is of another picture than its neighbours, breaks the sum.
 */
#ifndef SIM_PICTURE_H
#define SIM_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#define PICTURE_MS (1u << 20) ///< its clock goes round after so many ms

/** What a picture says. */
struct picture {
    unsigned source; ///< 0..15
    unsigned layer;  ///< 0..3
    uint32_t ms;     ///< captured, 0 .. PICTURE_MS - 1
};

/** Draws it as luma of `width` x `height`, rows `stride` apart. */
void picture_draw(const struct picture *p, uint8_t *luma, unsigned width, unsigned height,
                  unsigned stride);

/** Reads it. False if it cannot be read: it is damaged. */
bool picture_read(struct picture *p, const uint8_t *luma, unsigned width, unsigned height,
                  unsigned stride);

#endif
