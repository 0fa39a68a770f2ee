#define LINUX // the library's header aligns its types only with this; without it the code
              // crashes
#include "seal_backend.h"

#include "base/bytes.h"

#include <assert.h>
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define TAG_CM80 10

/** Everything the direct calls read is aligned: they check nothing. */
struct seal_keys {
    union {
        struct gcm_key_data gcm;
        struct {
            _Alignas(16) uint32_t enc[11 * 4];
            _Alignas(16) uint32_t dec[11 * 4]; ///< the key expansion writes it; never used
            _Alignas(16) uint32_t ipad[5];
            _Alignas(16) uint32_t opad[5];
        } cm;
    };
};

struct IMB_MGR *ipsec_mb_new(void)
{
    IMB_MGR *mgr = alloc_mb_mgr(0);
    if (!mgr)
        return NULL;
    IMB_ARCH arch = IMB_ARCH_NONE;
    init_mb_mgr_auto(mgr, &arch);
    // Without AES instructions the library would emulate them, slower than OpenSSL.
    if (arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI || imb_get_errno(mgr) != 0) {
        free_mb_mgr(mgr);
        return NULL;
    }
    return mgr;
}

void ipsec_mb_free(struct IMB_MGR *mgr)
{
    if (mgr)
        free_mb_mgr(mgr);
}

/** RFC 2104: the states of SHA-1 after the key's inner and outer block. */
static void hmac_states(IMB_MGR *mgr, const uint8_t key[20], struct seal_keys *keys)
{
    uint8_t block[64];
    memset(block, 0x36, sizeof(block));
    for (int i = 0; i < 20; i++)
        block[i] ^= key[i];
    IMB_SHA1_ONE_BLOCK(mgr, block, keys->cm.ipad);
    for (int i = 0; i < 64; i++)
        block[i] ^= 0x36 ^ 0x5c;
    IMB_SHA1_ONE_BLOCK(mgr, block, keys->cm.opad);
    OPENSSL_cleanse(block, sizeof(block));
}

struct seal_keys *ipsec_mb_keys_new(struct IMB_MGR *mgr, uint16_t profile,
                                    const struct session_keys *k)
{
    const size_t size = (sizeof(struct seal_keys) + 63) & ~(size_t)63;
    struct seal_keys *keys = aligned_alloc(64, size);
    if (!keys)
        return NULL;
    memset(keys, 0, size);
    switch (profile) {
    case PROFILE_GCM128:
        IMB_AES128_GCM_PRE(mgr, k->cipher, &keys->gcm);
        break;
    case PROFILE_GCM256:
        IMB_AES256_GCM_PRE(mgr, k->cipher, &keys->gcm);
        break;
    default:
        IMB_AES_KEYEXP_128(mgr, k->cipher, keys->cm.enc, keys->cm.dec);
        hmac_states(mgr, k->auth, keys);
        break;
    }
    return keys;
}

void ipsec_mb_keys_free(struct seal_keys *keys)
{
    if (!keys)
        return;
    OPENSSL_cleanse(keys, sizeof(*keys));
    free(keys);
}

/** One packet as a job. What is signed behind the packet stands there until the job is done. */
static void describe(IMB_JOB *job, struct seal_keys *keys, const struct seal_text *t,
                     uint8_t *mac)
{
    wr32(t->pkt + t->len, t->after);
    job->cipher_mode = t->len > t->header ? IMB_CIPHER_CNTR : IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->hash_alg = IMB_AUTH_HMAC_SHA_1;
    job->chain_order = IMB_ORDER_CIPHER_HASH;
    job->enc_keys = keys->cm.enc;
    job->dec_keys = keys->cm.dec;
    job->key_len_in_bytes = 16;
    job->src = t->pkt;
    job->dst = t->pkt + t->header;
    job->iv = t->iv;
    job->iv_len_in_bytes = 16;
    job->cipher_start_src_offset_in_bytes = t->header;
    job->msg_len_to_cipher_in_bytes = t->len - t->header;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = t->len + 4;
    job->u.HMAC._hashed_auth_key_xor_ipad = (uint8_t *)keys->cm.ipad;
    job->u.HMAC._hashed_auth_key_xor_opad = (uint8_t *)keys->cm.opad;
    job->auth_tag_output = mac;
    job->auth_tag_output_len_in_bytes = 20;
}

void ipsec_mb_seal_cm(struct IMB_MGR *mgr, struct seal_keys *const *keys,
                      const struct seal_text *t, size_t n)
{
    uint8_t mac[IPSEC_MB_BATCH][20];
    size_t done = 0;
    assert(n <= IPSEC_MB_BATCH);
    for (size_t i = 0; i < n; i++) {
        describe(IMB_GET_NEXT_JOB(mgr), keys[i], &t[i], mac[i]);
        for (IMB_JOB *job = IMB_SUBMIT_JOB(mgr); job; job = IMB_GET_COMPLETED_JOB(mgr)) {
            assert(job->status == IMB_STATUS_COMPLETED);
            done++;
        }
    }
    for (IMB_JOB *job = IMB_FLUSH_JOB(mgr); job; job = IMB_FLUSH_JOB(mgr)) {
        assert(job->status == IMB_STATUS_COMPLETED);
        done++;
    }
    assert(done == n);
    for (size_t i = 0; i < n; i++)
        memcpy(t[i].tag, mac[i], TAG_CM80);
}

void ipsec_mb_seal(struct IMB_MGR *mgr, struct seal_keys *keys, uint16_t profile,
                   const struct seal_text *t)
{
    struct gcm_context_data ctx;
    uint8_t *text = t->pkt + t->header;
    const size_t len = t->len - t->header;
    switch (profile) {
    case PROFILE_GCM128:
        IMB_AES128_GCM_ENC(mgr, &keys->gcm, &ctx, text, text, len, t->iv, t->aad, t->aad_len,
                           t->tag, 16);
        break;
    case PROFILE_GCM256:
        IMB_AES256_GCM_ENC(mgr, &keys->gcm, &ctx, text, text, len, t->iv, t->aad, t->aad_len,
                           t->tag, 16);
        break;
    default:
        ipsec_mb_seal_cm(mgr, &keys, t, 1);
        break;
    }
}
