/** What the files of this layer share. */
#ifndef API_INNER_H
#define API_INNER_H

#include "api/api.h"
#include "body.h"
#include "links/invitations.h"
#include "links/rooms.h"
#include "links/tenants.h"

#define API_BODY_MAX 16384 ///< bytes of a JSON body

struct api {
    struct api_conf conf;
    uv_timer_t rings; ///< when the next invitation changes by itself
};

/** Now, in seconds since 1970 (UTC). */
int64_t api_now(void);

/** `en` or `fr`, as the client asked. */
const char *api_say(const struct http_req *req, const char *en, const char *fr)
    __attribute__((format_arg(2), format_arg(3)));

/** Answers for an error of `links`: 404, 409, 503 or 500. */
void api_fail(struct http_req *req, int error);

/** Who calls, with the scopes needed; false: it was answered. */
bool api_caller(struct api *api, struct http_req *req, unsigned scopes,
                struct links_caller *out);

/** A browser with a user's token, or a server with an API key. */
struct api_either {
    bool is_user;
    struct links_caller key;                         ///< its tenant holds for both
    char ref[LINKS_REF_SIZE], name[LINKS_NAME_SIZE]; ///< if it is a user
    int64_t expires_at;                              ///< of a user's token
};

/** Who calls, with the scopes needed if it is a key; false: it was answered. */
bool api_user_or_key(struct api *api, struct http_req *req, unsigned scopes,
                     struct api_either *out);

/** Who calls and the room {id} of theirs, not closed; false: it was answered. */
bool api_room(struct api *api, struct http_req *req, unsigned scopes,
              struct links_caller *caller, struct links_room *room);

/** Parses a request's body; false: it is wrong and was answered. */
bool api_body_of(struct body *body, struct http_req *req, const char *const *known);

/** The body may be {}, if there is one at all; false: it was answered. */
bool api_body_empty(struct http_req *req);

/** Frees the body; false: a field was wrong, and it was answered. */
bool api_body_done(struct body *body, struct http_req *req);

/* again.c */

void api_reply_room(struct api *api, struct http_req *req, unsigned status,
                    const struct links_caller *caller, const struct links_room *room);
/** The same with Location: for a room that was made. */
void api_reply_made(struct api *api, struct http_req *req, unsigned status,
                    const struct links_caller *caller, const struct links_room *room);

/** Answers again what was answered before. */
typedef void api_again(struct api *api, struct http_req *req, const struct links_caller *caller,
                       const struct links_answer *answer);

api_again api_room_again;

/**
 * For a POST that makes something: true if it is to be made. `*key` is the Idempotency-Key that
 * its answer is kept for by api_keep(), NULL: for none. False: it was answered, by `again` if
 * this is the same request as before. Without `again` it is made anew each time (tokens).
 */
bool api_once(struct api *api, struct http_req *req, const struct links_caller *caller,
              api_again *again, const char **key);

struct api_kept {
    unsigned status;
    const char *resource; ///< ids, separated by spaces
};

/** Keeps the answer for the key (NULL: nothing to keep), in the transaction of what is made. */
int api_keep(struct api *api, const struct http_req *req, const struct links_caller *caller,
             const char *key, struct api_kept kept);

/** For a token, of which nothing is kept but that this key made one. False: it was answered. */
bool api_keep_alone(struct api *api, struct http_req *req, const struct links_caller *caller,
                    const char *key);

/* room_json.c */

/** A room as the caller may see it: with its share texts, host_url only with the scope. */
json_t *api_room_json(const struct api *api, const struct http_req *req,
                      const struct links_caller *caller, const struct links_room *room);

/** "2026-01-31T12:00:00Z", or JSON null for 0. */
json_t *api_time_json(int64_t t);

/* rooms.c */

/** Closes a room: everybody is put out, its invitations end, and it is told. */
int api_close_room(struct api *api, struct links_room *room);

/** Answers POST …/rotate of a room of the caller's. */
void api_rotate(struct api *api, struct http_req *req, const struct links_caller *caller,
                struct links_room *room);

