/**
 * libsrtp2 over NSS (Debian's) loads its ciphers when the first session is made, and lets go of
 * them with the last. A worker can load nothing once its sandbox is closed: so it makes a
 * session of each profile before, uses it, and keeps it until its end.
 */
#ifndef SRTP_WARM_H
#define SRTP_WARM_H

#include "srtp/open.h"

#define WARM_PROFILES 3

struct warm {
    struct opener opener[WARM_PROFILES];
};

/** After opener_setup(). 0, or -errno: a profile cannot be used. */
int warm_init(struct warm *w, struct seal_engine *engine);

/** Before opener_teardown(). A zeroed struct is fine. */
void warm_fini(struct warm *w);

#endif
