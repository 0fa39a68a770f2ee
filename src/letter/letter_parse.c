#include "kinds.h"

#include "base/read_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t read_seq(struct fields *f)
{
    return fields_uint(f, "seq", INT64_MAX);
}

int letter_read_hello(struct fields *f, struct letter *out)
{
    struct letter_hello *h = &out->u.hello;
    h->version = (unsigned)fields_uint(f, "version", UINT32_MAX);
    h->worker = (unsigned)fields_uint(f, "worker", UINT16_MAX);
    h->pid = fields_int(f, "pid", 0, INT64_MAX);
    h->port = (uint16_t)fields_uint(f, "port", UINT16_MAX);
    fields_text(f, "fingerprint", h->fingerprint, sizeof h->fingerprint, letter_is_plain);
    h->room_count = (unsigned)fields_uint(f, "rooms", UINT32_MAX);
    h->member_count = (unsigned)fields_uint(f, "members", UINT32_MAX);
    return 0;
}

int letter_read_agree(struct fields *f, struct letter *out)
{
    out->u.agree.seq = read_seq(f);
    const char *where = NULL;
    const json_t *json = fields_object(f, "agreement");
    if (f->wrong)
        return 0;
    int rc = agreement_from_json(json, &out->u.agree.agreement, &where);
    if (rc == -EINVAL)
        fields_wrong(f, where);
    return rc == -EINVAL ? 0 : rc;
}

int letter_read_agreed(struct fields *f, struct letter *out)
{
    out->u.agreed.seq = read_seq(f);
    fields_text(f, "error", out->u.agreed.error, sizeof out->u.agreed.error, letter_is_plain);
    return 0;
}

int letter_read_connected(struct fields *f, struct letter *out)
{
    out->u.gone.generation = (uint32_t)fields_uint(f, "generation", UINT32_MAX);
    return 0;
}

int letter_read_gone(struct fields *f, struct letter *out)
{
    fields_text(f, "reason", out->u.gone.reason, sizeof out->u.gone.reason, letter_is_plain);
    return letter_read_connected(f, out);
}

int letter_read_mute(struct fields *f, struct letter *out)
{
    out->u.mute.source = fields_source(f, "source");
    out->u.mute.muted = fields_bool(f, "muted");
    return 0;
}

static void read_want(struct fields *f, const json_t *json, struct letter_want *out)
{
    struct fields w = {.object = json};
    fields_text(&w, "mid", out->mid, sizeof out->mid, letter_is_mid);
    fields_text(&w, "of", out->of, sizeof out->of, letter_is_id_or_none);
    out->source = fields_source(&w, "source");
    out->width = (uint16_t)fields_uint(&w, "width", UINT16_MAX);
    out->height = (uint16_t)fields_uint(&w, "height", UINT16_MAX);
    out->pinned = fields_bool(&w, "pinned");
    out->paused = fields_bool(&w, "paused");
    if (w.wrong)
        fields_wrong(f, w.wrong);
}

int letter_read_wants(struct fields *f, struct letter *out)
{
    const json_t *array = fields_array(f, "wants", LETTER_WANTS);
    unsigned count = (unsigned)json_array_size(array);
    if (f->wrong || count == 0)
        return 0;
    out->u.wants.want = calloc(count, sizeof *out->u.wants.want);
    if (!out->u.wants.want)
        return -ENOMEM;
    out->u.wants.count = count;
    for (unsigned i = 0; i < count; i++)
        read_want(f, json_array_get(array, i), &out->u.wants.want[i]);
    return 0;
}

static void read_seat(struct fields *f, const json_t *json, struct letter_seat *out)
{
    struct fields s = {.object = json};
    fields_text(&s, "mid", out->mid, sizeof out->mid, letter_is_mid);
    fields_text(&s, "of", out->of, sizeof out->of, letter_is_id_or_none);
    out->source = fields_source(&s, "source");
    fields_text(&s, "rid", out->rid, sizeof out->rid, letter_is_rid);
    out->width = (uint16_t)fields_uint(&s, "width", UINT16_MAX);
    out->height = (uint16_t)fields_uint(&s, "height", UINT16_MAX);
    fields_text(&s, "why", out->why, sizeof out->why, letter_is_plain);
    if (s.wrong)
        fields_wrong(f, s.wrong);
}

