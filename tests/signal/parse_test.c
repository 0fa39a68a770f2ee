#include "message.h"

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/** Parses; the request must be refused with this reason and field. */
static void refused(const char *text, const char *reason, const char *field)
{
    struct signal_request request;
    struct signal_error err;
    assert_false(signal_parse(text, strlen(text), &request, &err));
    assert_string_equal(err.reason, reason);
    assert_string_equal(err.field, field);
    signal_request_fini(&request);
}

static struct signal_request accepted(const char *text)
{
    struct signal_request request;
    struct signal_error err;
    if (!signal_parse(text, strlen(text), &request, &err))
        fail_msg("%s: %s %s", text, err.reason, err.field);
    return request;
}

static void what_is_not_an_object_is_no_message(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    "x",          "[]",      "null", "\"join\"",
        "{",   "{\"type\":", "{}trail", "1",    "{\"a\":\"\\u0000\"}",
        "\xff"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        refused(texts[i], "invalid_message", "");
}

static void type_and_id_are_checked_first(void **state)
{
    (void)state;
    refused("{}", "missing_field", "/type");
    refused("{\"type\":5}", "invalid_field", "/type");
    refused("{\"type\":\"dance\"}", "unknown_type", "/type");
    refused("{\"type\":\"ping\",\"id\":0}", "invalid_field", "/id");
    refused("{\"type\":\"ping\",\"id\":\"7\"}", "invalid_field", "/id");
    refused("{\"type\":\"ping\",\"id\":1.5}", "invalid_field", "/id");
    refused("{\"type\":\"ping\",\"id\":9007199254740992}", "invalid_field", "/id");
    struct signal_request r = accepted("{\"type\":\"ping\",\"id\":9007199254740991}");
    assert_int_equal(r.id, INT64_C(9007199254740991));
    signal_request_fini(&r);
}

static void a_refused_request_keeps_its_id(void **state)
{
    (void)state;
    struct signal_request request;
    struct signal_error err;
    const char *text = "{\"type\":\"chat\",\"id\":12}";
    assert_false(signal_parse(text, strlen(text), &request, &err));
    assert_int_equal(request.id, 12);
    signal_request_fini(&request);
}

static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    struct signal_request r = accepted("{\"type\":\"leave\",\"mood\":{\"a\":[1,2]}}");
    assert_string_equal(r.message->name, "leave");
    signal_request_fini(&r);
}

static void join_names_its_wrong_field(void **state)
{
    (void)state;
    refused("{\"type\":\"join\"}", "missing_field", "/link");
    refused("{\"type\":\"join\",\"link\":7}", "invalid_field", "/link");
    refused("{\"type\":\"join\",\"link\":\"l\",\"name\":\"\"}", "invalid_field", "/name");
    refused("{\"type\":\"join\",\"link\":\"l\",\"name\":\"a\\nb\"}", "invalid_field", "/name");
    refused("{\"type\":\"join\",\"link\":\"l\",\"token\":[]}", "invalid_field", "/token");
    refused("{\"type\":\"join\",\"link\":\"l\",\"host\":1}", "invalid_field", "/host");
    refused("{\"type\":\"join\",\"link\":\"l\",\"lang\":1}", "invalid_field", "/lang");
    refused("{\"type\":\"join\",\"link\":\"l\",\"name\":"
            "\"00000000001111111111222222222233333333334444444444555555555566666666667777777777"
            "8\"}",
            "invalid_field", "/name");
    // 80 characters, though 240 bytes
    char text[400] = "{\"type\":\"join\",\"link\":\"l\",\"name\":\"";
    for (unsigned i = 0; i < 80; i++)
        strcat(text, "€");
    strcat(text, "\"}");
    struct signal_request r = accepted(text);
    assert_int_equal(strlen(r.u.join.name), 240);
    assert_null(r.u.join.token);
    signal_request_fini(&r);
}

static void resume_needs_both_halves(void **state)
{
    (void)state;
    refused("{\"type\":\"resume\",\"secret\":\"s\"}", "missing_field", "/participant");
    refused("{\"type\":\"resume\",\"participant\":\"p\"}", "missing_field", "/secret");
    refused("{\"type\":\"resume\",\"participant\":\"p\",\"secret\":\"s\",\"chat_after\":-1}",
            "invalid_field", "/chat_after");
    struct signal_request r = accepted("{\"type\":\"resume\",\"participant\":\"p\",\"secret\":"
                                       "\"s\",\"chat_after\":7}");
    assert_int_equal(r.u.resume.chat_after, 7);
    signal_request_fini(&r);
}

