#include "offer.h"

#include <errno.h>

static int attr_flag(struct attr_place *at, struct span value, unsigned flag)
{
    (void)value;
    at->section->flags |= flag;
    return 0;
}

static int attr_direction(struct attr_place *at, struct span value, unsigned direction)
{
    (void)value;
    at->section->direction = direction;
    return 0;
}

static int attr_group(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct offer *o = at->offer;
    // The first BUNDLE group is ours: one transport is all there is.
    if (at->section->line || o->has_bundle || !span_is(span_word(&value), "BUNDLE"))
        return 0;
    o->has_bundle = true;
    o->bundle = value;
    o->bundle_line = at->line;
    return 0;
}

static int attr_mid(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct section *s = at->section;
    if (!s->line)
        return 0;
    if (s->mid.p)
        return sdp_fail(at->err, "invalid_sdp", at->line, "The m-line has two a=mid.");
    if (!span_token(value) || value.len >= AGREE_MID_SIZE)
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=mid is not a token of 1 to %d characters.", AGREE_MID_SIZE - 1);
    s->mid = value;
    return 0;
}

static int attr_ufrag(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    // RFC 8839 section 5.4: ufrag = 4*256ice-char
    if (!span_ice(value, 4, 256))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=ice-ufrag is not 4 to 256 letters, digits, \"+\" or \"/\".");
    if (!at->section->ufrag.p)
        at->section->ufrag = value;
    return 0;
}

static int attr_pwd(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    // RFC 8839 section 5.4: password = 22*256ice-char
    if (!span_ice(value, 22, 256))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=ice-pwd is not 22 to 256 letters, digits, \"+\" or \"/\".");
    if (!at->section->pwd.p)
        at->section->pwd = value;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/** "AB:CD:...", `len` bytes exactly. */
static bool read_hex(struct span s, uint8_t *out, size_t len)
{
    if (s.len != 3 * len - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(s.p[3 * i]);
        int low = hex_digit(s.p[3 * i + 1]);
        if (high < 0 || low < 0 || (i + 1 < len && s.p[3 * i + 2] != ':'))
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int attr_fingerprint(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    static const struct {
        const char *name;
        uint8_t len;
    } hashes[] = {{"sha-1", 20}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};
    struct span hash = span_word(&value);
    struct span hex = span_word(&value);
    for (unsigned i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        if (!span_like(hash, hashes[i].name))
            continue;
        struct fingerprint f = {.len = hashes[i].len, .rank = (uint8_t)(i + 1)};
        memcpy(f.hash, hashes[i].name, strlen(hashes[i].name));
        if (!read_hex(hex, f.bytes, f.len))
            return sdp_fail(at->err, "invalid_sdp", at->line,
                            "a=fingerprint is not %d pairs of hexadecimal digits.", f.len);
        // RFC 8122 section 5: of several, the strongest that we know.
        if (f.rank > at->section->fingerprint.rank)
            at->section->fingerprint = f;
    }
    return 0;
}

static int attr_setup(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    if (span_is(value, "actpass"))
        at->section->setup = SETUP_ACTPASS;
    else if (span_is(value, "active"))
        at->section->setup = SETUP_ACTIVE;
    else if (span_is(value, "passive"))
        at->section->setup = SETUP_PASSIVE;
    else
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=setup is not actpass, active or passive.");
    return 0;
}

static const struct {
    const char *name;
    int (*parse)(struct attr_place *at, struct span value, unsigned arg);
    unsigned arg;
} attributes[] = {
    {"group", attr_group, 0},
    {"mid", attr_mid, 0},
    {"ice-ufrag", attr_ufrag, 0},
    {"ice-pwd", attr_pwd, 0},
    {"ice-lite", attr_flag, FLAG_ICE_LITE},
    {"fingerprint", attr_fingerprint, 0},
    {"setup", attr_setup, 0},
    {"bundle-only", attr_flag, FLAG_BUNDLE_ONLY},
    {"rtcp-mux", attr_flag, FLAG_RTCP_MUX},
    {"rtcp-mux-only", attr_flag, FLAG_RTCP_MUX},
    {"rtcp-rsize", attr_flag, FLAG_RTCP_RSIZE},
    {"extmap-allow-mixed", attr_flag, FLAG_ALLOW_MIXED},
    {"sendrecv", attr_direction, DIR_SEND | DIR_RECV},
    {"sendonly", attr_direction, DIR_SEND},
    {"recvonly", attr_direction, DIR_RECV},
    {"inactive", attr_direction, 0},
    {"rtpmap", attr_rtpmap, 0},
    {"fmtp", attr_fmtp, 0},
    {"rtcp-fb", attr_rtcp_fb, 0},
    {"extmap", attr_extmap, 0},
    {"rid", attr_rid, 0},
    {"simulcast", attr_simulcast, 0},
    {"ssrc", attr_ssrc, 0},
    {"ssrc-group", attr_ssrc_group, 0},
    {"sctp-port", attr_sctp_port, 0},
    {"max-message-size", attr_message_max, 0},
};

int attr_parse(struct attr_place *at, struct span attribute)
{
    struct span value = attribute;
    struct span name = span_cut(&value, ':');
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (span_is(name, attributes[i].name))
            return attributes[i].parse(at, value, attributes[i].arg);
    return 0;
}
