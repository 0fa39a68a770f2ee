#include "base/rand.h"

#include "base/text.h"

#include <assert.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_BYTES 32 ///< random bytes at most in an id

void rand_bytes(void *out, size_t len)
{
    assert(len <= INT32_MAX);
    if (RAND_bytes(out, (int)len) != 1) {
        // Going on would hand out tokens that can be guessed.
        (void)fputs("salon: the system gives no random bytes\n", stderr);
        abort();
    }
}

uint32_t rand_u32(void)
{
    uint32_t v;

    rand_bytes(&v, sizeof v);
    return v;
}

uint64_t rand_u64(void)
{
    uint64_t v;

    rand_bytes(&v, sizeof v);
    return v;
}

void rand_id(char *out, size_t size, const char *prefix, size_t chars)
{
    uint8_t bytes[ID_BYTES];
    size_t prefix_len = strlen(prefix);

    assert(chars <= BASE32_LEN(ID_BYTES) && prefix_len + chars < size);
    rand_bytes(bytes, sizeof bytes);
    (void)snprintf(out, size, "%s", prefix);
    text_base32(bytes, sizeof bytes, chars, out + prefix_len);
}
