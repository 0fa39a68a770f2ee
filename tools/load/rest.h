/** HTTP requests: one that is waited for, and many that are not (libcurl). */
#ifndef LOAD_REST_H
#define LOAD_REST_H

#include <stdbool.h>
#include <stddef.h>

struct rest;

struct rest_reply {
    long status;    ///< 0: no answer
    char *body;     ///< owned by the request; never NULL
    char *location; ///< likewise; NULL without one
};

struct rest_request {
    const char *method, *url;
    const char *type, *body; ///< NULL: none
    const char *bearer;      ///< NULL or "": none
};

struct rest *rest_create(void);
void rest_destroy(struct rest *r);

/** Starts one; `done(arg, …)` is called from rest_serve(), unless rest_forget(arg) came first.
 */
bool rest_start(struct rest *r, const struct rest_request *q,
                void (*done)(void *arg, const struct rest_reply *reply), void *arg);

/** Whoever `arg` is does not want to hear of its requests any more; they go on. */
void rest_forget(struct rest *r, const void *arg);

/** Serves what is ready; does not wait. */
void rest_serve(struct rest *r);

/** Waits for one, at most 10 s; the caller owns what the reply holds, see rest_free(). */
void rest_wait(const struct rest_request *q, struct rest_reply *reply);
void rest_free(struct rest_reply *reply);

/** How many are under way. */
unsigned rest_busy(const struct rest *r);

#endif
