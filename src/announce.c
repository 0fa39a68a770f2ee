#include "announce.h"

#include "base/bytes.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/** An IPv4 or IPv6 address; `family` 0: it is neither. */
struct literal {
    int family;
    uint8_t bytes[16];
};

static struct literal read_literal(const char *text)
{
    struct literal a = {0};
    if (inet_pton(AF_INET, text, a.bytes) == 1)
        a.family = AF_INET;
    else if (inet_pton(AF_INET6, text, a.bytes) == 1)
        a.family = AF_INET6;
    return a;
}

/** A range: the first `bits` of an address are these. */
struct range {
    enum announce is;
    int family;
    uint8_t bits;
    uint8_t bytes[16];
};

static bool within(const struct literal *a, const struct range *r)
{
    const unsigned whole = r->bits / 8u, rest = r->bits % 8u;
    if (a->family != r->family || memcmp(a->bytes, r->bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] ^ r->bytes[whole]) >> (8 - rest) == 0;
}

static const struct range useless[] = {
    {ANNOUNCE_UNSPECIFIED, AF_INET, 8, {0}},
    {ANNOUNCE_LOOPBACK, AF_INET, 8, {127}},
    {ANNOUNCE_LINK_LOCAL, AF_INET, 16, {169, 254}},
    {ANNOUNCE_DOCUMENTATION, AF_INET, 24, {192, 0, 2}},
    {ANNOUNCE_DOCUMENTATION, AF_INET, 24, {198, 51, 100}},
    {ANNOUNCE_DOCUMENTATION, AF_INET, 24, {203, 0, 113}},
    {ANNOUNCE_MULTICAST, AF_INET, 3, {224}}, // and 240.0.0.0/4, which nobody has
    {ANNOUNCE_UNSPECIFIED, AF_INET6, 128, {0}},
    {ANNOUNCE_LOOPBACK, AF_INET6, 128, {[15] = 1}},
    {ANNOUNCE_LINK_LOCAL, AF_INET6, 10, {0xfe, 0x80}},
    {ANNOUNCE_DOCUMENTATION, AF_INET6, 32, {0x20, 0x01, 0x0d, 0xb8}},
    {ANNOUNCE_MULTICAST, AF_INET6, 8, {0xff}},
};

static const struct range private[] = {
    {ANNOUNCE_OURS, AF_INET, 8, {10}},        {ANNOUNCE_OURS, AF_INET, 12, {172, 16}},
    {ANNOUNCE_OURS, AF_INET, 16, {192, 168}}, {ANNOUNCE_OURS, AF_INET, 10, {100, 64}},
    {ANNOUNCE_OURS, AF_INET6, 7, {0xfc}},
};

bool announce_is_private(const char *address)
{
    const struct literal a = read_literal(address);
    for (unsigned i = 0; i < sizeof(private) / sizeof(*private); i++)
        if (within(&a, &private[i]))
            return true;
    return false;
}

static bool is_same(const struct literal *a, const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET)
        return memcmp(a->bytes, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4) ==
               0;
    return memcmp(a->bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16) ==
           0;
}

/** Ours; or whether we have any of its family that goes beyond the link. */
static enum announce look_around(const struct literal *a)
{
    enum announce found = ANNOUNCE_NO_FAMILY;
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) < 0)
        return ANNOUNCE_NAT;
    for (const struct ifaddrs *i = all; i && found != ANNOUNCE_OURS; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != a->family || !(i->ifa_flags & IFF_UP))
            continue;
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)i->ifa_addr;
        if (is_same(a, i->ifa_addr))
            found = ANNOUNCE_OURS;
        else if (!(i->ifa_flags & IFF_LOOPBACK) &&
                 (a->family == AF_INET || !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr)))
            found = ANNOUNCE_NAT;
    }
    freeifaddrs(all);
    return found;
}

enum announce announce_look(const char *address)
{
    const struct literal a = read_literal(address);
    for (unsigned i = 0; i < sizeof(useless) / sizeof(*useless); i++)
        if (within(&a, &useless[i]))
            return useless[i].is;
    return look_around(&a);
}

bool announce_check(const char *const *address, unsigned count, bool dev)
{
    static const char *const why[] = {
        [ANNOUNCE_OURS] = "ours",
        [ANNOUNCE_NAT] = "not_of_this_machine",
        [ANNOUNCE_NO_FAMILY] = "no_such_family_here",
        [ANNOUNCE_LOOPBACK] = "loopback",
        [ANNOUNCE_LINK_LOCAL] = "link_local",
        [ANNOUNCE_UNSPECIFIED] = "unspecified",
        [ANNOUNCE_MULTICAST] = "multicast",
        [ANNOUNCE_DOCUMENTATION] = "documentation",
    };
    bool works = false, public = false;
    for (unsigned i = 0; i < count; i++) {
        const enum announce is = announce_look(address[i]);
        const bool useful = is <= ANNOUNCE_NAT || (dev && is == ANNOUNCE_LOOPBACK);
        if (!useful)
            log_at(LEVEL_WARN, "announce.useless", "address=%s why=%s", address[i], why[is]);
        else if (is == ANNOUNCE_NAT)
            log_at(LEVEL_INFO, "announce.nat", "address=%s why=%s", address[i], why[is]);
        works = works || useful;
        public = public || (useful && !announce_is_private(address[i]));
    }
    if (works && !public && !dev)
        log_at(LEVEL_WARN, "announce.private", "count=%u", count);
    return works;
}
