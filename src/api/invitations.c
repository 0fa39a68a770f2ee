/* Invitations: a server rings people for its users; a browser answers for its own. */
#include "inner.h"
#include "invite_body.h"

#include "links/users.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_TTL_S 3600

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

/** What a pop-in on the callee's screen says. */
static json_t *popin_json(const struct store_invitation *i, const char *lang)
{
    const bool french = strncmp(lang, "fr", 2) == 0;

    return json_pack(
        "{s:s, s:o, s:s, s:s}", "locale", french ? "fr" : "en", "title",
        json_sprintf(french ? "%s vous appelle" : "%s is calling you", i->from_name), "accept",
        french ? "Accepter" : "Accept", "decline", french ? "Refuser" : "Decline");
}

json_t *api_invitation_json(const struct api *api, const struct store_invitation *i,
                            const char *lang)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:o, s:s}, s:{s:o, s:o}, s:o, s:o}", "id", i->id, "kind",
        i->email ? "email" : "ring", "state", links_invite_state_name(i->state), "room_id",
        i->room, "from", "ref", text_or_null(i->from_ref), "name", i->from_name, "to", "ref",
        text_or_null(i->to_ref), "name", text_or_null(i->to_name), "created_at",
        api_time_json(i->created_at), "settled_at", api_time_json(i->settled_at));

    if (i->email) {
        char url[LINKS_URL_SIZE];

        links_invitation_url(api->conf.links, i, url);
        (void)json_object_set_new(json, "url", json_string(url));
        (void)json_object_set_new(json, "uses", json_integer(i->uses));
        (void)json_object_set_new(json, "max_uses",
                                  i->max_uses ? json_integer(i->max_uses) : json_null());
        (void)json_object_set_new(json, "expires_at", api_time_json(i->expires_at));
    } else {
        (void)json_object_set_new(json, "ring_timeout", json_integer(i->ring_s));
        (void)json_object_set_new(json, "popin", popin_json(i, lang));
    }
    return json;
}

/** The language of a room's texts. */
static const char *lang_of(const struct http_req *req, const struct links_caller *caller,
                           const struct links_room *room)
{
    if (room && *room->locale)
        return room->locale;
    return *caller->tenant.locale ? caller->tenant.locale : http_lang(req);
}

/* ---- making them ---- */

/** Rings are limited by who calls; a token a ring. False: it was answered. */
static bool may_ring(struct api *api, struct http_req *req, const struct links_caller *caller,
                     const struct invite_body *in)
{
    unsigned retry_s;

    for (unsigned i = 0; i < in->count; i++) {
        if (!in->to[i].invitation.email &&
            !api_ring_take(api, caller->tenant.id, in->from_ref, &retry_s)) {
            http_problem_later(req, PROBLEM_RATE_LIMITED, NULL, retry_s);
            return false;
        }
    }
    return true;
}

/** The day's quota. False: it was answered. */
static bool within_quota(struct api *api, struct http_req *req,
                         const struct links_caller *caller, unsigned more)
{
    int error = api_invitations_quota(api, caller->tenant.id, more);

    if (error == -EDQUOT)
        http_problem_later(req, PROBLEM_QUOTA_EXCEEDED, "invitations", 3600);
    else if (error)
        api_fail(req, error);
    return error == 0;
}

static bool twice(const struct invite_body *in, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (!in->to[k].invitation.email &&
            strcmp(in->to[k].invitation.to_ref, in->to[i].invitation.to_ref) == 0)
            return true;
    return false;
}

/** Nobody of them is rung by this caller now, so that all are invited or none. False: it was
 * answered. */
static bool all_free(struct api *api, struct http_req *req, const struct links_room *room,
                     const struct invite_body *in)
{
    for (unsigned i = 0; i < in->count; i++) {
        const struct store_invitation *v = &in->to[i].invitation;
        char pointer[32];
        int error;

        if (v->email)
            continue;
        error = links_ringing(api->conf.links, room->tenant, in->from_ref, v->to_ref);
        if (error == -ENOENT && !twice(in, i))
            continue;
        (void)snprintf(pointer, sizeof pointer, "/to/%u", i);
        if (error == 0 || error == -ENOENT)
            http_problem(req, PROBLEM_CONFLICT,
                         api_say(req, "this person is being called already",
                                 "cette personne est déjà appelée"),
                         pointer);
        else
            api_fail(req, error);
        return false;
    }
    return true;
}

/** Invites them one by one, and notes their ids. */
static int invite_each(struct api *api, const struct links_room *room, struct invite_body *in,
                       char ids[STORE_KEPT_SIZE])
{
    size_t at = 0;
    int error = 0;

    for (unsigned i = 0; i < in->count && error == 0; i++) {
        struct store_invitation *v = &in->to[i].invitation;

        memcpy(v->tenant, room->tenant, sizeof v->tenant);
        memcpy(v->room, room->id, sizeof v->room);
        memcpy(v->from_ref, in->from_ref, sizeof v->from_ref);
        memcpy(v->from_name, in->from_name, sizeof v->from_name);
        v->ring_s = v->email ? 0 : in->ring_s;
        error = links_invite(api->conf.links, v, in->to[i].offline, api_now());
        if (error == 0)
            api_tell_invitation(api, v);
        at += (size_t)snprintf(ids + at, STORE_KEPT_SIZE - at, "%s%s", i > 0 ? " " : "", v->id);
        assert(at < STORE_KEPT_SIZE);
    }
    return error;
}

