#include "serve_parts.h"

#include "announce.h"
#include "base/log.h"
#include "cmd.h"
#include "http/web.h"
#include "links/rooms.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS          150   ///< the loop waits this long for another's lock, no longer
#define LIMIT_KEYS       16384 ///< addresses or keys a limit remembers
#define FILES_MAX        65536
#define RINGS_PER_MINUTE 10 ///< that one person may start

/* ---- going down: workers first, then HTTP, then what stood on them ---- */

static void on_http_closed(void *arg)
{
    struct serve *s = arg;

    if (--s->listeners > 0)
        return;
    s->http = NULL;
    signal_destroy(s->signal);
    whip_destroy(s->whip);
    purge_stop(&s->purge);
    clock_jump_stop(&s->clock_jump);
    ebb_stop(&s->ebb);
    call_destroy(s->call);
    api_stop(s->api);
    notify_stop(s->notify);
    load_stop(&s->load);
    reload_stop(&s->reload);
    draining_stop(&s->drain);
    rolling_stop(&s->rolling);
    restart_stop(&s->restart);
    uv_close((uv_handle_t *)&s->on_term, NULL);
    uv_close((uv_handle_t *)&s->on_int, NULL);
}

static void on_workers_stopped(void *arg)
{
    struct serve *s = arg;

    s->listeners = 1 + admin_close(&s->admin, on_http_closed, s);
    http_close(s->http, on_http_closed, s);
}

void serve_stop(struct serve *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    log_at(LEVEL_INFO, "serve.stopping", "%s", "");
    if (s->call)
        call_stop(s->call);
    if (s->supervisor)
        supervisor_stop(s->supervisor, on_workers_stopped, s);
    else
        on_workers_stopped(s);
}

/** Ctrl-C is now; SIGTERM lets calls go on as long as configured, once. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct serve *s = handle->data;

    if (number == SIGTERM && !s->dev && !s->drain.on && s->config->drain.deadline_s > 0)
        draining_begin(&s->drain, s->config->drain.deadline_s);
    else
        serve_stop(s);
}

/* ---- what the parts tell ---- */

static void on_failed(void *arg, const char *why)
{
    struct serve *s = arg;

    s->status = cmd_fail("%s", why);
    serve_stop(s);
}

/** The two lines a person looks for; the one place where secrets are printed. */
static void print_dev_lines(struct serve *s)
{
    struct links_room room = {0};
    char url[LINKS_URL_SIZE];
    int error;

    memcpy(room.tenant, s->dev_tenant.id, sizeof room.tenant);
    error = links_room_make(s->links, &room, (int64_t)time(NULL));
    if (error) {
        on_failed(s, "the database does not take a room");
        return;
    }
    links_url(s->links, &room, url);
    (void)printf("API key: %s\nJoin: %s\n", s->dev_key, url);
    (void)fflush(stdout);
}

static void on_ready(void *arg)
{
    struct serve *s = arg;

    if (!s->stopping)
        api_ready(s->api);
    log_at(LEVEL_INFO, "serve.ready", "port=%u workers=%u", http_port(s->http),
           supervisor_count(s->supervisor));
    if (s->dev && !s->stopping)
        print_dev_lines(s);
}

static void on_happened(void *arg, const struct call_happened *what)
{
    const struct serve *s = arg;

    if (s->api)
        api_on_call(s->api, what);
}

static void on_jump(void *serve)
{
    struct serve *s = serve;
    notify_look(s->notify);
    api_look(s->api);
}

static bool is_ready(void *arg)
{
    const struct serve *s = arg;

    return !s->drain.on && !s->stopping && supervisor_pick(s->supervisor) >= 0;
}

/* ---- coming up ---- */

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/** One server a state folder: two would fight over the workers' sockets. */
static int lock_state(struct serve *s)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/lock", s->config->state);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return cmd_fail("cannot use the state folder %s: %s", s->config->state,
                        strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
        return cmd_fail("the state folder %s is in use by another salon", s->config->state);
    return 0;
}

