#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[128];
static struct store *store;

static int set_up(void **state)
{
    char why[256];

    (void)state;
    (void)strcpy(folder, "/tmp/salon-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/salon.db", folder);
    assert_int_equal(store_open(path, 1, &store, why, sizeof why), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    store_close(store);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void reopen(void)
{
    char why[256];

    store_close(store);
    assert_int_equal(store_open(path, 1, &store, why, sizeof why), 0);
}

static void add_tenant(const char *id)
{
    struct store_tenant tenant = {.created_at = 1};

    (void)snprintf(tenant.id, sizeof tenant.id, "%s", id);
    (void)snprintf(tenant.name, sizeof tenant.name, "name %s", id);
    (void)snprintf(tenant.prefix, sizeof tenant.prefix, "prefix-%s", id);
    assert_int_equal(store_tenant_add(store, &tenant), 0);
}

static struct store_room room_of(const char *tenant, const char *id, int64_t created_at)
{
    struct store_room room = {.kind = "instant",
                              .access = "open",
                              .title = "T'; DROP TABLE rooms; --",
                              .metadata = "{}",
                              .link_version = 1,
                              .created_at = created_at};

    (void)snprintf(room.id, sizeof room.id, "%s", id);
    (void)snprintf(room.tenant, sizeof room.tenant, "%s", tenant);
    return room;
}

static void hash_of(const char *word, uint8_t out[STORE_HASH_SIZE])
{
    memset(out, 0, STORE_HASH_SIZE);
    memcpy(out, word, strlen(word));
}

static void add_room(const char *tenant, const char *id, int64_t created_at)
{
    struct store_room room = room_of(tenant, id, created_at);
    uint8_t hash[STORE_HASH_SIZE];

    hash_of(id, hash);
    assert_int_equal(store_room_add(store, &room, hash), 0);
}

static void a_room_comes_back_as_it_was_after_a_restart(void **state)
{
    struct store_room room = room_of("t1", "rm_1", 77), again;
    uint8_t hash[STORE_HASH_SIZE];
    enum store_link_state link;

    (void)state;
    add_tenant("t1");
    (void)strcpy(room.owner_ref, "ref");
    (void)strcpy(room.owner_name, "Zoé");
    (void)strcpy(room.event_ref, "uid@host/1");
    room.expires_at = 99;
    room.uuid = true;
    hash_of("h", hash);
    assert_int_equal(store_room_add(store, &room, hash), 0);
    reopen();
    memset(&again, 0, sizeof again);
    assert_int_equal(store_link_find(store, hash, &link, &again), 0);
    assert_int_equal(link, STORE_LINK_LIVE);
    assert_string_equal(again.title, room.title);
    assert_string_equal(again.owner_name, "Zoé");
    assert_string_equal(again.event_ref, "uid@host/1");
    assert_int_equal(again.expires_at, 99);
    assert_true(again.uuid);
    assert_false(again.closed);
    hash_of("other", hash);
    assert_int_equal(store_link_find(store, hash, &link, &again), -ENOENT);
}

static void the_files_are_for_nobody_else(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
}

static void a_locked_database_is_eagain_and_leaves_nothing_half(void **state)
{
    struct store_room room = room_of("t1", "rm_1", 1), again;
    uint8_t hash[STORE_HASH_SIZE];
    enum store_link_state link;
    sqlite3 *other;

    (void)state;
    add_tenant("t1");
    hash_of("h", hash);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_room_add(store, &room, hash), -EAGAIN);
    assert_int_equal(store_link_find(store, hash, &link, &again), -ENOENT); // readers go on
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(store_room_add(store, &room, hash), 0);
}

static void what_fails_half_way_is_undone(void **state)
{
    struct store_room room = room_of("t1", "rm_2", 1), again;
    uint8_t hash[STORE_HASH_SIZE];

    (void)state;
    add_tenant("t1");
    add_room("t1", "rm_1", 1);
    hash_of("rm_1", hash);
    assert_int_equal(store_room_add(store, &room, hash), -EEXIST); // the link's hash is taken
    assert_int_equal(store_room_get(store, "rm_2", &again), -ENOENT);
}

static void a_tenant_goes_with_its_keys_rooms_and_links(void **state)
{
    struct store_key key = {.id = "k1", .tenant = "t1", .scopes = "rooms:read"}, again;
    struct store_room room;
    uint8_t hash[STORE_HASH_SIZE];
    enum store_link_state link;

    (void)state;
    add_tenant("t1");
    add_room("t1", "rm_1", 1);
    assert_int_equal(store_key_add(store, &key), 0);
    assert_int_equal(store_key_get(store, "k1", &again), 0);
    assert_string_equal(again.scopes, "rooms:read");
    assert_int_equal(store_tenant_remove(store, "t1"), 0);
    assert_int_equal(store_tenant_remove(store, "t1"), -ENOENT);
    assert_int_equal(store_key_get(store, "k1", &again), -ENOENT);
    hash_of("rm_1", hash);
    assert_int_equal(store_link_find(store, hash, &link, &room), -ENOENT);
}

static void of_a_tenants_keys_the_newest_stay(void **state)
{
    struct store_key key = {.tenant = "t1"};

    (void)state;
    add_tenant("t1");
    for (int i = 0; i < 4; i++) {
        (void)snprintf(key.id, sizeof key.id, "k%d", i);
        assert_int_equal(store_key_add(store, &key), 0);
    }
    assert_int_equal(store_key_prune(store, "t1", 2), 0);
    assert_int_equal(store_key_get(store, "k1", &key), -ENOENT);
    assert_int_equal(store_key_get(store, "k2", &key), 0);
    assert_int_equal(store_key_get(store, "k3", &key), 0);
}

struct seen {
    unsigned count;
    char ids[8][STORE_ID_SIZE];
};

static void see(const struct store_room *room, void *ctx)
{
    struct seen *seen = ctx;

    memcpy(seen->ids[seen->count++], room->id, STORE_ID_SIZE);
}

static void rooms_are_listed_newest_first_and_by_tenant(void **state)
{
    struct store_room_query query = {.tenant = "t1", .limit = 2};
    struct seen seen = {0};

    (void)state;
    add_tenant("t1");
    add_tenant("t2");
    add_room("t1", "rm_a", 5);
    add_room("t1", "rm_b", 5);
    add_room("t1", "rm_c", 4);
    add_room("t2", "rm_d", 9);
    assert_int_equal(store_room_list(store, &query, see, &seen), 0);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.ids[0], "rm_b");
    assert_string_equal(seen.ids[1], "rm_a");
    query.before = 5;
    query.before_id = "rm_a";
    assert_int_equal(store_room_list(store, &query, see, &seen), 0);
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.ids[2], "rm_c");
    query.owner_ref = "nobody";
    assert_int_equal(store_room_list(store, &query, see, &seen), 0);
    assert_int_equal(seen.count, 3);
}

