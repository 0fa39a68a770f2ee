#include "kdf.h"

#include "base/bytes.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

// RFC 3711 sections 4.3.1 and 4.3.2: labels of SRTP; SRTCP's are three higher.
enum { LABEL_CIPHER = 0, LABEL_AUTH = 1, LABEL_SALT = 2, LABELS_RTCP = 3 };

/**
 * RFC 3711 section 4.3.3: the keystream of AES-CM with the master key, its counter block being
 * (label · 2^48 xor master salt) · 2^16. RFC 7714 section 11: a 96-bit salt is followed by
 * zeros.
 */
static int derive(EVP_CIPHER_CTX *ctx, const uint8_t salt[14], uint8_t label, uint8_t *out,
                  size_t len)
{
    uint8_t block[16] = {0};
    memcpy(block, salt, 14);
    block[7] ^= label;
    memset(out, 0, len);
    int n = 0;
    return EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, block) == 1 &&
                   EVP_EncryptUpdate(ctx, out, &n, out, (int)len) == 1
               ? 0
               : -ENOMEM;
}

static int derive_all(uint16_t profile, const uint8_t *key, const uint8_t *salt, uint8_t labels,
                      struct session_keys *out)
{
    const struct profile_sizes sizes = profile_sizes(profile);
    uint8_t padded[14] = {0};
    memcpy(padded, salt, sizes.salt);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = sizes.key == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    int err = -ENOMEM;
    if (ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL) == 1 &&
        derive(ctx, padded, labels + LABEL_CIPHER, out->cipher, sizes.key) == 0 &&
        derive(ctx, padded, labels + LABEL_AUTH, out->auth, sizeof(out->auth)) == 0 &&
        derive(ctx, padded, labels + LABEL_SALT, out->salt, sizes.salt) == 0)
        err = 0;
    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(padded, sizeof(padded));
    return err;
}

int kdf_rtp(uint16_t profile, const uint8_t *key, const uint8_t *salt, struct session_keys *out)
{
    return derive_all(profile, key, salt, 0, out);
}

int kdf_rtcp(uint16_t profile, const uint8_t *key, const uint8_t *salt,
             struct session_keys *out)
{
    return derive_all(profile, key, salt, LABELS_RTCP, out);
}
