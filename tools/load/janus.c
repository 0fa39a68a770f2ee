/*
 * Janus' videoroom (https://janus.conf.meetecho.com/docs/videoroom): one WebSocket and session
 * a person, one handle to publish, one to subscribe to all others' feeds.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_EACH (20 * USEC_PER_SEC)

/** What a request was for; its transaction is this letter. */
enum {
    ASK_SESSION = 's',
    ASK_UP = 'u',
    ASK_DOWN = 'd',
    ASK_ROOM = 'r',
    ASK_JOIN = 'j',
    ASK_PUBLISH = 'p',
    ASK_WATCH = 'w',
    ASK_MORE = 'm',
    ASK_START = 'a',
    ASK_KEEP = 'k',
    ASK_LAYER = 'l'
};

static const char *open_room(struct run *r, struct room *room)
{
    room->janus = 100000 + room->number + (uint64_t)core_random(&r->core) * 100000;
    return NULL;
}

// ---- what is said

static void ask(struct person *p, char what, uint64_t handle, json_t *message)
{
    const char transaction[] = {what, '\0'};
    json_object_set_new(message, "transaction", json_string(transaction));
    if (p->janus.session)
        json_object_set_new(message, "session_id", json_integer((json_int_t)p->janus.session));
    if (handle)
        json_object_set_new(message, "handle_id", json_integer((json_int_t)handle));
    person_say(p, message);
}

static void ask_plugin(struct person *p, char what, uint64_t handle, json_t *body, json_t *jsep)
{
    json_t *m = json_pack("{s:s, s:o}", "janus", "message", "body", body);
    if (jsep)
        json_object_set_new(m, "jsep", jsep);
    ask(p, what, handle, m);
}

static json_t *sdp_of(const char *type, const char *sdp)
{
    return json_pack("{s:s, s:s}", "type", type, "sdp", sdp);
}

static void attach(struct person *p, char what)
{
    ask(p, what, 0,
        json_pack("{s:s, s:s}", "janus", "attach", "plugin", "janus.plugin.videoroom"));
}

static bool sends(const struct person *p)
{
    return p->crowd->audio || p->crowd->video || p->crowd->screen;
}

static bool receives(const struct person *p)
{
    return p->crowd->receives || p->crowd->screens || p->crowd->hears;
}

static void ask_join(struct person *p)
{
    ask_plugin(p, ASK_JOIN, p->janus.up,
               json_pack("{s:s, s:s, s:I}", "request", "join", "ptype", "publisher", "room",
                         (json_int_t)p->room->janus),
               NULL);
}

static void ask_room(struct person *p)
{
    ask_plugin(p, ASK_ROOM, p->janus.up,
               json_pack("{s:s, s:I, s:i, s:s, s:s, s:i, s:b, s:i}", "request", "create",
                         "room", (json_int_t)p->room->janus, "publishers", 200, "videocodec",
                         "vp8", "audiocodec", "opus", "bitrate", 0, "transport_wide_cc_ext", 1,
                         "fir_freq", 0),
               NULL);
}

static void publish_if_ready(struct person *p)
{
    if (!p->let_in || !p->up || !p->up->told || p->up->offered_at)
        return;
    char *sdp = peer_offer(p->up);
    ask_plugin(p, ASK_PUBLISH, p->janus.up,
               json_pack("{s:s, s:b, s:b}", "request", "publish", "audio", p->crowd->audio,
                         "video", p->crowd->video || p->crowd->screen),
               sdp_of("offer", sdp ? sdp : ""));
    free(sdp);
}

/** Feeds that are there and not subscribed to, as many as are to be received. */
static json_t *new_feeds(struct person *p)
{
    struct person_janus *j = &p->janus;
    const unsigned most =
        p->crowd->receives > p->crowd->hears ? p->crowd->receives : p->crowd->hears;
    json_t *list = json_array();
    for (unsigned i = 0; i < j->feed_count && j->known < most && j->known < 64; i++) {
        bool has = j->there[i] == j->feed;
        for (unsigned k = 0; k < j->known; k++)
            has = has || j->feeds[k] == j->there[i];
        if (has)
            continue;
        j->feeds[j->known++] = j->there[i];
        json_array_append_new(list, json_pack("{s:I}", "feed", (json_int_t)j->there[i]));
    }
    return list;
}

static void subscribe_if_ready(struct person *p)
{
    struct person_janus *j = &p->janus;
    if (!j->down || j->asking || !p->down || !p->down->told)
        return;
    json_t *list = new_feeds(p);
    if (json_array_size(list) == 0) {
        json_decref(list);
        return;
    }
    j->asking = true;
    if (j->subscribed)
        ask_plugin(p, ASK_MORE, j->down,
                   json_pack("{s:s, s:o}", "request", "subscribe", "streams", list), NULL);
    else
        ask_plugin(p, ASK_WATCH, j->down,
                   json_pack("{s:s, s:s, s:I, s:o}", "request", "join", "ptype", "subscriber",
                             "room", (json_int_t)p->room->janus, "streams", list),
                   NULL);
    j->subscribed = true;
}

// ---- what is heard

/** "publishers" of the room, as they come. */
static void note_feeds(struct person *p, const json_t *data)
{
    struct person_janus *j = &p->janus;
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(data, "publishers"), i, one)
    {
        const uint64_t id = (uint64_t)json_integer_value(json_object_get(one, "id"));
        bool has = false;
        for (unsigned k = 0; k < j->feed_count; k++)
            has = has || j->there[k] == id;
        if (!has && j->feed_count < 64)
            j->there[j->feed_count++] = id;
    }
    subscribe_if_ready(p);
}

