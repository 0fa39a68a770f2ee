/*
 * WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) of any server: who sends has a session to
 * publish, who receives has one to play.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The URL with the room in it; salon's own where none is given. */
static void make_url(const struct room *room, bool publish, char out[3 * SCENARIO_TEXT])
{
    const struct scenario *s = room->run->scenario;
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", room->number);
    const char *name = *room->link ? room->link : number;
    const char *text = publish ? s->whip : s->whep;
    const char *at = strstr(text, "%r");
    if (!*text)
        (void)snprintf(out, 3 * SCENARIO_TEXT, "%s/%s/%s", s->url, publish ? "whip" : "whep",
                       name);
    else if (at)
        (void)snprintf(out, 3 * SCENARIO_TEXT, "%.*s%s%s", (int)(at - text), text, name,
                       at + 2);
    else
        (void)snprintf(out, 3 * SCENARIO_TEXT, "%s", text);
}

static const char *open_room(struct run *r, struct room *room)
{
    // Rooms of salon are made by its API; other servers make theirs when somebody comes.
    return *r->scenario->url && *r->scenario->key ? salon_driver.open(r, room) : NULL;
}

static void take_reply(struct person *p, struct peer *peer, const struct rest_reply *reply,
                       char **resource)
{
    char text[64], status[24];
    const char *why = NULL;
    if (!peer)
        return;
    (void)snprintf(status, sizeof(status), "%ld", reply->status);
    if (reply->status == 0)
        why = "signalling: no connection";
    else if (reply->status != 201)
        why = person_reason(text, "refused with status", status);
    else
        why = peer_take_answer(peer, reply->body);
    *resource = reply->location ? strdup(reply->location) : NULL;
    if (why)
        person_fail(p, why);
    else
        person_greeted(p);
}

static void on_published(void *arg, const struct rest_reply *reply)
{
    struct person *p = arg;
    take_reply(p, p->up, reply, &p->up_resource);
}

static void on_played(void *arg, const struct rest_reply *reply)
{
    struct person *p = arg;
    take_reply(p, p->down, reply, &p->down_resource);
}

static void gathered(struct person *p, struct peer *peer)
{
    char url[3 * SCENARIO_TEXT];
    const bool publish = peer == p->up;
    char *offer = peer_offer(peer);
    make_url(p->room, publish, url);
    const struct rest_request q = {
        .method = "POST", .url = url, .type = "application/sdp", .body = offer ? offer : ""};
    if (!rest_start(p->run->rest, &q, publish ? on_published : on_played, p))
        person_fail(p, "signalling: no connection");
    free(offer);
}

static void join(struct person *p)
{
    const struct crowd *c = p->crowd;
    const bool sends = c->audio || c->video || c->screen,
               receives = c->receives || c->screens || c->hears;
    p->wanted_ups = (unsigned)sends + receives;
    if (sends)
        p->up = person_peer(p, true, false);
    if (receives)
        p->down = person_peer(p, false, true);
    if (!sends && !receives)
        person_fail(p, "neither sends nor receives");
}

static void on_deleted(void *arg, const struct rest_reply *reply)
{
    (void)arg;
    (void)reply; // gone either way
}

static void leave(struct person *p)
{
    const char *const resource[] = {p->up_resource, p->down_resource};
    for (unsigned i = 0; i < 2; i++) {
        const struct rest_request q = {.method = "DELETE", .url = resource[i]};
        if (resource[i])
            (void)rest_start(p->run->rest, &q, on_deleted, p->run);
    }
}

static void tick(struct person *p, usec_t now)
{
    (void)p;
    (void)now;
}

const struct driver whip_driver = {
    .open = open_room, .join = join, .gathered = gathered, .leave = leave, .tick = tick};
