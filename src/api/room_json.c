#include "inner.h"

#include <string.h>
#include <time.h>

json_t *api_time_json(int64_t t)
{
    time_t time = (time_t)t;
    struct tm tm;
    char text[32];

    if (t == 0)
        return json_null();
    (void)gmtime_r(&time, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

json_t *api_room_json(const struct api *api, const struct http_req *req,
                      const struct links_caller *caller, const struct links_room *room)
{
    unsigned count = call_room_count(api->conf.call, room->id);
    char url[LINKS_URL_SIZE];
    json_t *json;

    links_url(api->conf.links, room, url);
    json = json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:i, s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:b}", "id",
        room->id, "kind", links_kind_name(room->kind), "title", text_or_null(room->title),
        "state",
        room->closed ? "closed"
        : count > 0  ? "live"
                     : "idle",
        "access", links_access_name(room->access), "link_version", (int)room->link_version,
        "url", url, "event_ref", text_or_null(room->event_ref), "locale",
        text_or_null(room->locale), "participants", (int)count, "created_at",
        api_time_json(room->created_at), "last_used_at", api_time_json(room->last_used_at),
        "expires_at", api_time_json(room->expires_at), "ends_at", api_time_json(room->ends_at),
        "locked", room->locked);
    if (*room->owner_ref)
        (void)json_object_set_new(json, "owner",
                                  json_pack("{s:s, s:o}", "ref", room->owner_ref, "name",
                                            text_or_null(room->owner_name)));
    else
        (void)json_object_set_new(json, "owner", json_null());
    (void)json_object_set_new(
        json, "metadata", *room->metadata ? json_loads(room->metadata, 0, NULL) : json_null());
    if (caller->scopes & SCOPE_ROOMS_HOST) {
        char host[LINKS_URL_SIZE];

        links_host_url(api->conf.links, room, host);
        (void)json_object_set_new(json, "host_url", json_string(host));
    }
    (void)json_object_set_new(json, "share", api_share_of(api, req, caller, room));
    return json;
}
