/* One person: comes, is there, goes. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>

#define JOIN_IN (30 * USEC_PER_SEC)

const char *person_reason(char out[64], const char *what, const char *detail)
{
    (void)snprintf(out, 64, "%s: %s", what, detail ? detail : "no reason given");
    for (char *c = out; *c; c++) // it comes from the server and goes to a terminal
        if (*c < ' ' || *c == 127)
            *c = ' ';
    return out;
}

void person_fail(struct person *p, const char *why)
{
    if (p->doomed || p->state == PERSON_GONE)
        return;
    core_error(&p->run->core, why);
    if (p->state == PERSON_IN)
        p->run->core.tally.lost++;
    p->doomed = true;
}

void person_greeted(struct person *p)
{
    if (!p->greeted)
        hist_add(&p->run->core.tally.join, p->run->core.now - p->began_at);
    p->greeted = true;
}

void person_say(struct person *p, json_t *message)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    if (text)
        ws_send(p->ws, text);
    p->said_at = p->run->core.now;
    free(text);
    json_decref(message);
}

static void on_peer_up(void *arg, struct peer *peer)
{
    struct person *p = arg;
    (void)peer;
    if (++p->ups < p->wanted_ups || p->state != PERSON_JOINING)
        return;
    p->state = PERSON_IN;
    p->run->core.tally.connected++;
}

static void on_peer_failed(void *arg, struct peer *peer, const char *why)
{
    struct person *p = arg;
    (void)peer;
    (void)why; // counted by the peer
    if (p->doomed)
        return;
    if (p->state == PERSON_IN)
        p->run->core.tally.lost++;
    p->doomed = true;
}

static void on_gathered(void *arg, struct peer *peer)
{
    struct person *p = arg;
    p->run->driver->gathered(p, peer);
}

struct peer *person_peer(struct person *p, bool sends, bool receives)
{
    const struct crowd *c = p->crowd;
    const struct peer_conf conf = {.member = p->number,
                                   .local_address = *p->run->local ? p->run->local : NULL,
                                   .tcp = c->tcp,
                                   .wants_frames = receives && (c->receives || c->screens),
                                   .line = c->line,
                                   .layers = c->layers,
                                   .audio = sends && c->audio,
                                   .video = sends && c->video,
                                   .screen = sends && c->screen,
                                   .slots_audio = receives ? c->hears : 0,
                                   .slots_video = receives ? c->receives : 0,
                                   .slots_screen = receives ? c->screens : 0,
                                   .best_first = p->run->scenario->protocol == PROTOCOL_JANUS,
                                   .talks = c->talks};
    const struct peer_owner owner = {
        .arg = p, .on_gathered = on_gathered, .on_up = on_peer_up, .on_failed = on_peer_failed};
    struct peer *peer = peer_create(&p->run->core, &conf, &owner);
    if (!peer)
        person_fail(p, "no peer can be made here");
    return peer;
}

void person_clean_up(struct person *p)
{
    rest_forget(p->run->rest, p);
    if (p->up != p->down)
        peer_destroy(p->down);
    peer_destroy(p->up);
    p->up = p->down = NULL;
    ws_close(p->ws);
    p->ws = NULL;
    free(p->up_resource);
    free(p->down_resource);
    p->up_resource = p->down_resource = NULL;
    p->doomed = false;
    p->state = PERSON_GONE;
}

void person_go(struct person *p)
{
    p->run->driver->leave(p);
    p->run->core.tally.left++;
    person_clean_up(p);
}

void person_come(struct person *p)
{
    struct run *r = p->run;
    p->state = PERSON_JOINING;
    p->greeted = p->let_in = p->doomed = false;
    p->ups = 0;
    p->wanted_ups = 1;
    p->began_at = r->core.now;
    p->change_at =
        r->core.now +
        (p->crowd->changes ? core_random(&r->core) % (uint64_t)p->crowd->changes : 0);
    p->width = p->crowd->width;
    p->told_width = 0;
    p->janus = (struct person_janus){0};
    r->core.tally.started++;
    r->driver->join(p);
}

/** People make their windows larger and smaller. */
static void change_width(struct person *p, usec_t now)
{
    static const unsigned widths[] = {160, 320, 640, 1280};
    if (!p->crowd->changes || now < p->change_at)
        return;
    p->change_at = now + p->crowd->changes;
    p->width = widths[core_random(&p->run->core) % 4];
}

void person_tick(struct person *p, usec_t now)
{
    if (p->state == PERSON_IN)
        change_width(p, now);
    if (p->state == PERSON_JOINING && now - p->began_at > JOIN_IN)
        person_fail(p, p->greeted ? "media: timeout" : "signalling: timeout");
    if (!p->doomed && p->greeted && (p->state == PERSON_IN || p->state == PERSON_JOINING))
        p->run->driver->tick(p, now);
    if (p->doomed)
        person_clean_up(p);
}
