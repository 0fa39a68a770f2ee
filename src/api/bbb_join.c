#include "bbb.h"

#include "base/digest.h"
#include "base/rand.h"
#include "base/text.h"
#include "links/rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_CHARS 80
#define REF_CHARS  255
#define TOKEN_S    3600 ///< a person may look at devices for so long before joining
#define ONCE_CHARS 26   ///< 130 bits

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

/** Whom the call sends; false: it was answered. */
static bool read_role(const struct bbb_ask *ask, const struct links_meeting *meeting,
                      enum links_role *out)
{
    const char *role = bbb_get(ask, "role"), *password = bbb_get(ask, "password");
    bool moderator, attendee;

    if (role && (strcasecmp(role, "MODERATOR") == 0 || strcasecmp(role, "VIEWER") == 0)) {
        *out = strcasecmp(role, "MODERATOR") == 0 ? ROLE_HOST : ROLE_MEMBER;
        return true;
    }
    if (!password)
        password = "";
    moderator =
        digest_same(password, strlen(password), meeting->moderator, strlen(meeting->moderator));
    attendee =
        digest_same(password, strlen(password), meeting->attendee, strlen(meeting->attendee));
    *out = moderator ? ROLE_HOST : ROLE_MEMBER;
    if (*password && (moderator || attendee))
        return true;
    bbb_fail(ask->req, "invalidPassword",
             "You either did not supply a password or the password supplied is neither the "
             "attendee or moderator password for this conference.");
    return false;
}

static bool read_person(const struct bbb_ask *ask, struct links_member *who)
{
    const char *name = bbb_get(ask, "fullName"), *ref = bbb_get(ask, "userID");

    if (!name)
        bbb_fail(ask->req, "missingParamFullName",
                 "You must specify a name for the attendee who will be joining the meeting.");
    else if (!bbb_line(name, NAME_CHARS, who->name, sizeof who->name))
        bbb_fail(ask->req, "validationError", "fullName: without control characters");
    else if (ref && (strlen(ref) > REF_CHARS || !text_one_line(ref, strlen(ref))))
        bbb_fail(ask->req, "validationError",
                 "userID: at most 255 bytes, without control characters");
    else {
        // Without one it gets one, as with BigBlueButton: by it the page may come back.
        if (ref)
            (void)snprintf(who->ref, sizeof who->ref, "%s", ref);
        else
            rand_id(who->ref, sizeof who->ref, "w_", 12);
        return true;
    }
    return false;
}

/** A front end that says when the meeting was made means that meeting and no later one. */
static bool same_meeting(const struct bbb_ask *ask, const struct links_meeting *meeting)
{
    const char *given = bbb_get(ask, "createTime");
    char *end = NULL;

    if (!given || (strtoll(given, &end, 10) == meeting->created_ms && *end == '\0'))
        return true;
    bbb_fail(ask->req, "mismatchCreateTimeParam",
             "The createTime parameter submitted mismatches with the current meeting.");
    return false;
}

/** What the meeting says of guests and of how many there may be; false: it was answered. */
static bool let_in(const struct bbb_ask *ask, const struct bbb_options *options,
                   const struct links_room *room, struct links_member *who)
{
    const bool guest = is_true(bbb_get(ask, "guest")) && who->role != ROLE_HOST;

    if (guest && options->guests == GUESTS_STAY_OUT) {
        bbb_fail(ask->req, "guestDeniedAccess", "You have been denied access to this meeting");
        return false;
    }
    if (options->max > 0 && call_room_count(ask->api->conf.call, room->id) >= options->max) {
        bbb_fail(ask->req, "maxParticipantsReached",
                 "The number of participants allowed for this meeting has been reached.");
        return false;
    }
    if (guest && options->guests == GUESTS_ASK)
        who->role = ROLE_GUEST; // waits in the lobby
    return true;
}

/** The browser is sent to the page, or the front end is told where it is. */
static void reply_url(const struct bbb_ask *ask, const struct links_room *room,
                      const struct links_member *who, const char *url)
{
    const char *redirect = bbb_get(ask, "redirect");
    struct bbb_xml *xml;

    if (!redirect || strcasecmp(redirect, "false") != 0) {
        http_redirect(ask->req, 302, url);
        return;
    }
    xml = bbb_xml_open(true);
    bbb_xml_text(xml, "messageKey", "successfullyJoined");
    bbb_xml_text(xml, "message", "You have joined successfully.");
    bbb_xml_text(xml, "meeting_id", room->id);
    bbb_xml_text(xml, "user_id", who->ref);
    bbb_xml_text(xml, "url", url);
    bbb_xml_reply(ask->req, xml);
}

/** Ended, and not made again: BigBlueButton tells that apart from what never was. */
static bool not_over(const struct bbb_ask *ask, const char *id, struct links_meeting *meeting,
                     struct links_room *room)
{
    int error = links_meeting_get(ask->api->conf.links, ask->tenant.id, id, meeting, room);

    if (error == -ENOENT)
        bbb_fail(ask->req, "invalidMeetingIdentifier",
                 "The meeting ID that you supplied did not match any existing meetings");
    else if (error)
        bbb_fail_error(ask->req, error);
    else if (room->closed)
        bbb_fail(ask->req, "meetingForciblyEnded",
                 "You can not re-join a meeting that has already been forcibly ended.");
    else
        return true;
    return false;
}

/** Makes a link and changes nothing: its token is used up when the person joins. */
void bbb_join(const struct bbb_ask *ask)
{
    const char *id = bbb_meeting_id(ask);
    struct links_member who = {.role = ROLE_MEMBER};
    struct links_meeting meeting;
    struct links_room room;
    struct bbb_options options;
    bool good;
    char *url;

    if (!id || !read_person(ask, &who) || !not_over(ask, id, &meeting, &room) ||
        !same_meeting(ask, &meeting) || !read_role(ask, &meeting, &who.role))
        return;
    bbb_options_of(&meeting, &options);
    good = let_in(ask, &options, &room, &who);
    (void)snprintf(who.leave, sizeof who.leave, "%s", options.logout);
    bbb_options_fini(&options);
    if (!good)
        return;
    rand_id(who.once, sizeof who.once, "", ONCE_CHARS);
    url = links_member_url(ask->api->conf.links, &room, &who, TOKEN_S, api_now());
    if (url)
        reply_url(ask, &room, &who, url);
    else
        bbb_fail_error(ask->req, -ENOMEM);
    free(url);
}
