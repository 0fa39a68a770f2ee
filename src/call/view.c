/* What shells are told, as the JSON of docs/signalling.md. */
#include "live.h"

#include "base/log.h"
#include "base/read_json.h"

#include <stdlib.h>
#include <string.h>

static const char *client_name(enum call_client client)
{
    static const char *const name[] = {
        [CLIENT_WEB] = "web", [CLIENT_WHIP] = "whip", [CLIENT_WHEP] = "whep"};
    return name[client];
}

json_t *call_view_tracks(const struct call_member *m)
{
    json_t *tracks = json_array();
    for (unsigned i = 0; m->media && i < m->agreement.mline_count; i++) {
        const struct agree_mline *line = &m->agreement.mline[i];
        if (!line->active || !line->client_sends || line->kind == KIND_DATA)
            continue;
        const char *by =
            m->muted[line->source] && m->muted_by_host[line->source] ? "host" : NULL;
        json_array_append_new(tracks, json_pack("{s:s, s:s, s:b, s:s*}", "source",
                                                media_source_name(line->source), "kind",
                                                media_kind_name(line->kind), "muted",
                                                m->muted[line->source], "muted_by", by));
    }
    return tracks;
}

json_t *call_view_member(const struct call_member *m)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o}", "id", m->id, "name", m->name,
                     "role", links_role_name(m->role), "client", client_name(m->client), "hand",
                     m->hand, "away", m->away, "tracks", call_view_tracks(m));
}

const char *call_view_text(struct call_member *m)
{
    if (m->view)
        return m->view;
    const unsigned before = json_shortages();
    json_t *view = call_view_member(m);
    char *text = view ? write_json(view) : NULL;
    json_decref(view);
    if (text && json_shortages() != before) { // a part of it is missing
        free(text);
        text = NULL;
    }
    m->view = text;
    m->view_len = text ? (uint32_t)strlen(text) : 0;
    return text;
}

void call_view_forget(struct call_member *m)
{
    free(m->view);
    m->view = NULL;
}

json_t *call_view_room(const struct call_room *room)
{
    return json_pack("{s:s, s:s, s:s, s:b}", "title", room->title, "kind",
                     links_kind_name(room->kind), "access", links_access_name(room->access),
                     "locked", room->locked);
}

json_t *call_view_seat(const struct letter_seat *seat)
{
    json_t *who = seat->of[0] ? json_string(seat->of) : json_null();
    return json_pack("{s:s, s:o, s:s, s:s, s:i, s:i, s:s}", "mid", seat->mid, "participant",
                     who, "source", media_source_name(seat->source), "rid", seat->rid, "width",
                     seat->width, "height", seat->height, "why", seat->why);
}

static char *dump(json_t *message)
{
    char *text = message ? write_json(message) : NULL;
    if (!text)
        log_at(LEVEL_ERROR, "call.memory", "error=ENOMEM");
    json_decref(message);
    return text;
}

void call_tell(struct call_member *m, json_t *message)
{
    char *text = dump(message);
    if (text)
        call_tell_text(m, text, strlen(text));
    free(text);
}

void call_tell_room(struct call_room *room, json_t *message)
{
    char *text = dump(message);
    if (text)
        call_news(room, NULL, text);
}

static char *left_text(const struct call_member *m)
{
    return dump(json_pack("{s:s, s:s, s:{s:s}}", "type", "participant", "event", "left",
                          "participant", "id", m->id));
}

static char *participant_text(struct call_member *m, const char *event)
{
    json_t *message = json_pack("{s:s, s:s}", "type", "participant", "event", event);
    const char *who = call_view_text(m);
    char *text = message && who ? write_json_with(message, "participant", who) : NULL;
    if (!text)
        log_at(LEVEL_ERROR, "call.memory", "error=ENOMEM");
    json_decref(message);
    return text;
}

void call_tell_of(struct call_member *m, const char *event)
{
    const bool left = strcmp(event, "left") == 0;
    if (!left)
        call_view_forget(m);
    if (!m->announced)
        return;
    if (!left)
        call_keep_member(m);
    char *text = left ? left_text(m) : participant_text(m, event);
    if (text && left)
        call_news_left(m, text);
    else if (text && strcmp(event, "joined") == 0)
        call_news_joined(m, text);
    else if (text) // its own page wants to know that, too
        call_news_changed(m, text, m->joining ? participant_text(m, "joined") : NULL);
}

json_t *call_list_rooms(const struct call *call)
{
    json_t *all = json_array();
    const struct call_room *room;
    LIST_FOREACH(room, &call->room_list, link)
    (void)json_array_append_new(all, json_pack("{s:s, s:i, s:i, s:I}", "id", room->id, "worker",
                                               room->worker, "participants", (int)room->count,
                                               "started_at", (json_int_t)room->started_at));
    return all;
}
