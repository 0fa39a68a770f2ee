#include "links/launch.h"

#include "inner.h"
#include "launch_token.h"
#include "links/events.h"
#include "links/rooms.h"

#include "base/read_json.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const reasons[LAUNCH_FAULT_COUNT] = {
    [LAUNCH_GOOD] = "",
    [LAUNCH_TENANT] = "unknown_link",
    [LAUNCH_FORM] = "launch_invalid",
    [LAUNCH_ALG] = "launch_algorithm",
    [LAUNCH_KEY] = "launch_key",
    [LAUNCH_FORGED] = "launch_signature",
    [LAUNCH_AUDIENCE] = "launch_audience",
    [LAUNCH_EXPIRED] = "launch_expired",
    [LAUNCH_EARLY] = "launch_early",
    [LAUNCH_TOO_LONG] = "launch_too_long",
    [LAUNCH_CLAIM] = "launch_claim",
    [LAUNCH_DOWN] = "internal",
};

const char *links_launch_reason(enum launch_fault fault)
{
    return reasons[fault];
}

bool links_launch_prefix(const char *link, char prefix[LINKS_ID_SIZE])
{
    const char *at = strstr(link, "/launch/");
    size_t len;

    *prefix = '\0';
    if (!at)
        return false;
    at += 8;
    len = strcspn(at, "/?# \t\r\n");
    if (len < LINKS_ID_SIZE)
        (void)snprintf(prefix, LINKS_ID_SIZE, "%.*s", (int)len, at);
    return true;
}

enum launch_fault links_launch_read(struct links *links, const char *prefix, const char *token,
                                    struct links_launch *out, int64_t now)
{
    struct links_secret_live live[2];
    struct links_tenant tenant;
    enum launch_fault fault;
    int error = links_tenant_find(links, prefix, &tenant);
    int count;

    out->claim = "";
    if (error && error != -ENOENT)
        return LAUNCH_DOWN;
    if (error || strcmp(tenant.prefix, prefix) != 0)
        return LAUNCH_TENANT;
    count = links_secret_live(links, tenant.id, SECRET_LAUNCH, now, live);
    if (count < 0)
        return LAUNCH_DOWN;
    fault = launch_token_read(token, live, count, out, now);
    memcpy(out->tenant, tenant.id, sizeof out->tenant);
    return fault;
}

/* ---- the room ---- */

/** A room like those that are made here: in the launcher's words. */
static int fresh(struct links *links, const struct links_launch *l, struct links_room *room)
{
    struct links_tenant tenant;
    json_t *metadata = json_object();
    char *text;
    int error = links_tenant_get(links, l->tenant, &tenant);

    if (error)
        tenant = (struct links_tenant){0};
    *room = (struct links_room){.uuid = tenant.uuid};
    memcpy(room->tenant, l->tenant, sizeof room->tenant);
    memcpy(room->title, l->title, sizeof room->title);
    (void)snprintf(room->locale, sizeof room->locale, "%s",
                   *l->locale ? l->locale : tenant.locale);
    // So that the front end knows in its events which of its links this was.
    (void)json_object_set_new(metadata, "jti", json_string(l->jti));
    if (*l->context)
        (void)json_object_set_new(metadata, "context", json_string(l->context));
    text = write_json(metadata);
    json_decref(metadata);
    (void)snprintf(room->metadata, sizeof room->metadata, "%s", text ? text : "");
    free(text);
    return error;
}

/** The launcher owns it. */
static void own(struct links_room *room, const struct links_launch *l)
{
    memcpy(room->owner_ref, l->ref, sizeof room->owner_ref);
    memcpy(room->owner_name, l->name, sizeof room->owner_name);
}

/** The id follows from tenant and `jti`: two who come at once look for the same room. */
static int instant_room(struct links *links, const struct links_launch *l,
                        struct links_room *room)
{
    char text[LINKS_ID_SIZE + LINKS_REF_SIZE + 16], id[LINKS_ID_SIZE] = "rm_";
    uint8_t mac[SHA256_SIZE];
    const int n = snprintf(text, sizeof text, "launched|%s|%s", l->tenant, l->jti);
    int error;

    digest_hmac(links->key, sizeof links->key, text, (size_t)n, mac);
    text_base32(mac, sizeof mac, 20, id + 3);
    error = links_room_get(links, l->tenant, id, room);
    if (error != -ENOENT)
        return error;
    error = links_room_quota(links, l->tenant);
    if (error == 0)
        error = fresh(links, l, room);
    if (error)
        return error;
    memcpy(room->id, id, sizeof room->id);
    memcpy(room->minted, mac, sizeof room->minted);
    room->kind = ROOM_INSTANT;
    room->link_version = 1;
    room->unborn = true;
    own(room, l);
    return 0;
}

static int event_room(struct links *links, const struct links_launch *l,
                      struct launch_entry *out, int64_t now)
{
    int error = fresh(links, l, &out->room);

    return error ? error : links_event_room(links, l->event_ref, &out->room, &out->made, now);
}

static int personal_room(struct links *links, const struct links_launch *l,
                         struct launch_entry *out, int64_t now)
{
    struct links_settings settings;
    int error = links_settings_get(links, l->tenant, &settings);
    const bool on = settings.personal_rooms;

    links_settings_fini(&settings);
    if (error == 0 && !on)
        error = -EPERM;
    if (error == 0)
        error = fresh(links, l, &out->room);
    if (error)
        return error;
    own(&out->room, l);
    *out->room.metadata = '\0'; // it outlives this link
    return links_personal_room(links, &out->room, &out->made, now);
}

static int find_room(struct links *links, const struct links_launch *l,
                     struct launch_entry *out, int64_t now)
{
    switch (l->act) {
    case LAUNCH_INSTANT:
        return instant_room(links, l, &out->room);
    case LAUNCH_JOIN:
        return links_room_get(links, l->tenant, l->room, &out->room);
    case LAUNCH_PERSONAL:
        return personal_room(links, l, out, now);
    case LAUNCH_EVENT:
        return event_room(links, l, out, now);
    case LAUNCH_ACTS:
    default:
        return -ENOENT;
    }
}

enum links_status links_launch_room(struct links *links, const struct links_launch *l,
                                    struct launch_entry *out, int64_t now)
{
    out->made = false;
    out->error = find_room(links, l, out, now);
    if (out->error == -ENOENT)
        return LINK_UNKNOWN;
    if (out->error)
        return out->error == -EPERM ? LINK_DISABLED : LINK_DOWN;
    out->who = (struct links_member){0};
    memset(&out->who, 0, sizeof out->who);
    memcpy(out->who.ref, l->ref, sizeof out->who.ref);
    memcpy(out->who.name, l->name, sizeof out->who.name);
    out->who.role = strcmp(out->room.owner_ref, l->ref) == 0 ? ROLE_HOST : ROLE_MEMBER;
    return room_status(links, &out->room, now);
}
