#include "cal/cal.h"

#include "line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RESOURCE "salon@ville.example"
#define URL      "https://h.example/r/7m3k"

static const struct cal_edit put = {.url = URL,
                                    .old = "",
                                    .id = "rm_1",
                                    .text = "Rejoindre la visioconférence :\n" URL,
                                    .label = "Visioconférence"};
static const struct cal_edit take = {.old = URL, .id = "rm_1"};

#define CAL(body) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"
#define EVENT(body)                                                                            \
    CAL("BEGIN:VEVENT\r\nUID:u1\r\nDTSTART:20260120T100000Z\r\nDTEND:"                         \
        "20260120T110000Z\r\n" body "END:VEVENT\r\n")
#define INVITED "ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Visio:mailto:Salon@ville.example\r\n"

/** The calendar with its first event edited, to be freed. */
static char *edited(const char *text, const struct cal_edit *how)
{
    const struct cal_edit *all[CAL_EVENTS] = {how, how};
    const char *why = "";
    struct cal c;
    char *out;

    if (cal_read(&c, text, strlen(text), RESOURCE, &why))
        fail_msg("%s", why);
    out = cal_write(&c, RESOURCE, all);
    assert_non_null(out);
    cal_fini(&c);
    return out;
}

/** The value of a property, unfolded, of the only line of that name; to be freed. */
static char *value(const char *text, const char *name)
{
    char *found = NULL;

    for (size_t at = 0; at < strlen(text);) {
        struct cal_line line;

        line_find(text, strlen(text), at, &line);
        char *plain = line_unfold(text, &line);
        if (line_is(plain, name)) {
            assert_null(found);
            found = strdup(line_value(plain));
        }
        free(plain);
        at += line.len;
    }
    return found;
}

static void assert_value(const char *text, const char *name, const char *wanted)
{
    char *found = value(text, name);

    if (!wanted) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found, wanted);
    free(found);
}

static const char *refused(const char *text, size_t len)
{
    const char *why = "";
    struct cal c;

    assert_int_equal(cal_read(&c, text, len, RESOURCE, &why), -EINVAL);
    cal_fini(&c);
    return why;
}

static void an_invited_resource_is_found_in_any_case(void **state)
{
    static const char text[] = EVENT(INVITED);
    const char *why;
    struct cal c;

    (void)state;
    assert_int_equal(cal_read(&c, text, sizeof text - 1, RESOURCE, &why), 0);
    assert_int_equal(c.event_count, 1);
    assert_true(c.event[0].invited);
    assert_string_equal(c.event[0].uid, "u1");
    assert_int_equal(c.event[0].ends_at, 1768906800);
    cal_fini(&c);
    assert_int_equal(cal_read(&c, text, sizeof text - 1, "other@ville.example", &why), 0);
    assert_false(c.event[0].invited);
    cal_fini(&c);
}

static void the_link_is_put_in(void **state)
{
    char *out = edited(EVENT("DESCRIPTION:Budget\\, effectifs\r\n" INVITED), &put);

    (void)state;
    assert_value(out, "LOCATION", URL);
    assert_value(
        out, "DESCRIPTION",
        "Budget\\, effectifs\\n\\n-::~ salon ~::-\\nRejoindre la visioconférence :\\n" URL
        "\\n-::~ ~::-");
    assert_value(out, "CONFERENCE", URL);
    assert_value(out, "X-CONFERENCE", URL);
    assert_value(out, "X-CONFERENCE-ID", "rm_1");
    assert_non_null(strstr(out, "PARTSTAT=ACCEPTED;CN=Visio:"));
    free(out);
}

static void putting_it_in_again_changes_no_byte(void **state)
{
    static const char *const texts[] = {
        EVENT(INVITED), EVENT("LOCATION:Salle 3\r\n" INVITED),
        EVENT("LOCATION:@salon\r\nDESCRIPTION:a\\nb\r\n"),
        EVENT("DESCRIPTION;LANGUAGE=fr:Un très long texte\\, qui se plie et se replie à force "
              "d\r\n 'être long\r\n" INVITED)};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *once = edited(texts[i], &put), *twice = edited(once, &put);

        assert_string_equal(once, twice);
        free(once);
        free(twice);
    }
}

static void what_was_put_in_is_taken_out(void **state)
{
    char *in = edited(EVENT("DESCRIPTION:Budget\r\n" INVITED), &put);
    char *out = edited(in, &take);

    (void)state;
    assert_null(strstr(out, URL));
    assert_value(out, "LOCATION", NULL);
    assert_value(out, "DESCRIPTION", "Budget");
    assert_value(out, "CONFERENCE", NULL);
    free(in);
    free(out);
}

static void a_place_that_somebody_wrote_stays(void **state)
{
    char *out = edited(EVENT("LOCATION:Salle 3\r\n" INVITED), &put);

    (void)state;
    assert_value(out, "LOCATION", "Salle 3");
    assert_value(out, "CONFERENCE", URL);
    free(out);
    out = edited(EVENT("LOCATION:@Salon\r\n"), &put);
    assert_value(out, "LOCATION", URL);
    free(out);
}

static void what_is_not_ours_stays_byte_for_byte(void **state)
{
    static const char others[] = "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://other/x\r\n"
                                 "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\nATTENDEE;CN=\"a:b;c\":mai"
                                 "lto:p@x\r\nRRULE:COUNT=3;FREQ=WEEKLY\r\n"
                                 "BEGIN:VALARM\r\nDESCRIPTION:Rappel\r\nEND:VALARM\r\n";
    char text[1024];

    (void)state;
    (void)snprintf(text, sizeof text, CAL("BEGIN:VEVENT\r\nUID:u\r\n%s%sEND:VEVENT\r\n"),
                   others, INVITED);
    char *out = edited(text, &put);
    assert_non_null(strstr(out, others));
    free(out);
    out = edited(text, NULL);
    assert_string_equal(out, text);
    free(out);
}

