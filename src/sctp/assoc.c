#include "inner.h"
#include "library.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

// The library's clock has steps of 10 ms; where nothing happens less will do.
#define TICK_BUSY (10 * USEC_PER_MS)
#define TICK_IDLE (200 * USEC_PER_MS)
#define BUSY_FOR  USEC_PER_SEC

// In a row, of anything. Consent ends a peer that is silent for 30 s: do not give up before.
#define ASSOC_RETRANSMISSIONS 12

#define OUT_FIRST 4096
#define OUT_MAX   (256u << 10)
#define PREFIX    2 // bytes before a packet in `out`: its length

void assoc_set_init(struct assoc_set *set)
{
    *set = (struct assoc_set){.tick_at = USEC_NEVER};
    TAILQ_INIT(&set->ready);
}

void assoc_set_fini(struct assoc_set *set)
{
    assert(set->count == 0);
    free(set->scratch);
    set->scratch = NULL;
}

void assoc_set_tick(struct assoc_set *set, usec_t now)
{
    library_tick(now);
    if (set->count > 0)
        set->tick_at = now + (now < set->busy_until ? TICK_BUSY : TICK_IDLE);
    else
        set->tick_at = USEC_NEVER;
}

struct assoc *assoc_set_next(struct assoc_set *set)
{
    struct assoc *a = TAILQ_FIRST(&set->ready);
    if (a) {
        TAILQ_REMOVE(&set->ready, a, link);
        a->is_ready = false;
    }
    return a;
}

void assoc_ready(struct assoc *a)
{
    if (a->is_ready)
        return;
    TAILQ_INSERT_TAIL(&a->set->ready, a, link);
    a->is_ready = true;
}

void assoc_busy(struct assoc *a, usec_t now)
{
    library_tick(now); // what starts a timer now counts from now
    a->set->busy_until = now + BUSY_FOR;
    a->set->tick_at = usec_min(a->set->tick_at, now + TICK_BUSY);
}

void assoc_down(struct assoc *a)
{
    if (a->state == ASSOC_DOWN)
        return;
    a->state = ASSOC_DOWN;
    a->told_state = false;
    send_forget(a, NULL);
    assoc_ready(a);
}

/* ---- packets ---- */

void assoc_put_packet(struct assoc *a, const uint8_t *bytes, size_t len)
{
    struct assoc_queue *q = &a->out;
    const size_t need = q->used + PREFIX + len;
    if (len > ASSOC_MTU || need > OUT_MAX)
        return;
    if (need > q->size) {
        size_t size = q->size ? q->size : OUT_FIRST;
        while (size < need)
            size *= 2;
        uint8_t *grown = realloc(q->bytes, size);
        if (!grown)
            return;
        q->bytes = grown;
        q->size = size;
    }
    const uint16_t prefix = (uint16_t)len;
    memcpy(q->bytes + q->used, &prefix, PREFIX);
    memcpy(q->bytes + q->used + PREFIX, bytes, len);
    q->used = need;
    assoc_ready(a);
}

size_t assoc_take(struct assoc *a, uint8_t *buf)
{
    struct assoc_queue *q = &a->out;
    if (q->taken == q->used) {
        free(q->bytes);
        *q = (struct assoc_queue){0};
        return 0;
    }
    uint16_t len;
    memcpy(&len, q->bytes + q->taken, PREFIX);
    memcpy(buf, q->bytes + q->taken + PREFIX, len);
    q->taken += PREFIX + len;
    return len;
}

enum drop assoc_on_packet(struct assoc *a, const uint8_t *bytes, size_t len, usec_t now)
{
    if (len < sizeof(struct sctp_common_header))
        return DROP_SHORT;
    if (len > UINT16_MAX)
        return DROP_LIMIT;
    if (a->state == ASSOC_DOWN)
        return DROP_NOT_READY;
    if (!assoc_packet_sound(bytes, len))
        return DROP_MALFORMED;
    assoc_busy(a, now);
    usrsctp_conninput(library_number(a), bytes, len, 0);
    send_waiting(a);
    assoc_ready(a);
    return DROP_NONE;
}

/* ---- life ---- */

static void on_upcall(struct socket *socket, void *number, int flags)
{
    (void)socket;
    (void)flags;
    struct assoc *a = library_find(number);
    if (a)
        assoc_ready(a);
}

static bool set(struct socket *s, int name, const void *value, size_t len)
{
    return usrsctp_setsockopt(s, IPPROTO_SCTP, name, value, (socklen_t)len) == 0;
}

static bool subscribe(struct socket *s)
{
    static const uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT,
                                     SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT};
    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct sctp_event event = {
            .se_assoc_id = SCTP_ALL_ASSOC, .se_type = types[i], .se_on = 1};
        if (!set(s, SCTP_EVENT, &event, sizeof(event)))
            return false;
    }
    return true;
}

