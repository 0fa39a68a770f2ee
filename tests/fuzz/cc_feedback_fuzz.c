/*
 * Bytes are a story: packets sent, time that passes, feedback, REMB and reports. Whatever it
 * is, the target stays within its bounds, nothing is negative, memory is bounded.
 *
 *   op & 7:  0 1  send up to 16 packets      2 3  feedback of the length that follows
 *            4  time passes                  5  REMB        6  report      7  demand
 */
#include "cc/estimator.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 150 // a story long enough for a probe, a cut and a silence

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct story {
    const uint8_t *at, *end;
    struct estimator *e;
    usec_t now;
    uint16_t seq; ///< sent last
    uint8_t probe;
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static uint8_t byte(struct story *s)
{
    return s->at < s->end ? *s->at++ : 0;
}

static void send(struct story *s, unsigned count)
{
    struct estimator_probe p;
    if (estimator_take_probe(s->e, &p)) {
        require(p.id != 0 && p.rate_bps <= ESTIMATOR_MAX_BPS && p.min_packets > 0);
        s->probe = p.id;
    }
    for (unsigned i = 0; i <= count; i++) {
        s->seq = estimator_sent(s->e, 40 + 8u * byte(s), SENT_VIDEO, s->probe, s->now);
        s->now += 500;
    }
    s->probe = 0;
}

/** Feedback whose numbers lie near those sent, so that much of it counts. */
static void feedback(struct story *s)
{
    uint8_t data[20 + 255 + 3] = {0x8f, 205};
    const size_t given = byte(s), left = (size_t)(s->end - s->at);
    const size_t n = given < left ? given : left;
    const size_t size = (20 + n) & ~(size_t)3;
    const uint16_t base = (uint16_t)(s->seq - byte(s));
    const uint64_t reference = (uint64_t)s->now / 64000;

    data[3] = (uint8_t)(size / 4 - 1);
    data[12] = (uint8_t)(base >> 8);
    data[13] = (uint8_t)base;
    data[15] = byte(s);
    data[16] = (uint8_t)(reference >> 16);
    data[17] = (uint8_t)(reference >> 8);
    data[18] = (uint8_t)(reference + (byte(s) > 250 ? 99 : 0));
    memcpy(data + 20, s->at, (size_t)(s->end - s->at) < n ? (size_t)(s->end - s->at) : n);
    s->at += (size_t)(s->end - s->at) < n ? (size_t)(s->end - s->at) : n;

    struct rtcp_iter it;
    struct rtcp p;
    if (rtcp_open(&it, data, size) == DROP_NONE && rtcp_next(&it, &p) &&
        p.kind == RTCP_KIND_TWCC)
        estimator_on_twcc(s->e, &p, s->now);
}

static void step(struct story *s)
{
    const uint8_t op = byte(s);
    switch (op & 7) {
    case 0:
    case 1:
        send(s, op >> 4);
        break;
    case 2:
    case 3:
        feedback(s);
        break;
    case 4:
        s->now += (usec_t)(op >> 3) * (op >> 3) * 1000;
        break;
    case 5:
        estimator_on_remb(s->e, (uint64_t)byte(s) << (op >> 3) * 2, s->now);
        break;
    case 6:
        estimator_on_report(s->e, byte(s), (usec_t)byte(s) * 5000, s->now);
        break;
    default:
        estimator_set_demand(s->e, (uint64_t)byte(s) * 100000, (uint64_t)byte(s) * 50000,
                             s->now);
        break;
    }
    if (s->now >= estimator_deadline(s->e))
        estimator_tick(s->e, s->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct story s = {.at = bytes, .end = bytes + len, .now = 1000000};
    struct estimate est;

    s.e = estimator_create(s.now);
    require(s.e != NULL);
    for (unsigned steps = 0; s.at < s.end && steps < STEPS; steps++) {
        step(&s);
        estimator_read(s.e, &est);
        require(est.target_bps >= ESTIMATOR_MIN_BPS && est.target_bps <= ESTIMATOR_MAX_BPS);
        require(est.pace_bps >= ESTIMATOR_MIN_BPS && est.rtt >= 0 && est.queue >= 0);
        require(estimator_deadline(s.e) > 0);
    }
    estimator_destroy(s.e);
    return 0;
}
