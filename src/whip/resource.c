/* PATCH and DELETE of a session: RFC 9725 sections 4.2 and 4.3. */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

void whip_session_options(struct http_req *req, void *ctx)
{
    (void)ctx;
    http_set(req, "Allow", "PATCH, DELETE, OPTIONS");
    http_set(req, "Accept-Patch", FRAGMENT_TYPE);
    http_reply(req, 204, NULL, NULL, 0);
}

/** The session of the URL; NULL, and answered, if there is none. */
static struct whip_session *find(struct whip *w, struct http_req *req)
{
    const char *secret = http_param(req, "secret");
    struct whip_session *s = map_get(&w->sessions, secret, strlen(secret));
    if (!s)
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    return s;
}

/** True if an If-Match list has this tag (RFC 9110 section 13.1.1: strong comparison). */
static bool lists_tag(const char *list, const char *tag)
{
    const size_t len = strlen(tag);
    for (const char *at = list; (at = strstr(at, tag)); at += len) {
        const bool begins = at == list || at[-1] == ' ' || at[-1] == ',';
        const bool ends = at[len] == '\0' || at[len] == ' ' || at[len] == ',';
        if (begins && ends)
            return true;
    }
    return false;
}

static void on_gone(struct http_req *req, void *ctx)
{
    struct whip_session *s = ctx;
    s->pending = NULL; // the restart goes on; its answer is lost, and the client asks again
    http_problem(req, PROBLEM_CAPACITY, NULL, NULL); // to nobody, but it is owed
}

static void on_restarted(void *shell, const struct call_answer *answer)
{
    struct whip_session *s = shell;
    struct http_req *req = s->pending;
    s->pending = NULL;
    if (!answer->reason) {
        whip_new_etag(s);
        whip_keep(s);
    }
    if (!req)
        return;
    http_on_gone(req, NULL, NULL);
    if (answer->reason) {
        whip_refuse(req, answer);
        return;
    }
    http_set(req, "ETag", s->etag);
    http_reply(req, 200, FRAGMENT_TYPE, answer->sdp, strlen(answer->sdp));
}

static void restart(struct whip_session *s, struct http_req *req,
                    const struct sdp_fragment *fragment)
{
    const int r = call_restart(s->member, fragment, on_restarted);
    if (r == -EBUSY || r == -ENOTCONN) {
        http_problem(req, PROBLEM_CONFLICT, "a restart is under way", NULL);
    } else if (r != 0) {
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
    } else {
        s->pending = req;
        http_on_gone(req, on_gone, s);
    }
}

/** True if the fragment brings credentials that are not the ones agreed. */
static bool is_restart(const struct whip_session *s, const struct sdp_fragment *fragment)
{
    return fragment->ufrag[0] && (strcmp(fragment->ufrag, call_remote_ufrag(s->member)) != 0 ||
                                  strcmp(fragment->pwd, call_remote_pwd(s->member)) != 0);
}

/** Reads the fragment. False, and answered, if it is none. */
static bool read_fragment(struct http_req *req, struct sdp_fragment *out)
{
    struct sdp_error err = {0};
    size_t len;
    const char *body = http_body(req, &len);
    if (!http_content_is(req, FRAGMENT_TYPE)) {
        http_set(req, "Accept-Patch", FRAGMENT_TYPE);
        http_problem(req, PROBLEM_UNSUPPORTED_MEDIA, FRAGMENT_TYPE " is expected", NULL);
        return false;
    }
    const bool parsed = sdp_fragment_parse(body, len, out, &err) == 0;
    if (parsed && !out->ufrag[0] == !out->pwd[0])
        return true;
    const struct call_answer answer = {
        .reason = "invalid_sdp",
        .detail = parsed ? "ice-ufrag and ice-pwd come together." : err.detail,
        .line = err.line,
    };
    whip_refuse(req, &answer);
    return false;
}

void whip_patch(struct http_req *req, void *ctx)
{
    struct whip_session *s = find(ctx, req);
    struct sdp_fragment fragment;
    if (!s || !read_fragment(req, &fragment))
        return;
    const char *if_match = http_header(req, HTTP_IF_MATCH);
    if (!if_match) {
        http_problem(req, PROBLEM_PRECONDITION_REQUIRED, "If-Match", NULL);
        return;
    }
    // RFC 9725 section 4.3.2: a restart does not know the entity tag it makes, so it says "*".
    const bool any = strcmp(if_match, "*") == 0;
    const bool restarts = is_restart(s, &fragment);
    if ((!any && !lists_tag(if_match, s->etag)) || (!any && restarts)) {
        http_problem(req, PROBLEM_PRECONDITION_FAILED, NULL, NULL);
        return;
    }
    if (restarts)
        restart(s, req, &fragment);
    else // candidates: the client's checks tell us more (RFC 8445 section 2.5)
        http_reply(req, 204, NULL, NULL, 0);
}

void whip_delete(struct http_req *req, void *ctx)
{
    struct whip_session *s = find(ctx, req);
    if (!s)
        return;
    struct http_req *pending = s->pending;
    call_leave(s->member);
    whip_session_free(s);
    if (pending) {
        http_on_gone(pending, NULL, NULL);
        http_problem(pending, PROBLEM_NOT_FOUND, NULL, NULL);
    }
    http_reply(req, 200, NULL, NULL, 0);
}
