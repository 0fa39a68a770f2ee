#include "ws.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX (1u << 20)

struct message {
    struct message *next;
    size_t len;
    unsigned char bytes[]; // LWS_PRE before the text
};

struct ws_pool {
    struct lws_context *lws;
};

struct ws {
    struct ws_pool *pool;
    struct lws *wsi;
    const struct ws_handler *handler; ///< not owned; NULL: nobody listens any more
    void *arg;
    bool open, ends, connecting, dead;
    struct message *out, **out_end; ///< owned
    char *in;                       ///< owned: a message that comes in pieces
    size_t in_len;
};

static void ws_free(struct ws *w)
{
    while (w->out) {
        struct message *m = w->out;
        w->out = m->next;
        free(m);
    }
    free(w->in);
    free(w);
}

static void end(struct ws *w, const char *why)
{
    lws_set_opaque_user_data(w->wsi, NULL);
    if (w->handler)
        w->handler->on_closed(w->arg, why);
    if (w->connecting)
        w->dead = true; // ws_open() is still on the stack
    else
        ws_free(w);
}

static int take(struct ws *w, const char *piece, size_t len)
{
    if (w->in_len + len > MESSAGE_MAX)
        return -1;
    char *in = realloc(w->in, w->in_len + len + 1);
    if (!in)
        return -1;
    memcpy(in + w->in_len, piece, len);
    w->in = in;
    w->in_len += len;
    in[w->in_len] = '\0';
    if (!lws_is_final_fragment(w->wsi) || lws_remaining_packet_payload(w->wsi))
        return 0;
    const size_t whole = w->in_len;
    w->in = NULL;
    w->in_len = 0;
    if (w->handler)
        w->handler->on_text(w->arg, in, whole);
    free(in);
    return 0;
}

static int give(struct ws *w)
{
    struct message *m = w->out;
    if (!m)
        return w->ends ? -1 : 0;
    const int n = lws_write(w->wsi, m->bytes + LWS_PRE, m->len, LWS_WRITE_TEXT);
    w->out = m->next;
    if (!w->out)
        w->out_end = &w->out;
    const int err = n < (int)m->len ? -1 : 0;
    free(m);
    if (w->out || w->ends)
        lws_callback_on_writable(w->wsi);
    return err;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct ws *w = lws_get_opaque_user_data(wsi);
    (void)user;
    if (!w)
        return 0;
    w->wsi = wsi;
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        w->open = true;
        if (w->handler)
            w->handler->on_open(w->arg);
        if (w->out || w->ends)
            lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return take(w, in, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return give(w);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        end(w, "signalling: no connection");
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        end(w, "signalling: connection lost");
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "load", .callback = on_event, .rx_buffer_size = 16384},
    {.name = NULL},
};

struct ws_pool *ws_pool_create(void)
{
    struct ws_pool *p = calloc(1, sizeof(*p));
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE,
        .gid = -1,
        .uid = -1};
    lws_set_log_level(0, NULL);
    if (p)
        p->lws = lws_create_context(&info);
    if (p && !p->lws) {
        free(p);
        return NULL;
    }
    return p;
}

void ws_pool_destroy(struct ws_pool *p)
{
    if (p)
        lws_context_destroy(p->lws);
    free(p);
}

void ws_pool_serve(struct ws_pool *p)
{
    (void)lws_service(p->lws, -1);
}

struct ws *ws_open(struct ws_pool *p, const char *url, const char *protocol,
                   const struct ws_handler *handler, void *arg)
{
    const char *scheme, *host, *path;
    char copy[1024], slash[1024];
    int port;
    struct ws *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    *w = (struct ws){
        .pool = p, .handler = handler, .arg = arg, .connecting = true, .out_end = &w->out};
    (void)snprintf(copy, sizeof(copy), "%s", url);
    if (lws_parse_uri(copy, &scheme, &host, &port, &path)) {
        free(w);
        return NULL;
    }
    (void)snprintf(slash, sizeof(slash), "/%s", path);
    const bool tls = strcmp(scheme, "wss") == 0 || strcmp(scheme, "https") == 0;
    struct lws_client_connect_info info = {.context = p->lws,
                                           .address = host,
                                           .port = port,
                                           .path = slash,
                                           .host = host,
                                           .origin = host,
                                           .protocol = protocol,
                                           .local_protocol_name = "load",
                                           .opaque_user_data = w,
                                           .pwsi = &w->wsi,
                                           .ssl_connection =
                                               tls ? LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED |
                                                         LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK
                                                   : 0};
    struct lws *wsi = lws_client_connect_via_info(&info);
    w->connecting = false;
    if (w->dead || !wsi) {
        ws_free(w);
        return NULL;
    }
    return w;
}

void ws_send(struct ws *w, const char *text)
{
    const size_t len = strlen(text);
    struct message *m = w ? malloc(sizeof(*m) + LWS_PRE + len) : NULL;
    if (!m)
        return;
    m->next = NULL;
    m->len = len;
    memcpy(m->bytes + LWS_PRE, text, len);
    *w->out_end = m;
    w->out_end = &m->next;
    if (w->open)
        lws_callback_on_writable(w->wsi);
}

void ws_close(struct ws *w)
{
    if (!w)
        return;
    w->handler = NULL;
    w->ends = true;
    if (w->open)
        lws_callback_on_writable(w->wsi);
}
