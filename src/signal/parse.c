#include "fields.h"
#include "message.h"

#include "base/read_json.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX     INT64_C(9007199254740991) // 2^53 - 1
#define WIDTH_MAX  UINT16_MAX
#define NESTED_MAX 32 // of the JSON pointer of something inside an array

bool parse_nothing(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    (void)root;
    (void)out;
    (void)err;
    return true;
}

/** A name, if it is there: it must be fit to be shown. */
static bool field_name(const struct fields *f, const char **out)
{
    if (!value_string(f, "name", OPTIONAL, out))
        return false;
    return !*out || call_name_valid(*out) || value_fail(f, "name", "invalid_field");
}

bool parse_join(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_string(&f, "link", REQUIRED, &out->u.join.link) &&
           field_name(&f, &out->u.join.name) &&
           value_string(&f, "token", OPTIONAL, &out->u.join.token) &&
           value_string(&f, "host", OPTIONAL, &out->u.join.host) &&
           value_string(&f, "lang", OPTIONAL, &out->u.join.lang);
}

bool parse_resume(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_string(&f, "participant", REQUIRED, &out->u.resume.participant) &&
           value_string(&f, "secret", REQUIRED, &out->u.resume.secret) &&
           value_number(&f, "chat_after", &out->u.resume.chat_after);
}

/** One of three words, if it is there. */
static bool hint_content(const struct fields *f, struct sdp_hint *out)
{
    const char *content = NULL;
    if (!value_string(f, "content", OPTIONAL, &content))
        return false;
    out->has_content = content != NULL;
    return !content || media_content_from(content, &out->content) ||
           value_fail(f, "content", "invalid_field");
}

static bool parse_hint(const struct fields *f, struct sdp_hint *out)
{
    const char *role = NULL;
    if (!json_is_object(f->object))
        return value_fail(f, "mid", "missing_field");
    if (!value_copy(f, "mid", REQUIRED, out->mid, sizeof(out->mid)) ||
        !value_source(f, "source", OPTIONAL, &out->source, &out->has_source) ||
        !value_string(f, "role", OPTIONAL, &role) || !hint_content(f, out))
        return false;
    out->has_role = role != NULL;
    if (!role || strcmp(role, "any") == 0)
        out->role = SLOT_ANY;
    else if (strcmp(role, "screen") == 0)
        out->role = SLOT_SCREEN;
    else
        return value_fail(f, "role", "invalid_field");
    return true;
}

bool parse_offer(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    const json_t *media = NULL;
    if (!value_string(&f, "sdp", REQUIRED, &out->u.offer.sdp) ||
        !value_array(&f, "media", OPTIONAL, AGREE_MAX_MLINES, &media))
        return false;
    out->u.offer.len = strlen(out->u.offer.sdp);
    if (out->u.offer.len > SDP_MAX_OFFER)
        return value_fail(&f, "sdp", "too_large");
    const size_t count = json_array_size(media);
    if (count == 0)
        return true;
    out->u.offer.hint = calloc(count, sizeof(*out->u.offer.hint));
    if (!out->u.offer.hint)
        return value_fail(&f, "media", "internal");
    for (size_t i = 0; i < count; i++) {
        char at[NESTED_MAX];
        (void)snprintf(at, sizeof(at), "/media/%zu", i);
        const struct fields hint = {json_array_get(media, i), at, err};
        if (!parse_hint(&hint, &out->u.offer.hint[i]))
            return false;
    }
    out->u.offer.hint_count = (unsigned)count;
    return true;
}

bool parse_candidate(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    (void)out;
    const struct fields f = {root, "", err};
    const char *candidate = NULL;
    char mid[AGREE_MID_SIZE];
    if (!value_string(&f, "candidate", REQUIRED, &candidate) ||
        !value_copy(&f, "mid", OPTIONAL, mid, sizeof(mid)))
        return false;
    return sdp_candidate_valid(candidate) || value_fail(&f, "candidate", "invalid_field");
}

bool parse_mute(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    bool there;
    if (!value_source(&f, "source", REQUIRED, &out->u.mute.source, &there) ||
        !value_bool(&f, "muted", REQUIRED, &out->u.mute.muted) ||
        !value_string(&f, "participant", OPTIONAL, &out->u.mute.participant) ||
        !value_bool(&f, "everyone", OPTIONAL, &out->u.mute.everyone))
        return false;
    const bool others = out->u.mute.participant || out->u.mute.everyone;
    if (out->u.mute.participant && out->u.mute.everyone)
        return value_fail(&f, "everyone", "invalid_field");
    // Nobody's microphone is opened by somebody else.
    return !others || out->u.mute.muted || value_fail(&f, "muted", "invalid_field");
}

bool parse_knock(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    bool all = false;
    if (!value_bool(&f, "all", OPTIONAL, &all))
        return false;
    if (!value_string(&f, "participant", all ? OPTIONAL : REQUIRED, &out->u.knock.participant))
        return false;
    return !all || !out->u.knock.participant || value_fail(&f, "all", "invalid_field");
}

