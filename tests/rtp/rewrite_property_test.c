/*
 * The rewriter against a model that remembers everything.
 *
 * Sources send VP8 in three temporal layers; their packets are lost, reordered and repaired
 * late; a receiver drops layers and changes sources. The model keeps a list of every packet of
 * the seated source and counts, for each number, what must have come before it. A failure
 * prints its seed.
 */
#include "make.h"
#include "rtp/rewrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEEDS       600
#define MAX_PACKETS 700
#define SOURCES     3
#define SWITCHES    6
#define EARLY       4 // packets of a source from before the switch
#define NUMBERS     65536

/** One packet of a source and what became of it. */
struct sent {
    uint16_t seq;
    uint32_t ts;
    uint16_t pid;
    uint8_t tid, tl0;
    bool start, marker, key;
    unsigned frame;
    double due;
    bool closed; ///< skipped, without a hole
    bool mapped;
    uint16_t out_seq, out_pid;
    uint8_t out_tl0;
    uint32_t out_ts;
};

struct source {
    uint16_t seq, pid;
    uint32_t ts;
    uint8_t tl0;
};

struct model {
    uint64_t seed;
    struct rewrite rw;
    struct source source[SOURCES];
    struct sent list[MAX_PACKETS]; ///< of the seated source, in the order of sending
    unsigned order[MAX_PACKETS];   ///< in the order of arrival
    unsigned count;
    unsigned frames;
    uint32_t name;      ///< of the seated source's present life
    int owner[NUMBERS]; ///< which packet has an output number: name * MAX_PACKETS + index, or
                        ///< -1
    bool any;
    uint16_t last_seq, last_pid; ///< newest output
    uint8_t last_tl0;
    uint32_t last_ts;
    bool last_marker;
    usec_t now;
};

