/*
 *   database ── due ──▶ slot (at most SLOTS at once) ── curl ──▶ 2xx: done
 *                                                          410: the webhook is switched off
 *                                                          else: again later, or failed
 *
 * A webhook's answer is read and thrown away, redirects are not followed, proxies not used.
 */
#include "sender.h"

#include "guard.h"
#include "inner.h"
#include "sign.h"

#include "base/log.h"
#include "base/rand.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOTS      16
#define SHARE      (SLOTS / 4) ///< of one webhook: who never answers does not hold up the others
#define TIMEOUT_S  15L
#define LOOK_MS    1000 ///< at the database, if something waits
#define ANSWER_MAX 65536

/** One transfer. */
struct slot {
    struct sender *sender;
    CURL *curl; ///< owned; NULL: free
    struct curl_slist *headers;
    char *body; ///< owned
    struct store_delivery delivery;
    bool http;     ///< plain: only to addresses that were opened
    bool guarded;  ///< the guard refused the address
    size_t answer; ///< bytes of it so far
};

/** A socket that curl wants watched. */
struct watched {
    uv_poll_t poll;
    struct sender *sender;
    curl_socket_t fd;
};

struct sender {
    const struct notify_conf *conf;
    CURLM *multi;
    uv_timer_t curl_timer, look;
    bool stopped;
    struct slot slot[SLOTS];
};

int64_t sender_pause(unsigned attempts, uint32_t random)
{
    // links.md: 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, with jitter.
    static const int64_t pauses[] = {0, 5, 300, 1800, 7200, 18000, 36000};

    if (attempts >= sizeof pauses / sizeof *pauses)
        return -1;
    return pauses[attempts] + (int64_t)(random % 1000) * pauses[attempts] / 5000;
}

/* ---- where to: the address that is connected to decides ---- */

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct slot *slot = ctx;
    const struct notify_conf *conf = slot->sender->conf;
    bool opened;

    (void)purpose;
    slot->guarded = !guard_allows(&address->addr, conf->webhook_allow,
                                  conf->webhook_allow_count, &opened) ||
                    (slot->http && !opened);
    if (slot->guarded)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct slot *slot = ctx;

    (void)bytes;
    slot->answer += size * count;
    return slot->answer <= ANSWER_MAX ? size * count : 0;
}

/* ---- one delivery ---- */

/** 0 or -ENOMEM. */
static int add_header(struct slot *slot, const char *name, const char *value)
{
    char line[512];
    struct curl_slist *more;

    (void)snprintf(line, sizeof line, "%s: %s", name, value);
    more = curl_slist_append(slot->headers, line);
    if (!more)
        return -ENOMEM;
    slot->headers = more;
    return 0;
}

/** Signed with the secret, and while rotating with the one before as well. */
static int sign(struct slot *slot, const struct store_webhook *webhook, int64_t now)
{
    const struct sign_message m = {slot->delivery.event, now, slot->body};
    const bool both = webhook->rotated_at && now - webhook->rotated_at < WEBHOOK_ROTATION_S;
    char one[SIGN_SIZE], two[SIGN_SIZE], all[2 * SIGN_SIZE], at[24];
    uint8_t key[SIGN_KEY_SIZE];
    int error;

    webhook_key(slot->sender->conf->links, webhook, webhook->version, key);
    error = sign_message(key, sizeof key, &m, one);
    if (error == 0 && both) {
        webhook_key(slot->sender->conf->links, webhook, webhook->version - 1, key);
        error = sign_message(key, sizeof key, &m, two);
    }
    (void)snprintf(all, sizeof all, "%s%s%s", one, both ? " " : "", both ? two : "");
    (void)snprintf(at, sizeof at, "%" PRId64, now);
    error = error ? error : add_header(slot, "webhook-id", slot->delivery.event);
    error = error ? error : add_header(slot, "webhook-timestamp", at);
    return error ? error : add_header(slot, "webhook-signature", all);
}

static void free_slot(struct slot *slot)
{
    if (slot->curl) {
        (void)curl_multi_remove_handle(slot->sender->multi, slot->curl);
        curl_easy_cleanup(slot->curl);
    }
    curl_slist_free_all(slot->headers);
    free(slot->body);
    *slot = (struct slot){.sender = slot->sender};
}

