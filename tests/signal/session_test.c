/* Sessions over a socket that only remembers, a real database and a played worker. */
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
    struct limit *joins, *unknown;
    struct signal *signal;
    struct links_tenant tenant;
    struct links_room room;
    char url[LINKS_URL_SIZE];
    char folder[64];
};

static void on_send(void *socket, const char *text, size_t len)
{
    struct client *c = socket;
    if (!c->heard)
        c->heard = json_array();
    json_t *message = json_loadb(text, len, 0, NULL);
    assert_non_null(message);
    json_array_append_new(c->heard, message);
}

static void on_close(void *socket, uint16_t code, const char *reason)
{
    (void)reason;
    ((struct client *)socket)->code = code;
}

static const struct signal_socket_ops socket_ops = {on_send, on_close};

static void connect_client(struct house *h, struct client *c)
{
    static const struct signal_client about = {"192.0.2.9", "en", false};
    *c = (struct client){0};
    c->session = signal_session_open(h->signal, &socket_ops, c, &about);
    assert_non_null(c->session);
}

/** The socket is gone. */
static void hang_up(struct client *c)
{
    signal_session_lost(c->session);
    c->session = NULL;
}

static void client_fini(struct client *c)
{
    if (c->session)
        hang_up(c);
    json_decref(c->heard);
    c->heard = NULL;
}

/** The last thing it heard. */
static json_t *last(const struct client *c)
{
    return json_array_get(c->heard, json_array_size(c->heard) - 1);
}

/** The `k`-th it heard of this type, or NULL. */
static json_t *heard(const struct client *c, const char *type, unsigned k)
{
    for (size_t i = 0; i < json_array_size(c->heard); i++) {
        json_t *m = json_array_get(c->heard, i);
        if (strcmp(str(m, "type"), type) == 0 && k-- == 0)
            return m;
    }
    return NULL;
}

/** Says it, and gives the answer that came at once. */
static json_t *ask(struct client *c, const char *text)
{
    signal_session_hear(c->session, text, strlen(text), false);
    return last(c);
}

static void expect_error(struct client *c, const char *text, const char *reason,
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
static void make_room(struct house *h)
{
    h->room = (struct links_room){.kind = ROOM_INSTANT};
    strcpy(h->room.tenant, h->tenant.id);
    strcpy(h->room.title, "Réunion");
    assert_int_equal(links_room_make(h->links, &h->room, (int64_t)time(NULL)), 0);
    links_url(h->links, &h->room, h->url);
}

static void house_begin(struct house *h, const struct signal_conf *times)
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
    struct signal_conf conf = *times;
    conf.call = h->world.call;
    conf.links = h->links;
    conf.joins = h->joins;
    conf.unknown_links = h->unknown;
    assert_int_equal(signal_create(&h->world.loop, &conf, &h->signal), 0);
}

static const struct signal_conf usual;