static void hints_of_an_offer_are_read(void **state)
{
    (void)state;
    struct signal_request r =
        accepted("{\"type\":\"offer\",\"sdp\":\"v=0\",\"media\":[{\"mid\":\"0\",\"source\":"
                 "\"screen\",\"content\":\"text\"},{\"mid\":\"1\",\"role\":\"screen\"},"
                 "{\"mid\":\"2\"}]}");
    assert_int_equal(r.u.offer.len, 3);
    assert_int_equal(r.u.offer.hint_count, 3);
    assert_true(r.u.offer.hint[0].has_source && !r.u.offer.hint[0].has_role);
    assert_int_equal(r.u.offer.hint[0].source, SOURCE_SCREEN);
    assert_true(r.u.offer.hint[0].has_content && !r.u.offer.hint[1].has_content);
    assert_int_equal(r.u.offer.hint[0].content, CONTENT_TEXT);
    assert_true(r.u.offer.hint[1].has_role);
    assert_int_equal(r.u.offer.hint[1].role, SLOT_SCREEN);
    assert_string_equal(r.u.offer.hint[2].mid, "2");
    signal_request_fini(&r);
    refused("{\"type\":\"offer\"}", "missing_field", "/sdp");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":{}}", "invalid_field", "/media");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":[{\"mid\":\"0\"},7]}", "missing_field",
            "/media/1/mid");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":[{\"mid\":\"\"}]}", "invalid_field",
            "/media/0/mid");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":[{\"mid\":"
            "\"0123456789012345678901234567890123456789\"}]}",
            "invalid_field", "/media/0/mid");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":[{\"mid\":\"0\",\"source\":\"x\"}]}",
            "unknown_source", "/media/0/source");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":[{\"mid\":\"0\",\"role\":\"x\"}]}",
            "invalid_field", "/media/0/role");
    refused("{\"type\":\"offer\",\"sdp\":\"v\",\"media\":[{\"mid\":\"0\",\"content\":\"x\"}]}",
            "invalid_field", "/media/0/content");
}

/** {"type":T,"<field>":"<n letters>"}, to be freed. */
static char *long_text(const char *type, const char *field, size_t n)
{
    char *text = malloc(n + 100);
    assert_non_null(text);
    int at = sprintf(text, "{\"type\":\"%s\",\"%s\":\"", type, field);
    memset(text + at, 'a', n);
    strcpy(text + at + n, "\"}");
    return text;
}

static void an_offer_may_be_512_KiB_and_no_more(void **state)
{
    (void)state;
    char *text = long_text("offer", "sdp", SDP_MAX_OFFER);
    struct signal_request r = accepted(text);
    signal_request_fini(&r);
    free(text);
    text = long_text("offer", "sdp", SDP_MAX_OFFER + 1);
    refused(text, "too_large", "/sdp");
    free(text);
}

static void chat_has_1_to_4000_characters(void **state)
{
    (void)state;
    refused("{\"type\":\"chat\"}", "missing_field", "/text");
    refused("{\"type\":\"chat\",\"text\":\"\"}", "invalid_field", "/text");
    refused("{\"type\":\"chat\",\"text\":\"a\",\"to\":5}", "invalid_field", "/to");
    char *text = long_text("chat", "text", 4001);
    refused(text, "too_large", "/text");
    free(text);
    text = long_text("chat", "text", 4000);
    struct signal_request r = accepted(text);
    signal_request_fini(&r);
    free(text);
}

static void a_reaction_is_a_word(void **state)
{
    (void)state;
    refused("{\"type\":\"react\"}", "missing_field", "/reaction");
    refused("{\"type\":\"react\",\"reaction\":[]}", "invalid_field", "/reaction");
    struct signal_request r = accepted("{\"type\":\"react\",\"reaction\":\"like\"}");
    assert_string_equal(r.u.react.reaction, "like");
    signal_request_fini(&r);
}

static void mute_needs_a_source_and_a_boolean(void **state)
{
    (void)state;
    refused("{\"type\":\"mute\",\"muted\":true}", "missing_field", "/source");
    refused("{\"type\":\"mute\",\"source\":\"camera\"}", "missing_field", "/muted");
    refused("{\"type\":\"mute\",\"source\":\"nose\",\"muted\":true}", "unknown_source",
            "/source");
    refused("{\"type\":\"mute\",\"source\":\"camera\",\"muted\":1}", "invalid_field", "/muted");
}

