/* The WebSocket under a session. */
#include "session.h"

#include "base/log.h"

#define QUEUE_MAX (4u << 20) // a client that does not read so much is gone

static void send_texts(void *socket, const uv_buf_t *text, unsigned count)
{
    (void)ws_send(socket, text, count); // if it fails the connection is closing, and tells so
}

static void close_socket(void *socket, uint16_t code, const char *reason)
{
    ws_close(socket, code, reason);
}

static void on_open(struct ws_conn *conn, void *ctx)
{
    static const struct signal_socket_ops ops = {send_texts, close_socket};
    const struct signal_client client = {
        .address = ws_address(conn),
        .lang = ws_lang(conn),
        .local = ws_is_loopback(conn),
    };
    struct signal_session *session = signal_session_open(ctx, &ops, conn, &client);
    ws_set_user(conn, session);
    if (!session)
        ws_close(conn, 1011, "internal"); // RFC 6455 section 7.4.1: cannot fulfil it
}

static void on_message(struct ws_conn *conn, const char *data, size_t len, bool binary,
                       void *ctx)
{
    (void)ctx;
    if (ws_user(conn))
        signal_session_hear(ws_user(conn), data, len, binary);
}

static void on_oversized(struct ws_conn *conn, void *ctx)
{
    (void)ctx;
    if (ws_user(conn))
        signal_session_oversized(ws_user(conn));
}

static void on_close(struct ws_conn *conn, void *ctx)
{
    (void)ctx;
    struct signal_session *session = ws_user(conn);
    if (session && ws_gone_away(conn))
        signal_session_left(session); // Firefox drops a `leave` sent while a page unloads
    else if (session)
        signal_session_lost(session);
}

void signal_serve(struct signal *s, struct http *http)
{
    static const struct ws_endpoint endpoint = {
        .path = SIGNAL_PATH,
        .protocol = SIGNAL_PROTOCOL,
        .message_max = SIGNAL_MESSAGE,
        .queue_max = QUEUE_MAX,
        .open = on_open,
        .message = on_message,
        .oversized = on_oversized,
        .close = on_close,
    };
    http_ws(http, &endpoint, s);
}
