#include "base/bytes.h"
#include "sample.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FRAMES 6

/** Several letters in a row, as one stream. Returns its bytes; `*stream` is the caller's. */
static size_t make_stream(uint8_t **stream)
{
    size_t len = 0;
    *stream = NULL;
    for (int i = 0; i < FRAMES; i++) {
        struct letter l = {.type = LETTER_MEMBER_AGREE, .room = "r", .member = "m"};
        l.u.agree.seq = (uint64_t)i;
        if (i % 2 == 0)
            l.u.agree.agreement = sample_agreement();
        uint8_t *frame = NULL;
        int64_t size = letter_write(&l, &frame);
        assert_true(size > 0);
        *stream = realloc(*stream, len + (size_t)size);
        memcpy(*stream + len, frame, (size_t)size);
        len += (size_t)size;
        free(frame);
        letter_fini(&l);
    }
    return len;
}

/** Feeds `stream` in pieces of 1..`most` bytes and checks that all letters come, in order. */
static void read_in_pieces(const uint8_t *stream, size_t len, size_t most, unsigned *seed)
{
    struct letter_reader r = {0};
    struct letter l;
    const char *where = NULL;
    uint64_t seq = 0;
    for (size_t at = 0; at < len;) {
        *seed = *seed * 1103515245 + 12345;
        size_t piece = 1 + (*seed >> 16) % most;
        piece = piece < len - at ? piece : len - at;
        assert_int_equal(letter_reader_feed(&r, stream + at, piece), 0);
        at += piece;
        int rc = 0;
        while ((rc = letter_reader_next(&r, &l, &where)) == 1) {
            assert_int_equal(l.u.agree.seq, seq++);
            letter_fini(&l);
        }
        assert_int_equal(rc, 0);
    }
    assert_int_equal(seq, FRAMES);
    letter_reader_fini(&r);
}

static void letters_come_whole_out_of_any_pieces(void **state)
{
    (void)state;
    uint8_t *stream = NULL;
    size_t len = make_stream(&stream);
    unsigned seed = 1;
    const size_t most[] = {1, 3, 5, 100, 1000, 5000, 1 << 20};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++)
        read_in_pieces(stream, len, most[i], &seed);
    free(stream);
}

static void a_frame_that_is_too_long_ends_the_stream_at_once(void **state)
{
    (void)state;
    struct letter_reader r = {0};
    uint8_t head[4];
    wr32(head, LETTER_MAX + 1);
    assert_int_equal(letter_reader_feed(&r, head, 4), -EMSGSIZE);
    struct letter l;
    const char *where = NULL;
    assert_int_equal(letter_reader_next(&r, &l, &where), -EMSGSIZE);
    letter_reader_fini(&r);
}

static void a_too_long_frame_behind_a_good_one_is_seen(void **state)
{
    (void)state;
    const char text[] = "{\"type\":\"quit\"}";
    uint8_t bytes[4 + sizeof text - 1 + 4];
    wr32(bytes, sizeof text - 1);
    memcpy(bytes + 4, text, sizeof text - 1);
    wr32(bytes + 4 + sizeof text - 1, UINT32_MAX);
    struct letter_reader r = {0};
    assert_int_equal(letter_reader_feed(&r, bytes, sizeof bytes), -EMSGSIZE);
    letter_reader_fini(&r);
}

static void a_bad_letter_is_consumed_and_the_next_is_read(void **state)
{
    (void)state;
    const char bad[] = "{\"type\":\"nonsense\"}";
    const char good[] = "{\"type\":\"quit\"}";
    uint8_t bytes[8 + sizeof bad - 1 + sizeof good - 1];
    wr32(bytes, sizeof bad - 1);
    memcpy(bytes + 4, bad, sizeof bad - 1);
    wr32(bytes + 4 + sizeof bad - 1, sizeof good - 1);
    memcpy(bytes + 8 + sizeof bad - 1, good, sizeof good - 1);
    struct letter_reader r = {0};
    struct letter l;
    const char *where = NULL;
    assert_int_equal(letter_reader_feed(&r, bytes, sizeof bytes), 0);
    assert_int_equal(letter_reader_next(&r, &l, &where), -EINVAL);
    assert_string_equal(where, "type");
    assert_int_equal(letter_reader_next(&r, &l, &where), 1);
    assert_int_equal(l.type, LETTER_QUIT);
    assert_int_equal(letter_reader_next(&r, &l, &where), 0);
    letter_reader_fini(&r);
}

static void an_empty_frame_is_no_letter(void **state)
{
    (void)state;
    struct letter_reader r = {0};
    struct letter l;
    const char *where = NULL;
    const uint8_t zeroes[4] = {0};
    assert_int_equal(letter_reader_feed(&r, zeroes, 4), 0);
    assert_int_equal(letter_reader_next(&r, &l, &where), -EINVAL);
    assert_int_equal(letter_reader_next(&r, &l, &where), 0);
    letter_reader_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_whole_out_of_any_pieces),
        cmocka_unit_test(a_frame_that_is_too_long_ends_the_stream_at_once),
        cmocka_unit_test(a_too_long_frame_behind_a_good_one_is_seen),
        cmocka_unit_test(a_bad_letter_is_consumed_and_the_next_is_read),
        cmocka_unit_test(an_empty_frame_is_no_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
