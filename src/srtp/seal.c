#include "srtp/seal.h"

#include "base/bytes.h"
#include "base/fetch.h"
#include "base/seq.h"
#include "open_rtcp.h"
#include "seal_backend.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define RTP_HEADER 12
#define BEGUN_STEP 16                 // SSRCs; once a stream, not on the packet path
#define KEYS_READ  1024               // of key schedules for a long packet: a hint
#define INDEX_END  (INT64_C(1) << 48) // RFC 3711 section 9.2: packets one key may protect

int seal_engine_init(struct seal_engine *e, enum seal_backend want)
{
    *e = (struct seal_engine){.backend = SEAL_OPENSSL, .rtcp = rtcp_ciphers_new()};
    if (!e->rtcp)
        return -ENOMEM;
    if (want == SEAL_OPENSSL)
        return 0;
    e->mgr = ipsec_mb_new();
    if (e->mgr)
        e->backend = SEAL_IPSEC_MB;
    else if (want == SEAL_IPSEC_MB) {
        seal_engine_fini(e);
        return -ENOTSUP;
    }
    return 0;
}

void seal_engine_fini(struct seal_engine *e)
{
    ipsec_mb_free(e->mgr);
    rtcp_ciphers_free(e->rtcp);
    *e = (struct seal_engine){0};
}

struct seal_keys *seal_keys_new(const struct seal_engine *e, uint16_t profile,
                                const struct session_keys *k)
{
    return e->backend == SEAL_IPSEC_MB ? ipsec_mb_keys_new(e->mgr, profile, k)
                                       : openssl_keys_new(profile, k);
}

void seal_keys_free(const struct seal_engine *e, struct seal_keys *keys)
{
    if (e && e->backend == SEAL_IPSEC_MB)
        ipsec_mb_keys_free(keys);
    else
        openssl_keys_free(keys);
}

void seal_run(const struct seal_engine *e, struct seal_keys *keys, uint16_t profile,
              const struct seal_text *t)
{
    if (e->backend == SEAL_IPSEC_MB)
        ipsec_mb_seal(e->mgr, keys, profile, t);
    else
        openssl_seal(keys, profile, t);
}

int seal_keys_derive(const struct seal_engine *e, kdf *derive, const struct seal_master *m,
                     struct seal_keys **keys, uint8_t salt[14])
{
    const struct profile_sizes sizes = profile_sizes(m->profile);
    if (sizes.key == 0)
        return -EINVAL;
    struct session_keys k;
    if (derive(m->profile, m->key, m->salt, &k) == 0) {
        memcpy(salt, k.salt, sizes.salt);
        *keys = seal_keys_new(e, m->profile, &k);
    }
    OPENSSL_cleanse(&k, sizeof(k));
    return *keys ? 0 : -ENOMEM;
}

int seal_init(struct seal *s, struct seal_engine *engine, uint16_t profile, const uint8_t *key,
              const uint8_t *salt)
{
    const struct seal_master m = {profile, key, salt};
    *s = (struct seal){
        .engine = engine, .profile = profile, .tag_len = profile_sizes(profile).tag};
    return seal_keys_derive(engine, kdf_rtp, &m, &s->keys, s->salt);
}

void seal_fetch(const struct seal *s)
{
    if (s->keys)
        fetch_soon(s->keys, KEYS_READ);
}

void seal_fini(struct seal *s)
{
    seal_keys_free(s->engine, s->keys);
    free(s->begun);
    OPENSSL_cleanse(s, sizeof(*s));
}

int seal_stream_init(struct seal_stream *st, uint32_t ssrc, bool resends)
{
    *st = (struct seal_stream){.ssrc = ssrc};
    if (resends) {
        st->tags = calloc(SEAL_WINDOW, sizeof(*st->tags));
        if (!st->tags)
            return -ENOMEM;
    }
    return 0;
}

void seal_stream_fini(struct seal_stream *st)
{
    free(st->tags);
    *st = (struct seal_stream){0};
}

static uint64_t *sent_word(struct seal_stream *st, int64_t index)
{
    return &st->sent[(uint64_t)index % SEAL_WINDOW / 64];
}

