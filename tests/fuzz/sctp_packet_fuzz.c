/*
 * Whole SCTP packets into an association that is up: the input is a row of packets, each a byte
 * of flags, a length (16 bits) and chunks; tag, ports and checksum are put right. Transmission
 * numbers of DATA and FORWARD-TSN are taken relative to the one expected.
 */
#define WIRE_PACKETS 32 // less to set to zero each time
#define WIRE_EVENTS  64

#include "forge.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct channel_conf reliable;

static void relative(uint8_t *chunk, size_t len, uint32_t tsn)
{
    if (len >= 8 && (chunk[0] == 0 || chunk[0] == 0xc0 || chunk[0] == 3))
        wr32(chunk + 4, tsn + rd32(chunk + 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct wire *always; // keeps the library running: to start it costs most
    uint8_t p[4096], out[ASSOC_MTU];
    if (!always)
        wire_begin(always = wire_new(2));
    struct wire *w = wire_new(1);
    struct assoc_event ev;
    w->delay = 0;
    wire_begin(w);
    wire_run(w, 40 * MS);
    assert(assoc_open(w->end[0].assoc, "l", "p", &reliable, wire_now));
    wire_carry(w, 0);
    const uint32_t tag = rd32(w->packet[0].bytes + 4);
    const uint32_t tsn = rd32(w->packet[0].bytes + FORGE_HEADER + 4);
    wire_run(w, 10 * MS);
    struct assoc *a = w->end[1].assoc;
    assert(a->state == ASSOC_UP);
    while (len >= 3) {
        size_t n = rd16(data + 1);
        n = n < len - 3 ? n : len - 3;
        n = n < sizeof(p) - FORGE_HEADER ? n : sizeof(p) - FORGE_HEADER;
        (void)forge_header(p, data[0] & 1 ? 0 : tag);
        memcpy(p + FORGE_HEADER, data + 3, n);
        relative(p + FORGE_HEADER, n, tsn);
        forge_seal(p, FORGE_HEADER + n);
        (void)assoc_on_packet(a, p, FORGE_HEADER + n, wire_now);
        while (assoc_next(a, &ev, wire_now),
               ev.what != ASSOC_NOTHING && ev.what != ASSOC_IS_DOWN)
            assert(ev.len <= ASSOC_MESSAGE_MAX);
        while (assoc_take(a, out) > 0)
            ;
        wire_now += (usec_t)(data[0] >> 1) * 10 * MS;
        assoc_set_tick(&w->end[1].set, wire_now);
        data += 3 + n;
        len -= 3 + n;
    }
    wire_free(w);
    return 0;
}