/** The invitations, their events and the answer to the key: all or none. */
static int invite_all(struct api *api, struct http_req *req, const struct links_caller *caller,
                      const char *key, const struct links_room *room, struct invite_body *in)
{
    char ids[STORE_KEPT_SIZE] = "";
    int error = notify_begin(api->conf.notify);

    if (error)
        return error;
    error = invite_each(api, room, in, ids);
    if (error == 0)
        error = api_keep(api, req, caller, key, (struct api_kept){201, ids});
    error = notify_end(api->conf.notify, error);
    for (unsigned i = 0; i < in->count && error == 0; i++)
        api_invitation_shown(api, &in->to[i].invitation);
    return error;
}

/** As they are now. */
static void reply_invitations(struct api *api, struct http_req *req,
                              const struct links_caller *caller,
                              const struct links_answer *answer)
{
    const struct links_caller none = {0};
    struct links_room room;
    struct store_invitation i;
    char ids[STORE_KEPT_SIZE];
    char *save = NULL;
    json_t *list = json_array();
    int error =
        links_room_get(api->conf.links, caller->tenant.id, http_param(req, "id"), &room);

    memcpy(ids, answer->resource, sizeof ids);
    for (char *id = strtok_r(ids, " ", &save); id && error == 0;
         id = strtok_r(NULL, " ", &save)) {
        error = links_invitation_get(api->conf.links, caller->tenant.id, id, &i);
        if (error == 0)
            (void)json_array_append_new(
                list, api_invitation_json(api, &i, lang_of(req, &none, &room)));
    }
    if (error)
        api_fail(req, error);
    else
        http_reply_json(req, answer->status, json_pack("{s:O}", "invitations", list));
    json_decref(list);
}

static void make_invitations(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    const struct links_caller none = {0};
    struct links_caller caller;
    struct links_room room;
    struct body body;
    struct invite_body *in = malloc(sizeof *in);
    const char *key;
    json_t *list;
    int error;

    if (!in)
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    if (!in || !api_room(api, req, SCOPE_INVITATIONS, &caller, &room) ||
        !api_once(api, req, &caller, reply_invitations, &key) ||
        !api_body_of(&body, req, invite_body_fields)) {
        free(in);
        return;
    }
    invite_body_read(&body, in, api_now());
    if (api_body_done(&body, req) && all_free(api, req, &room, in) &&
        may_ring(api, req, &caller, in) && within_quota(api, req, &caller, in->count)) {
        error = invite_all(api, req, &caller, key, &room, in);
        list = json_array();
        for (unsigned i = 0; i < in->count && error == 0; i++)
            (void)json_array_append_new(list, api_invitation_json(api, &in->to[i].invitation,
                                                                  lang_of(req, &none, &room)));
        if (error)
            api_fail(req, error);
        else
            http_reply_json(req, 201, json_pack("{s:O}", "invitations", list));
        json_decref(list);
    }
    free(in);
}

/* ---- reading and answering them ---- */

struct listing {
    struct api *api;
    const char *lang;
    json_t *list;
};

static void list_one(const struct store_invitation *i, void *ctx)
{
    struct listing *l = ctx;

    (void)json_array_append_new(l->list, api_invitation_json(l->api, i, l->lang));
}

static void list_invitations(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct listing l = {.api = api};
    int error;

    if (!api_room(api, req, SCOPE_INVITATIONS, &caller, &room))
        return;
    l.lang = lang_of(req, &caller, &room);
    l.list = json_array();
    error = links_invitation_list(api->conf.links, room.id, list_one, &l);
    if (error == 0)
        http_reply_json(req, 200, json_pack("{s:O}", "invitations", l.list));
    else
        api_fail(req, error);
    json_decref(l.list);
}

/** Who calls and the invitation {id}, which must be theirs to see; false: it was answered. */
static bool find(struct api *api, struct http_req *req, struct api_either *who,
                 struct store_invitation *i, bool callee_only)
{
    int error;

    if (!api_user_or_key(api, req, SCOPE_INVITATIONS, who))
        return false;
    error = links_invitation_get(api->conf.links, who->key.tenant.id, http_param(req, "id"), i);
    if (error == 0 && who->is_user && strcmp(who->ref, i->to_ref) != 0 &&
        (callee_only || strcmp(who->ref, i->from_ref) != 0))
        error = -ENOENT; // nobody learns of others' invitations
    if (error)
        api_fail(req, error);
    return error == 0;
}

