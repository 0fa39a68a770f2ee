/** Session keys from the master key (RFC 3711 section 4.3). */
#ifndef SRTP_KDF_H
#define SRTP_KDF_H

#include "srtp/profile.h"

/** Returns 0 or -ENOMEM. Key and salt have the profile's lengths. */
typedef int kdf(uint16_t profile, const uint8_t *key, const uint8_t *salt,
                struct session_keys *out);
kdf kdf_rtp, kdf_rtcp;

#endif
