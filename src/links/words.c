#include "inner.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[ROOM_KIND_COUNT] = {"instant", "event", "personal"};
static const char *const accesses[ACCESS_COUNT] = {"open", "lobby", "members"};
static const char *const roles[ROLE_COUNT] = {"guest", "member", "host"};

/** The place of `name` among `words`, or -1. */
static int find(const char *const *words, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], name) == 0)
            return i;
    }
    return -1;
}

const char *links_kind_name(enum links_kind kind)
{
    return kinds[kind];
}

const char *links_access_name(enum links_access access)
{
    return accesses[access];
}

const char *links_role_name(enum links_role role)
{
    return roles[role];
}

bool links_kind_from(const char *name, enum links_kind *out)
{
    int i = find(kinds, ROOM_KIND_COUNT, name);

    if (i >= 0)
        *out = (enum links_kind)i;
    return i >= 0;
}

bool links_access_from(const char *name, enum links_access *out)
{
    int i = find(accesses, ACCESS_COUNT, name);

    if (i >= 0)
        *out = (enum links_access)i;
    return i >= 0;
}

bool links_role_from(const char *name, enum links_role *out)
{
    int i = find(roles, ROLE_COUNT, name);

    if (i >= 0)
        *out = (enum links_role)i;
    return i >= 0;
}

/** All sizes on both sides are the same: nothing is ever cut. */
#define COPY(field) (void)snprintf(to->field, sizeof to->field, "%s", from->field)

void room_to_row(const struct links_room *from, struct store_room *to)
{
    memset(to, 0, sizeof *to);
    COPY(id);
    COPY(tenant);
    COPY(title);
    COPY(owner_ref);
    COPY(owner_name);
    COPY(event_ref);
    COPY(locale);
    COPY(metadata);
    (void)snprintf(to->kind, sizeof to->kind, "%s", kinds[from->kind]);
    (void)snprintf(to->access, sizeof to->access, "%s", accesses[from->access]);
    to->link_version = from->link_version;
    to->uuid = from->uuid;
    to->closed = from->closed;
    to->locked = from->locked;
    to->created_at = from->created_at;
    to->last_used_at = from->last_used_at;
    to->expires_at = from->expires_at;
    to->ends_at = from->ends_at;
}

void room_from_row(const struct store_room *from, struct links_room *to)
{
    memset(to, 0, sizeof *to);
    COPY(id);
    COPY(tenant);
    COPY(title);
    COPY(owner_ref);
    COPY(owner_name);
    COPY(event_ref);
    COPY(locale);
    COPY(metadata);
    (void)links_kind_from(from->kind, &to->kind);
    // What we cannot read lets nobody in but those a host admits.
    if (!links_access_from(from->access, &to->access))
        to->access = ACCESS_LOBBY;
    to->link_version = from->link_version;
    to->uuid = from->uuid;
    to->closed = from->closed;
    to->locked = from->locked;
    to->created_at = from->created_at;
    to->last_used_at = from->last_used_at;
    to->expires_at = from->expires_at;
    to->ends_at = from->ends_at;
}
