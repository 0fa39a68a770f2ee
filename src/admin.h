/**
 * The admin API: what runs, and how it is drained, restarted and read again.
 *
 * Listeners of its own: the Unix socket admin.sock in the state folder (who may open it may do
 * everything), and if configured one by TCP, with a token. docs/operations.md lists the routes.
 */
#ifndef ADMIN_H
#define ADMIN_H

#include "http/http.h"

struct serve;

/** One listener. */
struct admin_door {
    struct admin *admin;
    struct http *http; ///< owned, NULL if not open
    bool tcp;
};

struct admin {
    struct serve *serve; ///< not owned
    struct admin_door local, tcp;
    char path[4096]; ///< of the socket
};

/** Opens the listeners. 0, or the exit status: a line was printed. */
int admin_open(struct admin *a, struct serve *serve);

/** Answers with what runs. */
void admin_reply_status(struct http_req *req, const struct admin *a);

/** Closes them; `done` runs for each. Returns how many there are. */
unsigned admin_close(struct admin *a, void (*done)(void *ctx), void *ctx);

#endif
