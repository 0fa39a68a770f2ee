#include "letter/agreement.h"

#include <stdlib.h>
#include <string.h>

void agreement_fini(struct agreement *a)
{
    free(a->mline);
    a->mline = NULL;
    a->mline_count = 0;
}

const struct agree_mline *agreement_mline(const struct agreement *a, const char *mid)
{
    for (unsigned i = 0; i < a->mline_count; i++)
        if (strcmp(a->mline[i].mid, mid) == 0)
            return &a->mline[i];
    return NULL;
}
