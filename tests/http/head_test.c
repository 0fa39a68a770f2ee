#include "chunked.h"
#include "head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char text[HEAD_MAX + 1];
static struct head head;

static int parse(const char *request)
{
    (void)strcpy(text, request);
    return head_parse(text, strlen(text), &head);
}

#define HOST "Host: a\r\n"

static void a_request_is_read_as_it_was_sent(void **state)
{
    (void)state;
    assert_int_equal(parse("GET /e/a%2Fb?x=%201&y HTTP/1.1\r\n" HOST
                           "Accept:  text/html \r\nEmpty:\r\n\r\n"),
                     0);
    assert_string_equal(head.method, "GET");
    assert_string_equal(head.path, "/e/a%2Fb");
    assert_string_equal(head.query, "x=%201&y");
    assert_string_equal(head_get(&head, "accept"), "text/html");
    assert_string_equal(head_get(&head, "EMPTY"), "");
    assert_null(head_get(&head, "nothing"));
    assert_true(head.keep_alive);
    assert_false(head.chunked);
    assert_int_equal(head.length, 0);
}

static void the_absolute_form_loses_its_authority(void **state)
{
    (void)state;
    assert_int_equal(parse("GET http://h:1/p?q HTTP/1.1\r\n" HOST "\r\n"), 0);
    assert_string_equal(head.path, "/p");
    assert_string_equal(head.query, "q");
    assert_int_equal(parse("GET http:// HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(parse("GET http://h HTTP/1.1\r\n" HOST "\r\n"), 400);
}

static void what_two_readers_could_read_differently_is_refused(void **state)
{
    static const char *const bad[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1,1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n",
        "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST " folded: 1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "name : 1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST ": 1\r\n\r\n",
        "GET / HTTP/1.1\n" HOST "\r\n",
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n",
        "GET /a b HTTP/1.1\r\n" HOST "\r\n",
        "GET /\x80 HTTP/1.1\r\n" HOST "\r\n",
        "GET /#f HTTP/1.1\r\n" HOST "\r\n",
        "GET relative HTTP/1.1\r\n" HOST "\r\n",
        "G(T / HTTP/1.1\r\n" HOST "\r\n",
        " / HTTP/1.1\r\n" HOST "\r\n",
        "GET /\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\n" HOST "\r\nmore",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(bad[i]) != 400)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void other_refusals_have_their_status(void **state)
{
    char big[9000];

    (void)state;
    assert_int_equal(parse("GET / HTTP/2.0\r\n" HOST "\r\n"), 505);
    assert_int_equal(parse("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n"), 501);
    memset(big, 'a', sizeof big);
    memcpy(big, "GET /", 5);
    (void)strcpy(big + 8500, " HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(parse(big), 414);
    (void)strcpy(text, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < HEAD_FIELDS; i++)
        (void)strcat(text, "a: b\r\n");
    (void)strcat(text, "\r\n");
    assert_int_equal(head_parse(text, strlen(text), &head), 431);
}

static void keeping_the_connection_follows_version_and_header(void **state)
{
    (void)state;
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), 0);
    assert_false(head.keep_alive);
    assert_int_equal(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), 0);
    assert_true(head.keep_alive);
    assert_int_equal(parse("GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n"), 0);
    assert_false(head.keep_alive);
}

static void an_upgrade_needs_both_headers(void **state)
{
    (void)state;
    assert_int_equal(parse("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\n"
                           "Upgrade: WebSocket\r\n\r\n"),
                     0);
    assert_true(head.upgrade);
    assert_int_equal(parse("GET / HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n"), 0);
    assert_false(head.upgrade);
    assert_int_equal(parse("GET / HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: h2c\r\n"
                           "\r\n"),
                     0);
    assert_false(head.upgrade);
}

/** Feeds `in` in pieces of `step` bytes; returns what came of it, or NULL if it is refused. */
static const char *dechunk(const char *in, size_t step, struct chunked *c)
{
    static char out[1024];
    size_t len = strlen(in), n = 0;

    memset(c, 0, sizeof *c);
    for (size_t at = 0; at < len && c->state != CHUNK_DONE;) {
        const char *data = NULL;
        size_t data_len, piece = len - at < step ? len - at : step;
        long used = chunked_read(c, in + at, piece, &data, &data_len);

        if (used < 0)
            return NULL;
        assert_true(used > 0 && (size_t)used <= piece);
        if (data_len > 0)
            memcpy(out + n, data, data_len);
        n += data_len;
        at += (size_t)used;
    }
    out[n] = '\0';
    return out;
}

static void chunks_are_read_in_pieces_of_any_size(void **state)
{
    static const char in[] =
        "5\r\nhello\r\n00A;ext=\"x\"\r\n, you all!\r\n0\r\nTrailer: 1\r\n\r\n";
    struct chunked c;

    (void)state;
    for (size_t step = 1; step < sizeof in; step++) {
        assert_string_equal(dechunk(in, step, &c), "hello, you all!");
        assert_int_equal(c.state, CHUNK_DONE);
    }
}

static void bad_chunks_are_refused(void **state)
{
    static const char *const bad[] = {
        "\r\n",   "g\r\n",       "5\nhello\r\n", "5\r\nhelloX", "5\r\nhello\n", "123456789\r\n",
        "-1\r\n", "5 \r\nhello", "1\r5\r\n",     "0\r\nA: b\n", "1;\n"};
    struct chunked c;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (dechunk(bad[i], 1, &c))
            fail_msg("accepted: %s", bad[i]);
    }
}

static void endless_trailers_are_refused(void **state)
{
    char in[6000] = "0\r\n";
    struct chunked c;

    (void)state;
    memset(in + 3, 'a', sizeof in - 4);
    assert_null(dechunk(in, 100, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_as_it_was_sent),
        cmocka_unit_test(the_absolute_form_loses_its_authority),
        cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
        cmocka_unit_test(other_refusals_have_their_status),
        cmocka_unit_test(keeping_the_connection_follows_version_and_header),
        cmocka_unit_test(an_upgrade_needs_both_headers),
        cmocka_unit_test(chunks_are_read_in_pieces_of_any_size),
        cmocka_unit_test(bad_chunks_are_refused),
        cmocka_unit_test(endless_trailers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
