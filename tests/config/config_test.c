#include "config_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
    assert_int_equal(file->media.flight_mib, defaults->media.flight_mib);
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

static void none_of_a_recorders_memory_is_not_the_default(void **state)
{
    static const struct {
        const char *text;
        unsigned mib;
    } file[] = {{"", 32},
                {"media: {workers: 1}", 32},
                {"media: {flight_mib: 0}", 0},
                {"media: {flight_mib: 7}", 7}};

    (void)state;
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        struct config *c = parse(file[i].text);

        assert_non_null(c);
        assert_int_equal(c->media.flight_mib, file[i].mib);
        config_free(c);
    }
    setenv("SALON_MEDIA_FLIGHT_MIB", "0", 1);
    struct config *c = parse("");
    unsetenv("SALON_MEDIA_FLIGHT_MIB");
    assert_non_null(c);
    assert_int_equal(c->media.flight_mib, 0);
    config_free(c);
    assert_null(parse("media: {flight_mib: 257}"));
}

static void a_missing_file_is_named(void **state)
{
    struct config *config;

    (void)state;
    assert_int_not_equal(config_load("/nowhere/f.yaml", &config, why), 0);
    assert_string_equal(why, "/nowhere/f.yaml: No such file or directory");
}

/* ---- the environment ---- */

static void the_environment_stands_over_the_file(void **state)
{
    struct config *c;

    (void)state;
    setenv("SALON_HTTP_PORT", "9000", 1);
    setenv("SALON_ICE_SERVERS_2_CREDENTIAL", "out of the file", 1);
    setenv("SALON_SERVER_KEY", "/run/key", 1); // one that the file does not give
    c = parse("http: {port: 1}\nice_servers: [{urls: ['turn:a']}, {urls: ['turn:b']}]\n");
    unsetenv("SALON_HTTP_PORT");
    unsetenv("SALON_ICE_SERVERS_2_CREDENTIAL");
    unsetenv("SALON_SERVER_KEY");
    assert_non_null(c);
    assert_int_equal(c->http.port, 9000);
    assert_null(c->ice_servers[0].credential);
    assert_string_equal(c->ice_servers[1].credential, "out of the file");
    assert_string_equal(c->server_key, "/run/key");
    config_free(c);
}

static void what_is_wrong_in_the_environment_names_the_variable(void **state)
{
    static const struct {
        const char *name, *value, *why;
    } bad[] = {
        {"SALON_HTTP_PORT", "x", "SALON_HTTP_PORT: http.port: "},
        {"SALON_HTTP_PORT", "0", "SALON_HTTP_PORT: http.port: "},
        {"SALON_HTTP_PORT", "99999999999999999999", "SALON_HTTP_PORT: http.port: "},
        {"SALON_LOG_FORMAT", "xml", "SALON_LOG_FORMAT: log.format: "},
        {"SALON_ADMIN_TOKEN", "short", "SALON_ADMIN_TOKEN: admin.token: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv(bad[i].name, bad[i].value, 1);
        assert_null(parse("http:\n  port: 80\n"));
        unsetenv(bad[i].name);
        assert_int_equal(strncmp(why, bad[i].why, strlen(bad[i].why)), 0);
    }
}

static void an_admin_api_that_others_reach_needs_a_token(void **state)
{
    struct config *c;

    (void)state;
    assert_null(parse("admin: {listen: 0.0.0.0}"));
    assert_null(parse("admin: {listen: 192.0.2.1, token: short}"));
    c = parse("admin: {listen: 127.0.0.1}");
    assert_non_null(c);
    config_free(c);
    c = parse("admin: {listen: '::', token: sixteen-or-more-characters}");
    assert_non_null(c);
    config_free(c);
}

/* ---- two of them ---- */

static char told[512];

static void tell(const char *field, void *arg)
{
    (void)arg;
    (void)strcat(strcat(told, field), ";");
}

static void what_differs_is_named_once_and_a_list_by_its_name(void **state)
{
    struct config *one = parse("media: {announce: [192.0.2.1, 192.0.2.2]}\nlog: {level: warn}");
    struct config *same =
        parse("log: {level: warn}\nmedia: {announce: [192.0.2.1, 192.0.2.2]}");
    struct config *other =
        parse("media: {announce: [192.0.2.3]}\nlimits: {joins_per_minute: 9}\n"
              "ice_servers: [{urls: ['turn:a'], credential: b}]\n"
              "http: {tls: {cert: c, key: k}}");

    (void)state;
    told[0] = '\0';
    assert_int_equal(config_compare(one, same, tell, NULL), 0);
    assert_string_equal(told, "");
    assert_int_equal(config_compare(one, other, tell, NULL), 0);
    for (const char *const *field =
             (const char *const[]){"media.announce;", "log.level;", "limits.joins_per_minute;",
                                   "ice_servers;", "http.tls.cert;", "http.tls.key;", NULL};
         *field; field++) {
        char *found = strstr(told, *field);
        assert_non_null(found);
        memset(found, ' ', strlen(*field)); // so that nothing is left
    }
    assert_int_equal(strspn(told, " "), strlen(told));
    config_free(one);
    config_free(same);
    config_free(other);
}

static int find_in_file(const struct config_leaf *leaf, void *text)
{
    const char *dot = strrchr(leaf->path, '.');
    char key[CONFIG_PATH];

    (void)snprintf(key, sizeof key, "%s:", dot ? dot + 1 : leaf->path);
    if (!strstr(text, key))
        fail_msg("%s does not stand in config/salon.yaml", leaf->path);
    return 0;
}

static void the_commented_file_has_every_key(void **state)
{
    static char text[65536];
    FILE *f = fopen(CONFIG_FILE, "re");
    struct config *config = parse("ice_servers: [{urls: ['turn:a']}]");

    (void)state;
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    (void)fclose(f);
    assert_int_equal(config_walk(config, find_in_file, text), 0);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(the_commented_file_says_the_defaults),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(a_fault_is_named_by_file_line_and_field),
        cmocka_unit_test(none_of_a_recorders_memory_is_not_the_default),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(the_environment_stands_over_the_file),
        cmocka_unit_test(what_is_wrong_in_the_environment_names_the_variable),
        cmocka_unit_test(an_admin_api_that_others_reach_needs_a_token),
        cmocka_unit_test(what_differs_is_named_once_and_a_list_by_its_name),
        cmocka_unit_test(the_commented_file_has_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
