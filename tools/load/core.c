#include "core.h"

#include "peer.h"
#include "srtp/open.h"

#include <errno.h>
#include <glib.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS       256
#define ALL_PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

int core_init(struct core *c, const struct core_conf *conf)
{
    static const uint16_t known[] = {
        STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_ERROR_CODE,
        STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE,      0};
    *c = (struct core){.random = conf->seed, .rtx = true};
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll < 0)
        return -errno;
    int err = opener_setup();
    if (!err)
        err = dtls_ctx_init(&c->dtls);
    if (!err)
        err = seal_engine_init(&c->seal, SEAL_BEST);
    if (!err && SSL_CTX_set_tlsext_use_srtp(c->dtls.ssl_ctx,
                                            conf->profile ? conf->profile : ALL_PROFILES) != 0)
        err = -EINVAL;
    stun_agent_init(&c->stun, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    c->now = usec_now();
    c->wall_shift = core_wall() - c->now;
    return err;
}

void core_fini(struct core *c)
{
    clips_fini(&c->clips);
    seal_engine_fini(&c->seal);
    dtls_ctx_fini(&c->dtls);
    opener_teardown();
    if (c->epoll >= 0)
        (void)close(c->epoll);
    free(c->peer);
    free(c->wake);
}

uint32_t core_random(struct core *c)
{
    // Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (2014)
    uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 16);
}

int64_t core_wall(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

int core_add(struct core *c, struct peer *p)
{
    unsigned i = 0;
    while (i < c->places && c->peer[i])
        i++;
    if (i == c->places) {
        const unsigned places = c->places ? 2 * c->places : 64;
        struct peer **peer = realloc(c->peer, places * sizeof(struct peer *));
        if (peer)
            c->peer = peer;
        usec_t *wake = peer ? realloc(c->wake, places * sizeof(*wake)) : NULL;
        if (!wake)
            return -ENOMEM;
        c->wake = wake;
        for (unsigned k = c->places; k < places; k++) {
            c->peer[k] = NULL;
            c->wake[k] = USEC_NEVER;
        }
        c->places = places;
    }
    c->peer[i] = p;
    c->wake[i] = 0;
    return (int)i;
}

void core_remove(struct core *c, unsigned place)
{
    c->peer[place] = NULL;
    c->wake[place] = USEC_NEVER;
}

static void read_all(struct core *c, int timeout_ms)
{
    struct epoll_event event[EVENTS];
    const int n = epoll_wait(c->epoll, event, EVENTS, timeout_ms);
    c->now = usec_now();
    for (int i = 0; i < n; i++)
        peer_read(event[i].data.ptr, c->now);
}

static void wake_due(struct core *c)
{
    for (unsigned i = 0; i < c->places; i++) {
        if (c->wake[i] > c->now)
            continue;
        if (c->measuring && c->wake[i] > 0)
            hist_add(&c->tally.late, c->now - c->wake[i]);
        c->wake[i] = USEC_NEVER;
        const usec_t next = peer_tick(c->peer[i], c->now);
        if (c->peer[i])
            c->wake[i] = next;
    }
}

void core_turn(struct core *c)
{
    read_all(c, 1);
    if (c->connecting > 0)
        for (unsigned i = 0; i < 64 && g_main_context_iteration(NULL, FALSE); i++)
            ;
    c->now = usec_now();
    wake_due(c);
}
