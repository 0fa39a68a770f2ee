#include "form.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct form form;

static int parse(const char *text)
{
    return form_parse(&form, text, strlen(text));
}

static void fields_are_decoded_in_order(void **state)
{
    (void)state;
    assert_int_equal(parse("name=Test+Meeting&a%3Db=%C3%A9%26&%41%42&empty=&&x=1=2&"), 0);
    assert_int_equal(form.count, 5);
    assert_string_equal(form_get(&form, "name"), "Test Meeting");
    assert_string_equal(form_get(&form, "a=b"), "é&");
    assert_string_equal(form_get(&form, "AB"), "");
    assert_string_equal(form_get(&form, "empty"), "");
    assert_string_equal(form_get(&form, "x"), "1=2");
    assert_null(form_get(&form, "Name"));
    form_free(&form);
    assert_int_equal(parse(""), 0);
    assert_int_equal(form.count, 0);
    form_free(&form);
}

static void bad_escapes_nuls_and_bad_utf8_are_refused(void **state)
{
    static const char *const bad[] = {"a=%00", "a=%",   "a=%4",  "a=%zz",
                                      "%00=a", "a=%ff", "a=%c3", "a=%ed%a0%80"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(parse(bad[i]), -EINVAL);
    assert_int_equal(form_parse(&form, "a\0b", 3), -EINVAL);
}

static void too_many_fields_are_refused(void **state)
{
    static char text[2 * (FORM_FIELDS_MAX + 2)];

    (void)state;
    for (unsigned i = 0; i < FORM_FIELDS_MAX; i++)
        (void)strcat(text, i ? "&a" : "a");
    assert_int_equal(parse(text), 0);
    assert_int_equal(form.count, FORM_FIELDS_MAX);
    form_free(&form);
    (void)strcat(text, "&a");
    assert_int_equal(parse(text), -E2BIG);
}

static void a_name_that_is_there_twice_is_found_in_both_forms(void **state)
{
    struct form other;

    (void)state;
    assert_int_equal(form_parse(&other, "c=1&d=2", 7), 0);
    assert_int_equal(parse("a=1&b=2&%61=3"), 0);
    assert_string_equal(form_twice(&form, &other), "a");
    form_free(&form);
    assert_int_equal(parse("a=1&d=2"), 0);
    assert_string_equal(form_twice(&form, &other), "d");
    form_free(&form);
    assert_int_equal(parse("a=1&D=2"), 0);
    assert_null(form_twice(&form, &other));
    form_free(&form);
    form_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_decoded_in_order),
        cmocka_unit_test(bad_escapes_nuls_and_bad_utf8_are_refused),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(a_name_that_is_there_twice_is_found_in_both_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
