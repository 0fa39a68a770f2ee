/** What the files of the La Suite layer share (docs/integrations/la-suite.md). */
#ifndef API_LASUITE_H
#define API_LASUITE_H

#include "inner.h"
#include "links/delegates.h"

#define LASUITE_UUID_SIZE 37

/**
 * The UUID of a room and back: the 100 bits of its id in another form, so that none has to be
 * kept. False: it is none. Pure.
 */
bool lasuite_uuid(const char *room, char out[LASUITE_UUID_SIZE]);
bool lasuite_room_id(const char *uuid, char out[LINKS_ID_SIZE]);

/** Answers {"detail": …}. */
void lasuite_fail(struct http_req *req, unsigned status, const char *detail);

/** Answers 401 with both words that clients look for. */
void lasuite_refuse(struct http_req *req, const char *detail);

/** Answers for an error of `links`. */
void lasuite_fail_error(struct http_req *req, int error);

/** Who calls, by its token; false: it was answered. */
bool lasuite_caller(struct api *api, struct http_req *req, struct links_delegate *out);

/** The fields of a JSON or form body as an object, to be released; NULL: it was answered. */
json_t *lasuite_fields(struct http_req *req);

/** Adds {"field": ["what is wrong"]}. */
void lasuite_wrong(json_t *errors, const char *field, const char *what);

/** Releases `errors`; false: there were some, and they were answered. */
bool lasuite_good(struct http_req *req, json_t *errors);

/* lasuite_rooms.c */
void lasuite_make(struct http_req *req, void *ctx);
void lasuite_list(struct http_req *req, void *ctx);
void lasuite_get(struct http_req *req, void *ctx);

#endif
