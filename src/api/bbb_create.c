#include "bbb.h"

#include "base/digest.h"
#include "base/usec.h"
#include "links/rooms.h"
#include "links/settings.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define TITLE_CHARS 200

void bbb_date(int64_t ms, char out[40])
{
    const time_t t = (time_t)(ms / 1000);
    struct tm tm;

    (void)gmtime_r(&t, &tm);
    (void)strftime(out, 40, "%a %b %d %H:%M:%S UTC %Y", &tm);
}

static void reply_made(const struct bbb_ask *ask, const struct links_meeting *meeting,
                       const struct links_room *room, bool again)
{
    struct bbb_xml *xml = bbb_xml_open(true);
    struct bbb_options options;
    char date[40];

    bbb_options_of(meeting, &options);
    bbb_date(meeting->created_ms, date);
    bbb_xml_text(xml, "meetingID", meeting->ref);
    bbb_xml_text(xml, "internalMeetingID", room->id);
    bbb_xml_text(xml, "parentMeetingID", "bbb-none");
    bbb_xml_text(xml, "attendeePW", meeting->attendee);
    bbb_xml_text(xml, "moderatorPW", meeting->moderator);
    bbb_xml_int(xml, "createTime", meeting->created_ms);
    bbb_xml_int(xml, "voiceBridge", 0); // nobody can dial in
    bbb_xml_text(xml, "dialNumber", "");
    bbb_xml_text(xml, "createDate", date);
    bbb_xml_bool(xml, "hasUserJoined", room->last_used_at != 0);
    bbb_xml_int(xml, "duration", options.duration);
    bbb_xml_bool(xml, "hasBeenForciblyEnded", false);
    bbb_xml_text(xml, "messageKey", again ? "duplicateWarning" : "");
    bbb_xml_text(xml, "message",
                 again ? "This conference was already in existence and may currently be in "
                         "progress."
                       : "");
    bbb_xml_reply(ask->req, xml);
    bbb_options_fini(&options);
}

/** What create says of the meeting; false: it was answered. */
static bool read_meeting(const struct bbb_ask *ask, const char *id,
                         struct links_meeting *meeting)
{
    const char *attendee = bbb_get(ask, "attendeePW"), *moderator = bbb_get(ask, "moderatorPW");
    struct bbb_options options;

    *meeting = (struct links_meeting){0};
    (void)snprintf(meeting->ref, sizeof meeting->ref, "%s", id);
    // What is cut would not be what the front end sends with join.
    if ((attendee && strlen(attendee) > LINKS_MEETING_PW_CHARS) ||
        (moderator && strlen(moderator) > LINKS_MEETING_PW_CHARS) ||
        !bbb_line(attendee ? attendee : "", LINKS_MEETING_PW_CHARS, meeting->attendee,
                  sizeof meeting->attendee) ||
        !bbb_line(moderator ? moderator : "", LINKS_MEETING_PW_CHARS, meeting->moderator,
                  sizeof meeting->moderator)) {
        bbb_fail(ask->req, "validationError",
                 "attendeePW, moderatorPW: at most 64 bytes, without control characters");
        return false;
    }
    if (!bbb_options_read(ask, &options))
        return false;
    (void)bbb_options_write(&options, meeting->options); // it fits: it was tried
    bbb_options_fini(&options);
    return true;
}

/** Its title and who may come in: with a personal link alone, or by asking a moderator. */
static bool read_room(const struct bbb_ask *ask, const struct links_meeting *meeting,
                      struct links_room *room)
{
    const char *name = bbb_get(ask, "name");
    struct bbb_options options;

    if (!bbb_line(name ? name : meeting->ref, TITLE_CHARS, room->title, sizeof room->title)) {
        bbb_fail(ask->req, "validationError", "name: without control characters");
        return false;
    }
    bbb_options_of(meeting, &options);
    room->access = options.guests == GUESTS_ASK ? ACCESS_LOBBY : ACCESS_MEMBERS;
    bbb_options_fini(&options);
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return digest_same(a, strlen(a), b, strlen(b));
}

/** The meeting is there: the same call again changes nothing, but a name while it is empty. */
static void answer_again(const struct bbb_ask *ask, const struct links_meeting *asked,
                         struct links_meeting *meeting, struct links_room *room)
{
    int error = 0;

