/**
 * A bad line: what goes through it is lost, waits, or comes too fast and is thrown away. One
 * for each direction of a peer; who has a good line has none.
 */
#ifndef LOAD_LINE_H
#define LOAD_LINE_H

#include "base/usec.h"

#include <stddef.h>
#include <stdint.h>

#define LINE_QUEUE  512 ///< datagrams that may be on their way
#define LINE_PACKET 1500

struct line_conf {
    double loss;       ///< 0 to 1
    usec_t delay;      ///< each way
    usec_t jitter;     ///< at most so much more
    uint64_t rate_bps; ///< 0: no limit
};

struct line;

/** NULL if there is no memory. */
struct line *line_create(const struct line_conf *conf, uint32_t seed);
void line_destroy(struct line *l);

/** A datagram goes in; it may be the last that is seen of it. */
void line_put(struct line *l, const uint8_t *bytes, size_t len, usec_t now);

/** One that has arrived, valid until the next call; NULL if there is none yet. */
uint8_t *line_take(struct line *l, size_t *len, usec_t now);

/** When the next one arrives; USEC_NEVER. */
usec_t line_deadline(const struct line *l);

/** True if there is anything to be done by a line. */
static inline int line_is_bad(const struct line_conf *c)
{
    return c->loss > 0 || c->delay > 0 || c->jitter > 0 || c->rate_bps > 0;
}

#endif
