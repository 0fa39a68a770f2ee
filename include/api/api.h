/** The resource API under /api/v1, the public pages and what --dev adds. */
#ifndef API_API_H
#define API_API_H

#include "call/call.h"
#include "http/http.h"
#include "links/links.h"

struct api;

struct api_conf {
    struct http *http; ///< not owned, like the rest
    struct links *links;
    struct call *call;
    unsigned rooms_per_minute;         ///< for one API key
    unsigned unknown_links_per_minute; ///< for one address
    const char *dev_tenant;            ///< --dev: the tenant's id; NULL: not --dev
    bool (*ready)(void *arg);          ///< media workers are up
    void *arg;
};

/** Adds all routes. 0 or -ENOMEM. Strings of `conf` must outlive it. */
int api_open(const struct api_conf *conf, struct api **out);

/** After `http` is closed. api_close(NULL) is fine. */
void api_close(struct api *api);

#endif
