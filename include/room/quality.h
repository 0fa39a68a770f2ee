/** How well everybody in a room sees and hears, and why not better: for people and programs. */
#ifndef ROOM_QUALITY_H
#define ROOM_QUALITY_H

#include "base/usec.h"

#include <jansson.h>

struct room;

/**
 * {"members": [...]}: for each who has a connection what it receives and publishes, as
 * docs/signalling.md has it under `quality`, but without names. A new reference; NULL without
 * memory. Its size follows the number of slots in the room: to be asked for, not to be polled
 * on the packets' path.
 */
json_t *quality_of_room(const struct room *r, usec_t now);

#endif
