/*
 * The rooms of a worker that was adopted, out of the notes that the control before has left
 * there. Each participant is away then, until its page resumes; media has never stopped.
 */
#include "live.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_string(char *to, size_t size, const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));
    (void)snprintf(to, size, "%s", text ? text : "");
}

static int64_t number(const json_t *from, const char *key)
{
    return json_integer_value(json_object_get(from, key));
}

static bool flag(const json_t *from, const char *key)
{
    return json_is_true(json_object_get(from, key));
}

static const char *word(const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "";
}

/* ---- rooms ---- */

static void room_held(struct call *call, unsigned worker, const struct letter *l)
{
    struct links_room about = {.kind = ROOM_PERSONAL};
    memcpy(about.id, l->room,
           sizeof(about.id) < sizeof(l->room) ? sizeof(about.id) : sizeof(l->room));
    struct call_room *room =
        call_room_find(call, l->room) ? NULL : call_room_make(call, &about);
    if (!room) {
        log_at(LEVEL_WARN, "call.not_restored", "room=%s", l->room);
        return;
    }
    room->worker = (int)worker;
    room->returning = RETURNING_UNKNOWN;
}

static void note_of_room(struct call_room *room, const json_t *what)
{
    if (number(what, "v") != CALL_NOTES || !links_kind_from(word(what, "kind"), &room->kind) ||
        !links_access_from(word(what, "access"), &room->access))
        return;
    copy_string(room->title, sizeof(room->title), what, "title");
    copy_string(room->call_id, sizeof(room->call_id), what, "call");
    room->locked = flag(what, "locked");
    room->weak = flag(what, "weak");
    room->started_at = number(what, "started_at");
    room->peak = (unsigned)number(what, "peak");
    if ((uint64_t)number(what, "chat") > room->chat_count)
        room->chat_count = (uint64_t)number(what, "chat");
    room->returning = RETURNING_KNOWN;
}

static void note_of_chat(struct call_room *room, json_t *chat)
{
    const uint64_t n = (uint64_t)number(chat, "n");
    json_t **kept = &room->chat[n % CALL_CHAT_KEPT];
    json_decref(*kept);
    *kept = json_incref(chat);
    if (n > room->chat_count) // said after the room's own note
        room->chat_count = n;
}

/* ---- members ---- */

static void member_held(struct call_room *room, const struct letter *l)
{
    struct call_member *m = call_member_make(room, l->member);
    if (!m)
        return; // its page joins anew
    m->away = true;
    m->held = l->u.held;
    m->connected = l->u.held.connected;
    m->data_open = l->u.held.data_open;
}

static void note_who(struct call_member *m, const json_t *what)
{
    const int64_t client = number(what, "client");
    if (number(what, "v") != CALL_NOTES || client < CLIENT_WEB || client > CLIENT_WHEP ||
        !links_role_from(word(what, "role"), &m->role))
        return;
    m->client = (enum call_client)client;
    copy_string(m->name, sizeof(m->name), what, "name");
    copy_string(m->ref, sizeof(m->ref), what, "ref");
    copy_string(m->proof, sizeof(m->proof), what, "proof");
    copy_string(m->only, sizeof(m->only), what, "only");
    m->hand = flag(what, "hand");
    m->joined_at = number(what, "joined_at");
    for (unsigned s = 0; s < SOURCE_COUNT; s++) {
        m->muted[s] = number(what, "muted") >> s & 1;
        m->muted_by_host[s] = number(what, "muted_by_host") >> s & 1;
    }
    m->shell_kept = json_incref(json_object_get(what, "shell"));
    call_view_forget(m);
    m->announced = true;
}

static void note_media(struct call_member *m, const json_t *what)
{
    const char *where = "";
    agreement_fini(&m->agreement);
    m->agreed =
        agreement_from_json(json_object_get(what, "agreement"), &m->agreement, &where) == 0;
    m->session = strtoull(word(what, "session"), NULL, 16);
    m->media = m->agreed && m->held.generation == m->agreement.generation && !m->held.gone[0];
    call_view_forget(m);
}

