/**
 * The JSON bodies that http_body_fuzz does not read: invitations, changes of a room, and each
 * kind of field alone. What is accepted is within its bounds; a refusal names a field in good
 * UTF-8.
 */
#include "body.h"
#include "invite_body.h"

#include "base/text.h"
#include "notify/webhooks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1700000000

static void check_text(const char *text)
{
    assert(text_one_line(text, strlen(text)));
}

static void check_refusal(const struct body *body)
{
    assert(*body->detail && text_utf8_valid(body->detail, strlen(body->detail)));
    assert(text_utf8_valid(body->pointer, strlen(body->pointer)));
    assert(body->problem == PROBLEM_INVALID_JSON || *body->pointer == '/');
}

static void read_invitations(struct body *body)
{
    struct invite_body *in = malloc(sizeof *in);

    assert(in);
    invite_body_read(body, in, NOW);
    if (!body->failed) {
        assert(in->count > 0 && in->count <= INVITE_CALLEES && *in->from_ref && *in->from_name);
        assert(in->ring_s >= INVITE_RING_MIN_S && in->ring_s <= INVITE_RING_MAX_S);
        check_text(in->from_ref);
        check_text(in->from_name);
        for (unsigned i = 0; i < in->count; i++) {
            const struct store_invitation *v = &in->to[i].invitation;

            check_text(v->to_ref);
            check_text(v->to_name);
            assert(v->email == !*v->to_ref && (v->expires_at == 0 || v->expires_at > NOW));
        }
    }
    free(in);
}

static void read_change(struct body *body)
{
    struct links_room room = {.title = "before"};

    room_patch_read(body, &room, NOW);
    check_text(room.title);
    assert(body->failed || room.expires_at == 0 || room.expires_at > NOW);
}

/** Each reader once; what it says it has read is within its bounds. */
static void read_fields(struct body *body)
{
    static const char *const inner[] = {"ref", "name", NULL};
    char text[41];
    int64_t number = 0, at = 0;
    bool flag = false;
    const json_t *object = body_object(body, "/user", inner);

    if (body_text(body, body->json, "/url", 40, text, sizeof text)) {
        check_text(text);
        assert(text_utf8_count(text, strlen(text)) <= 40);
        if (webhook_url_valid(text, true))
            assert(strncmp(text, "http", 4) == 0 && !strpbrk(text, " \\#\"<>"));
    }
    if (body_number(body, body->json, "/ttl", (struct body_range){1, 9}, &number))
        assert(number >= 1 && number <= 9);
    if (body_time(body, body->json, "/at", &at))
        assert(at > 0);
    (void)body_flag(body, body->json, "/on", &flag);
    if (object && body_text(body, object, "/user/name", 8, text, sizeof text))
        assert(text_utf8_count(text, strlen(text)) <= 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fields[] = {"user", "url", "ttl", "at", "on", NULL};
    static const struct {
        const char *const *known;
        void (*read)(struct body *body);
    } kind[] = {{invite_body_fields, read_invitations},
                {room_patch_fields, read_change},
                {fields, read_fields}};
    struct body body;

    if (size == 0)
        return 0;
    const unsigned which = data[0] % 3;

    body_open(&body, (const char *)data + 1, size - 1, data[0] & 0x80, kind[which].known);
    if (!body.failed)
        kind[which].read(&body);
    if (body.failed)
        check_refusal(&body);
    body_close(&body);
    return 0;
}
