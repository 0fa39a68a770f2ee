/** What the files of this layer share. */
#ifndef NOTIFY_INNER_H
#define NOTIFY_INNER_H

#include "notify/notify.h"
#include "ring.h"
#include "sender.h"
#include "sign.h"

#include "http/stream.h"

struct sse {
    LIST_ENTRY(sse) link;
    struct notify *notify;
    struct http_stream *http;
    char tenant[LINKS_ID_SIZE];
    char *user;              ///< owned; NULL: all of the tenant's
    char key[LINKS_ID_SIZE]; ///< "": a user's token
    int64_t expires_at;      ///< 0: never
};

LIST_HEAD(sse_list, sse);

struct notify {
    struct notify_conf conf;
    struct ring ring;
    bool together;         ///< between notify_begin() and notify_end():
    struct ring_list held; ///< what was published since
    int failed;            ///< the first of these that could not be; 0: none
    struct sse_list streams;
    uv_timer_t beat;
    struct sender *sender; ///< owned
    bool stopped;
};

/** What signs a webhook's messages under this version of its secret. */
void webhook_key(const struct links *links, const struct store_webhook *webhook,
                 unsigned version, uint8_t out[SIGN_KEY_SIZE]);

/** Sends an event to the streams it is for. */
void sse_publish(struct notify *n, const struct ring_event *event);

/** Keeps connections open that nothing happens on, ends those of who may no longer listen;
 * closes all. */
void sse_beat(struct notify *n);
void sse_close_all(struct notify *n);

#endif
