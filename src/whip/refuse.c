/* Problems for what can go wrong with an offer or a link. */
#include "session.h"

#include "base/usec.h"

#include <string.h>

void whip_refuse(struct http_req *req, const struct call_answer *answer)
{
    const char *reason = answer->reason;
    if (strcmp(reason, "no_media_worker") == 0 || strcmp(reason, "capacity") == 0 ||
        strcmp(reason, "room_full") == 0) {
        const unsigned later =
            answer->retry_after_s ? answer->retry_after_s : CALL_RETRY_AFTER_S;
        http_problem_later(req, PROBLEM_CAPACITY, reason, later);
        return;
    }
    // A program cannot knock: what is not open to it at once is closed.
    if (strcmp(reason, "lobby") == 0 || strcmp(reason, "locked") == 0 ||
        strcmp(reason, "owner") == 0 || strcmp(reason, "members_only") == 0) {
        http_problem_with(req, PROBLEM_UNAUTHORIZED, NULL, NULL,
                          json_pack("{s:s}", "reason", reason));
        return;
    }
    if (strcmp(reason, "internal") == 0) {
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
        return;
    }
    // What is not SDP at all is a bad request; SDP that we cannot agree to is understood, but
    // cannot be processed (RFC 9110 sections 15.5.1 and 15.5.21).
    enum http_problem kind = PROBLEM_INVALID_FIELD;
    if (strcmp(reason, "invalid_sdp") == 0)
        kind = PROBLEM_INVALID_REQUEST;
    else if (strcmp(reason, "too_large") == 0)
        kind = PROBLEM_TOO_LARGE;
    json_t *more = json_pack("{s:s}", "reason", reason);
    if (answer->line)
        json_object_set_new(more, "line", json_integer(answer->line));
    http_problem_with(req, kind, answer->detail, NULL, more);
}

void whip_refuse_link(struct whip *w, struct http_req *req, enum links_status status)
{
    static const enum http_problem problems[] = {
        [LINK_UNKNOWN] = PROBLEM_NOT_FOUND,      [LINK_REPLACED] = PROBLEM_LINK_REPLACED,
        [LINK_REDIRECT] = PROBLEM_LINK_REPLACED, [LINK_CLOSED] = PROBLEM_ROOM_CLOSED,
        [LINK_EXPIRED] = PROBLEM_LINK_EXPIRED,   [LINK_DISABLED] = PROBLEM_FEATURE_DISABLED,
        [LINK_DOWN] = PROBLEM_CAPACITY,
    };
    char key[LIMIT_KEY_SIZE];
    unsigned later = CALL_RETRY_AFTER_S;
    limit_address(http_address(req), key);
    if (status == LINK_UNKNOWN && w->conf.unknown_links &&
        !limit_take(w->conf.unknown_links, key, &later, usec_now()))
        http_problem_later(req, PROBLEM_RATE_LIMITED, NULL, later);
    else if (status == LINK_DOWN)
        http_problem_later(req, PROBLEM_CAPACITY, NULL, later);
    else
        http_problem(req, problems[status], NULL, NULL);
}
