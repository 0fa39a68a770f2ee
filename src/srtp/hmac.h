/** HMAC-SHA1 (RFC 2104), which SRTP's AES128_CM_HMAC_SHA1_80 signs with. */
#ifndef SRTP_HMAC_H
#define SRTP_HMAC_H

#include <openssl/types.h>

/** One that waits for EVP_MAC_init() with a key; the caller's, EVP_MAC_CTX_free(). NULL without
 * memory. */
EVP_MAC_CTX *hmac_sha1_new(void);

#endif
