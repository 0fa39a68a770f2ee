#include "tally.h"

#include <stdio.h>
#include <string.h>

void tally_error(struct tally *t, const char *reason)
{
    unsigned i = 0;
    while (i < t->reasons &&
           strncmp(t->reason[i].name, reason, sizeof(t->reason[i].name) - 1) != 0)
        i++;
    if (i == t->reasons) {
        if (t->reasons == TALLY_REASONS) { // the last place is for all others
            i = TALLY_REASONS - 1;
            reason = "other";
        } else {
            t->reasons++;
        }
        (void)snprintf(t->reason[i].name, sizeof(t->reason[i].name), "%s", reason);
    }
    t->reason[i].count++;
}

uint64_t tally_errors(const struct tally *t)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < t->reasons; i++)
        n += t->reason[i].count;
    return n;
}
