#include "open_rtcp.h"

#include "base/bytes.h"
#include "hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define HEADER    8u
#define INDEX     4u
#define TAG_GCM   16
#define TAG_CM    10
#define ENCRYPTED 0x80000000u // RFC 3711 section 3.4: the E flag

/** Each has its cipher set and waits for a key. */
struct rtcp_ciphers {
    EVP_CIPHER_CTX *gcm128, *gcm256, *ctr;
    EVP_MAC_CTX *hmac;
};

static EVP_CIPHER_CTX *prepared(const EVP_CIPHER *cipher)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx && EVP_DecryptInit_ex(ctx, cipher, NULL, NULL, NULL) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

struct rtcp_ciphers *rtcp_ciphers_new(void)
{
    struct rtcp_ciphers *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->gcm128 = prepared(EVP_aes_128_gcm());
    c->gcm256 = prepared(EVP_aes_256_gcm());
    c->ctr = prepared(EVP_aes_128_ctr());
    c->hmac = hmac_sha1_new();
    if (c->gcm128 && c->gcm256 && c->ctr && c->hmac)
        return c;
    rtcp_ciphers_free(c);
    return NULL;
}

void rtcp_ciphers_free(struct rtcp_ciphers *c)
{
    if (!c)
        return;
    EVP_CIPHER_CTX_free(c->gcm128);
    EVP_CIPHER_CTX_free(c->gcm256);
    EVP_CIPHER_CTX_free(c->ctr);
    EVP_MAC_CTX_free(c->hmac);
    free(c);
}

/** Where the E flag and the index stand: behind GCM's tag, before HMAC's. */
static size_t index_at(uint16_t profile, size_t len)
{
    return len - INDEX - (profile == PROFILE_CM80 ? TAG_CM : 0);
}

enum drop unseal_index(uint16_t profile, const uint8_t *data, size_t len, uint32_t *index)
{
    if (len < HEADER)
        return DROP_SHORT;
    if (data[0] >> 6 != 2)
        return DROP_MALFORMED;
    if (len < HEADER + INDEX + (size_t)profile_sizes(profile).tag)
        return DROP_MALFORMED;
    const uint32_t word = rd32(data + index_at(profile, len));
    *index = word & ~ENCRYPTED;
    return word & ENCRYPTED ? DROP_NONE : DROP_AUTH;
}

/** As in src/srtp/sealer.c. */
static void make_iv(uint8_t iv[16], bool cm, const uint8_t *salt, const uint8_t *ssrc,
                    uint32_t index)
{
    memset(iv, 0, 16);
    memcpy(iv + (cm ? 4 : 2), ssrc, 4);
    wr32(iv + (cm ? 10 : 8), index);
    for (size_t i = 0; i < (cm ? 14 : 12); i++)
        iv[i] ^= salt[i];
}

/** RFC 7714 section 9.2: signed are the header and the index. The tag is checked at the end. */
static bool open_gcm(EVP_CIPHER_CTX *c, const uint8_t *key, const uint8_t *iv, uint8_t *data,
                     size_t len)
{
    uint8_t *tag = data + len - INDEX - TAG_GCM;
    const int text = (int)(tag - data) - (int)HEADER;
    int n = 0;
    return EVP_DecryptInit_ex(c, NULL, NULL, key, iv) == 1 &&
           EVP_DecryptUpdate(c, NULL, &n, data, HEADER) == 1 &&
           EVP_DecryptUpdate(c, NULL, &n, tag + TAG_GCM, INDEX) == 1 &&
           (text == 0 || EVP_DecryptUpdate(c, data + HEADER, &n, data + HEADER, text) == 1) &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_GCM, tag) == 1 &&
           EVP_DecryptFinal_ex(c, data + HEADER + text, &n) == 1;
}

/** RFC 3711 section 3.4: signed is all that comes before the tag. */
static bool open_cm(const struct rtcp_ciphers *c, const struct session_keys *k,
                    const uint8_t *iv, uint8_t *data, size_t len)
{
    const size_t signed_len = len - TAG_CM;
    const int text = (int)(signed_len - INDEX - HEADER);
    uint8_t mac[20];
    size_t mac_len = 0;
    int n = 0;
    return EVP_MAC_init(c->hmac, k->auth, sizeof(k->auth), NULL) == 1 &&
           EVP_MAC_update(c->hmac, data, signed_len) == 1 &&
           EVP_MAC_final(c->hmac, mac, &mac_len, sizeof(mac)) == 1 &&
           CRYPTO_memcmp(mac, data + signed_len, TAG_CM) == 0 &&
           EVP_DecryptInit_ex(c->ctr, NULL, NULL, k->cipher, iv) == 1 &&
           (text == 0 ||
            EVP_DecryptUpdate(c->ctr, data + HEADER, &n, data + HEADER, text) == 1);
}

enum drop unseal_rtcp(struct rtcp_ciphers *c, uint16_t profile, const struct session_keys *k,
                      uint8_t *data, size_t *len)
{
    const bool cm = profile == PROFILE_CM80;
    const size_t trailer = INDEX + (size_t)profile_sizes(profile).tag;
    uint8_t iv[16];
    make_iv(iv, cm, k->salt, data + 4, rd32(data + index_at(profile, *len)) & ~ENCRYPTED);
    const bool fine = cm ? open_cm(c, k, iv, data, *len)
                         : open_gcm(profile == PROFILE_GCM256 ? c->gcm256 : c->gcm128,
                                    k->cipher, iv, data, *len);
    if (!fine)
        return DROP_AUTH;
    *len -= trailer;
    return DROP_NONE;
}
