#include "seal_backend.h"

#include "base/bytes.h"
#include "hmac.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct seal_keys {
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac; ///< NULL with GCM
};

static EVP_MAC_CTX *keyed_hmac(const uint8_t *key, size_t len)
{
    EVP_MAC_CTX *ctx = hmac_sha1_new();
    if (ctx && EVP_MAC_init(ctx, key, len, NULL) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

static const EVP_CIPHER *cipher_of(uint16_t profile)
{
    if (profile == PROFILE_CM80)
        return EVP_aes_128_ctr();
    return profile == PROFILE_GCM256 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

struct seal_keys *openssl_keys_new(uint16_t profile, const struct session_keys *k)
{
    struct seal_keys *keys = calloc(1, sizeof(*keys));
    if (!keys)
        return NULL;
    const bool cm = profile == PROFILE_CM80;
    keys->cipher = EVP_CIPHER_CTX_new();
    keys->mac = cm ? keyed_hmac(k->auth, sizeof(k->auth)) : NULL;
    if (!keys->cipher || (cm && !keys->mac) ||
        EVP_EncryptInit_ex(keys->cipher, cipher_of(profile), NULL, k->cipher, NULL) != 1) {
        openssl_keys_free(keys);
        return NULL;
    }
    return keys;
}

void openssl_keys_free(struct seal_keys *keys)
{
    if (!keys)
        return;
    EVP_CIPHER_CTX_free(keys->cipher); // these wipe their schedules
    EVP_MAC_CTX_free(keys->mac);
    free(keys);
}

static bool seal_gcm(EVP_CIPHER_CTX *c, const struct seal_text *t)
{
    uint8_t *text = t->pkt + t->header;
    const int len = (int)(t->len - t->header);
    int n = 0;
    return EVP_EncryptInit_ex(c, NULL, NULL, NULL, t->iv) == 1 &&
           EVP_EncryptUpdate(c, NULL, &n, t->aad, (int)t->aad_len) == 1 &&
           (len == 0 || EVP_EncryptUpdate(c, text, &n, text, len) == 1) &&
           EVP_EncryptFinal_ex(c, text + len, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, t->tag) == 1;
}

/** RFC 3711 sections 4.1.1 and 4.2: AES-CM, then HMAC over the packet and what follows it. */
static bool seal_cm(const struct seal_keys *keys, const struct seal_text *t)
{
    uint8_t *text = t->pkt + t->header;
    const int len = (int)(t->len - t->header);
    int n = 0;
    uint8_t after[4];
    uint8_t mac[20];
    size_t mac_len = 0;
    wr32(after, t->after);
    if (EVP_EncryptInit_ex(keys->cipher, NULL, NULL, NULL, t->iv) != 1 ||
        (len > 0 && EVP_EncryptUpdate(keys->cipher, text, &n, text, len) != 1) ||
        EVP_MAC_init(keys->mac, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(keys->mac, t->pkt, t->len) != 1 ||
        EVP_MAC_update(keys->mac, after, sizeof(after)) != 1 ||
        EVP_MAC_final(keys->mac, mac, &mac_len, sizeof(mac)) != 1)
        return false;
    memcpy(t->tag, mac, 10);
    return true;
}

void openssl_seal(struct seal_keys *keys, uint16_t profile, const struct seal_text *t)
{
    const bool sealed = profile == PROFILE_CM80 ? seal_cm(keys, t) : seal_gcm(keys->cipher, t);
    assert(sealed);
    (void)sealed;
}
