#include "inner.h"
#include "links/links.h"
#include "links/rooms.h"
#include "links/tenants.h"

#include "base/text.h"

#include <errno.h>
#include <jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1700000000

static char folder[64], db[128], key[128];
static struct store *store;
static struct links *links;
static struct links_tenant tenant;

static void open_links(void)
{
    const struct links_conf conf = {.key_file = key, .public_url = "https://h.example"};
    struct links_conf with = conf;
    char why[512];

    assert_int_equal(store_open(db, 1, &store, why, sizeof why), 0);
    with.store = store;
    if (links_open(&with, &links, why, sizeof why))
        fail_msg("%s", why);
}

static void close_links(void)
{
    links_close(links);
    store_close(store);
}

static int set_up(void **state)
{
    (void)state;
    (void)strcpy(folder, "/tmp/salon-links-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(db, sizeof db, "%s/salon.db", folder);
    (void)snprintf(key, sizeof key, "%s/server.key", folder);
    open_links();
    tenant = (struct links_tenant){.name = "Ville de Lyon"};
    assert_int_equal(links_tenant_add(links, &tenant, NOW), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    close_links();
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct links_room make_room(void)
{
    struct links_room room = {0};

    (void)strcpy(room.tenant, tenant.id);
    assert_int_equal(links_room_make(links, &room, NOW), 0);
    return room;
}

static enum links_status resolve(const char *link, struct links_room *out)
{
    return links_resolve(links, link, out, NOW);
}

static void a_link_is_derived_as_documented(void **state)
{
    struct links_room room = make_room();
    char text[128], url[LINKS_URL_SIZE], token[27];
    uint8_t mac[SHA256_SIZE];

    (void)state;
    (void)snprintf(text, sizeof text, "v1|%s|guest|1", room.id);
    digest_hmac(links->key, SHA256_SIZE, text, strlen(text), mac);
    text_base32(mac, sizeof mac, 26, token);
    links_url(links, &room, url);
    assert_memory_equal(url, "https://h.example/r/", 20);
    assert_string_equal(url + 20, token);
}

static void a_link_is_found_however_it_is_written(void **state)
{
    struct links_room room = make_room(), found;
    char url[LINKS_URL_SIZE], text[LINKS_URL_SIZE + 64];

    (void)state;
    links_url(links, &room, url);
    assert_int_equal(resolve(url, &found), LINK_VALID);
    assert_string_equal(found.id, room.id);
    (void)snprintf(text, sizeof text, "http://other:80/r/%s?a=b#h=c", url + 20);
    assert_int_equal(resolve(text, &found), LINK_VALID);
    for (char *p = url + 20; *p; p++) // in capitals, with the letters people mistake
        *p = *p == '0' ? 'O' : *p == '1' ? 'L' : *p >= 'a' ? (char)(*p - 32) : *p;
    assert_int_equal(resolve(url + 20, &found), LINK_VALID);
}

static void what_is_no_link_is_unknown(void **state)
{
    static const char *const bad[] = {"",
                                      "/r/",
                                      "abc",
                                      "0123456789abcdefghjkmnpqru",
                                      "00000000000000000000000000",
                                      "000000000000000000000000000",
                                      "https://h.example/x/00000000000000000000000000",
                                      "123e4567-e89b-42d3-a456-426614174000",
                                      "123e4567-e89b-42d3-a456_426614174000",
                                      "\xff\xfe"};
    struct links_room room;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(resolve(bad[i], &room), LINK_UNKNOWN);
}

static void a_link_lives_through_a_restart_but_not_through_another_key(void **state)
{
    struct links_room room = make_room(), found;
    char before[LINKS_URL_SIZE], after[LINKS_URL_SIZE];

    (void)state;
    links_url(links, &room, before);
    close_links();
    open_links();
    assert_int_equal(resolve(before, &found), LINK_VALID);
    links_url(links, &found, after);
    assert_string_equal(before, after);
    // The database alone opens no room: without the key nobody can tell its links.
    close_links();
    assert_int_equal(unlink(key), 0);
    open_links();
    links_url(links, &found, after);
    assert_string_not_equal(before, after);
    assert_int_equal(resolve(after, &found), LINK_UNKNOWN);
}

static void a_tenant_can_have_links_like_uuids(void **state)
{
    struct links_room room = {.uuid = true}, found;
    char url[LINKS_URL_SIZE];

    (void)state;
    (void)strcpy(room.tenant, tenant.id);
    assert_int_equal(links_room_make(links, &room, NOW), 0);
    links_url(links, &room, url);
    assert_int_equal(strlen(url + 20), 36);
    assert_int_equal(url[20 + 14], '4'); // version 4
    assert_non_null(strchr("89ab", url[20 + 19]));
    assert_int_equal(resolve(url, &found), LINK_VALID);
    url[20] = (char)(url[20] == 'a' ? 'b' : 'a');
    assert_int_equal(resolve(url, &found), LINK_UNKNOWN);
}

static void a_new_link_replaces_the_old_as_asked(void **state)
{
    struct links_room room = make_room(), found;
    char first[LINKS_URL_SIZE], second[LINKS_URL_SIZE], third[LINKS_URL_SIZE];

    (void)state;
    links_url(links, &room, first);
    assert_int_equal(links_room_rotate(links, &room, OLD_CLOSED), 0);
    links_url(links, &room, second);
    assert_string_not_equal(first, second);
    assert_int_equal(resolve(first, &found), LINK_REPLACED);
    assert_int_equal(resolve(second, &found), LINK_VALID);
    assert_int_equal(found.link_version, 2);
    assert_int_equal(links_room_rotate(links, &room, OLD_KEEP), 0);
    links_url(links, &room, third);
    assert_int_equal(resolve(second, &found), LINK_VALID);
    assert_int_equal(links_room_rotate(links, &room, OLD_REDIRECT), 0);
    assert_int_equal(resolve(second, &found), LINK_REDIRECT);
    assert_int_equal(resolve(third, &found), LINK_REDIRECT);
    assert_int_equal(resolve(first, &found), LINK_REPLACED); // once closed, it stays so
}

static void closed_and_expired_rooms_say_so(void **state)
{
    struct links_room room = make_room(), found;
    char url[LINKS_URL_SIZE];

    (void)state;
    links_url(links, &room, url);
    room.expires_at = NOW + 10;
    assert_int_equal(links_room_change(links, &room), 0);
    assert_int_equal(resolve(url, &found), LINK_VALID);
    assert_int_equal(links_resolve(links, url, &found, NOW + 10), LINK_EXPIRED);
    room.closed = true;
    assert_int_equal(links_room_change(links, &room), 0);
    assert_int_equal(resolve(url, &found), LINK_CLOSED);
}

static void the_host_secret_is_another_one(void **state)
{
    struct links_room room = make_room(), other = make_room();
    char url[LINKS_URL_SIZE], host[LINKS_URL_SIZE];
    const char *secret;

    (void)state;
    links_url(links, &room, url);
    links_host_url(links, &room, host);
    secret = strstr(host, "#h=") + 3;
    assert_int_equal(strlen(secret), 26);
    assert_true(links_is_host(links, &room, secret));
    assert_false(links_is_host(links, &other, secret));
    assert_false(links_is_host(links, &room, url + 20)); // the link is not the secret
    assert_false(links_is_host(links, &room, ""));
    assert_int_equal(links_room_rotate(links, &room, OLD_CLOSED), 0);
    assert_false(links_is_host(links, &room, secret));
}

static const char *token_of(const char *url)
{
    return strstr(url, "#t=") + 3;
}

static void a_personal_token_names_its_bearer(void **state)
{
    struct links_room room = make_room();
    struct links_member who = {.ref = "u1", .name = "Zoé", .role = ROLE_HOST}, found;
    char *url = links_member_url(links, &room, &who, 60, NOW);

    (void)state;
    assert_int_equal(links_verify_member(links, &room, token_of(url), &found, NOW + 59), 0);
    assert_string_equal(found.ref, "u1");
    assert_string_equal(found.name, "Zoé");
    assert_int_equal(found.role, ROLE_HOST);
    free(url);
}

static void a_personal_token_is_for_one_room_version_and_time(void **state)
{
    struct links_room room = make_room(), other = make_room();
    struct links_member who = {.ref = "u1", .name = "A", .role = ROLE_MEMBER}, found;
    char *url = links_member_url(links, &room, &who, 60, NOW);

    (void)state;
    assert_int_equal(links_verify_member(links, &room, token_of(url), &found, NOW + 60),
                     -EACCES);
    assert_int_equal(links_verify_member(links, &other, token_of(url), &found, NOW), -EACCES);
    room.link_version++;
    assert_int_equal(links_verify_member(links, &room, token_of(url), &found, NOW), -EACCES);
    free(url);
}

/** A token with all the right grants, signed as told. */
static char *forge(const struct links_room *room, jwt_alg_t alg, const void *with, int with_len,
                   const char *name, long until)
{
    jwt_t *jwt = NULL;
    char *token;

    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_set_alg(jwt, alg, with, with_len), 0);
    assert_int_equal(jwt_add_grant(jwt, "iss", "salon"), 0);
    assert_int_equal(jwt_add_grant(jwt, "aud", room->id), 0);
    assert_int_equal(jwt_add_grant(jwt, "sub", "u"), 0);
    if (name)
        assert_int_equal(jwt_add_grant(jwt, "name", name), 0);
    assert_int_equal(jwt_add_grant(jwt, "role", "host"), 0);
    assert_int_equal(jwt_add_grant_int(jwt, "ver", 1), 0);
    assert_int_equal(jwt_add_grant_int(jwt, "exp", until), 0);
    token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

static void forged_tokens_open_nothing(void **state)
{
    struct links_room room = make_room();
    struct links_member found;
    uint8_t wrong[SHA256_SIZE] = {0};
    const uint8_t *right = links->member_key;
    char *tokens[] = {
        forge(&room, JWT_ALG_NONE, NULL, 0, "A", NOW + 60),
        forge(&room, JWT_ALG_HS256, wrong, sizeof wrong, "A", NOW + 60),
        forge(&room, JWT_ALG_HS512, right, SHA256_SIZE, "A", NOW + 60), // another algorithm
        forge(&room, JWT_ALG_HS256, right, SHA256_SIZE, "A", NOW - 1),
        forge(&room, JWT_ALG_HS256, right, SHA256_SIZE, NULL, NOW + 60),
        forge(&room, JWT_ALG_HS256, right, SHA256_SIZE, "a\nb", NOW + 60),
    };
    char *good = forge(&room, JWT_ALG_HS256, right, SHA256_SIZE, "A", NOW + 60);

    (void)state;
    assert_int_equal(links_verify_member(links, &room, good, &found, NOW), 0);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        assert_int_equal(links_verify_member(links, &room, tokens[i], &found, NOW), -EACCES);
        free(tokens[i]);
    }
    good[strlen(good) - 2] ^= 1;
    assert_int_equal(links_verify_member(links, &room, good, &found, NOW), -EACCES);
    assert_int_equal(links_verify_member(links, &room, "", &found, NOW), -EACCES);
    assert_int_equal(links_verify_member(links, &room, "a.b.c", &found, NOW), -EACCES);
    free(good);
}

static void a_key_opens_its_tenant_with_its_scopes(void **state)
{
    char api_key[LINKS_KEY_SIZE];
    struct links_caller caller;

    (void)state;
    assert_int_equal(
        links_key_make(links, tenant.id, SCOPE_ROOMS_READ | SCOPE_TENANT, api_key, NOW), 0);
    assert_int_equal(links_authenticate(links, api_key, &caller), 0);
    assert_string_equal(caller.tenant.id, tenant.id);
    assert_int_equal(caller.scopes, SCOPE_ROOMS_READ | SCOPE_TENANT);
    api_key[strlen(api_key) - 1] ^= 1;
    assert_int_equal(links_authenticate(links, api_key, &caller), -EACCES);
    assert_int_equal(links_authenticate(links, "", &caller), -EACCES);
    assert_int_equal(links_authenticate(links, "salon_0123456789_", &caller), -EACCES);
}

static void two_keys_live_at_once_and_no_more(void **state)
{
    char keys[3][LINKS_KEY_SIZE];
    struct links_caller caller;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(links_key_make(links, tenant.id, SCOPE_ALL, keys[i], NOW), 0);
    assert_int_equal(links_authenticate(links, keys[0], &caller), -EACCES);
    assert_int_equal(links_authenticate(links, keys[1], &caller), 0);
    assert_int_equal(links_authenticate(links, keys[2], &caller), 0);
    assert_int_equal(links_tenant_remove(links, tenant.id), 0);
    assert_int_equal(links_authenticate(links, keys[2], &caller), -EACCES);
}

static void tenants_are_checked_and_named_once(void **state)
{
    struct links_tenant same = {.name = "Ville de Lyon", .prefix = "other"};
    struct links_tenant prefix = {.name = "x", .prefix = "A B"};
    struct links_tenant origin = {.name = "y", .origins = "https://a.example/path"};
    struct links_tenant name = {.name = "a\nb"};
    struct links_tenant good = {.name = "É", .origins = "https://a.example http://127.0.0.1:9"};
    struct links_tenant prefix_as_name = {.name = "ville-de-lyon", .prefix = "lyon"};
    struct links_tenant lower = {.name = "metropole", .prefix = "grand-lyon"};
    struct links_tenant name_as_prefix = {.name = "Other", .prefix = "metropole"};
    struct links_room room;

    (void)state;
    assert_string_equal(tenant.prefix, "ville-de-lyon");
    assert_int_equal(links_tenant_add(links, &same, NOW), -EEXIST);
    assert_int_equal(links_tenant_add(links, &prefix, NOW), -EINVAL);
    assert_int_equal(links_tenant_add(links, &origin, NOW), -EINVAL);
    assert_int_equal(links_tenant_add(links, &name, NOW), -EINVAL);
    assert_int_equal(links_tenant_add(links, &good, NOW), 0);
    // One word names one tenant: links by the prefix do not end with another's name.
    assert_int_equal(links_tenant_add(links, &prefix_as_name, NOW), -EEXIST);
    assert_int_equal(links_tenant_add(links, &lower, NOW), 0);
    assert_int_equal(links_tenant_add(links, &name_as_prefix, NOW), -EEXIST);
    assert_int_equal(links_resolve(links, "/b/ville-de-lyon/weekly", &room, NOW), LINK_VALID);
    assert_false(links_origin_valid("http://a.example"));
    assert_false(links_origin_valid("http://127.0.0.1.a.example"));
    assert_false(links_origin_valid("http://localhosts.example:80"));
    assert_true(links_origin_valid("http://[::1]:8080"));
    assert_false(links_origin_valid("https://"));
    assert_false(links_origin_valid("https://a; script-src *"));
}

static void another_tenants_room_is_not_there(void **state)
{
    struct links_room room = make_room(), found;

    (void)state;
    assert_int_equal(links_room_get(links, tenant.id, room.id, &found), 0);
    assert_int_equal(links_room_get(links, "tn_other", room.id, &found), -ENOENT);
}

static void count_room(const struct links_room *room, void *ctx)
{
    unsigned *count = ctx;

    (void)room;
    (*count)++;
}

static void pages_of_rooms_hold_each_once(void **state)
{
    struct links_list list = {.tenant = tenant.id, .limit = 3};
    char next[LINKS_CURSOR_SIZE], cursor[LINKS_CURSOR_SIZE];
    unsigned count = 0, pages = 0;

    (void)state;
    for (int i = 0; i < 8; i++)
        (void)make_room(); // all in the same second
    do {
        assert_int_equal(links_room_list(links, &list, count_room, &count, next), 0);
        (void)strcpy(cursor, next);
        list.cursor = cursor;
        pages++;
    } while (*next);
    assert_int_equal(count, 8);
    assert_int_equal(pages, 3);
    list.cursor = "nonsense";
    assert_int_equal(links_room_list(links, &list, count_room, &count, next), -EINVAL);
}

static void an_answer_is_kept_for_a_day_and_once(void **state)
{
    struct links_answer answer = {.status = 201, .resource = "iv_1 iv_2"}, again;

    (void)state;
    assert_int_equal(links_answer_put(links, tenant.id, "key", &answer, NOW), 0);
    assert_int_equal(links_answer_get(links, tenant.id, "key", &again, NOW + 86399), 0);
    assert_string_equal(again.resource, "iv_1 iv_2");
    assert_int_equal(links_answer_put(links, tenant.id, "key", &answer, NOW + 86399),
                     -EINPROGRESS);
    assert_int_equal(links_answer_get(links, tenant.id, "key", &again, NOW + 86401), -ENOENT);
    assert_int_equal(links_answer_put(links, tenant.id, "key", &answer, NOW + 86401), 0);
}

static void a_key_file_open_to_others_is_refused(void **state)
{
    struct links_conf conf = {.store = store, .key_file = key, .public_url = "https://h"};
    struct links *none;
    char why[256] = "";

    (void)state;
    assert_int_equal(chmod(key, 0644), 0);
    assert_int_equal(links_open(&conf, &none, why, sizeof why), -EPERM);
    assert_non_null(strstr(why, "chmod 600"));
    assert_int_equal(chmod(key, 0600), 0);
    assert_int_equal(truncate(key, 31), 0);
    assert_int_equal(links_open(&conf, &none, why, sizeof why), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(a_link_is_derived_as_documented),
        T(a_link_is_found_however_it_is_written),
        T(what_is_no_link_is_unknown),
        T(a_link_lives_through_a_restart_but_not_through_another_key),
        T(a_tenant_can_have_links_like_uuids),
        T(a_new_link_replaces_the_old_as_asked),
        T(closed_and_expired_rooms_say_so),
        T(the_host_secret_is_another_one),
        T(a_personal_token_names_its_bearer),
        T(a_personal_token_is_for_one_room_version_and_time),
        T(forged_tokens_open_nothing),
        T(a_key_opens_its_tenant_with_its_scopes),
        T(two_keys_live_at_once_and_no_more),
        T(tenants_are_checked_and_named_once),
        T(another_tenants_room_is_not_there),
        T(pages_of_rooms_hold_each_once),
        T(an_answer_is_kept_for_a_day_and_once),
        T(a_key_file_open_to_others_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
