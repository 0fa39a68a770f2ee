#include "srtp/warm.h"

#include <errno.h>
#include <string.h>

/** An empty receiver report (RFC 3550 section 6.4.2), sealed and opened again. */
static int use(struct sealer *s, uint16_t profile, const uint8_t key[32])
{
    uint8_t report[8 + PROFILE_TRAILER_MAX] = {0x80, 201, 0, 1, 0, 0, 0, 1};
    size_t len = 8;
    struct opener o;
    if (sealer_rtcp(s, report, &len, sizeof(report)) != DROP_NONE)
        return -EIO;
    int err = opener_init(&o, profile, key, key);
    if (err == 0 && opener_rtcp(&o, report, &len) != DROP_NONE)
        err = -EIO;
    opener_fini(&o);
    return err;
}

int warm_init(struct warm *w)
{
    static const uint16_t profile[WARM_PROFILES] = {PROFILE_CM80, PROFILE_GCM128,
                                                    PROFILE_GCM256};
    static const uint8_t key[32] = {1}; // of nobody's packets
    *w = (struct warm){0};
    for (unsigned i = 0; i < WARM_PROFILES; i++) {
        int err = sealer_init(&w->sealer[i], profile[i], key, key);
        if (err == 0)
            err = use(&w->sealer[i], profile[i], key);
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
        sealer_fini(&w->sealer[i]);
}
