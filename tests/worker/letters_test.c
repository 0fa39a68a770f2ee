/* What control hears from a worker. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void hello(struct sim *s)
{
    struct letter l, there;
    sim_person(s, NULL, CODEC_VP8, 1, 1);
    worker_hello(s->worker, &l);
    uint8_t *frame = NULL;
    const char *where = "";
    const int64_t len = letter_write(&l, &frame);
    sim_check(s, len > 4, "it cannot be written");
    sim_check(s, letter_parse((const char *)frame + 4, (size_t)len - 4, &there, &where) == 0,
              "it does not parse: %s", where);
    free(frame);
    sim_check(s, there.u.hello.version == LETTER_VERSION, "another version");
    sim_check(s, there.u.hello.pid == getpid(), "another process");
    sim_check(s, there.u.hello.room_count == 1 && there.u.hello.member_count == 1,
              "%u rooms, %u members", there.u.hello.room_count, there.u.hello.member_count);
    sim_check(s, strcmp(there.u.hello.fingerprint, s->server_dtls->fingerprint) == 0,
              "another certificate");
    letter_fini(&there);
}

static void hello_says_what_it_holds(void **state)
{
    (void)state;
    sim_each_seed(__func__, hello, 1);
}

static void agree_badly(struct sim *s)
{
    struct client *c = sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_settle(s);
    struct letter l = {.type = LETTER_MEMBER_AGREE, .room = SIM_ROOM};
    memcpy(l.member, c->id, sizeof(c->id));
    client_agreement(c, &l.u.agree.agreement);
    memcpy(l.u.agree.agreement.fingerprint_hash, "sha-1", 6);
    l.u.agree.agreement.generation++;
    (void)worker_on_letter(s->worker, &l, s->now);
    letter_fini(&l);
    const struct sim_told *t = sim_told(s, c);
    sim_check(s, t->refused == 1 && strcmp(t->refusal, "invalid_agreement") == 0,
              "it was answered with \"%s\"", t->refusal);
}

static void agreement_that_cannot_be_is_refused(void **state)
{
    (void)state;
    sim_each_seed(__func__, agree_badly, 1);
}

static char refusal[64];

static void note_refusal(void *ctx, const struct letter *l)
{
    (void)ctx;
    if (l->type == LETTER_MEMBER_AGREED)
        memcpy(refusal, l->u.agreed.error, sizeof(refusal));
}

static void agree_unknown(struct sim *s)
{
    struct client *c = sim_client(s, NULL);
    struct letter l = {.type = LETTER_MEMBER_AGREE, .room = SIM_ROOM, .member = "nobody"};
    client_agreement(c, &l.u.agree.agreement);
    s->worker->conf.post = note_refusal;
    (void)worker_on_letter(s->worker, &l, s->now);
    letter_fini(&l);
    sim_check(s, strcmp(refusal, "unknown_member") == 0, "it was answered with \"%s\"",
              refusal);
}

static void agreement_of_nobody_is_refused(void **state)
{
    (void)state;
    sim_each_seed(__func__, agree_unknown, 1);
}

static void quit(struct sim *s)
{
    struct letter l = {.type = LETTER_QUIT};
    sim_check(s, worker_on_letter(s->worker, &l, s->now), "it does not end");
    struct letter stats = {.type = LETTER_STATS_ASK};
    sim_check(s, !worker_on_letter(s->worker, &stats, s->now), "it ends for nothing");
}

static void only_quit_ends_the_process(void **state)
{
    (void)state;
    sim_each_seed(__func__, quit, 1);
}

static void count(struct sim *s)
{
    struct client *a = sim_person(s, NULL, CODEC_VP8, 1, 1);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    const uint64_t got =
        a->sink[0]->packets + a->sink[1]->packets + b->sink[0]->packets + b->sink[1]->packets;
    const int64_t out = sim_stat(s, "packets_out") - sim_stat(s, "padding");
    const int64_t in = sim_stat(s, "packets_in");
    // Some of the padding is packets once more.
    sim_check(s, sim_stat(s, "packets_out") >= (int64_t)got && out < (int64_t)got + 30,
              "%lld packets went out, %llu came", (long long)out, (unsigned long long)got);
    sim_check(s, in >= out && sim_stat(s, "bytes_in") > 50 * in, "%lld packets came in",
              (long long)in);
    sim_check(s, sim_stat(s, "members") == 2 && sim_stat(s, "rooms") == 1, "wrong counts");
    sim_check(s, sim_stat(s, "switches") == 4, "%lld switches",
              (long long)sim_stat(s, "switches"));
}

static void statistics_say_what_went_through(void **state)
{
    (void)state;
    sim_each_seed(__func__, count, 3);
}

/** A NACK is a few bytes, what it asks for a thousand: it must not be a lever. */
static void flood_nacks(struct sim *s)
{
    sim_person(s, NULL, CODEC_VP8, 1, 0);
    struct client *v = sim_client(s, NULL);
    client_receive_pairs(v, 1);
    sim_join(s, v);
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    const struct sink *k = v->sink[1];
    uint16_t seq[16];
    for (unsigned i = 0; i < 16; i++)
        seq[i] = (uint16_t)(k->highest - 40 + i);
    const int64_t before = sim_stat(s, "resent");
    for (unsigned i = 0; i < 200; i++) {
        client_send_nack(v, k->ssrc, seq, 16);
        sim_run(s, 5 * USEC_PER_MS);
    }
    const int64_t resent = sim_stat(s, "resent") - before;
    sim_check(s, sim_stat(s, "nacks_in") > 3000, "the requests did not come");
    sim_check(s, resent >= 16 && resent <= 800, "%lld packets were sent again in a second",
              (long long)resent);
    sim_run(s, 3 * USEC_PER_SEC);
    client_send_nack(v, k->ssrc, seq, 1);
    for (unsigned i = 0; i < 16; i++)
        seq[i] = (uint16_t)(k->highest - 40 + i);
    const int64_t rested = sim_stat(s, "resent");
    client_send_nack(v, k->ssrc, seq, 16);
    sim_run(s, 200 * USEC_PER_MS);
    sim_check(s, sim_stat(s, "resent") - rested >= 16, "and it is never forgiven");
}

