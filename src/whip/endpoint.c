/* POST to a link: a publisher or a player comes. */
#include "session.h"

#include "base/log.h"
#include "base/rand.h"
#include "base/usec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SDP_TYPE "application/sdp"

void whip_endpoint_options(struct http_req *req, void *ctx)
{
    (void)ctx;
    http_set(req, "Allow", "POST, OPTIONS");
    http_set(req, "Accept-Post", SDP_TYPE); // RFC 9725 section 4.2
    http_reply(req, 204, NULL, NULL, 0);
}

/* ---- what the call says ---- */

/** The participant is gone: so is the session. */
static void on_closed(void *shell, const char *reason)
{
    struct whip_session *s = shell;
    log_at(LEVEL_INFO, "whip.closed", "reason=%s", reason);
    struct http_req *req = s->pending;
    whip_session_free(s);
    if (!req)
        return;
    if (strcmp(reason, "shutdown") == 0 || strcmp(reason, "worker_restarted") == 0)
        http_problem_later(req, PROBLEM_CAPACITY, reason, CALL_RETRY_AFTER_S);
    else
        http_problem(req, PROBLEM_ROOM_CLOSED, NULL, NULL);
}

const struct call_ops whip_call_ops = {.closed = on_closed};

/** Ends what has not begun. */
static void give_up(struct whip_session *s)
{
    call_leave(s->member);
    whip_session_free(s);
}

/** The client went away before its answer: nobody would end this session. */
static void on_gone(struct http_req *req, void *ctx)
{
    give_up(ctx);
    http_problem(req, PROBLEM_CAPACITY, NULL, NULL); // to nobody, but it is owed
}

static void on_answer(void *shell, const struct call_answer *answer)
{
    struct whip_session *s = shell;
    struct whip *w = s->whip;
    struct http_req *req = s->pending;
    s->pending = NULL;
    http_on_gone(req, NULL, NULL);
    if (answer->reason) {
        give_up(s);
        whip_refuse(req, answer);
        return;
    }
    rand_id(s->secret, sizeof(s->secret), "", WHIP_SECRET_CHARS);
    if (map_put(&w->sessions, s->secret, strlen(s->secret), s) != 0) {
        give_up(s);
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
        return;
    }
    s->live = true;
    whip_new_etag(s);
    whip_keep(s);
    char location[64];
    (void)snprintf(location, sizeof(location), "/%.4s/session/%s", http_path(req) + 1,
                   s->secret);
    http_set(req, "Location", location);
    http_set(req, "ETag", s->etag);
    http_set(req, "Accept-Patch", "application/trickle-ice-sdpfrag");
    json_t *servers = call_ice_servers(w->conf.call);
    whip_add_ice_links(req, servers);
    json_decref(servers);
    http_reply(req, 201, SDP_TYPE, answer->sdp, strlen(answer->sdp));
}

/* ---- the request ---- */

/** Name and role by the bearer token, if there is one. False, and answered, if it may not. */
static bool identify(struct whip *w, struct http_req *req, const struct links_room *room,
                     const char *fallback, struct links_member *out)
{
    const char *bearer = http_bearer(req);
    const char *name = http_query(req, "name");
    *out = (struct links_member){.role = ROLE_GUEST};
    if (name && !call_name_valid(name)) {
        http_problem(req, PROBLEM_INVALID_FIELD, "name: 1 to 80 characters on one line", NULL);
        return false;
    }
    (void)snprintf(out->name, sizeof(out->name), "%s", name ? name : fallback);
    // A token that works once is the page's: a stream that breaks off has to come back.
    if (bearer &&
        (links_verify_member(w->conf.links, room, bearer, out, (int64_t)time(NULL)) != 0 ||
         *out->once)) {
        http_problem(req, PROBLEM_UNAUTHORIZED, NULL, NULL);
        return false;
    }
    return true;
}

static bool may_join(struct whip *w, struct http_req *req)
{
    char key[LIMIT_KEY_SIZE];
    unsigned later = 0;
    limit_address(http_address(req), key);
    if (!w->conf.joins || (w->conf.spare_local && http_is_loopback(req)) ||
        limit_take(w->conf.joins, key, &later, usec_now()))
        return true;
    http_problem_later(req, PROBLEM_RATE_LIMITED, NULL, later);
    return false;
}

/** Everything that can be checked before anyone joins. False, and answered, if it fails. */
static bool check(struct whip *w, struct http_req *req, struct links_room *room)
{
    size_t len;
    (void)http_body(req, &len);
    const enum links_status status =
        links_resolve(w->conf.links, http_param(req, "token"), room, (int64_t)time(NULL));
    if (status != LINK_VALID) {
        whip_refuse_link(w, req, status);
        return false;
    }
    if (!http_content_is(req, SDP_TYPE)) {
        http_set(req, "Accept-Post", SDP_TYPE);
        http_problem(req, PROBLEM_UNSUPPORTED_MEDIA, SDP_TYPE " is expected", NULL);
        return false;
    }
    if (len == 0) {
        http_problem(req, PROBLEM_INVALID_REQUEST, "the body is an SDP offer", NULL);
        return false;
    }
    return may_join(w, req);
}

static void begin(struct whip *w, struct http_req *req, enum call_client client,
                  const char *fallback)
{
    struct links_room room;
    struct links_member member;
    if (!check(w, req, &room) || !identify(w, req, &room, fallback, &member))
        return;
    struct whip_session *s = calloc(1, sizeof(*s));
    if (!s) {
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
        return;
    }
    s->whip = w;
    s->pending = req;
    const struct call_who who = {.room = &room,
                                 .client = client,
                                 .role = member.role,
                                 .name = member.name,
                                 .ref = member.ref};
    struct call_answer refused = {.detail = ""};
    s->member = call_join(w->conf.call, &who, &whip_call_ops, s, &refused.reason);
    if (!s->member) {
        free(s);
        whip_refuse(req, &refused);
        return;
    }
    const char *only = client == CLIENT_WHEP ? http_query(req, "participant") : NULL;
    if (only && !call_want_only(s->member, only)) {
        give_up(s);
        http_problem(req, PROBLEM_NOT_FOUND, "participant", NULL);
        return;
    }
    struct call_offer offer = {0};
    offer.sdp = http_body(req, &offer.len);
    if (call_offer(s->member, &offer, on_answer) != 0) {
        give_up(s);
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
        return;
    }
    http_on_gone(req, on_gone, s);
    (void)links_room_joined(w->conf.links, &room, (int64_t)time(NULL)); // may fail: no matter
}

void whip_publish(struct http_req *req, void *ctx)
{
    begin(ctx, req, CLIENT_WHIP, strcmp(http_lang(req), "fr") == 0 ? "Direct" : "Live");
}

void whip_play(struct http_req *req, void *ctx)
{
    begin(ctx, req, CLIENT_WHEP, "WHEP");
}
