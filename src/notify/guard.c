#include "guard.h"

#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/** A prefix of an address: its first `bits` bits. */
struct prefix {
    uint8_t bytes[16];
    unsigned bits;
};

// IANA's registries of special-purpose addresses (RFC 6890 and what came after), and multicast.
static const struct prefix special4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

// Only 2000::/3 is given out for the public; of that these are special.
static const struct prefix special6[] = {
    {{0x20, 0x01, 0x00}, 23},       // protocol assignments: Teredo, ORCHID, …
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, // documentation
    {{0x20, 0x02}, 16},             // 6to4: an IPv4 address inside
    {{0x3f, 0xff, 0x00}, 20},       // documentation
};

static bool within(const uint8_t *address, const struct prefix *p)
{
    const unsigned whole = p->bits / 8, rest = p->bits % 8;

    if (memcmp(address, p->bytes, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ p->bytes[whole]) >> (8 - rest) == 0;
}

static bool public4(const uint8_t *address)
{
    for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
        if (within(address, &special4[i]))
            return false;
    return true;
}

static bool public6(const uint8_t *address)
{
    static const struct prefix given_out = {{0x20}, 3}, mapped = {{[10] = 0xff, 0xff}, 96};

    if (within(address, &mapped))
        return public4(address + 12);
    if (!within(address, &given_out))
        return false;
    for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++)
        if (within(address, &special6[i]))
            return false;
    return true;
}

bool guard_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof in);
        return public4((const uint8_t *)&in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;

        memcpy(&in, address, sizeof in);
        return public6(in.sin6_addr.s6_addr);
    }
    return false;
}

static bool write_address(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;

    if (address->sa_family == AF_INET) {
        memcpy(&in4, address, sizeof in4);
        return inet_ntop(AF_INET, &in4.sin_addr, out, INET6_ADDRSTRLEN) != NULL;
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&in6, address, sizeof in6);
    return inet_ntop(AF_INET6, &in6.sin6_addr, out, INET6_ADDRSTRLEN) != NULL;
}

bool guard_allows(const struct sockaddr *address, const char *const *ranges, size_t count,
                  bool *opened)
{
    char text[INET6_ADDRSTRLEN];

    *opened = false;
    if (write_address(address, text))
        for (size_t i = 0; i < count && !*opened; i++)
            *opened = address_in(text, ranges[i]);
    return *opened || guard_is_public(address);
}
