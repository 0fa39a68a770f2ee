/* Which layers of what a participant publishes are watched, told to its page. */
#include "live.h"

#include <string.h>

static json_t *rids(const struct letter_demand *track)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < track->rid_count; i++)
        json_array_append_new(array, json_string(track->rid[i]));
    return array;
}

void call_on_demand(struct call_member *m, const struct letter *letter)
{
    // A WHIP publisher has no ear for it, and what is not watched costs only its own uplink.
    if (m->client != CLIENT_WEB || !m->media ||
        letter->u.demand.generation != m->agreement.generation)
        return;
    json_t *tracks = json_array();
    for (unsigned i = 0; i < letter->u.demand.count; i++) {
        const struct letter_demand *t = &letter->u.demand.track[i];
        json_array_append_new(tracks, json_pack("{s:s, s:s, s:o}", "mid", t->mid, "source",
                                                media_source_name(t->source), "rids", rids(t)));
    }
    json_decref(m->layers);
    m->layers = json_pack("{s:s, s:I, s:o}", "type", "layers", "generation",
                          (json_int_t)letter->u.demand.generation, "tracks", tracks);
    call_tell(m, json_incref(m->layers));
}

void call_layers_forget(struct call_member *m)
{
    json_decref(m->layers);
    m->layers = NULL;
}

json_t *call_layers(const struct call_member *m)
{
    return m->layers ? json_incref(m->layers) : json_null();
}
