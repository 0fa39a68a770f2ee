#include "base/bytes.h"
#include "base/read_json.h"
#include "kinds.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int set_text(json_t *body, const char *key, const char *value)
{
    return json_object_set_new(body, key, json_string(value));
}

static int set_number(json_t *body, const char *key, int64_t value)
{
    return json_object_set_new(body, key, json_integer(value));
}

static int set_seq(json_t *body, uint64_t seq)
{
    assert(seq <= INT64_MAX); // JSON has no larger integers
    return set_number(body, "seq", (int64_t)seq);
}

int letter_write_hello(const struct letter *l, json_t *body)
{
    const struct letter_hello *h = &l->u.hello;
    return set_number(body, "version", h->version) || set_number(body, "worker", h->worker) ||
                   set_number(body, "pid", h->pid) || set_number(body, "port", h->port) ||
                   set_text(body, "fingerprint", h->fingerprint) ||
                   set_number(body, "rooms", h->room_count) ||
                   set_number(body, "members", h->member_count)
               ? -1
               : 0;
}

int letter_write_agree(const struct letter *l, json_t *body)
{
    if (set_seq(body, l->u.agree.seq))
        return -1;
    return json_object_set_new(body, "agreement", agreement_to_json(&l->u.agree.agreement));
}

int letter_write_agreed(const struct letter *l, json_t *body)
{
    return set_seq(body, l->u.agreed.seq) || set_text(body, "error", l->u.agreed.error) ? -1
                                                                                        : 0;
}

int letter_write_connected(const struct letter *l, json_t *body)
{
    return set_number(body, "generation", l->u.gone.generation);
}

int letter_write_gone(const struct letter *l, json_t *body)
{
    return letter_write_connected(l, body) || set_text(body, "reason", l->u.gone.reason) ? -1
                                                                                         : 0;
}

int letter_write_mute(const struct letter *l, json_t *body)
{
    return set_text(body, "source", media_source_name(l->u.mute.source)) ||
                   json_object_set_new(body, "muted", json_boolean(l->u.mute.muted))
               ? -1
               : 0;
}

int letter_write_wants(const struct letter *l, json_t *body)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < l->u.wants.count; i++) {
        const struct letter_want *w = &l->u.wants.want[i];
        json_t *want =
            json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:b}", "mid", w->mid, "of", w->of,
                      "source", media_source_name(w->source), "width", w->width, "height",
                      w->height, "pinned", w->pinned, "paused", w->paused);
        if (json_array_append_new(array, want)) {
            json_decref(array);
            return -1;
        }
    }
    return json_object_set_new(body, "wants", array);
}

int letter_write_seats(const struct letter *l, json_t *body)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < l->u.seats.count; i++) {
        const struct letter_seat *s = &l->u.seats.seat[i];
        json_t *seat = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "mid", s->mid, "of",
                                 s->of, "source", media_source_name(s->source), "rid", s->rid,
                                 "width", s->width, "height", s->height, "why", s->why);
        if (json_array_append_new(array, seat)) {
            json_decref(array);
            return -1;
        }
    }
    return json_object_set_new(body, "seats", array);
}

int letter_write_speaker(const struct letter *l, json_t *body)
{
    return set_text(body, "speaker", l->u.speaker.member);
}

int letter_write_stats_ask(const struct letter *l, json_t *body)
{
    return set_seq(body, l->u.stats.seq);
}

int letter_write_stats(const struct letter *l, json_t *body)
{
    if (set_seq(body, l->u.stats.seq))
        return -1;
    json_t *stats = l->u.stats.body;
    return json_object_set_new(body, "body", stats ? json_incref(stats) : json_object());
}

int letter_write_log_level(const struct letter *l, json_t *body)
{
    return set_text(body, "level", log_level_name(l->u.log_level));
}

static json_t *write_demand(const struct letter_demand *t)
{
    json_t *rids = json_array();
    for (unsigned i = 0; rids && i < t->rid_count; i++)
        if (json_array_append_new(rids, json_string(t->rid[i]))) {
            json_decref(rids);
            rids = NULL;
        }
    return json_pack("{s:s, s:s, s:o}", "mid", t->mid, "source", media_source_name(t->source),
                     "rids", rids);
}

int letter_write_demand(const struct letter *l, json_t *body)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < l->u.demand.count; i++)
        if (json_array_append_new(array, write_demand(&l->u.demand.track[i]))) {
            json_decref(array);
            return -1;
        }
    return set_number(body, "generation", l->u.demand.generation) ||
                   json_object_set_new(body, "tracks", array)
               ? -1
               : 0;
}

static json_t *to_json(const struct letter *l)
{
    const struct letter_kind *kind = &letter_kind[l->type];
    json_t *json = json_object();
    if (!json)
        return NULL;
    bool failed = set_text(json, "type", kind->name) != 0;
    failed = failed || (l->room[0] && set_text(json, "room", l->room));
    failed = failed || (l->member[0] && set_text(json, "member", l->member));
    failed = failed || (kind->write && kind->write(l, json));
    if (!failed)
        return json;
    json_decref(json);
    return NULL;
}

int64_t letter_write(const struct letter *l, uint8_t **frame)
{
    *frame = NULL;
    json_t *json = to_json(l);
    char *text = json ? write_json(json) : NULL;
    json_decref(json);
    if (!text)
        return -ENOMEM;
    size_t len = strlen(text);
    int64_t size = -EMSGSIZE;
    if (len <= LETTER_MAX) {
        *frame = malloc(4 + len);
        size = *frame ? (int64_t)(4 + len) : -ENOMEM;
    }
    if (*frame) {
        wr32(*frame, (uint32_t)len);
        memcpy(*frame + 4, text, len);
    }
    free(text);
    return size;
}
