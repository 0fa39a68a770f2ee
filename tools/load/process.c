#include "process.h"

#include "rest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIDS 4096

struct entry {
    unsigned pid, parent;
};

/** proc(5): the name may hold anything, so what counts begins behind its last parenthesis. */
static bool read_entry(unsigned pid, struct entry *out)
{
    char path[64], line[1024];
    (void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    const bool ok = fgets(line, sizeof(line), f) != NULL;
    (void)fclose(f);
    const char *rest = ok ? strrchr(line, ')') : NULL;
    out->pid = pid;
    return rest && sscanf(rest + 1, " %*c %u", &out->parent) == 1;
}

/** To the nanosecond, where /proc counts in hundredths of a second. */
static double cpu_of(unsigned pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid((pid_t)pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double memory_of(unsigned pid)
{
    char path[64], line[256];
    double kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%u/smaps_rollup", pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "Pss:", 4) == 0)
            kib = strtod(line + 4, NULL);
    if (f)
        (void)fclose(f);
    return kib;
}

static unsigned read_all(struct entry *all)
{
    unsigned n = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d)) && n < PIDS;) {
        const unsigned pid = (unsigned)strtoul(e->d_name, NULL, 10);
        if (pid && read_entry(pid, &all[n]))
            n++;
    }
    if (d)
        closedir(d);
    return n;
}

static bool is_below(const struct entry *all, unsigned n, const struct entry *e, unsigned pid)
{
    unsigned at = e->pid;
    for (unsigned depth = 0; depth < 16; depth++) {
        unsigned i = 0;
        if (at == pid)
            return true;
        while (i < n && all[i].pid != at)
            i++;
        if (i == n || all[i].parent == 0)
            return false;
        at = all[i].parent;
    }
    return false;
}

/** Adds all samples of `name` to `sum`; false if there is none. */
static bool add_metric(const char *text, const char *name, double *sum)
{
    bool any = false;
    for (const char *at = text; at && *at; at = strchr(at, '\n')) {
        at += *at == '\n';
        const size_t n = strlen(name);
        if (strncmp(at, name, n) != 0 || (at[n] != ' ' && at[n] != '{'))
            continue;
        const char *end = at[n] == '{' ? strchr(at, '}') : at + n;
        *sum += end ? strtod(end + 1, NULL) : 0;
        any = true;
    }
    return any;
}

/** What Prometheus' own libraries call it, and salon, whose processes are counted apart. */
struct process_use process_parse(const char *text)
{
    static const char *const cpu[] = {"process_cpu_seconds_total",
                                      "salon_control_cpu_seconds_total",
                                      "salon_worker_cpu_seconds_total"};
    struct process_use use = {0};
    double bytes = 0;
    for (size_t i = 0; i < sizeof(cpu) / sizeof(*cpu); i++)
        use.known = add_metric(text, cpu[i], &use.cpu_s) || use.known;
    use.memory_known = add_metric(text, "process_resident_memory_bytes", &bytes);
    use.memory_kib = bytes / 1024;
    return use;
}

static struct process_use read_metrics(const char *url)
{
    struct rest_reply reply;
    const struct rest_request q = {.method = "GET", .url = url};
    rest_wait(&q, &reply);
    struct process_use use = {0};
    if (reply.status == 200 && reply.body)
        use = process_parse(reply.body);
    rest_free(&reply);
    return use;
}

struct process_use process_read(const struct process *p)
{
    struct process_use use = {0};
    if (!p->pid)
        return p->metrics && *p->metrics ? read_metrics(p->metrics) : use;
    struct entry *all = calloc(PIDS, sizeof(*all));
    const unsigned n = all ? read_all(all) : 0;
    for (unsigned i = 0; i < n; i++)
        if (is_below(all, n, &all[i], p->pid)) {
            use.known = use.memory_known = true;
            use.cpu_s += cpu_of(all[i].pid);
            use.memory_kib += memory_of(all[i].pid);
        }
    free(all);
    return use;
}
