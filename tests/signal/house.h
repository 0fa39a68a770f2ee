/** Sessions over a socket that only remembers, a real database and a played worker. */
#ifndef TESTS_SIGNAL_HOUSE_H
#define TESTS_SIGNAL_HOUSE_H

#include "call/world.h"
#include "session.h"

#include "links/rooms.h"
#include "links/tenants.h"
#include "store/store.h"

#include <time.h>

/** What the other end of a socket sees. */
struct client {
    struct signal_session *session;
    json_t *heard; ///< owned array
    uint16_t code; ///< of the close, 0: open
};

struct house {
    struct world world;
    struct store *store;
    struct links *links;
    struct limit *joins, *unknown, *knocks;
    struct signal *signal;
    struct links_tenant tenant;
    struct links_room room;
    char url[LINKS_URL_SIZE];
    char folder[64];
};

static inline void on_send(void *socket, const uv_buf_t *text, unsigned count)
{
    struct client *c = socket;
    if (!c->heard)
        c->heard = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *message = json_loadb(text[i].base, text[i].len, 0, NULL);
        assert_non_null(message);
        json_array_append_new(c->heard, message);
    }
}

static inline void on_close(void *socket, uint16_t code, const char *reason)
{
    (void)reason;
    ((struct client *)socket)->code = code;
}

static const struct signal_socket_ops socket_ops = {on_send, on_close};

static inline void connect_client(struct house *h, struct client *c)
{
    static const struct signal_client about = {"192.0.2.9", "en", false};
    *c = (struct client){0};
    c->session = signal_session_open(h->signal, &socket_ops, c, &about);
    assert_non_null(c->session);
}

/** The socket is gone. */
static inline void hang_up(struct client *c)
{
    signal_session_lost(c->session);
    c->session = NULL;
}

static inline void client_fini(struct client *c)
{
    if (c->session)
        hang_up(c);
    json_decref(c->heard);
    c->heard = NULL;
}

/** The last thing it heard. */
static inline json_t *last(const struct client *c)
{
    return json_array_get(c->heard, json_array_size(c->heard) - 1);
}

/** The `k`-th it heard of this type, or NULL. */
static inline json_t *heard(const struct client *c, const char *type, unsigned k)
{
    for (size_t i = 0; i < json_array_size(c->heard); i++) {
        json_t *m = json_array_get(c->heard, i);
        if (strcmp(str(m, "type"), type) == 0 && k-- == 0)
            return m;
    }
    return NULL;
}

/** Says it, and gives the answer that came at once. */
static inline json_t *ask(struct client *c, const char *text)
{
    signal_session_hear(c->session, text, strlen(text), false);
    return last(c);
}

static inline void expect_error(struct client *c, const char *text, const char *reason,
                                const char *field)
{
    json_t *answer = ask(c, text);
    assert_string_equal(str(answer, "type"), "error");
    assert_string_equal(str(answer, "reason"), reason);
    assert_true(strlen(str(answer, "detail")) > 5);
    if (field)
        assert_string_equal(str(answer, "field"), field);
    else
        assert_null(json_object_get(answer, "field"));
    assert_int_equal(c->code, 0); // the connection stays
}

/** A room in the database, as the API makes one. */
static inline void make_room(struct house *h)
{
    h->room = (struct links_room){.kind = ROOM_INSTANT};
    strcpy(h->room.tenant, h->tenant.id);
    strcpy(h->room.title, "Réunion");
    assert_int_equal(links_room_make(h->links, &h->room, (int64_t)time(NULL)), 0);
    links_url(h->links, &h->room, h->url);
}

static inline void house_begin(struct house *h, const struct signal_conf *times)
{
    static const struct call_conf call_conf = {.room_limit = 3, .away_ms = 40, .wait_ms = 30};
    char path[100], key[100], why[200];
    memset(h, 0, sizeof(*h));
    world_begin_up(&h->world, &call_conf);
    strcpy(h->folder, "/tmp/salon-signal-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    snprintf(path, sizeof(path), "%s/salon.db", h->folder);
    snprintf(key, sizeof(key), "%s/key", h->folder);
    assert_int_equal(store_open(path, 100, &h->store, why, sizeof(why)), 0);
    const struct links_conf links_conf = {
        .store = h->store, .key_file = key, .public_url = "https://meet.example.org"};
    assert_int_equal(links_open(&links_conf, &h->links, why, sizeof(why)), 0);
    strcpy(h->tenant.name, "test");
    strcpy(h->tenant.prefix, "test");
    assert_int_equal(links_tenant_add(h->links, &h->tenant, (int64_t)time(NULL)), 0);
    make_room(h);
    h->joins = limit_new(60, 12, 16);
    h->unknown = limit_new(60, 3, 16);
    h->knocks = limit_new(60, 5, 16);
    struct signal_conf conf = *times;
    conf.call = h->world.call;
    conf.links = h->links;
    conf.joins = h->joins;
    conf.unknown_links = h->unknown;
    conf.knocks = h->knocks;
    assert_int_equal(signal_create(&h->world.loop, &conf, &h->signal), 0);
}

static const struct signal_conf usual = {0};

static inline void house_end(struct house *h)
{
    signal_destroy(h->signal);
    world_end(&h->world);
    links_close(h->links);
    store_close(h->store);
    limit_free(h->joins);
    limit_free(h->unknown);
    limit_free(h->knocks);
    static const char *const files[] = {"salon.db", "salon.db-wal", "salon.db-shm", "key"};
    for (unsigned i = 0; i < 4; i++) {
        char path[100];
        snprintf(path, sizeof(path), "%s/%s", h->folder, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(h->folder), 0);
}

/** {"type":"join","id":1,"link":…, and what `more` adds}. */
static inline json_t *join(struct house *h, struct client *c, const char *more)
{
    char text[2 * LINKS_URL_SIZE + 100];
    snprintf(text, sizeof(text), "{\"type\":\"join\",\"id\":1,\"link\":\"%s\"%s}", h->url,
             more);
    (void)ask(c, text);
    // Members and hosts are told the contacts after it.
    const size_t count = json_array_size(c->heard);
    const bool contacts = count > 1 && strcmp(str(last(c), "type"), "contacts") == 0;
    return json_array_get(c->heard, count - (contacts ? 2 : 1));
}

static inline json_t *say_offer(struct house *h, struct client *c, unsigned session,
                                unsigned id)
{
    char sdp[4096];
    fake_offer(session, sdp, sizeof(sdp));
    json_t *message = json_pack("{s:s, s:i, s:s, s:[{s:s, s:s}]}", "type", "offer", "id",
                                (int)id, "sdp", sdp, "media", "mid", "1", "source", "screen");
    char *text = json_dumps(message, 0);
    const size_t before = json_array_size(c->heard);
    signal_session_hear(c->session, text, strlen(text), false);
    TURN_UNTIL(&h->world,
               json_array_size(c->heard) > before &&
                   json_integer_value(json_object_get(last(c), "re")) == (json_int_t)id);
    free(text);
    json_decref(message);
    return last(c);
}

/** A `resume` of whoever was welcomed so, to be freed. */
static inline char *resume_text(const json_t *welcome, int chat_after)
{
    json_t *m = json_pack("{s:s, s:i, s:s, s:s, s:i}", "type", "resume", "id", 3, "participant",
                          str(welcome, "participant"), "secret", str(welcome, "resume"),
                          "chat_after", chat_after);
    char *text = json_dumps(m, 0);
    json_decref(m);
    return text;
}

#endif
