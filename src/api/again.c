/**
 * The same Idempotency-Key makes one thing, and gets the same answer for a day: its status and
 * the ids of what was made are kept, and the answer is written again, so that no link, token or
 * secret is kept.
 */
#include "inner.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void api_reply_room(struct api *api, struct http_req *req, unsigned status,
                    const struct links_caller *caller, const struct links_room *room)
{
    http_reply_json(req, status, api_room_json(api, req, caller, room));
}

void api_reply_made(struct api *api, struct http_req *req, unsigned status,
                    const struct links_caller *caller, const struct links_room *room)
{
    char location[64];

    (void)snprintf(location, sizeof location, "/api/v1/rooms/%s", room->id);
    http_set(req, "Location", location);
    api_reply_room(api, req, status, caller, room);
}

/** SHA-256 of what makes two requests the same: 0 or -ENOMEM. */
static int hash_request(const struct http_req *req, uint8_t out[SHA256_SIZE])
{
    size_t len;
    const char *body = http_body(req, &len);
    const char *path = http_path(req);
    size_t path_len = strlen(path) + 1;
    char *all = malloc(path_len + len);

    if (!all)
        return -ENOMEM;
    memcpy(all, path, path_len);
    memcpy(all + path_len, body, len);
    digest_sha256(all, path_len + len, out);
    free(all);
    return 0;
}

/** The Idempotency-Key, NULL if there is none; false: it is not one and was answered. */
static bool read_key(struct http_req *req, const char **out)
{
    *out = http_header(req, HTTP_IDEMPOTENCY_KEY);
    if (!*out || (**out && strlen(*out) <= 255 && text_one_line(*out, strlen(*out))))
        return true;
    http_problem(req, PROBLEM_INVALID_REQUEST, "Idempotency-Key", NULL);
    return false;
}

bool api_once(struct api *api, struct http_req *req, const struct links_caller *caller,
              api_again *again, const char **key)
{
    struct links_answer answer;
    uint8_t hash[SHA256_SIZE];
    int error;

    if (!read_key(req, key))
        return false;
    if (!*key)
        return true;
    error = links_answer_get(api->conf.links, caller->tenant.id, *key, &answer, api_now());
    if (error == -ENOENT)
        return true;
    error = error ? error : hash_request(req, hash);
    if (error) {
        api_fail(req, error);
    } else if (!digest_same(hash, sizeof hash, answer.request, sizeof answer.request)) {
        http_problem(req, PROBLEM_IDEMPOTENCY_MISMATCH, NULL, NULL);
    } else if (again) {
        again(api, req, caller, &answer);
    } else {
        *key = NULL; // it is kept already
        return true;
    }
    return false;
}

int api_keep(struct api *api, const struct http_req *req, const struct links_caller *caller,
             const char *key, struct api_kept kept)
{
    struct links_answer answer = {.status = kept.status};

    if (!key)
        return 0;
    (void)snprintf(answer.resource, sizeof answer.resource, "%s", kept.resource);
    if (hash_request(req, answer.request))
        return -ENOMEM;
    return links_answer_put(api->conf.links, caller->tenant.id, key, &answer, api_now());
}

bool api_keep_alone(struct api *api, struct http_req *req, const struct links_caller *caller,
                    const char *key)
{
    int error = api_keep(api, req, caller, key, (struct api_kept){201, ""});

    if (error)
        api_fail(req, error);
    return error == 0;
}

void api_room_again(struct api *api, struct http_req *req, const struct links_caller *caller,
                    const struct links_answer *answer)
{
    struct links_room room;
    int error = links_room_get(api->conf.links, caller->tenant.id, answer->resource, &room);

    if (error)
        api_fail(req, error);
    else if (room.closed)
        http_problem(req, PROBLEM_ROOM_CLOSED, NULL, NULL);
    else
        api_reply_made(api, req, answer->status, caller, &room);
}
