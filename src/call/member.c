#include "door.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_CHARS     20 // of 5 bits: nobody guesses whom to send a private message
#define SECRET_CHARS 32

struct call_member *call_member_find(const struct call_room *room, const char *id)
{
    struct call_member *m = map_get(&room->call->members, id, strlen(id));
    return m && m->room == room ? m : NULL;
}

bool call_name_valid(const char *name)
{
    const size_t len = strlen(name);
    return len > 0 && text_one_line(name, len) && text_utf8_count(name, len) <= CALL_NAME_CHARS;
}

/* ---- coming and going ---- */

static void on_away_too_long(void *member, usec_t now)
{
    (void)now;
    call_leave(member);
}

struct call_member *call_member_make(struct call_room *room, const char *id)
{
    struct call *call = room->call;
    struct call_member *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->call = call;
    m->room = room;
    (void)snprintf(m->id, sizeof(m->id), "%s", id);
    m->began = usec_now();
    m->heard = room->news_n; // all before is in what it finds
    m->gone = (struct deadline){.owner = m, .due = on_away_too_long};
    m->step = (struct deadline){.owner = m, .due = call_on_step};
    if (map_put(&call->members, m->id, strlen(m->id), m) != 0) {
        free(m);
        return NULL;
    }
    LIST_INSERT_HEAD(&room->members, m, link);
    room->count++;
    if (room->worker >= 0)
        supervisor_load(call->conf.supervisor, (unsigned)room->worker, 1);
    return m;
}

static struct call_member *make(struct call_room *room, const struct call_who *who)
{
    char id[LETTER_ID_SIZE];
    rand_id(id, sizeof(id), "p_", ID_CHARS);
    struct call_member *m = call_member_make(room, id);
    if (!m)
        return NULL;
    (void)snprintf(m->name, sizeof(m->name), "%s", who->name);
    (void)snprintf(m->ref, sizeof(m->ref), "%s", who->ref ? who->ref : "");
    m->role = who->role;
    m->client = who->client;
    m->joined_at = (int64_t)time(NULL);
    room->call->counts.joined++;
    return m;
}

void call_announce(struct call_member *m)
{
    m->announced = true;
    call_tell_of(m, "joined");
    call_happen_joined(m);
    call_door_look(m->call, m->room->id);
}

const char *call_member_ref(const struct call_member *m)
{
    return m->ref;
}

enum call_client call_member_client(const struct call_member *m)
{
    return m->client;
}

struct call_member *call_join(struct call *call, const struct call_who *who,
                              const struct call_ops *ops, void *shell, const char **reason)
{
    const enum call_entry entry = call_entry(call, who);
    *reason = call_entry_name(entry);
    return entry == ENTRY_OPEN ? call_join_admitted(call, who, ops, shell, reason) : NULL;
}

struct call_member *call_join_admitted(struct call *call, const struct call_who *who,
                                       const struct call_ops *ops, void *shell,
                                       const char **reason)
{
    assert(call_name_valid(who->name));
    *reason = "no_media_worker";
    struct call_room *room = call_room_find(call, who->room->id);
    if (call->stopping || call_finding(call) || (call->draining && !room))
        return NULL;
    *reason = "internal";
    if (!room)
        room = call_room_open(call, who->room);
    if (!room)
        return NULL;
    call_room_hold(room);
    room->weak = room->weak || who->room->weak;
    struct call_member *m = NULL;
    if (room->count >= call->conf.room_limit)
        *reason = "room_full";
    else
        m = make(room, who);
    if (m) {
        m->ops = ops;
        m->shell = shell;
        struct letter join = {.type = LETTER_MEMBER_JOIN};
        call_letter(m, &join);
        log_at(LEVEL_INFO, "call.joined", "room=%s participant=%s count=%u", room->id, m->id,
               room->count);
        if (who->client == CLIENT_WEB)
            call_announce(m);
    }
    call_room_release(room);
    return m;
}

