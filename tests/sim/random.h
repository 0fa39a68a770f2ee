/** Randomness of a simulated run: OpenSSL's, from the seed. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

/** From here on RAND_bytes() gives what follows from `seed` alone. */
void sim_random(uint64_t seed);

#endif
