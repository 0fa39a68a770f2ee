#include "bbb_checksum.h"

#include "base/digest.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define NAME "checksum="

/** Copies hex digits in lower case; what is no checksum becomes "". */
static void take_given(const char *value, size_t len, char out[BBB_CHECKSUM_MAX + 1])
{
    out[0] = '\0';
    if (len > BBB_CHECKSUM_MAX)
        return;
    for (size_t i = 0; i < len; i++) {
        const char c = text_lower(value[i]);

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            out[0] = '\0';
            return;
        }
        out[i] = c;
        out[i + 1] = '\0';
    }
}

bool bbb_split(const char *text, size_t len, struct bbb_signed *out)
{
    const char *at = text, *end = text + len;

    *out = (struct bbb_signed){.rest = malloc(len + 1)};
    if (!out->rest)
        return false;
    for (;;) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        const size_t n = (size_t)((next ? next : end) - at);

        if (n >= sizeof NAME - 1 && memcmp(at, NAME, sizeof NAME - 1) == 0) {
            take_given(at + sizeof NAME - 1, n - (sizeof NAME - 1), out->given);
            out->count++;
        } else {
            // Only what stood between two others keeps its '&': an empty field is a field.
            if (at > text && (out->len > 0 || out->count == 0))
                out->rest[out->len++] = '&';
            memcpy(out->rest + out->len, at, n);
            out->len += n;
        }
        if (!next)
            break;
        at = next + 1;
    }
    out->rest[out->len] = '\0';
    return true;
}

void bbb_split_free(struct bbb_signed *s)
{
    free(s->rest);
    *s = (struct bbb_signed){0};
}

static const EVP_MD *hash_of_length(size_t digits)
{
    switch (digits) {
    case 40:
        return EVP_sha1(); // what most clients use: it signs no more than these calls
    case 64:
        return EVP_sha256();
    case 96:
        return EVP_sha384();
    case 128:
        return EVP_sha512();
    default:
        return NULL;
    }
}

bool bbb_checksum_good(const char *call, const char *rest, size_t len, const char *secret,
                       const char *given)
{
    const EVP_MD *hash = hash_of_length(strlen(given));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned n = 0;
    bool good;

    good = hash && ctx && EVP_DigestInit_ex(ctx, hash, NULL) == 1 &&
           EVP_DigestUpdate(ctx, call, strlen(call)) == 1 &&
           EVP_DigestUpdate(ctx, rest, len) == 1 &&
           EVP_DigestUpdate(ctx, secret, strlen(secret)) == 1 &&
           EVP_DigestFinal_ex(ctx, digest, &n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!good)
        return false;
    text_hex(digest, n, hex);
    return digest_same(hex, strlen(hex), given, strlen(given));
}
