/** The SRTP protection profiles salon speaks, by IANA's DTLS-SRTP numbers. */
#ifndef SRTP_PROFILE_H
#define SRTP_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#define PROFILE_TRAILER_MAX 20 ///< bytes sealing adds at most: tag, and for SRTCP the index

enum profile {
    PROFILE_CM80 = 0x0001,   ///< AES128_CM_HMAC_SHA1_80 (RFC 5764 section 4.1.2)
    PROFILE_GCM128 = 0x0007, ///< AEAD_AES_128_GCM (RFC 7714 section 14.2)
    PROFILE_GCM256 = 0x0008  ///< AEAD_AES_256_GCM
};

/** Bytes of master key and salt, and of a packet's tag. All 0 for a number we do not speak. */
struct profile_sizes {
    uint8_t key, salt, tag;
};

/** What protects RTP, or RTCP, in one direction (RFC 3711 section 4.3). Wipe after use. */
struct session_keys {
    uint8_t cipher[32];
    uint8_t auth[20]; ///< AES128_CM_HMAC_SHA1_80 only
    uint8_t salt[14]; ///< GCM: 12
};

static inline struct profile_sizes profile_sizes(uint16_t profile)
{
    switch (profile) {
    case PROFILE_CM80:
        return (struct profile_sizes){.key = 16, .salt = 14, .tag = 10};
    case PROFILE_GCM128:
        return (struct profile_sizes){.key = 16, .salt = 12, .tag = 16};
    case PROFILE_GCM256:
        return (struct profile_sizes){.key = 32, .salt = 12, .tag = 16};
    default:
        return (struct profile_sizes){0};
    }
}

#endif
