/** A room's JSON: what is accepted is fit to be stored and shown; a refusal names a field. */
#include "body.h"
#include "page.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_good(const struct links_room *room)
{
    assert(text_one_line(room->title, strlen(room->title)));
    assert(text_one_line(room->owner_name, strlen(room->owner_name)));
    assert(text_one_line(room->event_ref, strlen(room->event_ref)));
    assert(room->kind == ROOM_INSTANT || room->kind == ROOM_EVENT);
    if (*room->metadata) {
        json_t *json = json_loads(room->metadata, 0, NULL);

        assert(json_is_object(json));
        json_decref(json);
    }
}

static void check_page(const struct links_room *room)
{
    static const char template[] = "<h1 title='{{t}}'>{{t}}</h1>";
    const struct page_var vars[] = {{"t", room->title}, {NULL, NULL}};
    size_t len;
    char *html = page_fill(template, sizeof template - 1, vars, &len);

    assert(html && !strstr(html + 1, "<script"));
    free(html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct links_room room = {0};
    struct body body;

    body_open(&body, (const char *)data, size, size % 2 == 0, room_body_fields);
    room_body_read(&body, &room, 1700000000);
    assert(!body.failed || text_utf8_valid(body.pointer, strlen(body.pointer)));
    assert(!body.failed || *body.detail);
    if (!body.failed) {
        check_good(&room);
        check_page(&room);
    }
    body_close(&body);
    return 0;
}
