#include "inner.h"

#include "base/digest.h"
#include "base/text.h"
#include "base/usec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_CHARS  200
#define REF_CHARS    255
#define NAME_CHARS   80
#define LIST_DEFAULT 50
#define LIST_MAX     200
#define TTL_DEFAULT  3600

static void reply_room(struct api *api, struct http_req *req, unsigned status,
                       const struct links_caller *caller, const struct links_room *room)
{
    http_reply_json(req, status, api_room_json(api, req, caller, room));
}

static void reply_made(struct api *api, struct http_req *req, unsigned status,
                       const struct links_caller *caller, const struct links_room *room)
{
    char location[64];

    (void)snprintf(location, sizeof location, "/api/v1/rooms/%s", room->id);
    http_set(req, "Location", location);
    reply_room(api, req, status, caller, room);
}

/* ---- fields ---- */

static void read_kind(struct api_body *body, struct links_room *room)
{
    char word[16];

    // A personal room is made by PUT /users/{ref}/room: there is one a user.
    if (api_text(body, body->json, "/kind", 15, word, sizeof word) &&
        (!links_kind_from(word, &room->kind) || room->kind == ROOM_PERSONAL))
        api_bad_field(body, "/kind", "instant, event");
}

static void read_access(struct api_body *body, struct links_room *room)
{
    char word[16];

    if (api_text(body, body->json, "/access", 15, word, sizeof word) &&
        !links_access_from(word, &room->access))
        api_bad_field(body, "/access", "open, lobby, members");
}

static void read_expiry(struct api_body *body, struct links_room *room, int64_t now)
{
    if (json_is_null(json_object_get(body->json, "expires_at")))
        room->expires_at = 0;
    if (api_time(body, "/expires_at", &room->expires_at) && room->expires_at <= now)
        api_bad_field(body, "/expires_at",
                      api_say(body->req, "it is in the past", "elle est passée"));
}

/** Absent: as it is. null: none. */
static void read_title(struct api_body *body, struct links_room *room)
{
    if (json_is_null(json_object_get(body->json, "title")))
        *room->title = '\0';
    (void)api_text(body, body->json, "/title", TITLE_CHARS, room->title, sizeof room->title);
}

static void read_owner(struct api_body *body, struct links_room *room)
{
    static const char *const known[] = {"ref", "name", NULL};
    const json_t *owner = api_object(body, "/owner", known);

    if (!owner)
        return;
    if (!api_text(body, owner, "/owner/ref", REF_CHARS, room->owner_ref,
                  sizeof room->owner_ref))
        api_bad_field(body, "/owner/ref", api_say(body->req, "required", "obligatoire"));
    (void)api_text(body, owner, "/owner/name", NAME_CHARS, room->owner_name,
                   sizeof room->owner_name);
}

/** RFC 5646 in outline: letters, digits and dashes. */
static void read_locale(struct api_body *body, struct links_room *room)
{
    if (api_text(body, body->json, "/locale", 15, room->locale, sizeof room->locale) &&
        room->locale[strspn(room->locale, "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")])
        api_bad_field(
            body, "/locale",
            api_say(body->req, "a language, as fr or en", "une langue, comme fr ou en"));
}

static void read_metadata(struct api_body *body, struct links_room *room)
{
    const json_t *object = api_object(body, "/metadata", NULL);
    size_t len;

    if (!object)
        return;
    len = json_dumpb(object, room->metadata, sizeof room->metadata - 1, JSON_COMPACT);
    if (len == 0 || len >= sizeof room->metadata) {
        api_bad_field(body, "/metadata",
                      api_say(body->req, "at most 4096 bytes", "au plus 4096 octets"));
        return;
    }
    room->metadata[len] = '\0';
}

/* ---- idempotency ---- */

