/* Data channels through a whole worker: to all, to one, and what bounds them. */
#include "client_data.h"
#include "room/data.h"
#include "sim.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct client_conf with_data = {.data = true};

/** `n` clients with data channels whose associations are up. */
static void gather(struct sim *s, struct client **c, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct client_conf conf = with_data;
        conf.dtls_server = rng_chance(&s->rng, 300);
        c[i] = sim_client(s, &conf);
        sim_join(s, c[i]);
    }
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    for (unsigned i = 0; i < n; i++)
        sim_check(s, c[i]->data->up, "%s has no association", c[i]->id);
}

static struct channel *open(struct sim *s, struct client *c, const char *label, const char *to,
                            const struct channel_conf *conf)
{
    struct channel *ch = client_open(c, label, to, conf, s->now);
    sim_check(s, ch, "%s cannot open a channel", c->id);
    return ch;
}

static void reach_all(struct sim *s)
{
    struct client *c[5];
    gather(s, c, 5);
    struct client *plain = sim_person(s, NULL, CODEC_VP8, 1, 1); // without data channels
    const struct link bad = {.delay = 30000, .jitter = 10000, .loss = 100};
    for (unsigned i = 0; i < 5; i++)
        sim_links(s, c[i], &bad);
    struct channel *ch = open(s, c[0], "notes", "", NULL);
    for (uint32_t i = 0; i < 100; i++) {
        sim_check(s, client_say(c[0], ch, i, 4 + rng_below(&s->rng, 3000), s->now) == DROP_NONE,
                  "message %u cannot be sent", i);
        sim_run(s, 20 * USEC_PER_MS);
    }
    sim_run(s, 60 * USEC_PER_SEC);
    for (unsigned i = 1; i < 5; i++) {
        sim_check(s, client_heard(c[i], c[0]->id, "notes") == 100, "%s heard %u of 100",
                  c[i]->id, client_heard(c[i], c[0]->id, "notes"));
        for (unsigned k = 0; k < 100; k++)
            sim_check(s, c[i]->data->heard[k].number == k && c[i]->data->heard[k].intact,
                      "%s: message %u is not in its place", c[i]->id, k);
        sim_check(s, c[i]->data->opened == 1, "%u channels", c[i]->data->opened);
    }
    sim_check(s, c[0]->data->heard_count == 0, "the sender hears itself");
    sim_check(s, !plain->data && plain->up, "who has none is not disturbed");
}

static void data_reaches_all_others(void **state)
{
    (void)state;
    sim_each_seed(__func__, reach_all, 8);
}

static void reach_one(struct sim *s)
{
    struct client *c[4];
    gather(s, c, 4);
    struct channel *one = open(s, c[0], "whisper", c[2]->id, NULL);
    struct channel *nobody = open(s, c[0], "whisper", "nobody", NULL);
    struct channel *self = open(s, c[0], "whisper", c[0]->id, NULL);
    (void)client_say(c[0], one, 1, 500, s->now);
    (void)client_say(c[0], nobody, 2, 500, s->now);
    (void)client_say(c[0], self, 3, 500, s->now);
    sim_run(s, 5 * USEC_PER_SEC);
    for (unsigned i = 0; i < 4; i++)
        sim_check(s, c[i]->data->heard_count == (i == 2), "%s heard %u", c[i]->id,
                  c[i]->data->heard_count);
    sim_check(s, strcmp(c[2]->data->heard[0].from, c[0]->id) == 0,
              "it does not know from whom");
    sim_check(s, c[2]->data->heard[0].number == 1 && c[2]->data->heard[0].intact,
              "other bytes");
}

static void to_one_only(void **state)
{
    (void)state;
    sim_each_seed(__func__, reach_one, 10);
}

static void kinds(struct sim *s)
{
    const struct channel_conf lossy = {
        .mode = CHANNEL_COUNTED, .limit = 0, .unordered = true, .priority = 512};
    const struct channel_conf timed = {.mode = CHANNEL_TIMED, .limit = 250};
    struct client *c[2];
    gather(s, c, 2);
    struct channel *a = open(s, c[0], "lossy", "", &lossy);
    struct channel *b = open(s, c[0], "timed", "", &timed);
    (void)client_say_text(c[0], a, "one", s->now);
    (void)client_say_text(c[0], b, "", s->now);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, c[1]->data->heard_count == 2, "heard %u", c[1]->data->heard_count);
    unsigned seen = 0;
    for (unsigned i = 0; i < ASSOC_STREAMS; i++) {
        const struct channel *got = assoc_channel(c[1]->data->assoc, (uint16_t)i);
        if (!got)
            continue;
        const struct channel_conf *want = strcmp(got->label, "lossy") == 0 ? &lossy : &timed;
        sim_check(s, memcmp(&got->conf, want, sizeof(*want)) == 0, "another reliability");
        sim_check(s, strcmp(got->protocol, c[0]->id) == 0, "protocol %s", got->protocol);
        seen++;
    }
    sim_check(s, seen == 2, "%u channels", seen);
    for (unsigned i = 0; i < 2; i++)
        sim_check(s, c[1]->data->heard[i].text, "not as text");
}

