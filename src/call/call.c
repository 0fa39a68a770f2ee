#include "live.h"

#include "base/log.h"
#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_LIMIT 500
#define AWAY_MS    30000
#define AGREE_MS   5000
#define WAIT_MS    3000
#define GATHER_MS  250

static void on_timer(uv_timer_t *timer);

static void arm(struct call *call)
{
    const usec_t next = deadline_next(&call->due);
    if (next == USEC_NEVER) {
        uv_timer_stop(&call->timer);
        return;
    }
    const usec_t now = usec_now();
    const usec_t wait = next > now ? next - now : 0;
    uv_update_time(call->loop); // the loop's own clock may be a long callback behind
    uv_timer_start(&call->timer, on_timer, (uint64_t)((wait + USEC_PER_MS - 1) / USEC_PER_MS),
                   0);
}

static void on_timer(uv_timer_t *timer)
{
    struct call *call = timer->data;
    deadline_run(&call->due, usec_now());
    arm(call);
}

void call_due(struct call *call, struct deadline *d, usec_t at)
{
    if (deadline_set(&call->due, d, at) != 0) {
        log_at(LEVEL_ERROR, "call.memory", "error=ENOMEM");
        return;
    }
    arm(call);
}

void call_letter(const struct call_member *m, struct letter *letter)
{
    const struct call_room *room = m->room;
    if (room->worker < 0)
        return;
    memcpy(letter->room, room->id, sizeof(letter->room));
    memcpy(letter->member, m->id, sizeof(letter->member));
    const int r = supervisor_send(m->call->conf.supervisor, (unsigned)room->worker, letter);
    if (r < 0 && r != -ENOTCONN) // not connected: on_lost() is on its way
        log_at(LEVEL_ERROR, "call.letter", "type=%s error=%d", letter_name(letter->type), r);
}

/* ---- from the supervisor ---- */

static void on_up(void *arg, unsigned worker)
{
    struct call *call = arg;
    call_restored(call, worker);
    struct call_room *room;
    LIST_FOREACH(room, &call->room_list, link)
    call_room_place(room);
    if (call->ready || ++call->up < supervisor_count(call->conf.supervisor))
        return;
    call->ready = true;
    if (call->conf.ready)
        call->conf.ready(call->conf.arg);
}

static void on_lost(void *arg, unsigned worker)
{
    struct call *call = arg;
    struct call_room *room = LIST_FIRST(&call->room_list), *next_room;
    for (; room; room = next_room) {
        call_room_hold(room);
        if (room->worker == (int)worker && room->returning != RETURNING_NOT) {
            call_room_unplace(room);
            call_restore_failed(room);
        } else if (room->worker == (int)worker) {
            call_room_unplace(room);
            call_quality_lost(room);
            call_flight_lost(room);
            struct call_member *m = LIST_FIRST(&room->members), *next;
            for (; m; m = next) {
                next = LIST_NEXT(m, link);
                call_offer_again(m);
                m->stale = true;
                m->data_open = false;
                if (m->media)
                    call_member_lost(m, "worker_restarted");
            }
            call_room_place(room);
        }
        next_room = LIST_NEXT(room, link);
        call_room_release(room);
    }
}

static void on_agreed(struct call_member *m, const struct letter *l)
{
    call_on_agreed(m, &l->u.agreed);
}

static void on_connected(struct call_member *m, const struct letter *l)
{
    if (!m->media || l->u.gone.generation != m->agreement.generation)
        return;
    if (!m->connected)
        histogram_add(&m->call->counts.connect_time, usec_now() - m->began, 1);
    m->connected = true;
    call_tell(m, json_pack("{s:s, s:s, s:I}", "type", "media", "state", "connected",
                           "generation", (json_int_t)l->u.gone.generation));
}

static void on_gone(struct call_member *m, const struct letter *l)
{
    if (m->media && l->u.gone.generation == m->agreement.generation)
        call_member_lost(m, l->u.gone.reason[0] ? l->u.gone.reason : "closed");
}

static void on_speaker(struct call_room *room, const struct letter *l)
{
    if (strcmp(room->speaker, l->u.speaker.member) == 0)
        return;
    memcpy(room->speaker, l->u.speaker.member, sizeof(room->speaker));
    json_t *who = room->speaker[0] ? json_string(room->speaker) : json_null();
    call_tell_room(room, json_pack("{s:s, s:o}", "type", "speaker", "participant", who));
}

