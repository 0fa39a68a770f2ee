// A line of a sealer and an opener, on which the input delays, repeats, cuts, lengthens and
// changes reports: what has come unchanged opens once, to what was sealed, and nothing else
// does or changes what the opener believes.
#include "base/bytes.h"
#include "srtp/open.h"
#include "srtp/sealer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define KEPT   80 // packets on the line; more than the window of 64
#define CLEAR  64 // bytes of a report at most
#define ROOM   (CLEAR + PROFILE_TRAILER_MAX)
#define WINDOW 64
#define LAST   0x7fffffffu
#define OP     4 // bytes
#define OPS    200

static const uint16_t profiles[] = {PROFILE_CM80, PROFILE_GCM128, PROFILE_GCM256};
static const uint8_t key[32] = {1, 2, 3}, salt[14] = {4, 5, 6};
static struct seal_engine engine;

struct packet {
    size_t len, clear_len;
    uint32_t ssrc, index;
    bool came;
    uint8_t clear[CLEAR], sealed[ROOM];
};

struct line {
    struct sealer sealer;
    struct opener opener;
    struct packet packet[KEPT];
    unsigned count;
    uint32_t highest[2]; ///< of SSRC 0 and 1
    bool any[2];
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (opener_setup() || seal_engine_init(&engine, SEAL_BEST))
        abort();
    return 0;
}

static void check(bool fine)
{
    if (!fine)
        abort();
}

static void send(struct line *l, uint32_t ssrc, uint8_t size, uint8_t fill)
{
    struct packet *p = &l->packet[l->count];
    *p = (struct packet){.ssrc = ssrc, .clear_len = 8 + size % (CLEAR - 7)};
    memset(p->clear, fill, p->clear_len);
    p->clear[0] = 0x80;
    wr32(p->clear + 4, ssrc);
    memcpy(p->sealed, p->clear, p->clear_len);
    p->len = p->clear_len;
    const enum drop why = sealer_rtcp(&l->sealer, p->sealed, &p->len, ROOM);
    for (size_t i = 0; i < l->sealer.sent_count; i++)
        if (l->sealer.sent[i].ssrc == ssrc)
            p->index = l->sealer.sent[i].next - 1;
    check(why == DROP_NONE || (why == DROP_LIMIT && p->index == LAST));
    l->count += why == DROP_NONE;
}

/** The next index of an SSRC that has sent is so much later. */
static void skip(struct line *l, uint32_t ssrc, uint32_t by)
{
    for (size_t i = 0; i < l->sealer.sent_count; i++) {
        uint32_t *next = &l->sealer.sent[i].next;
        if (l->sealer.sent[i].ssrc == ssrc)
            *next = by < LAST - *next ? *next + by : *next;
    }
}

static bool is_fresh(const struct line *l, const struct packet *p)
{
    const uint32_t highest = l->highest[p->ssrc];
    return !l->any[p->ssrc] || p->index > highest || (highest - p->index < WINDOW && !p->came);
}

static void deliver(struct line *l, struct packet *p)
{
    uint8_t pkt[ROOM];
    size_t n = p->len;
    memcpy(pkt, p->sealed, n);
    const enum drop why = opener_rtcp(&l->opener, pkt, &n);
    check(why == (is_fresh(l, p) ? DROP_NONE : DROP_REPLAY));
    if (why)
        return;
    check(n == p->clear_len && memcmp(pkt, p->clear, n) == 0);
    p->came = true;
    if (!l->any[p->ssrc] || p->index > l->highest[p->ssrc])
        l->highest[p->ssrc] = p->index;
    l->any[p->ssrc] = true;
}

/** The packet with `flip` at `at` (0: as it is), and of another length by `grow` bytes. */
static void forge(struct line *l, const struct packet *p, size_t at, uint8_t flip, int grow)
{
    struct opener_ssrc before[2], after[2];
    const unsigned count = l->opener.count;
    const size_t len = grow < 0 ? p->len - (size_t)-grow : p->len + (size_t)grow;
    uint8_t *pkt = calloc(1, len ? len : 1); // exact, so that ASan sees a byte too far
    size_t n = len;
    check(pkt && count <= 2);
    memcpy(pkt, p->sealed, len < p->len ? len : p->len);
    if (at < len)
        pkt[at] ^= flip;
    if (count)
        memcpy(before, l->opener.ssrc, count * sizeof(*before));
    const bool changed = grow != 0 || (at < len && flip != 0);
    if (changed) {
        check(opener_rtcp(&l->opener, pkt, &n) != DROP_NONE && n == len);
        check(l->opener.count == count);
        if (count) {
            memcpy(after, l->opener.ssrc, count * sizeof(*after));
            check(memcmp(before, after, count * sizeof(*before)) == 0);
        }
    }
    free(pkt);
}

static void step(struct line *l, const uint8_t op[OP])
{
    struct packet *p = l->count ? &l->packet[op[1] % l->count] : NULL;
    const uint32_t ssrc = op[0] >> 7;
    switch (op[0] % 8) {
    case 0:
    case 1:
        if (l->count < KEPT)
            send(l, ssrc, op[1], op[2]);
        break;
    case 2:
        skip(l, ssrc, op[1] % 2 ? op[2] : (uint32_t)op[2] << 24 | (uint32_t)op[3] << 16);
        break;
    case 3:
        if (p)
            forge(l, p, op[2] % ROOM, op[3], 0);
        break;
    case 4:
        if (p)
            forge(l, p, 0, 0, op[2] % 2 ? op[3] % 64 : -(int)(op[3] % (p->len + 1)));
        break;
    default:
        if (p)
            deliver(l, p);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct line l;
    if (len == 0)
        return 0;
    l = (struct line){0};
    const uint16_t profile = profiles[bytes[0] % 3];
    check(sealer_init(&l.sealer, &engine, profile, key, salt) == 0 &&
          opener_init(&l.opener, &engine, profile, key, salt) == 0);
    for (size_t i = 0; i < OPS && 1 + (i + 1) * OP <= len; i++)
        step(&l, bytes + 1 + i * OP);
    check(l.opener.session == NULL); // no media, no session
    opener_fini(&l.opener);
    sealer_fini(&l.sealer);
    return 0;
}
