/**
 * What all clients of the program share: one thread, one epoll descriptor, one clock.
 *
 * A turn of the loop reads what came for whom, then wakes whose time has come; the NiceAgents
 * of those who are just connecting and the sockets of signalling are served in between.
 */
#ifndef LOAD_CORE_H
#define LOAD_CORE_H

#include "base/usec.h"
#include "clips.h"
#include "dtls/dtls.h"
#include "srtp/seal.h"
#include "tally.h"

#include <stdbool.h>
#include <stun/stunagent.h>

struct peer;

struct core {
    int epoll;
    usec_t now;         ///< of this turn
    int64_t wall_shift; ///< µs since 1970, less `now`'s clock
    bool measuring;     ///< everybody is there: `tally.media` counts
    struct dtls_ctx dtls;
    struct seal_engine seal;
    StunAgent stun;
    struct clips clips;
    struct tally tally;
    uint64_t random;     ///< state of core_random(): a seed repeats a run's choices
    unsigned connecting; ///< peers whose ICE agent lives: who look for a path, or have TCP
    struct peer **peer;  ///< owned array of borrowed peers, NULL: a free place
    usec_t *wake;        ///< owned: when each is to be woken
    unsigned places;
    unsigned verify_each; ///< one viewer of so many decodes what it gets; 0: none
    unsigned viewers;     ///< made so far
    bool rtx;             ///< repair by RTX where the server agrees
};

struct core_conf {
    uint64_t seed;
    const char *profile; ///< OpenSSL's name of the one SRTP profile offered; NULL: as browsers
};

/** 0 or -errno. The clips are made by the caller. */
int core_init(struct core *c, const struct core_conf *conf);
void core_fini(struct core *c);

/** Serves everybody until `until` or for at most a millisecond, whichever comes first. */
void core_turn(struct core *c);

/** A number from the run's seed. */
uint32_t core_random(struct core *c);

/** µs since 1970, to be compared with the kernel's stamps of what arrived. */
int64_t core_wall(void);

/** One more thing that did not work. */
static inline void core_error(struct core *c, const char *reason)
{
    tally_error(&c->tally, reason);
}

/** A place for `p`, which is woken at once. The place, or -ENOMEM. */
int core_add(struct core *c, struct peer *p);
void core_remove(struct core *c, unsigned place);

#endif
