/*
 * A peer that is valid in every respect but what the input spoils. He joins anew with each
 * input: checks, DTLS, SRTP, data channels, as browsers do. The input is a row of rules of four
 * bytes: where (inside RTP or RTCP before it is sealed, inside SCTP before DTLS encrypts it, in
 * the datagram that is sent: the handshake, checks, records), what is done there, after how
 * many that are left alone, at which place. What is behind the seals so meets bytes that
 * authenticate and are wrong, at any moment of a connection's life.
 *
 * Two others show each other alone, and whatever he does they go on: every packet they get is
 * right, no picture stands still. A fourth watches him, so that what he sends is rewritten and
 * passed on.
 */
#include "client_data.h"
#include "sctp/forge.h"
#include "sim.h"

#include "base/bytes.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define RULES     48
#define RULE_SIZE 4
#define LIFE      (1200 * USEC_PER_MS) ///< of one connection of his
#define KEPT      8                    ///< packets of each place that may be said again
#define STILL     (500 * USEC_PER_MS)  ///< how long a picture of the others may stand

enum what { SET, FLIP, NUMBER, CUT, GROW, DROP, AGAIN, ACT, WHAT_COUNT };
enum act { RENEGOTIATE, GOODBYE, NOISE, RESTART, MOVE, SAY, CLOSE, TWICE, ACT_COUNT };

struct rule {
    enum what what;
    unsigned skip, place, value;
};

/** Rules of one place, in their order. */
struct row {
    struct rule rule[RULES];
    unsigned count, next;
    uint8_t kept[KEPT][SPOIL_ROOM];
    size_t kept_len[KEPT];
    unsigned keeps;
};

static struct sim *s; // goes on from input to input, as a worker does
static struct client *a, *b, *watcher, *hostile;
static struct row row[SPOIL_COUNT];
static unsigned age;

static void complain(void *ctx, const struct client *c, const char *what)
{
    (void)ctx;
    if (c != a && c != b)
        return; // he gets and sends nonsense, and who watches him gets it
    (void)fprintf(stderr, "%s: %s\n", c->id, what);
    abort();
}

// ---- what is done to bytes

static void put_number(uint8_t *at, size_t room, const struct rule *r)
{
    static const uint32_t number[] = {
        0, 1, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 4, 12};
    const uint32_t n = number[r->value % (sizeof(number) / sizeof(*number))];
    if (r->value & 0x80 && room >= 4)
        wr32(at, n);
    else if (room >= 2)
        wr16(at, (uint16_t)n);
}

static void grow(uint8_t *bytes, size_t *len, size_t at, unsigned by)
{
    if (*len + by > SPOIL_ROOM)
        return;
    memmove(bytes + at + by, bytes + at, *len - at); // a piece is there twice
    *len += by;
}

static void change(struct row *w, const struct rule *r, uint8_t *bytes, size_t *len)
{
    // Ends are as interesting as beginnings: the last 56 places count from there.
    const size_t at = r->place < 200 ? r->place % *len : *len - 1 - (r->place - 200) % *len;
    const unsigned k = r->value % KEPT;
    switch (r->what) {
    case SET:
        bytes[at] = (uint8_t)r->value;
        break;
    case FLIP:
        bytes[at] ^= (uint8_t)(1u << (r->value & 7));
        break;
    case NUMBER:
        put_number(bytes + at, *len - at, r);
        break;
    case CUT:
        *len = at;
        break;
    case GROW:
        grow(bytes, len, at, r->value);
        break;
    case DROP:
        *len = 0;
        break;
    case AGAIN: // an older one in its place
        if (w->kept_len[k] > 0) {
            *len = w->kept_len[k];
            memcpy(bytes, w->kept[k], *len);
        }
        break;
    case ACT:
    case WHAT_COUNT:
        abort();
    }
}

// ---- what is done besides

static void say_noise(struct client *c, const struct rule *r)
{
    uint8_t bytes[DTLS_WRITE_MAX];
    const size_t len = 1 + (size_t)r->place * 4;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(r->value * (i + 1));
    (void)dtls_write(&c->dtls, bytes, len < sizeof(bytes) ? len : sizeof(bytes));
    client_send_dtls(c);
}

static struct channel *some_channel(const struct client *c, unsigned n)
{
    return c->data->assoc && c->up ? c->data->assoc->channel[n % ASSOC_STREAMS] : NULL;
}

/** True if he can say something of DTLS itself; its buffers are given back in between. */
static bool may_speak(const struct client *c)
{
    return c->dtls.ssl && SSL_is_init_finished(c->dtls.ssl) &&
           SSL_alloc_buffers(c->dtls.ssl) == 1;
}

