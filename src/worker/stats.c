#include "worker/worker.h"

static json_t *drops(const uint64_t count[DROP_COUNT])
{
    json_t *o = json_object();
    for (int why = DROP_NONE + 1; o && why < DROP_COUNT; why++)
        if (count[why])
            json_object_set_new(o, drop_name((enum drop)why),
                                json_integer((json_int_t)count[why]));
    return o;
}

json_t *worker_stats(const struct worker *w)
{
    const struct room_counters *c = &w->env.count;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
                     "s:I, s:o, s:o}",                                  //
                     "rooms", (json_int_t)w->rooms.count,               //
                     "members", (json_int_t)w->members.count,           //
                     "packets_in", (json_int_t)c->packets_in,           //
                     "packets_out", (json_int_t)c->packets_out,         //
                     "bytes_in", (json_int_t)c->bytes_in,               //
                     "bytes_out", (json_int_t)c->bytes_out,             //
                     "resent", (json_int_t)c->resent,                   //
                     "recovered", (json_int_t)c->recovered,             //
                     "nacks_out", (json_int_t)c->nacks_out,             //
                     "nacks_in", (json_int_t)c->nacks_in,               //
                     "keyframes_asked", (json_int_t)c->keyframes_asked, //
                     "keyframe_wishes", (json_int_t)c->keyframe_wishes, //
                     "switches", (json_int_t)c->switches,               //
                     "replays", (json_int_t)c->replays,                 //
                     "replayed", (json_int_t)c->replayed,               //
                     "dropped", drops(w->dropped),                      //
                     "unsent", drops(c->unsent));
}
