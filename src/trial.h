/**
 * Asks the executable that lies on the disk now whether it could take our place:
 * `salon serve … --check`, with our own command line and environment.
 *
 * It reads the configuration as it would, tries the certificate, the ports that we do not have
 * and the database, and prints one line of JSON (docs/decisions/0031).
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <jansson.h>
#include <uv.h>

struct trial;

/** The command line of this process, as it was started; NULL without memory. One block. */
char **trial_args(void);

/** `said` is what it printed, borrowed, or NULL and `why` one line. */
typedef void (*trial_done)(void *arg, const json_t *said, const char *why);

/**
 * Begins; `ports` are ours ("8080,9090"), which it cannot try. `done` runs once, from the loop,
 * unless it is cancelled; the trial is gone then. Returns 0, or -errno: then nothing runs.
 */
int trial_start(uv_loop_t *loop, const char *ports, trial_done done, void *arg,
                struct trial **out);

/** Nobody wants to know any more: it is ended. */
void trial_cancel(struct trial *t);

#endif
