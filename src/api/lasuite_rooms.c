#include "lasuite.h"

#include "base/text.h"
#include "base/usec.h"
#include "links/rooms.h"
#include "links/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TITLE_CHARS  200
#define PAGE_DEFAULT 20
#define PAGE_MAX     100

/* ---- a room as La Suite sees it ---- */

/** Who may come in without being asked: what was said of the room, if that still holds. */
static const char *level_of(const struct links_room *room, const json_t *metadata)
{
    const char *said = json_string_value(json_object_get(metadata, "access_level"));

    if (room->access == ACCESS_OPEN)
        return "public";
    if (room->access == ACCESS_MEMBERS || (said && strcmp(said, "restricted") == 0))
        return "restricted";
    return "trusted";
}

/** NULL without memory, or for a room that has no UUID. */
static json_t *room_json(const struct api *api, const struct links_room *room)
{
    json_t *metadata = json_loads(room->metadata, 0, NULL), *json, *conf;
    char uuid[LASUITE_UUID_SIZE], url[LINKS_URL_SIZE], host[LINKS_URL_SIZE];
    const char *slug;

    if (!lasuite_uuid(room->id, uuid)) {
        json_decref(metadata);
        return NULL;
    }
    links_url(api->conf.links, room, url);
    links_host_url(api->conf.links, room, host);
    slug = strrchr(url, '/') + 1;
    conf = json_object_get(metadata, "configuration");
    json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:b}, s:o}", "id", uuid, "name",
                     *room->title ? room->title : slug, "slug", slug, "access_level",
                     level_of(room, metadata), "url", url, "host_url", host, "telephony",
                     "enabled", 0, "configuration",
                     json_is_object(conf) ? json_deep_copy(conf) : json_object());
    json_decref(metadata);
    return json;
}

static void reply_room(struct api *api, struct http_req *req, unsigned status,
                       const struct links_room *room)
{
    json_t *json = room_json(api, room);

    http_set(req, "Cache-Control", "no-store");
    if (json)
        http_reply_json(req, status, json);
    else
        lasuite_fail_error(req, -ENOMEM);
}

/* ---- POST /rooms/ ---- */

/** {"can_publish_sources": […] or null, "everyone_can_mute": true, false or null}. */
static bool configuration_valid(const json_t *conf)
{
    static const char *const sources[] = {"camera", "microphone", "screen_share",
                                          "screen_share_audio"};
    const json_t *mute = json_object_get(conf, "everyone_can_mute");
    const json_t *list = json_object_get(conf, "can_publish_sources");
    size_t i;
    json_t *one;

    if (!json_is_object(conf) ||
        json_object_size(conf) != (size_t)(mute != NULL) + (list != NULL) ||
        (mute && !json_is_boolean(mute) && !json_is_null(mute)) ||
        (list && !json_is_array(list) && !json_is_null(list)) ||
        json_array_size(list) > sizeof sources / sizeof *sources)
        return false;
    json_array_foreach(list, i, one)
    {
        bool known = false;

        for (size_t k = 0; json_is_string(one) && k < sizeof sources / sizeof *sources; k++)
            known |= strcmp(json_string_value(one), sources[k]) == 0;
        if (!known)
            return false;
    }
    return true;
}

/** A form holds it as text. New reference; NULL: it is none. */
static json_t *read_configuration(json_t *given, json_t *errors)
{
    json_t *conf = json_is_string(given) ? json_loads(json_string_value(given), 0, NULL)
                                         : json_incref(given);

    if (configuration_valid(conf))
        return conf;
    if (!json_is_null(given))
        lasuite_wrong(errors, "configuration", "Invalid configuration.");
    json_decref(conf);
    return NULL;
}

/**
 * public lets in whoever has the link, and is what holds if nothing is said: nobody signs in at
 * our page, so that a link of another level leads to a lobby for all but the owner's.
 */
static const char *read_level(const json_t *given, enum links_access *access, json_t *errors)
{
    const char *word = given ? json_string_value(given) : "public";

    *access = ACCESS_LOBBY;
    if (word && strcmp(word, "public") == 0)
        *access = ACCESS_OPEN;
    else if (!word || (strcmp(word, "trusted") != 0 && strcmp(word, "restricted") != 0))
        lasuite_wrong(errors, "access_level", "This is not a valid choice.");
    return word;
}

static void read_name(const json_t *given, struct links_room *room, json_t *errors)
{
    const char *name = json_string_value(given);
    const size_t len = name ? strlen(name) : 0;

    if (!given || json_is_null(given))
        return;
    if (name && text_one_line(name, len) && text_utf8_count(name, len) <= TITLE_CHARS)
        memcpy(room->title, name, len + 1);
    else
        lasuite_wrong(errors, "name",
                      "Ensure this field has no more than 200 characters, on one line.");
}

/** Reads the body; false: it was answered. What else is in it does not count. */
static bool read_room(struct http_req *req, struct links_room *room)
{
    json_t *fields = lasuite_fields(req), *errors, *conf = NULL, *given, *metadata;
    const char *level;
    bool good;

    if (!fields)
        return false;
    errors = json_object();
    read_name(json_object_get(fields, "name"), room, errors);
    level = read_level(json_object_get(fields, "access_level"), &room->access, errors);
    given = json_object_get(fields, "configuration");
    if (given)
        conf = read_configuration(given, errors);
    good = lasuite_good(req, errors);
    if (good) {
        metadata = json_pack("{s:s, s:o*}", "access_level", level, "configuration", conf);
        (void)json_dumpb(metadata, room->metadata, sizeof room->metadata - 1, JSON_COMPACT);
        json_decref(metadata);
    } else {
        json_decref(conf);
    }
    json_decref(fields);
    return good;
}

