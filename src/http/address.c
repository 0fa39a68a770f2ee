#include "http/address.h"

#include "http/limit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** 16 bytes whatever the family: IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
static bool parse(const char *text, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out + 12) == 1;
}

static bool parse_range(const char *range, uint8_t out[16], unsigned *bits)
{
    char base[HTTP_ADDRESS_SIZE];
    size_t len = strcspn(range, "/");
    unsigned width;
    char *end;

    if (len >= sizeof base)
        return false;
    memcpy(base, range, len);
    base[len] = '\0';
    if (!parse(base, out))
        return false;
    width = strchr(base, ':') ? 128 : 32;
    *bits = 128;
    if (range[len] == '/') {
        unsigned long n = strtoul(range + len + 1, &end, 10);

        if (range[len + 1] < '0' || range[len + 1] > '9' || *end || n > width)
            return false;
        *bits = (unsigned)n + (128 - width);
    }
    return true;
}

bool address_range_valid(const char *range)
{
    uint8_t base[16];
    unsigned bits;

    return parse_range(range, base, &bits);
}

bool address_in(const char *address, const char *range)
{
    uint8_t a[16], base[16];
    unsigned bits, whole;

    if (!parse(address, a) || !parse_range(range, base, &bits))
        return false;
    whole = bits / 8;
    if (memcmp(a, base, whole) != 0)
        return false;
    return bits % 8 == 0 || ((a[whole] ^ base[whole]) >> (8 - bits % 8)) == 0;
}

bool address_is_loopback(const char *address)
{
    return address_in(address, "127.0.0.0/8") || address_in(address, "::1");
}

static bool is_proxy(const char *address, const char *const *proxies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (address_in(address, proxies[i]))
            return true;
    }
    return false;
}

void address_client(const char *peer, const char *forwarded, const char *const *proxies,
                    size_t proxy_count, char out[HTTP_ADDRESS_SIZE])
{
    size_t end = forwarded ? strlen(forwarded) : 0;

    (void)snprintf(out, HTTP_ADDRESS_SIZE, "%s", peer);
    // From the right, each entry was written by the one after it: believe it while that one is
    // a proxy of ours.
    while (end > 0 && is_proxy(out, proxies, proxy_count)) {
        char one[HTTP_ADDRESS_SIZE];
        size_t start, len;
        uint8_t bytes[16];

        while (end > 0 && strchr(" \t,", forwarded[end - 1]))
            end--;
        for (start = end; start > 0 && !strchr(" \t,", forwarded[start - 1]);)
            start--;
        len = end - start;
        if (len == 0 || len >= sizeof one)
            return;
        memcpy(one, forwarded + start, len);
        one[len] = '\0';
        if (!parse(one, bytes))
            return;
        memcpy(out, one, len + 1);
        end = start;
    }
}

void limit_address(const char *address, char key[LIMIT_KEY_SIZE])
{
    uint8_t a[16];

    if (!parse(address, a))
        (void)snprintf(key, LIMIT_KEY_SIZE, "?");
    else if (address_in(address, "::ffff:0:0/96"))
        (void)snprintf(key, LIMIT_KEY_SIZE, "%u.%u.%u.%u", a[12], a[13], a[14], a[15]);
    else
        (void)snprintf(key, LIMIT_KEY_SIZE, "%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", a[0],
                       a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}
