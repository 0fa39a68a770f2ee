/* What a worker records can be repeated, decision by decision; and a change is found. */
#include "scene.h"

#include "flight/replay.h"
#include "flight/tell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KBIT    UINT64_C(1000)
#define MBIT    UINT64_C(1000000)
#define LARGEST ((size_t)24 << 20) // a minute of any of these scenarios

/** A recording as the admin API gives it. */
struct tape {
    uint8_t *bytes; ///< owned
    size_t len;
};

/** Its records, each body in memory of its own. */
struct film {
    struct flight_record *record; ///< owned
    uint8_t **body;               ///< owned, each too
    size_t count;
};

/** What came of repeating one. */
struct outcome {
    size_t same, differs, unknown, bad;
    size_t first; ///< record that differed
    uint64_t same_of[FLIGHT_TYPES];
    char why[200];
};

static struct flight *flight_of(const struct sim *s)
{
    struct room *r = map_get(&s->worker->rooms, SIM_ROOM, strlen(SIM_ROOM));
    return &r->flight;
}

/** From here on its room is recorded. */
static void start(struct sim *s)
{
    assert_int_equal(flight_pool_init(&s->worker->flight, LARGEST), 0);
    flight_init(flight_of(s), &s->worker->flight);
}

static struct tape fetch(const struct sim *s)
{
    struct tape t = {.bytes = malloc(LARGEST), .len = FLIGHT_FILE_HEAD};
    struct flight_given *given = malloc(sizeof(*given));
    const struct flight_file file = {.version = "test", .room = SIM_ROOM};
    assert_true(t.bytes && given);
    flight_file_write(&file, t.bytes);
    for (uint64_t next = 0; flight_give(flight_of(s), next, given); next = given->number + 1) {
        assert_true(t.len + given->len <= LARGEST);
        memcpy(t.bytes + t.len, given->bytes, given->len);
        t.len += given->len;
    }
    free(given);
    return t;
}

static struct film develop(const struct tape *t)
{
    struct film f = {0};
    struct flight_reader r;
    struct flight_file file;
    struct flight_record record;
    assert_true(flight_open(&r, t->bytes, t->len, &file));
    assert_string_equal(file.room, SIM_ROOM);
    while (flight_next(&r, &record))
        f.count++;
    assert_null(r.wrong);
    f.record = calloc(f.count, sizeof(*f.record));
    f.body = calloc(f.count, sizeof(*f.body));
    assert_true(f.record && f.body && flight_open(&r, t->bytes, t->len, &file));
    for (size_t i = 0; flight_next(&r, &record); i++) {
        f.body[i] = malloc(record.len);
        assert_non_null(f.body[i]);
        memcpy(f.body[i], record.body, record.len);
        f.record[i] = record;
        f.record[i].body = f.body[i];
    }
    return f;
}

static void throw_away(struct film *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->body[i]);
    free(f->body);
    free(f->record);
}

/** Repeats the records from `from` on; ends at the first that differs. */
static struct outcome repeat(const struct film *f, size_t from)
{
    struct outcome o = {0};
    struct replay *r = replay_create();
    assert_non_null(r);
    for (size_t i = from; i < f->count; i++) {
        const enum replay_result result = replay_step(r, &f->record[i]);
        o.same += result == REPLAY_SAME;
        o.same_of[f->record[i].type] += result == REPLAY_SAME;
        o.unknown += result == REPLAY_UNKNOWN;
        o.differs += result == REPLAY_DIFFERS;
        o.bad += result == REPLAY_BAD;
        if (result == REPLAY_DIFFERS || result == REPLAY_BAD) {
            o.first = i;
            (void)snprintf(o.why, sizeof(o.why), "%s", replay_why(r));
            break;
        }
    }
    replay_destroy(r);
    return o;
}

static void line(struct sim *s, const struct client *c, uint64_t bps)
{
    struct link *l = &s->down[c->number];
    l->rate_bps = bps;
    l->queue = 400 * USEC_PER_MS;
}

/** A call in which everything happens that is decided: lines that fall and rise, pictures that
 * are divided and given up, probes, people who come late and leave. */