void call_leave(struct call_member *m)
{
    struct call *call = m->call;
    struct call_room *room = m->room;
    m->shell = NULL;
    call_tell_of(m, "left");
    if (m->announced)
        call_happen_left(m);
    struct letter leave = {.type = LETTER_MEMBER_LEAVE};
    call_letter(m, &leave);
    if (room->worker >= 0)
        supervisor_load(call->conf.supervisor, (unsigned)room->worker, -1);

    call_room_hold(room);
    LIST_REMOVE(m, link);
    room->count--;
    map_del(&call->members, m->id, strlen(m->id));
    if (strcmp(room->speaker, m->id) == 0)
        room->speaker[0] = '\0'; // the worker says who is next
    struct call_member *other;
    LIST_FOREACH(other, &room->members, link)
    call_wants_forget(other, m->id);
    log_at(LEVEL_INFO, "call.left", "room=%s participant=%s count=%u", room->id, m->id,
           room->count);
    call_door_look(call, room->id);
    call_room_release(room);

    deadline_clear(&call->due, &m->gone);
    deadline_clear(&call->due, &m->step);
    call_news_forget(m);
    call_offers_free(m);
    agreement_fini(&m->agreement);
    call_layers_forget(m);
    json_decref(m->shell_kept);
    call_view_forget(m);
    free(m->seat);
    free(m->want);
    free(m);
}

void call_member_end(struct call_member *m, const char *reason)
{
    if (m->shell)
        m->ops->closed(m->shell, reason);
    call_leave(m);
}

void call_member_lost(struct call_member *m, const char *reason)
{
    m->call->counts.lost++;
    m->call->counts.worker_lost += strcmp(reason, "worker_restarted") == 0;
    if (m->client != CLIENT_WEB) {
        call_member_end(m, reason);
        return;
    }
    m->media = false;
    m->data_open = false;
    call_prune_seats(m, true);
    call_layers_forget(m);
    call_tell(m, json_pack("{s:s, s:s, s:s, s:I}", "type", "media", "state", "lost", "reason",
                           reason, "generation", (json_int_t)m->agreement.generation));
    call_tell_of(m, "changed"); // it publishes nothing now
}

/* ---- the shell ---- */

void call_detach(struct call_member *m)
{
    assert(!m->away);
    m->away = true;
    m->shell = NULL;
    call_offer_orphan(m);
    call_tell_of(m, "changed");
    call_due(m->call, &m->gone, usec_now() + m->call->conf.away_ms * USEC_PER_MS);
}

