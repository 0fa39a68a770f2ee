#include "base/read_json.h"

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static void expect(json_t *object, const char *value, const char *text)
{
    char *got = write_json_with(object, "k", value);
    assert_string_equal(got, text);
    free(got);
    json_decref(object);
}

static void text_that_is_there_becomes_a_member(void **state)
{
    (void)state;
    expect(json_pack("{s:i}", "a", 1), "[{\"b\":2}]", "{\"a\":1,\"k\":[{\"b\":2}]}");
    expect(json_pack("{s:s, s:{}}", "a", "}", "b"), "null",
           "{\"a\":\"}\",\"b\":{},\"k\":null}");
    expect(json_object(), "\"\"", "{\"k\":\"\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_there_becomes_a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
