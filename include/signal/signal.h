/**
 * The signalling of docs/signalling.md: JSON over a WebSocket, a thin shell over `call`.
 */
#ifndef SIGNAL_SIGNAL_H
#define SIGNAL_SIGNAL_H

#include "call/call.h"
#include "http/limit.h"
#include "http/ws.h"
#include "links/links.h"

#define SIGNAL_PATH     "/api/v1/signal"
#define SIGNAL_PROTOCOL "salon.v1"
#define SIGNAL_MESSAGE  (600u << 10) ///< bytes of one message

struct signal;

struct signal_conf {
    struct call *call;           ///< not owned
    struct links *links;         ///< not owned
    struct limit *joins;         ///< joins by address, not owned; NULL: no limit
    struct limit *knocks;        ///< knocks by address, not owned; NULL: no limit
    struct limit *unknown_links; ///< tries of unknown links by address, not owned; or NULL
    bool spare_local; ///< --dev: do not limit the joins from this machine's own addresses
    unsigned join_ms; ///< time to join after connecting; 0: 10 s
    unsigned idle_ms; ///< silence after which a socket is taken for lost; 0: 60 s
};

/** 0 or -ENOMEM. `conf` is copied. */
int signal_create(uv_loop_t *loop, const struct signal_conf *conf, struct signal **out);

/** Serves SIGNAL_PATH. */
void signal_serve(struct signal *s, struct http *http);

/**
 * Frees it, once its timer is closed: let the loop run. To be called when all sockets are gone
 * (http_close() has said done) and before call_destroy(). signal_destroy(NULL) is fine.
 */
void signal_destroy(struct signal *s);

#endif
