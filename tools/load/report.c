#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY 80.0 // percent of a core from which this program is itself the limit
#define LATE 20.0 // ms behind its own clock

static double share(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

/** Of the time that cameras were shown. */
static double layer_share(const struct tally_media *m, unsigned layer)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < TALLY_LAYERS; i++)
        all += m->layer_us[i];
    return share((double)m->layer_us[layer], (double)all);
}

static double span_of(const struct run *r)
{
    return r->measured_at ? (double)(r->ended_at - r->measured_at) / USEC_PER_SEC : 0;
}

struct list {
    struct figure *at;
    unsigned n;
};

static void put(struct list *l, const char *name, const char *unit, const char *what,
                bool known, double value)
{
    l->at[l->n++] = (struct figure){
        .name = name, .unit = unit, .what = what, .known = known, .value = value};
}

static void put_joins(struct list *l, const struct tally *t)
{
    const double ms = 1000;
    put(l, "join_p50", "ms", "until the answer, half", t->join.count,
        hist_at(&t->join, 50) / ms);
    put(l, "join_p99", "ms", "until the answer, 99 %", t->join.count,
        hist_at(&t->join, 99) / ms);
    put(l, "link_p50", "ms", "from the offer to DTLS up, half", t->link.count,
        hist_at(&t->link, 50) / ms);
    put(l, "link_p99", "ms", "from the offer to DTLS up, 99 %", t->link.count,
        hist_at(&t->link, 99) / ms);
    put(l, "first_p50", "ms", "from the offer to media, half", t->first.count,
        hist_at(&t->first, 50) / ms);
    put(l, "first_p99", "ms", "from the offer to media, 99 %", t->first.count,
        hist_at(&t->first, 99) / ms);
    put(l, "frame_p50", "ms", "until the first whole picture, half", t->frame.count,
        hist_at(&t->frame, 50) / ms);
    put(l, "frame_p99", "ms", "until the first whole picture, 99 %", t->frame.count,
        hist_at(&t->frame, 99) / ms);
}

static void put_media(struct list *l, const struct tally_media *m, double s)
{
    const double ms = 1000;
    const bool any = m->expected > 0;
    put(l, "sent", "/s", "packets published", s > 0, (double)m->sent / s);
    put(l, "received", "/s", "packets received", s > 0, (double)m->received / s);
    put(l, "received_mbps", "Mbit/s", "received", s > 0,
        (double)m->received_bytes * 8 / 1e6 / s);
    put(l, "delivery", "%", "of what was numbered came", any,
        100 - share((double)m->missed, (double)m->expected));
    put(l, "loss", "%", "never came", any, share((double)m->missed, (double)m->expected));
    put(l, "repaired", "%", "came by repair", any,
        share((double)m->repaired, (double)m->expected));
    put(l, "delay_p50", "ms", "socket to socket, half", m->delay.count,
        hist_at(&m->delay, 50) / ms);
    put(l, "delay_p99", "ms", "socket to socket, 99 %", m->delay.count,
        hist_at(&m->delay, 99) / ms);
    put(l, "delay_max", "ms", "socket to socket, the worst", m->delay.count,
        (double)m->delay.max / ms);
    put(l, "jitter_p99", "ms", "RFC 3550, 99 %", m->jitter.count, hist_at(&m->jitter, 99) / ms);
    put(l, "frames", "/s", "whole pictures", s > 0, (double)m->frames / s);
    put(l, "screens", "/s", "of them of shared screens", m->screen_frames > 0,
        (double)m->screen_frames / s);
    put(l, "freezes", "/min", "of each picture shown", m->watched_us > 0,
        (double)m->freezes * 6e7 / (double)m->watched_us);
    put(l, "frozen", "%", "of the time shown", m->watched_us > 0,
        share((double)m->freeze_us, (double)m->watched_us));
    put(l, "nacks", "", "packets asked for again", s > 0, (double)m->nacks);
    put(l, "plis", "", "keyframes asked for", s > 0, (double)m->plis);
    put(l, "decoded", "", "pictures decoded", s > 0, (double)m->decoded);
    put(l, "wrong", "", "of them not what was sent", m->decoded > 0, (double)m->wrong);
}

static void put_machine(struct list *l, const struct run *r, double s)
{
    const struct tally_media *m = &r->core.tally.media;
    const struct process *p = &r->server;
    const bool known = p->begin.known && p->end.known && s > 0;
    const double cpu = p->end.cpu_s - p->begin.cpu_s;
    put(l, "cpu", "%", "of a core, the server", known, share(cpu, s));
    put(l, "cpu_packet", "us", "of the server a packet received", known && m->received,
        cpu * 1e6 / (double)m->received);
    put(l, "memory", "KiB", "of the server a member",
        p->idle.memory_known && p->end.memory_known && r->people,
        (p->end.memory_kib - p->idle.memory_kib) / r->people);
    put(l, "memory_all", "MiB", "of the server", p->end.memory_known, p->end.memory_kib / 1024);
    put(l, "own_cpu", "%", "of a core, this program", s > 0,
        share(r->self.end.cpu_s - r->self.begin.cpu_s, s));
    put(l, "own_late", "ms", "this program behind its clock, 99 %", r->core.tally.late.count,
        hist_at(&r->core.tally.late, 99) / 1000);
}

