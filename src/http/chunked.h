/** Transfer-Encoding: chunked (RFC 9112 section 7.1), read in pieces of any size. */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

enum chunked_state {
    CHUNK_SIZE, ///< hex digits
    CHUNK_EXT,  ///< an extension, ignored, to the end of the line
    CHUNK_DATA,
    CHUNK_DATA_END,     ///< the CRLF after the data
    CHUNK_TRAILER,      ///< at the beginning of a line after the last chunk
    CHUNK_TRAILER_REST, ///< within a trailer field, ignored
    CHUNK_DONE
};

/** Zero it to begin. */
struct chunked {
    enum chunked_state state;
    uint64_t left;    ///< of this chunk's data
    unsigned digits;  ///< of the size read so far
    unsigned ignored; ///< bytes of extensions and trailers: bounded
    char last;        ///< the byte before, where a CR must precede an LF
};

/**
 * Reads from `in`; stops at the end of a run of data, of the body or of `in`. Returns bytes
 * consumed, or -1 if it is not chunked coding. `*data` (into `in`) and `*data_len` are what it
 * found; 0 if nothing.
 */
long chunked_read(struct chunked *c, const char *in, size_t len, const char **data,
                  size_t *data_len);

#endif
