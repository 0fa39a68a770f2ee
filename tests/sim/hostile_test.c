/* What strangers, broken clients and a confused control can do: nothing to anybody else. */
#include "sim.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/usages/ice.h>

#include <cmocka.h>

/** The last datagrams of a client, as somebody on its line would see them. */
struct overheard {
    struct client *c;
    uint8_t rtp[CLIENT_PACKET], rtcp[CLIENT_PACKET];
    size_t rtp_len, rtcp_len;
    void (*send)(void *ctx, struct client *c, const uint8_t *bytes, size_t len);
};

static struct overheard overheard;

static void listen_in(void *ctx, struct client *c, const uint8_t *bytes, size_t len)
{
    struct overheard *o = &overheard;
    if (c == o->c && bytes[0] >= 128 && bytes[1] >= 192 && bytes[1] <= 223) {
        memcpy(o->rtcp, bytes, len);
        o->rtcp_len = len;
    } else if (c == o->c && bytes[0] >= 128) {
        memcpy(o->rtp, bytes, len);
        o->rtp_len = len;
    }
    o->send(ctx, c, bytes, len);
}

static void noise(struct rng *r, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)rng_u32(r);
}

static struct sockaddr_in6 stranger(struct sim *s)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = (uint16_t)rng_u32(&s->rng)};
    noise(&s->rng, a.sin6_addr.s6_addr, 16);
    return a;
}

static void send_noise(struct sim *s, const struct client *c)
{
    uint8_t bytes[1500];
    const size_t len = rng_below(&s->rng, sizeof(bytes));
    const struct sockaddr_in6 from = stranger(s);
    noise(&s->rng, bytes, sizeof(bytes));
    sim_inject(s, c, rng_chance(&s->rng, 500) ? &from : NULL, bytes, len);
}

/** A check with the right names and the wrong password, from a stranger or the client itself.
 */
