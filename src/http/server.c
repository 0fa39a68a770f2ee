#include "conn.h"
#include "listen.h"
#include "tls.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BATCH  64
#define WRITE_BATCH   8
#define READ_MAX      65536
#define WRITE_MAX     32768
#define CLOSING_TURNS 6
#define HANDSHAKE_S   60 ///< longer than our own patience with a silent client
#define SENDING_US    (30 * USEC_PER_SEC)

/* ---- one connection's socket ---- */

void server_want_write(struct conn *conn)
{
    (void)lws_callback_on_writable(conn->wsi);
}

void server_flow(struct conn *conn, bool on)
{
    (void)lws_rx_flow_control(conn->wsi, on);
}

void server_shutdown(struct conn *conn)
{
    (void)shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR);
}

void server_kill(struct conn *conn)
{
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/** Copies what waits, as much as fits: many small frames leave in one packet. */
static size_t gather(const struct conn *conn, unsigned char *to, size_t size)
{
    size_t n = 0;

    for (const struct out *out = conn->out; out && n < size; out = out->next) {
        size_t left = out->len - out->at;
        size_t take = left < size - n ? left : size - n;

        memcpy(to + n, out->data + out->at, take);
        n += take;
    }
    return n;
}

static void drop_written(struct conn *conn, size_t n)
{
    conn->queued -= n;
    while (n > 0) {
        struct out *out = conn->out;
        size_t left = out->len - out->at;

        if (n < left) {
            out->at += n;
            return;
        }
        n -= left;
        conn->out = out->next;
        free(out);
    }
}

/** Writes a piece of what waits; -1 if the connection is lost. */
static int write_piece(struct conn *conn)
{
    unsigned char piece[WRITE_MAX];
    size_t n = gather(conn, piece, sizeof piece);

    if (lws_write(conn->wsi, piece, n, LWS_WRITE_RAW) < (int)n)
        return -1;
    drop_written(conn, n);
    return 0;
}

static int on_writable(struct conn *conn)
{
    if (conn->blocked) {
        conn->blocked = false;
        server_flow(conn, true);
    }
    for (int i = 0; conn->out && i < WRITE_BATCH; i++) {
        if (write_piece(conn))
            return -1;
        // What the socket did not take waits in lws. It would not read meanwhile, but be woken
        // for what could be read, again and again: so ask for nothing.
        if (lws_partial_buffered(conn->wsi)) {
            conn->blocked = true;
            server_flow(conn, false);
            break;
        }
    }
    if (conn->state == CONN_SENDING)
        conn->deadline = usec_now() + SENDING_US;
    if (conn->out || conn->blocked) {
        server_want_write(conn);
        return 0;
    }
    return conn_on_drained(conn);
}

/**
 * lws limits the time from a TLS handshake to a role that it knows, which ours never takes on:
 * it would close every connection, WebSockets too. From the first byte on our own deadlines
 * rule.
 */
static int on_bytes(struct conn *conn, const void *bytes, size_t len)
{
    if (!conn->heard) {
        conn->heard = true;
        lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
    }
    return conn_on_bytes(conn, bytes, len);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct conn *conn;

    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
        tls_take(lws_context_user(lws_get_context(wsi)), user);
        return 0;
    }
    conn = lws_get_opaque_user_data(wsi);
    if (!conn)
        return 0;
    if (reason == LWS_CALLBACK_RAW_RX)
        return on_bytes(conn, in, len);
    if (reason == LWS_CALLBACK_RAW_WRITEABLE)
        return on_writable(conn);
    if (reason == LWS_CALLBACK_RAW_CLOSE || reason == LWS_CALLBACK_WSI_DESTROY) {
        lws_set_opaque_user_data(wsi, NULL);
        conn_free(conn);
    }
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "salon", .callback = on_event, .rx_buffer_size = READ_MAX},
    {.name = NULL},
};

/* ---- accepting ---- */

