/** SHA-256, HMAC-SHA256 (RFC 2104) and a comparison that takes the same time for any input. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

void digest_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);

void digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
                 uint8_t out[SHA256_SIZE]);

/** In constant time; false if the lengths differ. */
bool digest_same(const void *a, size_t a_len, const void *b, size_t b_len);

#endif
