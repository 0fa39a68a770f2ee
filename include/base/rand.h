/** Random bytes and ids from the operating system's generator (through OpenSSL). */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/** Fills `out`. Cannot fail: without randomness the process ends. */
void rand_bytes(void *out, size_t len);

uint32_t rand_u32(void);
uint64_t rand_u64(void);

/** `prefix` and `chars` random characters of lower-case base32 (5 bits each), NUL-terminated.
 */
void rand_id(char *out, size_t size, const char *prefix, size_t chars);

#endif