static void adopt(struct http *http, int fd, const struct sockaddr_storage *from)
{
    int one = 1;
    lws_adoption_type type = LWS_ADOPT_SOCKET;
    lws_sock_file_fd_type sock = {.sockfd = fd};
    char peer[HTTP_ADDRESS_SIZE];
    struct lws *wsi;
    struct conn *conn;

    if (http->conf.tls_cert)
        type |= LWS_ADOPT_ALLOW_SSL;
    listen_peer(from, peer);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    wsi = lws_adopt_descriptor_vhost(http->vhost, type, sock, protocols[0].name, NULL);
    if (!wsi)
        return; // lws has closed it
    conn = conn_new(http, wsi, peer);
    if (conn)
        lws_set_opaque_user_data(wsi, conn);
    else
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void on_accept(uv_poll_t *handle, int status, int events)
{
    struct http *http = handle->data;

    (void)events;
    for (int i = 0; status == 0 && i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(http->listen_fd, (struct sockaddr *)&from, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            adopt(http, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The client stays in the queue of the kernel: wait, or this runs without end.
            log_at(LEVEL_WARN, "http.accept", "error=\"%s\"", strerror(errno));
            (void)uv_poll_stop(&http->accept);
            http->accept_paused = true;
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

/* ---- the server ---- */

static void free_all(struct http *http)
{
    tls_fini(http);
    while (http->kept)
        req_free(http->kept);
    free(http);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http *http = handle->data;
    void (*done)(void *) = http->done;
    void *ctx = http->done_ctx;

    if (--http->open_handles > 0)
        return;
    free_all(http);
    if (done)
        done(ctx);
}

/**
 * lws on a loop that is not its own dies in three steps: it closes its sockets; a turn of the
 * loop later its timers; and a turn later it waits to be asked again. It tells nobody when, so
 * give it more turns than it needs.
 */
static void close_further(struct http *http)
{
    if (http->conns || ++http->closing_turns < CLOSING_TURNS)
        return;
    if (http->context)
        lws_context_destroy(http->context);
    uv_close((uv_handle_t *)&http->accept, on_handle_closed);
    uv_close((uv_handle_t *)&http->tick, on_handle_closed);
}

static void on_tick(uv_timer_t *timer)
{
    struct http *http = timer->data;
    usec_t now = usec_now();
    struct conn *next;

    if (http->closing) {
        close_further(http);
        return;
    }
    if (http->accept_paused) {
        http->accept_paused = false;
        (void)uv_poll_start(&http->accept, UV_READABLE, on_accept);
    }
    for (struct conn *conn = http->conns; conn; conn = next) {
        next = conn->next;
        if (conn_on_tick(conn, now))
            server_kill(conn);
    }
}

static void on_lws_log(int level, const char *line)
{
    log_at(level == LLL_ERR ? LEVEL_WARN : LEVEL_DEBUG, "http.lws", "line=\"%.*s\"",
           (int)strcspn(line, "\n"), line);
}

static int make_context(struct http *http)
{
    void *loops[1] = {http->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .pcontext = &http->context,
        .user = http,
        .pt_serv_buf_size = READ_MAX,
        .timeout_secs = HANDSHAKE_S,
        .gid = -1,
        .uid = -1,
    };

    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    if (http->conf.tls_cert) {
        info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = http->conf.tls_cert;
        info.ssl_private_key_filepath = http->conf.tls_key;
        info.alpn = "http/1.1";
    }
    http->context = lws_create_context(&info);
    if (!http->context)
        return -EIO;
    http->vhost = lws_create_vhost(http->context, &info);
    return http->vhost ? 0 : -EINVAL;
}

static int explain(char *why, size_t size, const struct http_conf *conf, int error)
{
    const char *listen = *conf->listen ? conf->listen : "any address";

    if (*conf->listen == '/')
        (void)snprintf(why, size, "cannot listen on %s: %s", conf->listen, strerror(-error));
    else if (error == -EADDRINUSE)
        (void)snprintf(why, size, "port %u on %s is in use by another program", conf->port,
                       listen);
    else
        (void)snprintf(why, size, "cannot listen on %s, port %u: %s", listen, conf->port,
                       strerror(-error));
    return error;
}

int http_open(uv_loop_t *loop, const struct http_conf *conf, struct http **out, char *why,
              size_t why_size)
{
    struct http *http = calloc(1, sizeof *http);
    int error;

    if (!http)
        return explain(why, why_size, conf, -ENOMEM);
    http->loop = loop;
    http->conf = *conf;
    http->listen_fd =
        conf->listen_fd > 0 ? listen_go_on(conf, &http->port) : listen_on(conf, &http->port);
    if (http->listen_fd < 0) {
        error = explain(why, why_size, conf, http->listen_fd);
        free(http);
        return error;
    }
    (void)uv_poll_init(loop, &http->accept, http->listen_fd);
    (void)uv_timer_init(loop, &http->tick);
    http->accept.data = http->tick.data = http;
    http->open_handles = 2;
    error = make_context(http);
    if (error) {
        if (error == -EINVAL && conf->tls_cert)
            (void)snprintf(why, why_size,
                           "http.tls: cannot use the certificate %s with the key %s",
                           conf->tls_cert, conf->tls_key);
        else
            (void)snprintf(why, why_size,
                           "libwebsockets does not start: is its libuv part "
                           "(libwebsockets-evlib-uv) installed?");
        http_close(http, NULL, NULL);
        return error;
    }
    (void)uv_poll_start(&http->accept, UV_READABLE, on_accept);
    (void)uv_timer_start(&http->tick, on_tick, 1000, 1000);
    *out = http;
    return 0;
}

void http_close(struct http *http, void (*done)(void *ctx), void *ctx)
{
    http->closing = true;
    http->done = done;
    http->done_ctx = ctx;
    (void)uv_poll_stop(&http->accept);
    close(http->listen_fd);
    listen_end(&http->conf);
    (void)uv_timer_start(&http->tick, on_tick, 1, 2);
    if (http->context)
        lws_context_destroy(http->context);
}

void http_hold(struct http *http)
{
    (void)uv_poll_stop(&http->accept);
    http->accept_paused = false;
}

bool http_busy(const struct http *http)
{
    for (const struct conn *conn = http->conns; conn; conn = conn->next) {
        if (!conn->heard || conn->out || conn->blocked ||
            (conn->state == CONN_HEAD && conn->in_len > 0) || conn->state == CONN_BODY ||
            conn->state == CONN_RUNNING || conn->state == CONN_SENDING)
            return true;
    }
    return false;
}

int http_listener(const struct http *http)
{
    return http->listen_fd;
}

void http_set_proxies(struct http *http, const char *const *proxies, size_t count)
{
    http->conf.proxies = proxies;
    http->conf.proxy_count = count;
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

void http_routes(struct http *http, const struct http_route *routes, size_t count, void *ctx)
{
    assert(http->table_count < HTTP_TABLES);
    http->table[http->table_count++] =
        (struct route_table){.routes = routes, .count = count, .ctx = ctx};
}

const struct http_route *http_route_at(const struct http *http, size_t k)
{
    for (unsigned t = 0; t < http->table_count; t++) {
        if (k < http->table[t].count)
            return &http->table[t].routes[k];
        k -= http->table[t].count;
    }
    return NULL;
}

void http_counts(const struct http *http, uint64_t by_class[6])
{
    memcpy(by_class, http->by_class, sizeof http->by_class);
}
