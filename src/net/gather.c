#include "net/gather.h"

#define MEASURED (100 * USEC_PER_MS) // several frames and packets of sound
#define AT_ONCE  50                  // usec: so soon after a turn, what is there came during it

static void measure(struct gather *g, uint64_t sent, usec_t now)
{
    const usec_t span = now - g->since;
    if (g->since && span < MEASURED)
        return;
    if (g->since)
        g->loaded = (sent - g->sent_then) * USEC_PER_SEC >= (uint64_t)span * GATHER_LOADED;
    g->since = now;
    g->sent_then = sent;
}

usec_t gather_hold(struct gather *g, uint64_t sent, usec_t now)
{
    measure(g, sent, now);
    if (!g->loaded)
        return 0;
    // A worker that is busy gathers by being busy.
    if (now - g->ended < AT_ONCE && g->ended - g->began >= GATHER_HOLD)
        return 0;
    return GATHER_HOLD;
}
