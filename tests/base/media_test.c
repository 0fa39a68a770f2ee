#include "base/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_name_is_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        enum media_kind kind = KIND_COUNT;
        assert_true(media_kind_from(media_kind_name((enum media_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    for (int i = 0; i < SOURCE_COUNT; i++) {
        enum media_source source = SOURCE_COUNT;
        assert_true(media_source_from(media_source_name((enum media_source)i), &source));
        assert_int_equal(source, i);
    }
    for (int i = 0; i < CODEC_COUNT; i++) {
        enum media_codec codec = CODEC_COUNT;
        assert_true(media_codec_from(media_codec_name((enum media_codec)i), &codec));
        assert_int_equal(codec, i);
    }
    for (int i = 0; i < CONTENT_COUNT; i++) {
        enum media_content content = CONTENT_COUNT;
        assert_true(media_content_from(media_content_name((enum media_content)i), &content));
        assert_int_equal(content, i);
    }
}

static void other_names_are_refused_and_change_nothing(void **state)
{
    (void)state;
    enum media_kind kind = KIND_DATA;
    enum media_source source = SOURCE_SCREEN;
    enum media_codec codec = CODEC_AV1;
    assert_false(media_kind_from("Audio", &kind));
    assert_false(media_source_from("", &source));
    assert_false(media_codec_from("h265", &codec));
    enum media_content content = CONTENT_TEXT;
    assert_false(media_content_from("fluid", &content));
    assert_int_equal(content, CONTENT_TEXT);
    assert_int_equal(kind, KIND_DATA);
    assert_int_equal(source, SOURCE_SCREEN);
    assert_int_equal(codec, CODEC_AV1);
}

static void what_is_out_of_range_has_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(media_kind_name(KIND_COUNT), "?");
    assert_string_equal(media_source_name((enum media_source) - 1), "?");
    assert_string_equal(media_codec_name(CODEC_COUNT), "?");
    assert_string_equal(media_content_name(CONTENT_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_read_back),
        cmocka_unit_test(other_names_are_refused_and_change_nothing),
        cmocka_unit_test(what_is_out_of_range_has_a_name_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