int letter_read_seats(struct fields *f, struct letter *out)
{
    const json_t *array = fields_array(f, "seats", LETTER_SEATS);
    unsigned count = (unsigned)json_array_size(array);
    if (f->wrong || count == 0)
        return 0;
    out->u.seats.seat = calloc(count, sizeof *out->u.seats.seat);
    if (!out->u.seats.seat)
        return -ENOMEM;
    out->u.seats.count = count;
    for (unsigned i = 0; i < count; i++)
        read_seat(f, json_array_get(array, i), &out->u.seats.seat[i]);
    return 0;
}

int letter_read_speaker(struct fields *f, struct letter *out)
{
    fields_text(f, "speaker", out->u.speaker.member, sizeof out->u.speaker.member,
                letter_is_id_or_none);
    return 0;
}

int letter_read_stats_ask(struct fields *f, struct letter *out)
{
    out->u.stats.seq = read_seq(f);
    return 0;
}

int letter_read_stats(struct fields *f, struct letter *out)
{
    out->u.stats.seq = read_seq(f);
    json_t *body = json_object_get(f->object, "body");
    if (!json_is_object(body))
        fields_wrong(f, "body");
    else
        out->u.stats.body = json_incref(body);
    return 0;
}

int letter_read_log_level(struct fields *f, struct letter *out)
{
    char name[8] = "";
    fields_text(f, "level", name, sizeof name, letter_is_plain);
    if (!f->wrong && !log_level_from(name, &out->u.log_level))
        fields_wrong(f, "level");
    return 0;
}

static void read_demand(struct fields *f, const json_t *json, struct letter_demand *out)
{
    struct fields t = {.object = json};
    fields_text(&t, "mid", out->mid, sizeof out->mid, letter_is_mid);
    out->source = fields_source(&t, "source");
    const json_t *rids = fields_array(&t, "rids", AGREE_MAX_ENCODINGS);
    out->rid_count = (unsigned)json_array_size(rids);
    for (unsigned i = 0; i < out->rid_count; i++) {
        const json_t *rid = json_array_get(rids, i);
        const size_t len = json_string_length(rid);
        if (json_is_string(rid) && len < AGREE_RID_SIZE &&
            letter_is_rid(json_string_value(rid), len))
            memcpy(out->rid[i], json_string_value(rid), len);
        else
            fields_wrong(&t, "rids");
    }
    if (t.wrong)
        fields_wrong(f, t.wrong);
}

int letter_read_demand(struct fields *f, struct letter *out)
{
    out->u.demand.generation = (uint32_t)fields_uint(f, "generation", UINT32_MAX);
    const json_t *array = fields_array(f, "tracks", LETTER_TRACKS);
    unsigned count = (unsigned)json_array_size(array);
    if (f->wrong || count == 0)
        return 0;
    out->u.demand.track = calloc(count, sizeof *out->u.demand.track);
    if (!out->u.demand.track)
        return -ENOMEM;
    out->u.demand.count = count;
    for (unsigned i = 0; i < count; i++)
        read_demand(f, json_array_get(array, i), &out->u.demand.track[i]);
    return 0;
}

/** "room" and "member": must be there if the letter is addressed so, else may be. */
static void read_address(struct fields *f, enum address address, struct letter *out)
{
    if (address >= TO_ROOM || json_object_get(f->object, "room"))
        fields_text(f, "room", out->room, sizeof out->room, letter_is_id);
    if (address == TO_MEMBER || json_object_get(f->object, "member"))
        fields_text(f, "member", out->member, sizeof out->member, letter_is_id);
}

static int read_letter(struct fields *f, struct letter *out)
{
    const char *type = json_string_value(json_object_get(f->object, "type"));
    unsigned i = 0;
    while (type && i < LETTER_TYPE_COUNT && strcmp(type, letter_kind[i].name) != 0)
        i++;
    if (!type || i == LETTER_TYPE_COUNT) {
        fields_wrong(f, "type");
        return 0;
    }
    out->type = (enum letter_type)i;
    read_address(f, letter_kind[i].address, out);
    return letter_kind[i].read ? letter_kind[i].read(f, out) : 0;
}

int letter_parse(const char *text, size_t len, struct letter *out, const char **where)
{
    *out = (struct letter){0};
    json_t *json;
    if (read_json(text, len, JSON_REJECT_DUPLICATES, &json, NULL) == -ENOMEM)
        return -ENOMEM;
    struct fields f = {.object = json};
    if (!json_is_object(json))
        fields_wrong(&f, "json");
    int rc = f.wrong ? 0 : read_letter(&f, out);
    json_decref(json);
    if (rc == 0 && !f.wrong)
        return 0;
    letter_fini(out);
    *out = (struct letter){0};
    if (rc == 0)
        *where = f.wrong;
    return rc ? rc : -EINVAL;
}