static bool was_sent(struct seal_stream *st, int64_t index)
{
    return *sent_word(st, index) >> ((uint64_t)index % 64) & 1;
}

/** The window moves up to `index`; what comes into it has not been sent. */
static void advance(struct seal_stream *st, int64_t index)
{
    if (!st->started || index - st->highest >= SEAL_WINDOW) {
        memset(st->sent, 0, sizeof(st->sent));
    } else {
        for (int64_t i = st->highest + 1; i <= index; i++)
            *sent_word(st, i) &= ~(UINT64_C(1) << ((uint64_t)i % 64));
    }
    st->started = true;
    st->highest = index;
}

/** RFC 3711 section 3.3.1: the index nearest to the highest one sent. */
static int64_t index_of(const struct seal_stream *st, uint16_t seq)
{
    return st->started ? seq_extend(st->highest, seq) : seq;
}

/**
 * A stream seals its first packet. False if the SSRC has had a stream under these keys: the new
 * one does not know which numbers that one has sent.
 */
static bool begin(struct seal *s, uint32_t ssrc)
{
    for (size_t i = 0; i < s->begun_count; i++)
        if (s->begun[i] == ssrc)
            return false;
    if (s->begun_count % BEGUN_STEP == 0) {
        uint32_t *more = realloc(s->begun, (s->begun_count + BEGUN_STEP) * sizeof(*more));
        if (!more)
            return false;
        s->begun = more;
    }
    s->begun[s->begun_count++] = ssrc;
    return true;
}

/** Claims the number, so that nothing else is ever sealed with it. */
static enum drop claim(struct seal *s, struct seal_stream *st, int64_t index)
{
    if (index < 0 || (st->started && index <= st->highest - SEAL_WINDOW))
        return DROP_LATE;
    if (index >= INDEX_END || (!st->started && !begin(s, st->ssrc)))
        return DROP_REPLAY;
    if (!st->started || index > st->highest)
        advance(st, index);
    else if (was_sent(st, index))
        return DROP_REPLAY;
    *sent_word(st, index) |= UINT64_C(1) << ((uint64_t)index % 64);
    return DROP_NONE;
}

/** RFC 3550 section 5.1: fixed header, CSRCs, extension. 0 if the packet is shorter. */
static size_t header_length(const uint8_t *pkt, size_t len)
{
    size_t n = RTP_HEADER + 4u * (pkt[0] & 15);
    if (pkt[0] & 0x10) {
        if (n + 4 > len)
            return 0;
        n += 4 + 4u * rd16(pkt + n + 2);
    }
    return n <= len ? n : 0;
}

/** Everything that does not depend on the number. */
static enum drop check_packet(const struct seal *s, const struct seal_stream *st,
                              struct seal_text *t, size_t cap)
{
    if (t->len < RTP_HEADER || cap < t->len || cap - t->len < s->tag_len)
        return DROP_SHORT;
    if (t->pkt[0] >> 6 != 2)
        return DROP_MALFORMED;
    t->header = header_length(t->pkt, t->len);
    if (t->header == 0)
        return DROP_SHORT;
    t->aad = t->pkt; // RFC 7714 section 8.2
    t->aad_len = t->header;
    t->tag = t->pkt + t->len;
    return rd32(t->pkt + 8) == st->ssrc ? DROP_NONE : DROP_UNKNOWN_SSRC;
}

/**
 * The initialisation vector.
 *
 *             0   2       6           10  12      16
 *   GCM      | 0 | ssrc  | roc       |seq|          xor salt (12)   RFC 7714 section 8.1
 *   AES-CM   |   0       | ssrc  | roc   |seq| 0 |  xor salt (14)   RFC 3711 section 4.1.1
 *             0           4       8      12  14  16
 */
static void number(const struct seal *s, struct seal_text *t, int64_t index)
{
    const bool cm = s->profile == PROFILE_CM80;
    uint8_t *at = t->iv + (cm ? 4 : 2);
    t->after = (uint32_t)(index >> 16);
    memset(t->iv, 0, sizeof(t->iv));
    memcpy(at, t->pkt + 8, 4);
    wr32(at + 4, t->after);
    memcpy(at + 8, t->pkt + 2, 2);
    for (size_t i = 0; i < (cm ? 14 : 12); i++)
        t->iv[i] ^= s->salt[i];
}

