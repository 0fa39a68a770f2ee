/** The resource API under /api/v1, the public pages and what --dev adds. */
#ifndef API_API_H
#define API_API_H

#include "call/call.h"
#include "http/http.h"
#include "http/limit.h"
#include "links/links.h"
#include "notify/notify.h"

struct api;

struct api_conf {
    struct http *http; ///< not owned, like the rest
    struct links *links;
    struct call *call;
    struct limit *rooms; ///< rooms made, by API key
    uv_loop_t *loop;
    struct store *store;
    struct notify *notify;       ///< who is told of what happens
    bool webhook_http;           ///< webhooks may be http: some addresses are opened for it
    struct limit *rings;         ///< rings, by tenant and caller
    struct limit *unknown_links; ///< tries of unknown links, by address
    const char *dev_tenant;      ///< --dev: the tenant's id; NULL: not --dev
    bool (*ready)(void *arg);    ///< media workers are up
    void *arg;
};

/** Adds all routes. 0 or -ENOMEM. Strings of `conf` must outlive it. */
int api_open(const struct api_conf *conf, struct api **out);

/** Adds /healthz and /readyz to another listener. */
void api_health_routes(struct api *api, struct http *http);

/** As webhook_http of api_conf, from now on. */
void api_set_webhook_http(struct api *api, bool allowed);

/** For call_conf.happened. */
void api_on_call(struct api *api, const struct call_happened *what);

/** Serves /{uuid}, too. After all other routes: it takes every path of one segment. */
void api_bare_routes(struct api *api);

/** All workers are up, and what they held is known: calls that nobody has seen end, and that do
 * not go on, have ended. */
void api_ready(struct api *api);

/** The times at which rings change by themselves are others now: looks at them anew. */
void api_look(struct api *api);

/** Closes its handles: let the loop run after. */
void api_stop(struct api *api);

/** After `http` is closed and api_stop(). api_close(NULL) is fine. */
void api_close(struct api *api);

#endif
