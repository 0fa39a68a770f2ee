#include "flight/tell.h"

#include "parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/** A line being written. */
struct line {
    char *at;
    size_t left; ///< bytes, with that of the NUL
};

static void add(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(l->at, l->left, format, args);
    va_end(args);
    const size_t len = n < 0 ? 0 : (size_t)n < l->left ? (size_t)n : l->left - 1;
    l->at += len;
    l->left -= len;
}

static unsigned kbit(uint64_t bps)
{
    return (unsigned)(bps / 1000);
}

static double ms(usec_t t)
{
    return (double)t / USEC_PER_MS;
}

/** Text of a stranger: what is not printable ASCII is left out. */
static const char *plain(char text[PART_TEXT])
{
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return text;
}

static void tell_sent(struct line *l, const struct flight_record *r)
{
    uint16_t who, len, seq;
    flight_read_sent(r, &who, &len, &seq);
    add(l, ": %u bytes, number %u", len, seq);
}

static void tell_came(struct line *l, const struct flight_record *r)
{
    struct flight_came c;
    flight_read_came(r, &c);
    add(l, ": track %u stream %u, %u bytes, number %u, time %" PRIu32 ", layer S%uT%u%s%s%s",
        c.track, c.stream, c.len, c.seq, c.ts, c.sid, c.tid, c.marker ? ", frame ends" : "",
        c.keyframe ? ", keyframe" : "", c.repaired ? ", repaired" : "");
}

static bool tell_member(struct line *l, const struct flight_record *r)
{
    struct part_member m;
    if (!part_member(r, &m))
        return false;
    add(l, ": %s, %s", plain(m.id), m.up ? "connected" : "not connected");
    return true;
}

static bool tell_peer(struct line *l, const struct flight_record *r)
{
    struct part_peer p;
    if (!part_peer(r, &p))
        return false;
    add(l, ": %s%s%s", p.up ? "connected" : "not connected", *p.why ? ", " : "", plain(p.why));
    return true;
}

static bool tell_track(struct line *l, const struct flight_record *r)
{
    struct part_track t;
    if (!part_track(r, &t))
        return false;
    add(l, " %u: %s, mid %s%s", t.place, media_source_name((enum media_source)t.source),
        plain(t.mid), t.muted ? ", muted" : "");
    for (unsigned i = 0; i < t.count; i++)
        add(l, ", stream %u \"%s\" %ux%u", i, plain(t.stream[i].rid), t.stream[i].width,
            t.stream[i].height);
    return true;
}

static bool tell_slot(struct line *l, const struct flight_record *r)
{
    struct part_slot s;
    if (!part_slot(r, &s))
        return false;
    add(l, " %u: %s, mid %s%s", s.place, media_kind_name((enum media_kind)s.kind), plain(s.mid),
        s.off ? ", off" : "");
    if (s.stream)
        add(l, ", shows #%u track %u stream %u", s.of, s.track, s.stream - 1);
    return true;
}

static bool tell_probe(struct line *l, const struct flight_record *r)
{
    struct estimator_probe p;
    if (!part_probe(r, &p))
        return false;
    add(l, " %u: %u kbit/s, at least %" PRIu32 " bytes, %u packets", p.id, kbit(p.rate_bps),
        p.bytes, p.min_packets);
    return true;
}

static bool tell_estimate(struct line *l, const struct flight_record *r)
{
    static const char *const by[] = {"nothing", "reports", "REMB", "feedback"};
    struct part_estimate e;
    if (!part_estimate(r, &e))
        return false;
    add(l,
        ": %u kbit/s by %s, pace %u; arrives %u kbit/s, round trip %.0f ms, queue %.0f ms, "
        "lost "
        "%.1f %%%s%s, falls %" PRIu64,
        kbit(e.is.target_bps), by[e.is.source], kbit(e.pace_bps), kbit(e.is.acked_bps),
        ms(e.is.rtt), ms(e.is.queue), e.is.loss * 100.0 / 65536,
        e.is.overuse ? ", queue grows" : "", e.is.app_limited ? ", little to send" : "",
        e.is.falls);
    return true;
}

