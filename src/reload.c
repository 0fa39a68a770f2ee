#include "reload.h"

#include "base/log.h"
#include "config_walk.h"
#include "serve_parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define LOOK_MS 5000

/** Two values change places, so that each configuration still owns what it frees. */
#define SWAP(a, b)                                                                             \
    do {                                                                                       \
        __typeof__(a) swapped = (a);                                                           \
        (a) = (b);                                                                             \
        (b) = swapped;                                                                         \
    } while (0)

/* ---- the certificate ---- */

static void look_at_files(const struct config_tls *tls, struct stat out[2])
{
    memset(out, 0, 2 * sizeof *out);
    if (tls->cert && stat(tls->cert, &out[0]))
        memset(&out[0], 0, sizeof out[0]);
    if (tls->key && stat(tls->key, &out[1]))
        memset(&out[1], 0, sizeof out[1]);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/** Reads the pair that `tls` names. */
static bool renew(struct reload *r, const struct config_tls *tls)
{
    char why[CONFIG_WHY];

    look_at_files(tls, r->seen);
    if (http_renew_tls(r->serve->http, tls->cert, tls->key, why, sizeof why)) {
        log_at(LEVEL_ERROR, "tls.refused", "why=\"%s\"", why);
        return false;
    }
    log_at(LEVEL_INFO, "tls.renewed", "%s", "");
    return true;
}

static void on_look(uv_timer_t *timer)
{
    struct reload *r = timer->data;
    const struct config_tls *tls = &r->serve->config->http.tls;
    struct stat now[2];

    if (!tls->cert || r->serve->stopping)
        return;
    look_at_files(tls, now);
    if (!same_file(&now[0], &r->seen[0]) || !same_file(&now[1], &r->seen[1]))
        (void)renew(r, tls); // half of a renewal is refused; the other half is seen next time
}

/* ---- what can change while we run ---- */

static bool take_limits(struct serve *s, struct config *fresh)
{
    const struct config_limits *l = &fresh->limits;

    if (call_set(s->call, l->room_participants, NULL))
        return false;
    limit_set(s->rooms, l->rooms_per_minute, l->rooms_per_minute);
    limit_set(s->unknown_links, l->unknown_links_per_minute, l->unknown_links_per_minute);
    limit_set(s->joins, l->joins_per_minute, l->joins_per_minute);
    limit_set(s->knocks, l->knocks_per_minute, l->knocks_per_minute);
    s->config->limits = *l;
    return true;
}

static bool take_tls(struct serve *s, struct config *fresh)
{
    if (!s->config->http.tls.cert != !fresh->http.tls.cert)
        return false; // http does not become https
    if (!renew(&s->reload, &fresh->http.tls))
        return false;
    SWAP(s->config->http.tls, fresh->http.tls);
    return true;
}

static bool take_proxies(struct serve *s, struct config *fresh)
{
    SWAP(s->config->http.trusted_proxies, fresh->http.trusted_proxies);
    SWAP(s->config->http.trusted_proxies_count, fresh->http.trusted_proxies_count);
    http_set_proxies(s->http, (const char *const *)s->config->http.trusted_proxies,
                     s->config->http.trusted_proxies_count);
    return true;
}

static bool take_ice(struct serve *s, struct config *fresh)
{
    json_t *servers = config_ice_servers(fresh);
    const bool taken =
        servers && call_set(s->call, s->config->limits.room_participants, servers) == 0;

    json_decref(servers);
    if (taken) {
        SWAP(s->config->ice_servers, fresh->ice_servers);
        SWAP(s->config->ice_servers_count, fresh->ice_servers_count);
    }
    return taken;
}

static bool take_webhooks(struct serve *s, struct config *fresh)
{
    SWAP(s->config->webhooks, fresh->webhooks);
    notify_set_allow(s->notify, (const char *const *)s->config->webhooks.allow,
                     s->config->webhooks.allow_count);
    api_set_webhook_http(s->api, s->config->webhooks.allow_count > 0);
    return true;
}

static bool take_log_level(struct serve *s, struct config *fresh)
{
    enum log_level level;

    if (!log_level_from(fresh->log.level, &level) ||
        supervisor_set_log_level(s->supervisor, fresh->log.level))
        return false;
    log_level_set(level);
    SWAP(s->config->log.level, fresh->log.level);
    return true;
}

static bool take_token(struct serve *s, struct config *fresh)
{
    SWAP(s->config->admin.token, fresh->admin.token);
    return true;
}

static bool take_drain(struct serve *s, struct config *fresh)
{
    s->config->drain = fresh->drain;
    return true;
}

/** Fields by the beginning of their path; a group is taken over once. */
static const struct live {
    const char *path;
    bool (*take)(struct serve *s, struct config *fresh);
} live[] = {
    {"limits.", take_limits},
    {"http.tls.", take_tls},
    {"http.trusted_proxies", take_proxies},
    {"ice_servers", take_ice},
    {"webhooks.allow", take_webhooks},
    {"log.level", take_log_level},
    {"admin.token", take_token},
    {"drain.", take_drain},
};
#define LIVE_COUNT (sizeof live / sizeof *live)

/* ---- reading again ---- */

struct changes {
    struct serve *serve;
    struct config *fresh;
    enum { UNTRIED, TAKEN, REFUSED } done[LIVE_COUNT];
};

static void on_changed(const char *field, void *arg)
{
    struct changes *c = arg;

    for (size_t i = 0; i < LIVE_COUNT; i++) {
        if (strncmp(field, live[i].path, strlen(live[i].path)) != 0)
            continue;
        if (c->done[i] == UNTRIED)
            c->done[i] = live[i].take(c->serve, c->fresh) ? TAKEN : REFUSED;
        log_at(c->done[i] == TAKEN ? LEVEL_INFO : LEVEL_ERROR,
               c->done[i] == TAKEN ? "reload.taken" : "reload.refused", "field=%s", field);
        return;
    }
    log_at(LEVEL_WARN, "reload.needs_restart", "field=%s", field);
}

int reload_now(struct reload *r, char *why, size_t why_size)
{
    struct serve *s = r->serve;
    struct changes changes = {.serve = s};
    char line[CONFIG_WHY];
    int error;

    error = s->conf->load(s->conf->arg, &changes.fresh, line);
    if (error) {
        log_at(LEVEL_ERROR, "reload.failed", "why=\"%s\"", line);
        (void)snprintf(why, why_size, "%s", line);
        return error;
    }
    error = config_compare(s->config, changes.fresh, on_changed, &changes);
    if (s->config->http.tls.cert) // the same name, perhaps another certificate
        (void)renew(r, &s->config->http.tls);
    config_free(changes.fresh);
    log_at(LEVEL_INFO, "reload.done", "%s", "");
    (void)snprintf(why, why_size, "%s", error ? strerror(-error) : "");
    return error;
}

static void on_hup(uv_signal_t *handle, int number)
{
    struct reload *r = handle->data;
    char why[CONFIG_WHY];

    (void)number;
    if (!r->serve->stopping)
        (void)reload_now(r, why, sizeof why); // the log has it
}

void reload_start(struct reload *r, struct serve *serve)
{
    r->serve = serve;
    (void)uv_signal_init(&serve->loop, &r->on_hup);
    (void)uv_timer_init(&serve->loop, &r->look);
    r->on_hup.data = r->look.data = r;
    look_at_files(&serve->config->http.tls, r->seen);
    (void)uv_signal_start(&r->on_hup, on_hup, SIGHUP);
    (void)uv_timer_start(&r->look, on_look, LOOK_MS, LOOK_MS);
}

void reload_stop(struct reload *r)
{
    if (!r->serve)
        return;
    uv_close((uv_handle_t *)&r->on_hup, NULL);
    uv_close((uv_handle_t *)&r->look, NULL);
}