static void flood_of_nacks_is_bounded(void **state)
{
    (void)state;
    sim_each_seed(__func__, flood_nacks, 2);
}

/* ---- recordings ---- */

static uint64_t newest;
static size_t blocks, last_len;

static void note_block(void *ctx, const struct letter *l)
{
    (void)ctx;
    if (l->type != LETTER_FLIGHT)
        return;
    assert_int_equal(l->u.flight.seq, 5);
    newest = l->u.flight.newest;
    last_len = l->u.flight.len;
    blocks += last_len > 0 && l->u.flight.number == blocks;
}

static void ask_for_block(struct sim *s, const char *room, uint64_t number)
{
    struct letter l = {.type = LETTER_FLIGHT_ASK, .u.flight = {.seq = 5, .number = number}};
    (void)snprintf(l.room, sizeof(l.room), "%s", room);
    (void)worker_on_letter(s->worker, &l, s->now);
}

static void fetch(struct sim *s)
{
    struct room *r = map_get(&s->worker->rooms, SIM_ROOM, strlen(SIM_ROOM));
    assert_int_equal(flight_pool_init(&s->worker->flight, 4 << 20), 0);
    flight_init(&r->flight, &s->worker->flight);
    s->worker->conf.post = note_block;
    newest = blocks = last_len = 0;
    usec_t now = s->now;
    for (unsigned i = 0; i < 3 * FLIGHT_BLOCK / 8 + 1; i++)
        flight_sent(&r->flight, 1, 1, 1200, (uint16_t)i, now);
    ask_for_block(s, "another", 0);
    sim_check(s, last_len == 0, "there is one of a room that is not there");
    do
        ask_for_block(s, SIM_ROOM, blocks);
    while (last_len > 0 && blocks <= newest);
    sim_check(s, blocks == 4 && newest == 3, "%u of %u came", (unsigned)blocks,
              (unsigned)newest + 1);
    ask_for_block(s, SIM_ROOM, blocks);
    sim_check(s, last_len == 0, "there is one behind the last");
}

static void a_recording_is_given_block_by_block(void **state)
{
    (void)state;
    sim_each_seed(__func__, fetch, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_says_what_it_holds),
        cmocka_unit_test(agreement_that_cannot_be_is_refused),
        cmocka_unit_test(agreement_of_nobody_is_refused),
        cmocka_unit_test(only_quit_ends_the_process),
        cmocka_unit_test(statistics_say_what_went_through),
        cmocka_unit_test(flood_of_nacks_is_bounded),
        cmocka_unit_test(a_recording_is_given_block_by_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
