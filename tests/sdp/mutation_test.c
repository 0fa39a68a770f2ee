/** Whatever is done to a real offer: an error with its line, or an answer that holds. */
#include "invariants.h"
#include "offers.h"

static const char *const seeds[] = {"chromium_publish", "firefox_data", "aiortc_player",
                                    "gstreamer_publish", "firefox_publish_desc"};

/** The line after the one at or before `at`, or the end. */
static size_t next_line(const char *text, size_t len, size_t at)
{
    const char *end = memchr(text + at, '\n', len - at);
    return end ? (size_t)(end - text) + 1 : len;
}

static size_t line_start(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

/** Changes `text`, which has room for twice its length; returns the new length. */
static size_t mutate(char *text, size_t len)
{
    size_t at = test_next() % len;
    size_t from = line_start(text, at);
    size_t to = next_line(text, len, from);
    switch (test_next() % 6) {
    case 0: // another character
        text[at] = (char)test_next();
        return len;
    case 1: // a character less
        memmove(text + at, text + at + 1, len - at - 1);
        return len - 1;
    case 2: // a line less
        memmove(text + from, text + to, len - to);
        return len - (to - from);
    case 3: // a line twice
        memmove(text + to, text + from, len - from);
        return len + (to - from);
    case 4: // cut off
        return at;
    default: // a digit more
        memmove(text + at + 1, text + at, len - at);
        text[at] = (char)('0' + test_next() % 10);
        return len + 1;
    }
}

static void any_mutation_gives_an_error_with_its_line_or_a_whole_answer(void **state)
{
    (void)state;
    unsigned answered = 0;
    unsigned refused = 0;
    for (unsigned run = 0; run < 4000; run++) {
        char *seed = load_offer(seeds[run % 5]);
        size_t len = strlen(seed);
        char *text = calloc(1, 20 * len);
        test_rng = run;
        memcpy(text, seed, len);
        for (unsigned i = test_next() % 4; i < 4 && len > 0; i++)
            len = mutate(text, len);
        struct sdp_local local = test_local();
        if (sdp_invariants_hold(text, len, &local))
            answered++;
        else
            refused++;
        free(seed);
        free(text);
    }
    // Both must happen, or nothing was tried.
    assert_true(answered > 300 && refused > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_mutation_gives_an_error_with_its_line_or_a_whole_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
