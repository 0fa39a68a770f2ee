#include "clips.h"
#include "hist.h"
#include "line.h"
#include "process.h"
#include "scenario.h"
#include "sdp.h"
#include "stamp.h"
#include "tally.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void percentiles_are_within_three_percent(void **state)
{
    static struct hist h;
    (void)state;
    assert_true(hist_at(&h, 50) == 0);
    for (int i = 1; i <= 100000; i++)
        hist_add(&h, i);
    for (int p = 1; p <= 100; p++) {
        const double v = hist_at(&h, p), want = p * 1000;
        assert_true(v > want * 0.96 && v < want * 1.04);
    }
    hist_add(&h, -5); // clocks differ
    assert_int_equal(h.count, 100001);
    assert_int_equal(h.bucket[0], 1);
}

static int read_text(struct scenario *s, const char *text, struct complaint *why)
{
    scenario_init(s);
    return scenario_from_text(s, "file", text, strlen(text), why);
}

static void a_scenario_says_rooms_and_people(void **state)
{
    static struct scenario s;
    struct complaint why;
    (void)state;
    assert_int_equal(
        read_text(&s,
                  "url: http://h\nkey: k\njoin_rate: 5/s\nchurn: 5%/min\n"
                  "usual: {talks: 50%}\n"
                  "rooms:\n  - rooms: 3\n    conference: 4\n"
                  "  - people:\n      - {count: 2, sends: \"audio,video\", layers: 2}\n"
                  "      - {count: 7, receives: 2, loss: 1%, delay: 30ms, rate: 2M}\n",
                  &why),
        0);
    assert_int_equal(s.kinds, 2);
    assert_int_equal(scenario_people(&s), 3 * 4 + 9);
    assert_true(scenario_is_whole(&s, &why));
    assert_true(s.kind[0].crowd[0].talks == 0.5);
    assert_int_equal(s.kind[0].crowd[0].receives, 3);
    const struct crowd *bad = &s.kind[1].crowd[1];
    assert_true(bad->line.loss == 0.01);
    assert_int_equal(bad->line.delay, 30000);
    assert_int_equal(bad->line.rate_bps, 2000000);
    assert_false(bad->video);
}

static void a_wrong_scenario_names_its_line(void **state)
{
    static const struct {
        const char *text, *line;
    } table[] = {
        {"url: x\nrooms:\n  - conference: many\n", "file:3: conference"},
        {"url: x\nroms: 3\n", "file:2: roms"},
        {"url: x\nrooms:\n  - people:\n      - count: 1\n        sends: smoke\n",
         "file:5: sends"},
        {"url: x\nrooms: 3\n", "file:2: a list"},
        {"a: [b\n", "file:2:"},
        {"join_rate: 0\n", "file:1: join_rate"},
        {"", "file:1:"},
    };
    static struct scenario s;
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct complaint why = {""};
        assert_true(read_text(&s, table[i].text, &why) < 0);
        if (strncmp(why.text, table[i].line, strlen(table[i].line)) != 0)
            fail_msg("'%s' instead of '%s'", why.text, table[i].line);
    }
}

static void flags_say_the_same_as_a_file(void **state)
{
    static struct scenario s;
    struct complaint why = {""};
    const char *const good[] = {"salon-load", "--url=http://h", "--key",  "k",
                                "--webinar",  "5+500",          "--loss", "2%",
                                "--fail-if",  "loss>1%"};
    const char *const bad[] = {"salon-load", "--webinar", "5"};
    (void)state;
    scenario_init(&s);
    assert_int_equal(scenario_from_flags(&s, 10, good, &why), 0);
    assert_int_equal(scenario_people(&s), 505);
    assert_int_equal(s.kind[0].crowd[1].receives, 5);
    assert_true(s.kind[0].crowd[1].line.loss ==
                0.02); // said after the shape, and holds all the same
    assert_string_equal(s.limit[0].name, "loss");
    assert_true(s.limit[0].above && s.limit[0].value == 1);
    scenario_init(&s);
    assert_true(scenario_from_flags(&s, 3, bad, &why) < 0);
    assert_non_null(strstr(why.text, "--webinar"));
}

