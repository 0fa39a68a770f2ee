#include "metrics.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A number of a worker's STATS and the metric it becomes. */
static const struct figure {
    const char *stat, *metric, *type, *help;
} of_worker[] = {
    {"rooms", "salon_worker_rooms", "gauge", "Rooms on the worker."},
    {"members", "salon_worker_members", "gauge", "Participants on the worker."},
    {"packets_in", "salon_packets_received_total", "counter", "Media packets from publishers."},
    {"packets_out", "salon_packets_sent_total", "counter", "Media packets to viewers."},
    {"bytes_in", "salon_bytes_received_total", "counter", "Bytes of media from publishers."},
    {"bytes_out", "salon_bytes_sent_total", "counter", "Bytes of media to viewers."},
    {"resent", "salon_packets_resent_total", "counter", "Packets sent again (RTX)."},
    {"recovered", "salon_packets_recovered_total", "counter",
     "Lost packets of publishers that came when asked for."},
    {"red_recovered", "salon_audio_recovered_total", "counter",
     "Lost packets of audio that came as copies in later ones (RED)."},
    {"red_out", "salon_audio_redundant_total", "counter",
     "Packets of audio sent with copies of earlier ones (RED)."},
    {"nacks_in", "salon_nacks_received_total", "counter", "NACKs from viewers."},
    {"nacks_out", "salon_nacks_sent_total", "counter", "NACKs to publishers."},
    {"keyframes_asked", "salon_keyframe_requests_total", "counter",
     "Keyframes asked of publishers (PLI, FIR)."},
    {"keyframe_wishes", "salon_keyframe_wishes_total", "counter",
     "Keyframes that viewers asked for, or that a switch needs."},
    {"replays", "salon_keyframe_replays_total", "counter",
     "Times a viewer began with a keyframe out of the cache."},
    {"switches", "salon_layer_switches_total", "counter",
     "Times a slot changed to another layer or source."},
    {"paced", "salon_packets_paced_total", "counter",
     "Packets that waited for their turn on a viewer's line."},
    {"overflows", "salon_pacer_overflows_total", "counter",
     "Times what waited for a viewer was given up."},
    {"probes", "salon_probes_total", "counter", "Probes for more bandwidth that were begun."},
    {"udp_messages", "salon_udp_messages_total", "counter",
     "Messages that the kernel took; packets sent over these is how long bursts are."},
    {"udp_refused", "salon_udp_packets_refused_total", "counter",
     "Packets that the kernel would not send: no route, or too long."},
    {"udp_full", "salon_udp_packets_lost_total", "counter",
     "Packets lost because the socket's buffer stayed full."},
    {"pictures_percent", "salon_pictures_percent", "gauge",
     "Of the pictures that viewers want, what the worker has time for; 100 is all."},
    {"shed_steps", "salon_pictures_shed_total", "counter",
     "Times the worker left out more of the pictures, because it was behind."},
    {"tcp_connections", "salon_tcp_connections", "gauge",
     "Connections of ICE-TCP that are open."},
    {"tcp_refused", "salon_tcp_refused_total", "counter", "Connections of ICE-TCP shut out."},
    {"tcp_lost", "salon_tcp_packets_lost_total", "counter",
     "Packets that a connection of ICE-TCP had no room for."},
};

static void head(FILE *f, const char *metric, const char *type, const char *help)
{
    (void)fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", metric, help, metric, type);
}

static void write_one(FILE *f, const char *metric, const char *type, const char *help,
                      uint64_t value)
{
    head(f, metric, type, help);
    (void)fprintf(f, "%s %" PRIu64 "\n", metric, value);
}

/** `label` ("worker=\"0\"," or "") stands before `le`. */
static void write_histogram(FILE *f, const char *metric, const char *label,
                            const struct histogram *h)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        char bound[32] = "+Inf";
        if (i < HISTOGRAM_BOUNDS)
            (void)snprintf(bound, sizeof bound, "%g", (double)histogram_bound[i] / 1e6);
        sum += h->count[i];
        (void)fprintf(f, "%s_bucket{%sle=\"%s\"} %" PRIu64 "\n", metric, label, bound, sum);
    }
    // {worker="0"}, without the comma; nothing without a label.
    const char *open = *label ? "{" : "", *close = *label ? "}" : "";
    const int len = *label ? (int)strlen(label) - 1 : 0;
    (void)fprintf(f, "%s_sum%s%.*s%s %.6f\n", metric, open, len, label, close,
                  (double)h->sum_us / 1e6);
    (void)fprintf(f, "%s_count%s%.*s%s %" PRIu64 "\n", metric, open, len, label, close, sum);
}

/** As load_tell() has written it; all zero if it is not there. */
static void read_histogram(const json_t *stats, const char *name, struct histogram *h)
{
    const json_t *json = json_object_get(stats, name),
                 *counts = json_object_get(json, "counts");

    for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
        h->count[i] = (uint64_t)json_integer_value(json_array_get(counts, i));
    h->sum_us = (uint64_t)json_integer_value(json_object_get(json, "sum_us"));
}

/* ---- control ---- */

static void write_calls(FILE *f, const struct metrics *m)
{
    const struct call_counts *c = call_counts(m->call);
    unsigned rooms, participants;

    call_totals(m->call, &rooms, &participants);
    write_one(f, "salon_rooms", "gauge", "Rooms that are open.", rooms);
    write_one(f, "salon_participants", "gauge", "Participants in them.", participants);
    write_one(f, "salon_joined_total", "counter", "Participants who came in.", c->joined);
    head(f, "salon_media_lost_total", "counter",
         "Connections of media that broke, because the line or the worker did.");
    (void)fprintf(f, "salon_media_lost_total{reason=\"line\"} %" PRIu64 "\n",
                  c->lost - c->worker_lost);
    (void)fprintf(f, "salon_media_lost_total{reason=\"worker\"} %" PRIu64 "\n", c->worker_lost);
    head(f, "salon_join_duration_seconds", "histogram",
         "From joining to media that stands, the first time.");
    write_histogram(f, "salon_join_duration_seconds", "", &c->connect_time);
}

