#include "call.h"

#include "http.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void settle(struct peer *p, const char *who)
{
    assert_non_null(p);
    peer_wait(peer_is_settled, p, 15000);
    if (!p->connected)
        fail_msg("%s: %s", who, p->failure ? p->failure : "not connected within 15 s");
}

void call_start(struct call *c, const struct peer_conf *publisher,
                const struct peer_conf *viewer)
{
    struct peer_conf plays = *viewer, sends = *publisher;
    plays.publish = false;
    sends.publish = true;
    *c = (struct call){0};
    http_new_room(c->whip, c->whep, sizeof c->whip);
    c->viewer = peer_open(c->whep, &plays); // a player may come before the publisher
    settle(c->viewer, "viewer");
    c->publisher = peer_open(c->whip, &sends);
    settle(c->publisher, "publisher");
    feed_start(&c->feed, c->publisher);
}

void call_end(struct call *c)
{
    feed_stop(&c->feed);
    peer_close(c->viewer, true);
    peer_close(c->publisher, true);
    c->viewer = c->publisher = NULL;
}

unsigned call_count(const struct call *c, uint8_t pt, unsigned from)
{
    unsigned n = 0;
    struct rtp_parts r;
    for (unsigned i = from; i < c->viewer->rtp_count; i++)
        n += rtp_parts(&c->viewer->rtp[i], &r) && r.pt == pt && r.len > 0;
    return n;
}

static bool has_wanted(void *arg)
{
    struct call *c = arg;
    return call_count(c, PT_VP8, 0) >= c->wanted;
}

void call_run(struct call *c, unsigned more)
{
    unsigned had = call_count(c, PT_VP8, 0);
    c->wanted = had + more;
    if (!peer_wait(has_wanted, c, 15000))
        fail_msg("the viewer got %u of %u video packets (%u sent, %u keyframes asked for)",
                 call_count(c, PT_VP8, 0) - had, more, c->feed.video_number, c->feed.plis);
}
