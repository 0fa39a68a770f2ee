/* RED (RFC 2198) as a receiver reads it, without the server's code. */
#include "client.h"
#include "sink.h"

#include <stdlib.h>
#include <string.h>

#define COMPLAIN(s, format, ...)                                                               \
    client_complain((s)->owner, "slot %s: " format, (s)->mid, __VA_ARGS__)

static bool same_source(const struct mark *a, const struct mark *b)
{
    return a->client == b->client && a->pub == b->pub && a->incarnation == b->incarnation;
}

bool sink_hear(struct sink *s, const struct mark *m)
{
    struct sink_heard *h = &s->heard;
    if (!h->any || !same_source(&h->of, m)) {
        const uint64_t red = h->red;
        memset(h, 0, sizeof(*h));
        h->any = true;
        h->of = *m;
        h->last = m->frame - 1;
        h->red = red;
    }
    if ((int32_t)(m->frame - h->of.frame) < 0 || m->frame + SINK_HEARD / 2 < h->last)
        return false; // from before the first one
    for (; (int32_t)(h->last - m->frame) < 0; h->last++)
        h->came[(h->last + 1) % SINK_HEARD] = false;
    bool *came = &h->came[m->frame % SINK_HEARD];
    const bool news = !*came;
    *came = true;
    h->frames += news;
    return news;
}

uint64_t sink_unheard(const struct sink *s)
{
    const struct sink_heard *h = &s->heard;
    return h->any ? (uint64_t)(h->last - h->of.frame) + 1 - h->frames : 0;
}

/** A copy must be the frame of its time. */
static void take_copy(struct sink *s, const uint8_t *bytes, size_t len, unsigned offset,
                      const struct mark *own)
{
    struct mark m;
    if (!mark_read(bytes, len, &m)) {
        COMPLAIN(s, "a copy of %u bytes is not what was published", (unsigned)len);
        return;
    }
    if (!same_source(&m, own) || m.frame >= own->frame) {
        COMPLAIN(s, "frame %u carries a copy of frame %u of %u", own->frame, m.frame, m.client);
        return;
    }
    const int64_t ticks = (own->at - m.at) * 48 / 1000 - (int64_t)offset;
    if (llabs(ticks) > 5)
        COMPLAIN(s, "the copy of frame %u is %d ticks out of place", m.frame, (int)ticks);
    s->heard.copies += sink_hear(s, &m);
}

bool sink_undo_red(struct sink *s, struct rtp *pkt, uint8_t opus)
{
    const uint8_t *p = pkt->data + pkt->payload_off, *end = p + pkt->payload_len;
    unsigned offset[16], size[16], n = 0, sum = 0;
    for (; p < end && *p >> 7 && n < 16; p += 4, n++) {
        if (end - p < 5 || (*p & 0x7f) != opus) {
            COMPLAIN(s, "packet %u has a bad RED header", pkt->seq);
            return false;
        }
        offset[n] = (unsigned)p[1] << 6 | p[2] >> 2;
        size[n] = (unsigned)(p[2] & 3) << 8 | p[3];
        sum += size[n];
    }
    struct mark own;
    if (p == end || *p++ != opus || (size_t)(end - p) <= sum ||
        !mark_read(p + sum, (size_t)(end - p) - sum, &own)) {
        COMPLAIN(s, "packet %u is RED without a frame of its own", pkt->seq);
        return false;
    }
    for (unsigned i = 0; i < n; p += size[i++])
        take_copy(s, p, size[i], offset[i], &own);
    s->heard.red++;
    s->heard.most_copies = n > s->heard.most_copies ? (uint8_t)n : s->heard.most_copies;
    const uint16_t more = (uint16_t)(p - (pkt->data + pkt->payload_off));
    memmove(pkt->data + more, pkt->data, pkt->payload_off);
    pkt->data += more;
    pkt->len = (uint16_t)(pkt->len - more);
    pkt->payload_len = (uint16_t)(pkt->payload_len - more);
    pkt->pt = opus;
    return true;
}
