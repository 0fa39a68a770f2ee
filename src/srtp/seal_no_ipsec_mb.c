// For builds without ipsec-mb (it is amd64's): there is no manager, so nothing else is called.
#include "seal_backend.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

struct IMB_MGR *ipsec_mb_new(void)
{
    return NULL;
}

void ipsec_mb_free(struct IMB_MGR *mgr)
{
    assert(!mgr);
}

struct seal_keys *ipsec_mb_keys_new(struct IMB_MGR *mgr, uint16_t profile,
                                    const struct session_keys *k)
{
    (void)mgr;
    (void)profile;
    (void)k;
    return NULL;
}

void ipsec_mb_keys_free(struct seal_keys *keys)
{
    assert(!keys);
}

void ipsec_mb_seal(struct IMB_MGR *mgr, struct seal_keys *keys, uint16_t profile,
                   const struct seal_text *t)
{
    (void)mgr;
    (void)keys;
    (void)profile;
    (void)t;
    abort();
}

void ipsec_mb_seal_cm(struct IMB_MGR *mgr, struct seal_keys *const *keys,
                      const struct seal_text *t, size_t n)
{
    (void)mgr;
    (void)keys;
    (void)t;
    (void)n;
    abort();
}