static void wants_are_read_and_bounded(void **state)
{
    (void)state;
    struct signal_request r =
        accepted("{\"type\":\"want\",\"wants\":[{\"participant\":\"p_x\",\"width\":319.2,"
                 "\"height\":1e9,\"pinned\":true},{\"mid\":\"7\",\"paused\":true}]}");
    assert_int_equal(r.u.want.count, 2);
    assert_string_equal(r.u.want.want[0].of, "p_x");
    assert_int_equal(r.u.want.want[0].source, SOURCE_CAMERA);
    assert_int_equal(r.u.want.want[0].width, 320);
    assert_int_equal(r.u.want.want[0].height, 65535);
    assert_true(r.u.want.want[0].pinned && !r.u.want.want[0].paused);
    assert_true(r.u.want.want[1].paused);
    signal_request_fini(&r);
    refused("{\"type\":\"want\"}", "missing_field", "/wants");
    refused("{\"type\":\"want\",\"wants\":[{}]}", "missing_field", "/wants/0/mid");
    refused("{\"type\":\"want\",\"wants\":[{\"mid\":\"1\",\"width\":-1}]}", "invalid_field",
            "/wants/0/width");
    refused("{\"type\":\"want\",\"wants\":[{\"mid\":\"1\",\"pinned\":\"no\"}]}",
            "invalid_field", "/wants/0/pinned");
    refused("{\"type\":\"want\",\"wants\":[{\"participant\":"
            "\"p_012345678901234567890123456789012345678\"}]}",
            "invalid_field", "/wants/0/participant");
    char text[2000] = "{\"type\":\"want\",\"wants\":[{\"mid\":\"1\"}";
    for (unsigned i = 1; i < 64; i++)
        strcat(text, ",{\"mid\":\"1\"}");
    strcat(text, "]}");
    r = accepted(text);
    assert_int_equal(r.u.want.count, 64);
    signal_request_fini(&r);
    strcpy(strrchr(text, ']'), ",{\"mid\":\"1\"}]}");
    refused(text, "invalid_field", "/wants");
}

static void candidates_are_checked(void **state)
{
    (void)state;
    refused("{\"type\":\"candidate\"}", "missing_field", "/candidate");
    refused("{\"type\":\"candidate\",\"candidate\":\"candidate:nonsense\"}", "invalid_field",
            "/candidate");
    static const char *const good[] = {
        "{\"type\":\"candidate\",\"candidate\":\"\"}",
        "{\"type\":\"candidate\",\"candidate\":\"candidate:1 1 udp 2122260223 192.0.2.7 54321 "
        "typ host\",\"mid\":\"0\"}",
    };
    for (unsigned i = 0; i < 2; i++) {
        struct signal_request r = accepted(good[i]);
        signal_request_fini(&r);
    }
}

static void update_may_bring_either_field(void **state)
{
    (void)state;
    struct signal_request r = accepted("{\"type\":\"update\",\"hand\":true}");
    assert_true(r.u.update.has_hand && r.u.update.hand);
    assert_null(r.u.update.name);
    signal_request_fini(&r);
    r = accepted("{\"type\":\"update\",\"name\":\"Ada\"}");
    assert_false(r.u.update.has_hand);
    signal_request_fini(&r);
    refused("{\"type\":\"update\",\"hand\":\"up\"}", "invalid_field", "/hand");
    refused("{\"type\":\"update\",\"name\":\"\\u202e\"}", "invalid_field", "/name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_an_object_is_no_message),
        cmocka_unit_test(type_and_id_are_checked_first),
        cmocka_unit_test(a_refused_request_keeps_its_id),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(join_names_its_wrong_field),
        cmocka_unit_test(resume_needs_both_halves),
        cmocka_unit_test(hints_of_an_offer_are_read),
        cmocka_unit_test(an_offer_may_be_512_KiB_and_no_more),
        cmocka_unit_test(chat_has_1_to_4000_characters),
        cmocka_unit_test(a_reaction_is_a_word),
        cmocka_unit_test(mute_needs_a_source_and_a_boolean),
        cmocka_unit_test(wants_are_read_and_bounded),
        cmocka_unit_test(candidates_are_checked),
        cmocka_unit_test(update_may_bring_either_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
