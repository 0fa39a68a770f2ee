#include "base/bytes.h"
#include "letter/letter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 4

void letter_reader_fini(struct letter_reader *r)
{
    free(r->buf);
    *r = (struct letter_reader){0};
}

/** Moves what is not yet taken to the front and makes room for `more` bytes. */
static int make_room(struct letter_reader *r, size_t more)
{
    if (r->taken > 0) {
        memmove(r->buf, r->buf + r->taken, r->len - r->taken);
        r->len -= r->taken;
        r->taken = 0;
    }
    if (r->cap - r->len >= more)
        return 0;
    size_t cap = r->cap ? r->cap : 4096;
    while (cap - r->len < more)
        cap *= 2;
    uint8_t *buf = realloc(r->buf, cap);
    if (!buf)
        return -ENOMEM;
    r->buf = buf;
    r->cap = cap;
    return 0;
}

uint8_t *letter_reader_space(struct letter_reader *r, size_t len)
{
    return make_room(r, len) == 0 ? r->buf + r->len : NULL;
}

int letter_reader_feed(struct letter_reader *r, const uint8_t *bytes, size_t len)
{
    uint8_t *space = len > 0 ? letter_reader_space(r, len) : NULL;
    if (len == 0)
        return 0;
    if (!space)
        return -ENOMEM;
    memcpy(space, bytes, len);
    return letter_reader_came(r, len);
}

int letter_reader_came(struct letter_reader *r, size_t len)
{
    assert(len <= r->cap - r->len);
    r->len += len;
    // Every length that is here is checked now: nobody makes us wait for what cannot come.
    size_t at = 0;
    while (r->len - at >= LENGTH_BYTES) {
        size_t frame = rd32(r->buf + at);
        if (frame > LETTER_MAX)
            return -EMSGSIZE;
        if (r->len - at - LENGTH_BYTES < frame)
            break;
        at += LENGTH_BYTES + frame;
    }
    return 0;
}

int letter_reader_next(struct letter_reader *r, struct letter *out, const char **where)
{
    size_t have = r->len - r->taken;
    if (have < LENGTH_BYTES)
        return 0;
    const uint8_t *at = r->buf + r->taken;
    size_t frame = rd32(at);
    if (frame > LETTER_MAX)
        return -EMSGSIZE;
    if (have - LENGTH_BYTES < frame)
        return 0;
    int rc = letter_parse((const char *)at + LENGTH_BYTES, frame, out, where);
    if (rc != -ENOMEM)
        r->taken += LENGTH_BYTES + frame;
    return rc ? rc : 1;
}