/** Things that an honest peer may do as well, when nobody thinks of it. */
static void act(struct client *c, const struct rule *r)
{
    struct channel *ch = some_channel(c, r->value);
    switch ((enum act)(r->place % ACT_COUNT)) {
    case RENEGOTIATE: // an authentic ClientHello within the connection
        if (may_speak(c)) {
            (void)SSL_clear_options(c->dtls.ssl, SSL_OP_NO_RENEGOTIATION);
            (void)SSL_renegotiate(c->dtls.ssl);
            (void)SSL_do_handshake(c->dtls.ssl);
            client_send_dtls(c);
        }
        break;
    case GOODBYE: // and he goes on talking
        if (may_speak(c))
            (void)SSL_shutdown(c->dtls.ssl);
        client_send_dtls(c);
        break;
    case NOISE:
        say_noise(c, r);
        break;
    case RESTART: // checks with names that nobody agreed to
        client_restart_ice(c, s->now);
        break;
    case MOVE:
        c->addr.sin6_port ^= (uint16_t)(1u + r->value);
        break;
    case SAY:
        if (ch)
            (void)client_say(c, ch, r->value, 4 + (size_t)r->skip * 900, s->now);
        break;
    case CLOSE:
        if (ch)
            assoc_close(c->data->assoc, ch, s->now);
        break;
    case TWICE: // control agrees once more in the middle of it
    case ACT_COUNT:
        sim_agree(s, c);
    }
    ERR_clear_error();
}

static void spoil(void *ctx, struct client *c, enum spoil where, uint8_t *bytes, size_t *len)
{
    (void)ctx;
    struct row *w = &row[where];
    if (c != hostile || *len == 0)
        return;
    const unsigned keep = w->keeps++ % KEPT;
    memcpy(w->kept[keep], bytes, *len);
    w->kept_len[keep] = *len;
    struct rule *r = &w->rule[w->next];
    if (w->next == w->count || r->skip-- > 0)
        return;
    r->skip = 0;
    // Several rules without a skip between them spoil one packet.
    do {
        r = &w->rule[w->next++];
        if (r->what != ACT)
            change(w, r, bytes, len);
    } while (*len > 0 && w->next < w->count && w->rule[w->next].skip == 0 &&
             w->rule[w->next].what != ACT);
    if (where == SPOIL_SCTP && *len >= FORGE_HEADER)
        forge_seal(bytes, *len);
}

// ---- an input

static void pin(struct client *c, const struct client *of)
{
    struct letter_want want = {.source = SOURCE_CAMERA, .pinned = true};
    memcpy(want.mid, c->sink[1]->mid, sizeof(want.mid));
    memcpy(want.of, of->id, sizeof(want.of));
    sim_want(s, c, &want);
}

static void begin(void)
{
    static const struct client_conf with_data = {.data = true};
    if (s)
        sim_end(s);
    s = sim_begin("peer fuzz", 1);
    a = sim_person(s, NULL, CODEC_VP8, 1, 1);
    b = sim_person(s, NULL, CODEC_H264, 1, 1);
    watcher = sim_person(s, &with_data, CODEC_VP8, 1, 4);
    sim_settle(s);
    pin(a, b);
    pin(b, a);
    sim_run(s, 2 * USEC_PER_SEC);
    hostile = sim_client(s, &with_data);
    client_publish(hostile, SOURCE_MICROPHONE, CODEC_OPUS, 1);
    client_publish(hostile, SOURCE_CAMERA, CODEC_VP8, 3);
    client_publish(hostile, SOURCE_SCREEN, CODEC_AV1, 1);
    client_receive_pairs(hostile, 2);
    sim_join(s, hostile);
    s->env.complain = complain;
    s->env.spoil = spoil;
    age = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    begin();
    return 0;
}

static unsigned read_rules(const uint8_t *bytes, size_t len, struct rule acts[RULES])
{
    unsigned n = 0, all = 0;
    for (enum spoil i = 0; i < SPOIL_COUNT; i++)
        row[i].count = row[i].next = 0;
    for (size_t at = 0; at + RULE_SIZE <= len && all < RULES; at += RULE_SIZE, all++) {
        const struct rule r = {.what = (enum what)(bytes[at] >> 2 & 7),
                               .skip = bytes[at + 1] & 63,
                               .place = bytes[at + 2],
                               .value = bytes[at + 3]};
        struct row *w = &row[bytes[at] & 3];
        if (r.what == ACT)
            acts[n++] = r;
        else
            w->rule[w->count++] = r;
    }
    return n;
}

/** A connection from its first check on, with the input's rules and acts. */
static void live(const uint8_t *bytes, size_t len)
{
    struct rule acts[RULES];
    const unsigned n = read_rules(bytes, len, acts);
    hostile->conf.dtls_server = len > 0 && bytes[0] & 0x20;
    client_reconnect(hostile, s->now);
    sim_agree(s, hostile);
    const usec_t end = s->now + LIFE;
    bool opened = false;
    for (unsigned i = 0; s->now < end;) {
        sim_run(s, 10 * USEC_PER_MS);
        if (hostile->data->up && !opened) {
            static const struct channel_conf lossy = {.mode = CHANNEL_COUNTED,
                                                      .unordered = true};
            struct channel *ch = client_open(hostile, "talk", "", NULL, s->now);
            opened = true;
            if (ch)
                (void)client_say(hostile, ch, 1, 5000, s->now);
            (void)client_open(hostile, "salon", "", &lossy, s->now);
        }
        if (i < n && s->now > end - LIFE + (usec_t)acts[i].skip * 18 * USEC_PER_MS)
            act(hostile, &acts[i++]);
    }
}

static void others_are_well(void)
{
    const struct client *const other[] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        if (sim_told(s, other[i])->gone || s->now - other[i]->sink[1]->frame_at > STILL ||
            other[i]->sink[0]->lost + other[i]->sink[1]->lost > 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    live(bytes, len);
    others_are_well();
    if (++age == 200)
        begin();
    return 0;
}