static void set_options(struct slot *slot, const char *url)
{
    CURL *c = slot->curl;

    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_PRIVATE, slot);
    (void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, slot->body);
    (void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(slot->body));
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, slot->headers);
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, slot->http ? "http" : "https");
    (void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT, TIMEOUT_S);
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    // Or giving up on a name that nobody resolves would wait for the thread that asks for it,
    // and the loop, with all calls, for both.
    (void)curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(c, CURLOPT_USERAGENT, "salon");
    // A connection kept from before would not be asked of the guard: each is new.
    (void)curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, slot);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, slot);
}

/** False: it cannot begin now, and is left for the next look. */
static bool begin(struct slot *slot, const struct store_delivery *delivery, int64_t now)
{
    struct store *store = slot->sender->conf->store;
    struct store_webhook webhook;

    slot->delivery = *delivery;
    if (store_webhook_get(store, delivery->webhook, &webhook) ||
        store_delivery_body(store, delivery->id, &slot->body))
        return false;
    slot->http = strncmp(webhook.url, "http://", 7) == 0;
    slot->curl = curl_easy_init();
    if (!slot->curl || add_header(slot, "Content-Type", "application/json") ||
        add_header(slot, "Expect", "") || sign(slot, &webhook, now)) {
        free_slot(slot);
        return false;
    }
    set_options(slot, webhook.url);
    if (curl_multi_add_handle(slot->sender->multi, slot->curl) == CURLM_OK)
        return true;
    free_slot(slot);
    return false;
}

static void switch_off(struct sender *s, const char *id)
{
    struct store_webhook webhook;

    if (store_webhook_get(s->conf->store, id, &webhook))
        return;
    webhook.enabled = false;
    (void)store_webhook_update(s->conf->store, &webhook);
    log_at(LEVEL_WARN, "webhook.off", "id=%s status=410", id);
}

/** What it has come to. */
static void end(struct slot *slot, CURLcode result)
{
    struct store_delivery *d = &slot->delivery;
    const int64_t now = (int64_t)time(NULL);
    uint32_t random;
    int64_t pause;
    long status = 0;
    int error;

    (void)curl_easy_getinfo(slot->curl, CURLINFO_RESPONSE_CODE, &status);
    d->attempts++;
    d->tried_at = now;
    d->status = (unsigned)status;
    *d->error = '\0';
    if (result == CURLE_OK && status >= 200 && status < 300) {
        d->state = DELIVERY_DONE;
    } else {
        (void)snprintf(d->error, sizeof d->error, "%s",
                       slot->guarded        ? "the address is not allowed"
                       : result != CURLE_OK ? curl_easy_strerror(result)
                                            : "the answer is not 2xx");
        rand_bytes(&random, sizeof random);
        pause = sender_pause(d->attempts, random);
        d->next_at = now + pause;
        if (pause < 0 || status == 410)
            d->state = DELIVERY_FAILED;
    }
    if (status == 410)
        switch_off(slot->sender, d->webhook);
    error = store_delivery_update(slot->sender->conf->store, d);
    log_at(LEVEL_DEBUG, "webhook.sent", "delivery=%s attempt=%u status=%ld error=%d", d->id,
           d->attempts, status, error);
    free_slot(slot);
}

/* ---- looking for work ---- */

struct look {
    struct sender *sender;
    int64_t now, next; ///< next: when the first that is not due yet is; 0 none
    struct store_delivery due[SLOTS];
    unsigned count;
};

static bool on_its_way(const struct sender *s, const char *id)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (s->slot[i].curl && strcmp(s->slot[i].delivery.id, id) == 0)
            return true;
    return false;
}

/** How many of this webhook's are under way, or will be. */
static unsigned taken(const struct look *look, const char *webhook)
{
    const struct slot *slot = look->sender->slot;
    unsigned n = 0;

    for (unsigned i = 0; i < SLOTS; i++)
        n += slot[i].curl && strcmp(slot[i].delivery.webhook, webhook) == 0;
    for (unsigned i = 0; i < look->count; i++)
        n += strcmp(look->due[i].webhook, webhook) == 0;
    return n;
}

/** What exceeds a webhook's share is looked for again when one of its own has ended. */
static void take_due(const struct store_delivery *d, void *ctx)
{
    struct look *look = ctx;

    if (d->next_at > look->now)
        look->next = look->next ? look->next : d->next_at;
    else if (look->count < SLOTS && !on_its_way(look->sender, d->id) &&
             taken(look, d->webhook) < SHARE)
        look->due[look->count++] = *d;
}

