/** All that control is made of, as serve.c and the files beside it share it. */
#ifndef SERVE_PARTS_H
#define SERVE_PARTS_H

#include "addresses.h"
#include "admin.h"
#include "api/api.h"
#include "call/call.h"
#include "clock_jump.h"
#include "draining.h"
#include "ebb.h"
#include "handed.h"
#include "links/tenants.h"
#include "load.h"
#include "metrics.h"
#include "purge.h"
#include "reload.h"
#include "restart.h"
#include "rolling.h"
#include "serve.h"
#include "signal/signal.h"
#include "whip/whip.h"

/** In the order in which it is built. */
struct serve {
    struct config *config; ///< not owned; reload.c changes it
    const struct serve_conf *conf;
    bool dev, stopping;
    int status; ///< the process's
    int lock_fd;
    int64_t started_at;   ///< milliseconds since 1970
    struct handed handed; ///< by the program that this process was before
    uv_loop_t loop;
    uv_signal_t on_term, on_int;
    struct reload reload;
    struct draining drain;
    struct rolling rolling;
    struct restart restart;
    struct admin admin;
    struct store *store;
    struct links *links;
    struct limit *rooms, *unknown_links, *joins, *rings, *knocks;
    struct http *http;
    unsigned listeners; ///< that are not yet closed, when going down
    struct addresses local;
    json_t *ice_servers;
    struct supervisor *supervisor;
    struct call *call;
    struct notify *notify;
    struct signal *signal;
    struct whip *whip;
    struct api *api;
    struct load load;
    struct metrics metrics;
    struct purge purge;
    struct clock_jump clock_jump;
    struct ebb ebb;
    struct links_tenant dev_tenant;
    char dev_key[LINKS_KEY_SIZE];
};

/** In serve.c: what `media.workers` means on this machine. */
unsigned serve_workers(const struct config *config);

/** In serve.c: takes everything down, now; once. */
void serve_stop(struct serve *s);

#endif