static void house_end(struct house *h)
{
    signal_destroy(h->signal);
    world_end(&h->world);
    links_close(h->links);
    store_close(h->store);
    limit_free(h->joins);
    limit_free(h->unknown);
    static const char *const files[] = {"salon.db", "salon.db-wal", "salon.db-shm", "key"};
    for (unsigned i = 0; i < 4; i++) {
        char path[100];
        snprintf(path, sizeof(path), "%s/%s", h->folder, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(h->folder), 0);
}

/** {"type":"join","id":1,"link":…, and what `more` adds}. */
static json_t *join(struct house *h, struct client *c, const char *more)
{
    char text[LINKS_URL_SIZE + 2000];
    snprintf(text, sizeof(text), "{\"type\":\"join\",\"id\":1,\"link\":\"%s\"%s}", h->url,
             more);
    (void)ask(c, text);
    // Members and hosts are told the contacts after it.
    const size_t count = json_array_size(c->heard);
    const bool contacts = count > 1 && strcmp(str(last(c), "type"), "contacts") == 0;
    return json_array_get(c->heard, count - (contacts ? 2 : 1));
}

static json_t *say_offer(struct house *h, struct client *c, unsigned session, unsigned id)
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

static void a_join_is_answered_with_all_there_is_to_know(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    json_t *joined = join(&h, &ada, ",\"name\":\"Ada\"");
    assert_string_equal(str(joined, "type"), "joined");
    assert_int_equal(json_integer_value(json_object_get(joined, "re")), 1);
    assert_string_equal(str(joined, "name"), "Ada");
    assert_string_equal(str(joined, "role"), "guest");
    assert_string_equal(str(json_object_get(joined, "room"), "title"), "Réunion");
    assert_string_equal(str(json_object_get(joined, "room"), "kind"), "instant");
    assert_int_equal(json_array_size(json_object_get(joined, "participants")), 0);
    assert_true(json_is_null(json_object_get(joined, "speaker")));
    assert_true(json_is_array(json_object_get(joined, "ice_servers")));
    json_t *limits = json_object_get(joined, "limits");
    assert_int_equal(json_integer_value(json_object_get(limits, "mlines")), 160);
    assert_int_equal(json_integer_value(json_object_get(limits, "chat")), 4000);
    assert_int_equal(json_integer_value(json_object_get(limits, "message")), 614400);

    joined = join(&h, &bob, "");
    assert_string_equal(str(joined, "name"), "Guest");
    json_t *others = json_object_get(joined, "participants");
    assert_string_equal(str(json_array_get(others, 0), "id"),
                        str(heard(&ada, "joined", 0), "participant"));
    assert_string_equal(str(heard(&ada, "participant", 0), "event"), "joined");
    client_fini(&ada);
    client_fini(&bob);
    house_end(&h);
}

static void host_secret_and_personal_token_give_roles(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob, eve;
    char url[LINKS_URL_SIZE], more[LINKS_URL_SIZE];
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    connect_client(&h, &eve);
    links_host_url(h.links, &h.room, url);
    snprintf(more, sizeof(more), ",\"host\":\"%s\"", strstr(url, "#h=") + 3);
    assert_string_equal(str(join(&h, &ada, more), "role"), "host");
    const struct links_member member = {.ref = "u1", .name = "Bob Signed", .role = ROLE_MEMBER};
    char *signed_url = links_member_url(h.links, &h.room, &member, 60, (int64_t)time(NULL));
    snprintf(more, sizeof(more), ",\"name\":\"Mallory\",\"token\":\"%s\"",
             strstr(signed_url, "#t=") + 3);
    json_t *joined = join(&h, &bob, more);
    assert_string_equal(str(joined, "role"), "member");
    assert_string_equal(str(joined, "name"), "Bob Signed"); // the token wins
    free(signed_url);

    assert_string_equal(str(join(&h, &eve, ",\"host\":\"guess\""), "reason"), "invalid_token");
    assert_string_equal(str(last(&eve), "field"), "/host");
    assert_string_equal(str(join(&h, &eve, ",\"token\":\"a.b.c\""), "reason"), "invalid_token");
    assert_string_equal(str(last(&eve), "field"), "/token");
    client_fini(&ada);
    client_fini(&bob);
    client_fini(&eve);
    house_end(&h);
}

static void links_that_lead_nowhere_say_why(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    for (unsigned i = 0; i < 3; i++)
        expect_error(&c, "{\"type\":\"join\",\"link\":\"nothing\"}", "unknown_link", "/link");
    expect_error(&c, "{\"type\":\"join\",\"link\":\"nothing\"}", "rate_limited", "/link");
    assert_true(json_integer_value(json_object_get(last(&c), "retry_after")) > 0);

    assert_int_equal(links_room_rotate(h.links, &h.room, OLD_CLOSED), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "link_replaced");
    links_url(h.links, &h.room, h.url);
    h.room.expires_at = 1;
    assert_int_equal(links_room_change(h.links, &h.room), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "link_expired");
    h.room.expires_at = 0;
    h.room.closed = true;
    assert_int_equal(links_room_change(h.links, &h.room), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "room_closed");
    h.room.closed = false;
    h.room.access = ACCESS_MEMBERS;
    assert_int_equal(links_room_change(h.links, &h.room), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "invalid_token");
    client_fini(&c);
    house_end(&h);
}

static void a_full_room_and_too_many_joins_are_refused(void **state)
{
    (void)state;
    struct house h;
    struct client c[4];
    house_begin(&h, &usual);
    for (unsigned i = 0; i < 4; i++)
        connect_client(&h, &c[i]);
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(str(join(&h, &c[i], ""), "type"), "joined");
    for (unsigned i = 3; i < 12; i++)
        assert_string_equal(str(join(&h, &c[3], ""), "reason"), "room_full");
    assert_string_equal(str(join(&h, &c[3], ""), "reason"), "rate_limited");
    assert_true(json_integer_value(json_object_get(last(&c[3]), "retry_after")) > 0);
    for (unsigned i = 0; i < 4; i++)
        client_fini(&c[i]);
    house_end(&h);
}

static void bad_messages_keep_the_connection(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    expect_error(&c, "not JSON", "invalid_message", NULL);
    signal_session_hear(c.session, "{\"type\":\"ping\"}", 15, true);
    assert_string_equal(str(last(&c), "reason"), "invalid_message");
    signal_session_oversized(c.session);
    assert_string_equal(str(last(&c), "reason"), "invalid_message");
    expect_error(&c, "{\"type\":\"jump\"}", "unknown_type", "/type");
    expect_error(&c, "{\"type\":\"join\"}", "missing_field", "/link");
    expect_error(&c, "{\"type\":\"offer\",\"sdp\":\"v=0\"}", "not_joined", NULL);
    expect_error(&c, "{\"type\":\"chat\",\"text\":\"x\",\"id\":5}", "not_joined", NULL);
    assert_int_equal(json_integer_value(json_object_get(last(&c), "re")), 5);
    assert_string_equal(str(ask(&c, "{\"type\":\"ping\",\"id\":6}"), "type"), "pong");
    assert_string_equal(str(join(&h, &c, ""), "type"), "joined");
    assert_string_equal(str(join(&h, &c, ""), "reason"), "already_joined");
    expect_error(&c, "{\"type\":\"resume\",\"participant\":\"p\",\"secret\":\"s\"}",
                 "already_joined", NULL);
    expect_error(&c, "{\"type\":\"chat\",\"text\":\"x\",\"to\":\"p_no\"}",
                 "unknown_participant", "/to");
    expect_error(&c, "{\"type\":\"want\",\"wants\":[{\"participant\":\"p_no\"}]}",
                 "unknown_participant", "/wants/0/participant");
    expect_error(&c, "{\"type\":\"mute\",\"source\":\"nose\",\"muted\":true}", "unknown_source",
                 "/source");
    client_fini(&c);
    house_end(&h);
}

static void details_are_in_the_language_of_the_join(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    ask(&c, "{\"type\":\"join\",\"link\":\"x\",\"lang\":\"fr-CA\"}");
    assert_string_equal(str(last(&c), "detail"), "Ce lien ne mène à aucune salle.");
    ask(&c, "{\"type\":\"join\",\"link\":\"x\",\"lang\":\"en\"}");
    assert_string_equal(str(last(&c), "detail"), "This link leads to no room.");
    client_fini(&c);
    house_end(&h);
}

static void fifty_errors_in_a_minute_are_too_many(void **state)
{
    (void)state;
    struct house h;
    struct client c, other;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    connect_client(&h, &other);
    join(&h, &other, "");
    join(&h, &c, "");
    for (unsigned i = 0; i < 49; i++)
        expect_error(&c, "{}", "missing_field", "/type");
    assert_string_equal(str(ask(&c, "{}"), "type"), "closed");
    assert_string_equal(str(last(&c), "reason"), "too_many_errors");
    assert_int_not_equal(c.code, 0);
    assert_string_equal(str(heard(&other, "participant", 1), "event"), "left");
    const size_t said = json_array_size(c.heard);
    ask(&c, "{\"type\":\"ping\"}"); // nothing is heard any more
    assert_int_equal(json_array_size(c.heard), said);
    client_fini(&c);
    client_fini(&other);
    house_end(&h);
}

static void offers_are_answered_or_refused_with_the_line(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    json_t *answer = say_offer(&h, &c, 1, 7);
    assert_string_equal(str(answer, "type"), "answer");
    assert_int_equal(json_integer_value(json_object_get(answer, "generation")), 1);
    assert_ptr_equal(strstr(str(answer, "sdp"), "v=0"), str(answer, "sdp"));
    const struct letter *agree = fake_got(&h.world.worker, LETTER_MEMBER_AGREE, 0);
    assert_int_equal(agree->u.agree.agreement.mline[1].source, SOURCE_SCREEN); // by the hint

    const char *bad = "{\"type\":\"offer\",\"id\":8,\"sdp\":\"v=0\\r\\nx\"}";
    signal_session_hear(c.session, bad, strlen(bad), false);
    const char *more = "{\"type\":\"offer\",\"id\":9,\"sdp\":\"v=0\"}";
    assert_string_equal(str(ask(&c, more), "reason"), "offer_pending");
    TURN_UNTIL(&h.world, json_integer_value(json_object_get(last(&c), "re")) == 8);
    assert_string_equal(str(last(&c), "reason"), "invalid_sdp");
    assert_string_equal(str(last(&c), "field"), "/sdp");
    assert_int_equal(json_integer_value(json_object_get(last(&c), "line")), 2);

    fake_down(&h.world.worker);
    TURN_UNTIL(&h.world, heard(&c, "media", 0));
    answer = say_offer(&h, &c, 2, 10);
    assert_string_equal(str(answer, "reason"), "no_media_worker");
    assert_true(json_integer_value(json_object_get(answer, "retry_after")) > 0);
    fake_up(&h.world.worker);
    client_fini(&c);
    house_end(&h);
}

static void every_request_with_an_id_is_answered_once(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    static const char *const requests[] = {
        "{\"type\":\"mute\",\"id\":70,\"source\":\"camera\",\"muted\":true}",
        "{\"type\":\"want\",\"id\":71,\"wants\":[{\"mid\":\"0\",\"width\":10}]}",
        "{\"type\":\"candidate\",\"id\":72,\"candidate\":\"\"}",
        "{\"type\":\"chat\",\"id\":73,\"text\":\"hello\"}",
        "{\"type\":\"update\",\"id\":74,\"hand\":true}",
    };
    for (unsigned i = 0; i < 5; i++) {
        json_t *ok = ask(&c, requests[i]);
        assert_string_equal(str(ok, "type"), "ok");
        assert_int_equal(json_integer_value(json_object_get(ok, "re")), 70 + i);
    }
    const size_t said = json_array_size(c.heard);
    ask(&c, "{\"type\":\"candidate\",\"candidate\":\"\"}"); // without an id: silence
    assert_int_equal(json_array_size(c.heard), said);
    assert_string_equal(str(heard(&c, "chat", 0), "text"), "hello");
    client_fini(&c);
    house_end(&h);
}

static void chat_is_limited(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    for (unsigned i = 0; i < 10; i++)
        assert_string_equal(str(ask(&c, "{\"type\":\"chat\",\"text\":\"x\"}"), "type"), "chat");
    expect_error(&c, "{\"type\":\"chat\",\"text\":\"x\"}", "rate_limited", NULL);
    assert_true(json_integer_value(json_object_get(last(&c), "retry_after")) > 0);
    client_fini(&c);
    house_end(&h);
}

static void a_participant_asks_for_its_own_quality(void **state)
{
    (void)state;
    struct house h;
    struct client a, b;
    house_begin(&h, &usual);
    connect_client(&h, &a);
    connect_client(&h, &b);
    join(&h, &a, "");
    join(&h, &b, "");
    struct fake_worker *worker = &h.world.worker;
    ask(&a, "{\"type\":\"quality\",\"id\":80}");
    TURN_UNTIL(&h.world, fake_got(worker, LETTER_QUALITY_ASK, 0));
    expect_error(&a, "{\"type\":\"quality\",\"id\":81}", "rate_limited", NULL);
    ask(&b, "{\"type\":\"quality\"}"); // and hangs up before the answer
    client_fini(&b);
    struct letter l = {.type = LETTER_QUALITY};
    const struct letter *asked = fake_got(worker, LETTER_QUALITY_ASK, 0);
    memcpy(l.room, asked->room, sizeof(l.room));
    l.u.stats.seq = asked->u.stats.seq;
    l.u.stats.body =
        json_pack("{s:[{s:s}, {s:s, s:b}]}", "members", "participant", "p_other", "participant",
                  str(heard(&a, "joined", 0), "participant"), "connected", true);
    fake_say(worker, &l);
    letter_fini(&l);
    TURN_UNTIL(&h.world, heard(&a, "quality", 0));
    const json_t *q = heard(&a, "quality", 0);
    assert_int_equal(json_integer_value(json_object_get(q, "re")), 80);
    assert_true(json_is_true(json_object_get(q, "connected")));
    assert_string_equal(str(q, "participant"), str(heard(&a, "joined", 0), "participant"));
    expect_error(&a, "{\"type\":\"quality\",\"id\":82}", "rate_limited", NULL);
    client_fini(&a);
    house_end(&h);
}

static char *resume_text(const json_t *welcome, int chat_after)
{
    json_t *m = json_pack("{s:s, s:i, s:s, s:s, s:i}", "type", "resume", "id", 3, "participant",
                          str(welcome, "participant"), "secret", str(welcome, "resume"),
                          "chat_after", chat_after);
    char *text = json_dumps(m, 0);
    json_decref(m);
    return text;
}

static void a_lost_socket_resumes_where_it_was(void **state)
{
    (void)state;
    struct house h;
    struct client c, again, third;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    say_offer(&h, &c, 1, 7);
    ask(&c, "{\"type\":\"chat\",\"text\":\"one\"}");
    ask(&c, "{\"type\":\"chat\",\"text\":\"two\"}");
    char *text = resume_text(heard(&c, "joined", 0), 1);
    hang_up(&c);
    connect_client(&h, &again);
    json_t *resumed = ask(&again, text);
    assert_string_equal(str(resumed, "type"), "resumed");
    assert_string_equal(str(resumed, "media"), "kept");
    assert_string_not_equal(str(resumed, "resume"), str(heard(&c, "joined", 0), "resume"));
    json_t *chat = json_object_get(resumed, "chat");
    assert_int_equal(json_array_size(chat), 1);
    assert_string_equal(str(json_array_get(chat, 0), "text"), "two");
    assert_true(json_is_array(json_object_get(resumed, "seats")));
    assert_int_equal(json_array_size(again.heard), 1); // nothing came before

    // The old secret is dead; the new one takes over a socket that still lives.
    connect_client(&h, &third);
    expect_error(&third, text, "unknown_session", NULL);
    free(text);
    text = resume_text(resumed, 2);
    assert_string_equal(str(ask(&third, text), "type"), "resumed");
    assert_string_equal(str(last(&again), "reason"), "resumed_elsewhere");
    assert_int_not_equal(again.code, 0);
    hang_up(&again); // its socket's end is not the participant's
    assert_string_equal(str(ask(&third, "{\"type\":\"update\",\"id\":4}"), "type"), "ok");
    free(text);
    client_fini(&c);
    client_fini(&again);
    client_fini(&third);
    house_end(&h);
}

static void who_comes_back_too_late_joins_anew(void **state)
{
    (void)state;
    struct house h;
    struct client c, again;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    char *text = resume_text(heard(&c, "joined", 0), 0);
    hang_up(&c);
    TURN_UNTIL(&h.world, call_room_count(h.world.call, h.room.id) == 0);
    connect_client(&h, &again);
    expect_error(&again, text, "unknown_session", NULL);
    assert_string_equal(str(join(&h, &again, ""), "type"), "joined");
    free(text);
    client_fini(&c);
    client_fini(&again);
    house_end(&h);
}

static void who_does_not_join_in_time_is_closed(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    const struct signal_conf times = {.join_ms = 20};
    house_begin(&h, &times);
    connect_client(&h, &c);
    ask(&c, "{\"type\":\"ping\"}"); // talking is not joining
    TURN_UNTIL(&h.world, c.code);
    assert_string_equal(str(last(&c), "reason"), "join_timeout");
    client_fini(&c);
    house_end(&h);
}

static void who_leaves_the_page_is_gone_at_once(void **state)
{
    (void)state;
    struct house h;
    struct client c, again;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    char *text = resume_text(heard(&c, "joined", 0), 1);
    signal_session_left(c.session);
    c.session = NULL;
    connect_client(&h, &again);
    expect_error(&again, text, "unknown_session", NULL);
    free(text);
    client_fini(&c);
    client_fini(&again);
    house_end(&h);
}

static void who_says_nothing_is_taken_for_lost_and_may_resume(void **state)
{
    (void)state;
    struct house h;
    struct client c, again;
    const struct signal_conf times = {.idle_ms = 20};
    house_begin(&h, &times);
    connect_client(&h, &c);
    join(&h, &c, "");
    char *text = resume_text(heard(&c, "joined", 0), 0);
    TURN_UNTIL(&h.world, c.code);
    assert_string_equal(str(last(&c), "reason"), "idle_timeout");
    connect_client(&h, &again);
    assert_string_equal(str(ask(&again, text), "type"), "resumed");
    assert_string_equal(str(last(&again), "media"), "lost"); // it never had any
    free(text);
    client_fini(&c);
    client_fini(&again);
    house_end(&h);
}

static void leaving_removal_and_the_end_are_told(void **state)
{
    (void)state;
    struct house h;
    struct client a, b, c;
    house_begin(&h, &usual);
    connect_client(&h, &a);
    connect_client(&h, &b);
    connect_client(&h, &c);
    join(&h, &a, "");
    join(&h, &b, "");
    join(&h, &c, "");
    assert_string_equal(str(ask(&a, "{\"type\":\"leave\"}"), "reason"), "left");
    assert_int_equal(a.code, 1000);
    assert_int_equal(call_room_count(h.world.call, h.room.id), 2);
    call_room_remove(h.world.call, h.room.id, str(heard(&b, "joined", 0), "participant"));
    assert_string_equal(str(last(&b), "reason"), "removed");
    call_room_close(h.world.call, h.room.id);
    assert_string_equal(str(last(&c), "reason"), "room_closed");
    client_fini(&a);
    client_fini(&b);
    client_fini(&c);
    house_end(&h);
}

/** As the worker tells it of a participant's data channels. */
static void from_worker(struct house *h, const struct client *c, enum letter_data_what what,
                        const char *text)
{
    struct letter l = {.type = LETTER_DATA_IN};
    struct call_member *m = c->session->member;
    snprintf(l.room, sizeof(l.room), "%s", call_member_room(m));
    snprintf(l.member, sizeof(l.member), "%s", call_member_id(m));
    l.u.data.what = what;
    l.u.data.text = strdup(text);
    fake_say(&h->world.worker, &l);
    letter_fini(&l);
}

/** The `k`-th text that control sent by a data channel to this participant. */
static json_t *by_data(struct house *h, const struct client *c, unsigned k)
{
    const struct fake_worker *f = &h->world.worker;
    const char *id = call_member_id(c->session->member);
    for (unsigned i = 0; i < f->count; i++)
        if (f->got[i].type == LETTER_DATA_OUT && strcmp(f->got[i].member, id) == 0 && k-- == 0)
            return json_loads(f->got[i].u.data.text, 0, NULL);
    return NULL;
}

static void chat_goes_by_the_data_channel_while_it_is_open(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    join(&h, &ada, "");
    join(&h, &bob, "");
    from_worker(&h, &ada, DATA_OPEN, "");
    from_worker(&h, &ada, DATA_TEXT, "{\"type\":\"chat\",\"id\":7,\"text\":\"by data\"}");
    TURN_UNTIL(&h.world, heard(&bob, "chat", 0) != NULL);
    json_t *chat = NULL, *ok = NULL;
    TURN_UNTIL(&h.world, (ok = by_data(&h, &ada, 1)) != NULL);
    chat = by_data(&h, &ada, 0);
    assert_string_equal(str(chat, "text"), "by data");
    assert_string_equal(str(ok, "type"), "ok");
    assert_int_equal(json_integer_value(json_object_get(ok, "re")), 7);
    assert_null(heard(&ada, "chat", 0)); // once, and not by the socket as well
    assert_null(by_data(&h, &bob, 0));
    json_decref(chat);
    json_decref(ok);

    ask(&bob, "{\"type\":\"chat\",\"text\":\"by socket\"}");
    TURN_UNTIL(&h.world, (chat = by_data(&h, &ada, 2)) != NULL);
    assert_string_equal(str(chat, "text"), "by socket");
    assert_int_equal(json_integer_value(json_object_get(chat, "n")), 2);
    assert_null(heard(&ada, "chat", 0));
    assert_non_null(heard(&bob, "chat", 1));
    json_decref(chat);

    // What could not be sent comes back, and the socket has it.
    from_worker(&h, &ada, DATA_RETURNED, "{\"type\":\"chat\",\"n\":2,\"text\":\"by socket\"}");
    TURN_UNTIL(&h.world, heard(&ada, "chat", 0) != NULL);
    from_worker(&h, &ada, DATA_CLOSED, "");
    from_worker(&h, &ada, DATA_TOO_SLOW, "label");
    TURN_UNTIL(&h.world, heard(&ada, "channel", 0) != NULL);
    assert_string_equal(str(heard(&ada, "channel", 0), "reason"), "too_slow");
    ask(&bob, "{\"type\":\"chat\",\"text\":\"closed again\"}");
    assert_string_equal(str(heard(&ada, "chat", 1), "text"), "closed again");
    client_fini(&ada);
    client_fini(&bob);
    house_end(&h);
}

static void data_channel_takes_chat_alone_with_the_same_checks(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"{\"type\":\"leave\",\"id\":1}", "unknown_type"},
        {"{\"type\":\"update\",\"name\":\"x\",\"id\":1}", "unknown_type"},
        {"{\"type\":\"join\",\"link\":\"x\",\"id\":1}", "unknown_type"},
        {"{\"type\":\"odd\",\"id\":1}", "unknown_type"},
        {"no json", "invalid_message"},
        {"{\"type\":\"chat\",\"id\":1,\"text\":\"\"}", "invalid_field"},
        {"{\"type\":\"chat\",\"id\":1,\"text\":\"x\",\"to\":\"nobody\"}",
         "unknown_participant"},
    };
    (void)state;
    struct house h;
    struct client ada;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    join(&h, &ada, "");
    from_worker(&h, &ada, DATA_OPEN, "");
    const size_t before = json_array_size(ada.heard);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *error = NULL;
        from_worker(&h, &ada, DATA_TEXT, cases[i].text);
        TURN_UNTIL(&h.world, (error = by_data(&h, &ada, i)) != NULL);
        assert_string_equal(str(error, "type"), "error");
        assert_string_equal(str(error, "reason"), cases[i].reason);
        json_decref(error);
    }
    assert_int_equal(json_array_size(ada.heard), before);
    assert_int_equal(ada.code, 0);
    // Ten in ten seconds, by whichever way.
    for (unsigned i = 0; i < 10; i++)
        from_worker(&h, &ada, DATA_TEXT, "{\"type\":\"chat\",\"text\":\"x\"}");
    json_t *last_one = NULL;
    TURN_UNTIL(&h.world, (last_one = by_data(&h, &ada, 16)) != NULL);
    json_decref(last_one);
    expect_error(&ada, "{\"type\":\"chat\",\"text\":\"x\"}", "rate_limited", NULL);
    client_fini(&ada);
    house_end(&h);
}

