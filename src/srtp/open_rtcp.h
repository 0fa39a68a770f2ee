/** One SRTCP packet, authenticated and decrypted by OpenSSL (RFC 3711 section 3.4, RFC 7714).
 */
#ifndef SRTP_OPEN_RTCP_H
#define SRTP_OPEN_RTCP_H

#include "base/drop.h"
#include "kdf.h"

#include <stddef.h>
#include <stdint.h>

/** Cipher contexts that take another key with each packet. NULL without memory. */
struct rtcp_ciphers *rtcp_ciphers_new(void);
void rtcp_ciphers_free(struct rtcp_ciphers *c);

/** The SRTCP index that the packet says it has. DROP_SHORT, DROP_MALFORMED, or DROP_AUTH if it
 * says that it is not encrypted, which nothing of ours agrees to. */
enum drop unseal_index(uint16_t profile, const uint8_t *data, size_t len, uint32_t *index);

/** What unseal_index() has taken: opens it in place, and shortens `*len`. DROP_AUTH. */
enum drop unseal_rtcp(struct rtcp_ciphers *c, uint16_t profile, const struct session_keys *k,
                      uint8_t *data, size_t *len);

#endif
