#include "sdp/answer.h"
#include "span.h"

#include <stdlib.h>

static bool is_hex_or_colon_or_dot(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
           c == ':' || c == '.';
}

/** An IPv4 or IPv6 literal or a name: mDNS (.local) is the rule with browsers. */
static bool valid_address(struct span s)
{
    bool literal = s.len > 0;
    for (size_t i = 0; i < s.len; i++)
        literal = literal && is_hex_or_colon_or_dot(s.p[i]);
    return s.len <= 255 && (literal || span_token(s));
}

/** The fixed part: foundation to type (RFC 8839 section 5.1). */
static bool valid_head(struct span *rest)
{
    uint64_t n = 0;
    if (!span_ice(span_word(rest), 1, 32)) // foundation
        return false;
    if (!span_number(span_word(rest), 256, &n) || n == 0) // component
        return false;
    if (!span_token(span_word(rest))) // transport: UDP, TCP or what comes
        return false;
    if (!span_number(span_word(rest), UINT32_MAX, &n)) // priority
        return false;
    if (!valid_address(span_word(rest)) || !span_number(span_word(rest), UINT16_MAX, &n))
        return false;
    return span_is(span_word(rest), "typ") && span_token(span_word(rest));
}

/** Pairs of a name and a value: raddr, rport, tcptype, generation, ufrag, ... */
static bool valid_extensions(struct span rest)
{
    struct span name;
    while ((name = span_word(&rest)).len > 0) {
        struct span value = span_word(&rest);
        uint64_t n = 0;
        if (!span_token(name) || value.len == 0)
            return false;
        if (span_is(name, "raddr") && !valid_address(value))
            return false;
        if (span_is(name, "rport") && !span_number(value, UINT16_MAX, &n))
            return false;
    }
    return true;
}

bool sdp_candidate_valid(const char *candidate)
{
    struct span rest = {candidate, strnlen(candidate, 1025)};
    if (rest.len == 0)
        return true; // RFC 8838 section 8.2 as browsers say it: no more candidates
    if (rest.len > 1024 || !span_is(span_cut(&rest, ':'), "candidate"))
        return false;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.p[i] < ' ' || rest.p[i] > '~')
            return false;
    return valid_head(&rest) && valid_extensions(rest);
}
