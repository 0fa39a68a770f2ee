/** Sends what is due: libcurl on the control wing's loop. */
#ifndef NOTIFY_SENDER_H
#define NOTIFY_SENDER_H

#include "notify/webhooks.h"

struct sender;

/** 0 or -ENOMEM. `conf` must outlive it. */
int sender_open(const struct notify_conf *conf, struct sender **out);

/** Looks for what is due now. */
void sender_wake(struct sender *s);

/** Drops what is on its way (it is sent again by the next process); closes its handles. */
void sender_stop(struct sender *s);

/** After the loop has run. sender_close(NULL) is fine. */
void sender_close(struct sender *s);

/** The seconds after which the n-th attempt follows the one before; -1: there is none. Pure. */
int64_t sender_pause(unsigned attempts, uint32_t random);

#endif
