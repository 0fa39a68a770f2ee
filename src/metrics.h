/** GET /metrics: what the server counts, in Prometheus' text format, for this machine alone. */
#ifndef METRICS_H
#define METRICS_H

#include "call/call.h"
#include "http/http.h"
#include "supervisor/supervisor.h"

/** What the figures are read from; nothing is owned. */
struct metrics {
    const struct http *http;
    const struct supervisor *supervisor;
    const struct call *call;
};

/** Adds the route. `m` must outlive `http`. */
void metrics_routes(struct http *http, struct metrics *m);

#endif
