/**
 * A box: bytes encrypted and authenticated with AES-256-GCM (NIST SP 800-38D), for what the
 * database must keep and a copy of the database must not tell.
 */
#ifndef BASE_BOX_H
#define BASE_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOX_KEY_SIZE 32
#define BOX_OVERHEAD 28 ///< bytes: nonce before, tag behind

/**
 * Closes `len` bytes; `out` holds len + BOX_OVERHEAD. `label` (any text) must be the same to
 * open it: a box does not open in another's place. The nonce is random, so that one key may
 * close 2^32 boxes.
 */
void box_close(const uint8_t key[BOX_KEY_SIZE], const char *label, const void *data, size_t len,
               uint8_t *out);

/**
 * Opens a box of `len` bytes; `out` holds len - BOX_OVERHEAD. False: it is too short, or was
 * not closed with this key and label; `out` holds nothing then.
 */
bool box_open(const uint8_t key[BOX_KEY_SIZE], const char *label, const uint8_t *box,
              size_t len, void *out);

#endif
