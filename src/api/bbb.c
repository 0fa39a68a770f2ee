/*
 * BigBlueButton's API, for front ends that have a plug-in for it: each call is translated onto
 * rooms and links. Its GETs are authenticated by their checksum, not public links: they may
 * change something. Errors are its XML, with status 200.
 */
#include "bbb.h"

#include "base/log.h"
#include "base/text.h"
#include "bbb_checksum.h"
#include "links/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FORM_MAX   65536
#define CREATE_MAX 2097152 ///< BigBlueButton's own limit of a create with slides within

const char *bbb_get(const struct bbb_ask *ask, const char *name)
{
    const char *value = form_get(&ask->query, name);

    if (!value)
        value = form_get(&ask->body, name);
    return value && *value ? value : NULL;
}

void bbb_fail(struct http_req *req, const char *key, const char *message)
{
    struct bbb_xml *xml = bbb_xml_open(false);

    bbb_xml_text(xml, "messageKey", key);
    bbb_xml_text(xml, "message", message);
    bbb_xml_reply(req, xml);
}

void bbb_fail_error(struct http_req *req, int error)
{
    if (error == -EDQUOT) {
        bbb_fail(req, "quotaExceeded", "There are as many meetings as there may be");
    } else if (links_down(error)) {
        log_at(LEVEL_WARN, "bbb.database", "id=%s error=\"%s\"", http_id(req),
               strerror(-error));
        http_set(req, "Retry-After", "5");
        bbb_fail(req, "unavailable", "The server cannot do this just now");
    } else {
        log_at(LEVEL_ERROR, "bbb.error", "id=%s error=\"%s\"", http_id(req), strerror(-error));
        bbb_fail(req, "internalError", "The server made a mistake");
    }
}

void bbb_fail_unknown(struct http_req *req)
{
    bbb_fail(req, "notFound", "A meeting with that ID does not exist");
}

bool bbb_line(const char *text, size_t chars, char *out, size_t size)
{
    size_t len = 0, n = 0;

    if (!text_one_line(text, strlen(text)))
        return false;
    // As many whole characters as fit.
    for (size_t at = 0; text[at] && n <= chars; at++) {
        if (((uint8_t)text[at + 1] & 0xc0) != 0x80) {
            n++;
            if (n <= chars && at + 1 < size)
                len = at + 1;
        }
    }
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

const char *bbb_meeting_id(const struct bbb_ask *ask)
{
    const char *id = bbb_get(ask, "meetingID");

    if (!id)
        bbb_fail(ask->req, "missingParamMeetingID", "You must specify a meeting ID");
    else if (text_utf8_count(id, strlen(id)) > LINKS_MEETING_REF_CHARS ||
             !text_one_line(id, strlen(id)))
        bbb_fail(ask->req, "validationError",
                 "meetingID: at most 256 characters, without control characters");
    else
        return id;
    return NULL;
}

bool bbb_meeting(const struct bbb_ask *ask, struct links_meeting *meeting,
                 struct links_room *room)
{
    const char *id = bbb_meeting_id(ask);
    int error;

    if (!id)
        return false;
    error = links_meeting_get(ask->api->conf.links, ask->tenant.id, id, meeting, room);
    if (error && error != -ENOENT)
        bbb_fail_error(ask->req, error);
    else if (error || room->closed)
        bbb_fail_unknown(ask->req);
    else
        return true;
    return false;
}

/* ---- calls without meetings ---- */

static void reply_version(struct http_req *req, void *ctx)
{
    struct bbb_xml *xml = bbb_xml_open(true);

    (void)ctx;
    bbb_xml_text(xml, "version", "2.0"); // of the API
    bbb_xml_text(xml, "apiVersion", "2.0");
    bbb_xml_text(xml, "bbbVersion", "");
    bbb_xml_reply(req, xml);
}

/** Nothing is recorded. */
static void no_recordings(const struct bbb_ask *ask)
{
    struct bbb_xml *xml = bbb_xml_open(true);

    bbb_xml_text(xml, "recordings", "");
    bbb_xml_text(xml, "messageKey", "noRecordings");
    bbb_xml_text(xml, "message", "There are no recordings for the meeting(s).");
    bbb_xml_reply(ask->req, xml);
}

static void no_such_recording(const struct bbb_ask *ask)
{
    bbb_fail(ask->req, "notFound", "We could not find recordings");
}

/* ---- who asks, and for what ---- */

static const struct bbb_call {
    const char *name;
    bool changes; ///< not for HEAD
    void (*run)(const struct bbb_ask *ask);
} calls[] = {
    {"create", true, bbb_create},
    {"join", false, bbb_join},
    {"end", true, bbb_end},
    {"isMeetingRunning", false, bbb_is_running},
    {"getMeetingInfo", false, bbb_info},
    {"getMeetings", false, bbb_list},
    {"getRecordings", false, no_recordings},
    {"publishRecordings", false, no_such_recording},
    {"deleteRecordings", false, no_such_recording},
    {"updateRecordings", false, no_such_recording},
};

static const struct bbb_call *find_call(const struct http_req *req)
{
    const char *given = http_param(req, "call"), *name = given ? given : "create";

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].changes && strcmp(http_method(req), "HEAD") == 0 ? NULL : &calls[i];
    }
    return NULL;
}

