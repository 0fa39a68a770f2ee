/* What a member's association tells, and at which rate. */
#include "data_inner.h"

#include "base/text.h"
#include "room/room.h"

#include <stdlib.h>
#include <string.h>

struct member *data_member(const struct assoc *a)
{
    // The association belongs to a peer, and that lies in its member.
    return (struct member *)((char *)a->owner - offsetof(struct member, peer));
}

/* ---- letters ---- */

void data_post(struct member *m, enum letter_data_what what, const char *of, const char *text)
{
    struct letter l = {.type = LETTER_DATA_IN, .u.data = {.what = what}};
    memcpy(l.room, m->room->id, sizeof(l.room));
    memcpy(l.member, m->id, sizeof(l.member));
    (void)strncpy(l.u.data.of, of, sizeof(l.u.data.of) - 1);
    l.u.data.text = strdup(text);
    if (l.u.data.text)
        m->env->post(m->env->ctx, &l);
    letter_fini(&l);
}

bool data_is_open(const struct member *m)
{
    return m->data && m->data->salon_open;
}

void data_tell(struct member *m, const char *text, usec_t now)
{
    const struct assoc_message message = {
        .bytes = (const uint8_t *)text, .len = strlen(text), .text = true};
    struct channel *c = m->data && m->data->salon_open && m->peer.assoc
                            ? assoc_channel(m->peer.assoc, m->data->salon)
                            : NULL;
    if (!c || assoc_send(m->peer.assoc, c, &message, now) != DROP_NONE)
        data_post(m, DATA_RETURNED, "", text);
}

/* ---- the rate ---- */

static void on_resume(void *member, usec_t now)
{
    data_run(member, now);
}

static void refill(struct data *d, usec_t now)
{
    // In millionths: what a microsecond gives is a whole number.
    const int64_t span =
        now - d->filled_at < 10 * USEC_PER_SEC ? now - d->filled_at : 10 * USEC_PER_SEC;
    d->filled_at = now;
    d->messages += span * DATA_MESSAGES;
    d->bytes += span * DATA_BYTES;
    if (d->messages > DATA_MESSAGES_BURST * USEC_PER_SEC)
        d->messages = DATA_MESSAGES_BURST * USEC_PER_SEC;
    if (d->bytes > DATA_BYTES_BURST * USEC_PER_SEC)
        d->bytes = DATA_BYTES_BURST * USEC_PER_SEC;
}

/** In debt: it is not read until that is paid, and its window closes meanwhile. */
static bool held_back(struct member *m, usec_t now)
{
    struct data *d = m->data;
    if (d->messages >= 0 && d->bytes >= 0)
        return false;
    usec_t wait = -d->messages / DATA_MESSAGES;
    if (wait < -d->bytes / DATA_BYTES)
        wait = -d->bytes / DATA_BYTES;
    m->env->data.held_back += d->resume.pos == 0;
    (void)deadline_set(m->env->deadlines, &d->resume, now + wait + 1);
    return true;
}

/** What is reliable may run into debt, what is not is dropped instead. */
static bool may_send(struct member *m, const struct assoc_event *e)
{
    struct data *d = m->data;
    const int64_t message = USEC_PER_SEC;
    const int64_t bytes = (int64_t)e->len * USEC_PER_SEC;
    if (e->channel->conf.mode != CHANNEL_RELIABLE &&
        (d->messages < message || d->bytes < bytes)) {
        m->env->data.over_rate++;
        return false;
    }
    d->messages -= message;
    d->bytes -= bytes;
    return true;
}

/* ---- events ---- */

static bool begin(struct member *m, usec_t now)
{
    m->data = calloc(1, sizeof(*m->data));
    if (!m->data)
        return false;
    map_init(&m->data->relays, m->env->rng);
    m->data->resume = (struct deadline){.owner = m, .due = on_resume};
    m->data->messages = DATA_MESSAGES_BURST * USEC_PER_SEC;
    m->data->bytes = DATA_BYTES_BURST * USEC_PER_SEC;
    m->data->filled_at = now;
    return true;
}

static bool is_salon(const struct member *m, const struct channel *c)
{
    return m->data->salon_open && !c->ours && c->id == m->data->salon;
}

static void on_opened(struct member *m, struct channel *c, usec_t now)
{
    const bool ours = strncmp(c->label, "salon", 5) == 0;
    const bool salon = strcmp(c->label, "salon") == 0 && !m->data->salon_open;
    if (!m->peer.data.may_send || (ours && !salon)) {
        m->env->data.not_allowed++;
        assoc_close(m->peer.assoc, c, now);
    } else if (salon) {
        m->data->salon = c->id;
        m->data->salon_open = true;
        data_post(m, DATA_OPEN, "", "");
    }
}

static void on_closed(struct member *m, const struct channel *c, usec_t now)
{
    if (c->ours) {
        relay_refused(m, c);
    } else if (is_salon(m, c)) {
        m->data->salon_open = false;
        data_post(m, DATA_CLOSED, "", "");
    } else {
        relay_close_all(m, c, now);
    }
}

/** JSON for control, which checks all the rest. */
static void on_salon(struct member *m, const struct assoc_event *e)
{
    char text[DATA_SALON_MAX + 1];
    if (!e->text || e->len > DATA_SALON_MAX ||
        !text_utf8_valid((const char *)e->bytes, e->len)) {
        m->env->data.not_allowed++;
        return;
    }
    memcpy(text, e->bytes, e->len);
    text[e->len] = 0;
    data_post(m, DATA_TEXT, "", text);
}

static void on_message(struct member *m, const struct assoc_event *e, usec_t now)
{
    m->env->data.in++;
    if (!may_send(m, e))
        return;
    if (e->channel->ours) // one of those that are for receiving
        m->env->data.not_allowed++;
    else if (is_salon(m, e->channel))
        on_salon(m, e);
    else
        relay_message(m, e, now);
}

static void on_event(struct member *m, const struct assoc_event *e, usec_t now)
{
    switch (e->what) {
    case ASSOC_OPENED:
        on_opened(m, e->channel, now);
        break;
    case ASSOC_CLOSED:
        on_closed(m, e->channel, now);
        break;
    case ASSOC_MESSAGE:
        on_message(m, e, now);
        break;
    case ASSOC_IS_DOWN:
        data_stop(m, now);
        break;
    case ASSOC_IS_UP:
    case ASSOC_NOTHING:
        break;
    }
}

void data_run(struct member *m, usec_t now)
{
    struct assoc_event e = {.what = ASSOC_IS_UP};
    if (!m->has_peer || !m->peer.assoc || (!m->data && !begin(m, now)))
        return;
    refill(m->data, now);
    while (m->data && e.what != ASSOC_NOTHING && !held_back(m, now)) {
        assoc_next(m->peer.assoc, &e, now);
        on_event(m, &e, now);
    }
    if (m->data) {
        const uint64_t refused = m->peer.assoc->count.refused;
        m->env->data.refused += refused - m->data->refused;
        m->data->refused = refused;
    }
    peer_send_data(&m->peer, m->env->tx);
}

void data_stop(struct member *m, usec_t now)
{
    struct data *d = m->data;
    m->data = NULL;
    if (m->has_peer)
        peer_end_data(&m->peer);
    if (!d)
        return;
    relay_leave(m, now);
    if (d->salon_open)
        data_post(m, DATA_CLOSED, "", "");
    relay_free(d);
    deadline_clear(m->env->deadlines, &d->resume);
    free(d);
}