static void send_false_check(struct sim *s, const struct client *c)
{
    StunAgent agent;
    StunMessage msg;
    uint8_t bytes[512];
    char name[64];
    const uint16_t known[] = {0};
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    const int n = snprintf(name, sizeof(name), "%s:%s", c->server_ufrag, c->local_ufrag);
    const size_t len = stun_usage_ice_conncheck_create(
        &agent, &msg, bytes, sizeof(bytes), (const uint8_t *)name, (size_t)n,
        (const uint8_t *)"notthepasswordatall22c", 22, true, true, 1, 1, NULL,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    const struct sockaddr_in6 from = stranger(s);
    sim_inject(s, c, rng_chance(&s->rng, 700) ? &from : NULL, bytes, len);
}

static void send_false_dtls(struct sim *s, const struct client *c)
{
    uint8_t bytes[200];
    const struct sockaddr_in6 from = stranger(s);
    noise(&s->rng, bytes, sizeof(bytes));
    bytes[0] = (uint8_t)(20 + rng_below(&s->rng, 4));
    wr16(bytes + 1, 0xfefd);
    wr16(bytes + 11,
         (uint16_t)(rng_chance(&s->rng, 500) ? sizeof(bytes) - 13 : rng_u32(&s->rng)));
    sim_inject(s, c, rng_chance(&s->rng, 500) ? &from : NULL, bytes, sizeof(bytes));
}

/** What was overheard, sent again: as it was, cut off, or with a bit turned over. */
static void send_overheard(struct sim *s, const struct client *c)
{
    uint8_t bytes[CLIENT_PACKET];
    const bool rtcp = rng_chance(&s->rng, 300);
    size_t len = rtcp ? overheard.rtcp_len : overheard.rtp_len;
    memcpy(bytes, rtcp ? overheard.rtcp : overheard.rtp, len);
    if (len == 0)
        return;
    switch (rng_below(&s->rng, 3)) {
    case 0:
        break;
    case 1:
        len = rng_below(&s->rng, (uint32_t)len);
        break;
    default: // anywhere but in what says that it is RTP
        bytes[2 + rng_below(&s->rng, (uint32_t)len - 2)] ^=
            (uint8_t)(1u << rng_below(&s->rng, 8));
    }
    sim_inject(s, c, NULL, bytes, len);
}

/** Authentic, and still wrong: lengths that lie, reports on nothing, packets of nobody. */
static void send_false_rtcp(struct sim *s, struct client *c)
{
    uint8_t bytes[CLIENT_PACKET];
    const size_t len = 8 + 4 * (size_t)rng_below(&s->rng, 60);
    noise(&s->rng, bytes, len);
    for (size_t at = 0; at + 4 <= len;) {
        const size_t words = rng_below(&s->rng, 12);
        bytes[at] = (uint8_t)(0x80 | rng_below(&s->rng, 32));
        bytes[at + 1] = (uint8_t)(200 + rng_below(&s->rng, 8));
        wr16(bytes + at + 2, (uint16_t)(rng_chance(&s->rng, 100) ? rng_u32(&s->rng) : words));
        at += 4 + 4 * words;
    }
    client_send_rtcp(c, bytes, len);
}

static void send_false_rtp(struct sim *s, struct client *c, struct seal_stream *st)
{
    uint8_t bytes[CLIENT_PACKET];
    const size_t len = 12 + rng_below(&s->rng, 300);
    static uint16_t seq;
    noise(&s->rng, bytes, len);
    bytes[0] = (uint8_t)(0x80 | (rng_below(&s->rng, 64)));
    bytes[1] = (uint8_t)(rng_chance(&s->rng, 500) ? 10 : 0x80 | 10); // a type nobody agreed to
    if (bytes[0] & 0x1f) // no CSRCs, no extension: the seal would say no to most
        bytes[0] &= 0xa0;
    wr16(bytes + 2, seq++);
    wr32(bytes + 8, st->ssrc);
    client_send_rtp(c, st, bytes, len, false);
}

static void garbage(struct sim *s)
{
    struct client *a = sim_person(s, NULL, CODEC_VP8 + rng_below(&s->rng, 4), 1, 1);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 1, 1);
    struct seal_stream st = {0};
    overheard = (struct overheard){.c = a, .send = s->env.send};
    s->env.send = listen_in;
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    if (seal_stream_init(&st, 0x12345678, false) < 0)
        abort();
    for (unsigned i = 0; i < 1500; i++) {
        switch (rng_below(&s->rng, 7)) {
        case 0:
            send_false_check(s, a);
            break;
        case 1:
            send_false_dtls(s, a);
            break;
        case 2:
            send_false_rtcp(s, a);
            break;
        case 3:
            send_false_rtp(s, a, &st);
            break;
        case 4:
            send_noise(s, a);
            break;
        default:
            send_overheard(s, a);
        }
        sim_run(s, rng_below(&s->rng, 4000));
    }
    seal_stream_fini(&st);
    sim_run(s, USEC_PER_SEC);
    static const char *const reason[] = {"short",        "malformed", "unknown_peer",
                                         "unknown_ssrc", "auth",      "replay"};
    for (unsigned i = 0; i < sizeof(reason) / sizeof(*reason); i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "dropped.%s", reason[i]);
        sim_check(s, sim_stat(s, name) > 0, "no %s was counted", name);
    }
    for (int i = 0; i < 2; i++) {
        const struct client *me = i ? a : b;
        sim_check(s, sim_told(s, me)->gone == 0, "%s is gone: %s", me->id,
                  sim_told(s, me)->gone_why);
        sim_check(s, me->sink[0]->lost + me->sink[1]->lost == 0, "%s lost packets", me->id);
        sim_check(s, s->now - me->sink[1]->frame_at < 150000, "%s sees nothing", me->id);
        sim_check(s, me->sink[1]->longest_pause < 300000, "the picture stood still");
    }
}

static void garbage_changes_nothing(void **state)
{
    (void)state;
    sim_each_seed(__func__, garbage, 12);
}

static void give(struct sim *s, struct letter *l)
{
    (void)worker_on_letter(s->worker, l, s->now);
    letter_fini(l);
}