static int open_links(struct serve *s)
{
    char why[CONFIG_WHY];
    int status;

    if (cmd_open_links(s->config, BUSY_MS, &s->store, &s->links, why, sizeof why))
        return cmd_fail("%s", why);
    status = lock_state(s);
    if (status)
        return status;
    s->rooms = limit_new(s->config->limits.rooms_per_minute, s->config->limits.rooms_per_minute,
                         LIMIT_KEYS);
    s->unknown_links = limit_new(s->config->limits.unknown_links_per_minute,
                                 s->config->limits.unknown_links_per_minute, LIMIT_KEYS);
    s->joins = limit_new(s->config->limits.joins_per_minute, s->config->limits.joins_per_minute,
                         LIMIT_KEYS);
    s->rings = limit_new(RINGS_PER_MINUTE, RINGS_PER_MINUTE, LIMIT_KEYS);
    s->knocks = limit_new(s->config->limits.knocks_per_minute,
                          s->config->limits.knocks_per_minute, LIMIT_KEYS);
    return s->rooms && s->unknown_links && s->joins && s->rings && s->knocks
               ? 0
               : cmd_fail("out of memory");
}

/** The tenant `dev` and a fresh key for it. */
static int open_dev_tenant(struct serve *s)
{
    int64_t now = (int64_t)time(NULL);
    int error = links_tenant_find(s->links, "dev", &s->dev_tenant);

    if (error == -ENOENT) {
        s->dev_tenant = (struct links_tenant){.name = "dev", .prefix = "dev"};
        error = links_tenant_add(s->links, &s->dev_tenant, now);
    }
    if (error == 0)
        error = links_key_make(s->links, s->dev_tenant.id, SCOPE_ALL, s->dev_key, now);
    return error ? cmd_fail("the database does not answer: %s", strerror(-error)) : 0;
}

static int open_http(struct serve *s)
{
    const struct config_http *c = &s->config->http;
    const struct http_conf conf = {
        .listen = c->listen,
        .port = (uint16_t)c->port,
        .tls_cert = c->tls.cert,
        .tls_key = c->tls.key,
        .proxies = (const char *const *)c->trusted_proxies,
        .proxy_count = c->trusted_proxies_count,
        .public_url = c->public_url,
        .listen_fd = handed_take(&s->handed, c->listen, c->port),
    };
    char why[CONFIG_WHY];

    return http_open(&s->loop, &conf, &s->http, why, sizeof why) ? cmd_fail("%s", why) : 0;
}

unsigned serve_workers(const struct config *config)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->media.workers)
        return config->media.workers;
    return cores > 0 && cores < 64 ? (unsigned)cores : 1;
}

static int open_supervisor(struct serve *s)
{
    const struct config_media *m = &s->config->media;
    struct supervisor_conf conf = {
        .workers = serve_workers(s->config),
        .port = (uint16_t)m->port,
        .state_dir = s->config->state,
        .reaps = true,
        .flight_mib = m->flight_mib,
        .log_level = s->config->log.level,
        .log_format = s->config->log.format,
    };
    int error;

    if (s->dev) { // several may run on one machine
        conf.any_port = true;
        conf.port = addresses_free_ports(conf.port, conf.workers);
        if (conf.port == 0)
            return cmd_fail("no UDP ports are free from %u on", m->port);
    }
    error = supervisor_create(&s->loop, &conf, &s->supervisor);
    if (error == -ENAMETOOLONG)
        return cmd_fail("the path of the state folder %s is too long", s->config->state);
    return error ? cmd_fail("cannot run media workers: %s", strerror(-error)) : 0;
}

static int open_call(struct serve *s)
{
    const struct config_media *m = &s->config->media;
    struct call_conf conf = {
        .supervisor = s->supervisor,
        .address = (const char *const *)m->announce,
        .address_count = m->announce_count,
        .room_limit = s->config->limits.room_participants,
        .ready = on_ready,
        .failed = on_failed,
        .happened = on_happened,
        .arg = s,
    };

    if (m->announce_count == 0) {
        addresses_local(&s->local, s->dev);
        conf.address = s->local.list;
        conf.address_count = s->local.count;
    }
    if (conf.address_count == 0)
        return cmd_fail("this machine has no address to announce; set media.announce");
    (void)announce_check(conf.address, conf.address_count, s->dev);
    s->ice_servers = config_ice_servers(s->config);
    conf.ice_servers = s->ice_servers;
    return call_create(&s->loop, &conf, &s->call) ? cmd_fail("out of memory") : 0;
}