static void write_control(FILE *f, const struct metrics *m)
{
    uint64_t by_class[6];

    http_counts(m->http, by_class);
    head(f, "salon_build_info", "gauge", "The version that runs, as a label.");
    (void)fprintf(f, "salon_build_info{version=\"" SALON_VERSION "\"} 1\n");
    head(f, "salon_http_requests_total", "counter", "Requests answered, by class of status.");
    for (int i = 1; i < 6; i++)
        (void)fprintf(f, "salon_http_requests_total{class=\"%dxx\"} %" PRIu64 "\n", i,
                      by_class[i]);
    head(f, "salon_control_cpu_seconds_total", "counter", "Processor time of control.");
    (void)fprintf(f, "salon_control_cpu_seconds_total %.6f\n", (double)load_cpu_us() / 1e6);
    head(f, "salon_control_busy_seconds", "histogram",
         "Turns of control's loop: what comes meanwhile waits so long.");
    write_histogram(f, "salon_control_busy_seconds", "", &m->load->busy);
}

/* ---- workers ---- */

static void write_workers(FILE *f, const struct metrics *m)
{
    struct supervisor_worker w;

    head(f, "salon_worker_up", "gauge", "1 if the worker takes calls.");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++)
        (void)fprintf(f, "salon_worker_up{worker=\"%u\"} %d\n", i, w.up);
    head(f, "salon_worker_restarts_total", "counter",
         "Times the worker was lost or restarted.");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++)
        (void)fprintf(f, "salon_worker_restarts_total{worker=\"%u\"} %u\n", i, w.restarts);
    head(f, "salon_worker_cpu_seconds_total", "counter", "Processor time of the worker.");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++)
        (void)fprintf(f, "salon_worker_cpu_seconds_total{worker=\"%u\"} %.6f\n", i,
                      (double)json_integer_value(json_object_get(w.stats, "cpu_us")) / 1e6);
    for (size_t k = 0; k < sizeof of_worker / sizeof *of_worker; k++) {
        head(f, of_worker[k].metric, of_worker[k].type, of_worker[k].help);
        for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++) {
            const json_t *n = json_object_get(w.stats, of_worker[k].stat);
            (void)fprintf(f, "%s{worker=\"%u\"} %lld\n", of_worker[k].metric, i,
                          (long long)json_integer_value(n));
        }
    }
}

static void write_worker_histogram(FILE *f, const struct metrics *m, const char *stat,
                                   const char *metric, const char *help)
{
    struct supervisor_worker w;

    head(f, metric, "histogram", help);
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++) {
        struct histogram h;
        char label[32];

        read_histogram(w.stats, stat, &h);
        (void)snprintf(label, sizeof label, "worker=\"%u\",", i);
        write_histogram(f, metric, label, &h);
    }
}

static void write_estimates(FILE *f, const struct metrics *m)
{
    static const struct {
        const char *stat, *percentile;
    } percentiles[] = {{"p10", "10"}, {"p50", "50"}, {"p90", "90"}};
    struct supervisor_worker w;

    head(f, "salon_downlink_estimate_bytes_per_second", "gauge",
         "What viewers' lines can take, over the viewers of the worker.");
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++) {
        const json_t *all = json_object_get(w.stats, "estimates"), *value;

        for (size_t q = 0; q < sizeof percentiles / sizeof *percentiles; q++)
            if ((value = json_object_get(all, percentiles[q].stat)))
                (void)fprintf(f,
                              "salon_downlink_estimate_bytes_per_second{worker=\"%u\","
                              "percentile=\"%s\"} %lld\n",
                              i, percentiles[q].percentile,
                              (long long)json_integer_value(value) / 8);
    }
}

/** `stat` is an object of a worker's STATS, from reasons to counts. */
static void write_reasons(FILE *f, const struct metrics *m, const char *stat,
                          const char *metric, const char *help)
{
    struct supervisor_worker w;
    head(f, metric, "counter", help);
    for (unsigned i = 0; supervisor_look(m->supervisor, i, &w); i++) {
        json_t *reasons = json_object_get(w.stats, stat), *count;
        const char *why;
        json_object_foreach(reasons, why, count)(void)
            fprintf(f, "%s{worker=\"%u\",reason=\"%s\"} %lld\n", metric, i, why,
                    (long long)json_integer_value(count));
    }
}

static void write_all(FILE *f, const struct metrics *m)
{
    write_calls(f, m);
    write_control(f, m);
    write_workers(f, m);
    write_worker_histogram(f, m, "busy", "salon_worker_busy_seconds",
                           "Turns of the worker's loop: what comes meanwhile waits so long.");
    write_worker_histogram(f, m, "forward", "salon_forward_duration_seconds",
                           "Packets, from reading them off the socket to handing them to it; "
                           "what is paced is not in it.");
    write_estimates(f, m);
    write_reasons(f, m, "dropped", "salon_packets_dropped_total",
                  "Datagrams that went no further, by reason.");
    write_reasons(f, m, "unsent", "salon_packets_unsent_total",
                  "Packets to viewers that were not sent, by reason.");
}

void metrics_reply(struct http_req *req, const struct metrics *m)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = text_open(&text, &len);
    if (f)
        write_all(f, m);
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
