#include "room/env.h"

uint32_t env_random(struct room_env *env)
{
    // xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators,
    // scrambled").
    env->rng ^= env->rng >> 12;
    env->rng ^= env->rng << 25;
    env->rng ^= env->rng >> 27;
    return (uint32_t)(env->rng * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}
