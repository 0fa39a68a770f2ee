/** JSON bodies, field by field. Pure. The first wrong field is kept, the rest then does
 * nothing. */
#ifndef API_BODY_H
#define API_BODY_H

#include "http/http.h"
#include "links/links.h"

#define BODY_POINTER_SIZE 128
#define BODY_DETAIL_SIZE  128

struct body {
    json_t *json;       ///< an object, owned; NULL if it is not one
    unsigned shortages; ///< json_shortages() when it was opened
    bool french;        ///< the language of `detail`
    bool failed;
    enum http_problem problem; ///< if failed: INVALID_JSON, INVALID_FIELD or CAPACITY
    char pointer[BODY_POINTER_SIZE], detail[BODY_DETAIL_SIZE];
};

/** Parses the text (none is {}); it may hold no field but `known` (NULL-terminated). */
void body_open(struct body *body, const char *text, size_t len, bool french,
               const char *const *known);
void body_close(struct body *body);

/** Nothing is wrong with it. Want of memory meanwhile is a problem of ours, not of the body. */
bool body_good(struct body *body);

/** A text on one line of 1 to `chars` characters; true if there is one. null is none. */
bool body_text(struct body *body, const json_t *object, const char *pointer, size_t chars,
               char *out, size_t size);

/** RFC 3339 in UTC; NULL is none. */
bool body_parse_time(const char *text, int64_t *out);

/** RFC 3339 in UTC, as 2026-01-31T12:00:00Z; seconds since 1970. */
bool body_time(struct body *body, const json_t *object, const char *pointer, int64_t *out);

struct body_range {
    int64_t least, most;
};

/** `pointer` is a field of `object`, as with body_text(). */
bool body_number(struct body *body, const json_t *object, const char *pointer,
                 struct body_range range, int64_t *out);
bool body_flag(struct body *body, const json_t *object, const char *pointer, bool *out);

/** The object at `pointer` with no field but `known` (NULL: any); NULL if there is none. */
const json_t *body_object(struct body *body, const char *pointer, const char *const *known);

/** An object at the pointer `base` may hold no field but `known`. */
void body_known(struct body *body, json_t *object, const char *base, const char *const *known);

/** This field is wrong, unless one before was. */
void body_bad(struct body *body, const char *pointer, const char *en, const char *fr);

/* room_body.c: what POST, PATCH, rotate and tokens take. They check body->failed at the end. */

extern const char *const room_body_fields[], *const room_patch_fields[];

/** "locale" alone. */
void room_locale_read(struct body *body, struct links_room *room);

void room_body_read(struct body *body, struct links_room *room, int64_t now);
void room_patch_read(struct body *body, struct links_room *room, int64_t now);

#endif
