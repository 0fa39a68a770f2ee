/* Rings that begin inside a call, and whom a front end offers there. */
#include "inner.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "base/usec.h"
#include "call/inviting.h"
#include "links/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S        86400
#define LIST_S       3600         ///< rings settled so long ago are of no interest any more
#define CONTACTS_MAX (256u << 10) ///< bytes of PUT …/contacts

/* ---- limits that rings have in common, wherever they begin ---- */

bool api_ring_take(struct api *api, const char *tenant, const char *caller, unsigned *retry_s)
{
    char text[LINKS_ID_SIZE + LINKS_REF_SIZE + 2], key[2 * SHA256_SIZE + 1];
    uint8_t hash[SHA256_SIZE];
    const int n = snprintf(text, sizeof text, "%s|%s", tenant, caller);

    digest_sha256(text, (size_t)n, hash);
    text_hex(hash, 16, key);
    return limit_take(api->conf.rings, key, retry_s, usec_now());
}

int api_invitations_quota(struct api *api, const char *tenant, unsigned more)
{
    struct links_quotas q;
    int64_t n = 0;
    int error = links_quotas_get(api->conf.links, tenant, &q);

    if (error || q.invitations == 0)
        return error;
    error = links_invitation_count(api->conf.links, tenant, api_now() - DAY_S, &n);
    return error ? error : n + more > q.invitations ? -EDQUOT : 0;
}

/* ---- what `call` asks ---- */

static const char *reason_of(int error)
{
    return error == -EEXIST   ? "already_ringing"
           : error == -EDQUOT ? "quota_exceeded"
                              : "internal";
}

static void fill(struct store_invitation *i, const struct links_room *room,
                 const struct call_ring *ring)
{
    memcpy(i->tenant, room->tenant, sizeof i->tenant);
    memcpy(i->room, room->id, sizeof i->room);
    (void)snprintf(i->from_ref, sizeof i->from_ref, "%s", ring->from_ref);
    (void)snprintf(i->from_name, sizeof i->from_name, "%s", ring->from_name);
    (void)snprintf(i->to_ref, sizeof i->to_ref, "%s", ring->to_ref);
    (void)snprintf(i->to_name, sizeof i->to_name, "%s", ring->to_name);
}

static const char *ring(void *arg, struct call_ring *asked)
{
    struct api *api = arg;
    struct store_invitation i = {0};
    struct links_room room;
    int error = links_room_find(api->conf.links, asked->room, &room);

    if (error)
        return reason_of(error);
    // A host without a name of the front end's counts for the room.
    if (!api_ring_take(api, room.tenant, *asked->from_ref ? asked->from_ref : room.id,
                       &asked->retry_after_s))
        return "rate_limited";
    error = api_invitations_quota(api, room.tenant, 1);
    if (error == 0) {
        fill(&i, &room, asked);
        error = links_invite(api->conf.links, &i, asked->offline, api_now());
    }
    if (error)
        return reason_of(error);
    api_invitation_changed(api, &i);
    return NULL;
}

static const char *cancel(void *arg, const char *room, const char *id)
{
    struct api *api = arg;
    struct links_room of;
    struct store_invitation i;
    int error = links_room_find(api->conf.links, room, &of);

    if (error == 0)
        error = links_invitation_get(api->conf.links, of.tenant, id, &i);
    if (error == -ENOENT || (error == 0 && (i.email || strcmp(i.room, room) != 0)))
        return "unknown_invitation";
    if (error == 0)
        error = links_invitation_move(api->conf.links, &i, INVITE_CANCELLED, false, api_now());
    if (error == -EALREADY)
        return "invitation_settled";
    if (error)
        return reason_of(error);
    api_invitation_changed(api, &i);
    return NULL;
}

/** What a page needs to know of a ring. */
static json_t *brief(const struct store_invitation *i)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s}}", "id", i->id, "state",
                     links_invite_state_name(i->state), "from", "name", i->from_name, "to",
                     "ref", i->to_ref, "name", i->to_name);
}

static void list_one(const struct store_invitation *i, void *ctx)
{
    const bool old = i->settled_at != 0 && i->settled_at + LIST_S < api_now();

    if (!i->email && !old)
        (void)json_array_append_new(ctx, brief(i));
}

