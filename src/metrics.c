#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/** A number of a worker's STATS and the metric it becomes. */
static const struct gauge {
    const char *stat, *metric, *type;
} of_worker[] = {
    {"rooms", "salon_worker_rooms", "gauge"},
    {"members", "salon_worker_members", "gauge"},
    {"packets_in", "salon_packets_received_total", "counter"},
    {"packets_out", "salon_packets_sent_total", "counter"},
    {"bytes_in", "salon_bytes_received_total", "counter"},
    {"bytes_out", "salon_bytes_sent_total", "counter"},
    {"resent", "salon_packets_resent_total", "counter"},
    {"recovered", "salon_packets_recovered_total", "counter"},
    {"red_recovered", "salon_audio_recovered_total", "counter"},
    {"red_out", "salon_audio_redundant_total", "counter"},
    {"keyframes_asked", "salon_keyframe_requests_total", "counter"},
    {"switches", "salon_layer_switches_total", "counter"},
    {"tcp_connections", "salon_tcp_connections", "gauge"},
    {"tcp_refused", "salon_tcp_refused_total", "counter"},
    {"tcp_lost", "salon_tcp_packets_lost_total", "counter"},
};

static void head(FILE *f, const char *metric, const char *type)
{
    (void)fprintf(f, "# TYPE %s %s\n", metric, type);
}

static void write_process(FILE *f, const struct metrics *m)
{
    unsigned rooms, participants;
    uint64_t by_class[6];
    call_totals(m->call, &rooms, &participants);
    http_counts(m->http, by_class);
    head(f, "salon_rooms", "gauge");
    (void)fprintf(f, "salon_rooms %u\n", rooms);
    head(f, "salon_participants", "gauge");
    (void)fprintf(f, "salon_participants %u\n", participants);
    head(f, "salon_http_requests_total", "counter");
    for (int i = 1; i < 6; i++)
        (void)fprintf(f, "salon_http_requests_total{class=\"%dxx\"} %" PRIu64 "\n", i,
                      by_class[i]);
}

static void write_workers(FILE *f, const struct metrics *m)
{
    struct supervisor_worker w;
    head(f, "salon_worker_up", "gauge");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++)
        (void)fprintf(f, "salon_worker_up{worker=\"%u\"} %d\n", i, w.up);
    head(f, "salon_worker_restarts_total", "counter");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++)
        (void)fprintf(f, "salon_worker_restarts_total{worker=\"%u\"} %u\n", i, w.restarts);
    for (size_t k = 0; k < sizeof of_worker / sizeof *of_worker; k++) {
        head(f, of_worker[k].metric, of_worker[k].type);
        for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++) {
            const json_t *n = json_object_get(w.stats, of_worker[k].stat);
            (void)fprintf(f, "%s{worker=\"%u\"} %lld\n", of_worker[k].metric, i,
                          (long long)json_integer_value(n));
        }
    }
}

/** `stat` is an object of a worker's STATS, from reasons to counts. */
static void write_reasons(FILE *f, const struct metrics *m, const char *stat,
                          const char *metric)
{
    struct supervisor_worker w;
    head(f, metric, "counter");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++) {
        json_t *reasons = json_object_get(w.stats, stat), *count;
        const char *why;
        json_object_foreach(reasons, why, count)(void)
            fprintf(f, "%s{worker=\"%u\",reason=\"%s\"} %lld\n", metric, i, why,
                    (long long)json_integer_value(count));
    }
}

void metrics_reply(struct http_req *req, const struct metrics *m)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (f) {
        write_process(f, m);
        write_workers(f, m);
        write_reasons(f, m, "dropped", "salon_packets_dropped_total");
        write_reasons(f, m, "unsent", "salon_packets_unsent_total");
    }
    if (!f || fclose(f))
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
    else
        http_reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    free(text);
}

static void run(struct http_req *req, void *ctx)
{
    if (http_is_loopback(req))
        metrics_reply(req, ctx);
    else
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
}

void metrics_routes(struct http *http, struct metrics *m)
{
    static const struct http_route routes[] = {{"GET", "/metrics", run, 0, HTTP_QUIET}};
    http_routes(http, routes, sizeof routes / sizeof *routes, m);
}
