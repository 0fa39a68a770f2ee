#include "frame.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FIN  0x80
#define RSV  0x70
#define MASK 0x80

void frame_fini(struct frame_reader *r)
{
    free(r->message);
    r->message = NULL;
}

static bool bad(struct frame_event *event, uint16_t code)
{
    event->what = FRAME_BAD;
    event->code = code;
    return false;
}

/** Bytes the header has, as far as it is known. */
static unsigned head_need(const struct frame_reader *r)
{
    unsigned len7;

    if (r->head_len < 2)
        return 2;
    len7 = r->head[1] & 0x7fu;
    return 6 + (len7 == 126 ? 2u : len7 == 127 ? 8u : 0u);
}

static uint64_t payload_len(const uint8_t *head)
{
    unsigned len7 = head[1] & 0x7fu;

    if (len7 == 126)
        return rd16(head + 2);
    return len7 == 127 ? (uint64_t)rd32(head + 2) << 32 | rd32(head + 6) : len7;
}

/** Checks a data frame's place in its message. */
static bool begin_data(struct frame_reader *r, unsigned op, struct frame_event *event)
{
    if (op == FRAME_CONT ? !r->in_message : r->in_message)
        return bad(event, 1002);
    if (op != FRAME_CONT) {
        r->in_message = true;
        r->binary = op == FRAME_BINARY;
        r->skip = false;
        r->len = 0;
    }
    if (!r->skip && r->left > r->message_max - r->len) {
        r->skip = true;
        r->len = 0;
        event->what = FRAME_OVERSIZED;
    }
    return true;
}

/** The header is complete: RFC 6455 section 5.2. */
static bool begin_frame(struct frame_reader *r, struct frame_event *event)
{
    unsigned op = r->head[0] & 0x0fu;

    r->left = payload_len(r->head);
    r->mask_at = 0;
    r->in_frame = true;
    // No extension was agreed: no RSV bit.
    if (r->head[0] & RSV || r->left > INT64_MAX)
        return bad(event, 1002);
    if (op <= FRAME_BINARY)
        return begin_data(r, op, event);
    r->control_len = 0;
    if (op < FRAME_CLOSE || op > FRAME_PONG || !(r->head[0] & FIN) ||
        r->left > FRAME_CONTROL_MAX)
        return bad(event, 1002);
    return true;
}

static bool grow(struct frame_reader *r, size_t more, struct frame_event *event)
{
    size_t need = r->len + more + 1;
    size_t cap = r->cap ? r->cap : 1024;
    char *p;

    if (need <= r->cap)
        return true;
    while (cap < need)
        cap *= 2;
    p = realloc(r->message, cap);
    if (!p)
        return bad(event, 1011);
    r->message = p;
    r->cap = cap;
    return true;
}

/** Takes payload bytes of the frame; returns how many. */
static size_t take_payload(struct frame_reader *r, const uint8_t *in, size_t len,
                           struct frame_event *event)
{
    const uint8_t *mask = r->head + head_need(r) - 4;
    size_t n = r->left < len ? (size_t)r->left : len;
    bool control = (r->head[0] & 0x08) != 0;
    char *to;

    if (!control && r->skip) {
        to = NULL;
    } else if (control) {
        to = r->control + r->control_len;
        r->control_len += (unsigned)n;
    } else {
        if (!grow(r, n, event))
            return 0;
        to = r->message + r->len;
        r->len += n;
    }
    for (size_t i = 0; to && i < n; i++)
        to[i] = (char)(in[i] ^ mask[(r->mask_at + i) & 3]);
    r->mask_at += n;
    r->left -= n;
    return n;
}

static void end_control(struct frame_reader *r, struct frame_event *event)
{
    unsigned op = r->head[0] & 0x0fu;

    r->control[r->control_len] = '\0';
    event->data = r->control;
    event->len = r->control_len;
    event->what = op == FRAME_PING ? FRAME_GOT_PING : FRAME_GOT_PONG;
    if (op == FRAME_CLOSE) {
        event->what = FRAME_GOT_CLOSE;
        event->code = r->control_len >= 2 ? rd16((const uint8_t *)r->control) : 1005;
    }
}

static void end_message(struct frame_reader *r, struct frame_event *event)
{
    r->in_message = false;
    if (r->skip || !grow(r, 0, event))
        return;
    r->message[r->len] = '\0';
    *event = (struct frame_event){
        .what = FRAME_MESSAGE, .data = r->message, .len = r->len, .binary = r->binary};
    r->deliver = true;
}

static void end_frame(struct frame_reader *r, struct frame_event *event)
{
    r->in_frame = false;
    r->head_len = 0;
    if (r->head[0] & 0x08)
        end_control(r, event);
    else if (r->head[0] & FIN)
        end_message(r, event);
}

/** The last message was seen: big ones do not keep their memory. */
static void clear_delivered(struct frame_reader *r)
{
    if (r->deliver && r->cap > 16384) {
        frame_fini(r);
        r->cap = 0;
    }
    r->deliver = false;
}

size_t frame_read(struct frame_reader *r, const uint8_t *in, size_t len,
                  struct frame_event *event)
{
    size_t at = 0;

    *event = (struct frame_event){.what = FRAME_NOTHING};
    clear_delivered(r);
    while (event->what == FRAME_NOTHING) {
        if (!r->in_frame) {
            if (at == len)
                break;
            r->head[r->head_len++] = in[at++];
            if (r->head_len == 2 && !(r->head[1] & MASK)) // section 5.1: a client masks
                bad(event, 1002);
            else if (r->head_len == head_need(r))
                (void)begin_frame(r, event);
        } else if (r->left == 0) {
            end_frame(r, event);
        } else if (at == len) {
            break;
        } else {
            at += take_payload(r, in + at, len - at, event);
        }
    }
    return at;
}

size_t frame_head(uint8_t out[FRAME_HEAD_MAX], enum frame_op op, size_t len)
{
    out[0] = (uint8_t)(FIN | op);
    if (len < 126) {
        out[1] = (uint8_t)len;
        return 2;
    }
    if (len <= UINT16_MAX) {
        out[1] = 126;
        wr16(out + 2, (uint16_t)len);
        return 4;
    }
    out[1] = 127;
    wr32(out + 2, (uint32_t)((uint64_t)len >> 32));
    wr32(out + 6, (uint32_t)len);
    return 10;
}