static void get_invitation(struct http_req *req, void *ctx)
{
    struct api_either who;
    struct store_invitation i;

    if (find(ctx, req, &who, &i, false))
        http_reply_json(req, 200, api_invitation_json(ctx, &i, lang_of(req, &who.key, NULL)));
}

/** Moves it and tells of it. False: it was answered. */
static bool move(struct api *api, struct http_req *req, struct store_invitation *i,
                 enum links_invite_state to)
{
    const bool live = call_room_count(api->conf.call, i->room) > 0;
    int error = links_invitation_move(api->conf.links, i, to, live, api_now());

    if (error == -EALREADY)
        http_problem_with(req, PROBLEM_INVITATION_SETTLED, NULL, NULL,
                          json_pack("{s:s}", "state", links_invite_state_name(i->state)));
    else if (error)
        api_fail(req, error);
    else
        api_invitation_changed(api, i);
    return error == 0;
}

static void acknowledge(struct http_req *req, void *ctx)
{
    struct api_either who;
    struct store_invitation i;

    if (find(ctx, req, &who, &i, true) && api_body_empty(req) &&
        move(ctx, req, &i, INVITE_RINGING))
        http_reply(req, 204, NULL, NULL, 0);
}

static void decline(struct http_req *req, void *ctx)
{
    struct api_either who;
    struct store_invitation i;

    if (find(ctx, req, &who, &i, true) && api_body_empty(req) &&
        move(ctx, req, &i, INVITE_DECLINED))
        http_reply(req, 204, NULL, NULL, 0);
}

static void cancel(struct http_req *req, void *ctx)
{
    struct api_either who;
    struct store_invitation i;

    if (find(ctx, req, &who, &i, false) && move(ctx, req, &i, INVITE_CANCELLED))
        http_reply(req, 204, NULL, NULL, 0);
}

/** The way in: events carry no links. */
static void take_up(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct api_either who;
    struct store_invitation i;
    struct links_room room;
    struct links_member member = {.role = ROLE_MEMBER};
    char *url;
    int error;

    if (!find(api, req, &who, &i, true) || !api_body_empty(req))
        return;
    error = links_room_get(api->conf.links, i.tenant, i.room, &room);
    if (error || room.closed) {
        if (error)
            api_fail(req, error);
        else
            http_problem(req, PROBLEM_ROOM_CLOSED, NULL, NULL);
        return;
    }
    if (!move(api, req, &i, INVITE_ACCEPTED))
        return;
    memcpy(member.ref, i.to_ref, sizeof member.ref);
    memcpy(member.name, i.to_name, sizeof member.name);
    url = links_member_url(api->conf.links, &room, &member, JOIN_TTL_S, api_now());
    if (url)
        http_reply_json(req, 200, json_pack("{s:s}", "join_url", url));
    else
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    free(url);
}

/* ---- browsers' tokens ---- */

static void make_user_token(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"user", NULL};
    static const char *const of_user[] = {"ref", "name", NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct links_user user;
    struct body body;
    const json_t *given;
    const char *key;
    char *token;

    // Anew each time: what is answered again would be shorter-lived, and would have to be kept.
    if (!api_caller(api, req, SCOPE_USERS, &caller) ||
        !api_once(api, req, &caller, NULL, &key) || !api_body_of(&body, req, known))
        return;
    user.tenant = caller.tenant;
    given = body_object(&body, "/user", of_user);
    if (!given)
        body_bad(&body, "/user", "required", "obligatoire");
    else if (!body_text(&body, given, "/user/ref", 255, user.ref, sizeof user.ref))
        body_bad(&body, "/user/ref", "required", "obligatoire");
    else if (!body_text(&body, given, "/user/name", 80, user.name, sizeof user.name))
        body_bad(&body, "/user/name", "required", "obligatoire");
    if (!api_body_done(&body, req))
        return;
    if (!api_keep_alone(api, req, &caller, key))
        return;
    token = links_user_token(api->conf.links, &user, api_now());
    if (token)
        http_reply_json(
            req, 201,
            json_pack("{s:s, s:i}", "token", token, "expires_in", LINKS_USER_TOKEN_S));
    else
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    free(token);
}

void api_invitations_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"POST", "/api/v1/rooms/{id}/invitations", make_invitations, API_BODY_MAX, 0},
        {"GET", "/api/v1/rooms/{id}/invitations", list_invitations, 0, 0},
        {"GET", "/api/v1/invitations/{id}", get_invitation, 0, HTTP_CORS},
        {"DELETE", "/api/v1/invitations/{id}", cancel, 0, HTTP_CORS},
        {"POST", "/api/v1/invitations/{id}/ack", acknowledge, API_BODY_MAX, HTTP_CORS},
        {"POST", "/api/v1/invitations/{id}/accept", take_up, API_BODY_MAX, HTTP_CORS},
        {"POST", "/api/v1/invitations/{id}/decline", decline, API_BODY_MAX, HTTP_CORS},
        {"POST", "/api/v1/user-tokens", make_user_token, API_BODY_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