/**
 * The checksum stands in the query, or in the form of a POST. It covers the query; or, as some
 * clients do it, the form, if all parameters are there.
 */
static bool checksum_covers(const struct bbb_call *call, const struct bbb_signed *query,
                            const struct bbb_signed *form, const char *secret)
{
    const char *given = query->count ? query->given : form->given;
    bool good;

    if (query->count + form->count != 1)
        return false;
    good = bbb_checksum_good(call->name, query->rest, query->len, secret, given);
    if (form->count == 1 && query->len == 0)
        good |= bbb_checksum_good(call->name, form->rest, form->len, secret, given);
    return good;
}

/** The tenant's secrets; for a tenant that is not there one that nobody knows. */
static int secrets_of(struct bbb_ask *ask, struct links_secret_live live[2])
{
    const char *prefix = http_param(ask->req, "prefix");
    struct links *links = ask->api->conf.links;
    int error = links_tenant_find(links, prefix, &ask->tenant);

    if (error == 0 && strcmp(ask->tenant.prefix, prefix) == 0)
        return links_secret_live(links, ask->tenant.id, SECRET_BBB, api_now(), live);
    if (error && error != -ENOENT)
        return error;
    ask->tenant = (struct links_tenant){.id = ""};
    links_secret(links, "", SECRET_BBB, 1, live[0].text);
    return 1;
}

static bool is_form(const struct http_req *req)
{
    return strcmp(http_method(req), "POST") == 0 &&
           http_content_is(req, "application/x-www-form-urlencoded");
}

/** Checks the checksum; false: it was answered. */
static bool authentic(struct bbb_ask *ask, const struct bbb_call *call)
{
    struct bbb_signed query, form = {0};
    struct links_secret_live live[2];
    const char *text = http_raw_query(ask->req), *body;
    bool split = bbb_split(text, strlen(text), &query), good = false;
    size_t len;
    int count;

    body = http_body(ask->req, &len);
    if (is_form(ask->req))
        split = split && bbb_split(body, len, &form);
    count = split ? secrets_of(ask, live) : -ENOMEM;
    for (int i = 0; i < count; i++)
        good |= checksum_covers(call, &query, &form, live[i].text);
    bbb_split_free(&query);
    bbb_split_free(&form);
    if (count < 0)
        bbb_fail_error(ask->req, count);
    else if (!good || *ask->tenant.id == '\0')
        bbb_fail(ask->req, "checksumError", "Checksums do not match");
    else
        return true;
    return false;
}

/** Reads the parameters; false: it was answered. */
static bool read_parameters(struct bbb_ask *ask)
{
    const char *text = http_raw_query(ask->req), *twice, *body;
    size_t len;
    int error = form_parse(&ask->query, text, strlen(text));

    body = http_body(ask->req, &len);
    if (error == 0 && is_form(ask->req))
        error = form_parse(&ask->body, body, len);
    twice = error ? NULL : form_twice(&ask->query, &ask->body);
    if (error == -EINVAL)
        bbb_fail(ask->req, "validationError", "A parameter is not valid UTF-8, or holds a NUL");
    else if (error == -E2BIG)
        bbb_fail(ask->req, "validationError", "There are too many parameters");
    else if (error)
        bbb_fail_error(ask->req, error);
    else if (twice)
        bbb_fail(ask->req, "validationError", "A parameter is there twice");
    else
        return true;
    return false;
}

static void run(struct http_req *req, void *ctx)
{
    struct bbb_ask ask = {.api = ctx, .req = req};
    const struct bbb_call *call = find_call(req);

    if (!call) {
        bbb_fail(req, "unsupportedRequest", "This request is not supported.");
        return;
    }
    if (authentic(&ask, call) && read_parameters(&ask))
        call->run(&ask);
    form_free(&ask.query);
    form_free(&ask.body);
}

void api_bbb_routes(struct api *api)
{
#define BASE "/bbb/{prefix}/bigbluebutton/api"
    enum { flags = HTTP_ANY_TYPE | HTTP_RAW_QUERY };
    static const struct http_route routes[] = {
        {"GET", BASE, reply_version, 0, flags},
        {"GET", BASE "/", reply_version, 0, flags},
        {"POST", BASE "/create", run, CREATE_MAX, flags},
        {"GET", BASE "/{call*}", run, 0, flags},
        {"POST", BASE "/{call*}", run, FORM_MAX, flags},
    };
#undef BASE

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
