/* Packets of a frame leave for a viewer as one burst: they are of one size. */
#include "sim.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FRAME   6    ///< packets
#define PAYLOAD 1000 ///< bytes, and one more in the second half of a frame

/** What one viewer was sent of the picture, by the frame that came last. */
struct seen {
    uint32_t ts;
    unsigned packets, sizes; ///< of this frame: changes from one packet to the next
    size_t size;
    uint64_t whole, even; ///< frames that came whole, and those of one size
};

struct watch {
    const struct client *of[2];
    struct seen seen[2];
};

static void on_picture(struct seen *e, const uint8_t *bytes, size_t len)
{
    if (rd32(bytes + 4) != e->ts) {
        e->whole += e->packets == FRAME;
        e->even += e->packets == FRAME && e->sizes == 1;
        *e = (struct seen){.ts = rd32(bytes + 4), .whole = e->whole, .even = e->even};
    }
    e->packets++;
    e->sizes += len != e->size;
    e->size = len;
}

static void watch(struct sim *s, unsigned who, const uint8_t *bytes, size_t len)
{
    struct watch *w = s->tap_data;
    for (unsigned i = 0; i < 2; i++)
        if (w->of[i]->number == who && len > PAYLOAD &&
            rd32(bytes + 8) == w->of[i]->sink[1]->ssrc)
            on_picture(&w->seen[i], bytes, len);
}

static struct client *viewer(struct sim *s, bool no_rtx)
{
    const struct client_conf conf = {.no_rtx = no_rtx};
    struct client *c = sim_client(s, &conf);
    client_receive_pairs(c, 1);
    sim_join(s, c);
    return c;
}

static void divide_unevenly(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8 + s->seed % 4, 1, 0);
    p->pub[1].layer[0].packets_per_frame = FRAME;
    p->pub[1].payload = PAYLOAD;
    p->pub[1].uneven = true;
    const struct link line = {.delay = 20000, .loss = 10};
    struct watch w = {.of = {viewer(s, false), viewer(s, true)}};
    s->tap_data = &w;
    s->tap = watch;
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    memset(w.seen, 0, sizeof(w.seen));
    sim_run(s, 3 * USEC_PER_SEC);
    s->tap = NULL;
    sim_links(s, w.of[0], &line); // what is lost comes again, and is looked at by the sink
    sim_links(s, w.of[1], &line);
    sim_run(s, 3 * USEC_PER_SEC);
    for (unsigned i = 0; i < 2; i++) {
        const struct sink *k = w.of[i]->sink[1];
        sim_check(s, w.seen[i].whole > 20, "viewer %u: %u frames", i,
                  (unsigned)w.seen[i].whole);
        sim_check(s, k->lost < 5, "viewer %u: %d packets never came", i, (int)k->lost);
    }
    sim_check(s, w.seen[0].even > w.seen[0].whole * 9 / 10, "%u of %u frames are of one size",
              (unsigned)w.seen[0].even, (unsigned)w.seen[0].whole);
    sim_check(s, w.seen[1].even == 0,
              "a packet that may come again under its number is padded");
}

static void a_frames_packets_are_padded_to_one_size_where_repairs_go_by_rtx(void **state)
{
    (void)state;
    sim_each_seed(__func__, divide_unevenly, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frames_packets_are_padded_to_one_size_where_repairs_go_by_rtx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
