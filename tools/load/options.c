#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICTURES_MAX 24u // that one person is shown
#define VOICES_MAX   6u

// ---- values

/** A number of at most `max` and what follows it. */
static bool number(const char *text, double max, double *out, const char **rest)
{
    char *end;
    *out = strtod(text, &end);
    *rest = end;
    return end != text && *out >= 0 && *out <= max;
}

static bool set_count(void *at, const char *value)
{
    double v;
    const char *rest;
    if (!number(value, 1e9, &v, &rest) || *rest || v != (double)(unsigned)v)
        return false;
    *(unsigned *)at = (unsigned)v;
    return true;
}

/** "1%" or "0.01". */
static bool set_share(void *at, const char *value)
{
    double v;
    const char *rest;
    if (!number(value, 100, &v, &rest))
        return false;
    if (strcmp(rest, "%") == 0)
        v /= 100;
    else if (*rest)
        return false;
    *(double *)at = v;
    return v <= 1;
}

static bool set_time(void *at, const char *value)
{
    static const struct {
        const char *unit;
        double us;
    } units[] = {{"ms", 1e3}, {"s", 1e6}, {"min", 6e7}, {"m", 6e7}, {"h", 3.6e9}, {"", 1e6}};
    double v;
    const char *rest;
    if (!number(value, 1e6, &v, &rest))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(rest, units[i].unit) == 0) {
            *(usec_t *)at = (usec_t)(v * units[i].us);
            return true;
        }
    return false;
}

/** "2M", "300k", "500000". */
static bool set_rate(void *at, const char *value)
{
    double v;
    const char *rest;
    if (!number(value, 1e11, &v, &rest))
        return false;
    if (*rest == 'k')
        v *= 1e3;
    else if (*rest == 'M')
        v *= 1e6;
    else if (*rest)
        return false;
    *(uint64_t *)at = (uint64_t)v;
    return !*rest || !rest[1];
}

/** A second: "20" or "20/s"; or "5/min". */
static bool set_frequency(void *at, const char *value)
{
    double v;
    const char *rest;
    if (!number(value, 1e6, &v, &rest))
        return false;
    if (strcmp(rest, "/min") == 0)
        v /= 60;
    else if (*rest && strcmp(rest, "/s") != 0)
        return false;
    *(double *)at = v;
    return v > 0;
}

/** "5%/min": a share each minute; all of them, again and again, is above 100. */
static bool set_churn(void *at, const char *value)
{
    double v;
    const char *rest;
    if (!number(value, 1e4, &v, &rest))
        return false;
    if (*rest == '%') {
        v /= 100;
        rest++;
    }
    *(double *)at = v;
    return !*rest || strcmp(rest, "/min") == 0;
}

static bool set_text(void *at, const char *value)
{
    return snprintf(at, SCENARIO_TEXT, "%s", value) < SCENARIO_TEXT;
}

static bool set_word(void *at, const char *value)
{
    return snprintf(at, 64, "%s", value) < 64;
}