/** Values a letter may have; not always such as make sense together. */
static void scramble(struct sim *s, struct agreement *a)
{
    struct rng *r = &s->rng;
    for (unsigned i = 0; i < a->mline_count; i++) {
        struct agree_mline *m = &a->mline[i];
        if (rng_chance(r, 150))
            m->active = false;
        if (rng_chance(r, 150))
            m->client_receives = !m->client_receives;
        if (rng_chance(r, 100))
            m->client_sends = !m->client_sends;
        if (rng_chance(r, 100))
            m->kind = (enum media_kind)rng_below(r, 2);
        if (rng_chance(r, 100))
            m->source = (enum media_source)rng_below(r, SOURCE_COUNT);
        if (rng_chance(r, 100))
            m->role = (enum slot_role)rng_below(r, SLOT_ROLE_COUNT);
        if (rng_chance(r, 100))
            m->codec_count = rng_below(r, m->codec_count + 1);
        if (rng_chance(r, 100))
            m->encoding_count = rng_below(r, AGREE_MAX_ENCODINGS + 1);
        if (rng_chance(r, 100))
            m->slot_rtx_ssrc = rng_chance(r, 500) ? 0 : rng_u32(r);
        if (rng_chance(r, 50) && i > 0)
            memcpy(m->mid, a->mline[0].mid, sizeof(m->mid));
        if (rng_chance(r, 50) && i > 0)
            m->slot_ssrc = a->mline[i - 1].slot_ssrc;
    }
    if (rng_chance(r, 50))
        memcpy(a->local_ufrag, "same", 5);
    if (rng_chance(r, 30))
        a->local_ufrag[0] = 0;
    if (rng_chance(r, 30))
        a->fingerprint_len = 7;
    if (rng_chance(r, 100))
        a->generation += rng_below(r, 3);
    if (rng_chance(r, 50))
        a->mline_count = 0;
}

static void random_want(struct sim *s, struct letter *l)
{
    struct rng *r = &s->rng;
    l->u.wants.count = 1 + rng_below(r, 3);
    l->u.wants.want = calloc(l->u.wants.count, sizeof(*l->u.wants.want));
    if (!l->u.wants.want)
        abort();
    for (unsigned i = 0; i < l->u.wants.count; i++) {
        struct letter_want *w = &l->u.wants.want[i];
        if (rng_chance(r, 500))
            (void)snprintf(w->mid, sizeof(w->mid), "%u", rng_below(r, 12));
        if (rng_chance(r, 500))
            (void)snprintf(w->of, sizeof(w->of), "m%u", rng_below(r, 9));
        w->source = (enum media_source)rng_below(r, SOURCE_COUNT);
        w->width = (uint16_t)(rng_u32(r) >> rng_below(r, 32));
        w->height = (uint16_t)(rng_u32(r) >> rng_below(r, 32));
        w->pinned = rng_chance(r, 300);
        w->paused = rng_chance(r, 300);
    }
}

static void random_letter(struct sim *s)
{
    static const enum letter_type types[] = {
        LETTER_ROOM_OPEN,    LETTER_MEMBER_JOIN,  LETTER_MEMBER_JOIN,  LETTER_MEMBER_AGREE,
        LETTER_MEMBER_AGREE, LETTER_MEMBER_AGREE, LETTER_MEMBER_LEAVE, LETTER_TRACK_MUTE,
        LETTER_SLOT_WANT,    LETTER_SLOT_WANT,    LETTER_STATS_ASK,    LETTER_HELLO,
        LETTER_SPEAKER};
    struct rng *r = &s->rng;
    struct client *c = s->client[rng_below(r, s->count)];
    struct letter l = {.type = types[rng_below(r, sizeof(types) / sizeof(*types))]};
    if (rng_chance(r, 15))
        l.type = LETTER_ROOM_CLOSE;
    (void)snprintf(l.room, sizeof(l.room), "%s", rng_chance(r, 800) ? SIM_ROOM : "other");
    (void)snprintf(l.member, sizeof(l.member), "%s", rng_chance(r, 950) ? c->id : "nobody");
    if (l.type == LETTER_MEMBER_AGREE) {
        if (rng_chance(r, 300))
            client_restart_ice(c, s->now);
        if (rng_chance(r, 200))
            client_reconnect(c, s->now);
        client_agreement(c, &l.u.agree.agreement);
        if (rng_chance(r, 600))
            scramble(s, &l.u.agree.agreement);
    } else if (l.type == LETTER_TRACK_MUTE) {
        l.u.mute.source = (enum media_source)rng_below(r, SOURCE_COUNT);
        l.u.mute.muted = rng_chance(r, 500);
    } else if (l.type == LETTER_SLOT_WANT) {
        random_want(s, &l);
    }
    give(s, &l);
}

