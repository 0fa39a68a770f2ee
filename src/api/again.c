/** Answers with a room, and the same answer again to the same Idempotency-Key. */
#include "inner.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
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

void api_hash_request(const struct http_req *req, uint8_t out[SHA256_SIZE])
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

bool api_answer_again(struct api *api, struct http_req *req, const struct links_caller *caller,
                      const char *key)
{
    struct links_answer answer;
    struct links_room room;
    uint8_t hash[SHA256_SIZE];
    int error = links_answer_get(api->conf.links, caller->tenant.id, key, &answer, api_now());

    if (error == -ENOENT)
        return false;
    api_hash_request(req, hash);
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
        api_reply_made(api, req, answer.status, caller, &room);
    return true;
}

bool api_idempotency_key(struct http_req *req, const char **out)
{
    *out = http_header(req, HTTP_IDEMPOTENCY_KEY);
    if (!*out || (**out && strlen(*out) <= 255 && text_one_line(*out, strlen(*out))))
        return true;
    http_problem(req, PROBLEM_INVALID_REQUEST, "Idempotency-Key", NULL);
    return false;
}
