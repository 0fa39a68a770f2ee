/**
 * A worker's connection to control: a Unix socket that letters come and go by.
 *
 * A new connection takes over from the one before, so that a restarted control finds its
 * workers. Without control for three quarters of a minute the owner is told.
 */
#ifndef MEDIA_CONTROL_H
#define MEDIA_CONTROL_H

#include "letter/letter.h"

#include <stdbool.h>
#include <uv.h>

/** What is told to whoever owns it. */
struct media_control_ops {
    void (*opened)(void *ctx);                            ///< control is there, anew
    bool (*letter)(void *ctx, const struct letter *said); ///< false: no more are wanted
    void (*heard)(void *ctx);                             ///< all that had come was told
    void (*alone)(void *ctx); ///< no control for so long that none will come
    void *ctx;                ///< not owned
};

struct media_control {
    struct media_control_ops ops;
    uv_pipe_t listener;
    uv_timer_t absent;
    uv_pipe_t *conn; ///< owned by the loop; NULL: nobody is there
    struct letter_reader reader;
};

/** Its handles, on `loop`: `c` stays where it is until they are closed. */
void media_control_init(struct media_control *c, uv_loop_t *loop,
                        const struct media_control_ops *ops);

/** From now on control may connect to `path`. 0 or a negative errno, which was said. */
int media_control_listen(struct media_control *c, const char *path);

/** True if somebody would hear a letter. */
static inline bool media_control_is_there(const struct media_control *c)
{
    return c->conn;
}

/** To control, if it is there. One that does not read is given up. */
void media_control_post(struct media_control *c, const struct letter *letter);

/** Begins to close its handles: the loop has to run once more. */
void media_control_close(struct media_control *c);

#endif
