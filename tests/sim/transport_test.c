/* Connections that move, restart, end and begin again. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct pair {
    struct client *a, *b;
};

static struct pair two(struct sim *s)
{
    const struct client_conf conf = {.dtls_server = rng_chance(&s->rng, 300)};
    struct pair p = {.a = sim_person(s, &conf, CODEC_VP8, 1, 1)};
    p.b = sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    return p;
}

static void check_seen(struct sim *s, const struct client *c)
{
    sim_check(s, s->now - c->sink[0]->frame_at < 150000 && c->sink[0]->frames > 20,
              "%s hears nobody", c->id);
    sim_check(s, s->now - c->sink[1]->frame_at < 150000 && c->sink[1]->frames > 20,
              "%s sees nobody", c->id);
}

static void restart_ice(struct sim *s)
{
    const struct pair p = two(s);
    for (unsigned i = 0; i < 4; i++) { // more often than old names are remembered
        client_restart_ice(p.a, s->now);
        sim_agree(s, p.a);
        for (unsigned k = 0; k < 2; k++)
            p.a->sink[k]->longest_pause = p.b->sink[k]->longest_pause = 0;
        sim_run(s, 1500 * USEC_PER_MS);
        sim_check(s, p.a->checks_ok > 0, "no check with the new names was answered");
        for (unsigned k = 0; k < 2; k++)
            sim_check(
                s, p.a->sink[k]->longest_pause < 120000 && p.b->sink[k]->longest_pause < 120000,
                "media paused");
        sim_check(s, p.a->sink[1]->lost + p.b->sink[1]->lost == 0, "packets were lost");
    }
    check_seen(s, p.a);
    check_seen(s, p.b);
    sim_check(s, sim_told(s, p.a)->gone == 0, "control was told that it is gone");
}

static void ice_restart_keeps_media(void **state)
{
    (void)state;
    sim_each_seed(__func__, restart_ice, 10);
}

static void change_address(struct sim *s)
{
    const struct pair p = two(s);
    for (unsigned i = 0; i < 12; i++) { // more than are remembered
        p.a->addr.sin6_port = (uint16_t)(p.a->addr.sin6_port + 7);
        p.a->addr.sin6_addr.s6_addr[8] = (uint8_t)rng_u32(&s->rng);
        p.a->check_at = s->now + rng_below(&s->rng, 300000);
        p.a->check_len = 0;
        sim_run(s, 2500 * USEC_PER_MS);
        check_seen(s, p.a);
        check_seen(s, p.b);
    }
    sim_check(s, sim_told(s, p.a)->gone == 0, "control was told that it is gone");
}

static void address_change_is_followed(void **state)
{
    (void)state;
    sim_each_seed(__func__, change_address, 10);
}

static void lose_consent(struct sim *s)
{
    const struct pair p = two(s);
    const bool media = rng_chance(&s->rng, 500);
    const usec_t last = p.a->checked_at;
    if (media)
        p.a->no_checks = true; // sends media all the time: that is no consent
    else
        p.a->asleep = true;
    sim_run(s, last + 27 * USEC_PER_SEC - s->now);
    sim_check(s, sim_told(s, p.a)->gone == 0, "it was given up too early");
    sim_run(s, 6 * USEC_PER_SEC);
    const struct sim_told *t = sim_told(s, p.a);
    sim_check(s, t->gone == 1 && strcmp(t->gone_why, "consent_expired") == 0,
              "control is not told: %s", t->gone_why);
    const uint64_t heard = p.a->sink[0]->packets;
    p.a->asleep = false;
    p.a->no_checks = true;
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, p.a->sink[0]->packets == heard, "and it still gets media");
    sim_check(s, sim_told(s, p.b)->gone == 0, "the other one is gone as well");
}

static void consent_expires_after_30_s(void **state)
{
    (void)state;
    sim_each_seed(__func__, lose_consent, 6);
}

static void never_come(struct sim *s)
{
    struct client *c = sim_client(s, NULL);
    client_receive_pairs(c, 1);
    c->asleep = true;
    sim_join(s, c);
    sim_run(s, 32 * USEC_PER_SEC);
    sim_check(s, strcmp(sim_told(s, c)->gone_why, "ice_timeout") == 0,
              "control is told: \"%s\"", sim_told(s, c)->gone_why);
}

static void whoever_never_comes_is_given_up(void **state)
{
    (void)state;
    sim_each_seed(__func__, never_come, 2);
}

static void reconnect(struct sim *s)
{
    const struct pair p = two(s);
    for (unsigned i = 0; i < 4; i++) {
        if (rng_chance(&s->rng, 300)) // the old connection may have died first
            p.a->asleep = true, sim_run(s, 33 * USEC_PER_SEC);
        client_reconnect(p.a, s->now);
        sim_agree(s, p.a);
        sim_run(s, 3 * USEC_PER_SEC);
        sim_check(s, p.a->up && sim_told(s, p.a)->connected == p.a->generation,
                  "the new connection does not come up");
        check_seen(s, p.a);
        check_seen(s, p.b);
    }
}

static void new_connection_of_the_same_member(void **state)
{
    (void)state;
    sim_each_seed(__func__, reconnect, 10);
}

static void bad_start(struct sim *s)
{
    struct client *a = sim_client(s, NULL), *b = sim_client(s, NULL);
    const struct link line = {
        .delay = 60000, .jitter = 40000, .loss = 200, .reorder = 100, .duplicate = 50};
    client_publish(a, SOURCE_MICROPHONE, CODEC_OPUS, 1);
    client_receive_pairs(b, 1);
    sim_links(s, a, &line);
    sim_links(s, b, &line);
    sim_join(s, a);
    sim_join(s, b);
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, b->sink[0]->packets > 30, "only %d packets came", (int)b->sink[0]->packets);
}

static void connects_over_a_terrible_line(void **state)
{
    (void)state;
    sim_each_seed(__func__, bad_start, 30);
}

/** Whose handshakes were answered at this moment, and the most there were at one. */
struct answered {
    usec_t at;
    unsigned last, now, most;
};

