/** The control wing: what `salon serve` builds, runs and takes down. */
#ifndef SERVE_H
#define SERVE_H

#include "config.h"

struct serve_conf {
    struct config *config; ///< not owned; changes when it is read again
    bool dev;
    /** Reads it again, as the command line and the environment say. 0, or -errno and `why`. */
    int (*load)(void *arg, struct config **out, char why[CONFIG_WHY]);
    void *arg;
};

/** Runs until SIGTERM or SIGINT, or until it cannot. Returns the process's exit status. */
int serve_run(const struct serve_conf *conf);

/**
 * Says whether serve_run() could begin, without disturbing a server that runs here and has the
 * TCP ports `ours` ("8080,9090"): a line of JSON, or of what is wrong. The exit status.
 */
int serve_check(const struct config *config, const char *ours);

#endif
