/* Why a viewer's picture was bad: what is recorded, summed up. */
#include "flight/tell.h"

#include "parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SEATS   64
#define TRACKS  8
#define MUCH    10 ///< a tenth of the time is worth a word
#define BROKEN  3  ///< keyframes that were asked for: pictures that broke
#define LOSSY   (65536 / 50)
#define WAITING (100 * USEC_PER_MS)

/** What one slot has shown. */
struct seat {
    bool known;  ///< `is` holds since `since`
    uint16_t of; ///< whose track it has
    unsigned track;
    struct choose_out is;
    usec_t since;
    usec_t spent[CHOOSE_WHYS];   ///< with a stream, or muted, or paused
    usec_t empty;                ///< without a stream, because there was none
    uint64_t packets, keyframes; ///< that the viewer asked for
};

/** What one viewer's line was like. */
struct wire {
    uint64_t least_bps, most_bps, last_bps;
    uint64_t first_falls, last_falls;
    unsigned given_up;
    uint16_t loss; ///< the most, of 65536
    usec_t queue, rtt;
    enum estimator_source by;
};

struct person {
    uint16_t who; ///< the number that records have
    char id[PART_TEXT];
    usec_t from, to;
    struct wire wire;
    struct seat seat[SEATS];
    unsigned source[TRACKS];     ///< of what it publishes, from 1; 0: not known
    unsigned lost;               ///< on its way to us, the most, of 256
    uint64_t packets, keyframes; ///< that we asked it for
};

struct explain {
    usec_t first, last;
    bool begun;
    struct person **person; ///< owned, each too
    size_t count;
};

struct explain *explain_create(void)
{
    return calloc(1, sizeof(struct explain));
}

void explain_destroy(struct explain *e)
{
    for (size_t i = 0; e && i < e->count; i++)
        free(e->person[i]);
    if (e)
        free(e->person);
    free(e);
}

static struct person *find(const struct explain *e, uint16_t who)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->person[i]->who == who)
            return e->person[i];
    return NULL;
}

static struct person *know(struct explain *e, uint16_t who)
{
    struct person *p = find(e, who);
    if (p)
        return p;
    p = calloc(1, sizeof(*p));
    struct person **more = realloc(e->person, (e->count + 1) * sizeof(struct person *));
    e->person = more ? more : e->person;
    if (!p || !more) {
        free(p);
        return NULL;
    }
    p->who = who;
    p->from = e->last;
    e->person[e->count++] = p;
    return p;
}

// ---- time that passes on a slot ----

/** Counts what was shown until `now`. */
static void settle(struct seat *s, usec_t now)
{
    const enum choose_why why = s->is.why;
    if (!s->known)
        return;
    if (s->is.stream < 0 && (why == CHOOSE_BEST || why == CHOOSE_SOURCE))
        s->empty += now - s->since;
    else
        s->spent[why] += now - s->since;
    s->since = now;
}

static void settle_all(struct person *p, usec_t now, bool over)
{
    for (unsigned i = 0; i < SEATS; i++) {
        settle(&p->seat[i], now);
        p->seat[i].known &= !over;
    }
    p->to = now;
}

// ---- records ----

static void on_member(struct person *p, const struct flight_record *r)
{
    struct part_member m;
    if (!part_member(r, &m))
        return;
    for (char *c = m.id; *c; c++) // it may be a stranger's
        if (*c < ' ' || *c > '~')
            *c = '?';
    memcpy(p->id, m.id, sizeof(p->id));
}

static void on_track(struct person *p, const struct flight_record *r)
{
    struct part_track t;
    if (part_track(r, &t) && t.place < TRACKS)
        p->source[t.place] = t.source + 1;
}

static void on_slot(struct person *p, const struct flight_record *r)
{
    struct part_slot s;
    if (!part_slot(r, &s) || s.place >= SEATS || s.stream == 0)
        return;
    p->seat[s.place].of = (uint16_t)s.of;
    p->seat[s.place].track = s.track;
}

static void on_choice(struct person *p, const struct flight_record *r)
{
    struct part_choice c;
    if (!part_choice(r, &c) || c.place >= SEATS || !c.in.picture || c.out.divide)
        return;
    struct seat *s = &p->seat[c.place];
    settle(s, r->at);
    s->known = c.out.why != CHOOSE_AS_BEFORE;
    s->is = c.out;
    s->of = c.of;
    s->since = r->at;
}

