#include "sender.h"
#include "sign.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/** The example of the Standard Webhooks specification. */
static void the_published_example_is_signed_as_published(void **state)
{
    static const char secret[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const struct sign_message m = {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                   "{\"test\": 2432232314}"};
    uint8_t key[64];
    char out[SIGN_SIZE];

    (void)state;
    assert_int_equal(EVP_DecodeBlock(key, (const unsigned char *)secret, 32), SIGN_KEY_SIZE);
    assert_int_equal(sign_message(key, SIGN_KEY_SIZE, &m, out), 0);
    assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void a_secret_is_the_key_in_base64(void **state)
{
    uint8_t key[SIGN_KEY_SIZE] = {0};
    char out[SIGN_SECRET_SIZE];

    (void)state;
    sign_secret(key, out);
    assert_string_equal(out, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

static void pauses_grow_and_end(void **state)
{
    static const int64_t least[] = {0, 5, 300, 1800, 7200, 18000, 36000};

    (void)state;
    for (unsigned i = 0; i < 7; i++)
        for (uint32_t random = 0; random < 5000; random += 77) {
            const int64_t pause = sender_pause(i, random);

            assert_true(pause >= least[i] && pause <= least[i] + least[i] / 5);
        }
    assert_int_equal(sender_pause(7, 0), -1);
    assert_int_equal(sender_pause(1000, 0), -1);
}

static void a_webhook_is_https_with_a_host_and_no_user(void **state)
{
    static const char *const good[] = {"https://a.example/x?y=1",
                                       "https://[2001:db8::1]:8443/"};
    static const char *const bad[] = {
        "",          "https://",       "ftp://a.example/",        "https://u@a.example/",
        "https:///", "https://a.b/#c", "https://a.example/ x",    "javascript:x",
        "//a.b/",    "https://?x",     "https://a.example/\r\nX", "http:/a.example"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(webhook_url_valid(good[i], false));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(webhook_url_valid(bad[i], true));
    assert_true(webhook_url_valid("http://127.0.0.1:9/x", true));
    assert_false(webhook_url_valid("http://127.0.0.1:9/x", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example_is_signed_as_published),
        cmocka_unit_test(a_secret_is_the_key_in_base64),
        cmocka_unit_test(pauses_grow_and_end),
        cmocka_unit_test(a_webhook_is_https_with_a_host_and_no_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
