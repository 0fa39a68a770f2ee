#include "give_back.h"

#include <malloc.h>

#define FEW 8 // as many are not worth it, unless all have left

void give_back(struct give_back *g, size_t there)
{
    if (there >= g->most) {
        g->most = there;
        return;
    }
    if (there > 0 && (g->most < FEW || there > g->most / 2))
        return;
    g->most = there;
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
