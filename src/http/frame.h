/** WebSocket frames (RFC 6455 section 5): the server's side, without I/O. */
#ifndef HTTP_FRAME_H
#define HTTP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_op {
    FRAME_CONT = 0,
    FRAME_TEXT = 1,
    FRAME_BINARY = 2,
    FRAME_CLOSE = 8,
    FRAME_PING = 9,
    FRAME_PONG = 10
};

#define FRAME_CONTROL_MAX 125 ///< bytes in a ping, pong or close
#define FRAME_HEAD_MAX    14  ///< bytes of a frame's header

enum frame_what {
    FRAME_NOTHING,   ///< needs more bytes
    FRAME_MESSAGE,   ///< a whole message: data, len, binary
    FRAME_OVERSIZED, ///< a message longer than allowed has begun; the rest of it is skipped
    FRAME_GOT_PING,  ///< answer with a pong of data, len
    FRAME_GOT_PONG,
    FRAME_GOT_CLOSE, ///< code (1005 if it had none)
    FRAME_BAD,       ///< against the RFC: close with code
};

struct frame_event {
    enum frame_what what;
    const char *data; ///< until the next call; NUL-terminated beyond `len`
    size_t len;
    bool binary;
    uint16_t code;
};

/** Set message_max, zero the rest, to begin. */
struct frame_reader {
    size_t message_max;
    uint8_t head[FRAME_HEAD_MAX];
    unsigned head_len;
    uint64_t left;     ///< of this frame's payload
    uint64_t mask_at;  ///< bytes of this frame's payload unmasked so far
    bool in_frame;     ///< the header is complete
    bool in_message;   ///< between the first and the last fragment
    bool binary, skip; ///< of the message; skip: it is too long
    char *message;     ///< owned
    size_t len, cap;   ///< of the message so far
    char control[FRAME_CONTROL_MAX + 1];
    unsigned control_len;
    bool deliver; ///< the message was handed out and is to be cleared
};

void frame_fini(struct frame_reader *r);

/** Reads from `in` up to the next event; returns the bytes consumed. */
size_t frame_read(struct frame_reader *r, const uint8_t *in, size_t len,
                  struct frame_event *event);

/** Writes the header of an unmasked, final frame; returns its bytes (at most 10). */
size_t frame_head(uint8_t out[FRAME_HEAD_MAX], enum frame_op op, size_t len);

#endif