static bool within_rate(struct api *api, struct http_req *req, const struct links_delegate *who)
{
    char key[LIMIT_KEY_SIZE], text[80];
    unsigned retry_s;

    (void)snprintf(key, sizeof key, "ls|%.40s", who->tenant.id);
    if ((api->conf.dev_tenant && http_is_loopback(req)) ||
        limit_take(api->conf.rooms, key, &retry_s, usec_now()))
        return true;
    (void)snprintf(text, sizeof text, "%u", retry_s);
    http_set(req, "Retry-After", text);
    (void)snprintf(text, sizeof text,
                   "Request was throttled. Expected available in %u seconds.", retry_s);
    lasuite_fail(req, 429, text);
    return false;
}

void lasuite_make(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_delegate who;
    // Made for an event that may be months away, as those who use this API do.
    struct links_room room = {.kind = ROOM_EVENT};
    int error;

    if (!lasuite_caller(api, req, &who) || !within_rate(api, req, &who) ||
        !read_room(req, &room))
        return;
    memcpy(room.tenant, who.tenant.id, sizeof room.tenant);
    (void)snprintf(room.owner_ref, sizeof room.owner_ref, "%s", who.user);
    (void)snprintf(room.locale, sizeof room.locale, "%s", who.tenant.locale);
    room.uuid = who.tenant.uuid;
    error = links_room_quota(api->conf.links, room.tenant);
    if (error == 0)
        error = notify_begin(api->conf.notify);
    if (error == 0) {
        error = links_room_make(api->conf.links, &room, api_now());
        if (error == 0)
            api_tell_room(api, "room.created", &room);
        error = notify_end(api->conf.notify, error);
    }
    if (error)
        lasuite_fail_error(req, error);
    else
        reply_room(api, req, 201, &room);
}

/* ---- GET /rooms/ and /rooms/{id}/ ---- */

void lasuite_get(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_delegate who;
    struct links_room room;
    char id[LINKS_ID_SIZE];
    int error;

    if (!lasuite_caller(api, req, &who))
        return;
    error = lasuite_room_id(http_param(req, "id"), id)
                ? links_room_get(api->conf.links, who.tenant.id, id, &room)
                : -ENOENT;
    if (error == 0 && (room.closed || strcmp(room.owner_ref, who.user) != 0))
        error = -ENOENT;
    if (error)
        lasuite_fail_error(req, error);
    else
        reply_room(api, req, 200, &room);
}

struct listing {
    const struct api *api;
    json_t *results;
};

static void list_one(const struct links_room *room, void *ctx)
{
    struct listing *l = ctx;
    json_t *json = room_json(l->api, room);

    if (json)
        (void)json_array_append_new(l->results, json);
}

/** A number of the query; `otherwise` if it is absent, 0 if it is none. */
static unsigned number(const struct http_req *req, const char *name, unsigned otherwise)
{
    const char *text = http_query(req, name);
    char *end;
    unsigned long n;

    if (!text)
        return otherwise;
    if (*text < '0' || *text > '9')
        return 0;
    errno = 0;
    n = strtoul(text, &end, 10);
    return errno || *end || n > INT_MAX / PAGE_MAX ? 0 : (unsigned)n;
}

/** The address of another page, or null. */
static json_t *page_url(const struct http_req *req, unsigned page, unsigned size)
{
    if (page == 0)
        return json_null();
    if (size == PAGE_DEFAULT)
        return json_sprintf("%s/external-api/v1.0/rooms/?page=%u", http_public_url(req), page);
    return json_sprintf("%s/external-api/v1.0/rooms/?page=%u&page_size=%u",
                        http_public_url(req), page, size);
}

void lasuite_list(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_delegate who;
    struct listing l = {.api = api};
    const unsigned page = number(req, "page", 1);
    const unsigned size = number(req, "page_size", PAGE_DEFAULT);
    struct links_page p = {.limit = size == 0         ? PAGE_DEFAULT
                                    : size > PAGE_MAX ? PAGE_MAX
                                                      : size};
    int error = page == 0 ? -ENOENT : 0;

    if (!lasuite_caller(api, req, &who))
        return;
    l.results = json_array();
    p.offset = page == 0 ? 0 : (page - 1) * p.limit;
    if (error == 0)
        error = links_delegate_rooms(api->conf.links, &who, &p, list_one, &l);
    if (error == 0 && page > 1 && p.offset >= p.count)
        error = -ENOENT;
    if (error) {
        json_decref(l.results);
        if (error == -ENOENT)
            lasuite_fail(req, 404, "Invalid page.");
        else
            lasuite_fail_error(req, error);
        return;
    }
    http_set(req, "Cache-Control", "no-store");
    http_reply_json(
        req, 200,
        json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t)p.count, "next",
                  page_url(req, p.offset + p.limit < p.count ? page + 1 : 0, p.limit),
                  "previous", page_url(req, page - 1, p.limit), "results", l.results));
}
