/** Offers to answer: real ones from tests/sdp/offers, and small ones put together here. */
#ifndef TESTS_SDP_OFFERS_H
#define TESTS_SDP_OFFERS_H

#include "sdp/answer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PRINT                                                                                  \
    "F9:0F:60:E1:5F:57:32:2E:AF:29:88:08:F6:AA:30:B1:AE:4C:13:1F:55:E7:9F:DA:5C:1E:C5:4C:C8:"  \
    "B0:9D:6C"
#define FINGERPRINT "a=fingerprint:sha-256 " PRINT "\r\n"
#define ICE         "a=ice-ufrag:yOxz\r\na=ice-pwd:Bcf+L+zqCeGZaCoV7lp0Tsza\r\n"
#define HEAD        "v=0\r\no=- 7805966335439622408 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
/// A session with its transport, as Firefox writes the fingerprint: seven lines and the group.
#define SESSION(mids)   HEAD ICE FINGERPRINT "a=group:BUNDLE " mids "\r\n"
#define SESSION_LINES   8
#define M(kind, pts)    "m=" kind " 9 UDP/TLS/RTP/SAVPF " pts "\r\n"
#define MUX(mid)        "a=mid:" mid "\r\na=rtcp-mux\r\n"
#define OPUS            "a=rtpmap:111 opus/48000/2\r\n"
#define VP8             "a=rtpmap:96 VP8/90000\r\n"
#define VP8_RTX         VP8 "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
#define AUDIO(mid, dir) M("audio", "111") MUX(mid) OPUS "a=" dir "\r\n"
#define VIDEO(mid, dir) M("video", "96 97") MUX(mid) VP8_RTX "a=" dir "\r\n"

/** A generator that is the same in each run: a test shows what it shows every time. */
static uint32_t test_rng = 1;

static inline uint32_t test_next(void)
{
    return (test_rng = test_rng * 1664525 + 1013904223) >> 8;
}

static inline void test_rand(void *buf, size_t len)
{
    uint8_t *bytes = buf;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)test_next();
}

static inline struct sdp_local test_local(void)
{
    return (struct sdp_local){
        .fingerprint = "sha-256 " PRINT,
        .address_count = 2,
        .address = {"192.0.2.1", "2001:db8::1"},
        .port = 40000,
        .rand = test_rand,
    };
}

/** Answers `offer`, which must be fine. Free with sdp_answered_fini(). */
static inline struct sdp_answered answer(const char *offer, const struct sdp_local *local)
{
    struct sdp_answered out;
    struct sdp_error err = {0};
    int rc = sdp_answer(offer, strlen(offer), local, &out, &err);
    if (rc)
        fail_msg("%d, %s in line %u: %s", rc, err.reason, err.line, err.detail);
    assert_null(err.reason);
    return out;
}

static inline struct sdp_answered answer_plain(const char *offer)
{
    struct sdp_local local = test_local();
    return answer(offer, &local);
}

/** Answers `offer` after `before`, which it frees. */
static inline struct sdp_answered answer_again(const char *offer, struct sdp_answered *before)
{
    struct sdp_local local = test_local();
    local.previous = &before->agreement;
    local.previous_session = before->session;
    struct sdp_answered out = answer(offer, &local);
    sdp_answered_fini(before);
    return out;
}

/** Expects that `offer` is refused for `reason` in `line`. */
static inline void refuse_with(const char *offer, size_t len, const struct sdp_local *local,
                               const char *reason, unsigned line)
{
    struct sdp_answered out;
    struct sdp_error err = {0};
    assert_int_equal(sdp_answer(offer, len, local, &out, &err), -EINVAL);
    assert_string_equal(err.reason, reason);
    assert_int_equal(err.line, line);
    assert_true(strlen(err.detail) > 10);
    assert_null(out.sdp);
    assert_null(out.agreement.mline);
}

static inline void refuse(const char *offer, const char *reason, unsigned line)
{
    struct sdp_local local = test_local();
    refuse_with(offer, strlen(offer), &local, reason, line);
}

static inline bool has(const struct sdp_answered *a, const char *text)
{
    return strstr(a->sdp, text) != NULL;
}

/** The m-line with this index, with its attributes; to be freed. */
static inline char *mline_text(const char *sdp, unsigned index)
{
    const char *at = sdp;
    for (unsigned i = 0; i <= index; i++) {
        at = strstr(i ? at + 1 : at, "\r\nm=");
        assert_non_null(at);
    }
    const char *end = strstr(at + 1, "\r\nm=");
    return strndup(at, end ? (size_t)(end - at) + 2 : strlen(at));
}

static inline bool mline_has(const struct sdp_answered *a, unsigned index, const char *text)
{
    char *mline = mline_text(a->sdp, index);
    bool found = strstr(mline, text) != NULL;
    free(mline);
    return found;
}

static inline unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        count++;
    return count;
}

/** A file of tests/sdp/offers; to be freed. */
static inline char *load_offer(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s%s.sdp", OFFERS, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = calloc(1, SDP_MAX_OFFER + 1);
    assert_non_null(text);
    assert_true(fread(text, 1, SDP_MAX_OFFER, f) > 0);
    assert_int_equal(fclose(f), 0);
    return text;
}

/** `text` with its first `what` replaced by `with`; to be freed. */
static inline char *replaced(const char *text, const char *what, const char *with)
{
    const char *at = strstr(text, what);
    assert_non_null(at);
    char *out = calloc(1, strlen(text) + strlen(with) + 1);
    assert_non_null(out);
    memcpy(out, text, (size_t)(at - text));
    strcat(out, with);
    strcat(out, at + strlen(what));
    return out;
}

#endif
