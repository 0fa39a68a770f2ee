/** The data channels of a fake participant, by the same library as the server's. */
#ifndef SIM_CLIENT_DATA_H
#define SIM_CLIENT_DATA_H

#include "client.h"

#include "sctp/sctp.h"

#define DATA_HEARD 16384

/** One message that came. */
struct heard {
    char from[LETTER_ID_SIZE]; ///< the channel's protocol
    char label[32];
    bool text;
    size_t len;
    uint32_t number; ///< its first four bytes
    bool intact;     ///< all bytes behind these are as client_say() writes them
    usec_t at;
};

struct client_data {
    struct assoc_set set;
    struct assoc *assoc; ///< owned
    bool up, down;
    bool deaf; ///< does not read
    unsigned opened, closed;
    unsigned heard_count;
    struct heard heard[DATA_HEARD];
};

struct client_data *client_data_create(void);
void client_data_destroy(struct client_data *d);

/** The connection is over. */
void client_data_end(struct client *c);

/** Begins when DTLS is up; takes in and sends out. */
void client_data_run(struct client *c, usec_t now);
usec_t client_data_deadline(const struct client *c);

/** Opens a channel to all, or to one. */
struct channel *client_open(struct client *c, const char *label, const char *to,
                            const struct channel_conf *conf, usec_t now);

/** A message of `len` bytes, at least four, that begins with `number`. */
enum drop client_say(struct client *c, struct channel *ch, uint32_t number, size_t len,
                     usec_t now);

enum drop client_say_text(struct client *c, struct channel *ch, const char *text, usec_t now);

/** How many messages it heard on channels of this label from `from`. */
unsigned client_heard(const struct client *c, const char *from, const char *label);

#endif
