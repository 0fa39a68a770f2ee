#include "worker/worker.h"

#include "room/downlink.h"

#include <stdlib.h>

static json_t *drops(const uint64_t count[DROP_COUNT])
{
    json_t *o = json_object();
    for (int why = DROP_NONE + 1; o && why < DROP_COUNT; why++)
        if (count[why])
            json_object_set_new(o, drop_name((enum drop)why),
                                json_integer((json_int_t)count[why]));
    return o;
}

static json_t *data(const struct worker *w)
{
    const struct data_counters *c = &w->env.data;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", //
                     "associations", (json_int_t)w->assocs.count,          //
                     "in", (json_int_t)c->in,                              //
                     "out", (json_int_t)c->out,                            //
                     "over_rate", (json_int_t)c->over_rate,                //
                     "held_back", (json_int_t)c->held_back,                //
                     "no_room", (json_int_t)c->no_room,                    //
                     "too_slow", (json_int_t)c->too_slow,                  //
                     "no_channel", (json_int_t)c->no_channel,              //
                     "not_allowed", (json_int_t)c->not_allowed,            //
                     "refused", (json_int_t)c->refused);
}

static int by_size(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/** What viewers' lines can take: the tenth, the middle and the ninetieth of a hundred. */
static json_t *estimates(const struct worker *w)
{
    uint64_t *all = calloc(w->members.count + 1, sizeof(*all));
    size_t n = 0, at = 0;
    for (struct worker_member *m; all && (m = map_next(&w->members, &at));)
        if (m->member->down && m->member->down->estimate.source != ESTIMATE_NONE)
            all[n++] = m->member->down->estimate.target_bps;
    if (n > 0)
        qsort(all, n, sizeof(*all), by_size);
    json_t *o = json_pack("{s:I}", "count", (json_int_t)n);
    if (n > 0 && o) {
        json_object_set_new(o, "p10", json_integer((json_int_t)all[n / 10]));
        json_object_set_new(o, "p50", json_integer((json_int_t)all[n / 2]));
        json_object_set_new(o, "p90", json_integer((json_int_t)all[n * 9 / 10]));
    }
    free(all);
    return o;
}

json_t *worker_stats(const struct worker *w)
{
    const struct room_counters *c = &w->env.count;
    const struct udp_count *udp = &w->tx.sent;
    const struct {
        const char *name;
        uint64_t value;
    } counter[] = {
        {"rooms", w->rooms.count},
        {"members", w->members.count},
        {"packets_in", c->packets_in},
        {"packets_out", c->packets_out},
        {"bytes_in", c->bytes_in},
        {"bytes_out", c->bytes_out},
        {"resent", c->resent},
        {"recovered", c->recovered},
        {"red_recovered", c->red_recovered},
        {"red_out", c->red_out},
        {"nacks_out", c->nacks_out},
        {"nacks_in", c->nacks_in},
        {"keyframes_asked", c->keyframes_asked},
        {"keyframe_wishes", c->keyframe_wishes},
        {"switches", c->switches},
        {"replays", c->replays},
        {"replayed", c->replayed},
        {"paced", c->paced},
        {"overflows", c->overflows},
        {"probes", c->probes},
        {"padding", c->padding},
        {"udp_messages", udp->messages},
        {"udp_refused", udp->refused},
        {"udp_full", udp->full},
        {"pictures_percent", 100 * w->shed.share / SHED_ALL},
        {"shed_steps", w->shed.steps_down},
    };
    json_t *o = json_pack("{s:o, s:o, s:o, s:o}", "estimates", estimates(w), "dropped",
                          drops(w->dropped), "unsent", drops(c->unsent), "data", data(w));
    for (size_t i = 0; o && i < sizeof(counter) / sizeof(*counter); i++)
        if (json_object_set_new(o, counter[i].name,
                                json_integer((json_int_t)counter[i].value))) {
            json_decref(o);
            return NULL;
        }
    return o;
}