static int open_shells(struct serve *s)
{
    const struct notify_conf notify = {.loop = &s->loop,
                                       .store = s->store,
                                       .links = s->links,
                                       .webhook_allow =
                                           (const char *const *)s->config->webhooks.allow,
                                       .webhook_allow_count = s->config->webhooks.allow_count};
    const struct signal_conf signal = {.call = s->call,
                                       .links = s->links,
                                       .joins = s->joins,
                                       .knocks = s->knocks,
                                       .unknown_links = s->unknown_links,
                                       .spare_local = s->dev};
    const struct whip_conf whip = {.call = s->call,
                                   .links = s->links,
                                   .joins = s->joins,
                                   .unknown_links = s->unknown_links,
                                   .spare_local = s->dev};
    if (notify_open(&notify, &s->notify))
        return cmd_fail("out of memory");
    const struct api_conf api = {.loop = &s->loop,
                                 .store = s->store,
                                 .notify = s->notify,
                                 .webhook_http = s->config->webhooks.allow_count > 0,
                                 .http = s->http,
                                 .links = s->links,
                                 .call = s->call,
                                 .rooms = s->rooms,
                                 .rings = s->rings,
                                 .unknown_links = s->unknown_links,
                                 .dev_tenant = s->dev ? s->dev_tenant.id : NULL,
                                 .ready = is_ready,
                                 .arg = s};

    if (signal_create(&s->loop, &signal, &s->signal) || whip_create(&whip, &s->whip) ||
        api_open(&api, &s->api))
        return cmd_fail("out of memory");
    s->metrics = (struct metrics){
        .http = s->http, .supervisor = s->supervisor, .call = s->call, .load = &s->load};
    signal_serve(s->signal, s->http);
    whip_serve(s->whip, s->http);
    metrics_routes(s->http, &s->metrics);
    web_routes(s->http);
    if (s->config->http.bare_links)
        api_bare_routes(s->api);
    purge_start(&s->purge, &s->loop, s->links, s->call);
    clock_jump_start(&s->clock_jump, &s->loop, s->store, &s->purge, on_jump, s);
    ebb_start(&s->ebb, &s->loop, s->call);
    draining_start(&s->drain, s);
    rolling_start(&s->rolling, s);
    restart_start(&s->restart, s);
    reload_start(&s->reload, s);
    return admin_open(&s->admin, s);
}

/** Builds all on a loop that runs later. Nonzero: a line was printed. */
static int build(struct serve *s)
{
    int status = open_supervisor(s);
    int error;

    if (status == 0)
        status = open_call(s);
    if (status == 0)
        status = open_shells(s);
    if (status)
        return status;
    error = call_start(s->call);
    return error ? cmd_fail("cannot start the media workers: %s", strerror(-error)) : 0;
}

static void catch_signals(struct serve *s)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error, not the end
    (void)uv_signal_init(&s->loop, &s->on_term);
    (void)uv_signal_init(&s->loop, &s->on_int);
    s->on_term.data = s->on_int.data = s;
    (void)uv_signal_start(&s->on_term, on_signal, SIGTERM);
    (void)uv_signal_start(&s->on_int, on_signal, SIGINT);
}

static void close_all(struct serve *s)
{
    api_close(s->api);
    notify_close(s->notify);
    limit_free(s->rooms);
    limit_free(s->unknown_links);
    limit_free(s->joins);
    limit_free(s->rings);
    limit_free(s->knocks);
    json_decref(s->ice_servers);
    links_close(s->links);
    store_close(s->store);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
}

static int run_loop(struct serve *s)
{
    int status;

    if (uv_loop_init(&s->loop))
        return cmd_fail("out of memory");
    status = open_http(s);
    if (status == 0) {
        load_start(&s->load, &s->loop);
        catch_signals(s);
        s->status = build(s);
        handed_drop(&s->handed);
        restart_took_place();
        if (s->status)
            serve_stop(s);
    }
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&s->loop))
        log_at(LEVEL_ERROR, "serve.handles", "left=1");
    return status ? status : s->status;
}

static int64_t started_at(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int serve_run(const struct serve_conf *conf)
{
    struct serve *s = calloc(1, sizeof *s);
    int status;

    if (!s)
        return cmd_fail("out of memory");
    s->conf = conf;
    s->config = conf->config;
    s->dev = conf->dev;
    s->lock_fd = -1;
    s->started_at = started_at();
    handed_read(&s->handed);
    raise_file_limit();
    status = open_links(s);
    if (status == 0 && s->dev)
        status = open_dev_tenant(s);
    if (status == 0)
        status = run_loop(s);
    close_all(s);
    free(s);
    return status;
}
