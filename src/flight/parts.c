#include "parts.h"

static bool begin(const struct flight_record *r, struct pack *p)
{
    uint16_t who;
    *p = pack_reader(r->body, r->len);
    pack_u16(p, &who, UINT16_MAX);
    return !p->bad;
}

static bool end(const struct pack *p)
{
    return !p->bad && p->at == p->end;
}

/** A text is in `size` bytes when it is read, whatever it was in when it was written. */
static void text(struct pack *p, char out[PART_TEXT])
{
    pack_text(p, out, PART_TEXT);
}

bool part_who(const struct flight_record *r, uint16_t *who)
{
    struct pack p = pack_reader(r->body, r->len);
    uint16_t len, seq;
    struct flight_came came;
    if (r->type >= FLIGHT_SENT && r->type <= FLIGHT_SENT_LAST) {
        flight_read_sent(r, who, &len, &seq);
        return true;
    }
    if (r->type == FLIGHT_CAME) {
        flight_read_came(r, &came);
        *who = came.who;
        return true;
    }
    pack_u16(&p, who, UINT16_MAX);
    return !p.bad;
}

bool part_member(const struct flight_record *r, struct part_member *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    text(&p, out->id);
    pack_bool(&p, &out->up);
    return end(&p);
}

bool part_peer(const struct flight_record *r, struct part_peer *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    pack_bool(&p, &out->up);
    text(&p, out->why);
    return end(&p);
}

bool part_track(const struct flight_record *r, struct part_track *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    pack_u32(&p, &out->place, UINT8_MAX);
    pack_u32(&p, &out->kind, KIND_COUNT - 1);
    pack_u32(&p, &out->source, SOURCE_COUNT - 1);
    pack_bool(&p, &out->muted);
    text(&p, out->mid);
    pack_u32(&p, &out->count, PART_STREAMS);
    for (unsigned i = 0; i < out->count; i++) {
        text(&p, out->stream[i].rid);
        pack_u32(&p, &out->stream[i].width, UINT16_MAX);
        pack_u32(&p, &out->stream[i].height, UINT16_MAX);
    }
    return end(&p);
}

bool part_slot(const struct flight_record *r, struct part_slot *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    pack_u32(&p, &out->place, UINT8_MAX);
    pack_u32(&p, &out->kind, KIND_COUNT - 1);
    pack_u32(&p, &out->role, UINT8_MAX);
    pack_u32(&p, &out->pair, UINT32_MAX);
    pack_bool(&p, &out->off);
    text(&p, out->mid);
    pack_u32(&p, &out->of, UINT16_MAX);
    pack_u32(&p, &out->track, UINT8_MAX);
    pack_u32(&p, &out->stream, PART_STREAMS);
    return end(&p);
}

bool part_estimate(const struct flight_record *r, struct part_estimate *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    estimate_pack(&p, &out->is);
    pack_bool(&p, &out->trusted);
    pack_u64(&p, &out->given_bps, STATE_RATE_MAX);
    pack_u64(&p, &out->pace_bps, STATE_RATE_MAX);
    return end(&p);
}

bool part_choice(const struct flight_record *r, struct part_choice *out)
{
    struct pack p;
    *out = (struct part_choice){0};
    if (!begin(r, &p))
        return false;
    pack_u32(&p, &out->place, UINT8_MAX);
    pack_u16(&p, &out->of, UINT16_MAX);
    choose_in_pack(&p, &out->in);
    choose_out_pack(&p, &out->out);
    return end(&p);
}

bool part_probe(const struct flight_record *r, struct estimator_probe *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    probe_plan_pack(&p, out);
    return end(&p);
}

bool part_numbers(const struct flight_record *r, unsigned n, struct part_numbers *out)
{
    struct pack p;
    if (!begin(r, &p))
        return false;
    for (unsigned i = 0; i < n; i++)
        pack_u64(&p, &out->at[i], UINT64_MAX);
    return end(&p);
}