/** SHA-256 of what makes two requests the same. */
static void hash_request(const struct http_req *req, uint8_t out[SHA256_SIZE])
{
    size_t len;
    const char *body = http_body(req, &len);
    const char *path = http_path(req);
    size_t path_len = strlen(path) + 1;
    char *all = malloc(path_len + len);

    if (!all)
        abort();
    memcpy(all, path, path_len);
    memcpy(all + path_len, body, len);
    digest_sha256(all, path_len + len, out);
    free(all);
}

/** Answers again what was answered before to this Idempotency-Key; true if it did. */
static bool answer_again(struct api *api, struct http_req *req,
                         const struct links_caller *caller, const char *key)
{
    struct links_answer answer;
    struct links_room room;
    uint8_t hash[SHA256_SIZE];
    int error = links_answer_get(api->conf.links, caller->tenant.id, key, &answer, api_now());

    if (error == -ENOENT)
        return false;
    hash_request(req, hash);
    if (error == 0 && !digest_same(hash, sizeof hash, answer.request, sizeof answer.request)) {
        http_problem(req, PROBLEM_IDEMPOTENCY_MISMATCH, NULL, NULL);
        return true;
    }
    if (error == 0)
        error = links_room_get(api->conf.links, caller->tenant.id, answer.room, &room);
    if (error)
        api_fail(req, error);
    else if (room.closed)
        http_problem(req, PROBLEM_ROOM_CLOSED, NULL, NULL);
    else
        reply_made(api, req, answer.status, caller, &room);
    return true;
}

/** The header, NULL if there is none; false: it is not one and was answered. */
static bool idempotency_key(struct http_req *req, const char **out)
{
    *out = http_header(req, HTTP_IDEMPOTENCY_KEY);
    if (!*out || (**out && strlen(*out) <= 255 && text_one_line(*out, strlen(*out))))
        return true;
    http_problem(req, PROBLEM_INVALID_REQUEST, "Idempotency-Key", NULL);
    return false;
}

/* ---- requests ---- */

static bool within_rate(struct api *api, struct http_req *req,
                        const struct links_caller *caller)
{
    unsigned retry_s;

    if (api->conf.dev_tenant && http_is_loopback(req))
        return true;
    if (limit_take(api->conf.rooms, caller->key, &retry_s, usec_now()))
        return true;
    http_problem_later(req, PROBLEM_RATE_LIMITED, NULL, retry_s);
    return false;
}

/** Reads the body of POST /rooms; false: it was answered. */
static bool read_room(struct http_req *req, struct links_room *room, int64_t now)
{
    static const char *const known[] = {"kind",   "title",     "access",
                                        "owner",  "event_ref", "expires_at",
                                        "locale", "metadata",  NULL};
    struct api_body body;

    api_body_open(&body, req, known);
    read_kind(&body, room);
    read_title(&body, room);
    read_access(&body, room);
    read_owner(&body, room);
    (void)api_text(&body, body.json, "/event_ref", REF_CHARS, room->event_ref,
                   sizeof room->event_ref);
    read_expiry(&body, room, now);
    read_locale(&body, room);
    read_metadata(&body, room);
    api_body_close(&body);
    return !body.failed;
}

static void make_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room = {0};
    const char *key;
    int error;

    if (!api_caller(api, req, SCOPE_ROOMS_WRITE, &caller) || !idempotency_key(req, &key) ||
        (key && answer_again(api, req, &caller, key)) || !within_rate(api, req, &caller) ||
        !read_room(req, &room, api_now()))
        return;
    memcpy(room.tenant, caller.tenant.id, sizeof room.tenant);
    room.uuid = caller.tenant.uuid;
    if (key) {
        struct links_answer answer = {.status = 201};

        hash_request(req, answer.request);
        error = links_room_make_once(api->conf.links, &room, key, &answer, api_now());
    } else {
        error = links_room_make(api->conf.links, &room, api_now());
    }
    if (error)
        api_fail(req, error);
    else
        reply_made(api, req, 201, &caller, &room);
}

