#include "srtp/warm.h"

#include "srtp/seal.h"

#include <errno.h>

static const uint8_t key[32] = {1}, salt[14] = {2}; // of nobody's packets

/** A packet of media without media (RFC 3550 section 5.1), sealed, and opened by the library.
 */
static int use(struct opener *o, struct seal_engine *engine, uint16_t profile)
{
    uint8_t pkt[12 + PROFILE_TRAILER_MAX] = {0x80, 96, 0, 1, [11] = 1};
    size_t len = 12;
    struct seal s;
    struct seal_stream st;
    int err = seal_init(&s, engine, profile, key, salt);
    if (err == 0)
        err = seal_stream_init(&st, 1, false);
    if (err == 0 && (seal_rtp(&s, &st, pkt, &len, sizeof(pkt)) != DROP_NONE ||
                     opener_rtp(o, pkt, &len) != DROP_NONE))
        err = -EIO;
    seal_fini(&s);
    return err;
}

int warm_init(struct warm *w, struct seal_engine *engine)
{
    static const uint16_t profile[WARM_PROFILES] = {PROFILE_CM80, PROFILE_GCM128,
                                                    PROFILE_GCM256};
    *w = (struct warm){0};
    for (unsigned i = 0; i < WARM_PROFILES; i++) {
        int err = opener_init(&w->opener[i], engine, profile[i], key, salt);
        if (err == 0)
            err = use(&w->opener[i], engine, profile[i]);
        if (err < 0) {
            warm_fini(w);
            return err;
        }
    }
    return 0;
}

void warm_fini(struct warm *w)
{
    for (unsigned i = 0; i < WARM_PROFILES; i++)
        opener_fini(&w->opener[i]);
}
