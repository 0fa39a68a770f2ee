/** Session keys from the master key (RFC 3711 section 4.3). */
#ifndef SRTP_KDF_H
#define SRTP_KDF_H

#include "srtp/profile.h"

/** What protects RTP in one direction. Wipe after use. */
struct session_keys {
    uint8_t cipher[32];
    uint8_t auth[20]; ///< AES128_CM_HMAC_SHA1_80 only
    uint8_t salt[14]; ///< GCM: 12
};

/** Returns 0 or -ENOMEM. Key and salt have the profile's lengths. */
int kdf_rtp(uint16_t profile, const uint8_t *key, const uint8_t *salt,
            struct session_keys *out);

#endif
