/** This machine's addresses, to be announced to clients. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESSES_MAX 16

struct addresses {
    unsigned count;
    const char *list[ADDRESSES_MAX]; ///< into `text`
    char text[ADDRESSES_MAX][46];
};

/** All that are up, but link-local ones; those of loopback last and only if asked for. */
void addresses_local(struct addresses *out, bool loopback);

/** The first port from `first` on at which `count` UDP and TCP ports in a row are free, or 0.
 */
uint16_t addresses_free_ports(uint16_t first, unsigned count);

#endif
