#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char why[CONFIG_WHY];

static struct config *parse(const char *text)
{
    struct config *config = NULL;

    why[0] = '\0';
    return config_parse(text, strlen(text), "f.yaml", &config, why) ? NULL : config;
}

static void an_empty_file_gives_the_defaults(void **state)
{
    struct config *config = parse("");

    (void)state;
    assert_non_null(config);
    assert_int_equal(config->http.port, 8080);
    assert_string_equal(config->state, "/var/lib/salon");
    assert_int_equal(config->limits.unknown_links_per_minute, 20);
    config_free(config);
}

static void the_commented_file_says_the_defaults(void **state)
{
    struct config *defaults = parse(""), *file = NULL;

    (void)state;
    assert_int_equal(config_load(CONFIG_FILE, &file, why), 0);
    assert_string_equal(file->http.listen, defaults->http.listen);
    assert_int_equal(file->http.port, defaults->http.port);
    assert_string_equal(file->http.public_url, defaults->http.public_url);
    assert_string_equal(file->state, defaults->state);
    assert_int_equal(file->media.workers, defaults->media.workers);
    assert_int_equal(file->media.port, defaults->media.port);
    assert_memory_equal(&file->limits, &defaults->limits, sizeof file->limits);
    assert_string_equal(file->log.level, defaults->log.level);
    assert_string_equal(file->log.format, defaults->log.format);
    config_free(defaults);
    config_free(file);
}

static void everything_is_read(void **state)
{
    struct config *c =
        parse("http:\n  tls: {cert: c, key: k}\n  trusted_proxies: [10.0.0.0/8]\n"
              "server_key: /k\nmedia:\n  announce: [192.0.2.1, 2001:db8::1]\n"
              "ice_servers:\n  - urls: ['turn:a']\n    username: u\n"
              "    credential: p\n  - urls: ['stun:b', 'stun:c']\n");
    json_t *ice;
    char *text;

    (void)state;
    assert_non_null(c);
    assert_string_equal(c->http.tls.key, "k");
    assert_int_equal(c->media.announce_count, 2);
    assert_string_equal(c->media.announce[1], "2001:db8::1");
    ice = config_ice_servers(c);
    text = json_dumps(ice, JSON_COMPACT);
    assert_string_equal(text,
                        "[{\"urls\":[\"turn:a\"],\"username\":\"u\",\"credential\":\"p\"},"
                        "{\"urls\":[\"stun:b\",\"stun:c\"]}]");
    free(text);
    json_decref(ice);
    config_free(c);
}

static void a_fault_is_named_by_file_line_and_field(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"http:\n  listen: a\n  prt: 3\n", "f.yaml:3: http.prt: "},
        {"http:\n  port: abc\n", "f.yaml:2: http.port: "},
        {"\n\nhttp:\n  port: 70000\n", "f.yaml:4: http.port: "},
        {"http: [1", "f.yaml:2: "},
        {"http:\n\tport: 1\n", "f.yaml:2: "},
        {"- a\n", "f.yaml:1: "},
        {"media:\n  announce:\n    - 1.2.3.4\n    - {b: c}\n", "f.yaml:4: media.announce.2: "},
        {"media:\n  announce: [1.2.3.4,\n x]\n", "f.yaml:3: media.announce.2: "},
        {"http:\n  tls:\n    cert: a\n", "f.yaml:2: http.tls: "},
        {"http:\n  listen: localhost\n", "f.yaml:2: http.listen: "},
        {"http:\n  public_url: https://a/b\n", "f.yaml:2: http.public_url: "},
        {"http:\n  public_url: ftp://a\n", "f.yaml:2: http.public_url: "},
        {"http:\n  trusted_proxies: [10.0.0.0/99]\n", "f.yaml:2: http.trusted_proxies.1: "},
        {"http:\n  bare_links: Ville\n", "f.yaml:2: http.bare_links: "},
        {"ice_servers:\n  - urls: [http://a]\n", "f.yaml:2: ice_servers.1.urls.1: "},
        {"log:\n  level: loud\n", "f.yaml:2: log.level: "},
        {"state: ''\n", "f.yaml:1: state: "},
        {"limits:\n  room_participants: 1\n", "f.yaml:2: limits.room_participants: "},
        {"media:\n  port: 80\n", "f.yaml:2: media.port: "},
        {"http: {}\nhttp: {}\n", "f.yaml:"},
        {"%\n", "f.yaml:1: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(bad[i].text))
            fail_msg("accepted: %s", bad[i].text);
        if (strncmp(why, bad[i].why, strlen(bad[i].why)) != 0)
            fail_msg("not \"%s\" but \"%s\"", bad[i].why, why);
        assert_null(strchr(why, '\n'));
    }
}

static void a_missing_file_is_named(void **state)
{
    struct config *config;

    (void)state;
    assert_int_not_equal(config_load("/nowhere/f.yaml", &config, why), 0);
    assert_string_equal(why, "/nowhere/f.yaml: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(the_commented_file_says_the_defaults),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(a_fault_is_named_by_file_line_and_field),
        cmocka_unit_test(a_missing_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
