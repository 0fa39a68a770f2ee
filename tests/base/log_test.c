#include "../../src/base/log_json.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char out[LOG_JSON_MAX];

static const char *of(const char *line)
{
    out[log_json("T", "info", line, strlen(line), out)] = '\0';
    return out;
}

static void a_line_becomes_an_object_of_strings(void **state)
{
    (void)state;
    assert_string_equal(of("http.request who=control id=req_1 status=200"),
                        "{\"time\":\"T\",\"level\":\"info\",\"event\":\"http.request\","
                        "\"who\":\"control\",\"id\":\"req_1\",\"status\":\"200\"}");
    assert_string_equal(of("serve.ready"),
                        "{\"time\":\"T\",\"level\":\"info\",\"event\":\"serve.ready\"}");
}

static void a_quoted_value_keeps_its_spaces(void **state)
{
    (void)state;
    assert_non_null(strstr(of("e a=\"b c\" d=e"), ",\"a\":\"b c\",\"d\":\"e\"}"));
    assert_non_null(strstr(of("e a=\"\" d=e"), ",\"a\":\"\",\"d\":\"e\"}"));
}

static void nothing_in_a_line_ends_the_object(void **state)
{
    (void)state;
    assert_non_null(strstr(of("e a=\"b\\c"), ",\"a\":\"\\\"b\\\\c\"}"));
    assert_non_null(strstr(of("e a=\xff b"), ",\"a\":\"?\",\"text\":\"b\"}"));
    assert_non_null(strstr(of("e a=\xc3\xa9"), ",\"a\":\"\xc3\xa9\"}"));
    assert_non_null(strstr(of("e a}\"=1"), ",\"a}\\\"\":\"1\"}"));
}

static void the_worst_lines_fit(void **state)
{
    static const char *const worst[] = {"\" ", "= ", "a ", "\"", "\\", "a=\"\" "};
    char line[1000];

    (void)state;
    for (size_t k = 0; k < sizeof worst / sizeof *worst; k++) {
        for (size_t i = 0; i < sizeof line; i++)
            line[i] = worst[k][i % strlen(worst[k])];
        assert_true(log_json("2026-01-01T00:00:00.000Z", "error", line, sizeof line, out) <
                    LOG_JSON_MAX);
    }
}

static void levels_and_formats_have_names(void **state)
{
    enum log_level level = LEVEL_INFO;
    enum log_format format = LOG_PLAIN;

    (void)state;
    assert_true(log_level_from("debug", &level) && level == LEVEL_DEBUG);
    assert_string_equal(log_level_name(LEVEL_WARN), "warn");
    assert_true(log_format_from("json", &format) && format == LOG_JSON);
    assert_false(log_level_from("loud", &level) || log_format_from("", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_becomes_an_object_of_strings),
        cmocka_unit_test(a_quoted_value_keeps_its_spaces),
        cmocka_unit_test(nothing_in_a_line_ends_the_object),
        cmocka_unit_test(the_worst_lines_fit),
        cmocka_unit_test(levels_and_formats_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
