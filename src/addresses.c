#include "addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void add(struct addresses *out, const struct sockaddr *sa)
{
    char *text = out->text[out->count];
    const void *address;

    if (out->count == ADDRESSES_MAX)
        return;
    if (sa->sa_family == AF_INET) {
        address = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
    } else if (sa->sa_family == AF_INET6) {
        const struct in6_addr *a6 = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;

        if (IN6_IS_ADDR_LINKLOCAL(a6))
            return;
        address = a6;
    } else {
        return;
    }
    if (inet_ntop(sa->sa_family, address, text, sizeof out->text[0]))
        out->list[out->count++] = text;
}

void addresses_local(struct addresses *out, bool loopback)
{
    struct ifaddrs *all = NULL;

    memset(out, 0, sizeof *out);
    if (getifaddrs(&all))
        return;
    for (unsigned pass = 0; pass < (loopback ? 2u : 1u); pass++) {
        for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
            bool is_loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;

            if (i->ifa_addr && i->ifa_flags & IFF_UP && is_loopback == (pass == 1))
                add(out, i->ifa_addr);
        }
    }
    freeifaddrs(all);
}

static bool is_free(int type, uint16_t port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    bool v6 = fd >= 0;
    bool free;

    if (!v6)
        fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    free = v6 ? bind(fd, (struct sockaddr *)&any, sizeof any) == 0
              : bind(fd, (struct sockaddr *)&any4, sizeof any4) == 0;
    (void)close(fd);
    return free;
}

uint16_t addresses_free_ports(uint16_t first, unsigned count)
{
    unsigned in_row = 0;

    for (unsigned port = first; port + 1 < 65536; port++) {
        in_row = is_free(SOCK_DGRAM, (uint16_t)port) && is_free(SOCK_STREAM, (uint16_t)port)
                     ? in_row + 1
                     : 0;
        if (in_row == count)
            return (uint16_t)(port + 1 - count);
    }
    return 0;
}
