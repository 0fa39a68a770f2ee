#include "process.h"

#include "rest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIDS 4096

struct entry {
    unsigned pid, parent;
    double cpu_s;
};

/** proc(5): the name may hold anything, so what counts begins behind its last parenthesis. */
static bool read_entry(unsigned pid, struct entry *out)
{
    char path[64], line[1024];
    unsigned long user, system;
    (void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    const bool ok = fgets(line, sizeof(line), f) != NULL;
    (void)fclose(f);
    const char *rest = ok ? strrchr(line, ')') : NULL;
    if (!rest || sscanf(rest + 1, " %*c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                        &out->parent, &user, &system) != 3)
        return false;
    out->pid = pid;
    out->cpu_s = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return true;
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

static double metric(const char *text, const char *name)
{
    double sum = 0;
    for (const char *at = text; at && *at; at = strchr(at, '\n')) {
        at += *at == '\n';
        const size_t n = strlen(name);
        if (strncmp(at, name, n) != 0 || (at[n] != ' ' && at[n] != '{'))
            continue;
        const char *end = at[n] == '{' ? strchr(at, '}') : at + n;
        sum += end ? strtod(end + 1, NULL) : 0;
    }
    return sum;
}

static struct process_use read_metrics(const char *url)
{
    struct rest_reply reply;
    const struct rest_request q = {.method = "GET", .url = url};
    rest_wait(&q, &reply);
    const struct process_use use = {
        .known = reply.status == 200,
        .cpu_s = reply.body ? metric(reply.body, "process_cpu_seconds_total") : 0,
        .memory_kib =
            reply.body ? metric(reply.body, "process_resident_memory_bytes") / 1024 : 0};
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
            use.known = true;
            use.cpu_s += all[i].cpu_s;
            use.memory_kib += memory_of(all[i].pid);
        }
    free(all);
    return use;
}