static void an_offer_can_be_read_again(void **state)
{
    static struct sdp_remote r;
    const struct sdp_self self = {.ufrag = "uuuu",
                                  .pwd = "ppppppppppppppppppppppppp",
                                  .fingerprint = "sha-256 AB:CD",
                                  .setup = "actpass",
                                  .candidates = "a=candidate:1 1 UDP 1 10.0.0.1 9 typ host\r\n",
                                  .session = 7};
    const struct sdp_section section[] = {{.send = true,
                                           .mid = "0",
                                           .layers = 1,
                                           .ssrc = 5,
                                           .opus = 111,
                                           .vp8 = -1,
                                           .rtx_pt = -1},
                                          {.video = true,
                                           .send = true,
                                           .mid = "1",
                                           .layers = 1,
                                           .ssrc = 6,
                                           .rtx = 8,
                                           .opus = -1,
                                           .vp8 = 96,
                                           .rtx_pt = 97},
                                          {.video = true,
                                           .send = true,
                                           .mid = "2",
                                           .layers = 3,
                                           .opus = -1,
                                           .vp8 = 96,
                                           .rtx_pt = 97}};
    (void)state;
    char *text = sdp_write(&self, section, 3, NULL);
    assert_non_null(text);
    assert_null(sdp_read(&r, text));
    assert_non_null(strstr(text, "a=simulcast:send q;h;f\r\n"));
    assert_int_equal(r.sections, 3);
    assert_int_equal(r.section[0].opus, 111);
    assert_int_equal(r.section[1].rtx_pt, 97);
    assert_int_equal(r.pairs, 1);
    assert_int_equal(r.pair[0][1], 8);
    assert_int_equal(r.ext.twcc, 2);
    assert_int_equal(r.fingerprint_len, 2);
    assert_false(r.section[1].send); // they send it, we receive it
    assert_true(r.section[1].recv);
    free(text);
    assert_non_null(sdp_read(&r, "v=0\r\n"));
}

static void a_stamp_is_found_at_the_end_only(void **state)
{
    uint8_t bytes[64] = {0};
    struct stamp out;
    const struct stamp in = {.member = 9,
                             .layer = 2,
                             .tid = 1,
                             .clip = 77,
                             .frame = 12,
                             .wall_us = INT64_C(1) << 50};
    (void)state;
    stamp_write(bytes + 64 - STAMP_SIZE, &in);
    assert_true(stamp_read(&out, bytes, 64));
    assert_true(out.member == in.member && out.layer == in.layer && out.tid == in.tid);
    assert_true(out.clip == in.clip && out.frame == in.frame && out.wall_us == in.wall_us);
    assert_false(stamp_read(&out, bytes, 63));
    assert_false(stamp_read(&out, bytes, STAMP_SIZE - 1));
}

static void a_bad_line_loses_delays_and_is_narrow(void **state)
{
    const uint8_t bytes[1000] = {1};
    const struct line_conf conf = {.loss = 0.1, .delay = 20000, .rate_bps = 800000};
    struct line *l = line_create(&conf, 1);
    unsigned came = 0;
    size_t len;
    (void)state;
    for (usec_t now = 0; now < 10 * USEC_PER_SEC; now += 20000) { // half of what it carries
        line_put(l, bytes, sizeof(bytes), now);
        assert_true(line_deadline(l) == USEC_NEVER || line_deadline(l) >= now + 30000);
        while (line_take(l, &len, now + 30000)) // 20 ms on its way, 10 ms to be sent
            came++;
    }
    assert_true(came > 420 && came < 480); // of 500
    line_destroy(l);
}

static void errors_are_counted_by_reason_and_never_overflow(void **state)
{
    static struct tally t;
    char name[16];
    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "reason %d", i);
        tally_error(&t, name);
        tally_error(&t, "reason 0");
    }
    assert_int_equal(t.reason[0].count, 101);
    assert_int_equal(tally_errors(&t), 200);
}