static void rotating_retires_the_links_before(void **state)
{
    uint8_t old[STORE_HASH_SIZE], new[STORE_HASH_SIZE];
    struct store_room room;
    enum store_link_state link;

    (void)state;
    add_tenant("t1");
    add_room("t1", "rm_1", 1);
    hash_of("rm_1", old);
    hash_of("new", new);
    assert_int_equal(store_room_rotate(store, "rm_1", 2, new, STORE_LINK_REPLACED), 0);
    assert_int_equal(store_link_find(store, old, &link, &room), 0);
    assert_int_equal(link, STORE_LINK_REPLACED);
    assert_int_equal(room.link_version, 2);
    assert_int_equal(store_link_find(store, new, &link, &room), 0);
    assert_int_equal(link, STORE_LINK_LIVE);
    assert_int_equal(store_room_rotate(store, "rm_none", 2, new, STORE_LINK_REPLACED), -ENOENT);
}

static void a_part_that_is_undone_undoes_the_whole(void **state)
{
    const struct store_answer answer = {.status = 201, .resource = "rm_1"};
    struct store_answer again;

    (void)state;
    add_tenant("t1");
    for (int outer = 0; outer < 2; outer++) { // the first time the part is undone
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_answer_put(store, "t1", "whole", 100, 0, &answer), 0);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_answer_put(store, "t1", "part", 100, 0, &answer), 0);
        if (outer == 0)
            store_rollback(store);
        else
            assert_int_equal(store_commit(store), 0);
        assert_int_equal(store_commit(store), outer == 0 ? -ECANCELED : 0);
        for (int part = 0; part < 2; part++)
            assert_int_equal(store_answer_get(store, "t1", part ? "part" : "whole", 50, &again),
                             outer == 0 ? -ENOENT : 0);
    }
}

static void answers_are_kept_and_forgotten(void **state)
{
    struct store_answer answer = {.status = 201, .resource = "rm_1"}, again;

    (void)state;
    add_tenant("t1");
    assert_int_equal(store_answer_put(store, "t1", "key", 100, 0, &answer), 0);
    assert_int_equal(store_answer_get(store, "t1", "key", 50, &again), 0);
    assert_string_equal(again.resource, "rm_1");
    assert_int_equal(store_answer_get(store, "t1", "key", 101, &again), -ENOENT);
    assert_int_equal(store_answer_get(store, "t2", "key", 50, &again), -ENOENT);
    assert_int_equal(store_answer_put(store, "t1", "other", 200, 150, &answer), 0);
    assert_int_equal(store_answer_get(store, "t1", "key", 0, &again), -ENOENT);
}

static void a_database_of_the_future_is_not_touched(void **state)
{
    char why[256] = "";
    struct store *newer;
    sqlite3 *other;

    (void)state;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "PRAGMA user_version = 9999", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(store_open(path, 1, &newer, why, sizeof why), -ENOTSUP);
    assert_non_null(strstr(why, "newer"));
}