static void on_estimate(struct person *p, const struct flight_record *r)
{
    struct part_estimate e;
    struct wire *w = &p->wire;
    if (!part_estimate(r, &e))
        return;
    const uint64_t bps = e.is.target_bps;
    if (w->most_bps == 0)
        w->first_falls = e.is.falls;
    w->least_bps = w->most_bps == 0 || bps < w->least_bps ? bps : w->least_bps;
    w->most_bps = bps > w->most_bps ? bps : w->most_bps;
    w->last_bps = bps;
    w->last_falls = e.is.falls;
    w->loss = e.is.loss > w->loss ? e.is.loss : w->loss;
    w->queue = e.is.queue > w->queue ? e.is.queue : w->queue;
    w->rtt = e.is.rtt > w->rtt ? e.is.rtt : w->rtt;
    w->by = e.is.source;
}

static void on_uplink(struct person *p, const struct flight_record *r)
{
    struct part_numbers v;
    if (part_numbers(r, 5, &v) && v.at[2] > p->lost)
        p->lost = v.at[2] > 255 ? 255 : (unsigned)v.at[2];
}

static void on_asked(struct person *p, const struct flight_record *r)
{
    struct part_numbers v;
    if (!part_numbers(r, 2, &v) || v.at[0] >= SEATS)
        return;
    p->seat[v.at[0]].packets += v.at[1] & UINT32_MAX;
    p->seat[v.at[0]].keyframes += v.at[1] == 0;
}

static void on_wished(struct person *p, const struct flight_record *r)
{
    struct part_numbers v;
    if (!part_numbers(r, 3, &v))
        return;
    p->packets += v.at[2] & UINT32_MAX;
    p->keyframes += v.at[2] == 0;
}

static void on_began(struct person *p, const struct flight_record *r)
{
    struct part_numbers v;
    if (part_numbers(r, 5, &v) && v.at[0] < SEATS) {
        p->seat[v.at[0]].of = (uint16_t)v.at[1];
        p->seat[v.at[0]].track = (unsigned)(v.at[2] & UINT8_MAX);
    }
}

static void on_gave_up(struct person *p, const struct flight_record *r)
{
    (void)r;
    p->wire.given_up++;
}

static void on_left(struct person *p, const struct flight_record *r)
{
    settle_all(p, r->at, true);
}

/** Nobody shows one who has left. */
static void take_off(struct explain *e, uint16_t who, usec_t now)
{
    for (size_t i = 0; i < e->count; i++)
        for (unsigned k = 0; k < SEATS; k++) {
            struct seat *s = &e->person[i]->seat[k];
            if (!s->known || s->of != who)
                continue;
            settle(s, now);
            s->known = false;
        }
}

bool explain_step(struct explain *e, const struct flight_record *r)
{
    static void (*const take[FLIGHT_TYPES])(struct person *, const struct flight_record *) = {
        [FLIGHT_MEMBER] = on_member,     [FLIGHT_TRACK] = on_track,
        [FLIGHT_SLOT] = on_slot,         [FLIGHT_CHOICE] = on_choice,
        [FLIGHT_ESTIMATE] = on_estimate, [FLIGHT_UPLINK] = on_uplink,
        [FLIGHT_ASKED] = on_asked,       [FLIGHT_WISHED] = on_wished,
        [FLIGHT_BEGAN] = on_began,       [FLIGHT_GAVE_UP] = on_gave_up,
        [FLIGHT_LEFT] = on_left,
    };
    uint16_t who;
    // What happened where records are missing is not known.
    for (size_t i = 0; e->begun && r->anew && i < e->count; i++)
        settle_all(e->person[i], e->last, true);
    if (!e->begun)
        e->first = r->at;
    e->begun = true;
    e->last = r->at;
    if (!take[r->type] || !part_who(r, &who))
        return true;
    if (r->type == FLIGHT_LEFT)
        take_off(e, who, r->at);
    struct person *p = know(e, who);
    if (p) {
        take[r->type](p, r);
        p->to = r->at;
    }
    return p != NULL;
}

// ---- words ----

static double seconds(usec_t t)
{
    return (double)t / USEC_PER_SEC;
}

static const char *name_of(const struct explain *e, uint16_t who)
{
    const struct person *p = find(e, who);
    return p && *p->id ? p->id : "somebody";
}

static const char *source_of(const struct explain *e, const struct seat *s)
{
    const struct person *p = find(e, s->of);
    const unsigned source = p && s->track < TRACKS ? p->source[s->track] : 0;
    return source ? media_source_name((enum media_source)(source - 1)) : "picture";
}

