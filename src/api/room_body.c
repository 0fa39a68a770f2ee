#include "body.h"

#include <stdio.h>
#include <string.h>

#define TITLE_CHARS 200
#define REF_CHARS   255
#define NAME_CHARS  80

const char *const room_body_fields[] = {"kind",      "title",      "access",  "owner",
                                        "event_ref", "expires_at", "ends_at", "locale",
                                        "metadata",  NULL};
const char *const room_patch_fields[] = {"title",   "access", "expires_at",
                                         "ends_at", "locked", NULL};

static void read_kind(struct body *body, struct links_room *room)
{
    char word[16];

    // A personal room is made by PUT /users/{ref}/room: there is one a user.
    if (body_text(body, body->json, "/kind", 15, word, sizeof word) &&
        (!links_kind_from(word, &room->kind) || room->kind == ROOM_PERSONAL))
        body_bad(body, "/kind", "instant, event", "instant, event");
}

static void read_access(struct body *body, struct links_room *room)
{
    char word[16];

    if (body_text(body, body->json, "/access", 15, word, sizeof word) &&
        !links_access_from(word, &room->access))
        body_bad(body, "/access", "open, lobby, members", "open, lobby, members");
}

static void read_expiry(struct body *body, struct links_room *room, int64_t now)
{
    if (json_is_null(json_object_get(body->json, "expires_at")))
        room->expires_at = 0;
    if (body_time(body, body->json, "/expires_at", &room->expires_at) &&
        room->expires_at <= now)
        body_bad(body, "/expires_at", "it is in the past", "elle est passée");
}

/** The end of the event it is for; it may be over. */
static void read_end(struct body *body, struct links_room *room)
{
    if (json_is_null(json_object_get(body->json, "ends_at")))
        room->ends_at = 0;
    (void)body_time(body, body->json, "/ends_at", &room->ends_at);
}

/** Absent: as it is. null: none. */
static void read_title(struct body *body, struct links_room *room)
{
    if (json_is_null(json_object_get(body->json, "title")))
        *room->title = '\0';
    (void)body_text(body, body->json, "/title", TITLE_CHARS, room->title, sizeof room->title);
}

static void read_owner(struct body *body, struct links_room *room)
{
    static const char *const known[] = {"ref", "name", NULL};
    const json_t *owner = body_object(body, "/owner", known);

    if (!owner)
        return;
    if (!body_text(body, owner, "/owner/ref", REF_CHARS, room->owner_ref,
                   sizeof room->owner_ref))
        body_bad(body, "/owner/ref", "required", "obligatoire");
    (void)body_text(body, owner, "/owner/name", NAME_CHARS, room->owner_name,
                    sizeof room->owner_name);
}

/** RFC 5646 in outline: letters, digits and dashes. */
void room_locale_read(struct body *body, struct links_room *room)
{
    if (body_text(body, body->json, "/locale", 15, room->locale, sizeof room->locale) &&
        room->locale[strspn(room->locale, "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")])
        body_bad(body, "/locale", "a language, as fr or en", "une langue, comme fr ou en");
}

static void read_metadata(struct body *body, struct links_room *room)
{
    const json_t *object = body_object(body, "/metadata", NULL);
    size_t len;

    if (!object)
        return;
    len = json_dumpb(object, room->metadata, sizeof room->metadata - 1, JSON_COMPACT);
    if (len == 0 || len >= sizeof room->metadata) {
        body_bad(body, "/metadata", "at most 4096 bytes", "au plus 4096 octets");
        return;
    }
    room->metadata[len] = '\0';
}

void room_body_read(struct body *body, struct links_room *room, int64_t now)
{
    read_kind(body, room);
    read_title(body, room);
    read_access(body, room);
    read_owner(body, room);
    (void)body_text(body, body->json, "/event_ref", REF_CHARS, room->event_ref,
                    sizeof room->event_ref);
    read_expiry(body, room, now);
    read_end(body, room);
    room_locale_read(body, room);
    read_metadata(body, room);
}

void room_patch_read(struct body *body, struct links_room *room, int64_t now)
{
    (void)body_flag(body, body->json, "/locked", &room->locked);
    read_title(body, room);
    read_access(body, room);
    read_expiry(body, room, now);
    read_end(body, room);
}
