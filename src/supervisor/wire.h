/**
 * One connection to a worker's Unix socket, speaking letters.
 *
 * A wire is made for one attempt to connect. After `lost` ran, or after wire_close(), it calls
 * nobody any more and frees itself as soon as the loop lets it.
 */
#ifndef SUPERVISOR_WIRE_H
#define SUPERVISOR_WIRE_H

#include "letter/letter.h"

#include <sys/types.h>
#include <uv.h>

struct wire;

struct wire_ops {
    void (*opened)(void *arg);
    void (*letter)(void *arg, const struct letter *letter); ///< freed after the call
    void (*lost)(void *arg); ///< could not connect, closed by the other side, or nonsense
};

/** Begins to connect to `path`. NULL without memory. */
struct wire *wire_open(uv_loop_t *loop, const char *path, const struct wire_ops *ops,
                       void *arg);

/** From now on another hears it, with the same `arg`. */
void wire_hand_over(struct wire *w, const struct wire_ops *ops);

/** Queues a letter. 0, -EMSGSIZE, -ENOMEM; -ENOBUFS if the worker does not read. */
int wire_send(struct wire *w, const struct letter *letter);

/** True while a letter is not in the socket yet. */
bool wire_unsent(const struct wire *w);

/** The process that listens at the other end, 0 if unknown. */
pid_t wire_peer(const struct wire *w);

/** Closes; wire_close(NULL) is fine. */
void wire_close(struct wire *w);

#endif