/** What is the same for every association. */
static bool configure(struct socket *s)
{
    // Close means abort: nothing of an association outlives it.
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    const int buffer = ASSOC_BUFFER;
    const uint32_t on = 1;
    const struct sctp_assoc_value resets = {.assoc_id = SCTP_ALL_ASSOC,
                                            .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
    const struct sctp_initmsg init = {.sinit_num_ostreams = ASSOC_STREAMS,
                                      .sinit_max_instreams = ASSOC_STREAMS,
                                      .sinit_max_attempts = 20,
                                      .sinit_max_init_timeo = 2000};
    const struct sctp_rtoinfo rto = {.srto_initial = 500, .srto_max = 5000, .srto_min = 300};
    const struct sctp_assocparams params = {.sasoc_asocmaxrxt = ASSOC_RETRANSMISSIONS};
    const struct sctp_sack_info sack = {.sack_delay = 50, .sack_freq = 2};
    // A message within the limit comes in one piece, see events.c.
    const uint32_t partial = ASSOC_BUFFER / 2;

    return usrsctp_set_non_blocking(s, 1) == 0 &&
           usrsctp_setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0 &&
           usrsctp_setsockopt(s, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) == 0 &&
           usrsctp_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) == 0 &&
           set(s, SCTP_NODELAY, &on, sizeof(on)) && //
           set(s, SCTP_RECVRCVINFO, &on, sizeof(on)) &&
           set(s, SCTP_ENABLE_STREAM_RESET, &resets, sizeof(resets)) &&
           set(s, SCTP_INITMSG, &init, sizeof(init)) &&
           set(s, SCTP_RTOINFO, &rto, sizeof(rto)) &&
           set(s, SCTP_ASSOCINFO, &params, sizeof(params)) &&
           set(s, SCTP_DELAYED_SACK, &sack, sizeof(sack)) &&
           set(s, SCTP_PARTIAL_DELIVERY_POINT, &partial, sizeof(partial)) && subscribe(s);
}

/** RFC 8831 section 5: both sides begin, as if each were the client. */
static bool start(struct assoc *a, uint16_t their_port)
{
    struct sockaddr_conn at = {.sconn_family = AF_CONN,
                               .sconn_port = htons(ASSOC_PORT),
                               .sconn_addr = library_number(a)};
    if (usrsctp_bind(a->socket, (struct sockaddr *)&at, sizeof(at)) < 0)
        return false;
    at.sconn_port = htons(their_port);
    if (usrsctp_connect(a->socket, (struct sockaddr *)&at, sizeof(at)) < 0 &&
        errno != EINPROGRESS)
        return false;
    // RFC 8831 section 5: no path MTU discovery below what DTLS is known to carry; what the
    // library calls the MTU is without the common header. No heartbeats: ICE knows whether the
    // other side is there. But then a path must not be given up before the association is: the
    // library would send nothing more on it, and nothing would bring it back.
    struct sctp_paddrparams path = {.spp_pathmtu =
                                        ASSOC_MTU - sizeof(struct sctp_common_header),
                                    .spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE,
                                    .spp_pathmaxrxt = 10 * ASSOC_RETRANSMISSIONS};
    memcpy(&path.spp_address, &at, sizeof(at));
    return set(a->socket, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path));
}

struct assoc *assoc_create(struct assoc_set *set, const struct assoc_conf *conf, usec_t now)
{
    if (!set->scratch && !(set->scratch = malloc(ASSOC_MESSAGE_MAX + 1)))
        return NULL;
    struct assoc *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->set = set;
    a->owner = conf->owner;
    a->even = conf->dtls_client;
    a->their_max = conf->their_max ? conf->their_max : ASSOC_MESSAGE_MAX;
    a->theirs_max = conf->theirs_max ? conf->theirs_max : ASSOC_THEIRS;
    a->told_state = true;
    TAILQ_INIT(&a->waits);
    if (library_add(a, now) < 0) {
        free(a);
        return NULL;
    }
    set->count++;
    assoc_busy(a, now);
    a->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (!a->socket || !configure(a->socket) || !start(a, conf->their_port)) {
        assoc_destroy(a);
        return NULL;
    }
    (void)usrsctp_set_upcall(a->socket, on_upcall, library_number(a));
    return a;
}

void assoc_destroy(struct assoc *a)
{
    if (!a)
        return;
    if (a->socket)
        usrsctp_close(a->socket);
    library_remove(a); // from here on the library calls nobody by this number
    if (a->is_ready)
        TAILQ_REMOVE(&a->set->ready, a, link);
    if (--a->set->count == 0)
        a->set->tick_at = USEC_NEVER;
    send_forget(a, NULL);
    channel_free_all(a);
    free(a->out.bytes);
    free(a->part);
    free(a);
}
