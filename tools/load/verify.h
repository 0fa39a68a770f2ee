/**
 * The sample that is looked at: frames are decoded by libvpx and must be the pictures that
 * their stamps say. NULL is one that does nothing.
 */
#ifndef LOAD_VERIFY_H
#define LOAD_VERIFY_H

#include "tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verify;

struct verify *verify_create(void);
void verify_destroy(struct verify *v);

/** A packet's part of a frame, without its payload descriptor; `stamped`: its stamp is at the
 * end. */
void verify_packet(struct verify *v, int64_t seq, const uint8_t *bytes, size_t len,
                   bool stamped);

/** The frame from packet `from` to `to` is whole: decode and judge it. */
void verify_frame(struct verify *v, struct tally_media *m, int64_t from, int64_t to);

/** What comes next does not follow what came before. */
void verify_restart(struct verify *v);

#endif
