/** Addresses of clients: proxies, loopback, the key of a rate limit. Pure. */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include "http/http.h"

/** True if `address` is within `range` ("10.0.0.0/8", "::1", "192.0.2.1"). */
bool address_in(const char *address, const char *range);

/** True if `range` is one that address_in() can read. */
bool address_range_valid(const char *range);

/** True for 127.0.0.0/8, ::1 and their mapped forms. */
bool address_is_loopback(const char *address);

/**
 * Who speaks: `peer`, or if that is one of the proxies, the last address in `forwarded`
 * (X-Forwarded-For, NULL if none) that is not itself a proxy.
 */
void address_client(const char *peer, const char *forwarded, const char *const *proxies,
                    size_t proxy_count, char out[HTTP_ADDRESS_SIZE]);

#endif
