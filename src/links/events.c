#include "links/events.h"

#include "inner.h"
#include "links/rooms.h"
#include "store/invitations.h"
#include "store/webhooks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOUR_S INT64_C(3600)
#define DAY_S  (24 * HOUR_S)

static bool usable(const struct links_room *room, int64_t now)
{
    return !room->closed && (room->expires_at == 0 || room->expires_at > now);
}

int links_event_get(struct links *links, const char *tenant, const char *event_ref,
                    struct links_room *out, int64_t now)
{
    struct store_room row;
    int error = store_event_get(links->store, tenant, event_ref, &row);

    if (error)
        return error;
    room_from_row(&row, out);
    return usable(out, now) ? 0 : -ENOENT;
}

/** Several steps as one: ends what store_begin() began. */
static int finish(struct links *links, int error)
{
    if (error == 0)
        return store_commit(links->store);
    store_rollback(links->store);
    return error;
}

static int make_for(struct links *links, const char *event_ref, struct links_room *room,
                    int64_t now)
{
    int error = links_room_quota(links, room->tenant);

    room->kind = ROOM_EVENT;
    (void)snprintf(room->event_ref, sizeof room->event_ref, "%s", event_ref);
    return error ? error : links_room_make(links, room, now);
}

int links_event_room(struct links *links, const char *event_ref, struct links_room *room,
                     bool *made, int64_t now)
{
    struct links_room there;
    int error = store_begin(links->store);

    if (error)
        return error;
    error = links_event_get(links, room->tenant, event_ref, &there, now);
    *made = error == -ENOENT;
    if (error == 0)
        *room = there;
    else if (*made)
        error = make_for(links, event_ref, room, now);
    return finish(links, error);
}

int links_event_link(struct links *links, const char *event_ref, struct links_room *room)
{
    int error = store_event_put(links->store, room->tenant, event_ref, room->id);

    if (error == 0 && room->kind != ROOM_PERSONAL)
        (void)snprintf(room->event_ref, sizeof room->event_ref, "%s", event_ref);
    return error;
}

int links_event_renew(struct links *links, const char *event_ref,
                      const struct links_room *fresh, struct links_room *room, int64_t now)
{
    int error = store_begin(links->store);

    if (error)
        return error;
    error = links_event_get(links, fresh->tenant, event_ref, room, now);
    if (error == 0 && room->kind != ROOM_PERSONAL) {
        error = links_room_rotate(links, room, OLD_CLOSED);
    } else if (error == 0 || error == -ENOENT) {
        *room = *fresh;
        error = make_for(links, event_ref, room, now);
    }
    return finish(links, error);
}

int links_event_dissociate(struct links *links, const char *tenant, const char *event_ref)
{
    return store_event_remove(links->store, tenant, event_ref);
}

int links_personal_get(struct links *links, const char *tenant, const char *user,
                       struct links_room *out)
{
    struct store_room row;
    int error = store_room_personal(links->store, tenant, user, &row);

    if (error == 0)
        room_from_row(&row, out);
    return error;
}

int links_personal_room(struct links *links, struct links_room *room, bool *made, int64_t now)
{
    struct links_room there;
    int error = store_begin(links->store);

    if (error)
        return error;
    error = links_personal_get(links, room->tenant, room->owner_ref, &there);
    *made = error == -ENOENT;
    if (error == 0) {
        *room = there;
    } else if (*made) {
        room->kind = ROOM_PERSONAL;
        error = links_room_quota(links, room->tenant);
        if (error == 0)
            error = links_room_make(links, room, now);
    }
    return finish(links, error);
}

int links_user_erase(struct links *links, const char *tenant, const char *user)
{
    struct links_room room;
    int error = store_begin(links->store);

    if (error)
        return error;
    error = links_personal_get(links, tenant, user, &room);
    if (error == 0) {
        room.closed = true;
        error = links_room_change(links, &room);
    } else if (error == -ENOENT) {
        error = 0;
    }
    if (error == 0)
        error = store_room_forget_user(links->store, tenant, user);
    if (error == 0)
        error = store_invitation_forget_user(links->store, tenant, user);
    return finish(links, error);
}

/** One tenant's rooms that nobody needs any more. */
struct purge {
    struct links *links;
    bool (*in_use)(const char *room, void *ctx);
    void *ctx;
    int64_t now;
    unsigned limit, removed;
    int error;
};

static void purge_tenant(const struct links_tenant *tenant, void *ctx)
{
    struct purge *p = ctx;
    struct store_stale stale = {.tenant = tenant->id};
    struct links_settings s;
    char id[LINKS_ID_SIZE];

    if (p->error || (p->error = links_settings_get(p->links, tenant->id, &s)))
        return;
    stale.unused = p->now - s.retention.unused_h * HOUR_S;
    stale.instant = p->now - s.retention.instant_h * HOUR_S;
    stale.event = p->now - s.retention.event_d * DAY_S;
    stale.closed = p->now - s.retention.closed_d * DAY_S;
    p->error = store_invitation_purge(p->links->store, tenant->id,
                                      p->now - s.retention.invitations_d * DAY_S);
    if (p->error == 0)
        p->error =
            store_call_purge(p->links->store, tenant->id, p->now - s.retention.calls_d * DAY_S);
    if (p->error == 0)
        p->error = store_delivery_purge(p->links->store, tenant->id,
                                        p->now - s.retention.deliveries_d * DAY_S);
    links_settings_fini(&s);
    if (p->error)
        return;
    while (p->removed < p->limit) {
        p->error = store_room_stale(p->links->store, &stale, id);
        if (p->error)
            break;
        memcpy(stale.after, id, sizeof stale.after);
        if (p->in_use(id, p->ctx))
            continue;
        p->error = store_room_remove(p->links->store, id);
        if (p->error)
            break;
        p->removed++;
    }
    if (p->error == -ENOENT)
        p->error = 0;
}

int links_purge(struct links *links, bool (*in_use)(const char *room, void *ctx), void *ctx,
                unsigned limit, int64_t now)
{
    struct purge p = {links, in_use, ctx, now, limit, 0, 0};
    int error = links_tenant_list(links, purge_tenant, &p);

    if (error == 0)
        error = p.error;
    return error ? error : (int)p.removed;
}
