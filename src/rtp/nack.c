#include "rtp/nack.h"

#include "base/seq.h"

#include <string.h>

void nack_init(struct nack *n)
{
    *n = (struct nack){.rtt = NACK_DEFAULT_RTT, .deadline = USEC_NEVER};
}

void nack_set_rtt(struct nack *n, usec_t rtt)
{
    n->rtt = rtt > 0 ? rtt : 0;
}

/** After `tries` requests, how long until the next one makes sense. */
static usec_t retry_after(const struct nack *n, unsigned tries)
{
    const usec_t wait = n->rtt + NACK_FIRST_WAIT;

    return (wait > NACK_MIN_RETRY ? wait : NACK_MIN_RETRY) << tries / 3;
}

static void add_tokens(struct nack *n, usec_t now)
{
    if (n->tokens_at == 0) {
        n->tokens_at = now;
        n->tokens = NACK_MAX_MISSING;
    }
    const usec_t fresh = (now - n->tokens_at) * NACK_PER_SEC / USEC_PER_SEC;
    if (fresh <= 0)
        return;
    n->tokens_at += fresh * USEC_PER_SEC / NACK_PER_SEC;
    n->tokens = (int)usec_min(n->tokens + fresh, NACK_MAX_MISSING);
}

static void remove_first(struct nack *n, unsigned count)
{
    n->count -= count;
    memmove(n->missing, n->missing + count, n->count * sizeof(n->missing[0]));
    if (n->count == 0)
        n->deadline = USEC_NEVER;
}

static void give_up(struct nack *n, unsigned packets)
{
    n->given_up += packets;
    n->need_keyframe = true;
}

/** The numbers from `n->newest` up to, not including, `seq` are missing. */
static void add_missing(struct nack *n, int64_t seq, usec_t now)
{
    const int64_t hole = seq - n->newest - 1;

    if (hole > NACK_MAX_MISSING) { // nothing before it can be decoded to any use
        give_up(n, n->count + (unsigned)hole);
        remove_first(n, n->count);
        return;
    }
    if (n->count + (unsigned)hole > NACK_MAX_MISSING) {
        const unsigned oldest = n->count + (unsigned)hole - NACK_MAX_MISSING;
        give_up(n, oldest);
        remove_first(n, oldest);
    }
    for (int64_t s = n->newest + 1; s < seq; s++)
        n->missing[n->count++] =
            (struct nack_missing){.seq = s, .since = now, .due = now + NACK_FIRST_WAIT};
    n->deadline = usec_min(n->deadline, now + NACK_FIRST_WAIT);
}

bool nack_on_packet(struct nack *n, uint16_t seq, usec_t now)
{
    n->took = 0;
    if (!n->started) {
        n->started = true;
        n->newest = seq;
        return false;
    }
    const int64_t ext = seq_extend(n->newest, seq);
    if (ext > n->newest) {
        if (ext > n->newest + 1)
            add_missing(n, ext, now);
        n->newest = ext;
        return false;
    }
    for (unsigned i = 0; i < n->count && n->missing[i].seq <= ext; i++) {
        if (n->missing[i].seq != ext)
            continue;
        n->recovered += n->missing[i].tries > 0;
        // With more requests than one it is too long, rather than too short: what is too long
        // corrects itself, for then one request will do.
        if (n->missing[i].tries > 0)
            n->took = now - n->missing[i].asked;
        n->count--;
        memmove(&n->missing[i], &n->missing[i + 1], (n->count - i) * sizeof(n->missing[0]));
        if (n->count == 0)
            n->deadline = USEC_NEVER;
        return true;
    }
    return false;
}

bool nack_awaits(const struct nack *n, uint16_t seq)
{
    const int64_t ext = seq_extend(n->newest, seq);
    for (unsigned i = 0; i < n->count && n->missing[i].seq <= ext; i++)
        if (n->missing[i].seq == ext)
            return true;
    return false;
}

void nack_forget_before(struct nack *n, uint16_t seq)
{
    if (!n->started)
        return;
    const int64_t ext = seq_extend(n->newest, seq);
    unsigned old = 0;
    while (old < n->count && n->missing[old].seq < ext)
        old++;
    remove_first(n, old);
}

unsigned nack_tick(struct nack *n, usec_t now, uint16_t *seq, unsigned max)
{
    unsigned asked = 0, kept = 0;

    if (now < n->deadline)
        return 0;
    n->deadline = USEC_NEVER;
    add_tokens(n, now);
    for (unsigned i = 0; i < n->count; i++) {
        struct nack_missing m = n->missing[i];
        if (m.due <= now && (m.tries == NACK_MAX_TRIES || now - m.since > NACK_MAX_AGE)) {
            give_up(n, 1);
            continue;
        }
        if (m.due <= now && n->tokens == 0) {
            m.due = now + NACK_MIN_RETRY;
        } else if (m.due <= now && asked < max) {
            n->tokens--;
            seq[asked++] = (uint16_t)m.seq;
            m.asked = m.tries ? m.asked : now;
            m.due = now + retry_after(n, m.tries++);
        }
        n->deadline = usec_min(n->deadline, m.due);
        n->missing[kept++] = m;
    }
    n->count = kept;
    return asked;
}
