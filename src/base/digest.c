#include "base/digest.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

void digest_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
    unsigned n = 0;

    // Fails only without memory; there is no digest that could stand in.
    if (EVP_Digest(data, len, out, &n, EVP_sha256(), NULL) != 1 || n != SHA256_SIZE)
        abort();
}

void digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
                 uint8_t out[SHA256_SIZE])
{
    unsigned n = 0;

    assert(key_len <= INT_MAX);
    if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &n) || n != SHA256_SIZE)
        abort();
}

bool digest_same(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && CRYPTO_memcmp(a, b, a_len) == 0;
}