static void any_letters(struct sim *s)
{
    s->forgiving = true; // clients do not understand what is agreed over their heads
    for (unsigned i = 0; i < 8; i++) {
        struct client *c = sim_client(s, NULL);
        client_publish(c, SOURCE_MICROPHONE, CODEC_OPUS, 1);
        client_publish(c, SOURCE_CAMERA, CODEC_VP8 + rng_below(&s->rng, 4),
                       1 + rng_below(&s->rng, 3));
        client_receive_pairs(c, 1 + rng_below(&s->rng, 4));
        sim_join(s, c);
    }
    for (unsigned i = 0; i < 400; i++) {
        random_letter(s);
        sim_run(s, rng_below(&s->rng, 40000));
    }
    struct letter close = {.type = LETTER_ROOM_CLOSE, .room = SIM_ROOM};
    give(s, &close);
    struct letter other = {.type = LETTER_ROOM_CLOSE, .room = "other"};
    give(s, &other);
    sim_check(s, sim_stat(s, "rooms") == 0 && sim_stat(s, "members") == 0, "somebody is left");
    sim_check(s, s->worker->by_ufrag.count == 0, "%d names are left",
              (int)s->worker->by_ufrag.count);
    sim_check(s, s->worker->by_address.count == 0, "%d addresses are left",
              (int)s->worker->by_address.count);
    sim_check(s, s->worker->deadlines.count == 0, "%d deadlines are left",
              (int)s->worker->deadlines.count);

    struct letter open = {.type = LETTER_ROOM_OPEN, .room = SIM_ROOM};
    give(s, &open);
    struct client *a = sim_person(s, NULL, CODEC_VP8, 1, 1);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, a->sink[1]->frames > 50 && b->sink[1]->frames > 50,
              "and nobody can call any more");
}

static void letters_in_any_order_do_no_harm(void **state)
{
    (void)state;
    sim_each_seed(__func__, any_letters, 30);
}

#define COPIES 4096

struct copy {
    uint32_t ssrc;
    uint16_t seq, len;
    uint8_t bytes[NET_LARGEST];
};

static unsigned same, different;

static void compare_copies(struct sim *s, unsigned who, const uint8_t *bytes, size_t len)
{
    struct copy *all = s->tap_data;
    if (who != 1 || bytes[0] < 128 || (bytes[1] >= 192 && bytes[1] <= 223))
        return;
    struct copy *c = &all[(rd16(bytes + 2) + rd32(bytes + 8) % 7 * 601) % COPIES];
    if (c->len && c->seq == rd16(bytes + 2) && c->ssrc == rd32(bytes + 8)) {
        if (c->len == len && memcmp(c->bytes, bytes, len) == 0)
            same++;
        else
            different++;
        return;
    }
    c->ssrc = rd32(bytes + 8);
    c->seq = rd16(bytes + 2);
    c->len = (uint16_t)len;
    memcpy(c->bytes, bytes, len);
}

