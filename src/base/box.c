#include "base/box.h"

#include "base/rand.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define NONCE 12 // SP 800-38D section 8.2: 96 bits
#define TAG   16

void box_close(const uint8_t key[BOX_KEY_SIZE], const char *label, const void *data, size_t len,
               uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;

    assert(len <= INT_MAX - BOX_OVERHEAD);
    rand_bytes(out, NONCE);
    // Fails only without memory; nothing may be stored in the clear instead.
    if (!ctx || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) != 1 ||
        EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) != 1 ||
        EVP_EncryptUpdate(ctx, out + NONCE, &n, data, (int)len) != 1 ||
        EVP_EncryptFinal_ex(ctx, out + NONCE + n, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, out + NONCE + len) != 1)
        abort();
    EVP_CIPHER_CTX_free(ctx);
}

bool box_open(const uint8_t key[BOX_KEY_SIZE], const char *label, const uint8_t *box,
              size_t len, void *out)
{
    EVP_CIPHER_CTX *ctx;
    uint8_t tag[TAG];
    uint8_t *to = out;
    size_t inside;
    bool good;
    int n = 0;

    if (len < BOX_OVERHEAD || len > INT_MAX)
        return false;
    inside = len - BOX_OVERHEAD;
    ctx = EVP_CIPHER_CTX_new();
    memcpy(tag, box + len - TAG, TAG);
    good = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, box) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) == 1 &&
           EVP_DecryptUpdate(ctx, to, &n, box + NONCE, (int)inside) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, to + inside, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!good)
        memset(out, 0, inside);
    return good;
}