void call_prove(const char *secret, char proof[CALL_PROOF_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    digest_sha256(secret, strlen(secret), digest);
    text_hex(digest, sizeof(digest), proof);
}

struct call_member *call_resume(struct call *call, const char *id, const char *secret,
                                const struct call_ops *ops, void *shell)
{
    struct call_member *m = map_get(&call->members, id, strlen(id));
    char proof[CALL_PROOF_SIZE];
    call_prove(secret, proof);
    if (!m || !m->proof[0] || !digest_same(m->proof, strlen(m->proof), proof, strlen(proof)))
        return NULL;
    m->proof[0] = '\0';
    void *old = m->shell;
    const struct call_ops *old_ops = m->ops;
    call_offer_orphan(m);
    m->shell = NULL;
    if (old)
        old_ops->closed(old, "resumed_elsewhere");
    deadline_clear(&call->due, &m->gone);
    if (m->away) {
        m->away = false;
        call_tell_of(m, "changed"); // not to itself: it hears all of this at once
    }
    m->ops = ops;
    m->shell = shell;
    m->heard = m->room->news_n;
    return m;
}

const char *call_new_secret(struct call_member *m)
{
    rand_id(m->secret, sizeof(m->secret), "", SECRET_CHARS);
    call_prove(m->secret, m->proof);
    call_keep_member(m); // before it is told
    return m->secret;
}

/* ---- what it says ---- */

static void set_muted(struct call_member *m, enum media_source source, bool muted)
{
    if (m->muted[source] == muted)
        return;
    m->muted[source] = muted;
    struct letter letter = {.type = LETTER_TRACK_MUTE,
                            .u.mute = {.source = source, .muted = muted}};
    if (m->media)
        call_letter(m, &letter);
    call_tell_of(m, "changed");
}

void call_mute(struct call_member *m, enum media_source source, bool muted)
{
    if (!muted || !m->muted[source])
        m->muted_by_host[source] = false; // who says again what a host did, did not do it
    set_muted(m, source, muted);
}

bool call_mute_by(struct call_member *m, enum media_source source,
                  const struct call_member *host)
{
    bool published = false;
    for (unsigned i = 0; m->media && i < m->agreement.mline_count; i++) {
        const struct agree_mline *line = &m->agreement.mline[i];
        if (line->active && line->client_sends && line->kind != KIND_DATA &&
            line->source == source)
            published = true;
    }
    if (!published || m->muted[source])
        return published;
    m->muted_by_host[source] = true;
    set_muted(m, source, true);
    json_t *by =
        host ? json_pack("{s:s, s:s}", "id", host->id, "name", host->name) : json_null();
    call_tell(m, json_pack("{s:s, s:s, s:o}", "type", "muted", "source",
                           media_source_name(source), "by", by));
    return true;
}

void call_update(struct call_member *m, const char *name, bool has_hand, bool hand)
{
    if (name)
        (void)snprintf(m->name, sizeof(m->name), "%s", name);
    if (has_hand)
        m->hand = hand;
    call_tell_of(m, "changed");
}

/* ---- its seats ---- */

static struct letter_seat *seat_of(struct call_member *m, const char *mid)
{
    for (unsigned i = 0; i < m->seat_count; i++) {
        if (strcmp(m->seat[i].mid, mid) == 0)
            return &m->seat[i];
    }
    if (m->seat_count == LETTER_SEATS)
        return NULL;
    struct letter_seat *grown = realloc(m->seat, (m->seat_count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    m->seat = grown;
    return &m->seat[m->seat_count++];
}

void call_on_slots(struct call_member *m, const struct letter *letter)
{
    if (!m->media)
        return;
    json_t *seats = json_array();
    for (unsigned i = 0; i < letter->u.seats.count; i++) {
        const struct letter_seat *seat = &letter->u.seats.seat[i];
        struct letter_seat *kept = seat_of(m, seat->mid);
        if (kept)
            *kept = *seat;
        json_array_append_new(seats, call_view_seat(seat));
    }
    call_tell(m, json_pack("{s:s, s:I, s:o}", "type", "seat", "generation",
                           (json_int_t)m->agreement.generation, "seats", seats));
}

void call_prune_seats(struct call_member *m, bool all)
{
    unsigned n = 0;
    for (unsigned i = 0; !all && i < m->seat_count; i++) {
        const struct agree_mline *line = agreement_mline(&m->agreement, m->seat[i].mid);
        if (line && line->active && line->client_receives)
            m->seat[n++] = m->seat[i];
    }
    m->seat_count = n;
}

/* ---- what shells ask ---- */

const char *call_member_id(const struct call_member *m)
{
    return m->id;
}

const char *call_member_name(const struct call_member *m)
{
    return m->name;
}

enum links_role call_member_role(const struct call_member *m)
{
    return m->role;
}

const char *call_member_room(const struct call_member *m)
{
    return m->room->id;
}

json_t *call_member_room_view(const struct call_member *m)
{
    return call_view_room(m->room);
}

json_t *call_member_muted(const struct call_member *m)
{
    json_t *all = json_array();
    for (unsigned s = 0; s < SOURCE_COUNT; s++) {
        if (m->muted[s] && m->muted_by_host[s])
            json_array_append_new(all, json_string(media_source_name((enum media_source)s)));
    }
    return all;
}

bool call_media_kept(const struct call_member *m)
{
    return m->media;
}

char *call_others(const struct call_member *m)
{
    struct call_member *other;
    size_t len = sizeof("[]");
    LIST_FOREACH(other, &m->room->members, link)
    {
        if (other != m && other->announced && !call_view_text(other))
            return NULL;
        len += other != m && other->announced ? other->view_len + 1 : 0;
    }
    char *text = malloc(len), *to = text;
    if (!text)
        return NULL;
    *to++ = '[';
    LIST_FOREACH(other, &m->room->members, link)
    {
        if (other == m || !other->announced)
            continue;
        memcpy(to, other->view, other->view_len);
        to += other->view_len;
        *to++ = ',';
    }
    to -= to[-1] == ',';
    *to++ = ']';
    *to = '\0';
    return text;
}

json_t *call_seats(const struct call_member *m)
{
    json_t *seats = json_array();
    for (unsigned i = 0; i < m->seat_count; i++)
        json_array_append_new(seats, call_view_seat(&m->seat[i]));
    return seats;
}

json_t *call_speaker(const struct call_member *m)
{
    return m->room->speaker[0] ? json_string(m->room->speaker) : json_null();
}
