/** One generator a simulated run: its seed repeats the run. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline void rng_init(struct rng *r, uint64_t seed)
{
    // Neighbouring seeds must not give neighbouring runs (splitmix64's finisher).
    uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    r->state = (z ^ z >> 31) | 1;
}

static inline uint32_t rng_u32(struct rng *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint32_t)(r->state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

/** 0 .. below - 1; `below` is not 0. */
static inline uint32_t rng_below(struct rng *r, uint32_t below)
{
    return (uint32_t)((uint64_t)rng_u32(r) * below >> 32);
}

/** True in `permille` of 1000 cases. */
static inline bool rng_chance(struct rng *r, unsigned permille)
{
    return rng_below(r, 1000) < permille;
}

#endif