struct listing {
    struct api *api;
    struct http_req *req;
    const struct links_caller *caller;
    json_t *rooms;
    bool live;
};

static void list_one(const struct links_room *room, void *ctx)
{
    struct listing *l = ctx;

    if (!l->live || call_room_count(l->api->conf.call, room->id) > 0)
        (void)json_array_append_new(l->rooms, api_room_json(l->api, l->req, l->caller, room));
}

/** What the query of GET /rooms asks for; false: it was answered. */
static bool read_list(struct http_req *req, struct links_list *list, bool *live)
{
    static const char *const known[] = {"owner", "event_ref", "live", "cursor", "limit", NULL};
    const char *name, *value, *limit = http_query(req, "limit");
    char *end = NULL;
    unsigned long n = limit ? strtoul(limit, &end, 10) : LIST_DEFAULT;

    for (size_t i = 0; (name = http_query_at(req, i, &value)); i++) {
        const char *const *k = known;

        while (*k && strcmp(*k, name) != 0)
            k++;
        if (!*k) {
            http_problem(req, PROBLEM_INVALID_FIELD,
                         api_say(req, "unknown parameter", "paramètre inconnu"), NULL);
            return false;
        }
    }
    if (n == 0 || n > LIST_MAX || (end && *end)) {
        http_problem(req, PROBLEM_INVALID_FIELD, "limit: 1-200", NULL);
        return false;
    }
    list->owner_ref = http_query(req, "owner");
    list->event_ref = http_query(req, "event_ref");
    list->cursor = http_query(req, "cursor");
    list->limit = (unsigned)n;
    value = http_query(req, "live");
    *live = value && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
    return true;
}

static void list_rooms(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_list list = {0};
    struct listing l = {.api = api, .req = req, .caller = &caller};
    char next[LINKS_CURSOR_SIZE];
    int error;

    if (!api_caller(api, req, SCOPE_ROOMS_READ, &caller) || !read_list(req, &list, &l.live))
        return;
    list.tenant = caller.tenant.id;
    l.rooms = json_array();
    error = links_room_list(api->conf.links, &list, list_one, &l, next);
    if (error) {
        json_decref(l.rooms);
        if (error == -EINVAL)
            http_problem(req, PROBLEM_INVALID_FIELD, "cursor", NULL);
        else
            api_fail(req, error);
        return;
    }
    http_reply_json(req, 200,
                    json_pack("{s:o, s:o}", "rooms", l.rooms, "next_cursor",
                              *next ? json_string(next) : json_null()));
}

static void get_room(struct http_req *req, void *ctx)
{
    struct links_caller caller;
    struct links_room room;

    if (api_room(ctx, req, SCOPE_ROOMS_READ, &caller, &room))
        reply_room(ctx, req, 200, &caller, &room);
}

static void change_room(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"title", "access", "expires_at", NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct api_body body;
    int error;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room))
        return;
    api_body_open(&body, req, known);
    read_title(&body, &room);
    read_access(&body, &room);
    read_expiry(&body, &room, api_now());
    api_body_close(&body);
    if (body.failed)
        return;
    error = links_room_change(api->conf.links, &room);
    if (error) {
        api_fail(req, error);
        return;
    }
    call_room_title(api->conf.call, room.id, room.title);
    reply_room(api, req, 200, &caller, &room);
}

static void close_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    int error;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room))
        return;
    room.closed = true;
    error = links_room_change(api->conf.links, &room);
    if (error) {
        api_fail(req, error);
        return;
    }
    call_room_close(api->conf.call, room.id);
    http_reply(req, 204, NULL, NULL, 0);
}