static void metrics_of_salon_and_of_others_are_read(void **state)
{
    (void)state;
    struct process_use use = process_parse("# HELP process_cpu_seconds_total 99\n"
                                           "process_cpu_seconds_total 1.5\n"
                                           "process_cpu_seconds_total_more 7\n"
                                           "process_resident_memory_bytes 2048\n");
    assert_true(use.known && use.cpu_s == 1.5);
    assert_true(use.memory_known && use.memory_kib == 2);
    use = process_parse("salon_control_cpu_seconds_total 1\n"
                        "salon_worker_cpu_seconds_total{worker=\"0\"} 2\n"
                        "salon_worker_cpu_seconds_total{worker=\"1\"} 4\n");
    assert_true(use.known && use.cpu_s == 7 && !use.memory_known);
    assert_false(process_parse("404\n").known);
}

static void all_people_may_come_and_go_many_times_a_minute(void **state)
{
    static struct scenario s;
    struct complaint why = {""};
    const char *const many[] = {"salon-load", "--churn", "300%/min"};
    const char *const wrong[] = {"salon-load", "--churn", "300%/s"};
    (void)state;
    scenario_init(&s);
    assert_int_equal(scenario_from_flags(&s, 3, many, &why), 0);
    assert_true(s.churn == 3);
    assert_true(scenario_from_flags(&s, 3, wrong, &why) < 0);
}

static void who_shares_screens_gives_viewers_places_for_them(void **state)
{
    static struct scenario s;
    struct complaint why = {""};
    const char *const flags[] = {"salon-load", "--sends", "audio,video,screen", "--webinar",
                                 "2+9"};
    (void)state;
    scenario_init(&s);
    assert_int_equal(scenario_from_flags(&s, 5, flags, &why), 0);
    assert_true(s.kind[0].crowd[0].screen && !s.kind[0].crowd[1].screen);
    assert_int_equal(s.kind[0].crowd[0].screens, 1);
    assert_int_equal(s.kind[0].crowd[1].screens, 2);
}

static void clips_that_are_kept_are_the_same_and_broken_ones_are_made_anew(void **state)
{
    char folder[] = "/tmp/salon-clips-XXXXXX", path[64];
    const struct clips_conf conf = {.layers = 0, .kbps = 300, .temporal = 1}; // sound alone
    struct clips made, kept;
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/0-300-1.clips", folder);
    assert_int_equal(clips_get(&made, &conf, folder), 0);
    assert_int_equal(clips_get(&kept, &conf, folder), 0);
    assert_int_equal(kept.voice.count, made.voice.count);
    assert_int_equal(kept.voice.len, made.voice.len);
    assert_memory_equal(kept.voice.bytes, made.voice.bytes, made.voice.len);
    clips_fini(&kept);
    assert_int_equal(truncate(path, 1000), 0);
    assert_int_equal(clips_get(&kept, &conf, folder), 0);
    assert_int_equal(kept.silence.len, made.silence.len);
    clips_fini(&kept);
    clips_fini(&made);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(clips_get(&made, &conf, folder),
                     -ENOENT); // no such folder, and clips all the same
    assert_true(made.voice.count > 0);
    clips_fini(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_three_percent),
        cmocka_unit_test(a_scenario_says_rooms_and_people),
        cmocka_unit_test(a_wrong_scenario_names_its_line),
        cmocka_unit_test(flags_say_the_same_as_a_file),
        cmocka_unit_test(an_offer_can_be_read_again),
        cmocka_unit_test(a_stamp_is_found_at_the_end_only),
        cmocka_unit_test(a_bad_line_loses_delays_and_is_narrow),
        cmocka_unit_test(errors_are_counted_by_reason_and_never_overflow),
        cmocka_unit_test(metrics_of_salon_and_of_others_are_read),
        cmocka_unit_test(all_people_may_come_and_go_many_times_a_minute),
        cmocka_unit_test(who_shares_screens_gives_viewers_places_for_them),
        cmocka_unit_test(clips_that_are_kept_are_the_same_and_broken_ones_are_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
