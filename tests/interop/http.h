/** What the peers say over HTTP: WHIP and WHEP (RFC 9725), and rooms by the API key. */
#ifndef INTEROP_HTTP_H
#define INTEROP_HTTP_H

#include <stddef.h>

/** A reply. Zero it to begin; http_reply_fini() frees it and zeroes it. */
struct http_reply {
    long status;
    char *body;     ///< owned, ends with a NUL
    char *location; ///< owned, absolute; NULL if the reply had none
    char *etag;     ///< owned; NULL if the reply had none
    size_t len;     ///< of the body
};

void http_reply_fini(struct http_reply *r);

/**
 * Sends one request and waits for its reply, 10 s at most. `type` and `body` may be NULL,
 * `headers` is NULL or ends with a NULL. Returns 0, or -1 if there was no reply at all.
 */
int http_request(const char *method, const char *url, const char *type, const char *body,
                 const char *const *headers, struct http_reply *r);

/**
 * A new room of the server in the environment (SALON_URL, SALON_KEY): writes its WHIP and WHEP
 * URLs, each of `size` bytes. Aborts with the reply if there is none.
 */
void http_new_room(char *whip, char *whep, size_t size);

/** The value of a metric summed over its labels, which must contain `label` ("" for any). */
double http_metric(const char *name, const char *label);

#endif
