/** What the files of this folder know of each other. */
#ifndef PEER_INNER_H
#define PEER_INNER_H

#include "peer/peer.h"

/** To the selected path. */
void peer_address(const struct peer *p, struct udp_datagram *d);

/** Sends what DTLS has to say. Without a path there is nobody to say it to. */
void peer_send_dtls(struct peer *p, struct udp_batch *tx);

/* ---- data.c ---- */

/** Notes what an agreement says of data channels; ends them if that has changed. */
void peer_agree_data(struct peer *p, const struct agreement *a);

/** Makes the association, once it is agreed and DTLS is up. */
void peer_start_data(struct peer *p, usec_t now);

/** Gives to it what came through DTLS. */
void peer_receive_data(struct peer *p, usec_t now);

#endif
