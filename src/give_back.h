/**
 * Memory of people who have left goes back to the system.
 *
 * The C library keeps what lies below anything that is still in use: after three hundred
 * publishers, each with a megabyte of packets for repair, an empty worker kept 150 MB.
 */
#ifndef GIVE_BACK_H
#define GIVE_BACK_H

#include <stddef.h>

/** Zeroed: nobody was there yet. */
struct give_back {
    size_t most; ///< people since it was done last
};

/**
 * So many are there now. Each time half of them have left, or all, what is free is given back:
 * that takes some milliseconds, so it is rare.
 */
void give_back(struct give_back *g, size_t there);

#endif
