/** GET /metrics: what the server counts, in Prometheus' text format, for this machine alone. */
#ifndef METRICS_H
#define METRICS_H

#include "call/call.h"
#include "http/http.h"
#include "load.h"
#include "supervisor/supervisor.h"

/** What the figures are read from; nothing is owned. */
struct metrics {
    const struct http *http;
    const struct supervisor *supervisor;
    const struct call *call;
    const struct load *load;
};

/** Answers with all figures. */
void metrics_reply(struct http_req *req, const struct metrics *m);

/** Adds the route, for this machine alone. `m` must outlive `http`. */
void metrics_routes(struct http *http, struct metrics *m);

#endif
