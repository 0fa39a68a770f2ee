/**
 * Values as bytes and back, by one and the same function: it is given each value's place, and
 * either writes what is there or reads into it. So what is written and what is read cannot
 * differ.
 *
 * Whole numbers are written in groups of seven bits, the lowest first; signed ones zigzag. What
 * is read is hostile: it lies within the stated bounds, or the pack is `bad` and the value 0.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACK_FAR (INT64_C(1) << 53) ///< no time and no count goes further

struct pack {
    uint8_t *at, *end; ///< not owned; only read from if `reading`
    bool reading;
    bool bad; ///< it does not fit, or what was read is out of its bounds
};

/** One to write into `size` bytes at `to`. */
static inline struct pack pack_writer(uint8_t *to, size_t size)
{
    return (struct pack){.at = to, .end = to + size};
}

/** One to read `size` bytes at `from`; they are not changed. */
static inline struct pack pack_reader(const uint8_t *from, size_t size)
{
    return (struct pack){.at = (uint8_t *)from, .end = (uint8_t *)from + size, .reading = true};
}

/** 0 to `max`. */
void pack_u64(struct pack *p, uint64_t *v, uint64_t max);
void pack_u32(struct pack *p, uint32_t *v, uint32_t max);
void pack_u16(struct pack *p, uint16_t *v, uint16_t max);
void pack_u8(struct pack *p, uint8_t *v, uint8_t max);
void pack_bool(struct pack *p, bool *v);

/** From `min` to `max`. */
void pack_i64(struct pack *p, int64_t *v, int64_t min, int64_t max);
void pack_int(struct pack *p, int *v, int min, int max);

/** A time: -PACK_FAR to PACK_FAR, or USEC_NEVER. */
void pack_time(struct pack *p, int64_t *v);

/** Its eight bytes; a finite number below 2^53. */
void pack_f64(struct pack *p, double *v);

/** A text of less than `size` bytes without NUL, into `size` bytes. */
void pack_text(struct pack *p, char *v, size_t size);

/** An enum of the values 0 to `max`. */
#define pack_enum(p, v, max)                                                                   \
    do {                                                                                       \
        uint8_t value_ = (p)->reading ? 0 : (uint8_t) * (v);                                   \
        pack_u8((p), &value_, (uint8_t)(max));                                                 \
        if ((p)->reading)                                                                      \
            *(v) = value_;                                                                     \
    } while (0)

#endif