static void run(const struct seal *s, const struct seal_text *t)
{
    seal_run(s->engine, s->keys, s->profile, t);
}

static void remember_tag(struct seal_stream *st, const struct seal_text *t, int64_t index)
{
    if (st->tags)
        st->tags[(uint64_t)index % SEAL_WINDOW] = rd32(t->pkt + t->len);
}

static enum drop prepare(struct seal *s, struct seal_stream *st, struct seal_text *t,
                         size_t cap, int64_t *index)
{
    enum drop why = check_packet(s, st, t, cap);
    if (why)
        return why;
    *index = index_of(st, rd16(t->pkt + 2));
    if ((why = claim(s, st, *index)))
        return why;
    number(s, t, *index);
    return DROP_NONE;
}

enum drop seal_rtp(struct seal *s, struct seal_stream *st, uint8_t *pkt, size_t *len,
                   size_t cap)
{
    struct seal_text t = {.pkt = pkt, .len = *len};
    int64_t index = 0;
    const enum drop why = prepare(s, st, &t, cap, &index);
    if (why)
        return why;
    run(s, &t);
    remember_tag(st, &t, index);
    *len += s->tag_len;
    return DROP_NONE;
}

enum drop seal_resend(struct seal *s, struct seal_stream *st, uint8_t *pkt, size_t *len,
                      size_t cap)
{
    struct seal_text t = {.pkt = pkt, .len = *len};
    const enum drop why = check_packet(s, st, &t, cap);
    if (why)
        return why;
    const int64_t index = index_of(st, rd16(pkt + 2));
    if (!st->tags || !st->started || index < 0 || index > st->highest ||
        index <= st->highest - SEAL_WINDOW || !was_sent(st, index))
        return DROP_LATE;
    number(s, &t, index);
    run(s, &t);
    // The tag is a MAC over all of the packet: equal tags, equal packets. Until this is known
    // nothing has left.
    if (st->tags[(uint64_t)index % SEAL_WINDOW] != rd32(pkt + *len)) {
        memset(pkt, 0, *len + s->tag_len);
        return DROP_REPLAY;
    }
    *len += s->tag_len;
    return DROP_NONE;
}

/** Packets of AES128_CM_HMAC_SHA1_80 that wait for each other. */
struct waiting {
    size_t n;
    struct seal_text text[IPSEC_MB_BATCH];
    struct seal_keys *keys[IPSEC_MB_BATCH];
    struct seal_job *job[IPSEC_MB_BATCH];
    int64_t index[IPSEC_MB_BATCH];
};

static void flush(struct seal_engine *e, struct waiting *w)
{
    ipsec_mb_seal_cm(e->mgr, w->keys, w->text, w->n);
    for (size_t i = 0; i < w->n; i++) {
        remember_tag(w->job[i]->stream, &w->text[i], w->index[i]);
        w->job[i]->len += w->job[i]->seal->tag_len;
    }
    w->n = 0;
}

static void wait_for_others(struct seal_engine *e, struct waiting *w, struct seal_job *j)
{
    w->text[w->n] = (struct seal_text){.pkt = j->pkt, .len = j->len};
    w->keys[w->n] = j->seal->keys;
    w->job[w->n] = j;
    j->drop = prepare(j->seal, j->stream, &w->text[w->n], j->cap, &w->index[w->n]);
    if (j->drop == DROP_NONE && ++w->n == IPSEC_MB_BATCH)
        flush(e, w);
}

void seal_rtp_many(struct seal_engine *e, struct seal_job *jobs, size_t n)
{
    struct waiting w;
    w.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct seal_job *j = &jobs[i];
        assert(j->seal->engine == e);
        if (e->backend == SEAL_IPSEC_MB && j->seal->profile == PROFILE_CM80)
            wait_for_others(e, &w, j);
        else
            j->drop = seal_rtp(j->seal, j->stream, j->pkt, &j->len, j->cap);
    }
    if (w.n > 0)
        flush(e, &w);
}