static void on_note(struct call_room *room, const struct letter *l)
{
    const char *key = l->u.note.key;
    struct call_member *m = *l->member ? call_member_find(room, l->member) : NULL;
    size_t len = strlen(l->u.note.text);
    const bool media = strcmp(key, "media") == 0;
    char *unpacked = media ? call_unpack(l->u.note.text, &len) : NULL;
    const char *text = media ? unpacked : l->u.note.text;
    json_t *what = text ? json_loadb(text, len, 0, NULL) : NULL;
    if (m && media)
        note_media(m, what);
    else if (m && strcmp(key, "who") == 0)
        note_who(m, what);
    else if (!*l->member && strcmp(key, "room") == 0)
        note_of_room(room, what);
    else if (!*l->member && what)
        note_of_chat(room, what);
    json_decref(what);
    free(unpacked);
}

void call_on_held(struct call *call, unsigned worker, const struct letter *l)
{
    struct call_room *room = call_room_find(call, l->room);
    if (l->type == LETTER_ROOM_HELD)
        room_held(call, worker, l);
    else if (!room || room->worker != (int)worker || room->returning == RETURNING_NOT)
        return; // one that could not be made
    else if (l->type == LETTER_MEMBER_HELD)
        member_held(room, l);
    else if (l->type == LETTER_NOTE)
        on_note(room, l);
    else
        call_on_letter(call, worker, l);
}

/* ---- the end ---- */

/**
 * The worker has agreed to something of which nobody here knows: we have ended in between, and
 * the client has no answer. It starts anew there.
 */
static void start_over(struct call_member *m)
{
    struct letter l = {.type = LETTER_MEMBER_LEAVE};
    call_letter(m, &l);
    l.type = LETTER_MEMBER_JOIN;
    call_letter(m, &l);
    call_keep_member(m);
    m->media = m->data_open = false;
    call_view_forget(m);
    m->stale = m->agreed;
    call_prune_seats(m, true);
    call_layers_forget(m);
}

/** Nobody can come back for it. */
static void give_up(struct call_member *m)
{
    m->announced = false; // the books never knew of it, or it is the front end's to ask
    call_leave(m);
}

static void come_back(struct call_member *m)
{
    struct call *call = m->call;
    const uint32_t known = m->agreed ? m->agreement.generation : 0;
    if (m->held.generation != known)
        start_over(m);
    if (m->client == CLIENT_WEB) {
        call_due(call, &m->gone, usec_now() + call->conf.away_ms * USEC_PER_MS);
        return;
    }
    m->away = false; // a program that publishes asks for nothing: its media is its presence
    call_view_forget(m);
    if (!m->media || !call->returns || !call->returns(call->returns_arg, m, m->shell_kept))
        call_leave(m);
}

static void room_back(struct call_room *room)
{
    const bool known = room->returning == RETURNING_KNOWN;
    struct call_member *next;
    room->returning = RETURNING_NOT;
    call_room_hold(room);
    for (struct call_member *m = LIST_FIRST(&room->members); m; m = next) {
        next = LIST_NEXT(m, link);
        (known && m->announced ? come_back : give_up)(m);
    }
    struct call_member *m;
    const bool untold = room->call_id[0] == '\0'; // we have ended before the books were told
    LIST_FOREACH(m, &room->members, link)
    {
        if (untold)
            call_happen_joined(m);
    }
    log_at(LEVEL_INFO, "call.room_back", "room=%s worker=%d count=%u", room->id, room->worker,
           room->count);
    call_room_release(room);
}

void call_restored(struct call *call, unsigned worker)
{
    struct call_room *next;
    for (struct call_room *room = LIST_FIRST(&call->room_list); room; room = next) {
        next = LIST_NEXT(room, link);
        if (room->worker == (int)worker && room->returning != RETURNING_NOT)
            room_back(room);
    }
}

void call_restore_failed(struct call_room *room)
{
    struct call_member *m;
    room->returning = RETURNING_NOT;
    call_room_hold(room);
    while ((m = LIST_FIRST(&room->members)))
        give_up(m);
    room->call_id[0] = '\0'; // its end is told with those that were left over
    call_room_release(room);
}

bool call_finding(const struct call *call)
{
    return supervisor_finding(call->conf.supervisor);
}

void call_on_return(struct call *call, call_returns returns, void *arg)
{
    call->returns = returns;
    call->returns_arg = arg;
}

void call_attach(struct call_member *m, const struct call_ops *ops, void *shell)
{
    m->ops = ops;
    m->shell = shell;
    m->heard = m->room->news_n;
}

bool call_goes_on(const struct call *call, const char *room_id, const char *call_id)
{
    const struct call_room *room = call_room_find(call, room_id);
    return room && strcmp(room->call_id, call_id) == 0;
}
