/**
 * Control becomes the executable that lies on the disk now, in place: the same process, its
 * listening sockets stay open, its workers go on and are adopted again (docs/decisions/0031).
 *
 *   IDLE ──▶ TRYING ── the new one would start ──▶ FINISHING ── all is said ──▶ execve()
 *    ▲          │ it would not, or would cut calls
 *    └──────────┘
 */
#ifndef RESTART_H
#define RESTART_H

#include "trial.h"

#include <stdbool.h>
#include <uv.h>

struct serve;
struct http_req;

struct restart {
    struct serve *serve; ///< not owned
    uv_signal_t on_usr2;
    uv_timer_t timer; ///< FINISHING: looks
    enum { RESTART_IDLE, RESTART_TRYING, RESTART_FINISHING } state;
    struct trial *trial;    ///< TRYING
    struct http_req *asker; ///< TRYING: is owed an answer; NULL: a signal it was
    uint64_t until;         ///< uv_now() when patience with answers ends
};

void restart_start(struct restart *r, struct serve *serve);

/** Whoever asks is answered: 200 with the status when it begins, or why it does not. */
void restart_begin(struct restart *r, struct http_req *asker);

/** The server stops: closes its handles; let the loop run after. Nobody is answered. */
void restart_stop(struct restart *r);

/** In the new program, once its handlers stand: signals that came in between arrive now. */
void restart_took_place(void);

#endif
