/* Audio on lines that lose: RED (RFC 2198) towards viewers and from publishers. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEC USEC_PER_SEC

static const struct client_conf takes_red = {.red = true};
// What is recovered from a publisher's RED has no header extensions any more.
static const struct client_conf takes_plain = {.lack_levels = true};
static const struct client_conf takes_both = {.red = true, .lack_levels = true};

/** Somebody who speaks, with `copies` of earlier frames in each packet. */
static struct client *talker(struct sim *s, unsigned copies)
{
    struct client *c = sim_client(s, copies ? &takes_red : NULL);
    client_publish(c, SOURCE_MICROPHONE, CODEC_OPUS, 1)->red = copies;
    sim_join(s, c);
    return c;
}

static struct sink *listener(struct sim *s, const struct client_conf *conf, struct client **who)
{
    *who = sim_client(s, conf);
    struct sink *k = client_receive(*who, KIND_AUDIO, SLOT_ANY, 0);
    sim_join(s, *who);
    return k;
}

static void count_anew(struct sink *k)
{
    memset(&k->heard, 0, sizeof(k->heard));
}

/** Thousandths of the frames that were not heard. */
static unsigned unheard(const struct sink *k)
{
    const uint64_t all = k->heard.frames + sink_unheard(k);
    return all ? (unsigned)(sink_unheard(k) * 1000 / all) : 1000;
}

static void viewers_line(struct sim *s)
{
    struct client *v;
    // Its loss is known from transport-wide feedback, or only from its reports.
    const struct client_conf conf = {.red = true, .no_numbers = s->seed % 2};
    (void)talker(s, 0);
    struct sink *k = listener(s, &conf, &v);
    sim_settle(s);
    sim_run(s, 3 * SEC);
    sim_check(s, k->heard.frames > 100 && unheard(k) == 0, "not everything is heard at first");
    sim_check(s, k->heard.red == 0, "RED on a clean line");

    s->down[v->number].loss = 300;
    sim_run(s, 8 * SEC); // until the reports have said so
    count_anew(k);
    sim_run(s, 30 * SEC);
    sim_check(s, unheard(k) < 30, "%u of 1000 frames are missing", unheard(k));
    sim_check(s, k->heard.copies > 200 && k->heard.most_copies == 3, "%u copies, at most %u",
              (unsigned)k->heard.copies, k->heard.most_copies);

    s->down[v->number].loss = 0;
    sim_run(s, 70 * SEC);
    count_anew(k);
    sim_run(s, 5 * SEC);
    sim_check(s, k->heard.red == 0, "still RED when the line is clean again");
    sim_check(s, unheard(k) == 0, "not everything is heard afterwards");
}

static void audio_survives_30_percent_loss_with_red(void **state)
{
    (void)state;
    sim_each_seed(__func__, viewers_line, 5);
}

static void little_loss(struct sim *s)
{
    struct client *v, *w;
    (void)talker(s, 0);
    struct sink *k = listener(s, &takes_red, &v), *plain = listener(s, NULL, &w);
    sim_settle(s);
    s->down[v->number].loss = s->down[w->number].loss = 50;
    sim_run(s, 10 * SEC);
    count_anew(k);
    sim_run(s, 30 * SEC);
    sim_check(s, k->heard.copies > 20 && k->heard.most_copies < 3, "%u copies, at most %u",
              (unsigned)k->heard.copies, k->heard.most_copies);
    sim_check(s, unheard(k) < 15, "%u of 1000 frames are missing", unheard(k));
    sim_check(s, plain->heard.red == 0, "RED to somebody who did not agree to it");
}

static void little_loss_is_answered_with_few_copies(void **state)
{
    (void)state;
    sim_each_seed(__func__, little_loss, 5);
}

static void publishers_line(struct sim *s)
{
    struct client *v;
    struct client *often = talker(s, 3);
    struct sink *k = listener(s, &takes_plain, &v);
    sim_settle(s);
    sim_run(s, SEC);
    count_anew(k);
    s->up[often->number].loss = 300;
    sim_run(s, 30 * SEC);
    sim_check(s, unheard(k) < 30, "%u of 1000 frames are missing", unheard(k));
    sim_check(s, sim_stat(s, "red_recovered") > 200, "nothing was recovered");
    sim_check(s, often->fraction_in > 25, "its reports say that %u of 256 are lost",
              often->fraction_in);
}