    if ((*asked->attendee && !same_text(asked->attendee, meeting->attendee)) ||
        (*asked->moderator && !same_text(asked->moderator, meeting->moderator))) {
        bbb_fail(ask->req, "idNotUnique",
                 "A meeting already exists with that meeting ID.  Please use a different "
                 "meeting ID.");
        return;
    }
    // BigBlueButton forgets a meeting when the last one leaves; ours stays, so that what a
    // front end has changed since must not stay out until the room is purged.
    if (call_room_count(ask->api->conf.call, room->id) == 0) {
        struct links_room before = *room;

        if (!read_room(ask, asked, room))
            return;
        if (strcmp(asked->options, meeting->options) != 0 ||
            strcmp(before.title, room->title) != 0) {
            memcpy(meeting->options, asked->options, sizeof meeting->options);
            error = links_meeting_change(ask->api->conf.links, meeting, room);
            if (error == 0)
                api_tell_room(ask->api, "room.updated", room);
        }
    }
    if (error)
        bbb_fail_error(ask->req, error);
    else
        reply_made(ask, meeting, room, true);
}

static bool within_rate(const struct bbb_ask *ask)
{
    char key[LIMIT_KEY_SIZE], text[16];
    unsigned retry_s;

    (void)snprintf(key, sizeof key, "bbb|%.40s", ask->tenant.id);
    if ((ask->api->conf.dev_tenant && http_is_loopback(ask->req)) ||
        limit_take(ask->api->conf.rooms, key, &retry_s, usec_now()))
        return true;
    (void)snprintf(text, sizeof text, "%u", retry_s);
    http_set(ask->req, "Retry-After", text);
    bbb_fail(ask->req, "rateLimited", "Too many meetings were made within a minute");
    return false;
}

static void make(const struct bbb_ask *ask, struct links_meeting *meeting)
{
    struct links *links = ask->api->conf.links;
    struct links_room room = {.uuid = ask->tenant.uuid};
    json_t *metadata;
    int error;

    (void)snprintf(room.tenant, sizeof room.tenant, "%s", ask->tenant.id);
    (void)snprintf(room.locale, sizeof room.locale, "%s", ask->tenant.locale);
    if (!within_rate(ask) || !read_room(ask, meeting, &room))
        return;
    // So that what webhooks and streams tell of the room can be found again.
    metadata = json_pack("{s:s}", "meeting_id", meeting->ref);
    if (metadata)
        (void)json_dumpb(metadata, room.metadata, sizeof room.metadata - 1, JSON_COMPACT);
    json_decref(metadata);
    error = links_room_quota(links, room.tenant);
    if (error == 0)
        error = notify_begin(ask->api->conf.notify);
    if (error == 0) {
        error = links_meeting_make(links, meeting, &room, api_now());
        if (error == 0)
            api_tell_room(ask->api, "room.created", &room);
        error = notify_end(ask->api->conf.notify, error);
    }
    if (error)
        bbb_fail_error(ask->req, error);
    else
        reply_made(ask, meeting, &room, false);
}

void bbb_create(const struct bbb_ask *ask)
{
    const char *id = bbb_meeting_id(ask);
    struct links_meeting asked, meeting;
    struct links_room room;
    int error;

    if (!id || !read_meeting(ask, id, &asked))
        return;
    error = links_meeting_get(ask->api->conf.links, ask->tenant.id, id, &meeting, &room);
    if (error == 0 && !room.closed)
        answer_again(ask, &asked, &meeting, &room);
    else if (error == 0 || error == -ENOENT)
        make(ask, &asked);
    else
        bbb_fail_error(ask->req, error);
}

void bbb_end(const struct bbb_ask *ask)
{
    const char *password = bbb_get(ask, "password");
    struct links_meeting meeting;
    struct links_room room;
    struct bbb_xml *xml;
    int error;

    if (!bbb_meeting(ask, &meeting, &room))
        return;
    // Older clients send the moderators' password; it is not asked for, but it may not be
    // wrong.
    if (password && !same_text(password, meeting.moderator)) {
        bbb_fail(ask->req, "invalidPassword", "The supplied moderator password is incorrect");
        return;
    }
    error = api_close_room(ask->api, &room);
    if (error) {
        bbb_fail_error(ask->req, error);
        return;
    }
    xml = bbb_xml_open(true);
    bbb_xml_text(xml, "messageKey", "sentEndMeetingRequest");
    bbb_xml_text(xml, "message",
                 "A request to end the meeting was sent.  Please wait a few seconds, and then "
                 "use the getMeetingInfo or isMeetingRunning API calls to verify that it was "
                 "ended.");
    bbb_xml_reply(ask->req, xml);
}