static void receivers_get_the_same_label_and_reliability(void **state)
{
    (void)state;
    sim_each_seed(__func__, kinds, 5);
}

static void slow(struct sim *s)
{
    const struct channel_conf lossy = {.mode = CHANNEL_COUNTED, .unordered = true};
    struct client *c[3];
    gather(s, c, 3);
    struct channel *sure = open(s, c[0], "sure", "", NULL);
    struct channel *loose = open(s, c[0], "loose", "", &lossy);
    (void)client_say(c[0], sure, 0, 1000, s->now);
    (void)client_say(c[0], loose, 0, 1000, s->now);
    sim_run(s, 2 * USEC_PER_SEC);
    c[2]->data->deaf = true;
    const size_t before = mallinfo2().uordblks;
    size_t most = 0;
    for (uint32_t i = 1; i < 600; i++) { // 12 MB
        (void)client_say(c[0], sure, i, 20000, s->now);
        (void)client_say(c[0], loose, i, 2000, s->now);
        sim_run(s, 50 * USEC_PER_MS);
        const size_t now = mallinfo2().uordblks;
        most = now > most ? now : most;
    }
    sim_run(s, 20 * USEC_PER_SEC);
    // Its window and the server's buffer and queue, twice over for what a byte costs; the
    // sender's own buffers, which are this client's.
    sim_check(s, most < before + (8u << 20), "%zu bytes more", most - before);
    sim_check(s, client_heard(c[1], c[0]->id, "sure") == 600, "the other one heard %u",
              client_heard(c[1], c[0]->id, "sure"));
    const struct sim_told *t = sim_told(s, c[2]);
    sim_check(s, t->data_letters[DATA_TOO_SLOW] == 1, "%u letters",
              t->data_letters[DATA_TOO_SLOW]);
    sim_check(s, strcmp(t->data_of, c[0]->id) == 0 && strcmp(t->data_text, "sure") == 0,
              "of %s: %s", t->data_of, t->data_text);
    sim_check(s, sim_stat(s, "data.too_slow") == 1 && sim_stat(s, "data.no_room") > 100,
              "%d messages had no room", (int)sim_stat(s, "data.no_room"));
    // It listens again: what is unreliable reaches it, what was closed stays closed.
    c[2]->data->deaf = false;
    sim_run(s, 20 * USEC_PER_SEC);
    const unsigned sure_before = client_heard(c[2], c[0]->id, "sure");
    (void)client_say(c[0], sure, 700, 1000, s->now);
    (void)client_say(c[0], loose, 700, 1000, s->now);
    sim_run(s, 5 * USEC_PER_SEC);
    const struct heard *last = &c[2]->data->heard[c[2]->data->heard_count - 1];
    sim_check(s, last->number == 700 && strcmp(last->label, "loose") == 0, "heard %u on %s",
              last->number, last->label);
    sim_check(s, client_heard(c[2], c[0]->id, "sure") == sure_before, "it goes on with a hole");
}

static void slow_receiver_does_not_grow_memory(void **state)
{
    (void)state;
    sim_each_seed(__func__, slow, 3);
}

