/** What holds of every offer, good or bad. For property tests and the fuzzer. */
#ifndef TESTS_SDP_INVARIANTS_H
#define TESTS_SDP_INVARIANTS_H

#include "sdp/answer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static inline unsigned count_lines(const char *text, size_t len, char type)
{
    unsigned count = 0;
    bool start = true;
    for (size_t i = 0; i < len; i++) {
        count += start && text[i] == type && i + 1 < len && text[i + 1] == '=';
        start = text[i] == '\n';
    }
    return count;
}

static inline void check_mline(const struct agreement *a, const struct agree_mline *m)
{
    if (m->kind == KIND_DATA) {
        assert(m->data.port != 0 && !m->client_sends && !m->client_receives && !m->slot_ssrc);
        assert(agreement_mline(a, m->mid) == m);
        return;
    }
    assert(m->codec_count > 0 && m->codec_count <= AGREE_MAX_CODECS);
    assert(m->encoding_count <= AGREE_MAX_ENCODINGS);
    assert(m->kind == KIND_AUDIO || m->kind == KIND_VIDEO);
    assert(media_source_kind(m->source) == m->kind);
    assert(agreement_mline(a, m->mid) == m); // no mid twice
    for (unsigned i = 0; i < m->codec_count; i++) {
        bool audio = m->codec[i].codec == CODEC_OPUS;
        assert(audio == (m->kind == KIND_AUDIO));
        assert(m->codec[i].rtx_pt != m->codec[i].pt);
        assert(m->codec[i].red_pt != m->codec[i].pt && (audio || m->codec[i].red_pt == 0));
        assert(!(m->codec[i].twcc && m->codec[i].remb));
    }
    for (unsigned i = 0; i < EXT_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert(m->ext[i] == 0 || m->ext[i] != m->ext[j]);
    assert(!m->client_receives || m->slot_ssrc != 0);
}

static inline void check_answer(const struct sdp_answered *out, const char *offer, size_t len)
{
    const struct agreement *a = &out->agreement;
    assert(a->mline_count == count_lines(offer, len, 'm'));
    assert(count_lines(out->sdp, strlen(out->sdp), 'm') == a->mline_count);
    assert(strncmp(out->sdp, "v=0\r\no=- ", 9) == 0);
    const char *at = out->sdp;
    for (unsigned i = 0; i < a->mline_count; i++) {
        at = strstr(at, "\r\nm=") + 2;
        const char *port = strchr(at, ' ');
        assert((strncmp(port, " 0 ", 3) == 0) == !a->mline[i].active);
        if (a->mline[i].active)
            check_mline(a, &a->mline[i]);
    }
    assert(strlen(a->remote_ufrag) >= 4 && strlen(a->remote_pwd) >= 22);
    assert(strlen(a->local_ufrag) >= 4 && strlen(a->local_pwd) >= 22);
    // What the worker gets is what was agreed.
    struct agreement copy;
    const char *where = NULL;
    json_t *json = agreement_to_json(a);
    assert(json && agreement_from_json(json, &copy, &where) == 0);
    json_decref(json);
    agreement_fini(&copy);
}

/** True if there is an answer, and then the same offer again gives the same connection. */
static inline bool sdp_invariants_hold(const char *offer, size_t len,
                                       const struct sdp_local *local)
{
    struct sdp_answered out;
    struct sdp_answered again;
    struct sdp_error err;
    int rc = sdp_answer(offer, len, local, &out, &err);
    if (rc) {
        assert(rc == -EINVAL && err.reason && err.detail[0]);
        unsigned lines = 1;
        for (size_t i = 0; i < len; i++)
            lines += offer[i] == '\n';
        assert(err.line <= lines);
        bool whole =
            strcmp(err.reason, "no_media") == 0 || strcmp(err.reason, "too_large") == 0;
        assert(err.line > 0 || whole);
        assert(!out.sdp && !out.agreement.mline);
        return false;
    }
    check_answer(&out, offer, len);
    struct sdp_local next = *local;
    next.previous = &out.agreement;
    next.previous_session = out.session;
    rc = sdp_answer(offer, len, &next, &again, &err);
    assert(rc == 0 && !again.fresh && !again.ice_restart);
    assert(strcmp(out.agreement.local_pwd, again.agreement.local_pwd) == 0);
    for (unsigned i = 0; i < out.agreement.mline_count; i++)
        assert(out.agreement.mline[i].slot_ssrc == again.agreement.mline[i].slot_ssrc &&
               out.agreement.mline[i].source == again.agreement.mline[i].source);
    sdp_answered_fini(&again);
    sdp_answered_fini(&out);
    return true;
}

#endif