static void lines_are_folded_at_75_octets_between_characters(void **state)
{
    char *out = edited(EVENT(INVITED), &put);

    (void)state;
    for (const char *line = out; *line; line = strchr(line, '\n') + 1) {
        assert_true(strcspn(line, "\r") <= 75);
        assert_true(((unsigned char)line[0] & 0xc0) != 0x80);
        assert_true(line[0] != ' ' || ((unsigned char)line[1] & 0xc0) != 0x80);
    }
    free(out);
}

static void a_calendar_with_bare_line_feeds_keeps_them(void **state)
{
    char *out = edited("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nLOCATION:@salon\nEND:VEVENT\n"
                       "END:VCALENDAR\n",
                       &put);

    (void)state;
    assert_null(strchr(out, '\r'));
    assert_value(out, "LOCATION", URL);
    free(out);
}

static void what_is_no_calendar_is_refused_with_a_reason(void **state)
{
    static const char nul[] = "BEGIN:VCALENDAR\r\n\0END:VCALENDAR\r\n";
    char *big = malloc(CAL_MAX + 1), *deep = malloc(CAL_MAX);
    size_t n = 0;

    (void)state;
    memset(big, 'x', CAL_MAX + 1);
    assert_string_equal(refused(big, CAL_MAX + 1), "more than 256 KiB");
    assert_string_equal(refused(nul, sizeof nul - 1), "a NUL byte");
    assert_string_equal(refused("", 0), "not a calendar");
    assert_string_equal(refused("hello", 5), "text outside of VCALENDAR");
    assert_string_equal(refused("BEGIN:VEVENT\n", 13), "BEGIN:VCALENDAR comes first, and once");
    assert_string_equal(refused("BEGIN:VCALENDAR\n", 16), "an END is missing");
    assert_string_equal(refused("BEGIN:VCALENDAR\nEND:VEVENT\n", 27),
                        "an END without its BEGIN");
    while (n + 20 < CAL_MAX)
        n += (size_t)sprintf(deep + n, n ? "BEGIN:X\n" : "BEGIN:VCALENDAR\n");
    assert_string_equal(refused(deep, n), "components too deep, or with too long a name");
    free(big);
    free(deep);
}

static void more_than_64_events_are_refused(void **state)
{
    char *text = calloc(1, 8192);

    (void)state;
    (void)strcpy(text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 65; i++)
        (void)strcat(text, "BEGIN:VEVENT\nUID:u\nEND:VEVENT\n");
    (void)strcat(text, "END:VCALENDAR\n");
    assert_string_equal(refused(text, strlen(text)), "more than 64 events");
    free(text);
}

static void a_reply_accepts_with_what_the_request_had(void **state)
{
    static const char text[] =
        CAL("METHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nSEQUENCE:4\r\n"
            "DTSTART:20260120T100000Z\r\nORGANIZER:mailto:z@x\r\n" INVITED "END:VEVENT\r\n");
    const char *why;
    struct cal c;

    (void)state;
    assert_int_equal(cal_read(&c, text, sizeof text - 1, RESOURCE, &why), 0);
    assert_string_equal(c.method, "REQUEST");
    char *reply = cal_reply(&c, RESOURCE, 1768900000);
    assert_value(reply, "METHOD", "REPLY");
    assert_value(reply, "UID", "u1");
    assert_value(reply, "SEQUENCE", "4");
    assert_value(reply, "ORGANIZER", "mailto:z@x");
    assert_value(reply, "ATTENDEE", "mailto:" RESOURCE);
    assert_non_null(strstr(reply, "PARTSTAT=ACCEPTED"));
    free(reply);
    cal_fini(&c);
}

static void an_event_of_ours_is_read_back(void **state)
{
    const struct cal_made made = {.uid = "rm_1@h.example",
                                  .summary = "Comité; budget, \"2026\"",
                                  .url = URL,
                                  .id = "rm_1",
                                  .text = put.text,
                                  .label = "Visio \"A\"",
                                  .start = 1768900000,
                                  .end = 1768903600,
                                  .now = 1768000000};
    char *text = cal_make(&made);
    const char *why;
    struct cal c;

    (void)state;
    assert_non_null(text);
    assert_int_equal(cal_read(&c, text, strlen(text), "", &why), 0);
    assert_string_equal(c.event[0].uid, "rm_1@h.example");
    assert_int_equal(c.event[0].ends_at, 1768903600);
    assert_value(text, "SUMMARY", "Comité\\; budget\\, \"2026\"");
    cal_fini(&c);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invited_resource_is_found_in_any_case),
        cmocka_unit_test(the_link_is_put_in),
        cmocka_unit_test(putting_it_in_again_changes_no_byte),
        cmocka_unit_test(what_was_put_in_is_taken_out),
        cmocka_unit_test(a_place_that_somebody_wrote_stays),
        cmocka_unit_test(what_is_not_ours_stays_byte_for_byte),
        cmocka_unit_test(lines_are_folded_at_75_octets_between_characters),
        cmocka_unit_test(a_calendar_with_bare_line_feeds_keeps_them),
        cmocka_unit_test(what_is_no_calendar_is_refused_with_a_reason),
        cmocka_unit_test(more_than_64_events_are_refused),
        cmocka_unit_test(a_reply_accepts_with_what_the_request_had),
        cmocka_unit_test(an_event_of_ours_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