/** How much comes through in ten seconds. */
static void flood(struct sim *s)
{
    const bool sure = rng_chance(&s->rng, 500);
    const struct channel_conf lossy = {.mode = CHANNEL_COUNTED, .unordered = true};
    const size_t size = rng_chance(&s->rng, 500) ? 40 : 60000;
    struct client *c[2];
    gather(s, c, 2);
    const struct link wide = {.delay = 5000};
    sim_links(s, c[0], &wide);
    sim_links(s, c[1], &wide);
    struct channel *ch = open(s, c[0], "flood", "", sure ? NULL : &lossy);
    sim_run(s, USEC_PER_SEC);
    uint32_t said = 0;
    for (unsigned i = 0; i < 1000; i++) {
        for (unsigned k = 0; k < 20; k++) // all that its own buffer takes
            if (c[0]->data->assoc->waiting == 0 &&
                client_say(c[0], ch, said, size, s->now) == DROP_NONE)
                said++;
        sim_run(s, 10 * USEC_PER_MS);
    }
    const unsigned heard = client_heard(c[1], c[0]->id, "flood");
    const double bytes = (double)heard * (double)size;
    sim_check(s, heard <= DATA_MESSAGES_BURST + 11 * DATA_MESSAGES, "%u messages", heard);
    sim_check(s, bytes <= DATA_BYTES_BURST + 11.0 * DATA_BYTES + 65536, "%.0f bytes", bytes);
    sim_check(s, heard > 50, "%u of %u", heard, said);
    const char *count = sure ? "data.held_back" : "data.over_rate";
    sim_check(s, sim_stat(s, count) > 0 || heard == said, "nobody held it back: %u of %u",
              heard, said);
    sim_run(s, 120 * USEC_PER_SEC);
    if (sure)
        sim_check(s, client_heard(c[1], c[0]->id, "flood") == said, "%u of %u arrive",
                  client_heard(c[1], c[0]->id, "flood"), said);
}

static void sender_over_the_rate_is_held_back(void **state)
{
    (void)state;
    sim_each_seed(__func__, flood, 8);
}

static unsigned open_at(const struct client *c)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ASSOC_STREAMS; i++)
        n += c->data->assoc->channel[i] != NULL;
    return n;
}

static void leave(struct sim *s)
{
    struct client *c[4];
    gather(s, c, 4);
    struct channel *first = open(s, c[0], "first", "", NULL);
    struct channel *second = open(s, c[0], "second", "", NULL);
    struct channel *other = open(s, c[1], "first", "", NULL);
    (void)client_say(c[0], first, 1, 100, s->now);
    (void)client_say(c[0], second, 2, 100, s->now);
    (void)client_say(c[1], other, 3, 100, s->now);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, open_at(c[2]) == 3 && open_at(c[3]) == 3, "%u and %u", open_at(c[2]),
              open_at(c[3]));
    assoc_close(c[0]->data->assoc, second, s->now);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, open_at(c[2]) == 2 && c[2]->data->closed == 1, "one closes: %u",
              open_at(c[2]));
    switch (rng_below(&s->rng, 3)) {
    case 0:
        sim_leave(s, c[0]);
        break;
    case 1: // another peer connection of the same participant
        client_reconnect(c[0], s->now);
        sim_agree(s, c[0]);
        break;
    default: // without a word
        c[0]->asleep = true;
        sim_run(s, 60 * USEC_PER_SEC);
    }
    sim_run(s, 5 * USEC_PER_SEC);
    sim_check(s, open_at(c[2]) == 1 && open_at(c[3]) == 1, "%u and %u stay", open_at(c[2]),
              open_at(c[3]));
    (void)client_say(c[1], other, 4, 100, s->now);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, client_heard(c[2], c[1]->id, "first") == 2, "the rest goes on");
}

static void leaving_closes_channels(void **state)
{
    (void)state;
    sim_each_seed(__func__, leave, 9);
}

static void refuse(struct sim *s)
{
    struct client *c[3];
    gather(s, c, 3);
    struct channel *ch = open(s, c[0], "x", "", NULL);
    (void)client_say(c[0], ch, 1, 100, s->now);
    sim_run(s, 2 * USEC_PER_SEC);
    for (unsigned i = 0; i < ASSOC_STREAMS; i++) { // the receiver wants no more of it
        struct channel *mine = assoc_channel(c[1]->data->assoc, (uint16_t)i);
        if (mine)
            assoc_close(c[1]->data->assoc, mine, s->now);
    }
    sim_run(s, 2 * USEC_PER_SEC);
    (void)client_say(c[0], ch, 2, 100, s->now);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, c[1]->data->heard_count == 1 && c[2]->data->heard_count == 2, "%u and %u",
              c[1]->data->heard_count, c[2]->data->heard_count);
}

static void receiver_that_closes_hears_no_more_of_it(void **state)
{
    (void)state;
    sim_each_seed(__func__, refuse, 5);
}

