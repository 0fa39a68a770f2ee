#include "span.h"

bool span_number(struct span s, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit > max || n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

bool span_copy(struct span s, char *out, size_t size)
{
    bool fits = s.len < size;
    size_t len = fits ? s.len : 0;
    if (len > 0)
        memcpy(out, s.p, len);
    out[len] = '\0';
    return fits;
}

static bool alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool made_of(struct span s, const char *more)
{
    for (size_t i = 0; i < s.len; i++)
        if (!alnum(s.p[i]) && (s.p[i] == '\0' || !strchr(more, s.p[i])))
            return false;
    return true;
}

bool span_token(struct span s)
{
    return s.len > 0 && made_of(s, "!#$%&'*+-.^_`{|}~");
}

bool span_ice(struct span s, size_t least, size_t most)
{
    return s.len >= least && s.len <= most && made_of(s, "+/");
}

static struct span trimmed(struct span s)
{
    while (s.len > 0 && s.p[0] == ' ') {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && s.p[s.len - 1] == ' ')
        s.len--;
    return s;
}

bool span_param(struct span params, const char *key, struct span *value)
{
    while (params.len > 0) {
        struct span item = span_cut(&params, ';');
        struct span name = trimmed(span_cut(&item, '='));
        if (span_like(name, key)) {
            *value = trimmed(item);
            return true;
        }
    }
    return false;
}

unsigned span_param_number(struct span params, const char *key, unsigned otherwise)
{
    struct span value;
    uint64_t n = 0;
    if (!span_param(params, key, &value) || !span_number(value, UINT32_MAX, &n))
        return otherwise;
    return (unsigned)n;
}