/** Oldest first, so that the newest of a callee is the one that stays. */
static json_t *list(void *arg, const char *room)
{
    struct api *api = arg;
    json_t *newest = json_array(), *all = json_array();

    if (links_invitation_list(api->conf.links, room, list_one, newest))
        log_at(LEVEL_WARN, "invitations.list", "room=%s", room);
    for (size_t i = json_array_size(newest); i > 0; i--)
        (void)json_array_append(all, json_array_get(newest, i - 1));
    json_decref(newest);
    return all;
}

static json_t *share(void *arg, const char *room, const char *organizer, bool french)
{
    struct api *api = arg;
    struct links_room of;

    return links_room_find(api->conf.links, room, &of)
               ? NULL
               : api_share_mail(api, &of, organizer, french ? "fr" : "en");
}

static void made(void *arg, const struct links_room *room)
{
    api_tell_room(arg, "room.created", room);
}

static int making_begin(void *arg)
{
    const struct api *api = arg;

    return notify_begin(api->conf.notify);
}

static int making_end(void *arg, int error)
{
    const struct api *api = arg;

    return notify_end(api->conf.notify, error);
}

static const struct call_inviting inviting = {ring, cancel,       list,      share,
                                              made, making_begin, making_end};

void api_inviting_told(struct api *api, const struct store_invitation *i)
{
    if (!i->email)
        call_invitation_told(api->conf.call, i->room, brief(i));
}

/* ---- PUT …/contacts ---- */

static json_t *read_contact(struct body *body, json_t *given, unsigned i)
{
    static const char *const known[] = {"ref", "name", "presence", NULL};
    char base[BODY_POINTER_SIZE], at[BODY_POINTER_SIZE], ref[LINKS_REF_SIZE] = "",
                                                         name[LINKS_NAME_SIZE] = "", word[16];
    json_t *one;

    (void)snprintf(base, sizeof base, "/contacts/%u", i);
    if (!json_is_object(given)) {
        body_bad(body, base, "an object", "un objet");
        return json_null();
    }
    body_known(body, given, base, known);
    (void)snprintf(at, sizeof at, "/contacts/%u/ref", i);
    if (!body_text(body, given, at, 255, ref, sizeof ref))
        body_bad(body, at, "required", "obligatoire");
    (void)snprintf(at, sizeof at, "/contacts/%u/name", i);
    if (!body_text(body, given, at, 80, name, sizeof name))
        body_bad(body, at, "required", "obligatoire");
    one = json_pack("{s:s, s:s}", "ref", ref, "name", name);
    (void)snprintf(at, sizeof at, "/contacts/%u/presence", i);
    if (!body_text(body, given, at, 15, word, sizeof word))
        return one;
    if (strcmp(word, "online") != 0 && strcmp(word, "offline") != 0)
        body_bad(body, at, "online, offline", "online, offline");
    (void)json_object_set_new(one, "presence", json_string(word));
    return one;
}

static json_t *read_contacts(struct body *body)
{
    const json_t *given = json_object_get(body->json, "contacts");
    json_t *seen = json_object(), *all = json_array();

    if (!json_is_array(given) || json_array_size(given) > CALL_CONTACTS)
        body_bad(body, "/contacts", "a list of at most 500 people",
                 "une liste de 500 personnes au plus");
    for (unsigned i = 0; !body->failed && i < json_array_size(given); i++) {
        json_t *one = read_contact(body, json_array_get(given, i), i);
        const char *ref = json_string_value(json_object_get(one, "ref"));
        char at[BODY_POINTER_SIZE];

        (void)snprintf(at, sizeof at, "/contacts/%u/ref", i);
        if (!body->failed && ref && json_object_get(seen, ref))
            body_bad(body, at, "twice in the list", "deux fois dans la liste");
        else if (ref)
            (void)json_object_set_new(seen, ref, json_true());
        (void)json_array_append_new(all, one);
    }
    json_decref(seen);
    return all;
}

static void put_contacts(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"contacts", NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct body body;
    json_t *all;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) ||
        !api_body_of(&body, req, known))
        return;
    all = read_contacts(&body);
    if (!api_body_done(&body, req))
        json_decref(all);
    else if (call_contacts_put(api->conf.call, room.id, all))
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    else
        http_reply(req, 204, NULL, NULL, 0);
}

void api_inviting_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"PUT", "/api/v1/rooms/{id}/contacts", put_contacts, CONTACTS_MAX, 0},
    };

    http_routes(api->conf.http, routes, 1, api);
    call_set_inviting(api->conf.call, &inviting, api);
}
