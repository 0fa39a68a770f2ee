// A server and an association that is up, both fed hostile datagrams: each is a 16-bit length
// and bytes. Without the client's private key nothing comes up, and nothing ends what is up.
#include "../dtls/sim.h"

#include "base/bytes.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct sim up;   // one association for all inputs: none may end it
static struct sim down; // a new server for each

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (int i = 0; i < 2; i++)
        if (dtls_ctx_init(&up.ctx[i]) || dtls_ctx_init(&down.ctx[i]))
            abort();
    sim_open(&up, 1);
    sim_trust(&up);
    dtls_start(&up.d[CLIENT], 0);
    sim_run(&up);
    return 0;
}

static void drain(struct dtls *d)
{
    uint8_t buf[DTLS_MTU];
    for (size_t n; (n = dtls_take(d, buf, sizeof(buf))) > 0;)
        if (n > DTLS_MTU)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    sim_open(&down, 1);
    sim_trust(&down);
    dtls_start(&down.d[SERVER], 0);
    for (size_t at = 0; at + 2 <= len;) {
        size_t n = rd16(bytes + at);
        at += 2;
        n = n < len - at ? n : len - at;
        sim_give(&down, SERVER, bytes + at, n);
        sim_give(&up, SERVER, bytes + at, n);
        sim_give(&up, CLIENT, bytes + at, n);
        at += n;
        drain(&down.d[SERVER]);
        down.now += 50 * USEC_PER_MS;
        dtls_tick(&down.d[SERVER], down.now);
        if (down.d[SERVER].state == DTLS_UP || up.d[SERVER].state != DTLS_UP ||
            up.d[CLIENT].state != DTLS_UP)
            abort();
    }
    uint8_t buf[64];
    if (dtls_read(&up.d[SERVER], buf, sizeof(buf)) ||
        dtls_read(&up.d[CLIENT], buf, sizeof(buf)))
        abort();
    drain(&down.d[SERVER]);
    drain(&up.d[SERVER]);
    drain(&up.d[CLIENT]);
    sim_close(&down);
    return 0;
}
