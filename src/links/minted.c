/*
 * Links that others mint: a front end that calls nobody stores "base URL + UUID" and shows it.
 * /b/<tenant's prefix>/<name> always leads to a join page. Its room comes into the database
 * when somebody joins, so that nothing can be purged before; the room's id follows from the
 * name, so that two who come at once, or come again after the room was purged, are in the same
 * room.
 */
#include "inner.h"
#include "links/rooms.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 128
#define UUID_CHARS     36
#define SOGO           "SOGo_meeting/" ///< SOGo puts this before its UUIDs

/** RFC 9562 section 5.4: 122 random bits. */
static bool is_uuid4(const char *name)
{
    return strlen(name) == UUID_CHARS && canonical_uuid(name, (char[UUID_CHARS + 1]){0}) &&
           name[14] == '4' && strchr("89abAB", name[19]);
}

/** The name in one form: a UUID in lower case, anything else as it came. */
static bool take_name(const char *given, char out[NAME_MAX_BYTES + 1])
{
    size_t len;

    if (strncmp(given, SOGO, sizeof SOGO - 1) == 0)
        given += sizeof SOGO - 1;
    len = strlen(given);
    while (len > 0 && given[len - 1] == '/')
        len--;
    if (len == 0 || len > NAME_MAX_BYTES || !text_one_line(given, len) ||
        memchr(given, '/', len))
        return false;
    if (len == UUID_CHARS && canonical_uuid(given, out))
        return true;
    (void)snprintf(out, NAME_MAX_BYTES + 1, "%.*s", (int)len, given);
    return true;
}

static void hash_name(const struct links *links, const char *tenant, const char *name,
                      uint8_t out[SHA256_SIZE])
{
    char text[LINKS_ID_SIZE + NAME_MAX_BYTES + 16];
    int n = snprintf(text, sizeof text, "minted|%s|%s", tenant, name);

    digest_hmac(links->key, sizeof links->key, text, (size_t)n, out);
}

/** The room as it will be once somebody joins. A name that can be guessed gets a lobby. */
static void unborn(const struct links_tenant *tenant, const char *name,
                   const uint8_t hash[SHA256_SIZE], struct links_room *room)
{
    *room = (struct links_room){.kind = ROOM_INSTANT,
                                .access = is_uuid4(name) ? ACCESS_OPEN : ACCESS_LOBBY,
                                .link_version = 1,
                                .uuid = tenant->uuid,
                                .unborn = true};
    memcpy(room->minted, hash, sizeof room->minted);
    memcpy(room->tenant, tenant->id, sizeof room->tenant);
    (void)snprintf(room->locale, sizeof room->locale, "%s", tenant->locale);
    (void)strcpy(room->id, "rm_");
    text_base32(hash, SHA256_SIZE, 20, room->id + 3);
}

enum links_status links_minted(struct links *links, const char *prefix, const char *given,
                               struct links_room *room, int64_t now)
{
    struct links_tenant tenant;
    char name[NAME_MAX_BYTES + 1];
    uint8_t hash[SHA256_SIZE];
    enum links_status status;
    int error = links_tenant_find(links, prefix, &tenant);

    if (error && error != -ENOENT)
        return LINK_DOWN;
    if (error || strcmp(tenant.prefix, prefix) != 0 || !take_name(given, name))
        return LINK_UNKNOWN;
    hash_name(links, tenant.id, name, hash);
    status = resolve_hash(links, hash, room, now);
    if (status == LINK_UNKNOWN) {
        unborn(&tenant, name, hash, room);
        status = LINK_VALID;
    }
    room->weak = !is_uuid4(name);
    return status;
}

enum links_status resolve_minted(struct links *links, const char *link, struct links_room *room,
                                 int64_t now)
{
    char path[LINKS_ID_SIZE + NAME_MAX_BYTES * 3 + 64];
    char *name;
    size_t len = strcspn(link, "?# \t\r\n");

    if (len >= sizeof path)
        return LINK_UNKNOWN;
    memcpy(path, link, len);
    path[len] = '\0';
    if (text_percent_decode(path, len, false) < 0)
        return LINK_UNKNOWN;
    name = strchr(path, '/');
    if (!name)
        return LINK_UNKNOWN;
    *name++ = '\0';
    return links_minted(links, path, name, room, now);
}

int links_room_joined(struct links *links, struct links_room *room, int64_t now)
{
    struct store_room row;
    uint8_t hash[SHA256_SIZE];
    int error;

    if (!room->unborn) {
        error = *room->invitation ? use_invitation(links, room, now) : 0;
        return error ? error : store_room_used(links->store, room->id, now);
    }
    room->created_at = room->last_used_at = now;
    link_hash(links, room, hash);
    room_to_row(room, &row);
    error = store_begin(links->store);
    if (error)
        return error;
    error = store_room_add(links->store, &row, hash);
    if (error == 0)
        error = store_link_add(links->store, room->id, room->link_version, room->minted);
    if (error == 0)
        error = store_commit(links->store);
    else
        store_rollback(links->store);
    room->unborn = error != 0;
    return error;
}
