#include "offer.h"
#include "transport.h"
#include "write.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FRAGMENT_MAX_BYTES (64u << 10)

static int take_credential(struct span value, size_t least, char *out, size_t size,
                           unsigned line, struct sdp_error *err)
{
    if (!span_ice(value, least, 256))
        return sdp_fail(err, "invalid_sdp", line,
                        "a=ice-%s is not %zu to 256 letters, digits, \"+\" or \"/\".",
                        least == 4 ? "ufrag" : "pwd", least);
    // BUNDLE: the first m-line's count, as in an offer.
    if (out[0] == '\0')
        (void)span_copy(value, out, size);
    return 0;
}

static int parse_attribute(struct span attribute, unsigned line, struct sdp_fragment *out,
                           struct sdp_error *err)
{
    struct span value = attribute;
    struct span name = span_cut(&value, ':');
    if (span_is(name, "ice-ufrag"))
        return take_credential(value, 4, out->ufrag, sizeof out->ufrag, line, err);
    if (span_is(name, "ice-pwd"))
        return take_credential(value, 22, out->pwd, sizeof out->pwd, line, err);
    if (span_is(name, "end-of-candidates"))
        out->end_of_candidates = true;
    if (span_is(name, "candidate")) {
        char candidate[1025];
        if (!span_copy(attribute, candidate, sizeof candidate) ||
            !sdp_candidate_valid(candidate))
            return sdp_fail(err, "invalid_sdp", line, "a=candidate is not well formed.");
        out->candidate_count++;
    }
    return 0;
}

int sdp_fragment_parse(const char *text, size_t len, struct sdp_fragment *out,
                       struct sdp_error *err)
{
    struct sdp_lines lines = {{text, len}, 0};
    struct sdp_line line;
    int rc = 0;
    *out = (struct sdp_fragment){0};
    *err = (struct sdp_error){0};
    if (len > FRAGMENT_MAX_BYTES)
        rc = sdp_fail(err, "too_large", 0, "The fragment has more than %u bytes.",
                      FRAGMENT_MAX_BYTES);
    while (rc == 0 && (rc = sdp_next_line(&lines, &line, err)) == 1) {
        rc = line.type == 'a' ? parse_attribute(line.value, line.number, out, err) : 0;
        // RFC 8840 section 9: a=..., and m= with a=mid before what belongs to an m-line.
        if (rc == 0 && line.type != 'a' && line.type != 'm')
            rc = sdp_fail(err, "invalid_sdp", line.number,
                          "A fragment has lines of a= and m= only.");
    }
    if (rc)
        *out = (struct sdp_fragment){0};
    return rc;
}

static void write_fragment(FILE *out, const struct agreement *a, const struct sdp_local *local)
{
    const struct agree_mline *first = NULL;
    (void)fputs("a=ice-lite\r\na=group:BUNDLE", out);
    for (unsigned i = 0; i < a->mline_count; i++) {
        if (!a->mline[i].active)
            continue;
        (void)fprintf(out, " %s", a->mline[i].mid);
        first = first ? first : &a->mline[i];
    }
    // RFC 9725 section 4.3.3: credentials and candidates at the first m-line of the group.
    (void)fprintf(out, "\r\nm=%s 9 UDP/TLS/RTP/SAVPF %u\r\na=mid:%s\r\n",
                  first ? media_kind_name(first->kind) : "audio",
                  first ? first->codec[0].pt : 0, first ? first->mid : "0");
    (void)fprintf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", a->local_ufrag, a->local_pwd);
    write_candidates(out, local);
}

int sdp_restart(struct agreement *a, const struct sdp_fragment *theirs,
                const struct sdp_local *local, char **fragment)
{
    size_t len = 0;
    *fragment = NULL;
    struct agreement changed = *a; // shares the m-lines
    transport_new_credentials(local, &changed);
    memcpy(changed.remote_ufrag, theirs->ufrag, sizeof changed.remote_ufrag);
    memcpy(changed.remote_pwd, theirs->pwd, sizeof changed.remote_pwd);
    FILE *out = text_open(fragment, &len);
    if (!out)
        return -ENOMEM;
    write_fragment(out, &changed, local);
    if (fclose(out) != 0)
        return -ENOMEM;
    *a = changed;
    return 0;
}