static void on_ids(struct person *p, char what, uint64_t id)
{
    if (what == ASK_SESSION) {
        p->janus.session = id;
        attach(p, ASK_UP);
    } else if (what == ASK_UP) {
        p->janus.up = id;
        if (receives(p))
            attach(p, ASK_DOWN);
        if (p->room->made)
            ask_join(p);
        else
            ask_room(p);
        p->room->made = true;
    } else if (what == ASK_DOWN) {
        p->janus.down = id;
        subscribe_if_ready(p);
    }
}

static void on_jsep(struct person *p, const json_t *jsep)
{
    const char *type = json_string_value(json_object_get(jsep, "type"));
    const char *sdp = json_string_value(json_object_get(jsep, "sdp"));
    const char *why = NULL;
    char *answer = NULL;
    if (!type || !sdp)
        why = "a jsep without SDP";
    else if (strcmp(type, "answer") == 0)
        why = p->up ? peer_take_answer(p->up, sdp) : "an answer that nobody asked for";
    else if (p->down)
        why = peer_take_offer(p->down, sdp, &answer);
    if (answer)
        ask_plugin(p, ASK_START, p->janus.down, json_pack("{s:s}", "request", "start"),
                   sdp_of("answer", answer));
    free(answer);
    if (why)
        person_fail(p, why);
    else
        person_greeted(p);
}

static void on_event(struct person *p, const json_t *m, char what)
{
    const json_t *data = json_object_get(json_object_get(m, "plugindata"), "data");
    const char *kind = json_string_value(json_object_get(data, "videoroom"));
    const json_int_t code = json_integer_value(json_object_get(data, "error_code"));
    const json_t *jsep = json_object_get(m, "jsep");
    char why[64];
    if (what == ASK_ROOM && (!code || code == 427)) { // 427: somebody was quicker
        ask_join(p);
        return;
    }
    if (code) {
        person_fail(
            p, person_reason(why, "Janus", json_string_value(json_object_get(data, "error"))));
        return;
    }
    if (kind && strcmp(kind, "joined") == 0) {
        p->let_in = true;
        p->janus.feed = (uint64_t)json_integer_value(json_object_get(data, "id"));
        publish_if_ready(p);
    }
    if (jsep)
        on_jsep(p, jsep);
    // A renegotiation is done when it has been answered, or when there was nothing to
    // negotiate.
    if (what == ASK_START || ((what == ASK_MORE) && !jsep)) {
        p->janus.asking = false;
        p->told_width = 0; // new streams begin with the largest layer
    }
    note_feeds(p, data);
}

static void on_text(void *arg, const char *text, size_t len)
{
    struct person *p = arg;
    json_t *m = json_loadb(text, len, 0, NULL);
    const char *type = json_string_value(json_object_get(m, "janus"));
    const char *transaction = json_string_value(json_object_get(m, "transaction"));
    const char what = transaction ? transaction[0] : '\0';
    const json_t *id = json_object_get(json_object_get(m, "data"), "id");
    char why[64];
    if (!type)
        person_fail(p, "signalling: not a message");
    else if (p->doomed || strcmp(type, "ack") == 0)
        ;
    else if (strcmp(type, "success") == 0 && json_is_integer(id))
        on_ids(p, what, (uint64_t)json_integer_value(id));
    else if (strcmp(type, "event") == 0 || strcmp(type, "success") == 0)
        on_event(p, m, what);
    else if (strcmp(type, "error") == 0)
        person_fail(p, person_reason(why, "Janus",
                                     json_string_value(json_object_get(
                                         json_object_get(m, "error"), "reason"))));
    else if (strcmp(type, "hangup") == 0)
        person_fail(p, person_reason(why, "Janus hung up",
                                     json_string_value(json_object_get(m, "reason"))));
    json_decref(m);
}

static void on_open(void *arg)
{
    ask(arg, ASK_SESSION, 0, json_pack("{s:s}", "janus", "create"));
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
    p->wanted_ups = (unsigned)sends(p) + receives(p);
    if (sends(p))
        p->up = person_peer(p, true, false);
    if (receives(p))
        p->down = person_peer(p, false, true);
    p->ws = ws_open(p->run->ws, p->run->scenario->url, "janus-protocol", &handler, p);
    if (!p->ws)
        person_fail(p, "signalling: no connection");
}

static void gathered(struct person *p, struct peer *peer)
{
    if (peer == p->up)
        publish_if_ready(p);
    else
        subscribe_if_ready(p);
}

static void leave(struct person *p)
{
    if (p->janus.session)
        ask(p, ASK_KEEP, 0, json_pack("{s:s}", "janus", "destroy"));
}

/** The layer of about that width, for every picture. */
static void ask_layer(struct person *p)
{
    json_t *streams = json_array();
    const int substream = p->width > 640 || p->width == 0 ? 2 : p->width > 320 ? 1 : 0;
    for (unsigned i = 0; i < p->down->sections; i++)
        if (p->down->section[i].video && !p->down->section[i].rejected)
            json_array_append_new(streams,
                                  json_pack("{s:s, s:i}", "mid", p->down->section[i].mid,
                                            "substream", substream));
    p->told_width = p->width;
    ask_plugin(p, ASK_LAYER, p->janus.down,
               json_pack("{s:s, s:o}", "request", "configure", "streams", streams), NULL);
}

static void tick(struct person *p, usec_t now)
{
    if (p->width != p->told_width && p->down && p->janus.subscribed && !p->janus.asking)
        ask_layer(p);
    if (p->janus.session && now - p->said_at > KEEP_EACH)
        ask(p, ASK_KEEP, 0, json_pack("{s:s}", "janus", "keepalive"));
}

const struct driver janus_driver = {
    .open = open_room, .join = join, .gathered = gathered, .leave = leave, .tick = tick};
