/* Those who knock: from the knock to the door that opens, or does not. */
#include "door.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/rand.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KNOCKS_ROOM  100  // at one room
#define KNOCKS_ALL   2000 // they hold some 10 KiB each
#define ID_CHARS     20
#define SECRET_CHARS 32
#define AWAY_PART    3 // of the time that a participant has to come back

/* ---- doors ---- */

struct call_door *call_door_find(const struct call *call, const char *room)
{
    return map_get(&call->doors, room, strlen(room));
}

struct call_knock *call_knock_find(const struct call_door *door, const char *id)
{
    struct call_knock *k = map_get(&door->call->knocks, id, strlen(id));
    return k && k->door == door && k->state == KNOCK_WAITING ? k : NULL;
}

void call_door_hold(struct call_door *door)
{
    door->holds++;
}

void call_door_release(struct call_door *door)
{
    assert(door->holds > 0);
    if (--door->holds > 0 || door->count > 0)
        return;
    map_del(&door->call->doors, door->room, strlen(door->room));
    deadline_clear(&door->call->due, &door->review);
    free(door);
}

/** Looks again at who waits: the room, or who is in it, has changed. */
static void on_review(void *owner, usec_t now)
{
    struct call_door *door = owner;
    (void)now;
    call_door_hold(door);
    struct call_knock *k = TAILQ_FIRST(&door->knocks), *next;
    for (; k; k = next) {
        next = TAILQ_NEXT(k, link);
        if (k->state != KNOCK_WAITING)
            continue;
        const struct call_who who = {&k->room, CLIENT_WEB, k->role, k->name, k->ref};
        const enum call_entry why = call_entry(door->call, &who);
        const bool host = call_door_kept(door->call, door->room);
        const bool changed = why != k->why || host != k->host;
        if (why == ENTRY_OPEN) {
            call_knock_admit(k);
        } else if (why == ENTRY_MEMBERS) {
            call_knock_close(k, call_entry_name(why));
        } else if (changed) {
            k->why = why;
            k->host = host;
            if (k->shell)
                k->ops->waiting(k->shell);
        }
    }
    call_door_tell(door);
    call_door_release(door);
}

void call_door_look(struct call *call, const char *room)
{
    struct call_door *door = call_door_find(call, room);
    if (door)
        call_due(call, &door->review, usec_now()); // not now: somebody is coming or going
}

static struct call_door *door_open(struct call *call, const char *room)
{
    struct call_door *door = call_door_find(call, room);
    if (door)
        return door;
    door = calloc(1, sizeof(*door));
    if (!door)
        return NULL;
    door->call = call;
    (void)snprintf(door->room, sizeof(door->room), "%s", room);
    TAILQ_INIT(&door->knocks);
    door->review = (struct deadline){.owner = door, .due = on_review};
    if (map_put(&call->doors, door->room, strlen(door->room), door) == 0)
        return door;
    free(door);
    return NULL;
}

/* ---- knocks ---- */

/** Takes it from the door and frees it; those inside see that it is gone. */
static void drop(struct call_knock *k)
{
    struct call_door *door = k->door;
    struct call *call = door->call;
    const bool waited = k->state == KNOCK_WAITING;
    call_door_hold(door);
    TAILQ_REMOVE(&door->knocks, k, link);
    door->count--;
    map_del(&call->knocks, k->id, strlen(k->id));
    deadline_clear(&call->due, &k->gone);
    free(k);
    if (waited)
        call_door_tell(door);
    call_door_release(door);
}

static void on_away_too_long(void *owner, usec_t now)
{
    (void)now;
    drop(owner);
}

static struct call_knock *make(struct call_door *door, const struct call_who *who)
{
    struct call_knock *k = calloc(1, sizeof(*k));
    if (!k)
        return NULL;
    k->door = door;
    rand_id(k->id, sizeof(k->id), "k_", ID_CHARS);
    k->room = *who->room;
    k->role = who->role;
    (void)snprintf(k->name, sizeof(k->name), "%s", who->name);
    (void)snprintf(k->ref, sizeof(k->ref), "%s", who->ref ? who->ref : "");
    k->since = (int64_t)time(NULL);
    k->gone = (struct deadline){.owner = k, .due = on_away_too_long};
    if (map_put(&door->call->knocks, k->id, strlen(k->id), k) == 0)
        return k;
    free(k);
    return NULL;
}