static void write_line(const struct wire *w, FILE *out)
{
    static const char *const by[] = {"nothing", "its reports", "its own estimate",
                                     "its feedback"};
    if (w->most_bps == 0)
        return;
    (void)fprintf(out,
                  "  its line: %" PRIu64 " to %" PRIu64 " kbit/s, %" PRIu64
                  " at the end, by %s; lost up to %.1f %%, queue up to %.0f ms, round trip up "
                  "to %.0f ms; cut %" PRIu64 " times, all that waited thrown away %u times\n",
                  w->least_bps / 1000, w->most_bps / 1000, w->last_bps / 1000, by[w->by],
                  w->loss * 100.0 / 65536, (double)w->queue / USEC_PER_MS,
                  (double)w->rtt / USEC_PER_MS, w->last_falls - w->first_falls, w->given_up);
}

static bool is_much(usec_t part, usec_t whole)
{
    return part > 0 && part >= whole / MUCH;
}

/** The reasons, each in a line. */
static void write_why(const struct explain *e, const struct person *p, const struct seat *s,
                      usec_t whole, FILE *out)
{
    const struct wire *w = &p->wire;
    const struct person *of = find(e, s->of);
    bool said = false;
    if (is_much(s->spent[CHOOSE_LINE], whole)) {
        const bool bad = w->loss >= LOSSY || w->queue >= WAITING || w->given_up > 0;
        (void)fprintf(out, "    => smaller for the line: %s\n",
                      bad ? "packets were lost on it or waited long"
                          : "it has not shown that it carries more, though nothing was lost");
        said = true;
    }
    if (is_much(s->spent[CHOOSE_SOURCE], whole)) {
        (void)fprintf(out, "    => %s sent no larger picture; %.1f %% was lost on its way\n",
                      name_of(e, s->of), of ? of->lost * 100.0 / 256 : 0.0);
        said = true;
    }
    if (is_much(s->spent[CHOOSE_SERVER], whole)) {
        (void)fprintf(out, "    => the server had no time for more\n");
        said = true;
    }
    if (is_much(s->spent[CHOOSE_CODEC], whole)) {
        (void)fprintf(out, "    => the viewer has no codec for it\n");
        said = true;
    }
    if (is_much(s->empty, whole)) {
        (void)fprintf(out, "    => there was nothing to send\n");
        said = true;
    }
    if (s->keyframes >= BROKEN) {
        (void)fprintf(out,
                      "    => it broke: the viewer asked for a new picture %" PRIu64 " times\n",
                      s->keyframes);
        said = true;
    }
    if (!said)
        (void)fprintf(out, "    => nothing was amiss on the server's side\n");
}

static void write_seat(const struct explain *e, const struct person *p, unsigned place,
                       FILE *out)
{
    const struct seat *s = &p->seat[place];
    usec_t whole = s->empty;
    for (unsigned i = 0; i < CHOOSE_WHYS; i++)
        whole += s->spent[i];
    if (whole == 0)
        return;
    (void)fprintf(out, "  slot %u, %s of %s, %.1f s:", place, source_of(e, s),
                  name_of(e, s->of), seconds(whole));
    for (unsigned i = 0; i < CHOOSE_WHYS; i++) {
        const char *why = choose_why_name((enum choose_why)i);
        if (s->spent[i] > 0)
            (void)fprintf(out, " %s %.1f s,", *why ? why : "best", seconds(s->spent[i]));
    }
    (void)fprintf(out,
                  " nothing %.1f s; asked for %" PRIu64 " packets, %" PRIu64 " keyframes\n",
                  seconds(s->empty), s->packets, s->keyframes);
    write_why(e, p, s, whole, out);
}

static void write_person(const struct explain *e, const struct person *p, FILE *out)
{
    (void)fprintf(out, "%s, from %.1f s to %.1f s\n", *p->id ? p->id : "somebody",
                  seconds(p->from - e->first), seconds(p->to - e->first));
    write_line(&p->wire, out);
    if (p->lost > 0 || p->packets > 0 || p->keyframes > 0)
        (void)fprintf(out,
                      "  what it sends: lost up to %.1f %%; it was asked for %" PRIu64
                      " packets and %" PRIu64 " keyframes\n",
                      p->lost * 100.0 / 256, p->packets, p->keyframes);
    for (unsigned i = 0; i < SEATS; i++)
        write_seat(e, p, i, out);
}

bool explain_write(struct explain *e, const char *only, FILE *out)
{
    bool found = false;
    for (size_t i = 0; i < e->count; i++) {
        struct person *p = e->person[i];
        if ((only && strcmp(only, p->id) != 0))
            continue;
        for (unsigned k = 0; k < SEATS; k++) // of those who are still there
            p->to = p->seat[k].known ? e->last : p->to;
        settle_all(p, p->to, true);
        write_person(e, p, out);
        found = true;
    }
    return found || !only;
}