static bool tell_choice(struct line *l, const struct flight_record *r)
{
    struct part_choice c;
    if (!part_choice(r, &c))
        return false;
    add(l, " of slot %u, of #%u, shown at %ux%u: ", c.place, c.of, c.in.width, c.in.height);
    if (c.out.divide)
        add(l, "the line is divided first");
    else if (c.out.stream < 0)
        add(l, "none");
    else
        add(l, "stream %d (%ux%u)", c.out.stream, c.in.source.width[c.out.stream],
            c.in.source.height[c.out.stream]);
    if (!c.out.divide && *choose_why_name(c.out.why))
        add(l, ", %s", choose_why_name(c.out.why));
    return true;
}

static bool tell_report(struct line *l, const struct flight_record *r)
{
    struct pack p = pack_reader(r->body, r->len);
    uint16_t who;
    uint8_t fraction;
    usec_t rtt;
    pack_u16(&p, &who, UINT16_MAX);
    pack_u8(&p, &fraction, UINT8_MAX);
    pack_time(&p, &rtt);
    add(l, ": lost %.1f %%, round trip %.0f ms", fraction * 100.0 / 256, ms(rtt));
    return !p.bad;
}

static bool tell_divide(struct line *l, const struct flight_record *r)
{
    struct pack p = pack_reader(r->body, r->len);
    uint16_t who;
    uint64_t bps;
    unsigned n;
    pack_u16(&p, &who, UINT16_MAX);
    pack_u64(&p, &bps, STATE_RATE_MAX);
    pack_u32(&p, &n, UINT8_MAX);
    add(l, ": %u kbit/s among %u pictures", kbit(bps), n);
    return !p.bad;
}

/** Types that are numbers alone: what is said of each, in the order in which they are written.
 */
static const struct {
    unsigned n;
    const char *format;
} numbers[FLIGHT_TYPES] = {
    [FLIGHT_MUTE] = {2, ": source %u, muted %u"},
    [FLIGHT_UPLINK] = {5, ": track %u stream %u, lost %u of 256, jitter %u, %u bit/s"},
    [FLIGHT_ASKED] = {2, ": slot %u, %u packets (0: a keyframe)"},
    [FLIGHT_WISHED] = {3, ": track %u stream %u, %u packets (0: a keyframe)"},
    [FLIGHT_BEGAN] = {5, ": slot %u with #%u track %u stream %u, from the cache %u"},
    [FLIGHT_GAVE_UP] = {1, ": a queue of %u bytes"},
    [FLIGHT_REMB] = {1, ": %u bit/s"},
    [FLIGHT_DEMAND] = {2, ": wanted %u bit/s, given %u bit/s"},
    [FLIGHT_SHARE] = {3, ": %u bit/s, must %u, divided %u"},
};

/** Each %u of the type's text is the next number, however large. */
static bool tell_numbers(struct line *l, const struct flight_record *r)
{
    struct part_numbers v = {0};
    unsigned i = 0;
    if (!part_numbers(r, numbers[r->type].n, &v))
        return false;
    for (const char *c = numbers[r->type].format; *c; c++) {
        if (c[0] == '%' && c[1] == 'u') {
            add(l, "%" PRIu64, v.at[i++]);
            c++;
        } else {
            add(l, "%c", *c);
        }
    }
    return true;
}

void flight_tell(const struct flight_record *r, char *out, size_t size)
{
    static bool (*const tell[FLIGHT_TYPES])(struct line *, const struct flight_record *) = {
        [FLIGHT_MEMBER] = tell_member, [FLIGHT_PEER] = tell_peer,
        [FLIGHT_TRACK] = tell_track,   [FLIGHT_SLOT] = tell_slot,
        [FLIGHT_PROBE] = tell_probe,   [FLIGHT_ESTIMATE] = tell_estimate,
        [FLIGHT_CHOICE] = tell_choice, [FLIGHT_REPORT] = tell_report,
        [FLIGHT_DIVIDE] = tell_divide,
    };
    struct line l = {.at = out, .left = size};
    uint16_t who = 0;
    bool fine = part_who(r, &who);
    add(&l, "#%u %s", who, flight_name(r->type));
    if (r->type >= FLIGHT_SENT && r->type <= FLIGHT_SENT_LAST)
        tell_sent(&l, r);
    else if (r->type == FLIGHT_CAME)
        tell_came(&l, r);
    else if (numbers[r->type].n > 0)
        fine = fine && tell_numbers(&l, r);
    else if (tell[r->type])
        fine = fine && tell[r->type](&l, r);
    if (!fine)
        add(&l, " (it makes no sense)");
}