struct call_knock *call_knock(struct call *call, const struct call_who *who,
                              enum call_entry why, const struct call_knock_ops *ops,
                              void *shell, const char **reason)
{
    assert(call_name_valid(who->name) && why != ENTRY_OPEN && why != ENTRY_MEMBERS);
    *reason = "internal";
    struct call_door *door = NULL;
    if (call_finding(call)) // who is inside, and may open, is not known yet
        *reason = "no_media_worker";
    else if (!call->stopping)
        door = door_open(call, who->room->id);
    if (!door)
        return NULL;
    call_door_hold(door);
    struct call_knock *k = NULL;
    if (door->count >= KNOCKS_ROOM || call->knocks.count >= KNOCKS_ALL)
        *reason = "room_full";
    else
        k = make(door, who);
    if (k) {
        TAILQ_INSERT_TAIL(&door->knocks, k, link);
        door->count++;
        k->why = why;
        k->host = call_door_kept(call, door->room);
        k->ops = ops;
        k->shell = shell;
        log_at(LEVEL_INFO, "call.knocked", "room=%s knock=%s count=%u", door->room, k->id,
               door->count);
        call_door_tell(door);
        call_happen_lobby(k, CALL_KNOCKED);
    }
    call_door_release(door);
    return k;
}

void call_knock_leave(struct call_knock *k)
{
    drop(k);
}

void call_knock_detach(struct call_knock *k)
{
    struct call *call = k->door->call;
    k->shell = NULL;
    call_due(call, &k->gone, usec_now() + call->conf.away_ms * USEC_PER_MS / AWAY_PART);
}

struct call_knock *call_knock_resume(struct call *call, const char *id, const char *secret,
                                     const struct call_knock_ops *ops, void *shell,
                                     const char **settled)
{
    struct call_knock *k = map_get(&call->knocks, id, strlen(id));
    *settled = NULL;
    if (!k || !k->secret[0] ||
        !digest_same(k->secret, strlen(k->secret), secret, strlen(secret)))
        return NULL;
    k->secret[0] = '\0';
    if (k->state == KNOCK_SETTLED) {
        *settled = k->settled;
        drop(k);
        return NULL;
    }
    void *old = k->shell;
    if (old)
        k->ops->closed(old, "resumed_elsewhere");
    k->ops = ops;
    k->shell = shell;
    deadline_clear(&call->due, &k->gone);
    if (k->state == KNOCK_ADMITTED)
        *settled = "admitted";
    return k;
}

void call_knock_admit(struct call_knock *k)
{
    struct call_door *door = k->door;
    assert(k->state == KNOCK_WAITING);
    call_door_hold(door);
    k->state = KNOCK_ADMITTED;
    log_at(LEVEL_INFO, "call.admitted", "room=%s knock=%s", door->room, k->id);
    call_happen_lobby(k, CALL_ADMITTED);
    if (k->shell)
        k->ops->admitted(k->shell);
    call_door_tell(door);
    call_door_release(door);
}

void call_knock_close(struct call_knock *k, const char *reason)
{
    void *shell = k->shell;
    k->state = KNOCK_SETTLED;
    k->settled = reason;
    log_at(LEVEL_INFO, "call.knock_over", "room=%s knock=%s reason=%s", k->door->room, k->id,
           reason);
    if (!shell)
        return; // it is told when it comes back
    k->ops->closed(shell, reason);
    drop(k);
}

struct call_member *call_knock_enter(struct call_knock *k, const struct call_ops *ops,
                                     void *shell, const char **reason)
{
    assert(k->state == KNOCK_ADMITTED);
    const struct call_who who = {&k->room, CLIENT_WEB, k->role, k->name,
                                 k->ref[0] ? k->ref : NULL};
    struct call *call = k->door->call;
    call_door_hold(k->door);
    struct call_door *door = k->door;
    struct call_member *m = call_join_admitted(call, &who, ops, shell, reason);
    drop(k);
    call_door_release(door);
    return m;
}

void call_door_close(struct call *call, const char *room, const char *reason)
{
    struct call_door *door = call_door_find(call, room);
    if (!door)
        return;
    call_door_hold(door);
    struct call_knock *k = TAILQ_FIRST(&door->knocks), *next;
    for (; k; k = next) {
        next = TAILQ_NEXT(k, link);
        if (k->shell)
            k->ops->closed(k->shell, reason);
        k->state = KNOCK_SETTLED;
        drop(k);
    }
    call_door_release(door);
}

void call_doors_close(struct call *call, const char *reason)
{
    size_t at = 0;
    struct call_door *door;
    while ((door = map_next(&call->doors, &at))) {
        call_door_close(call, door->room, reason);
        at = 0; // the map may have moved its entries
    }
}
