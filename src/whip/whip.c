#include "session.h"

#include "base/rand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAGMENT_MAX (64u << 10) ///< bytes of a trickle fragment

int whip_create(const struct whip_conf *conf, struct whip **out)
{
    struct whip *w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->conf = *conf;
    map_init(&w->sessions, rand_u64());
    call_on_return(conf->call, whip_returns, w);
    *out = w;
    return 0;
}

void whip_serve(struct whip *w, struct http *http)
{
    // These URLs are capabilities: pages of any origin may use them.
    enum { FLAGS = HTTP_CORS | HTTP_ANY_TYPE };
    static const struct http_route routes[] = {
        {"POST", "/whip/{token}", whip_publish, SDP_MAX_OFFER, FLAGS},
        {"OPTIONS", "/whip/{token}", whip_endpoint_options, 0, FLAGS},
        {"POST", "/whep/{token}", whip_play, SDP_MAX_OFFER, FLAGS},
        {"OPTIONS", "/whep/{token}", whip_endpoint_options, 0, FLAGS},
        {"PATCH", "/whip/session/{secret}", whip_patch, FRAGMENT_MAX, FLAGS},
        {"DELETE", "/whip/session/{secret}", whip_delete, FRAGMENT_MAX, FLAGS},
        {"OPTIONS", "/whip/session/{secret}", whip_session_options, 0, FLAGS},
        {"PATCH", "/whep/session/{secret}", whip_patch, FRAGMENT_MAX, FLAGS},
        {"DELETE", "/whep/session/{secret}", whip_delete, FRAGMENT_MAX, FLAGS},
        {"OPTIONS", "/whep/session/{secret}", whip_session_options, 0, FLAGS},
    };
    http_routes(http, routes, sizeof(routes) / sizeof(routes[0]), w);
}

void whip_destroy(struct whip *w)
{
    if (!w)
        return;
    map_fini(&w->sessions);
    free(w);
}

void whip_session_free(struct whip_session *s)
{
    if (s->live)
        map_del(&s->whip->sessions, s->secret, strlen(s->secret));
    free(s);
}

void whip_new_etag(struct whip_session *s)
{
    char tag[WHIP_ETAG_CHARS + 1];
    rand_id(tag, sizeof(tag), "", WHIP_ETAG_CHARS);
    (void)snprintf(s->etag, sizeof(s->etag), "\"%s\"", tag);
}

void whip_keep(struct whip_session *s)
{
    call_keep_shell(s->member, json_pack("{s:s, s:s}", "secret", s->secret, "etag", s->etag));
}

bool whip_returns(void *whip, struct call_member *m, const json_t *shell)
{
    struct whip *w = whip;
    const char *secret = json_string_value(json_object_get(shell, "secret"));
    const char *etag = json_string_value(json_object_get(shell, "etag"));
    struct whip_session *s = secret && etag ? calloc(1, sizeof(*s)) : NULL;
    if (!s)
        return false;
    s->whip = w;
    s->member = m;
    (void)snprintf(s->secret, sizeof(s->secret), "%s", secret);
    (void)snprintf(s->etag, sizeof(s->etag), "%s", etag);
    if (map_put(&w->sessions, s->secret, strlen(s->secret), s) != 0) {
        free(s);
        return false;
    }
    s->live = true;
    call_attach(m, &whip_call_ops, s);
    return true;
}