#define CHECK(m, cond)                                                                         \
    do {                                                                                       \
        if (!(cond))                                                                           \
            fail_msg("seed state %llu: %s", (unsigned long long)(m)->seed, #cond);             \
    } while (0)

/** The bytes of a packet: a VP8 descriptor with everything, and two bytes of frame. */
static void bytes_of(const struct sent *s, struct made *m, struct payload *desc)
{
    const uint8_t payload[] = {(uint8_t)(0x80 | (s->start ? 0x10 : 0)),
                               0xe0,
                               (uint8_t)(0x80 | s->pid >> 8),
                               (uint8_t)s->pid,
                               s->tl0,
                               (uint8_t)(s->tid << 6),
                               s->key ? 0 : 1,
                               (uint8_t)s->seq};
    make_packet(m, s->seq, s->ts, s->marker, payload, sizeof(payload));
    assert_int_equal(payload_parse(desc, CODEC_VP8, payload, sizeof(payload)), DROP_NONE);
}

static int by_due(const void *a, const void *b, void *list)
{
    const struct sent *l = list;
    const double x = l[*(const unsigned *)a].due, y = l[*(const unsigned *)b].due;
    return x < y ? -1 : x > y;
}

static double arrival(uint64_t *seed, unsigned i)
{
    const unsigned fate = rnd_below(seed, 100);

    if (fate < 3)
        return -1; // lost for good
    if (fate < 8)
        return i + 20 + rnd_below(seed, 60); // lost and repaired
    if (fate < 15)
        return i + 1.5 + rnd_below(seed, 6); // out of order
    return i;
}

/** What a source sends from a keyframe on, and some packets from before it. */
static void send(struct model *m, struct source *s, unsigned want)
{
    static const uint8_t pattern[] = {0, 2, 1, 2};

    m->count = m->frames = 0;
    for (unsigned frame = 0; m->count + 4 < want; frame++) {
        const bool key = frame == EARLY;
        const uint8_t tid = frame <= EARLY ? 0 : pattern[(frame - EARLY) % 4];
        const unsigned packets = frame < EARLY ? 1 : 1 + rnd_below(&m->seed, 4);
        s->pid = (s->pid + 1) & 0x7fff;
        s->ts += 3000;
        s->tl0 = (uint8_t)(s->tl0 + (tid == 0));
        for (unsigned k = 0; k < packets; k++) {
            const unsigned i = m->count++;
            m->list[i] = (struct sent){.seq = ++s->seq,
                                       .ts = s->ts,
                                       .pid = s->pid,
                                       .tid = tid,
                                       .tl0 = s->tl0,
                                       .start = k == 0,
                                       .marker = k + 1 == packets,
                                       .key = key,
                                       .frame = frame,
                                       .due = arrival(&m->seed, i)};
            if (i == EARLY)
                m->list[i].due = 0; // the switch happens here
            else if (i < EARLY)
                m->list[i].due = i + 5;
        }
        m->frames = frame + 1;
    }
}

/** Output numbers between the switch and packet `i`: all but those skipped in time. */
static unsigned numbers_before(const struct model *m, unsigned i)
{
    unsigned n = 0;

    for (unsigned k = EARLY; k < i; k++)
        n += !m->list[k].closed;
    return n;
}

/** Frames before packet `i`'s of which something was skipped in time. */
static unsigned frames_skipped_before(const struct model *m, unsigned i)
{
    unsigned n = 0, last = UINT32_MAX;

    for (unsigned k = EARLY; k < i && m->list[k].frame < m->list[i].frame; k++) {
        if (m->list[k].closed && m->list[k].frame != last) {
            last = m->list[k].frame;
            n++;
        }
    }
    return n;
}

/** Runs of skipped packets behind packet `i`: more than the rewriter remembers, and it is lost.
 */
static unsigned runs_behind(const struct model *m, unsigned i)
{
    unsigned n = 0;

    for (unsigned k = i + 1; k < m->count; k++)
        n += m->list[k].closed && !m->list[k - 1].closed;
    return n;
}

/** What the receiver's decoder would see. */
static void read_output(const struct model *m, const struct made *in,
                        const struct rewritten *out, struct payload *seen)
{
    uint8_t bytes[64];
    const size_t rest = in->pkt.payload_len - out->head_skip;

    memcpy(bytes, out->head, out->head_len);
    memcpy(bytes + out->head_len, rtp_payload(&in->pkt) + out->head_skip, rest);
    CHECK(m, payload_parse(seen, CODEC_VP8, bytes, out->head_len + rest) == DROP_NONE);
}

/** A packet was placed: every property of its place. */
static void check_place(struct model *m, unsigned i, unsigned first, const struct made *in,
                        const struct rewritten *out)
{
    struct sent *s = &m->list[i];
    struct payload seen;
    const struct sent *head = &m->list[EARLY];

    read_output(m, in, out, &seen);
    CHECK(m, out->seq == (uint16_t)(first + numbers_before(m, i)));
    CHECK(m, seen.pid == ((head->out_pid + (s->pid - head->pid) - frames_skipped_before(m, i)) &
                          0x7fff));
    CHECK(m, seen.tl0 == (uint8_t)(head->out_tl0 + (s->tl0 - head->tl0)));
    CHECK(m, seen.tid == s->tid && seen.start_of_frame == s->start);
    CHECK(m, out->ts - head->out_ts == s->ts - head->ts);
    const int me = (int)(m->name * MAX_PACKETS + i);
    CHECK(m, m->owner[out->seq] == -1 || m->owner[out->seq] == me);
    m->owner[out->seq] = me;

    s->mapped = true;
    s->out_seq = out->seq;
    s->out_pid = seen.pid;
    s->out_tl0 = seen.tl0;
    s->out_ts = out->ts;
    if (!m->any || (int16_t)(uint16_t)(out->seq - m->last_seq) > 0) {
        m->last_seq = out->seq;
        m->last_pid = seen.pid;
        m->last_tl0 = seen.tl0;
        m->last_marker = s->marker;
    }
    if (!m->any || (int32_t)(out->ts - m->last_ts) > 0)
        m->last_ts = out->ts;
    m->any = true;
}

/** The first packet after a switch continues what the receiver has. */
static unsigned check_switch(struct model *m, const struct made *in,
                             const struct rewritten *out)
{
    struct payload seen;

    read_output(m, in, out, &seen);
    if (m->any) {
        CHECK(m, out->seq == (uint16_t)(m->last_seq + (m->last_marker ? 1 : 2)));
        CHECK(m, seen.pid == ((m->last_pid + 1) & 0x7fff));
        CHECK(m, seen.tl0 == (uint8_t)(m->last_tl0 + 1));
        CHECK(m, (int32_t)(out->ts - m->last_ts) >= 1);
    }
    m->list[EARLY].out_pid = seen.pid;
    m->list[EARLY].out_tl0 = seen.tl0;
    m->list[EARLY].out_ts = out->ts;
    // Numbers are used again after 65536; the receiver has long forgotten the old ones by then.
    for (unsigned ahead = 1; ahead < 4 * MAX_PACKETS; ahead++)
        m->owner[(uint16_t)(out->seq + ahead)] = -1;
    return out->seq;
}

/** Asking again by the number the receiver knows gives the same packet with the same bytes. */
static void check_resend(struct model *m, unsigned i)
{
    const struct sent *s = &m->list[i];
    struct made in;
    struct payload desc, seen;
    struct rewrite_at at;
    struct rewritten out;

    if (!rewrite_find(&m->rw, s->out_seq, &at)) {
        CHECK(m, runs_behind(m, i) >= REWRITE_SPANS - 1);
        return;
    }
    CHECK(m, at.source == m->name && at.seq == s->seq);
    bytes_of(s, &in, &desc);
    const struct rewrite_in what = {.source = m->name, .pkt = &in.pkt, .desc = &desc};
    CHECK(m, rewrite_again(&m->rw, &at, &what, &out) == DROP_NONE);
    read_output(m, &in, &out, &seen);
    CHECK(m, out.seq == s->out_seq && out.ts == s->out_ts);
    CHECK(m, seen.pid == s->out_pid && seen.tl0 == s->out_tl0);
}

/** A source is seated and sends for a while. */
static void one_generation(struct model *m)
{
    struct source *s = &m->source[rnd_below(&m->seed, SOURCES)];
    uint8_t highest = (uint8_t)rnd_below(&m->seed, 3);
    unsigned decided = 0, first = 0, arrived = 0;

    send(m, s, 60 + rnd_below(&m->seed, MAX_PACKETS - 60));
    m->name++;
    for (unsigned i = 0; i < m->count; i++) {
        if (m->list[i].due >= 0)
            m->order[arrived++] = i;
    }
    qsort_r(m->order, arrived, sizeof(m->order[0]), by_due, m->list);
    uint8_t
        limit[MAX_PACKETS]; // the layer limit in force for each frame, by its first packet here
    memset(limit, 0xff, sizeof(limit));

    for (unsigned n = 0; n < arrived; n++) {
        const unsigned i = m->order[n];
        struct sent *sent = &m->list[i];
        struct made in;
        struct payload desc;
        struct rewritten out;
        bytes_of(sent, &in, &desc);
        const struct rewrite_in what = {.source = m->name, .pkt = &in.pkt, .desc = &desc};
        m->now += 1000;

        if (n == 0) {
            CHECK(m, i == EARLY);
            rewrite_switch(&m->rw, &what, m->rw.last_ts + rnd_below(&m->seed, 9000) - 3000);
        }
        if (sent->frame >= decided) { // the limit changes between frames
            if (rnd_below(&m->seed, 20) == 0)
                highest = (uint8_t)rnd_below(&m->seed, 3);
            for (; decided <= sent->frame; decided++)
                limit[decided] = highest;
        }
        if (i >= EARLY && sent->tid > limit[sent->frame]) {
            sent->closed = rewrite_skip(&m->rw, &what);
            CHECK(m, !sent->closed || rewrite_map(&m->rw, &what, m->now, &out) == DROP_LATE);
            continue;
        }
        if (n > 0 && n < 20) { // a straggler of the source before
            const struct rewrite_in old = {
                .source = m->name - 1, .pkt = &in.pkt, .desc = &desc};
            CHECK(m, rewrite_map(&m->rw, &old, m->now, &out) == DROP_LATE);
        }
        const enum drop why = rewrite_map(&m->rw, &what, m->now, &out);
        if (i < EARLY) {
            CHECK(m, why == DROP_LATE);
            continue;
        }
        if (why != DROP_NONE) {
            CHECK(m, why == DROP_LATE && runs_behind(m, i) >= REWRITE_SPANS - 1);
            continue;
        }
        if (n == 0)
            first = check_switch(m, &in, &out);
        check_place(m, i, first, &in, &out);
        if (rnd_below(&m->seed, 4) == 0) {
            const unsigned k = rnd_below(&m->seed, m->count);
            if (m->list[k].mapped)
                check_resend(m, k);
        }
    }
}

static void numbers_are_dense_monotone_and_unique_for_every_history(void **state)
{
    struct model *m = malloc(sizeof(*m));
    (void)state;
    assert_non_null(m);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        memset(m, 0, sizeof(*m));
        m->seed = seed;
        for (unsigned i = 0; i < NUMBERS; i++)
            m->owner[i] = -1;
        for (unsigned i = 0; i < SOURCES; i++)
            m->source[i] = (struct source){.seq = (uint16_t)rnd(&m->seed),
                                           .pid = (uint16_t)(rnd(&m->seed) & 0x7fff),
                                           .ts = (uint32_t)rnd(&m->seed),
                                           .tl0 = (uint8_t)rnd(&m->seed)};
        rewrite_init(&m->rw, (uint16_t)rnd(&m->seed), (uint32_t)rnd(&m->seed));
        for (unsigned k = 0; k < SWITCHES; k++)
            one_generation(m);
    }
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_dense_monotone_and_unique_for_every_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
