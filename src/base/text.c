#include "base/text.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const char base32_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char hex_digits[] = "0123456789abcdef";

void text_base32(const uint8_t *bytes, size_t len, size_t chars, char *out)
{
    uint32_t acc = 0;
    unsigned bits = 0;
    size_t at = 0;

    assert(chars <= BASE32_LEN(len));
    for (size_t i = 0; i < chars; i++) {
        if (bits < 5) {
            acc = acc << 8 | (at < len ? bytes[at] : 0);
            at++;
            bits += 8;
        }
        bits -= 5;
        out[i] = base32_digits[acc >> bits & 31];
    }
    out[chars] = '\0';
}

char text_base32_canonical(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (c == 'o')
        return '0';
    if (c == 'i' || c == 'l')
        return '1';
    if (c == '\0' || !strchr(base32_digits, c))
        return '\0';
    return c;
}

void text_hex(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        *out++ = hex_digits[bytes[i] >> 4];
        *out++ = hex_digits[bytes[i] & 15];
    }
    *out = '\0';
}

/** Reads one code point of at most `len` bytes; returns its bytes, or 0 if it is not one. */
static size_t utf8_next(const uint8_t *s, size_t len, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t c;

    if (n == 0 || n > len || s[0] > 0xf4)
        return 0;
    c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    // RFC 3629 section 3: no overlong form, no surrogate, nothing above U+10FFFF.
    if (c < least[n] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
        return 0;
    *out = c;
    return n;
}

bool text_utf8_valid(const char *s, size_t len)
{
    uint32_t c;
    size_t n;

    for (size_t i = 0; i < len; i += n) {
        n = utf8_next((const uint8_t *)s + i, len - i, &c);
        if (n == 0 || c == 0)
            return false;
    }
    return true;
}

size_t text_utf8_count(const char *s, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += ((uint8_t)s[i] & 0xc0) != 0x80;
    return count;
}

static bool breaks_line(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool text_one_line(const char *s, size_t len)
{
    uint32_t c;
    size_t n;

    for (size_t i = 0; i < len; i += n) {
        n = utf8_next((const uint8_t *)s + i, len - i, &c);
        if (n == 0 || breaks_line(c))
            return false;
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

long text_percent_decode(char *s, size_t len, bool form)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = s[i];

        if (c == '%') {
            int hi = i + 2 < len ? hex_value(s[i + 1]) : -1;
            int lo = i + 2 < len ? hex_value(s[i + 2]) : -1;

            if (hi < 0 || lo < 0)
                return -1;
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (form && c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return -1;
        s[n++] = c;
    }
    s[n] = '\0';
    return (long)n;
}

void text_percent(FILE *out, const char *s, size_t len)
{
    for (const char *end = s + len; s < end; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= '0' && *s <= '9') || strchr("-._~", *s);

        if (plain)
            (void)fputc(*s, out);
        else
            (void)fprintf(out, "%%%02X", (uint8_t)*s);
    }
}

void text_html(FILE *out, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        case '\'':
            (void)fputs("&#39;", out);
            break;
        default:
            (void)fputc(*s, out);
        }
    }
}

char text_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool text_same_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(s, word, len) == 0;
}
