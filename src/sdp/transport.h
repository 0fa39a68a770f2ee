/** ICE, DTLS and what makes two offers the same peer connection. */
#ifndef SDP_TRANSPORT_H
#define SDP_TRANSPORT_H

#include "offer.h"

/** What happened to the peer connection. */
struct transport_news {
    bool fresh, ice_restart;
};

/**
 * Fills everything of `a` but the m-lines, whose `active` is known. `tagged` is the m-line that
 * bundle_tagged() gave. Returns 0, or -EINVAL with `*err`.
 */
int transport_agree(const struct offer *o, int tagged, const struct sdp_local *local,
                    struct agreement *a, struct transport_news *news, struct sdp_error *err);

/** New local credentials. */
void transport_new_credentials(const struct sdp_local *local, struct agreement *a);

#endif
