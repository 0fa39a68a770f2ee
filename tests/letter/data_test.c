/** The letters of data channels. */
#include "letter/letter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void round_trip(const struct letter *l, struct letter *out)
{
    uint8_t *frame = NULL;
    const char *where = NULL;
    const int64_t len = letter_write(l, &frame);
    assert_true(len > 4);
    assert_int_equal(letter_parse((const char *)frame + 4, (size_t)len - 4, out, &where), 0);
    free(frame);
    assert_int_equal(out->type, l->type);
    assert_string_equal(out->room, l->room);
    assert_string_equal(out->member, l->member);
}

static void what_becomes_of_channels_is_told(void **state)
{
    static char text[] = "{\"type\":\"chat\",\"text\":\"gr\u00fc\u00df dich \\u0001\"}";
    (void)state;
    for (unsigned what = 0; what < DATA_WHAT_COUNT; what++) {
        struct letter l = {.type = LETTER_DATA_IN, .room = "rm_1", .member = "p_1"};
        struct letter out;
        l.u.data.what = (enum letter_data_what)what;
        l.u.data.text = text;
        memcpy(l.u.data.of, "p_2", 4);
        round_trip(&l, &out);
        assert_int_equal(out.u.data.what, what);
        assert_string_equal(out.u.data.of, "p_2");
        assert_string_equal(out.u.data.text, text);
        letter_fini(&out);
    }
}

static void text_for_a_channel_is_empty_or_long(void **state)
{
    char *text = malloc(LETTER_TEXT + 1);
    struct letter l = {.type = LETTER_DATA_OUT, .room = "rm_1", .member = "p_1"}, out;
    (void)state;
    round_trip(&l, &out);
    assert_string_equal(out.u.data.text, "");
    letter_fini(&out);
    memset(text, 'x', LETTER_TEXT);
    text[LETTER_TEXT] = 0;
    l.u.data.text = text;
    round_trip(&l, &out);
    assert_int_equal(strlen(out.u.data.text), LETTER_TEXT);
    letter_fini(&out);
    free(text);
}

static void refuse(const char *text, const char *where)
{
    struct letter out;
    const char *wrong = NULL;
    assert_int_equal(letter_parse(text, strlen(text), &out, &wrong), -EINVAL);
    assert_string_equal(wrong, where);
}

static void wrong_fields_are_named(void **state)
{
    char *text = malloc(LETTER_TEXT + 100);
    (void)state;
    refuse("{\"type\":\"data.in\",\"room\":\"r\",\"member\":\"m\",\"what\":\"odd\",\"of\":\"\","
           "\"text\":\"\"}",
           "what");
    refuse("{\"type\":\"data.in\",\"room\":\"r\",\"member\":\"m\",\"what\":\"open\",\"of\":7,"
           "\"text\":\"\"}",
           "of");
    refuse("{\"type\":\"data.out\",\"room\":\"r\",\"member\":\"m\",\"text\":7}", "text");
    refuse("{\"type\":\"data.out\",\"room\":\"r\",\"text\":\"\"}", "member");
    strcpy(text, "{\"type\":\"data.out\",\"room\":\"r\",\"member\":\"m\",\"text\":\"");
    const size_t at = strlen(text);
    memset(text + at, 'x', LETTER_TEXT + 1);
    strcpy(text + at + LETTER_TEXT + 1, "\"}");
    refuse(text, "text");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_becomes_of_channels_is_told),
        cmocka_unit_test(text_for_a_channel_is_empty_or_long),
        cmocka_unit_test(wrong_fields_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