static void count_answered(struct sim *s, unsigned who, const uint8_t *bytes, size_t len)
{
    struct answered *a = s->tap_data;
    if (!dtls_is_dtls(bytes, len) || s->client[who]->up)
        return;
    if (a->at != s->now)
        *a = (struct answered){.at = s->now, .last = who, .now = 1, .most = a->most};
    else if (a->last != who)
        a->now++;
    a->last = who;
    a->most = a->now > a->most ? a->now : a->most;
}

/** Their handshakes come at the same moment; an equal line makes sure of it. */
static void crowd_comes(struct sim *s)
{
    struct answered answered = {0};
    const struct pair p = two(s);
    s->tap_data = &answered;
    s->tap = count_answered;
    for (unsigned i = 0; i < 60; i++) {
        struct client *c = sim_person(s, NULL, CODEC_VP8, 1, 1);
        sim_links(s, c, &(struct link){.delay = 20 * USEC_PER_MS});
    }
    unsigned waited = 0;
    p.a->sink[0]->longest_pause = p.b->sink[0]->longest_pause = 0;
    for (unsigned i = 0; i < 1000; i++) {
        sim_run(s, USEC_PER_MS);
        waited = s->worker->handshakes.count > waited ? s->worker->handshakes.count : waited;
    }
    sim_settle(s);
    sim_check(s, waited > 10, "only %u waited: there was no crowd", waited);
    sim_check(s, answered.most <= 2, "%u handshakes went on in one turn", answered.most);
    sim_check(s, s->worker->handshakes.count == 0, "%u are left", s->worker->handshakes.count);
    sim_check(s, p.a->sink[0]->longest_pause < 120000 && p.b->sink[0]->longest_pause < 120000,
              "media paused");
}

static void a_crowd_of_handshakes_waits_for_media(void **state)
{
    (void)state;
    sim_each_seed(__func__, crowd_comes, 5);
}

/** The client says goodbye (close_notify): a closed tab. */
static void close_tab(struct sim *s)
{
    const struct pair p = two(s);
    uint8_t out[DTLS_MTU];
    dtls_close(&p.a->dtls);
    for (size_t len; (len = dtls_take(&p.a->dtls, out, sizeof(out))) > 0;)
        s->env.send(s, p.a, out, len);
    p.a->asleep = true;
    sim_run(s, 500 * USEC_PER_MS);
    sim_check(s, strcmp(sim_told(s, p.a)->gone_why, "closed") == 0, "control is told: \"%s\"",
              sim_told(s, p.a)->gone_why);
}

static void goodbye_is_heard_at_once(void **state)
{
    (void)state;
    sim_each_seed(__func__, close_tab, 3);
}

static void change_mlines(struct sim *s)
{
    const struct pair p = two(s);
    for (unsigned i = 0; i < 3; i++) { // a renegotiation in the middle of a call
        if (i == 1)
            client_receive_pairs(p.a, 1);
        sim_agree(s, p.a);
        sim_agree(s, p.b);
        sim_run(s, USEC_PER_SEC);
        check_seen(s, p.a);
        check_seen(s, p.b);
    }
    sim_check(s, p.a->sink[1]->longest_pause < 200000, "renegotiation made a pause");
    sim_check(s, p.a->sink[1]->keys == 1, "or a switch: %d keyframes", (int)p.a->sink[1]->keys);
}

static void renegotiation_leaves_media_alone(void **state)
{
    (void)state;
    sim_each_seed(__func__, change_mlines, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ice_restart_keeps_media),
        cmocka_unit_test(address_change_is_followed),
        cmocka_unit_test(consent_expires_after_30_s),
        cmocka_unit_test(whoever_never_comes_is_given_up),
        cmocka_unit_test(new_connection_of_the_same_member),
        cmocka_unit_test(connects_over_a_terrible_line),
        cmocka_unit_test(a_crowd_of_handshakes_waits_for_media),
        cmocka_unit_test(goodbye_is_heard_at_once),
        cmocka_unit_test(renegotiation_leaves_media_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
