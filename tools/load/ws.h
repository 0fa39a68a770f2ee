/** WebSockets of clients, by libwebsockets; served from the program's one thread. */
#ifndef LOAD_WS_H
#define LOAD_WS_H

#include <stdbool.h>
#include <stddef.h>

struct ws_pool;
struct ws;

/** What happens to a socket. After `on_closed` it is gone. Within these, ws_close() is fine. */
struct ws_handler {
    void (*on_open)(void *arg);
    void (*on_text)(void *arg, const char *text, size_t len);
    void (*on_closed)(void *arg, const char *why);
};

/** NULL if libwebsockets refuses. */
struct ws_pool *ws_pool_create(void);
void ws_pool_destroy(struct ws_pool *p);

/** Serves what is ready; does not wait. */
void ws_pool_serve(struct ws_pool *p);

/**
 * Connects to ws:// or wss:// `url` (http and https mean the same). NULL: the URL is none, or
 * it failed at once; else `on_open` or `on_closed` follows.
 */
struct ws *ws_open(struct ws_pool *p, const char *url, const char *protocol,
                   const struct ws_handler *handler, void *arg);

/** Queues one text message. */
void ws_send(struct ws *w, const char *text);

/** Ends it, when what is queued has been sent; nothing is told any more. NULL is fine. */
void ws_close(struct ws *w);

#endif