static void publishers_loss_is_filled_from_its_red_and_still_reported(void **state)
{
    (void)state;
    sim_each_seed(__func__, publishers_line, 5);
}

static void both_lines(struct sim *s)
{
    struct client *v;
    struct client *p = talker(s, 1 + rng_below(&s->rng, 3));
    struct sink *k = listener(s, &takes_both, &v);
    sim_settle(s);
    sim_run(s, SEC);
    const struct link bad = {
        .delay = 20000, .jitter = 8000, .loss = 100, .reorder = 30, .duplicate = 10};
    sim_links(s, p, &bad);
    sim_links(s, v, &bad);
    sim_run(s, 10 * SEC);
    count_anew(k);
    for (unsigned turn = 0; turn < 12; turn++) { // as DTX has it: pauses between its packets
        sim_run(s, 2 * SEC);
        p->pub[0].stopped = true;
        sim_run(s, rng_below(&s->rng, 1500000));
        p->pub[0].stopped = false;
    }
    sim_check(s, unheard(k) < 35, "%u of 1000 frames are missing", unheard(k));
}

static void pauses_and_loss_on_both_lines_leave_little_unheard(void **state)
{
    (void)state;
    sim_each_seed(__func__, both_lines, 8);
}

static void clean_lines(struct sim *s)
{
    struct client *v;
    (void)talker(s, 2);
    struct sink *k = listener(s, &takes_red, &v);
    sim_settle(s);
    sim_run(s, 10 * SEC);
    sim_check(s, unheard(k) == 0 && k->heard.frames > 400, "not everything is heard");
    sim_check(s, k->heard.red == 0 && sim_stat(s, "red_out") == 0, "RED on a clean line");
    sim_check(s, sim_stat(s, "red_recovered") == 0, "recovered what was not lost");
}

static void clean_line_gets_plain_packets_of_a_publisher_with_red(void **state)
{
    (void)state;
    sim_each_seed(__func__, clean_lines, 5);
}

static void false_lengths(struct sim *s)
{
    struct client *v;
    struct client *liar = talker(s, 1 + rng_below(&s->rng, PUB_COPIES));
    struct client *honest = talker(s, 1);
    v = sim_client(s, &takes_both);
    struct sink *k[2] = {client_receive(v, KIND_AUDIO, SLOT_ANY, 0),
                         client_receive(v, KIND_AUDIO, SLOT_ANY, 1)};
    sim_join(s, v);
    sim_settle(s);
    liar->pub[0].red_false = true;
    s->forgiving = true; // what it publishes now is noise to whoever listens to it
    sim_run(s, SEC);
    const struct sink *other = sim_find(s, v, honest, SOURCE_MICROPHONE);
    sim_check(s, other, "the other one is not heard");
    count_anew(other == k[0] ? k[0] : k[1]);
    sim_run(s, 10 * SEC);
    sim_check(s, unheard(other) == 0 && other->heard.frames > 400, "the other one suffers");
    sim_check(s, sim_stat(s, "dropped.short") > 0, "nothing was refused");
    liar->pub[0].red_false = false;
    sim_run(s, SEC);
    s->forgiving = false;
    struct sink *his = other == k[0] ? k[1] : k[0];
    count_anew(his);
    sim_run(s, 5 * SEC);
    sim_check(s, unheard(his) == 0 && his->heard.frames > 200, "it is not heard any more");
}

static void red_with_false_lengths_harms_nobody(void **state)
{
    (void)state;
    sim_each_seed(__func__, false_lengths, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_survives_30_percent_loss_with_red),
        cmocka_unit_test(little_loss_is_answered_with_few_copies),
        cmocka_unit_test(publishers_loss_is_filled_from_its_red_and_still_reported),
        cmocka_unit_test(pauses_and_loss_on_both_lines_leave_little_unheard),
        cmocka_unit_test(clean_line_gets_plain_packets_of_a_publisher_with_red),
        cmocka_unit_test(red_with_false_lengths_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
