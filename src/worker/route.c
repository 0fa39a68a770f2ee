#include "route.h"

#include "base/bytes.h"

#include <string.h>

static void make_key(uint8_t key[22], const struct sockaddr_in6 *addr)
{
    memcpy(key, &addr->sin6_addr, 16);
    wr16(key + 16, ntohs(addr->sin6_port));
    wr32(key + 18, addr->sin6_flowinfo); // 0, or one of net/tcp.h's connections
}

static struct worker_address *find(const struct worker *w, const struct sockaddr_in6 *addr)
{
    uint8_t key[22];
    make_key(key, addr);
    return map_get(&w->by_address, key, sizeof(key));
}

struct member *route_by_address(const struct worker *w, const struct sockaddr_in6 *addr)
{
    const struct worker_address *a = find(w, addr);
    return a ? a->of->member : NULL;
}

bool worker_knows(const struct worker *w, const struct sockaddr_in6 *addr)
{
    return find(w, addr) != NULL;
}

struct worker_member *route_by_check(const struct worker *w, const struct udp_datagram *d)
{
    const char *ufrag;
    size_t len;
    if (ice_username(d->data, d->len, &ufrag, &len))
        return map_get(&w->by_ufrag, ufrag, len);
    const struct worker_address *a = find(w, &d->addr);
    return a ? a->of : NULL;
}

static void forget_address(struct worker *w, struct worker_address *a)
{
    if (map_get(&w->by_address, a->key, sizeof(a->key)) == a)
        (void)map_del(&w->by_address, a->key, sizeof(a->key));
    a->of = NULL;
}

void route_add_address(struct worker *w, struct worker_member *wm,
                       const struct sockaddr_in6 *addr)
{
    struct worker_address *a = find(w, addr);
    if (a && a->of == wm)
        return;
    if (a)
        forget_address(w, a); // somebody else's until now: it has authenticated, so it moved
    a = &wm->address[wm->address_next];
    wm->address_next = (wm->address_next + 1) % WORKER_ADDRESSES;
    if (a->of)
        forget_address(w, a);
    make_key(a->key, addr);
    if (map_put(&w->by_address, a->key, sizeof(a->key), a) == 0)
        a->of = wm;
}

/** Another member may have the same name by now: then it is that one's. */
static void forget_ufrag(struct worker *w, const struct worker_member *wm, const char *ufrag)
{
    if (map_get(&w->by_ufrag, ufrag, strlen(ufrag)) == wm)
        (void)map_del(&w->by_ufrag, ufrag, strlen(ufrag));
}

int route_add_ufrag(struct worker *w, struct worker_member *wm, const char *ufrag)
{
    if (strcmp(wm->ufrag[0], ufrag) == 0)
        return 0;
    if (*wm->ufrag[1])
        forget_ufrag(w, wm, wm->ufrag[1]);
    if (*wm->ufrag[0]) { // its key moves: out and in again
        forget_ufrag(w, wm, wm->ufrag[0]);
        memcpy(wm->ufrag[1], wm->ufrag[0], sizeof(wm->ufrag[1]));
        (void)map_put(&w->by_ufrag, wm->ufrag[1], strlen(wm->ufrag[1]), wm);
    }
    (void)memccpy(wm->ufrag[0], ufrag, 0, sizeof(wm->ufrag[0]));
    const int err = map_put(&w->by_ufrag, wm->ufrag[0], strlen(wm->ufrag[0]), wm);
    if (err < 0)
        *wm->ufrag[0] = 0;
    return err;
}

void route_forget_addresses(struct worker *w, struct worker_member *wm)
{
    for (unsigned i = 0; i < WORKER_ADDRESSES; i++)
        if (wm->address[i].of)
            forget_address(w, &wm->address[i]);
}

void route_forget(struct worker *w, struct worker_member *wm)
{
    route_forget_addresses(w, wm);
    for (unsigned i = 0; i < 2; i++)
        if (*wm->ufrag[i])
            forget_ufrag(w, wm, wm->ufrag[i]);
}
