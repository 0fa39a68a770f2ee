#include "cc/state.h"

void allocator_pack(struct pack *p, struct allocator *a)
{
    pack_bool(p, &a->any);
    for (unsigned i = 0; i < ALLOCATE_LOWS; i++)
        pack_u64(p, &a->low[i], STATE_RATE_MAX);
    pack_u32(p, &a->newest, ALLOCATE_LOWS - 1);
    pack_time(p, &a->low_at);
    pack_time(p, &a->began_at);
    pack_time(p, &a->ran_at);
    pack_u64(p, &a->ran_bps, STATE_RATE_MAX);
    pack_u64(p, &a->ran_steady, STATE_RATE_MAX);
}

void allocate_memory_pack(struct pack *p, struct allocate_memory *m)
{
    pack_time(p, &m->climbed_at);
    pack_u64(p, &m->believed_bps, STATE_RATE_MAX);
    pack_time(p, &m->bar);
    pack_time(p, &m->barred_until);
    pack_time(p, &m->short_since);
}

static void step(struct pack *p, struct allocate_step *s)
{
    pack_u8(p, &s->stream, 15);
    pack_u8(p, &s->sid, 15);
    pack_u8(p, &s->tid, 15);
    pack_u32(p, &s->area, UINT32_MAX);
    pack_u32(p, &s->rate_bps, UINT32_MAX);
}

void allocate_slot_pack(struct pack *p, struct allocate_slot *s)
{
    pack_enum(p, &s->rank, ALLOCATE_REST);
    pack_bool(p, &s->held);
    pack_u32(p, &s->step_count, ALLOCATE_STEPS);
    for (unsigned i = 0; i < s->step_count; i++)
        step(p, &s->step[i]);
    pack_int(p, &s->had, -1, ALLOCATE_STEPS);
}
