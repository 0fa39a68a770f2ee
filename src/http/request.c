#include "conn.h"
#include "http/address.h"

#include "base/rand.h"
#include "base/read_json.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const field_names[HTTP_FIELD_COUNT] = {
    [HTTP_AUTHORIZATION] = "authorization",
    [HTTP_CONTENT_TYPE] = "content-type",
    [HTTP_ACCEPT] = "accept",
    [HTTP_ACCEPT_ENCODING] = "accept-encoding",
    [HTTP_ACCEPT_LANGUAGE] = "accept-language",
    [HTTP_IF_MATCH] = "if-match",
    [HTTP_IF_NONE_MATCH] = "if-none-match",
    [HTTP_ORIGIN] = "origin",
    [HTTP_REFERER] = "referer",
    [HTTP_HOST] = "host",
    [HTTP_IDEMPOTENCY_KEY] = "idempotency-key",
    [HTTP_LAST_EVENT_ID] = "last-event-id",
    [HTTP_SEC_FETCH_SITE] = "sec-fetch-site",
    [HTTP_USER_AGENT] = "user-agent",
    [HTTP_X_FORWARDED_FOR] = "x-forwarded-for",
    [HTTP_X_FORWARDED_PROTO] = "x-forwarded-proto",
};

/** Who asks: known before anything is answered. */
static void find_address(struct http_req *req)
{
    const struct http_conf *conf = &req->http->conf;
    const char *forwarded = head_get_last(&req->head, "x-forwarded-for");

    address_client(req->conn->peer, forwarded, conf->proxies, conf->proxy_count, req->address);
    // Something that forwards for others sits on this machine, too: it is not the client.
    req->loopback = address_is_loopback(req->conn->peer) && !forwarded &&
                    !head_get(&req->head, "forwarded");
}

struct http_req *req_new(struct conn *conn, const char *head, size_t len, int *status)
{
    struct http_req *req = calloc(1, sizeof *req);

    *status = 503;
    if (!req)
        return NULL;
    req->http = conn->http;
    req->conn = conn;
    req->began = usec_now();
    req->shortages = json_shortages();
    req->head_text = malloc(len + 1);
    if (!req->head_text)
        goto fail;
    memcpy(req->head_text, head, len);
    req->head_text[len] = '\0';
    *status = head_parse(req->head_text, len, &req->head);
    if (*status)
        goto fail;
    rand_id(req->id, sizeof req->id, "req_", 13);
    find_address(req);
    return req;
fail:
    req_free(req);
    return NULL;
}

void req_free(struct http_req *req)
{
    if (!req->conn && req->http) {
        if (req->prev)
            req->prev->next = req->next;
        else if (req->http->kept == req)
            req->http->kept = req->next;
        if (req->next)
            req->next->prev = req->prev;
    }
    free(req->head_text);
    free(req->query_text);
    free(req->body);
    free(req);
}

void req_gone(struct http_req *req)
{
    struct http *http = req->http;

    req->conn = NULL;
    req->next = http->kept;
    if (req->next)
        req->next->prev = req;
    http->kept = req;
    if (req->gone)
        req->gone(req, req->gone_ctx);
}

const char *http_method(const struct http_req *req)
{
    return req->head.method;
}

const char *http_path(const struct http_req *req)
{
    return req->head.path;
}

const char *http_raw_query(const struct http_req *req)
{
    return req->head.query ? req->head.query : "";
}

const char *http_param(const struct http_req *req, const char *name)
{
    return route_param(&req->params, name);
}

const char *http_query(const struct http_req *req, const char *name)
{
    for (int i = 0; i < req->query_count; i++) {
        if (strcmp(req->query[i].name, name) == 0)
            return req->query[i].value;
    }
    return NULL;
}

const char *http_query_at(const struct http_req *req, size_t k, const char **value)
{
    if (k >= (size_t)req->query_count)
        return NULL;
    *value = req->query[k].value;
    return req->query[k].name;
}

const char *http_header(const struct http_req *req, enum http_field field)
{
    assert(field < HTTP_FIELD_COUNT);
    return head_get(&req->head, field_names[field]);
}

bool http_content_is(const struct http_req *req, const char *type)
{
    const char *value = http_header(req, HTTP_CONTENT_TYPE);

    return value && text_same_word(value, strcspn(value, "; \t"), type);
}

const char *http_body(const struct http_req *req, size_t *len)
{
    *len = req->body_len;
    return req->body ? req->body : "";
}

const char *http_bearer(const struct http_req *req)
{
    const char *value = http_header(req, HTTP_AUTHORIZATION);

    if (!value || strncasecmp(value, "Bearer ", 7) != 0)
        return NULL;
    value += 7 + strspn(value + 7, " ");
    return *value ? value : NULL;
}

const char *http_address(const struct http_req *req)
{
    return req->address;
}

/** One entry of Accept-Language: its weight in thousandths. RFC 9110 section 12.4.2. */
static int weight(const char *entry, size_t len)
{
    const char *q = memmem(entry, len, "q=", 2);
    int v = 0;

    if (!q)
        return 1000;
    if (q[2] == '1')
        return 1000;
    for (int i = 0, scale = 100; i < 3 && q[2] == '0' && q[3] == '.'; i++, scale /= 10) {
        if (q[4 + i] < '0' || q[4 + i] > '9')
            break;
        v += (q[4 + i] - '0') * scale;
    }
    return v;
}

/** "fr" or "en", whichever Accept-Language wants more. */
static const char *pick_lang(const char *accept)
{
    int fr = 0, en = 0;

    while (accept && *accept) {
        size_t len = strcspn(accept, ",");
        size_t skip = strspn(accept, " \t");

        if (skip < len) {
            size_t tag = strcspn(accept + skip, ",;- \t");
            if (text_same_word(accept + skip, tag, "fr") && weight(accept, len) > fr)
                fr = weight(accept, len);
            else if (text_same_word(accept + skip, tag, "en") && weight(accept, len) > en)
                en = weight(accept, len);
        }
        accept += len + (accept[len] == ',');
    }
    return fr > en ? "fr" : "en";
}

const char *http_lang(const struct http_req *req)
{
    return pick_lang(http_header(req, HTTP_ACCEPT_LANGUAGE));
}

const char *http_id(const struct http_req *req)
{
    return req->id;
}

const char *http_public_url(const struct http_req *req)
{
    return req->http->conf.public_url;
}

bool http_is_loopback(const struct http_req *req)
{
    return req->loopback;
}

bool http_gone(const struct http_req *req)
{
    return req->conn == NULL;
}

void http_on_gone(struct http_req *req, void (*gone)(struct http_req *req, void *ctx),
                  void *ctx)
{
    req->gone = gone;
    req->gone_ctx = ctx;
}
