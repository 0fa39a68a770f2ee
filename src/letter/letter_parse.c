#include "kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t read_seq(struct fields *f)
{
    return field_uint(f, "seq", INT64_MAX);
}

int read_hello(struct fields *f, struct letter *out)
{
    struct letter_hello *h = &out->u.hello;
    h->version = (unsigned)field_uint(f, "version", UINT32_MAX);
    h->worker = (unsigned)field_uint(f, "worker", UINT16_MAX);
    h->pid = field_int(f, "pid", 0, INT64_MAX);
    h->port = (uint16_t)field_uint(f, "port", UINT16_MAX);
    field_text(f, "fingerprint", h->fingerprint, sizeof h->fingerprint, valid_plain);
    h->room_count = (unsigned)field_uint(f, "rooms", UINT32_MAX);
    h->member_count = (unsigned)field_uint(f, "members", UINT32_MAX);
    return 0;
}

int read_agree(struct fields *f, struct letter *out)
{
    out->u.agree.seq = read_seq(f);
    const char *where = NULL;
    const json_t *json = field_object(f, "agreement");
    if (f->wrong)
        return 0;
    int rc = agreement_from_json(json, &out->u.agree.agreement, &where);
    if (rc == -EINVAL)
        field_wrong(f, where);
    return rc == -EINVAL ? 0 : rc;
}

int read_agreed(struct fields *f, struct letter *out)
{
    out->u.agreed.seq = read_seq(f);
    field_text(f, "error", out->u.agreed.error, sizeof out->u.agreed.error, valid_plain);
    return 0;
}

int read_connected(struct fields *f, struct letter *out)
{
    out->u.gone.generation = (uint32_t)field_uint(f, "generation", UINT32_MAX);
    return 0;
}

int read_gone(struct fields *f, struct letter *out)
{
    field_text(f, "reason", out->u.gone.reason, sizeof out->u.gone.reason, valid_plain);
    return read_connected(f, out);
}

int read_mute(struct fields *f, struct letter *out)
{
    out->u.mute.source = field_source(f, "source");
    out->u.mute.muted = field_bool(f, "muted");
    return 0;
}

static void read_want(struct fields *f, const json_t *json, struct letter_want *out)
{
    struct fields w = {.object = json};
    field_text(&w, "mid", out->mid, sizeof out->mid, valid_mid);
    field_text(&w, "of", out->of, sizeof out->of, valid_id_or_none);
    out->source = field_source(&w, "source");
    out->width = (uint16_t)field_uint(&w, "width", UINT16_MAX);
    out->height = (uint16_t)field_uint(&w, "height", UINT16_MAX);
    out->pinned = field_bool(&w, "pinned");
    out->paused = field_bool(&w, "paused");
    if (w.wrong)
        field_wrong(f, w.wrong);
}

int read_wants(struct fields *f, struct letter *out)
{
    const json_t *array = field_array(f, "wants", LETTER_WANTS);
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
    field_text(&s, "mid", out->mid, sizeof out->mid, valid_mid);
    field_text(&s, "of", out->of, sizeof out->of, valid_id_or_none);
    out->source = field_source(&s, "source");
    field_text(&s, "rid", out->rid, sizeof out->rid, valid_rid);
    out->width = (uint16_t)field_uint(&s, "width", UINT16_MAX);
    out->height = (uint16_t)field_uint(&s, "height", UINT16_MAX);
    field_text(&s, "why", out->why, sizeof out->why, valid_plain);
    if (s.wrong)
        field_wrong(f, s.wrong);
}

int read_seats(struct fields *f, struct letter *out)
{
    const json_t *array = field_array(f, "seats", LETTER_SEATS);
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

int read_speaker(struct fields *f, struct letter *out)
{
    field_text(f, "speaker", out->u.speaker.member, sizeof out->u.speaker.member,
               valid_id_or_none);
    return 0;
}

int read_stats_ask(struct fields *f, struct letter *out)
{
    out->u.stats.seq = read_seq(f);
    return 0;
}

int read_stats(struct fields *f, struct letter *out)
{
    out->u.stats.seq = read_seq(f);
    json_t *body = json_object_get(f->object, "body");
    if (!json_is_object(body))
        field_wrong(f, "body");
    else
        out->u.stats.body = json_incref(body);
    return 0;
}

/** "room" and "member": must be there if the letter is addressed so, else may be. */
static void read_address(struct fields *f, enum address address, struct letter *out)
{
    if (address >= TO_ROOM || json_object_get(f->object, "room"))
        field_text(f, "room", out->room, sizeof out->room, valid_id);
    if (address == TO_MEMBER || json_object_get(f->object, "member"))
        field_text(f, "member", out->member, sizeof out->member, valid_id);
}

static int read_letter(struct fields *f, struct letter *out)
{
    const char *type = json_string_value(json_object_get(f->object, "type"));
    unsigned i = 0;
    while (type && i < LETTER_TYPE_COUNT && strcmp(type, letter_kind[i].name) != 0)
        i++;
    if (!type || i == LETTER_TYPE_COUNT) {
        field_wrong(f, "type");
        return 0;
    }
    out->type = (enum letter_type)i;
    read_address(f, letter_kind[i].address, out);
    return letter_kind[i].read ? letter_kind[i].read(f, out) : 0;
}

int letter_parse(const char *text, size_t len, struct letter *out, const char **where)
{
    *out = (struct letter){0};
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    struct fields f = {.object = json};
    if (!json_is_object(json))
        field_wrong(&f, "json");
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
