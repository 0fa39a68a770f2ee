#include "sdp/answer.h"
#include "bundle.h"
#include "codecs.h"
#include "data.h"
#include "extmap.h"
#include "simulcast.h"
#include "slots.h"
#include "transport.h"
#include "write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** What is worked on. */
struct work {
    const struct sdp_local *local;
    struct sdp_error *err;
    struct offer offer;
    int tagged;            ///< m-line with the transport attributes, -1: none
    bool data;             ///< an m-line for data channels is agreed
    unsigned no_codec;     ///< line of the first m-line that shares no codec with us, or 0
    unsigned no_direction; ///< line of the first m-line that goes the wrong way, or 0
};

static void agree_direction(struct work *w, const struct section *s, struct agree_mline *m)
{
    unsigned direction = s->direction;
    if (w->local->publish_only)
        direction &= ~(unsigned)DIR_RECV;
    if (w->local->subscribe_only)
        direction &= ~(unsigned)DIR_SEND;
    m->client_sends = direction & DIR_SEND;
    m->client_receives = direction & DIR_RECV;
    if (s->direction != 0 && direction == 0 && !w->no_direction)
        w->no_direction = s->line;
}

/** An m-line may lack a=mid (RFC 8829 section 5.2.1 wants one): then a number that no other
 * has. */
static void set_mid(const struct offer *o, unsigned index, struct agree_mline *m)
{
    struct span mid = o->mline[index].mid;
    if (mid.p) {
        (void)span_copy(mid, m->mid, sizeof m->mid);
        return;
    }
    do {
        (void)snprintf(m->mid, sizeof m->mid, "%u", index++);
        mid = (struct span){m->mid, strlen(m->mid)};
    } while (offer_find(o, mid) >= 0);
}

/** Fills `m` but for what depends on other m-lines. Leaves `active` false to reject it. */
static int agree_mline(struct work *w, unsigned index, struct agree_mline *m)
{
    const struct section *s = &w->offer.mline[index];
    m->kind = s->known ? s->kind : KIND_DATA;
    if (s->bundled || s->mid.p)
        set_mid(&w->offer, index, m);
    if (!s->bundled)
        return 0;
    if (!s->rtp) { // one association is all there is (RFC 8831 section 6.2)
        if (!w->data)
            w->data = data_agree(s, w->local, m);
        return 0;
    }
    if (!(s->flags & FLAG_RTCP_MUX))
        return sdp_fail(w->err, "no_rtcp_mux", s->line, "This m= line has no a=rtcp-mux.");
    codecs_agree(s, m);
    if (m->codec_count == 0) {
        if (!w->no_codec)
            w->no_codec = s->line;
        return 0;
    }
    m->active = true;
    agree_direction(w, s, m);
    // A track that is stopped for now keeps its extensions and encodings: a browser would
    // forget its layers for good if one answer did not name them.
    unsigned direction = s->direction ? s->direction : (unsigned)(DIR_SEND | DIR_RECV);
    if (w->local->publish_only)
        direction &= ~(unsigned)DIR_RECV;
    if (w->local->subscribe_only)
        direction &= ~(unsigned)DIR_SEND;
    extmap_agree(s, direction, m);
    m->ext_mixed = (s->flags | w->offer.session.flags) & FLAG_ALLOW_MIXED;
    if (direction & DIR_SEND)
        simulcast_agree(s, m);
    return 0;
}

static int agree_mlines(struct work *w, struct agreement *a)
{
    a->mline = calloc(w->offer.mline_count, sizeof *a->mline);
    if (!a->mline)
        return -ENOMEM;
    a->mline_count = w->offer.mline_count;
    for (unsigned i = 0; i < a->mline_count; i++) {
        int rc = agree_mline(w, i, &a->mline[i]);
        if (rc)
            return rc;
    }
    extmap_settle(a);
    for (unsigned i = 0; i < a->mline_count; i++)
        if (a->mline[i].active)
            codecs_agree_feedback(&w->offer.mline[i], &a->mline[i]);
    return 0;
}

static unsigned first_offered_line(const struct offer *o)
{
    for (unsigned i = 0; i < o->mline_count; i++)
        if (o->mline[i].port != 0)
            return o->mline[i].line;
    return 0;
}

/** An answer that would carry nothing at all is an error, unless the client stops everything.
 */
static int check_useful(struct work *w, const struct agreement *a)
{
    const struct sdp_local *local = w->local;
    unsigned offered = first_offered_line(&w->offer);
    bool any = false;
    for (unsigned i = 0; i < a->mline_count; i++)
        any = any || a->mline[i].client_sends || a->mline[i].client_receives;
    if (!any && w->no_direction && !local->previous)
        return sdp_fail(w->err, "wrong_direction", w->no_direction, "The offer %s nothing.",
                        local->publish_only ? "sends" : "receives");
    if (w->tagged >= 0)
        return 0;
    if (w->no_codec)
        return sdp_fail(w->err, "no_common_codec", w->no_codec,
                        "This m= line offers none of Opus, VP8, VP9, H.264 and AV1.");
    if (w->offer.has_bundle && offered)
        return sdp_fail(w->err, "no_bundle", offered,
                        "No m= line of a=group:BUNDLE can be accepted.");
    if (offered)
        return sdp_fail(w->err, "no_media", offered,
                        "This m= line is neither audio nor video over DTLS-SRTP, nor data "
                        "channels.");
    if (!local->previous || w->offer.session_id != local->previous_session)
        return sdp_fail(w->err, "no_media", w->offer.mline[0].line,
                        "All m= lines of the offer are stopped.");
    return 0;
}

static int work_out(struct work *w, struct sdp_answered *out)
{
    struct agreement *a = &out->agreement;
    struct transport_news news;
    int rc = bundle_check(&w->offer, w->err);
    if (rc)
        return rc;
    rc = agree_mlines(w, a);
    if (rc)
        return rc;
    w->tagged = bundle_tagged(&w->offer, a);
    rc = check_useful(w, a);
    if (rc)
        return rc;
    rc = transport_agree(&w->offer, w->tagged, w->local, a, &news, w->err);
    if (rc)
        return rc;
    rc = slots_agree(&w->offer, w->local, news.fresh ? NULL : w->local->previous, a, w->err);
    if (rc)
        return rc;
    out->session = w->offer.session_id;
    out->fresh = news.fresh;
    out->ice_restart = news.ice_restart;
    out->sdp = answer_write(&w->offer, a, w->local, w->tagged);
    return out->sdp ? 0 : -ENOMEM;
}

int sdp_answer(const char *offer, size_t len, const struct sdp_local *local,
               struct sdp_answered *out, struct sdp_error *err)
{
    struct work w = {.local = local, .err = err, .tagged = -1};
    *out = (struct sdp_answered){0};
    *err = (struct sdp_error){0};
    int rc = offer_parse(offer, len, &w.offer, err);
    if (rc == 0)
        rc = work_out(&w, out);
    offer_fini(&w.offer);
    if (rc) {
        sdp_answered_fini(out);
        *out = (struct sdp_answered){0};
    }
    return rc;
}

void sdp_answered_fini(struct sdp_answered *a)
{
    agreement_fini(&a->agreement);
    free(a->sdp);
    a->sdp = NULL;
}
