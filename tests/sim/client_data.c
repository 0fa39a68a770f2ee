#include "client_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST ASSOC_MESSAGE_MAX

struct client_data *client_data_create(void)
{
    struct client_data *d = calloc(1, sizeof(*d));
    if (!d)
        abort();
    assoc_set_init(&d->set);
    return d;
}

void client_data_destroy(struct client_data *d)
{
    if (!d)
        return;
    assoc_destroy(d->assoc);
    assoc_set_fini(&d->set);
    free(d);
}

void client_data_end(struct client *c)
{
    if (!c->data)
        return;
    assoc_destroy(c->data->assoc);
    c->data->assoc = NULL;
    c->data->up = c->data->down = false;
}

/** Any place of any message tells whether it is where it belongs. */
static uint8_t byte_at(uint32_t number, size_t at)
{
    return (uint8_t)(number * 7 + at * 31 + (at >> 8));
}

static void on_message(struct client_data *d, const struct assoc_event *e, usec_t now)
{
    if (d->heard_count == DATA_HEARD)
        abort();
    struct heard *h = &d->heard[d->heard_count++];
    *h = (struct heard){.text = e->text, .len = e->len, .intact = true, .at = now};
    (void)snprintf(h->from, sizeof(h->from), "%s", e->channel->protocol);
    (void)snprintf(h->label, sizeof(h->label), "%s", e->channel->label);
    if (e->len < sizeof(h->number))
        return;
    memcpy(&h->number, e->bytes, sizeof(h->number));
    for (size_t i = sizeof(h->number); i < e->len && !e->text; i++)
        h->intact &= e->bytes[i] == byte_at(h->number, i);
}

static void read_all(struct client_data *d, usec_t now)
{
    struct assoc_event e = {.what = ASSOC_IS_UP};
    while (!d->deaf && e.what != ASSOC_NOTHING && e.what != ASSOC_IS_DOWN) {
        assoc_next(d->assoc, &e, now);
        d->up |= e.what == ASSOC_IS_UP;
        d->down |= e.what == ASSOC_IS_DOWN;
        d->opened += e.what == ASSOC_OPENED;
        d->closed += e.what == ASSOC_CLOSED;
        if (e.what == ASSOC_MESSAGE)
            on_message(d, &e, now);
    }
}

void client_data_run(struct client *c, usec_t now)
{
    struct client_data *d = c->data;
    uint8_t packet[2048];
    if (!d || !c->up)
        return;
    const struct assoc_conf conf = {.dtls_client = !c->conf.dtls_server,
                                    .their_port = ASSOC_PORT,
                                    .theirs_max = ASSOC_STREAMS}; // as a browser
    if (!d->assoc && !(d->assoc = assoc_create(&d->set, &conf, now)))
        abort();
    for (size_t len; (len = dtls_read(&c->dtls, packet, sizeof(packet))) > 0;)
        (void)assoc_on_packet(d->assoc, packet, len, now);
    if (now >= d->set.tick_at)
        assoc_set_tick(&d->set, now);
    (void)assoc_set_next(&d->set); // there is one only
    read_all(d, now);
    for (size_t len; (len = assoc_take(d->assoc, packet)) > 0;) {
        len = client_spoil(c, SPOIL_SCTP, packet, len);
        if (len > 0)
            (void)dtls_write(&c->dtls, packet, len);
        client_send_dtls(c);
    }
}

usec_t client_data_deadline(const struct client *c)
{
    if (!c->data || !c->data->assoc)
        return USEC_NEVER;
    return TAILQ_EMPTY(&c->data->set.ready) ? c->data->set.tick_at : 0;
}

struct channel *client_open(struct client *c, const char *label, const char *to,
                            const struct channel_conf *conf, usec_t now)
{
    static const struct channel_conf reliable;
    return c->data->assoc ? assoc_open(c->data->assoc, label, to, conf ? conf : &reliable, now)
                          : NULL;
}

enum drop client_say(struct client *c, struct channel *ch, uint32_t number, size_t len,
                     usec_t now)
{
    uint8_t *bytes = malloc(len);
    if (!bytes || len < sizeof(number) || len > LONGEST)
        abort();
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(number, i);
    memcpy(bytes, &number, sizeof(number));
    const struct assoc_message m = {.bytes = bytes, .len = len};
    const enum drop why = assoc_send(c->data->assoc, ch, &m, now);
    free(bytes);
    return why;
}

enum drop client_say_text(struct client *c, struct channel *ch, const char *text, usec_t now)
{
    const struct assoc_message m = {
        .bytes = (const uint8_t *)text, .len = strlen(text), .text = true};
    return assoc_send(c->data->assoc, ch, &m, now);
}

unsigned client_heard(const struct client *c, const char *from, const char *label)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->data->heard_count; i++)
        n += strcmp(c->data->heard[i].from, from) == 0 &&
             strcmp(c->data->heard[i].label, label) == 0;
    return n;
}