/** Reads {"old", "disconnect"}; false: it was answered. */
static bool read_rotation(struct http_req *req, enum links_old *old, bool *disconnect)
{
    static const char *const known[] = {"old", "disconnect", NULL};
    struct api_body body;
    char word[16] = "closed";

    api_body_open(&body, req, known);
    (void)api_text(&body, body.json, "/old", 15, word, sizeof word);
    (void)api_flag(&body, "/disconnect", disconnect);
    if (strcmp(word, "closed") == 0)
        *old = OLD_CLOSED;
    else if (strcmp(word, "redirect") == 0)
        *old = OLD_REDIRECT;
    else if (strcmp(word, "keep") == 0)
        *old = OLD_KEEP;
    else
        api_bad_field(&body, "/old", "closed, redirect, keep");
    api_body_close(&body);
    return !body.failed;
}

static void rotate_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    enum links_old old = OLD_CLOSED;
    bool disconnect = false;
    const char *key;
    int error;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) || !idempotency_key(req, &key) ||
        (key && answer_again(api, req, &caller, key)) || !read_rotation(req, &old, &disconnect))
        return;
    if (key) {
        struct links_answer answer = {.status = 200};

        hash_request(req, answer.request);
        error = links_room_rotate_once(api->conf.links, &room, old, key, &answer, api_now());
    } else {
        error = links_room_rotate(api->conf.links, &room, old);
    }
    if (error) {
        api_fail(req, error);
        return;
    }
    if (disconnect)
        call_room_close(api->conf.call, room.id);
    reply_room(api, req, 200, &caller, &room);
}

/** Reads {"user", "role", "ttl"}; false: it was answered. */
static bool read_token(struct http_req *req, struct links_member *who, int64_t *ttl_s)
{
    static const char *const known[] = {"user", "role", "ttl", NULL};
    static const char *const of_user[] = {"ref", "name", NULL};
    struct api_body body;
    const json_t *user;
    char word[16];

    api_body_open(&body, req, known);
    user = api_object(&body, "/user", of_user);
    if (!user)
        api_bad_field(&body, "/user", api_say(req, "required", "obligatoire"));
    else if (!api_text(&body, user, "/user/ref", REF_CHARS, who->ref, sizeof who->ref))
        api_bad_field(&body, "/user/ref", api_say(req, "required", "obligatoire"));
    else if (!api_text(&body, user, "/user/name", NAME_CHARS, who->name, sizeof who->name))
        api_bad_field(&body, "/user/name", api_say(req, "required", "obligatoire"));
    if (api_text(&body, body.json, "/role", 15, word, sizeof word) &&
        !links_role_from(word, &who->role))
        api_bad_field(&body, "/role", "guest, member, host");
    (void)api_number(&body, "/ttl", 1, LINKS_TTL_MAX, ttl_s);
    api_body_close(&body);
    return !body.failed;
}

static void make_token(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct links_member who = {.role = ROLE_MEMBER};
    int64_t ttl_s = TTL_DEFAULT;
    char *url;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) ||
        !read_token(req, &who, &ttl_s))
        return;
    if (who.role == ROLE_HOST && !(caller.scopes & SCOPE_ROOMS_HOST)) {
        http_problem(req, PROBLEM_FORBIDDEN_SCOPE, "rooms:host", NULL);
        return;
    }
    url = links_member_url(api->conf.links, &room, &who, ttl_s, api_now());
    if (url)
        http_reply_json(req, 201, json_pack("{s:s}", "url", url));
    else
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    free(url);
}

void api_rooms_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"POST", "/api/v1/rooms", make_room, API_BODY_MAX, 0},
        {"GET", "/api/v1/rooms", list_rooms, 0, 0},
        {"GET", "/api/v1/rooms/{id}", get_room, 0, 0},
        {"PATCH", "/api/v1/rooms/{id}", change_room, API_BODY_MAX, 0},
        {"DELETE", "/api/v1/rooms/{id}", close_room, 0, 0},
        {"POST", "/api/v1/rooms/{id}/rotate", rotate_room, API_BODY_MAX, 0},
        {"POST", "/api/v1/rooms/{id}/tokens", make_token, API_BODY_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
