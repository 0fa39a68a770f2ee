#include "chunked.h"

#include <stdbool.h>

#define IGNORED_MAX 4096
#define DIGITS_MAX  8 ///< hex digits: chunks below 4 GiB

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void end_size_line(struct chunked *c)
{
    c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    c->digits = 0;
}

static bool step_size(struct chunked *c, char byte)
{
    int v = hex_digit(byte);

    if (v >= 0 && c->last != '\r') {
        c->left = c->left << 4 | (unsigned)v;
        return ++c->digits <= DIGITS_MAX;
    }
    if (c->digits == 0)
        return false;
    if (byte == '\n') {
        end_size_line(c);
        return c->last == '\r';
    }
    if (byte == ';' && c->last != '\r')
        c->state = CHUNK_EXT;
    return byte == '\r' || byte == ';';
}

static bool step_line(struct chunked *c, char byte)
{
    bool end = byte == '\n' && c->last == '\r';

    if (++c->ignored > IGNORED_MAX || (byte == '\n' && !end) || (c->last == '\r' && !end))
        return false;
    if (c->state == CHUNK_EXT) {
        if (end)
            end_size_line(c);
    } else if (c->state == CHUNK_TRAILER) {
        if (end)
            c->state = CHUNK_DONE;
        else if (byte != '\r')
            c->state = CHUNK_TRAILER_REST;
    } else if (end) {
        c->state = CHUNK_TRAILER;
    }
    return true;
}

static bool step(struct chunked *c, char byte)
{
    bool good;

    switch (c->state) {
    case CHUNK_SIZE:
        good = step_size(c, byte);
        break;
    case CHUNK_DATA_END:
        good = c->last == '\r' ? byte == '\n' : byte == '\r';
        if (byte == '\n')
            c->state = CHUNK_SIZE;
        break;
    case CHUNK_EXT:
    case CHUNK_TRAILER:
    case CHUNK_TRAILER_REST:
        good = step_line(c, byte);
        break;
    case CHUNK_DATA:
    case CHUNK_DONE:
    default:
        good = false;
    }
    c->last = byte;
    if (byte == '\n')
        c->last = '\0';
    return good;
}

long chunked_read(struct chunked *c, const char *in, size_t len, const char **data,
                  size_t *data_len)
{
    size_t at = 0;

    *data_len = 0;
    while (at < len && c->state != CHUNK_DONE) {
        if (c->state == CHUNK_DATA) {
            *data = in + at;
            *data_len = c->left < len - at ? (size_t)c->left : len - at;
            c->left -= *data_len;
            if (c->left == 0) {
                c->state = CHUNK_DATA_END;
                c->last = '\0';
            }
            return (long)(at + *data_len);
        }
        if (!step(c, in[at++]))
            return -1;
    }
    return (long)at;
}
