// A call of two, and a third member who is hostile: the input is a row of acts, each one byte
// (what), one byte (how much) and that many bytes. He sends what he likes from his own address
// and from others, authentic or not; control sends any letter that parses. Whatever he does,
// the other two go on hearing each other.
#include "sim.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct sim *s; // goes on from input to input, as a worker does
static struct client *a, *b, *hostile;
static unsigned age;

#define ACTS 40 // of one input: a longer one says nothing new

static void begin(void)
{
    if (s)
        sim_end(s);
    s = sim_begin("fuzz", 1);
    s->forgiving = true; // what he publishes is not what a sink expects
    a = sim_person(s, NULL, CODEC_VP8, 1, 2);
    b = sim_person(s, NULL, CODEC_VP9, 1, 2);
    hostile = sim_person(s, NULL, CODEC_VP8, 3, 2);
    hostile->next_mid = 50;
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    for (unsigned i = 0; i < hostile->pub_count; i++)
        hostile->pub[i].stopped = true; // from here on the input speaks for him
    age = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    begin();
    return 0;
}

/** Authentic RTP of one of his streams, with the input's flags, extensions and payload. */
static void send_rtp(const uint8_t *bytes, size_t len)
{
    uint8_t out[CLIENT_PACKET] = {0x80};
    struct pub *p = &hostile->pub[bytes[0] & 1];
    struct pub_layer *l = &p->layer[(bytes[0] >> 1) % p->layer_count];
    const bool rtx = bytes[0] & 0x80;
    out[0] = (uint8_t)(0x80 | (bytes[1] & 0x30));
    out[1] = (uint8_t)((rtx ? (uint8_t)p->rtx_pt : p->pt) | (bytes[1] & 0x80));
    wr16(out + 2, rtx ? l->rtx_seq++ : l->seq++);
    wr32(out + 4, pub_ts(p, l, s->now));
    wr32(out + 8, rtx ? l->rtx_ssrc : l->ssrc);
    memcpy(out + 12, bytes + 2, len - 2);
    // Who cannot write a header that holds together cannot seal it either.
    size_t n = 10 + len;
    (void)seal_rtp(&hostile->seal, rtx ? &l->rtx_seal : &l->seal, out, &n, sizeof(out));
    hostile->env->send(hostile->env->ctx, hostile, out, n);
}

static void send_letter(const uint8_t *bytes, size_t len)
{
    struct letter l;
    const char *where;
    if (letter_parse((const char *)bytes, len, &l, &where) < 0)
        return;
    if (l.type != LETTER_ROOM_CLOSE && l.type != LETTER_QUIT && strcmp(l.member, a->id) != 0 &&
        strcmp(l.member, b->id) != 0) // control does not take the other two away
        (void)worker_on_letter(s->worker, &l, s->now);
    letter_fini(&l);
}

static void act(uint8_t what, const uint8_t *bytes, size_t len)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6, .sin6_port = 99};
    uint8_t out[CLIENT_PACKET];
    switch (what % 6) {
    case 0:
        sim_inject(s, hostile, NULL, bytes, len);
        break;
    case 1:
        sim_inject(s, hostile, &from, bytes, len);
        break;
    case 2:
        memcpy(out, bytes, len);
        if (len >= 8)
            client_send_rtcp(hostile, out, len);
        break;
    case 3:
        if (len > 2)
            send_rtp(bytes, len);
        break;
    case 4:
        send_letter(bytes, len);
        break;
    default:
        sim_run(s, (usec_t)len * 200);
    }
}

static uint64_t datagrams(void)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < DROP_COUNT; i++)
        n += s->worker->dropped[i];
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint64_t before = datagrams();
    unsigned acts = 0;
    for (size_t at = 0; at + 2 <= len && acts < ACTS; acts++) {
        const uint8_t what = bytes[at];
        size_t n = bytes[at + 1];
        at += 2;
        if (n > len - at)
            n = len - at;
        act(what, bytes + at, n);
        at += n;
        // Everything that comes is counted once, as gone through or by its reason.
        if (what % 6 < 2 && datagrams() != before + 1)
            abort();
        before = datagrams();
    }
    const uint64_t seen = a->sink[0]->packets + a->sink[2]->packets,
                   heard = b->sink[0]->packets + b->sink[2]->packets;
    sim_run(s, 60 * USEC_PER_MS);
    if (a->sink[0]->packets + a->sink[2]->packets == seen ||
        b->sink[0]->packets + b->sink[2]->packets == heard)
        abort(); // the others do not hear each other any more
    if (++age == 500 ||
        !room_member(map_get(&s->worker->rooms, SIM_ROOM, strlen(SIM_ROOM)), hostile->id))
        begin();
    return 0;
}
