#include "offer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int sdp_fail(struct sdp_error *err, const char *reason, unsigned line, const char *format, ...)
{
    va_list args;
    err->reason = reason;
    err->line = line;
    va_start(args, format);
    (void)vsnprintf(err->detail, sizeof err->detail, format, args);
    va_end(args);
    return -EINVAL;
}

/** True if only line ends are left. */
static bool only_blank(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] != '\r' && s.p[i] != '\n')
            return false;
    return true;
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
            return true;
    return false;
}

int sdp_next_line(struct sdp_lines *lines, struct sdp_line *out, struct sdp_error *err)
{
    if (only_blank(lines->rest))
        return 0;
    struct span line = span_cut(&lines->rest, '\n');
    lines->number++;
    // RFC 8866 section 9: CRLF; "parsers SHOULD be tolerant" of a single newline.
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    if (has_control(line))
        return sdp_fail(err, "invalid_sdp", lines->number,
                        "The line has a NUL or another control character.");
    if (line.len < 2 || line.p[1] != '=' || !strchr("vosiuepcbtrzkam", line.p[0]))
        return sdp_fail(err, "invalid_sdp", lines->number,
                        "The line does not begin with one of SDP's letters and \"=\".");
    *out = (struct sdp_line){lines->number, line.p[0], {line.p + 2, line.len - 2}};
    return 1;
}