static void happen(struct sim *s)
{
    static const unsigned packets[] = {1, 4, 12};
    struct client *people[3];
    start(s);
    for (unsigned i = 0; i < 3; i++) {
        people[i] = sim_person(s, NULL, scene_codec(s), 3, 2);
        people[i]->pub[1].payload = 600;
        for (unsigned k = 0; k < 3; k++)
            people[i]->pub[1].layer[k].packets_per_frame = packets[k];
    }
    struct client *viewer = scene_viewer(s, NULL, 3);
    line(s, viewer, 4 * MBIT);
    sim_settle(s);
    sim_run(s, 8 * USEC_PER_SEC);
    line(s, viewer, 400 * KBIT);
    sim_run(s, 6 * USEC_PER_SEC);
    line(s, viewer, 5 * MBIT);
    s->down[people[0]->number].loss = 80;
    struct client *late = scene_viewer(s, NULL, 1);
    line(s, late, 900 * KBIT);
    sim_settle(s);
    sim_run(s, 8 * USEC_PER_SEC);
    sim_mute(s, people[1], SOURCE_CAMERA, true);
    sim_leave(s, people[2]);
    sim_run(s, 4 * USEC_PER_SEC);
}

static void replay_whole(struct sim *s)
{
    happen(s);
    struct tape t = fetch(s);
    struct film f = develop(&t);
    const struct outcome o = repeat(&f, 0);
    sim_check(s, o.differs == 0 && o.bad == 0, "record %zu of %zu (%s): %s", o.first, f.count,
              flight_name(f.record[o.first].type), o.why);
    static const enum flight_type decided[] = {FLIGHT_SENT + 1, FLIGHT_STATE, FLIGHT_PROBE,
                                               FLIGHT_ESTIMATE, FLIGHT_SHARE, FLIGHT_DIVIDE,
                                               FLIGHT_CHOICE};
    for (size_t i = 0; i < sizeof(decided) / sizeof(*decided); i++)
        sim_check(s, o.same_of[decided[i]] > 3, "only %d of \"%s\" were repeated",
                  (int)o.same_of[decided[i]], flight_name(decided[i]));
    sim_check(s, o.unknown < o.same / 50, "%zu of %zu could not be repeated", o.unknown,
              o.same);
    throw_away(&f);
    free(t.bytes);
}

static void every_decision_of_a_call_is_repeated(void **state)
{
    (void)state;
    sim_each_seed(__func__, replay_whole, 3);
}

/** The first record after `from` of this type whose viewer is known by then. */
static size_t find(const struct film *f, size_t from, enum flight_type type)
{
    while (from < f->count && f->record[from].type != type)
        from++;
    return from;
}

static void change_one(struct sim *s)
{
    static const enum flight_type type[] = {FLIGHT_SENT + 1, FLIGHT_PROBE, FLIGHT_STATE,
                                            FLIGHT_ESTIMATE, FLIGHT_SHARE, FLIGHT_DIVIDE,
                                            FLIGHT_CHOICE};
    happen(s);
    struct tape t = fetch(s);
    struct film f = develop(&t);
    for (size_t k = 0; k < sizeof(type) / sizeof(*type); k++) {
        // From the first half, so that what follows can show it; the viewers are known by then.
        const size_t i =
            find(&f, f.count / 4 + rng_below(&s->rng, (uint32_t)f.count / 4), type[k]);
        sim_check(s, i < f.count, "there is no \"%s\"", flight_name(type[k]));
        // The last byte: a number, a time, a rate or a decision.
        uint8_t *byte = &f.body[i][f.record[i].len - 1];
        *byte ^= 1;
        const struct outcome o = repeat(&f, 0);
        sim_check(s, o.differs + o.bad == 1, "a changed \"%s\" was not found",
                  flight_name(type[k]));
        sim_check(s, o.first >= i, "it was found before it came");
        *byte ^= 1;
    }
    throw_away(&f);
    free(t.bytes);
}

static void one_record_that_is_changed_is_found(void **state)
{
    (void)state;
    sim_each_seed(__func__, change_one, 2);
}

#define MISSED_OF 20

static void leave_out(struct sim *s)
{
    happen(s);
    struct tape t = fetch(s);
    struct film f = develop(&t);
    static const enum flight_type type[] = {FLIGHT_SENT + 1, FLIGHT_TWCC, FLIGHT_TICK};
    for (size_t k = 0; k < sizeof(type) / sizeof(*type); k++) {
        bool found = false;
        // A tick at which there was nothing to decide is not missed: one of the next ones is.
        size_t i = find(&f, f.count / 3, type[k]);
        for (unsigned n = 0; n < MISSED_OF && !found && i < f.count; n++) {
            const struct flight_record whole = f.record[i];
            f.record[i].type = FLIGHT_MUTE; // which no decision depends on
            found = repeat(&f, 0).differs == 1;
            f.record[i] = whole;
            i = find(&f, i + 1, type[k]);
        }
        sim_check(s, found, "no \"%s\" that is missing was found", flight_name(type[k]));
    }
    throw_away(&f);
    free(t.bytes);
}

static void one_record_that_is_missing_is_found(void **state)
{
    (void)state;
    sim_each_seed(__func__, leave_out, 1);
}

