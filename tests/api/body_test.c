#include "body.h"
#include "page.h"

#include "base/read_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000

static struct body body;
static struct links_room room;

/** Reads a body of POST /rooms; true if it is good. */
static bool read_room(const char *text)
{
    memset(&room, 0, sizeof room);
    body_open(&body, text, strlen(text), false, room_body_fields);
    room_body_read(&body, &room, NOW);
    body_close(&body);
    return !body.failed;
}

static void want_of_memory_is_no_fault_of_the_body(void **state)
{
    static const char text[] = "{\"titel\":1}";

    (void)state;
    body_open(&body, text, strlen(text), false, room_body_fields);
    assert_false(body_good(&body));
    assert_int_equal(body.problem, PROBLEM_INVALID_FIELD);
    json_shortage();
    assert_false(body_good(&body));
    assert_int_equal(body.problem, PROBLEM_CAPACITY);
    body_close(&body);
    body_open(&body, "{}", 2, false, room_body_fields);
    assert_true(body_good(&body));
    json_shortage();
    assert_false(body_good(&body));
    assert_int_equal(body.problem, PROBLEM_CAPACITY);
    body_close(&body);
}

static void every_field_is_optional(void **state)
{
    (void)state;
    assert_true(read_room(""));
    assert_true(read_room("{}"));
    assert_int_equal(room.kind, ROOM_INSTANT);
    assert_int_equal(room.access, ACCESS_OPEN);
    assert_true(read_room("{\"title\":null,\"owner\":null,\"expires_at\":null}"));
}

static void all_fields_are_read(void **state)
{
    (void)state;
    assert_true(read_room("{\"kind\":\"event\",\"title\":\"Réunion\",\"access\":\"lobby\","
                          "\"owner\":{\"ref\":\"u1\",\"name\":\"Zoé\"},\"event_ref\":\"a/b\","
                          "\"expires_at\":\"2030-01-31T12:00:00Z\",\"locale\":\"fr-FR\","
                          "\"metadata\":{\"a\":[1]}}"));
    assert_int_equal(room.kind, ROOM_EVENT);
    assert_int_equal(room.access, ACCESS_LOBBY);
    assert_string_equal(room.title, "Réunion");
    assert_string_equal(room.owner_ref, "u1");
    assert_string_equal(room.event_ref, "a/b");
    assert_int_equal(room.expires_at, 1896091200);
    assert_string_equal(room.metadata, "{\"a\":[1]}");
}

static void the_first_wrong_field_is_named(void **state)
{
    static const struct {
        const char *text, *pointer;
    } bad[] = {
        {"{\"titel\":\"a\"}", "/titel"},
        {"{\"a/b~c\":1}", "/a~1b~0c"},
        {"{\"title\":1}", "/title"},
        {"{\"title\":\"\"}", "/title"},
        {"{\"title\":\"a\\nb\"}", "/title"},
        {"{\"title\":\"\\u202e\"}", "/title"},
        {"{\"kind\":\"personal\"}", "/kind"},
        {"{\"kind\":[]}", "/kind"},
        {"{\"access\":\"all\"}", "/access"},
        {"{\"owner\":\"u1\"}", "/owner"},
        {"{\"owner\":{}}", "/owner/ref"},
        {"{\"owner\":{\"ref\":\"u\",\"mail\":\"x\"}}", "/owner/mail"},
        {"{\"owner\":{\"ref\":\"u\",\"name\":2}}", "/owner/name"},
        {"{\"expires_at\":1}", "/expires_at"},
        {"{\"expires_at\":\"2030-02-31T12:00:00Z\"}", "/expires_at"},
        {"{\"expires_at\":\"2030-01-31T12:00:00\"}", "/expires_at"},
        {"{\"expires_at\":\"2020-01-31T12:00:00Z\"}", "/expires_at"}, // past
        {"{\"locale\":\"fr_FR\"}", "/locale"},
        {"{\"metadata\":1}", "/metadata"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_room(bad[i].text))
            fail_msg("accepted: %s", bad[i].text);
        assert_int_equal(body.problem, PROBLEM_INVALID_FIELD);
        assert_string_equal(body.pointer, bad[i].pointer);
        assert_string_not_equal(body.detail, "");
    }
}

static void texts_have_their_length(void **state)
{
    char text[2048] = "{\"title\":\"";

    (void)state;
    for (int i = 0; i < 200; i++)
        (void)strcat(text, "é");
    (void)strcat(text, "\"}");
    assert_true(read_room(text));
    text[strlen(text) - 2] = '\0';
    (void)strcat(text, "é\"}");
    assert_false(read_room(text));
}

static void metadata_is_bounded(void **state)
{
    char *text = malloc(8192);

    (void)state;
    (void)strcpy(text, "{\"metadata\":{\"a\":\"");
    memset(text + strlen(text), 'x', 4080);
    (void)strcpy(text + 18 + 4080, "\"}}");
    assert_true(read_room(text));
    memset(text + 18, 'x', 4100);
    (void)strcpy(text + 18 + 4100, "\"}}");
    assert_false(read_room(text));
    assert_string_equal(body.pointer, "/metadata");
    free(text);
}

static void what_is_no_object_is_invalid_json(void **state)
{
    static const char *const bad[] = {"[]",
                                      "1",
                                      "{",
                                      "{\"a\":1,\"a\":2}",
                                      "{} x",
                                      "{\"title\":\"\\u0000\"}",
                                      "{\"title\":\"\xff\"}",
                                      "null"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(read_room(bad[i]));
        assert_int_equal(body.problem, PROBLEM_INVALID_JSON);
    }
}

static void a_patch_takes_what_it_names_and_null_clears(void **state)
{
    static const char text[] = "{\"title\":null,\"access\":\"members\"}";
    struct links_room old = {.title = "Old", .expires_at = 5};

    (void)state;
    body_open(&body, text, sizeof text - 1, true, room_patch_fields);
    room_patch_read(&body, &old, NOW);
    body_close(&body);
    assert_false(body.failed);
    assert_string_equal(old.title, "");
    assert_int_equal(old.access, ACCESS_MEMBERS);
    assert_int_equal(old.expires_at, 5);
    body_open(&body, "{\"kind\":\"event\"}", 16, true, room_patch_fields);
    assert_true(body.failed);
    assert_string_equal(body.detail, "champ inconnu");
    body_close(&body);
}

static void a_template_is_filled_with_escaped_text(void **state)
{
    static const char text[] = "<p title=\"{{a}}\">{{a}}{{none}}</p>{{open";
    const struct page_var vars[] = {{"a", "<\"&{{a}}"}, {NULL, NULL}};
    size_t len;
    char *html = page_fill(text, sizeof text - 1, vars, &len);

    (void)state;
    assert_string_equal(html,
                        "<p title=\"&lt;&quot;&amp;{{a}}\">&lt;&quot;&amp;{{a}}</p>{{open");
    assert_int_equal(len, strlen(html));
    free(html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(want_of_memory_is_no_fault_of_the_body),
        cmocka_unit_test(every_field_is_optional),
        cmocka_unit_test(all_fields_are_read),
        cmocka_unit_test(the_first_wrong_field_is_named),
        cmocka_unit_test(texts_have_their_length),
        cmocka_unit_test(metadata_is_bounded),
        cmocka_unit_test(what_is_no_object_is_invalid_json),
        cmocka_unit_test(a_patch_takes_what_it_names_and_null_clears),
        cmocka_unit_test(a_template_is_filled_with_escaped_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