static void on_look(uv_timer_t *timer)
{
    struct sender *s = timer->data;
    struct look look = {.sender = s, .now = (int64_t)time(NULL)};
    // Half of what is seen of a webhook may be under way; three of them may have their share.
    const struct store_due due = {.limit = 4 * SLOTS, .each_webhook = 2 * SHARE};
    unsigned at = 0;
    bool all = true;

    if (store_delivery_due(s->conf->store, &due, take_due, &look)) {
        (void)uv_timer_start(timer, on_look, LOOK_MS, 0);
        return;
    }
    for (unsigned i = 0; i < SLOTS && at < look.count; i++)
        if (!s->slot[i].curl)
            all &= begin(&s->slot[i], &look.due[at++], look.now);
    if (!all || at < look.count || (look.next && look.next - look.now < 2))
        (void)uv_timer_start(timer, on_look, LOOK_MS, 0);
    else if (look.next)
        (void)uv_timer_start(timer, on_look, (uint64_t)(look.next - look.now) * 1000, 0);
}

void sender_wake(struct sender *s)
{
    if (!s->stopped)
        (void)uv_timer_start(&s->look, on_look, 0, 0);
}

/* ---- curl on the loop ---- */

static void collect(struct sender *s)
{
    CURLMsg *message;
    int left;
    bool any = false;

    while ((message = curl_multi_info_read(s->multi, &left))) {
        struct slot *slot = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode result = message->data.result;

        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        end(slot, result);
        any = true;
    }
    if (any)
        sender_wake(s);
}

static void on_curl_timer(uv_timer_t *timer)
{
    struct sender *s = timer->data;
    int running;

    (void)curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(s);
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
    struct sender *s = ctx;

    (void)multi;
    if (s->stopped)
        return 0;
    if (ms < 0)
        (void)uv_timer_stop(&s->curl_timer);
    else
        (void)uv_timer_start(&s->curl_timer, on_curl_timer, (uint64_t)ms, 0);
    return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *w = poll->data;
    struct sender *s = w->sender;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    (void)curl_multi_socket_action(s->multi, w->fd, flags, &running);
    collect(s);
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/** A new one for a socket of curl's; NULL if there is no means. */
static struct watched *watched_new(struct sender *s, curl_socket_t fd)
{
    struct watched *w = calloc(1, sizeof *w);

    if (!w || uv_poll_init_socket(s->conf->loop, &w->poll, fd)) {
        free(w);
        return NULL;
    }
    w->sender = s;
    w->fd = fd;
    w->poll.data = w;
    uv_unref((uv_handle_t *)&w->poll);
    (void)curl_multi_assign(s->multi, fd, w);
    return w;
}

/**
 * Always 0: -1 would end not this transfer but the multi handle, and with it all there will
 * ever be. Who is not watched runs into its own time limit, and is tried again.
 */
static int watch(CURL *curl, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct sender *s = ctx;
    struct watched *w = socket_ctx;

    (void)curl;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            uv_close((uv_handle_t *)&w->poll, on_poll_closed);
        (void)curl_multi_assign(s->multi, fd, NULL);
        return 0;
    }
    w = w ? w : watched_new(s, fd);
    if (w)
        (void)uv_poll_start(&w->poll,
                            (what & CURL_POLL_IN ? UV_READABLE : 0) |
                                (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                            on_poll);
    return 0;
}

int sender_open(const struct notify_conf *conf, struct sender **out)
{
    struct sender *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    s->conf = conf;
    s->multi = curl_multi_init();
    if (!s->multi) {
        free(s);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < SLOTS; i++)
        s->slot[i].sender = s;
    (void)curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
    (void)curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, watch);
    (void)curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
    (void)uv_timer_init(conf->loop, &s->curl_timer);
    (void)uv_timer_init(conf->loop, &s->look);
    s->curl_timer.data = s->look.data = s;
    uv_unref((uv_handle_t *)&s->curl_timer);
    uv_unref((uv_handle_t *)&s->look);
    sender_wake(s); // what a former process left
    *out = s;
    return 0;
}

void sender_stop(struct sender *s)
{
    if (!s || s->stopped)
        return;
    s->stopped = true;
    for (unsigned i = 0; i < SLOTS; i++)
        free_slot(&s->slot[i]);
    (void)curl_multi_cleanup(s->multi);
    uv_close((uv_handle_t *)&s->curl_timer, NULL);
    uv_close((uv_handle_t *)&s->look, NULL);
}

void sender_close(struct sender *s)
{
    free(s);
    curl_global_cleanup();
}
