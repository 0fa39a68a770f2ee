/** What a worker keeps for the control that comes after, with a room or with a member: texts
 * by key, which it does not understand. */
#ifndef WORKER_NOTES_H
#define WORKER_NOTES_H

#include "letter/letter.h"

#define NOTES_MAX 256 ///< of one room or member

struct note {
    char key[LETTER_KEY];
    char *text; ///< owned
};

struct notes {
    unsigned count;
    struct note *note; ///< owned
};

/** Takes the text out of the letter in place of the one before; "" forgets it. 0, -ENOMEM or
 * -ENOSPC: then what was there still is. */
int notes_put(struct notes *n, const struct letter_note *note);

void notes_fini(struct notes *n);

#endif
