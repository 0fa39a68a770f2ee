/* The letters of recordings: bytes, which JSON has none of, cross in base64. */
#include "kinds.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static_assert(LETTER_FLIGHT_MAX / 3 * 4 + 8 < LETTER_MAX, "one letter holds it");

int letter_read_flight_ask(struct fields *f, struct letter *out)
{
    out->u.flight.seq = fields_uint(f, "seq", INT64_MAX);
    out->u.flight.number = fields_uint(f, "number", INT64_MAX);
    return 0;
}

/** Base64, RFC 4648 section 4, into `out` bytes of three quarters of `len`. Returns how many
 * there are, -1: it is none. */
static int decode(const char *text, size_t len, uint8_t *out)
{
    const int whole = len % 4 == 0 ? EVP_DecodeBlock(out, (const uint8_t *)text, (int)len) : -1;
    if (whole < 0 || (size_t)whole != len / 4 * 3) // it would skip spaces
        return -1;
    return whole - (text[len - 1] == '=') - (text[len - 2] == '=');
}

int letter_read_flight(struct fields *f, struct letter *out)
{
    const json_t *text = json_object_get(f->object, "bytes");
    const size_t len = json_string_length(text);
    out->u.flight.newest = fields_uint(f, "newest", INT64_MAX);
    (void)letter_read_flight_ask(f, out);
    if (!json_is_string(text) || len > ((size_t)LETTER_FLIGHT_MAX + 2) / 3 * 4)
        fields_wrong(f, "bytes");
    if (f->wrong || len == 0)
        return 0;
    out->u.flight.bytes = malloc(len / 4 * 3 + 3);
    if (!out->u.flight.bytes)
        return -ENOMEM;
    const int got = decode(json_string_value(text), len, out->u.flight.bytes);
    if (got > 0)
        out->u.flight.len = (size_t)got;
    else
        fields_wrong(f, "bytes");
    return 0;
}

int letter_write_flight_ask(const struct letter *l, json_t *body)
{
    const struct letter_flight *b = &l->u.flight;
    return json_object_set_new(body, "seq", json_integer((json_int_t)b->seq)) ||
                   json_object_set_new(body, "number", json_integer((json_int_t)b->number))
               ? -1
               : 0;
}

int letter_write_flight(const struct letter *l, json_t *body)
{
    const struct letter_flight *b = &l->u.flight;
    char *text = b->len <= LETTER_FLIGHT_MAX ? malloc((b->len + 2) / 3 * 4 + 1) : NULL;
    if (!text)
        return -1;
    const int len = EVP_EncodeBlock((uint8_t *)text, b->bytes, (int)b->len); // 0 of nothing
    const bool fine =
        json_object_set_new(body, "bytes", json_stringn(text, (size_t)len)) == 0 &&
        json_object_set_new(body, "newest", json_integer((json_int_t)b->newest)) == 0 &&
        letter_write_flight_ask(l, body) == 0;
    free(text);
    return fine ? 0 : -1;
}
