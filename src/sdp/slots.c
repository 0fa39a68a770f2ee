#include "slots.h"
#include "codecs.h"

/** What was agreed before on the m-line with this mid and kind, or NULL. */
static const struct agree_mline *before(const struct agreement *previous,
                                        const struct agree_mline *m)
{
    const struct agree_mline *p = previous ? agreement_mline(previous, m->mid) : NULL;
    return p && p->active && p->kind == m->kind ? p : NULL;
}

static const struct sdp_hint *hint_for(const struct sdp_local *local, const char *mid)
{
    for (unsigned i = 0; i < local->hint_count; i++)
        if (strcmp(local->hint[i].mid, mid) == 0)
            return &local->hint[i];
    return NULL;
}

/**
 * What is certain: what the client said, or what the m-line was before. A track that is stopped
 * for now (inactive) keeps its source. `known` says for which m-lines there is an answer.
 */
static int known_sources(const struct offer *o, const struct sdp_local *local,
                         const struct agreement *previous, struct agreement *a, bool *known,
                         struct sdp_error *err)
{
    for (unsigned i = 0; i < a->mline_count; i++) {
        struct agree_mline *m = &a->mline[i];
        const struct agree_mline *p = before(previous, m);
        const struct sdp_hint *hint = hint_for(local, m->mid);
        if (!m->active || m->kind == KIND_DATA)
            continue;
        if (hint && hint->has_source) {
            if (media_source_kind(hint->source) != m->kind)
                return sdp_fail(err, "bad_hint", o->mline[i].line,
                                "The source \"%s\" does not fit this m= line.",
                                media_source_name(hint->source));
            m->source = hint->source;
            known[i] = true;
        } else if (p && (p->client_sends || !p->client_receives) &&
                   media_source_kind(p->source) == m->kind) {
            m->source = p->source;
            known[i] = true;
        }
    }
    return 0;
}

/** Without a word from the client, the first of its kind is the camera or the microphone. */
static void guess_sources(struct agreement *a, bool *known)
{
    bool taken[SOURCE_COUNT] = {false};
    for (unsigned i = 0; i < a->mline_count; i++)
        if (known[i])
            taken[a->mline[i].source] = true;
    for (unsigned i = 0; i < a->mline_count; i++) {
        struct agree_mline *m = &a->mline[i];
        if (!m->active || m->kind == KIND_DATA || known[i])
            continue;
        bool video = m->kind == KIND_VIDEO;
        enum media_source first = video ? SOURCE_CAMERA : SOURCE_MICROPHONE;
        enum media_source further = video ? SOURCE_SCREEN : SOURCE_SCREEN_AUDIO;
        m->source = m->client_sends && taken[first] ? further : first;
        if (m->client_sends)
            taken[m->source] = true;
    }
}

/** What the picture is made for: as said now, else as said before of the same source. */
static void agree_contents(const struct sdp_local *local, const struct agreement *previous,
                           struct agreement *a)
{
    for (unsigned i = 0; i < a->mline_count; i++) {
        struct agree_mline *m = &a->mline[i];
        const struct agree_mline *p = before(previous, m);
        const struct sdp_hint *hint = hint_for(local, m->mid);
        m->content = media_source_content(m->source);
        if (hint && hint->has_content)
            m->content = hint->content;
        else if (p && p->source == m->source)
            m->content = p->content;
    }
}

static bool ssrc_taken(const struct agreement *a, uint32_t ssrc)
{
    for (unsigned i = 0; i < a->mline_count; i++) {
        const struct agree_mline *m = &a->mline[i];
        if (m->slot_ssrc == ssrc || m->slot_rtx_ssrc == ssrc)
            return true;
        for (unsigned j = 0; j < m->encoding_count; j++)
            if (m->encoding[j].ssrc == ssrc || m->encoding[j].rtx_ssrc == ssrc)
                return true;
    }
    return false;
}

static uint32_t new_ssrc(const struct sdp_local *local, const struct agreement *a)
{
    uint32_t ssrc = 0;
    local->rand(&ssrc, sizeof ssrc);
    while (ssrc == 0 || ssrc_taken(a, ssrc))
        ssrc++;
    return ssrc;
}

/** The lowest number of a pair that no other slot of this kind and role has. */
static uint16_t new_pair(const struct agreement *a, const struct agree_mline *m)
{
    bool taken[AGREE_MAX_MLINES + 1] = {false};
    for (unsigned i = 0; i < a->mline_count; i++) {
        const struct agree_mline *other = &a->mline[i];
        if (other != m && other->slot_ssrc && other->kind == m->kind &&
            other->role == m->role && other->slot_pair <= AGREE_MAX_MLINES)
            taken[other->slot_pair] = true;
    }
    uint16_t pair = 0;
    while (taken[pair])
        pair++;
    return pair;
}

static void keep_slot(const struct sdp_local *local, const struct agree_mline *p,
                      struct agree_mline *m)
{
    const struct sdp_hint *hint = hint_for(local, m->mid);
    m->role = p ? p->role : SLOT_ANY;
    if (hint && hint->has_role)
        m->role = hint->role;
    if (!p)
        return;
    m->slot_ssrc = p->slot_ssrc;
    m->slot_rtx_ssrc = p->slot_rtx_ssrc;
    m->slot_pair = p->slot_pair;
}

/** All SSRCs of before are in their places when the first new one is drawn. */
static void agree_slots(const struct sdp_local *local, const struct agreement *previous,
                        struct agreement *a)
{
    for (unsigned i = 0; i < a->mline_count; i++)
        if (a->mline[i].active)
            keep_slot(local, before(previous, &a->mline[i]), &a->mline[i]);
    for (unsigned i = 0; i < a->mline_count; i++) {
        struct agree_mline *m = &a->mline[i];
        const struct agree_mline *p = before(previous, m);
        if (!m->active || !m->client_receives)
            continue;
        if (!m->slot_ssrc || (p && p->role != m->role))
            m->slot_pair = new_pair(a, m);
        if (!m->slot_ssrc)
            m->slot_ssrc = new_ssrc(local, a);
        if (!codecs_have_rtx(m))
            m->slot_rtx_ssrc = 0;
        else if (!m->slot_rtx_ssrc)
            m->slot_rtx_ssrc = new_ssrc(local, a);
    }
}

int slots_agree(const struct offer *o, const struct sdp_local *local,
                const struct agreement *previous, struct agreement *a, struct sdp_error *err)
{
    bool known[AGREE_MAX_MLINES] = {false};
    int rc = known_sources(o, local, previous, a, known, err);
    if (rc)
        return rc;
    guess_sources(a, known);
    agree_contents(local, previous, a);
    agree_slots(local, previous, a);
    return 0;
}
