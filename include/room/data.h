/**
 * Data channels in a room: who hears what.
 *
 * A participant opens a channel with a label and, as its protocol, "" (to all others who have
 * data channels) or the id of one participant. At its first message each receiver gets a
 * channel of its own from the server: the same label, the same reliability, and as its protocol
 * the sender's id. It is for receiving; who wants to answer opens one too. It closes with the
 * sender's.
 *
 * Labels that begin with "salon" are the server's. The channel "salon" itself carries JSON
 * between the client and control (docs/signalling.md, "Data channels").
 */
#ifndef ROOM_DATA_H
#define ROOM_DATA_H

#include "room/member.h"

// What one participant may send, and what it may save up.
#define DATA_MESSAGES       250         ///< a second
#define DATA_MESSAGES_BURST 500         ///<
#define DATA_BYTES          (512 << 10) ///< a second
#define DATA_BYTES_BURST    (1 << 20)   ///<
#define DATA_SALON_MAX      (32u << 10) ///< bytes of a text on the channel "salon"

/** Whose association it is. */
struct member *data_member(const struct assoc *a);

/** Takes what its association has to tell, and sends what it has to say. */
void data_run(struct member *m, usec_t now);

/** Its association is gone, or goes: everything that hangs on it ends. Fine without any. */
void data_stop(struct member *m, usec_t now);

/** Its "salon" channel is open. */
bool data_is_open(const struct member *m);

/** A text for its "salon" channel; returned to control if it cannot be sent. */
void data_tell(struct member *m, const char *text, usec_t now);

#endif