static void history_is_what_it_may_read(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    join(&h, &ada, "");
    join(&h, &bob, "");
    for (unsigned i = 0; i < 3; i++)
        ask(&ada, "{\"type\":\"chat\",\"text\":\"x\"}");
    char private[100];
    snprintf(private, sizeof(private), "{\"type\":\"chat\",\"text\":\"x\",\"to\":\"%s\"}",
             call_member_id(ada.session->member));
    ask(&ada, private); // to herself
    json_t *answer = ask(&bob, "{\"type\":\"history\",\"id\":4,\"after\":1}");
    assert_string_equal(str(answer, "type"), "history");
    assert_int_equal(json_integer_value(json_object_get(answer, "re")), 4);
    assert_int_equal(json_array_size(json_object_get(answer, "chat")), 2);
    answer = ask(&ada, "{\"type\":\"history\",\"id\":4,\"after\":1}");
    assert_int_equal(json_array_size(json_object_get(answer, "chat")), 3);
    expect_error(&bob, "{\"type\":\"history\",\"id\":4,\"after\":\"x\"}", "invalid_field",
                 "/after");
    client_fini(&ada);
    client_fini(&bob);
    house_end(&h);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chat_goes_by_the_data_channel_while_it_is_open),
        cmocka_unit_test(data_channel_takes_chat_alone_with_the_same_checks),
        cmocka_unit_test(history_is_what_it_may_read),
        cmocka_unit_test(a_join_is_answered_with_all_there_is_to_know),
        cmocka_unit_test(host_secret_and_personal_token_give_roles),
        cmocka_unit_test(links_that_lead_nowhere_say_why),
        cmocka_unit_test(a_full_room_and_too_many_joins_are_refused),
        cmocka_unit_test(bad_messages_keep_the_connection),
        cmocka_unit_test(details_are_in_the_language_of_the_join),
        cmocka_unit_test(fifty_errors_in_a_minute_are_too_many),
        cmocka_unit_test(offers_are_answered_or_refused_with_the_line),
        cmocka_unit_test(every_request_with_an_id_is_answered_once),
        cmocka_unit_test(chat_is_limited),
        cmocka_unit_test(a_participant_asks_for_its_own_quality),
        cmocka_unit_test(a_lost_socket_resumes_where_it_was),
        cmocka_unit_test(who_leaves_the_page_is_gone_at_once),
        cmocka_unit_test(who_comes_back_too_late_joins_anew),
        cmocka_unit_test(who_does_not_join_in_time_is_closed),
        cmocka_unit_test(who_says_nothing_is_taken_for_lost_and_may_resume),
        cmocka_unit_test(leaving_removal_and_the_end_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
