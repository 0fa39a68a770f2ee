/** CPU time and memory of a process with all its children, from /proc, or from its metrics. */
#ifndef LOAD_PROCESS_H
#define LOAD_PROCESS_H

#include "base/usec.h"

#include <stdbool.h>

struct process_use {
    bool known, memory_known;
    double cpu_s;      ///< so far
    double memory_kib; ///< resident, shared pages once (Pss) where the kernel tells
};

struct process {
    unsigned pid;                        ///< 0: not here
    const char *metrics;                 ///< URL or NULL; not owned
    struct process_use idle, begin, end; ///< before anybody came, and around the measurement
};

/** What a page of metrics (Prometheus' text format) says. */
struct process_use process_parse(const char *text);

/** Reads it now; blocks for the length of a request if it is read from metrics. */
struct process_use process_read(const struct process *p);

#endif
