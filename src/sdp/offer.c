#include "offer.h"

#include <errno.h>
#include <stdlib.h>

void offer_fini(struct offer *o)
{
    free(o->mline);
    o->mline = NULL;
    o->mline_count = 0;
}

int offer_find(const struct offer *o, struct span mid)
{
    for (unsigned i = 0; i < o->mline_count; i++)
        if (o->mline[i].mid.p && span_equal(o->mline[i].mid, mid))
            return (int)i;
    return -1;
}

const struct payload *section_payload(const struct section *s, unsigned pt)
{
    return pt < 128 && s->payload_at[pt] ? &s->payload[s->payload_at[pt] - 1] : NULL;
}

/** o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> */
static int parse_origin(struct offer *o, const struct sdp_line *line, struct sdp_error *err)
{
    struct span rest = line->value;
    (void)span_word(&rest);
    struct span id = span_word(&rest);
    struct span version = span_word(&rest);
    uint64_t ignored = 0;
    if (!span_number(id, UINT64_MAX, &o->session_id) ||
        !span_number(version, UINT64_MAX, &ignored))
        return sdp_fail(err, "invalid_sdp", line->number,
                        "o= needs a session id and a version, both numbers of 64 bits.");
    o->has_origin = true;
    return 0;
}

/** Payload types of an RTP m-line. Twice the same one is one. */
static int parse_formats(struct section *s, struct sdp_error *err)
{
    struct span rest = s->formats;
    struct span word;
    while ((word = span_word(&rest)).len > 0) {
        uint64_t pt = 0;
        if (!span_number(word, 127, &pt))
            return sdp_fail(err, "invalid_sdp", s->line,
                            "m= names a payload type that is not a number of 0 to 127.");
        if (s->payload_at[pt])
            continue;
        s->payload[s->payload_count++].pt = (uint8_t)pt;
        s->payload_at[pt] = (uint8_t)s->payload_count;
    }
    return 0;
}

/** The DTLS-SRTP profiles of RFC 8829 section 5.1.2. */
static bool is_dtls_srtp(struct span proto)
{
    return span_is(proto, "UDP/TLS/RTP/SAVPF") || span_is(proto, "UDP/TLS/RTP/SAVP") ||
           span_is(proto, "TCP/DTLS/RTP/SAVPF") || span_is(proto, "TCP/DTLS/RTP/SAVP") ||
           span_is(proto, "RTP/SAVPF");
}

/** proto: tokens with slashes between them (RFC 8866 section 9). It is written back in answers.
 */
static bool valid_proto(struct span proto)
{
    if (proto.len == 0 || proto.p[proto.len - 1] == '/')
        return false;
    while (proto.len > 0)
        if (!span_token(span_cut(&proto, '/')))
            return false;
    return true;
}

static bool valid_formats(struct span formats)
{
    struct span word = span_word(&formats);
    bool valid = word.len > 0;
    while (valid && word.len > 0) {
        valid = span_token(word);
        word = span_word(&formats);
    }
    return valid;
}

/** m=<media> <port>[/<count>] <proto> <format> ... */
static int parse_mline(struct offer *o, const struct sdp_line *line, struct sdp_error *err)
{
    struct section *s = &o->mline[o->mline_count++];
    struct span rest = line->value;
    uint64_t port = 0;
    s->line = line->number;
    s->media = span_word(&rest);
    if (!span_number(span_word(&rest), UINT16_MAX, &port))
        return sdp_fail(err, "invalid_sdp", line->number,
                        "The port of m= is not a number of 0 to 65535.");
    s->port = (uint16_t)port;
    s->proto = span_word(&rest);
    s->formats = rest;
    if (!span_token(s->media) || !valid_proto(s->proto) || !valid_formats(rest))
        return sdp_fail(err, "invalid_sdp", line->number,
                        "m= needs a media type, a port, a protocol and formats.");
    s->known = true;
    if (span_is(s->media, "audio"))
        s->kind = KIND_AUDIO;
    else if (span_is(s->media, "video"))
        s->kind = KIND_VIDEO;
    else if (span_is(s->media, "application"))
        s->kind = KIND_DATA;
    else
        s->known = false;
    s->rtp = s->known && s->kind != KIND_DATA && is_dtls_srtp(s->proto);
    // What a session says is the default of its m-lines (RFC 8866 section 6.7, RFC 8285 section
    // 5).
    s->direction = o->session.direction;
    memcpy(s->ext, o->session.ext, sizeof s->ext);
    return s->rtp ? parse_formats(s, err) : 0;
}

static int parse_line(struct offer *o, const struct sdp_line *line, struct sdp_error *err)
{
    struct section *current = o->mline_count ? &o->mline[o->mline_count - 1] : &o->session;
    if (line->number == 1 && (line->type != 'v' || !span_is(line->value, "0")))
        return sdp_fail(err, "invalid_sdp", 1, "The first line is not \"v=0\".");
    if (line->type == 'o' && o->mline_count == 0)
        return parse_origin(o, line, err);
    if (line->type == 'm')
        return parse_mline(o, line, err);
    if (line->type == 'a') {
        struct attr_place at = {o, current, line->number, err};
        return attr_parse(&at, line->value);
    }
    return 0;
}

/** Counts the m-lines, so that they are allocated once and never too many. */
static int count_mlines(struct span text, unsigned *count, struct sdp_error *err)
{
    struct sdp_lines lines = {text, 0};
    struct sdp_line line;
    int rc = 0;
    *count = 0;
    while ((rc = sdp_next_line(&lines, &line, err)) == 1) {
        if (line.type == 'm' && ++*count > AGREE_MAX_MLINES)
            return sdp_fail(err, "too_many_mlines", line.number,
                            "The offer has more than %d m= lines.", AGREE_MAX_MLINES);
    }
    return rc;
}

int offer_parse(const char *text, size_t len, struct offer *out, struct sdp_error *err)
{
    struct sdp_lines lines = {{text, len}, 0};
    struct sdp_line line;
    unsigned count = 0;
    *out = (struct offer){.session.direction = DIR_SEND | DIR_RECV};
    if (len > SDP_MAX_OFFER)
        return sdp_fail(err, "too_large", 0, "The offer has more than %u bytes.",
                        SDP_MAX_OFFER);
    int rc = count_mlines(lines.rest, &count, err);
    if (rc)
        return rc;
    if (count == 0)
        return sdp_fail(err, "no_media", 0, "The offer has no m= line.");
    out->mline = calloc(count, sizeof *out->mline);
    if (!out->mline)
        return -ENOMEM;
    while ((rc = sdp_next_line(&lines, &line, err)) == 1) {
        rc = parse_line(out, &line, err);
        if (rc)
            return rc;
    }
    if (rc == 0 && !out->has_origin)
        return sdp_fail(err, "invalid_sdp", out->mline[0].line,
                        "There is no o= line before the first m= line.");
    return rc;
}