bool parse_remove(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_string(&f, "participant", REQUIRED, &out->u.remove.participant);
}

bool parse_lock(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_bool(&f, "locked", REQUIRED, &out->u.lock.locked);
}

static bool parse_one_want(const struct fields *f, struct letter_want *out)
{
    uint64_t width = 0, height = 0;
    bool there;
    out->source = SOURCE_CAMERA;
    if (!json_is_object(f->object))
        return value_fail(f, "mid", "missing_field");
    if (!value_copy(f, "mid", OPTIONAL, out->mid, sizeof(out->mid)) ||
        !value_copy(f, "participant", OPTIONAL, out->of, sizeof(out->of)) ||
        !value_source(f, "source", OPTIONAL, &out->source, &there) ||
        !value_number(f, "width", &width) || !value_number(f, "height", &height) ||
        !value_bool(f, "pinned", OPTIONAL, &out->pinned) ||
        !value_bool(f, "paused", OPTIONAL, &out->paused))
        return false;
    if (!out->mid[0] && !out->of[0])
        return value_fail(f, "mid", "missing_field");
    out->width = (uint16_t)(width > WIDTH_MAX ? WIDTH_MAX : width);
    out->height = (uint16_t)(height > WIDTH_MAX ? WIDTH_MAX : height);
    return true;
}

bool parse_want(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    const json_t *wants = NULL;
    if (!value_array(&f, "wants", REQUIRED, LETTER_WANTS, &wants))
        return false;
    out->u.want.want = calloc(LETTER_WANTS, sizeof(*out->u.want.want));
    if (!out->u.want.want)
        return value_fail(&f, "wants", "internal");
    for (size_t i = 0; i < json_array_size(wants); i++) {
        char at[NESTED_MAX];
        (void)snprintf(at, sizeof(at), "/wants/%zu", i);
        const struct fields want = {json_array_get(wants, i), at, err};
        if (!parse_one_want(&want, &out->u.want.want[i]))
            return false;
    }
    out->u.want.count = (unsigned)json_array_size(wants);
    return true;
}

bool parse_chat(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    if (!value_string(&f, "text", REQUIRED, &out->u.chat.text) ||
        !value_string(&f, "to", OPTIONAL, &out->u.chat.to))
        return false;
    const size_t chars = text_utf8_count(out->u.chat.text, strlen(out->u.chat.text));
    if (chars == 0)
        return value_fail(&f, "text", "invalid_field");
    return chars <= CALL_CHAT_CHARS || value_fail(&f, "text", "too_large");
}

bool parse_history(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_number(&f, "after", &out->u.history.after);
}

bool parse_invite(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_string(&f, "ref", REQUIRED, &out->u.invite.ref) &&
           ((*out->u.invite.ref && strlen(out->u.invite.ref) < LINKS_REF_SIZE) ||
            value_fail(&f, "ref", "invalid_field"));
}

bool parse_uninvite(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_string(&f, "invitation", REQUIRED, &out->u.uninvite.id);
}

bool parse_react(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    return value_string(&f, "reaction", REQUIRED, &out->u.react.reaction);
}

bool parse_update(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    out->u.update.has_hand = json_object_get(root, "hand") != NULL;
    return field_name(&f, &out->u.update.name) &&
           value_bool(&f, "hand", OPTIONAL, &out->u.update.hand);
}

/** `type` and `id`, which every request has. */
static bool parse_head(const json_t *root, struct signal_request *out, struct signal_error *err)
{
    const struct fields f = {root, "", err};
    const json_t *id = json_object_get(root, "id");
    const char *type = NULL;
    if (id) {
        const json_int_t n = json_integer_value(id); // 0 if it is none
        if (n < 1 || n > ID_MAX)
            return value_fail(&f, "id", "invalid_field");
        out->id = n;
    }
    if (!value_string(&f, "type", REQUIRED, &type))
        return false;
    out->message = signal_message_find(type);
    return out->message || value_fail(&f, "type", "unknown_type");
}

bool signal_parse(const char *text, size_t len, struct signal_request *out,
                  struct signal_error *err)
{
    *out = (struct signal_request){0};
    *err = (struct signal_error){0};
    const int error = read_json(text, len, 0, &out->root, NULL);
    if (!json_is_object(out->root)) {
        err->reason = error == -ENOMEM ? "capacity" : "invalid_message";
        return false;
    }
    return parse_head(out->root, out, err) && out->message->parse(out->root, out, err);
}

void signal_request_fini(struct signal_request *r)
{
    if (r->message && r->message->parse == parse_offer)
        free(r->u.offer.hint);
    if (r->message && r->message->parse == parse_want)
        free(r->u.want.want);
    json_decref(r->root);
    *r = (struct signal_request){0};
}
