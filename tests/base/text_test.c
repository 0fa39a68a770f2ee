#include "base/digest.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void base32_of_sixteen_bytes_has_the_bits_in_order(void **state)
{
    const uint8_t bytes[] = {0xff, 0x00, 0x10, 0x83, 0x10};
    char out[9];

    (void)state;
    text_base32(bytes, sizeof bytes, 8, out);
    assert_string_equal(out, "zw0110rg"); // 11111 11100 00000 00001 00001 00000 11000 10000
    text_base32(bytes, 1, 2, out);
    assert_string_equal(out, "zw"); // the last bits are filled with zeroes
}

static void base32_reads_any_case_and_look_alikes(void **state)
{
    (void)state;
    assert_int_equal(text_base32_canonical('O'), '0');
    assert_int_equal(text_base32_canonical('l'), '1');
    assert_int_equal(text_base32_canonical('I'), '1');
    assert_int_equal(text_base32_canonical('Z'), 'z');
    assert_int_equal(text_base32_canonical('u'), 0);
    assert_int_equal(text_base32_canonical('-'), 0);
    assert_int_equal(text_base32_canonical('\0'), 0);
}

static void bad_utf8_is_refused(void **state)
{
    static const char *const bad[] = {"\x80",     "\xc0\x80",         "\xed\xa0\x80", "\xff",
                                      "\xe2\x82", "\xf4\x90\x80\x80", "\xc3(",        "a\xf0"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_utf8_valid(bad[i], strlen(bad[i])));
    assert_false(text_utf8_valid("a\0b", 3));
    assert_true(text_utf8_valid("é€\xf0\x9f\x98\x80", strlen("é€\xf0\x9f\x98\x80")));
    assert_int_equal(text_utf8_count("é€a", strlen("é€a")), 3);
}

static void a_line_holds_no_control_and_no_direction_override(void **state)
{
    static const char *const bad[] = {"a\nb",      "a\rb",         "\x1b[0m",
                                      "a\xc2\x85", "\xe2\x80\xae", "\xe2\x80\xa8"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_one_line(bad[i], strlen(bad[i])));
    assert_true(text_one_line("Zoé O'Neil", strlen("Zoé O'Neil")));
}

static void percent_decoding_refuses_nul_and_half_escapes(void **state)
{
    char s[32];

    (void)state;
    strcpy(s, "a%2Fb+c");
    assert_int_equal(text_percent_decode(s, strlen(s), false), 5);
    assert_string_equal(s, "a/b+c");
    strcpy(s, "a+%c3%A9");
    assert_int_equal(text_percent_decode(s, strlen(s), true), 4);
    assert_string_equal(s, "a é");
    strcpy(s, "%0");
    assert_int_equal(text_percent_decode(s, strlen(s), false), -1);
    strcpy(s, "%00");
    assert_int_equal(text_percent_decode(s, strlen(s), false), -1);
    strcpy(s, "%zz");
    assert_int_equal(text_percent_decode(s, strlen(s), false), -1);
}

static void what_is_written_to_memory_is_all_there(void **state)
{
    char *text = NULL;
    size_t len = 1;
    FILE *out = text_open(&text, &len);

    (void)state;
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "");
    assert_int_equal(len, 0);
    free(text);

    out = text_open(&text, &len);
    for (int i = 0; i < 9999; i++)
        (void)fprintf(out, "%04d\n", i);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(len, 5 * 9999);
    assert_int_equal(strlen(text), len);
    for (int i = 0; i < 9999; i++)
        assert_int_equal(atoi(text + 5 * (size_t)i), i);
    free(text);
}

static void what_percent_wrote_decodes_to_itself(void **state)
{
    const char *all = "a b/%?&=+#\"'<>é~_-.";
    char *text = NULL;
    size_t len = 0;
    FILE *out = text_open(&text, &len);

    (void)state;
    text_percent(out, all, strlen(all));
    assert_int_equal(fclose(out), 0);
    assert_null(strpbrk(text, " /?&=+#\"'<>"));
    assert_int_equal(text_percent_decode(text, len, false), (long)strlen(all));
    assert_string_equal(text, all);
    free(text);
}

static void html_escapes_what_could_end_a_text_or_an_attribute(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = text_open(&text, &len);

    (void)state;
    text_html(out, "<a b=\"c\" d='e'>&é");
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;é");
    free(text);
}

static void hmac_is_the_one_of_rfc_4231_case_2(void **state)
{
    uint8_t mac[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    (void)state;
    digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, mac);
    text_hex(mac, sizeof mac, hex);
    assert_string_equal(hex,
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(digest_same("abc", 3, "abc", 3));
    assert_false(digest_same("abc", 3, "abd", 3));
    assert_false(digest_same("abc", 3, "ab", 2));
}

static void ids_differ_and_keep_their_prefix(void **state)
{
    char a[24], b[24];

    (void)state;
    rand_id(a, sizeof a, "rm_", 20);
    rand_id(b, sizeof b, "rm_", 20);
    assert_int_equal(strlen(a), 23);
    assert_memory_equal(a, "rm_", 3);
    assert_string_not_equal(a, b);
}

/** What log_at() writes to stderr for this value. */
static void logged(const char *value, char *out, size_t size)
{
    int fds[2];
    int saved = dup(STDERR_FILENO);
    ssize_t n;

    assert_int_equal(pipe(fds), 0);
    assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
    log_at(LEVEL_INFO, "test.line", "value=%s", value);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(fds[1]);
    n = read(fds[0], out, size - 1);
    assert_true(n > 0);
    out[n] = '\0';
    close(fds[0]);
    close(saved);
}

static void a_log_line_stays_one_line(void **state)
{
    char out[2048];
    char *big = malloc(5000);

    (void)state;
    logged("a\nerror forged\x1b[31m", out, sizeof out);
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
    assert_null(strchr(out, '\x1b'));
    assert_non_null(strstr(out, "test.line who="));
    memset(big, 'x', 4999);
    big[4999] = '\0';
    logged(big, out, sizeof out);
    assert_in_range(strlen(out), 900, 1001);
    free(big);
}

static void debug_lines_are_not_written_at_info(void **state)
{
    (void)state;
    assert_false(log_wants(LEVEL_DEBUG));
    assert_true(log_wants(LEVEL_ERROR));
}

static void a_link_in_the_log_is_eight_hex_digits_of_its_digest(void **state)
{
    char out[LOG_LINK_SIZE];

    (void)state;
    assert_string_equal(log_link("abc", 3, out), "ba7816bf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base32_of_sixteen_bytes_has_the_bits_in_order),
        cmocka_unit_test(base32_reads_any_case_and_look_alikes),
        cmocka_unit_test(bad_utf8_is_refused),
        cmocka_unit_test(a_line_holds_no_control_and_no_direction_override),
        cmocka_unit_test(percent_decoding_refuses_nul_and_half_escapes),
        cmocka_unit_test(what_is_written_to_memory_is_all_there),
        cmocka_unit_test(what_percent_wrote_decodes_to_itself),
        cmocka_unit_test(html_escapes_what_could_end_a_text_or_an_attribute),
        cmocka_unit_test(hmac_is_the_one_of_rfc_4231_case_2),
        cmocka_unit_test(ids_differ_and_keep_their_prefix),
        cmocka_unit_test(a_log_line_stays_one_line),
        cmocka_unit_test(debug_lines_are_not_written_at_info),
        cmocka_unit_test(a_link_in_the_log_is_eight_hex_digits_of_its_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