static void spoil(struct sim *s)
{
    struct flight_reader r;
    struct flight_file file;
    struct flight_record record;
    happen(s);
    struct tape t = fetch(s);
    for (unsigned i = 0; i < 12; i++) {
        uint8_t *byte = &t.bytes[FLIGHT_FILE_HEAD +
                                 rng_below(&s->rng, (uint32_t)(t.len - FLIGHT_FILE_HEAD))];
        *byte ^= 1;
        assert_true(flight_open(&r, t.bytes, t.len, &file));
        while (flight_next(&r, &record)) {
        }
        sim_check(s, r.wrong, "a byte that was changed was not found");
        *byte ^= 1;
    }
    free(t.bytes);
}

static void any_byte_that_is_changed_is_found(void **state)
{
    (void)state;
    sim_each_seed(__func__, spoil, 1);
}

/** Longer than what is kept: the beginning is gone, and what is left can be repeated. */
static void go_on(struct sim *s)
{
    happen(s);
    sim_run(s, 50 * USEC_PER_SEC);
    struct tape t = fetch(s);
    struct film f = develop(&t);
    const struct outcome o = repeat(&f, 0);
    const usec_t kept = f.record[f.count - 1].at - f.record[0].at;
    sim_check(s, f.record[0].block > 0, "nothing was thrown away");
    sim_check(s, kept > 55 * USEC_PER_SEC && kept < 70 * USEC_PER_SEC, "%d s are kept",
              (int)(kept / USEC_PER_SEC));
    sim_check(s, o.differs == 0 && o.bad == 0, "%s", o.why);
    sim_check(s, o.same > 10000, "only %zu decisions were repeated", o.same);
    throw_away(&f);
    free(t.bytes);
}

static void a_recording_that_begins_in_the_middle_is_repeated(void **state)
{
    (void)state;
    sim_each_seed(__func__, go_on, 1);
}

/** No payload, no address: what was sent does not contain them. */
static bool contains(const struct tape *t, const void *what, size_t len)
{
    return memmem(t->bytes, t->len, what, len) != NULL;
}

static void look_for_secrets(struct sim *s)
{
    happen(s);
    const struct client *c = s->client[0];
    struct tape t = fetch(s);
    sim_check(s, contains(&t, c->id, strlen(c->id)), "the participant's id is not in it");
    sim_check(s, !contains(&t, &c->addr.sin6_addr, 16), "an address is in it");
    free(t.bytes);
}

static void no_address_is_recorded(void **state)
{
    (void)state;
    sim_each_seed(__func__, look_for_secrets, 1);
}

/** What is said of one who is watched by that id. To be freed. */
static char *explain(const struct film *f, const char *id)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct explain *e = explain_create();
    assert_true(out && e);
    for (size_t i = 0; i < f->count; i++)
        assert_true(explain_step(e, &f->record[i]));
    assert_true(explain_write(e, id, out));
    assert_false(explain_write(e, "nobody", out));
    explain_destroy(e);
    (void)fclose(out);
    return text;
}

static void say_why(struct sim *s)
{
    char line[TELL_SIZE];
    happen(s);
    struct tape t = fetch(s);
    struct film f = develop(&t);
    for (size_t i = 0; i < f.count; i++) {
        flight_tell(&f.record[i], line, sizeof(line));
        sim_check(s, !strstr(line, "no sense") && strlen(line) > 4, "\"%s\"", line);
    }
    // His line fell to a tenth; the other's camera fell silent only at the end.
    char *text = explain(&f, s->client[3]->id);
    sim_check(s, strstr(text, "bandwidth_limited"), "it was not the line's fault: %s", text);
    sim_check(s, strstr(text, "smaller for the line: packets were lost"), "%s", text);
    sim_check(s, strstr(text, s->client[0]->id), "it is not said whose picture: %s", text);
    sim_check(s, strstr(text, "camera of"), "it is not said which picture: %s", text);
    free(text);
    // One who publishes alone, on a good line: nothing to say.
    text = explain(&f, s->client[0]->id);
    sim_check(s, !strstr(text, "smaller for the line"), "%s", text);
    free(text);
    throw_away(&f);
    free(t.bytes);
}

static void it_says_why_a_picture_was_bad(void **state)
{
    (void)state;
    sim_each_seed(__func__, say_why, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_decision_of_a_call_is_repeated),
        cmocka_unit_test(one_record_that_is_changed_is_found),
        cmocka_unit_test(one_record_that_is_missing_is_found),
        cmocka_unit_test(any_byte_that_is_changed_is_found),
        cmocka_unit_test(a_recording_that_begins_in_the_middle_is_repeated),
        cmocka_unit_test(no_address_is_recorded),
        cmocka_unit_test(it_says_why_a_picture_was_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
