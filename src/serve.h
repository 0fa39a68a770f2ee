/** The control wing: what `salon serve` builds, runs and takes down. */
#ifndef SERVE_H
#define SERVE_H

#include "config.h"

/** Runs until SIGTERM or SIGINT, or until it cannot. Returns the process's exit status. */
int serve_run(const struct config *config, bool dev);

#endif