unsigned report_figures(const struct run *r, struct figure *out)
{
    struct list l = {.at = out};
    const struct tally *t = &r->core.tally;
    const double s = span_of(r);
    put(&l, "joins", "", "tries to join", true, (double)t->started);
    put(&l, "connected", "", "of them connected", true, (double)t->connected);
    put(&l, "failed", "", "of them not", true,
        (double)(t->started - t->connected - r->joining));
    put(&l, "left", "", "of those who came and went", true, (double)t->left);
    put(&l, "lost_members", "", "were there and fell out", true, (double)t->lost);
    put(&l, "errors", "", "of all reasons", true, (double)tally_errors(t));
    put_joins(&l, t);
    put_media(&l, &t->media, s);
    put_machine(&l, r, s);
    return l.n;
}

bool report_knows(const char *name)
{
    static const struct scenario none;
    struct run *r = calloc(1, sizeof(*r));
    struct figure list[REPORT_FIGURES];
    bool known = false;
    if (!r)
        return false;
    r->scenario = &none;
    const unsigned n = report_figures(r, list);
    for (unsigned i = 0; i < n; i++)
        known = known || strcmp(list[i].name, name) == 0;
    free(r);
    return known;
}

// ---- the table

static void warn_of_itself(const struct run *r)
{
    const double s = span_of(r);
    const double cpu = share(r->self.end.cpu_s - r->self.begin.cpu_s, s);
    const double late = hist_at(&r->core.tally.late, 99) / 1000;
    if (cpu > BUSY || late > LATE)
        printf("\nWARNING: salon-load itself was the limit (%.0f %% of a core, %.0f ms late): "
               "what it\n"
               "measured is about this machine, not about the server. Use a smaller load, or "
               "more machines.\n",
               cpu, late);
}

void report_print(const struct run *r)
{
    struct figure list[REPORT_FIGURES];
    const struct tally *t = &r->core.tally;
    const unsigned n = report_figures(r, list);
    printf("%u rooms, %u people, measured for %.1f s%s\n\n", r->rooms, r->people, span_of(r),
           r->stopped ? " (stopped before its end)" : "");
    for (unsigned i = 0; i < n; i++)
        if (list[i].known)
            printf("%-14s %12.2f %-6s  %s\n", list[i].name, list[i].value, list[i].unit,
                   list[i].what);
    for (unsigned i = 0; i < TALLY_LAYERS && t->media.watched_us; i++)
        printf("layer %u        %12.1f %%       of the time cameras were shown\n", i,
               layer_share(&t->media, i));
    for (unsigned i = 0; i < t->reasons; i++)
        printf("%s%8llu  %s\n", i ? "" : "\nwhat did not work:\n",
               (unsigned long long)t->reason[i].count, t->reason[i].name);
    warn_of_itself(r);
    (void)fflush(stdout);
}

// ---- JSON and limits

int report_json(const struct run *r)
{
    struct figure list[REPORT_FIGURES];
    const struct tally *t = &r->core.tally;
    const unsigned n = report_figures(r, list);
    const char *path = r->scenario->json;
    json_t *all = json_pack("{s:i, s:i, s:f, s:b}", "rooms", r->rooms, "people", r->people,
                            "seconds", span_of(r), "stopped", r->stopped);
    json_t *figures = json_object(), *errors = json_object(), *layers = json_array();
    for (unsigned i = 0; i < n; i++)
        if (list[i].known)
            json_object_set_new(figures, list[i].name, json_real(list[i].value));
    for (unsigned i = 0; i < t->reasons; i++)
        json_object_set_new(errors, t->reason[i].name,
                            json_integer((json_int_t)t->reason[i].count));
    for (unsigned i = 0; i < TALLY_LAYERS; i++)
        json_array_append_new(layers, json_real(layer_share(&t->media, i)));
    json_object_set_new(all, "figures", figures);
    json_object_set_new(all, "layers_percent", layers);
    json_object_set_new(all, "errors", errors);
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    int err = f ? 0 : -errno;
    if (f && json_dumpf(all, f, JSON_INDENT(2)) != 0)
        err = -EIO;
    if (f)
        (void)fputc('\n', f);
    if (f && f != stdout && fclose(f) != 0)
        err = -errno;
    json_decref(all);
    return err;
}

unsigned report_limits(const struct run *r)
{
    struct figure list[REPORT_FIGURES];
    const unsigned n = report_figures(r, list);
    unsigned passed = 0;
    for (unsigned i = 0; i < r->scenario->limits; i++) {
        const struct limit *l = &r->scenario->limit[i];
        for (unsigned k = 0; k < n; k++) {
            if (strcmp(list[k].name, l->name) != 0)
                continue;
            if (list[k].known &&
                (l->above ? list[k].value <= l->value : list[k].value >= l->value))
                continue;
            (void)fprintf(stderr, "FAILED %s: it is %s%.2f %s\n", l->text,
                          list[k].known ? "" : "not known, ", list[k].value, list[k].unit);
            passed++;
        }
    }
    return passed;
}
