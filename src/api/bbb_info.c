/* What a front end asks of its meetings. */
#include "bbb.h"

#include "links/rooms.h"

#include <errno.h>
#include <string.h>

#define LIST_MAX 1000

/** Does somebody send this, and is it not muted? */
static bool sends(const json_t *person, const char *source)
{
    size_t i;
    json_t *track;

    json_array_foreach(json_object_get(person, "tracks"), i, track)
    {
        const char *of = json_string_value(json_object_get(track, "source"));

        if (of && strcmp(of, source) == 0)
            return !json_is_true(json_object_get(track, "muted"));
    }
    return false;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static void put_person(struct bbb_xml *xml, const json_t *person)
{
    const char *ref = text_of(person, "ref");
    const bool host = strcmp(text_of(person, "role"), "host") == 0;

    bbb_xml_begin(xml, "attendee");
    bbb_xml_text(xml, "userID", *ref ? ref : text_of(person, "id"));
    bbb_xml_text(xml, "fullName", text_of(person, "name"));
    bbb_xml_text(xml, "role", host ? "MODERATOR" : "VIEWER");
    bbb_xml_bool(xml, "isPresenter", sends(person, "screen"));
    bbb_xml_bool(xml, "isListeningOnly", !sends(person, "microphone"));
    bbb_xml_bool(xml, "hasJoinedVoice", sends(person, "microphone"));
    bbb_xml_bool(xml, "hasVideo", sends(person, "camera"));
    bbb_xml_text(xml, "clientType", "HTML5");
    bbb_xml_text(xml, "customdata", "");
    bbb_xml_end(xml);
}

/** Who is there, counted as BigBlueButton counts. */
struct census {
    json_t *people; ///< owned
    int64_t since;  ///< when the one who is there longest came, in ms; 0: nobody is there
    unsigned hosts, voices, videos;
};

static void take_census(const struct call *call, const char *room, struct census *out)
{
    size_t i;
    json_t *person;

    *out = (struct census){.people = call_room_participants(call, room)};
    json_array_foreach(out->people, i, person)
    {
        const int64_t since = json_integer_value(json_object_get(person, "joined_at")) * 1000;

        if (out->since == 0 || since < out->since)
            out->since = since;
        out->hosts += strcmp(text_of(person, "role"), "host") == 0;
        out->voices += sends(person, "microphone");
        out->videos += sends(person, "camera");
    }
}

static void put_counts(struct bbb_xml *xml, const struct census *c,
                       const struct bbb_options *options)
{
    const size_t all = json_array_size(c->people);

    bbb_xml_int(xml, "startTime", c->since);
    bbb_xml_int(xml, "endTime", 0);
    bbb_xml_int(xml, "participantCount", (int64_t)all);
    bbb_xml_int(xml, "listenerCount", (int64_t)all - c->voices);
    bbb_xml_int(xml, "voiceParticipantCount", c->voices);
    bbb_xml_int(xml, "videoCount", c->videos);
    bbb_xml_int(xml, "maxUsers", options->max);
    bbb_xml_int(xml, "moderatorCount", c->hosts);
}

static void put_people_and_meta(struct bbb_xml *xml, const struct census *c,
                                const struct bbb_options *options)
{
    const char *key;
    json_t *value;
    size_t i;

    bbb_xml_begin(xml, "attendees");
    json_array_foreach(c->people, i, value)
    {
        put_person(xml, value);
    }
    bbb_xml_end(xml);
    bbb_xml_begin(xml, "metadata");
    json_object_foreach(options->meta, key, value)
    {
        if (bbb_xml_name(key) && json_is_string(value))
            bbb_xml_text(xml, key, json_string_value(value));
    }
    bbb_xml_end(xml);
    bbb_xml_bool(xml, "isBreakout", false);
}

/** All that getMeetingInfo and getMeetings say of a meeting. */
static void put_meeting(struct bbb_xml *xml, const struct api *api,
                        const struct links_meeting *meeting, const struct links_room *room)
{
    struct bbb_options options;
    struct census census;
    char date[40];

    bbb_options_of(meeting, &options);
    take_census(api->conf.call, room->id, &census);
    bbb_date(meeting->created_ms, date);
    bbb_xml_text(xml, "meetingName", *room->title ? room->title : meeting->ref);
    bbb_xml_text(xml, "meetingID", meeting->ref);
    bbb_xml_text(xml, "internalMeetingID", room->id);
    bbb_xml_int(xml, "createTime", meeting->created_ms);
    bbb_xml_text(xml, "createDate", date);
    bbb_xml_int(xml, "voiceBridge", 0);
    bbb_xml_text(xml, "dialNumber", "");
    bbb_xml_text(xml, "attendeePW", meeting->attendee);
    bbb_xml_text(xml, "moderatorPW", meeting->moderator);
    bbb_xml_bool(xml, "running", json_array_size(census.people) > 0);
    bbb_xml_int(xml, "duration", options.duration);
    bbb_xml_bool(xml, "hasUserJoined", room->last_used_at != 0);
    bbb_xml_bool(xml, "recording", false);
    bbb_xml_bool(xml, "hasBeenForciblyEnded", false);
    put_counts(xml, &census, &options);
    put_people_and_meta(xml, &census, &options);
    json_decref(census.people);
    bbb_options_fini(&options);
}

void bbb_info(const struct bbb_ask *ask)
{
    struct links_meeting meeting;
    struct links_room room;
    struct bbb_xml *xml;

    if (!bbb_meeting(ask, &meeting, &room))
        return;
    xml = bbb_xml_open(true);
    put_meeting(xml, ask->api, &meeting, &room);
    bbb_xml_reply(ask->req, xml);
}

void bbb_is_running(const struct bbb_ask *ask)
{
    const char *id = bbb_meeting_id(ask);
    struct links_meeting meeting;
    struct links_room room;
    struct bbb_xml *xml;
    int error;

    if (!id)
        return;
    error = links_meeting_get(ask->api->conf.links, ask->tenant.id, id, &meeting, &room);
    if (error && error != -ENOENT) {
        bbb_fail_error(ask->req, error);
        return;
    }
    xml = bbb_xml_open(true);
    bbb_xml_bool(xml, "running",
                 error == 0 && call_room_count(ask->api->conf.call, room.id) > 0);
    bbb_xml_reply(ask->req, xml);
}

struct listing {
    const struct api *api;
    struct bbb_xml *xml;
    bool any;
};

static void list_one(const struct links_meeting *meeting, const struct links_room *room,
                     void *ctx)
{
    struct listing *l = ctx;

    l->any = true;
    bbb_xml_begin(l->xml, "meeting");
    put_meeting(l->xml, l->api, meeting, room);
    bbb_xml_end(l->xml);
}

void bbb_list(const struct bbb_ask *ask)
{
    struct listing l = {.api = ask->api, .xml = bbb_xml_open(true)};
    int error;

    bbb_xml_begin(l.xml, "meetings");
    error = links_meeting_list(ask->api->conf.links, ask->tenant.id, LIST_MAX, list_one, &l);
    bbb_xml_end(l.xml);
    if (error) {
        bbb_xml_free(l.xml);
        bbb_fail_error(ask->req, error);
        return;
    }
    if (!l.any) {
        bbb_xml_text(l.xml, "messageKey", "noMeetings");
        bbb_xml_text(l.xml, "message", "no meetings were found on this server");
    }
    bbb_xml_reply(ask->req, l.xml);
}