static void resend(struct sim *s)
{
    const struct client_conf conf = {.no_rtx = true};
    const struct link line = {.delay = 20000, .jitter = 10000, .loss = 80, .reorder = 30};
    const struct link clean = {.delay = 20000};
    struct client *p = sim_person(s, NULL, CODEC_VP8 + s->seed % 4, 3, 0);
    struct client *v = sim_client(s, &conf);
    client_receive_pairs(v, 1);
    sim_join(s, v);
    sim_settle(s);
    same = different = 0;
    s->tap_data = calloc(COPIES, sizeof(struct copy));
    s->tap = compare_copies;
    sim_links(s, p, rng_chance(&s->rng, 500) ? &line : &clean);
    sim_links(s, v, &line);
    for (unsigned i = 0; i < 6; i++) { // over switches too
        struct letter_want w = {.width = (uint16_t)(320u << i % 3),
                                .height = (uint16_t)(180u << i % 3)};
        memcpy(w.mid, v->sink[1]->mid, sizeof(w.mid));
        sim_want(s, v, &w);
        sim_run(s, 1500 * USEC_PER_MS);
    }
    s->tap = NULL;
    free(s->tap_data);
    sim_check(s, same > 15, "only %u packets were sent again", same);
    sim_check(s, different == 0, "%u of them with other bytes", different);
}

static void resend_without_rtx_is_byte_identical(void **state)
{
    (void)state;
    sim_each_seed(__func__, resend, 12);
}

/** The cipher refuses one viewer's copy (its number went out before): only that one is lost. */
static void refuse_one(struct sim *s)
{
    struct client *v[6];
    sim_person(s, NULL, CODEC_VP8, 1, 0);
    for (unsigned i = 0; i < 6; i++) {
        v[i] = sim_client(s, NULL);
        client_receive_pairs(v[i], 1);
        sim_join(s, v[i]);
    }
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    const unsigned victim = rng_below(&s->rng, 6);
    const struct room *r = map_get(&s->worker->rooms, SIM_ROOM, strlen(SIM_ROOM));
    uint64_t seen[6];
    for (unsigned i = 0; i < 6; i++)
        seen[i] = v[i]->sink[1]->packets;
    room_member(r, v[victim]->id)->slot[1]->seal.highest += 5000;
    sim_run(s, 2 * USEC_PER_SEC);
    for (unsigned i = 0; i < 6; i++) {
        const bool flows = v[i]->sink[1]->packets > seen[i] + 50;
        sim_check(s, flows == (i != victim), "%s got %d packets", v[i]->id,
                  (int)(v[i]->sink[1]->packets - seen[i]));
        sim_check(s, v[i]->sink[1]->lost == 0, "%s lost packets", v[i]->id);
    }
    sim_check(s, s->worker->env.count.unsent[DROP_LATE] > 5, "it was not counted");
}

static void one_refused_copy_spoils_no_other(void **state)
{
    (void)state;
    sim_each_seed(__func__, refuse_one, 6);
}

static void close_midway(struct sim *s)
{
    const struct link line = {.delay = 20000, .jitter = 10000, .loss = 30};
    const unsigned n = 2 + rng_below(&s->rng, 4);
    for (unsigned i = 0; i < n; i++) {
        struct client *c = sim_person(s, NULL, CODEC_VP8 + rng_below(&s->rng, 4),
                                      1 + rng_below(&s->rng, 3), 3);
        sim_links(s, c, &line);
    }
    sim_run(s, rng_below(&s->rng, 3000000));
    if (rng_chance(&s->rng, 500))
        return; // the worker itself ends now
    struct letter l = {.type = LETTER_ROOM_CLOSE, .room = SIM_ROOM};
    sim_letter(s, &l);
    sim_run(s, USEC_PER_SEC);
    sim_check(s, sim_stat(s, "members") == 0, "somebody is left");
    sim_check(s, s->worker->deadlines.count == 0, "a deadline is left");
}

static void nothing_leaks_when_rooms_close_in_a_call(void **state)
{
    (void)state;
    sim_each_seed(__func__, close_midway, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_changes_nothing),
        cmocka_unit_test(letters_in_any_order_do_no_harm),
        cmocka_unit_test(resend_without_rtx_is_byte_identical),
        cmocka_unit_test(one_refused_copy_spoils_no_other),
        cmocka_unit_test(nothing_leaks_when_rooms_close_in_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