static void watch(struct sim *s)
{
    struct client *c[2];
    gather(s, c, 1);
    const struct client_conf conf = {.data = true, .watches_only = true};
    c[1] = sim_client(s, &conf);
    sim_join(s, c[1]);
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    struct channel *ch = open(s, c[1], "x", "", NULL);
    (void)client_say(c[1], ch, 1, 100, s->now);
    (void)client_say(c[0], open(s, c[0], "y", "", NULL), 2, 100, s->now);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, c[0]->data->heard_count == 0, "a watcher is heard");
    sim_check(s, c[1]->data->heard_count == 1, "a watcher hears nothing");
    sim_check(s, c[1]->data->closed == 1, "its channel stays open");
    sim_check(s, sim_stat(s, "data.not_allowed") >= 1, "it is not counted");
}

static void watcher_hears_and_may_not_speak(void **state)
{
    (void)state;
    sim_each_seed(__func__, watch, 5);
}

static void tell(struct sim *s, const struct client *c, const char *text)
{
    struct letter l = {.type = LETTER_DATA_OUT, .room = SIM_ROOM, .u.data.text = strdup(text)};
    memcpy(l.member, c->id, sizeof(l.member));
    sim_letter(s, &l);
}

static void salon(struct sim *s)
{
    struct client *c[2];
    gather(s, c, 2);
    struct sim_told *t = sim_told(s, c[0]);
    tell(s, c[0], "too early");
    sim_check(s, t->data_letters[DATA_RETURNED] == 1 && strcmp(t->data_text, "too early") == 0,
              "it does not come back");
    struct channel *ch = open(s, c[0], "salon", "", NULL);
    struct channel *again = open(s, c[0], "salon", "", NULL);
    struct channel *odd = open(s, c[0], "salon.x", "", NULL);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, t->data_open && t->data_letters[DATA_OPEN] == 1, "control does not know");
    sim_check(s, c[0]->data->closed == 2 && again && odd, "%u are closed", c[0]->data->closed);
    (void)client_say_text(c[0], ch, "{\"type\":\"chat\"}", s->now);
    (void)client_say(c[0], ch, 1, 100, s->now); // not text: for nobody
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(
        s, t->data_letters[DATA_TEXT] == 1 && strcmp(t->data_text, "{\"type\":\"chat\"}") == 0,
        "control got %u: %s", t->data_letters[DATA_TEXT], t->data_text);
    tell(s, c[0], "{\"type\":\"ok\"}");
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, client_heard(c[0], "", "salon") == 1 && c[0]->data->heard[0].text,
              "no answer");
    sim_check(s, c[1]->data->heard_count == 0, "others hear what is for control");
    assoc_close(c[0]->data->assoc, ch, s->now);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, !t->data_open && t->data_letters[DATA_CLOSED] == 1, "the end is not told");
    ch = open(s, c[0], "salon", "", NULL);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, t->data_open, "it does not open again");
    client_reconnect(c[0], s->now);
    sim_agree(s, c[0]);
    sim_check(s, !t->data_open, "a new connection begins without");
}

static void salon_channel_is_between_client_and_control(void **state)
{
    (void)state;
    sim_each_seed(__func__, salon, 5);
}

static void many(struct sim *s)
{
    struct client *c[20];
    gather(s, c, 20);
    for (unsigned i = 0; i < 20; i++)
        for (unsigned k = 0; k < 7; k++) // 133 for each receiver: more than there are ids for
            (void)client_say(c[i], open(s, c[i], "many", "", NULL), k, 20, s->now);
    sim_run(s, 20 * USEC_PER_SEC);
    for (unsigned i = 0; i < 20; i++)
        sim_check(s, c[i]->data->heard_count == ASSOC_STREAMS / 2, "%s heard %u", c[i]->id,
                  c[i]->data->heard_count);
    sim_check(s, sim_stat(s, "data.no_channel") == 20 * (19 * 7 - ASSOC_STREAMS / 2), "%d lost",
              (int)sim_stat(s, "data.no_channel"));
}

static void channels_run_out_and_that_is_counted(void **state)
{
    (void)state;
    sim_each_seed(__func__, many, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_reaches_all_others),
        cmocka_unit_test(to_one_only),
        cmocka_unit_test(receivers_get_the_same_label_and_reliability),
        cmocka_unit_test(slow_receiver_does_not_grow_memory),
        cmocka_unit_test(sender_over_the_rate_is_held_back),
        cmocka_unit_test(leaving_closes_channels),
        cmocka_unit_test(receiver_that_closes_hears_no_more_of_it),
        cmocka_unit_test(watcher_hears_and_may_not_speak),
        cmocka_unit_test(salon_channel_is_between_client_and_control),
        cmocka_unit_test(channels_run_out_and_that_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