static bool set_yes(void *at, const char *value)
{
    const bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
    *(bool *)at = yes;
    return yes || strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

static bool set_protocol(void *at, const char *value)
{
    static const char *const names[] = {"salon", "whip", "janus"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            *(enum protocol *)at = (enum protocol)i;
            return true;
        }
    return false;
}

/** "audio,video", "screen", "nothing". */
static bool set_sends(void *at, const char *value)
{
    struct crowd *c = at;
    c->audio = c->video = c->screen = false;
    for (const char *p = value; *p; p += strspn(p, ", ")) {
        const size_t n = strcspn(p, ", ");
        if (n == 5 && strncmp(p, "audio", n) == 0)
            c->audio = true;
        else if (n == 5 && strncmp(p, "video", n) == 0)
            c->video = true;
        else if (n == 6 && strncmp(p, "screen", n) == 0)
            c->screen = true;
        else if (n != 7 || strncmp(p, "nothing", n) != 0)
            return false;
        p += n;
    }
    return true;
}

static bool set_layers(void *at, const char *value)
{
    return set_count(at, value) && *(unsigned *)at >= 1 && *(unsigned *)at <= 3;
}

/** "loss>1%", "join_p99<2s", "delay_p99>20ms": percent as such, times in ms. */
static bool set_limit(void *at, const char *value)
{
    struct scenario *s = at;
    struct limit *l = &s->limit[s->limits];
    const size_t n = strcspn(value, "<>");
    const char *rest;
    double v;
    if (s->limits == SCENARIO_LIMITS || !value[n] || n >= sizeof(l->name) ||
        strlen(value) >= sizeof(l->text) || !number(value + n + 1, 1e9, &v, &rest))
        return false;
    if (strcmp(rest, "s") == 0)
        v *= 1000;
    else if (*rest && strcmp(rest, "%") != 0 && strcmp(rest, "ms") != 0)
        return false;
    *l = (struct limit){.above = value[n] == '>', .value = v};
    (void)snprintf(l->name, sizeof(l->name), "%.*s", (int)n, value);
    (void)snprintf(l->text, sizeof(l->text), "%s", value);
    s->limits++;
    return true;
}

// ---- the table

static const struct option_def table[] = {
    {"protocol", OPTION_RUN, set_protocol, offsetof(struct scenario, protocol),
     "salon|whip|janus  how to speak to the server (salon)"},
    {"url", OPTION_RUN, set_text, offsetof(struct scenario, url),
     "URL  of salon (http…), or of Janus' WebSocket (ws…)"},
    {"key", OPTION_RUN, set_text, offsetof(struct scenario, key),
     "KEY  salon's API key, to make rooms; or the variable SALON_KEY"},
    {"link", OPTION_RUN, set_text, offsetof(struct scenario, link),
     "LINK  of one room of salon, instead of making rooms"},
    {"whip", OPTION_RUN, set_text, offsetof(struct scenario, whip),
     "URL  where to publish; %r stands for the room"},
    {"whep", OPTION_RUN, set_text, offsetof(struct scenario, whep),
     "URL  where to play; %r stands for the room"},
    {"duration", OPTION_RUN, set_time, offsetof(struct scenario, duration),
     "TIME  of the measurement, once everybody is there (30s)"},
    {"settle", OPTION_RUN, set_time, offsetof(struct scenario, settle),
     "TIME  between the last join and the measurement (3s)"},
    {"join_rate", OPTION_RUN, set_frequency, offsetof(struct scenario, join_rate),
     "N/s  joins a second (20)"},
    {"churn", OPTION_RUN, set_churn, offsetof(struct scenario, churn),
     "SHARE/min  of the members leave each minute and are replaced (0)"},
    {"seed", OPTION_RUN, set_count, offsetof(struct scenario, seed),
     "N  of all that is random (1)"},
    {"kbps", OPTION_RUN, set_count, offsetof(struct scenario, kbps),
     "N  kbit/s of a camera's largest layer (1650)"},
    {"temporal", OPTION_RUN, set_layers, offsetof(struct scenario, temporal),
     "1..3  temporal layers of a camera (3)"},
    {"clips", OPTION_RUN, set_text, offsetof(struct scenario, clips),
     "FOLDER  to keep what was coded from one run to the next"},
    {"verify", OPTION_RUN, set_count, offsetof(struct scenario, verify),
     "N  one viewer of N decodes what it gets (0: none)"},
    {"profile", OPTION_RUN, set_word, offsetof(struct scenario, profile),
     "NAME  the one SRTP profile to offer, as OpenSSL calls it"},
    {"no_rtx", OPTION_RUN, set_yes, offsetof(struct scenario, no_rtx),
     "yes|no  repair without RTX"},
    {"local", OPTION_RUN, set_word, offsetof(struct scenario, local),
     "ADDRESS  clients send from (the one that leads to the server)"},
    {"pid", OPTION_RUN, set_count, offsetof(struct scenario, pid),
     "PID  of the server here: its CPU time and memory, with its children"},
    {"metrics", OPTION_RUN, set_text, offsetof(struct scenario, metrics),
     "URL  of the server's metrics: process_cpu_seconds_total, process_resident_memory_bytes"},
    {"json", OPTION_RUN, set_text, offsetof(struct scenario, json),
     "FILE  for the results as JSON; - is standard output"},
    {"fail_if", OPTION_RUN, set_limit, 0,
     "'NAME>VALUE'  exit 1 if so: 'loss>1%', 'join_p99>2s'"},
    {"quiet", OPTION_RUN, set_yes, offsetof(struct scenario, quiet),
     "yes|no  no progress line"},
    {"rooms", OPTION_ROOM, set_count, offsetof(struct room_kind, rooms),
     "N  rooms of this kind (1)"},
    {"count", OPTION_PEOPLE, set_count, offsetof(struct crowd, count),
     "N  people of this kind in each room"},
    {"sends", OPTION_PEOPLE, set_sends, 0, "audio,video,screen|nothing  what each sends"},
    {"layers", OPTION_PEOPLE, set_layers, offsetof(struct crowd, layers),
     "1..3  simulcast layers of a camera (3)"},
    {"receives", OPTION_PEOPLE, set_count, offsetof(struct crowd, receives),
     "N  pictures each is shown at most"},
    {"screens", OPTION_PEOPLE, set_count, offsetof(struct crowd, screens),
     "N  shared screens each is shown at most"},
    {"hears", OPTION_PEOPLE, set_count, offsetof(struct crowd, hears),
     "N  voices each hears at most"},
    {"width", OPTION_PEOPLE, set_count, offsetof(struct crowd, width),
     "PIXELS  the size pictures are shown at (0: the best there is)"},
    {"changes", OPTION_PEOPLE, set_time, offsetof(struct crowd, changes),
     "TIME  after which each asks for another size (0: never)"},
    {"talks", OPTION_PEOPLE, set_share, offsetof(struct crowd, talks),
     "SHARE  of the time each speaks (30%)"},
    {"tcp", OPTION_PEOPLE, set_yes, offsetof(struct crowd, tcp), "yes|no  ICE-TCP alone"},
    {"loss", OPTION_PEOPLE, set_share, offsetof(struct crowd, line.loss),
     "SHARE  lost each way"},
    {"delay", OPTION_PEOPLE, set_time, offsetof(struct crowd, line.delay), "TIME  each way"},
    {"jitter", OPTION_PEOPLE, set_time, offsetof(struct crowd, line.jitter),
     "TIME  at most, added to it"},
    {"rate", OPTION_PEOPLE, set_rate, offsetof(struct crowd, line.rate_bps),
     "BITS  a second each way: 2M, 300k"},
    {NULL, OPTION_RUN, NULL, 0, NULL},
};

const char *const option_shapes[][2] = {
    {"conference", "N  people who all send and see each other"},
    {"webinar", "A+B  speakers who send and see each other, and people who watch them"},
    {"broadcast", "A+B  people who only send, and people who only watch"},
    {"voices", "N  people with sound alone"},
    {NULL, NULL},
};

const struct option_def *option_table(void)
{
    return table;
}

const struct option_def *option_find(const char *name, enum option_level level)
{
    for (const struct option_def *o = table; o->name; o++)
        if (o->level == level && strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

// ---- shapes

static unsigned at_most(unsigned n, unsigned max)
{
    return n < max ? n : max;
}

/** Two numbers around a '+', or one. */
static bool read_pair(const char *value, bool two, unsigned out[2])
{
    char end;
    const int n = two ? sscanf(value, "%u+%u%c", &out[0], &out[1], &end)
                      : sscanf(value, "%u%c", &out[0], &end);
    return n == (two ? 2 : 1) && out[0] > 0 && (!two || out[1] > 0);
}

bool option_shape(struct room_kind *r, const char *shape, const char *value,
                  const struct crowd *usual)
{
    unsigned n[2] = {0, 0};
    const bool webinar = strcmp(shape, "webinar") == 0,
               broadcast = strcmp(shape, "broadcast") == 0;
    const bool voices = strcmp(shape, "voices") == 0;
    if (!read_pair(value, webinar || broadcast, n) || r->crowds + 2 > SCENARIO_CROWDS)
        return false;
    struct crowd *one = &r->crowd[r->crowds++];
    *one = *usual;
    one->count = n[0];
    one->audio = true;
    one->video = !voices;
    one->receives = voices || broadcast ? 0 : at_most(n[0] - 1, PICTURES_MAX);
    one->screens = usual->screen ? one->receives : 0;
    one->hears = broadcast ? 0 : at_most(n[0] - 1, voices ? VOICES_MAX : PICTURES_MAX);
    if (webinar || broadcast) {
        struct crowd *two = &r->crowd[r->crowds++];
        *two = *usual;
        two->count = n[1];
        two->audio = two->video = two->screen = false;
        two->receives = two->hears = at_most(n[0], PICTURES_MAX);
        two->screens = usual->screen ? two->receives : 0;
    }
    return true;
}
