/**
 * What congestion control knows of one viewer's line, as bytes and back: so that a recording
 * (flight/flight.h) that begins in the middle of a call can be repeated from there, exactly.
 *
 * Bytes that were not written by the same version may be refused or mean something else: who
 * keeps them keeps the version. Hostile ones are refused or give a state that is safe to go on
 * with.
 */
#ifndef CC_STATE_H
#define CC_STATE_H

#include "base/pack.h"
#include "cc/allocate.h"
#include "cc/estimator.h"

#define ESTIMATOR_STATE 28000 ///< bytes that are enough, but for a history that is full

#define STATE_RATE_MAX (UINT64_C(1) << 40) ///< bits a second; no rate is higher

/** Writes all of it. */
void estimator_save(const struct estimator *e, struct pack *p);

/** Makes one of what was written; NULL if it makes no sense, or without memory. Owned by the
 * caller. */
struct estimator *estimator_load(struct pack *p);

/** What a probe is to be. */
void probe_plan_pack(struct pack *p, struct estimator_probe *e);

/** What the estimator says, as it is told by estimator_read(). */
void estimate_pack(struct pack *p, struct estimate *e);

void allocator_pack(struct pack *p, struct allocator *a);

/** All but what `memory` points to and `given`. */
void allocate_slot_pack(struct pack *p, struct allocate_slot *s);

void allocate_memory_pack(struct pack *p, struct allocate_memory *m);

#endif
