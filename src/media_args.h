/** The command line of a media worker. */
#ifndef MEDIA_ARGS_H
#define MEDIA_ARGS_H

#include "base/log.h"

#include <stdbool.h>

struct media_args {
    unsigned long worker, port;
    unsigned long flight_mib; ///< for recordings
    const char *socket;       ///< not owned
    enum log_level level;
    enum log_format format;
};

/** Reads it. -1: go on; else the exit status, and what there was to say was printed. */
int media_args_read(int argc, char **argv, struct media_args *out);

#endif