void call_on_letter(void *arg, unsigned worker, const struct letter *l)
{
    static void (*const run[LETTER_TYPE_COUNT])(struct call_member *, const struct letter *) = {
        [LETTER_MEMBER_AGREED] = on_agreed,     [LETTER_MEMBER_CONNECTED] = on_connected,
        [LETTER_MEMBER_GONE] = on_gone,         [LETTER_SLOT_CHANGED] = call_on_slots,
        [LETTER_TRACK_DEMAND] = call_on_demand, [LETTER_DATA_IN] = call_on_data,
    };
    struct call_room *room = call_room_find(arg, l->room);
    // What is unknown here has left while the letter was on its way.
    if (!room || room->worker != (int)worker)
        return;
    if (l->type == LETTER_SPEAKER) {
        on_speaker(room, l);
        return;
    }
    if (l->type == LETTER_QUALITY) {
        call_on_quality(room, l);
        return;
    }
    if (l->type == LETTER_FLIGHT) {
        call_on_flight(room, l);
        return;
    }
    struct call_member *m = call_member_find(room, l->member);
    if (run[l->type] && m)
        run[l->type](m, l);
    else if (!run[l->type])
        log_at(LEVEL_WARN, "call.odd_letter", "type=%s", letter_name(l->type));
}

static void on_held(void *arg, unsigned worker, const struct letter *l)
{
    call_on_held(arg, worker, l);
}

static void on_failed(void *arg, const char *why)
{
    struct call *call = arg;
    if (call->conf.failed)
        call->conf.failed(call->conf.arg, why);
}

/* ---- the whole ---- */

int call_create(uv_loop_t *loop, const struct call_conf *conf, struct call **out)
{
    assert(conf->address_count <= SDP_MAX_ADDRESSES);
    struct call *call = calloc(1, sizeof(*call));
    if (!call)
        return -ENOMEM;
    call->ice_servers = conf->ice_servers ? json_deep_copy(conf->ice_servers) : json_array();
    if (!call->ice_servers) {
        free(call);
        return -ENOMEM;
    }
    call->loop = loop;
    call->conf = *conf;
    call->conf.room_limit = conf->room_limit ? conf->room_limit : ROOM_LIMIT;
    call->conf.away_ms = conf->away_ms ? conf->away_ms : AWAY_MS;
    call->conf.agree_ms = conf->agree_ms ? conf->agree_ms : AGREE_MS;
    call->conf.wait_ms = conf->wait_ms ? conf->wait_ms : WAIT_MS;
    call->conf.gather_ms = conf->gather_ms ? conf->gather_ms : GATHER_MS;
    map_init(&call->rooms, rand_u64());
    map_init(&call->members, rand_u64());
    map_init(&call->doors, rand_u64());
    map_init(&call->knocks, rand_u64());
    LIST_INIT(&call->room_list);
    contacts_init(&call->contacts);
    const int r = uv_timer_init(loop, &call->timer);
    assert(r == 0);
    (void)r;
    call->timer.data = call;
    *out = call;
    return 0;
}

int call_start(struct call *call)
{
    static const struct supervisor_ops ops = {on_up, on_lost, call_on_letter, on_failed,
                                              on_held};
    return supervisor_start(call->conf.supervisor, &ops, call);
}

void call_drain(struct call *call, bool on)
{
    call->draining = on;
}

int call_set(struct call *call, unsigned room_limit, const json_t *ice_servers)
{
    json_t *copy = ice_servers ? json_deep_copy(ice_servers) : json_incref(call->ice_servers);
    if (!copy)
        return -ENOMEM;
    json_decref(call->ice_servers);
    call->ice_servers = copy;
    call->conf.room_limit = room_limit;
    return 0;
}

static void end_all(struct call_room *room, const char *reason)
{
    call_room_hold(room);
    struct call_member *m;
    while ((m = LIST_FIRST(&room->members)))
        call_put_out(m, reason);
    call_room_release(room);
}

void call_stop(struct call *call)
{
    call->stopping = true;
    call_doors_close(call, "shutdown");
    struct call_room *room;
    while ((room = LIST_FIRST(&call->room_list)))
        end_all(room, "shutdown");
}

void call_room_close(struct call *call, const char *room_id)
{
    struct call_room *room = call_room_find(call, room_id);
    if (room)
        end_all(room, "room_closed");
    call_door_close(call, room_id, "room_closed");
}

static void on_freed(uv_handle_t *handle)
{
    struct call *call = handle->data;
    map_fini(&call->rooms);
    contacts_fini(&call->contacts);
    map_fini(&call->members);
    map_fini(&call->doors);
    map_fini(&call->knocks);
    deadline_heap_fini(&call->due);
    json_decref(call->ice_servers);
    free(call);
}

void call_destroy(struct call *call)
{
    if (!call)
        return;
    if (!call->stopping)
        call_stop(call);
    uv_close((uv_handle_t *)&call->timer, on_freed);
}

const struct call_counts *call_counts(const struct call *call)
{
    return &call->counts;
}
