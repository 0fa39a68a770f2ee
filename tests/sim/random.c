/*
 * Handshakes draw keys, nonces and signatures, and a signature is 70 to 72 bytes long: on a
 * narrow line that alone shifts every packet after it, and a run would not repeat. OpenSSL has
 * no newer way to be given its random bytes from outside (TEST-RAND ends after what it was
 * fed).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "random.h"

#include "rng.h"

#include <openssl/rand.h>
#include <stdlib.h>

static struct rng rng;

static int draw(unsigned char *out, int len)
{
    for (int i = 0; i < len; i++)
        out[i] = (unsigned char)rng_below(&rng, 256);
    return 1;
}

static int ready(void)
{
    return 1;
}

void sim_random(uint64_t seed)
{
    static const RAND_METHOD method = {.bytes = draw, .pseudorand = draw, .status = ready};
    rng_init(&rng, seed);
    if (RAND_set_rand_method(&method) != 1)
        abort();
}
