/** What srtp/seal.h needs from a cipher library: two of them implement it. */
#ifndef SRTP_SEAL_BACKEND_H
#define SRTP_SEAL_BACKEND_H

#include "kdf.h"
#include "srtp/seal.h"

/** A packet whose number is reserved: encrypt from `header` to `len`, write the tag. */
struct seal_text {
    uint8_t *pkt;
    size_t header, len;
    const uint8_t *aad; ///< GCM: what is signed beside the encrypted
    size_t aad_len;
    uint8_t *tag;   ///< where it goes
    uint8_t iv[16]; ///< GCM: 12 bytes of it
    uint32_t after; ///< AES128_CM_HMAC_SHA1_80 signs it behind the packet: RTP's rollover
                    ///< counter, which is not sent, or RTCP's index, which is
};

/** Key schedules. NULL without memory, or if the backend is not there. */
struct seal_keys *openssl_keys_new(uint16_t profile, const struct session_keys *k);
void openssl_keys_free(struct seal_keys *keys);

/** Seals one packet. With keys that were made, it cannot fail. */
void openssl_seal(struct seal_keys *keys, uint16_t profile, const struct seal_text *t);

/** The manager of ipsec-mb; NULL if this build or machine has none. */
struct IMB_MGR *ipsec_mb_new(void);
void ipsec_mb_free(struct IMB_MGR *mgr);

struct seal_keys *ipsec_mb_keys_new(struct IMB_MGR *mgr, uint16_t profile,
                                    const struct session_keys *k);
void ipsec_mb_keys_free(struct seal_keys *keys);
void ipsec_mb_seal(struct IMB_MGR *mgr, struct seal_keys *keys, uint16_t profile,
                   const struct seal_text *t);

/** The same of whichever backend the engine has. */
struct seal_keys *seal_keys_new(const struct seal_engine *e, uint16_t profile,
                                const struct session_keys *k);
void seal_keys_free(const struct seal_engine *e, struct seal_keys *keys);

/** Master key and salt, as long as the profile wants them. Not owned. */
struct seal_master {
    uint16_t profile;
    const uint8_t *key, *salt;
};

/** The schedules for RTP or RTCP, and the session salt that goes into each packet's vector.
 * `*keys` is NULL before. 0, -EINVAL (profile), -ENOMEM. */
int seal_keys_derive(const struct seal_engine *e, kdf *derive, const struct seal_master *m,
                     struct seal_keys **keys, uint8_t salt[14]);

void seal_run(const struct seal_engine *e, struct seal_keys *keys, uint16_t profile,
              const struct seal_text *t);

#define IPSEC_MB_BATCH 16

/** `n` (at most IPSEC_MB_BATCH) packets of AES128_CM_HMAC_SHA1_80, each with its keys,
 * together. */
void ipsec_mb_seal_cm(struct IMB_MGR *mgr, struct seal_keys *const *keys,
                      const struct seal_text *t, size_t n);

#endif
