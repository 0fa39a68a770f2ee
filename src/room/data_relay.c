/*
 * From one member's channel to the others' channels. Nothing points across: a relay names its
 * source by the sender's age in the room and the id of its channel.
 */
#include "data_inner.h"

#include "room/room.h"

#include <stdlib.h>
#include <string.h>

static uint64_t source_of(const struct member *m, const struct channel *c)
{
    return m->age << 16 | c->id;
}

static struct member *sender_of(const struct room *r, uint64_t source)
{
    for (unsigned i = 0; i < r->member_count; i++)
        if (r->member[i]->age == source >> 16)
            return r->member[i];
    return NULL;
}

static bool has_data(const struct member *m)
{
    return m->data && m->has_peer && m->peer.assoc && m->peer.assoc->state == ASSOC_UP;
}

static struct relay *find(const struct member *to, uint64_t source)
{
    return map_get(&to->data->relays, &source, sizeof(source));
}

/** Opens the receiver's channel. NULL if it has none left, or without memory. */
static struct relay *begin(struct member *to, const struct member *from,
                           const struct channel *c, usec_t now)
{
    struct relay *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->source = source_of(from, c);
    if (map_put(&to->data->relays, &r->source, sizeof(r->source), r) < 0)
        goto fail;
    struct channel *opened = assoc_open(to->peer.assoc, c->label, from->id, &c->conf, now);
    if (opened) {
        opened->tag = r->source;
        r->id = opened->id;
        return r;
    }
    (void)map_del(&to->data->relays, &r->source, sizeof(r->source));
fail:
    free(r);
    return NULL;
}

static void deliver(struct member *to, const struct member *from, const struct assoc_event *e,
                    usec_t now)
{
    struct data_counters *count = &to->env->data;
    struct relay *r = find(to, source_of(from, e->channel));
    if (!r && !(r = begin(to, from, e->channel, now))) {
        count->no_channel++;
        return;
    }
    struct channel *c = r->refused ? NULL : assoc_channel(to->peer.assoc, r->id);
    if (!c) // closed, and that is still on its way to us
        return;
    const struct assoc_message m = {.bytes = e->bytes, .len = e->len, .text = e->text};
    if (assoc_send(to->peer.assoc, c, &m, now) == DROP_NONE)
        count->out++;
    else
        count->no_room++;
}

void relay_message(struct member *m, const struct assoc_event *e, usec_t now)
{
    const char *only = e->channel->protocol;
    for (unsigned i = 0; i < m->room->member_count; i++) {
        struct member *to = m->room->member[i];
        if (to != m && has_data(to) && (!*only || strcmp(to->id, only) == 0))
            deliver(to, m, e, now);
    }
}

/** Closes what is relayed to `to` from this source. */
static void end(struct member *to, uint64_t source, usec_t now)
{
    struct relay *r = map_del(&to->data->relays, &source, sizeof(source));
    if (!r)
        return;
    struct channel *c =
        has_data(to) && !r->refused ? assoc_channel(to->peer.assoc, r->id) : NULL;
    if (c)
        assoc_close(to->peer.assoc, c, now);
    free(r);
}

void relay_close_all(struct member *m, const struct channel *c, usec_t now)
{
    for (unsigned i = 0; i < m->room->member_count; i++)
        if (m->room->member[i]->data)
            end(m->room->member[i], source_of(m, c), now);
}

void relay_refused(struct member *m, const struct channel *c)
{
    struct relay *r = find(m, c->tag);
    if (!r || r->id != c->id)
        return;
    r->refused = true;
    if (!c->overflown)
        return;
    m->env->data.too_slow++;
    const struct member *from = sender_of(m->room, c->tag);
    if (from)
        data_post(m, DATA_TOO_SLOW, from->id, c->label);
}

/** One that comes from a sender of this age, or NULL. */
static struct relay *any_of(const struct data *d, uint64_t age)
{
    size_t at = 0;
    struct relay *r;
    while ((r = map_next(&d->relays, &at)))
        if (r->source >> 16 == age)
            return r;
    return NULL;
}

void relay_leave(struct member *m, usec_t now)
{
    for (unsigned i = 0; i < m->room->member_count; i++) {
        struct member *to = m->room->member[i];
        for (struct relay *r; to->data && (r = any_of(to->data, m->age));)
            end(to, r->source, now);
    }
}

void relay_free(struct data *d)
{
    size_t at = 0;
    for (struct relay *r; (r = map_next(&d->relays, &at));)
        free(r);
    map_fini(&d->relays);
}