/* invitations.c */

/** {"id", "state", …} with `popin` or `url`. */
json_t *api_invitation_json(const struct api *api, const struct store_invitation *i,
                            const char *lang);

/* lobby.c */

/** Somebody knocks, was let in or not; a host has locked a room. */
void api_on_lobby(struct api *api, const struct call_happened *what);
/** A lock lasts as long as the call: it is over. */
void api_unlock(struct api *api, struct links_room *room);

/* tell.c */

void api_publish(struct api *api, struct notify_event *event);

/** "room.created" and so on. */
void api_tell_room(struct api *api, const char *type, const struct links_room *room);
void api_tell_invitation(struct api *api, const struct store_invitation *i);

/* calls.c */

/** Writes down how a room's call goes on. */
void api_call_record(struct api *api, const struct links_room *room,
                     const struct call_happened *what);

/* rings.c */

/** An invitation was made or has another state. */
void api_invitation_changed(struct api *api, const struct store_invitation *i);

/** What of that is no event, where the event is told already: the room's people, the timer. */
void api_invitation_shown(struct api *api, const struct store_invitation *i);

/** Nobody is in the room any more: its rings are cancelled. */
void api_rings_end(struct api *api, const char *room);

/** Cancels a closed room's invitations. */
void api_invitations_cancel(struct api *api, const struct links_room *room);

/** Looks after what invitations become by themselves; what is due is looked for again. */
void api_rings_start(struct api *api, uv_loop_t *loop);
void api_rings_wake(struct api *api);

/* inviting.c */

/** One ring of this caller's, if the limit has one left; else false and `*retry_s`. */
bool api_ring_take(struct api *api, const char *tenant, const char *caller, unsigned *retry_s);

/** -EDQUOT if so many more are too many for the tenant today. */
int api_invitations_quota(struct api *api, const char *tenant, unsigned more);

/** Those in the room are told of a ring. */
void api_inviting_told(struct api *api, const struct store_invitation *i);

/* share.c */

/** {"link", "subject", "text"} of an e-mail in this language. NULL without memory. */
json_t *api_share_mail(const struct api *api, const struct links_room *room,
                       const char *organizer, const char *lang);

/** The `share` of a room: texts in the language that the query, the room, the tenant or the
 * client asks for, for the organizer and the resource of the query. */
json_t *api_share_of(const struct api *api, const struct http_req *req,
                     const struct links_caller *caller, const struct links_room *room);

/** Its text alone, to be freed; NULL without memory. */
char *api_share_text(const struct api *api, const struct http_req *req,
                     const struct links_caller *caller, const struct links_room *room);

/* embed.c */

/** A frame of the room for another's page; sides as HTML has them ("800", "100%"). To be freed;
 * NULL without memory. */
char *api_embed_html(const char *url, const char *width, const char *height);

/* share_files.c */

/** A public address of "event.ics" or "qr.svg" that lives for a day. */
json_t *api_share_file_url(const struct api *api, const struct http_req *req,
                           const struct links_room *room, const char *file);

/** What a front end takes out of an event again: location, calendar properties, text. */
json_t *api_strip_json(const char *url);

/* routes */
void api_rooms_routes(struct api *api);
void api_lobby_routes(struct api *api);
void api_people_routes(struct api *api);
void api_events_routes(struct api *api);
void api_invitations_routes(struct api *api);
void api_inviting_routes(struct api *api);
void api_stream_routes(struct api *api);
void api_webhooks_routes(struct api *api);
void api_calendar_routes(struct api *api);
void api_share_routes(struct api *api);
void api_tenant_routes(struct api *api);
void api_quality_routes(struct api *api);
void api_bbb_routes(struct api *api);
void api_lasuite_routes(struct api *api);
void api_public_routes(struct api *api);
void api_openapi_routes(struct api *api);
void api_embed_routes(struct api *api);
void api_dev_routes(struct api *api);

#endif