static void a_database_of_the_first_version_is_brought_up(void **state)
{
    static const char undo[] =
        "DROP INDEX rooms_open; DROP TABLE used_tokens; DROP TABLE meetings;"
        "ALTER TABLE rooms DROP COLUMN locked; DROP TABLE secrets;"
        "DROP TABLE deliveries; DROP TABLE webhooks; DROP TABLE invitations; DROP TABLE calls;"
        "DROP INDEX rooms_personal; DROP TABLE events; ALTER TABLE rooms DROP COLUMN ends_at;"
        "ALTER TABLE tenants DROP COLUMN settings; ALTER TABLE tenants DROP COLUMN quotas;"
        "INSERT INTO tenants VALUES('tn_1','N','n','',0,'',1);"
        "INSERT INTO rooms "
        "VALUES('rm_1','tn_1','event','open','','','','e1','','',1,0,0,1,0,0);"
        "PRAGMA user_version = 1";
    char why[256] = "", *settings;
    struct store_room room;
    sqlite3 *other;

    (void)state;
    store_close(store);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, undo, NULL, NULL, NULL), 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(store_open(path, 1, &store, why, sizeof why), 0);
    assert_int_equal(store_event_get(store, "tn_1", "e1", &room), 0);
    assert_string_equal(room.id, "rm_1");
    assert_int_equal(store_settings_get(store, "tn_1", &settings), 0);
    assert_string_equal(settings, "");
    free(settings);
}

static void what_is_no_database_is_said_in_one_line(void **state)
{
    char why[256] = "", other[128];
    struct store *none;
    FILE *f;

    (void)state;
    (void)snprintf(other, sizeof other, "%s/other", folder);
    f = fopen(other, "w");
    for (int i = 0; i < 1000; i++)
        (void)fputs("not a database ", f);
    (void)fclose(f);
    assert_int_not_equal(store_open(other, 1, &none, why, sizeof why), 0);
    assert_non_null(strstr(why, other));
    assert_null(strchr(why, '\n'));
}

static void what_follows_in_a_transaction_that_the_database_gave_up_does_not_stay(void **state)
{
    // As when there is no disk left for what a statement spills.
    static const char give_up[] =
        "CREATE TRIGGER full BEFORE INSERT ON rooms "
        "WHEN NEW.id = 'rm_2' BEGIN SELECT RAISE(ROLLBACK, 'full'); END";
    struct store_room first = room_of("tn_1", "rm_1", 1), second = room_of("tn_1", "rm_2", 1);
    const struct store_answer answer = {.status = 201, .resource = "rm_2"};
    struct store_answer kept;
    uint8_t one[STORE_HASH_SIZE], two[STORE_HASH_SIZE];
    sqlite3 *other;

    (void)state;
    hash_of("one", one);
    hash_of("two", two);
    add_tenant("tn_1");
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, give_up, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_room_add(store, &first, one), 0);
    assert_int_not_equal(store_room_add(store, &second, two), 0);
    // One who did not look at that error goes on.
    assert_int_not_equal(store_answer_put(store, "tn_1", "k", 2, 1, &answer), 0);
    assert_int_not_equal(store_commit(store), 0);
    assert_int_equal(store_answer_get(store, "tn_1", "k", 1, &kept), -ENOENT);
    assert_int_equal(store_room_get(store, "rm_1", &first), -ENOENT);
    add_room("tn_1", "rm_3", 2); // and it is of use again
    assert_int_equal(store_room_get(store, "rm_3", &first), 0);
}

static void a_folder_that_cannot_be_written_is_said_with_the_systems_reason(void **state)
{
    char why[256] = "", nowhere[160];
    struct store *none;

    (void)state;
    (void)snprintf(nowhere, sizeof nowhere, "%s/no/salon.db", folder);
    assert_int_not_equal(store_open(nowhere, 1, &none, why, sizeof why), 0);
    assert_non_null(strstr(why, "No such file or directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(a_room_comes_back_as_it_was_after_a_restart),
        T(the_files_are_for_nobody_else),
        T(a_locked_database_is_eagain_and_leaves_nothing_half),
        T(what_fails_half_way_is_undone),
        T(a_tenant_goes_with_its_keys_rooms_and_links),
        T(of_a_tenants_keys_the_newest_stay),
        T(rooms_are_listed_newest_first_and_by_tenant),
        T(rotating_retires_the_links_before),
        T(answers_are_kept_and_forgotten),
        T(a_part_that_is_undone_undoes_the_whole),
        T(a_database_of_the_future_is_not_touched),
        T(a_database_of_the_first_version_is_brought_up),
        T(what_is_no_database_is_said_in_one_line),
        T(what_follows_in_a_transaction_that_the_database_gave_up_does_not_stay),
        T(a_folder_that_cannot_be_written_is_said_with_the_systems_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
