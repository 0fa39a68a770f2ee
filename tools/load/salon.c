/* salon's own signalling, docs/signalling.md. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_EACH (20 * USEC_PER_SEC)

/** A room by the API; its link's token is what people join with. */
static const char *open_room(struct run *r, struct room *room)
{
    static char why[64];
    const struct scenario *s = r->scenario;
    char url[SCENARIO_TEXT + 32];
    struct rest_reply reply;
    if (*s->link) {
        (void)snprintf(room->link, sizeof(room->link), "%s", s->link);
        return NULL;
    }
    (void)snprintf(url, sizeof(url), "%s/api/v1/rooms", s->url);
    const struct rest_request q = {.method = "POST",
                                   .url = url,
                                   .type = "application/json",
                                   .body = "{}",
                                   .bearer = s->key};
    rest_wait(&q, &reply);
    json_t *made = reply.body ? json_loads(reply.body, 0, NULL) : NULL;
    const char *link = json_string_value(json_object_get(made, "url"));
    const char *token = link ? strstr(link, "/r/") : NULL;
    (void)snprintf(room->link, sizeof(room->link), "%s", token ? token + 3 : "");
    (void)snprintf(why, sizeof(why), "the server makes no room: status %ld", reply.status);
    json_decref(made);
    rest_free(&reply);
    return token ? NULL : why;
}

// ---- what is said

static void say_offer(struct person *p)
{
    struct peer *peer = p->up;
    char *sdp = peer_offer(peer);
    json_t *media = json_array();
    for (unsigned i = 0; i < peer->senders; i++) {
        static const char *const source[] = {"microphone", "camera", "screen"};
        json_array_append_new(media, json_pack("{s:s, s:s}", "mid", peer->sender[i].mid,
                                               "source", source[peer->sender[i].source]));
    }
    for (unsigned i = 0; i < peer->sections; i++)
        if (peer->section[i].screen)
            json_array_append_new(
                media, json_pack("{s:s, s:s}", "mid", peer->section[i].mid, "role", "screen"));
    person_say(p, json_pack("{s:s, s:i, s:s, s:o}", "type", "offer", "id", 2, "sdp",
                            sdp ? sdp : "", "media", media));
    free(sdp);
}

/** The size at which pictures are shown, for every slot. */
static void say_wants(struct person *p)
{
    json_t *wants = json_array();
    const unsigned width = p->told_width = p->width;
    for (unsigned i = 0; i < p->up->sections && json_array_size(wants) < 64; i++)
        if (p->up->section[i].recv && p->up->section[i].video)
            json_array_append_new(wants, json_pack("{s:s, s:i, s:i}", "mid",
                                                   p->up->section[i].mid, "width", (int)width,
                                                   "height", (int)(width * 9 / 16)));
    person_say(p, json_pack("{s:s, s:o}", "type", "want", "wants", wants));
}

static void offer_if_ready(struct person *p)
{
    if (p->let_in && p->up && p->up->gathered && p->up->told && p->up->offered_at == 0)
        say_offer(p);
}

// ---- what is heard

static void on_joined(struct person *p, const json_t *m)
{
    (void)m;
    p->let_in = true;
    offer_if_ready(p);
}

static void on_answer(struct person *p, const json_t *m)
{
    const char *sdp = json_string_value(json_object_get(m, "sdp"));
    const char *why = !p->up ? "an answer that nobody asked for"
                      : sdp  ? peer_take_answer(p->up, sdp)
                             : "an answer without SDP";
    if (why) {
        person_fail(p, why);
        return;
    }
    person_greeted(p);
}

static void on_layers(struct person *p, const json_t *m)
{
    size_t i, k;
    const json_t *track, *rid;
    json_array_foreach(json_object_get(m, "tracks"), i, track)
    {
        const char *rids[CLIP_LAYERS];
        unsigned n = 0;
        const char *mid = json_string_value(json_object_get(track, "mid"));
        json_array_foreach(json_object_get(track, "rids"), k, rid)
        {
            if (n < CLIP_LAYERS && json_is_string(rid))
                rids[n++] = json_string_value(rid);
        }
        if (mid && p->up)
            peer_set_layers(p->up, mid, rids, n);
    }
}

static void on_error(struct person *p, const json_t *m)
{
    char why[64];
    person_reason(why, "refused", json_string_value(json_object_get(m, "reason")));
    if (p->state == PERSON_JOINING)
        person_fail(p, why);
    else
        core_error(&p->run->core, why);
}

static void on_end(struct person *p, const json_t *m)
{
    char why[64];
    person_fail(p,
                person_reason(why, "closed", json_string_value(json_object_get(m, "reason"))));
}

static void on_lobby(struct person *p, const json_t *m)
{
    (void)m;
    person_fail(p, "refused: somebody would have to open the door");
}

static void on_media(struct person *p, const json_t *m)
{
    char why[64];
    const char *state = json_string_value(json_object_get(m, "state"));
    if (state && strcmp(state, "lost") == 0)
        person_fail(p, person_reason(why, "media lost",
                                     json_string_value(json_object_get(m, "reason"))));
}

static const struct {
    const char *type;
    void (*run)(struct person *p, const json_t *m);
} messages[] = {{"joined", on_joined}, {"answer", on_answer}, {"layers", on_layers},
                {"error", on_error},   {"closed", on_end},    {"lobby", on_lobby},
                {"media", on_media}};

static void on_text(void *arg, const char *text, size_t len)
{
    struct person *p = arg;
    json_t *m = json_loadb(text, len, 0, NULL);
    const char *type = json_string_value(json_object_get(m, "type"));
    if (!type)
        person_fail(p, "signalling: not a message");
    for (size_t i = 0; type && i < sizeof(messages) / sizeof(*messages); i++)
        if (strcmp(type, messages[i].type) == 0 && !p->doomed)
            messages[i].run(p, m);
    json_decref(m);
}

static void on_open(void *arg)
{
    struct person *p = arg;
    char name[32];
    (void)snprintf(name, sizeof(name), "Load %u", p->number + 1);
    person_say(p, json_pack("{s:s, s:i, s:s, s:s}", "type", "join", "id", 1, "link",
                            p->room->link, "name", name));
}

static void on_closed(void *arg, const char *why)
{
    struct person *p = arg;
    p->ws = NULL;
    person_fail(p, why);
}

// ---- the driver

static void join(struct person *p)
{
    static const struct ws_handler handler = {on_open, on_text, on_closed};
    char url[SCENARIO_TEXT + 32];
    (void)snprintf(url, sizeof(url), "%s/api/v1/signal", p->run->scenario->url);
    p->up = p->down = person_peer(p, true, true);
    p->ws = ws_open(p->run->ws, url, "salon.v1", &handler, p);
    if (!p->ws)
        person_fail(p, "signalling: no connection");
}

static void leave(struct person *p)
{
    person_say(p, json_pack("{s:s}", "type", "leave"));
}

static void tick(struct person *p, usec_t now)
{
    if (now - p->said_at > PING_EACH)
        person_say(p, json_pack("{s:s}", "type", "ping"));
    if (p->width != p->told_width && p->up)
        say_wants(p);
}

static void gathered(struct person *p, struct peer *peer)
{
    (void)peer;
    offer_if_ready(p);
}

const struct driver salon_driver = {
    .open = open_room, .join = join, .gathered = gathered, .leave = leave, .tick = tick};
