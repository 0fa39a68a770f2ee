#include "links/events.h"
#include "links/rooms.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  INT64_C(1700000000)
#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

static char folder[64];
static struct store *store;
static struct links *links;
static struct links_tenant tenant;

static int set_up(void **state)
{
    char db[128], key[128], why[512];

    (void)state;
    (void)strcpy(folder, "/tmp/salon-events-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(db, sizeof db, "%s/salon.db", folder);
    (void)snprintf(key, sizeof key, "%s/server.key", folder);
    assert_int_equal(store_open(db, 1, &store, why, sizeof why), 0);
    const struct links_conf conf = {
        .store = store, .key_file = key, .public_url = "https://h.example"};
    assert_int_equal(links_open(&conf, &links, why, sizeof why), 0);
    tenant = (struct links_tenant){.name = "Ville de Lyon"};
    assert_int_equal(links_tenant_add(links, &tenant, NOW), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    links_close(links);
    store_close(store);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct links_room fresh(enum links_kind kind)
{
    struct links_room room = {.kind = kind};

    (void)strcpy(room.tenant, tenant.id);
    return room;
}

static struct links_room made(enum links_kind kind)
{
    struct links_room room = fresh(kind);

    (void)strcpy(room.owner_ref, kind == ROOM_PERSONAL ? "zoe" : "");
    assert_int_equal(links_room_make(links, &room, NOW), 0);
    return room;
}

static bool is_there(const struct links_room *room)
{
    struct links_room out;

    return links_room_get(links, tenant.id, room->id, &out) == 0;
}

static bool nobody(const char *room, void *ctx)
{
    (void)room;
    (void)ctx;
    return false;
}

static bool only(const char *room, void *ctx)
{
    return strcmp(room, ctx) == 0;
}

static void an_event_has_one_room_until_it_is_renewed(void **state)
{
    struct links_room a = fresh(ROOM_EVENT), b = fresh(ROOM_EVENT), c;
    bool new_room;

    (void)state;
    assert_int_equal(links_event_room(links, "e1", &a, &new_room, NOW), 0);
    assert_true(new_room);
    assert_int_equal(links_event_room(links, "e1", &b, &new_room, NOW), 0);
    assert_false(new_room);
    assert_string_equal(a.id, b.id);
    assert_int_equal(links_event_renew(links, "e1", &a, &c, NOW), 0);
    assert_string_equal(c.id, a.id);
    assert_int_equal(c.link_version, 2);
}

static void an_expired_room_of_an_event_counts_as_none(void **state)
{
    struct links_room a = fresh(ROOM_EVENT), b = fresh(ROOM_EVENT);
    bool new_room;

    (void)state;
    a.expires_at = NOW + 10;
    assert_int_equal(links_event_room(links, "e1", &a, &new_room, NOW), 0);
    assert_int_equal(links_event_get(links, tenant.id, "e1", &b, NOW + 20), -ENOENT);
    assert_int_equal(links_event_room(links, "e1", &b, &new_room, NOW + 20), 0);
    assert_true(new_room);
    assert_string_not_equal(a.id, b.id);
}

static void a_renewal_never_touches_a_personal_link(void **state)
{
    struct links_room own = made(ROOM_PERSONAL), other = fresh(ROOM_EVENT), now_has;

    (void)state;
    assert_int_equal(links_event_link(links, "e1", &own), 0);
    assert_int_equal(links_event_renew(links, "e1", &other, &now_has, NOW), 0);
    assert_string_not_equal(now_has.id, own.id);
    assert_int_equal(now_has.kind, ROOM_EVENT);
    assert_int_equal(links_personal_get(links, tenant.id, "zoe", &other), 0);
    assert_int_equal(other.link_version, 1);
}

static void two_personal_rooms_of_one_user_cannot_be(void **state)
{
    struct links_room first = made(ROOM_PERSONAL), second = fresh(ROOM_PERSONAL);
    bool new_room;

    (void)state;
    (void)strcpy(second.owner_ref, "zoe");
    assert_int_equal(links_room_make(links, &second, NOW), -EEXIST);
    assert_int_equal(links_personal_room(links, &second, &new_room, NOW), 0);
    assert_false(new_room);
    assert_string_equal(second.id, first.id);
}

static void what_nobody_needs_goes_and_the_rest_stays(void **state)
{
    struct links_room unused = made(ROOM_INSTANT), used = made(ROOM_INSTANT);
    struct links_room event = made(ROOM_EVENT), coming = made(ROOM_EVENT);
    struct links_room own = made(ROOM_PERSONAL), shut = made(ROOM_INSTANT);

    (void)state;
    assert_int_equal(links_room_joined(links, &used, NOW + DAY), 0);
    coming.ends_at = NOW + 500 * DAY;
    assert_int_equal(links_room_change(links, &coming), 0);
    shut.closed = true;
    assert_int_equal(links_room_change(links, &shut), 0);

    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 2 * DAY - 1), 0);
    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 2 * DAY + HOUR), 1);
    assert_false(is_there(&used));
    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 8 * DAY), 1);
    assert_false(is_there(&unused));
    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 31 * DAY), 1);
    assert_false(is_there(&shut));
    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 401 * DAY), 1);
    assert_false(is_there(&event));
    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 901 * DAY), 1);
    assert_false(is_there(&coming));
    assert_int_equal(links_purge(links, nobody, NULL, 100, NOW + 9000 * DAY), 0);
    assert_true(is_there(&own));
}

static void a_room_with_somebody_in_it_is_not_purged(void **state)
{
    struct links_room busy = made(ROOM_INSTANT), other = made(ROOM_INSTANT);

    (void)state;
    assert_int_equal(links_purge(links, only, busy.id, 100, NOW + 30 * DAY), 1);
    assert_true(is_there(&busy));
    assert_false(is_there(&other));
}

static void a_purge_takes_a_few_at_a_time(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++)
        (void)made(ROOM_INSTANT);
    assert_int_equal(links_purge(links, nobody, NULL, 3, NOW + 30 * DAY), 3);
    assert_int_equal(links_purge(links, nobody, NULL, 3, NOW + 30 * DAY), 3);
    assert_int_equal(links_purge(links, nobody, NULL, 3, NOW + 30 * DAY), 1);
}

static void settings_have_defaults_and_are_kept(void **state)
{
    struct links_settings s;

    (void)state;
    assert_int_equal(links_settings_get(links, tenant.id, &s), 0);
    assert_true(s.personal_rooms);
    assert_int_equal(s.retention.event_d, 400);
    s.personal_rooms = false;
    s.retention.event_d = 7;
    s.templates = json_pack("{s:{s:s}}", "fr", "text", "${URL}");
    assert_int_equal(links_settings_put(links, &tenant, &s), 0);
    links_settings_fini(&s);
    assert_int_equal(links_settings_get(links, tenant.id, &s), 0);
    assert_false(s.personal_rooms);
    assert_int_equal(s.retention.event_d, 7);
    assert_int_equal(s.retention.instant_h, 24);
    assert_true(json_is_object(json_object_get(s.templates, "fr")));
    links_settings_fini(&s);
}

static void a_quota_stops_new_rooms(void **state)
{
    struct links_quotas q;

    (void)state;
    assert_int_equal(links_quotas_get(links, tenant.id, &q), 0);
    assert_int_equal(q.rooms, 0);
    assert_int_equal(q.webhooks, 10);
    assert_true(links_quota_set(&q, "rooms", 1));
    assert_false(links_quota_set(&q, "chairs", 1));
    assert_int_equal(links_quotas_put(links, tenant.id, &q), 0);
    assert_int_equal(links_room_quota(links, tenant.id), 0);
    (void)made(ROOM_INSTANT);
    assert_int_equal(links_room_quota(links, tenant.id), -EDQUOT);
}

static void an_erased_user_is_nowhere(void **state)
{
    struct links_room own = made(ROOM_PERSONAL), room = fresh(ROOM_INSTANT), out;

    (void)state;
    (void)strcpy(room.owner_ref, "zoe");
    (void)strcpy(room.owner_name, "Zoé");
    assert_int_equal(links_room_make(links, &room, NOW), 0);
    assert_int_equal(links_user_erase(links, tenant.id, "zoe"), 0);
    assert_int_equal(links_personal_get(links, tenant.id, "zoe", &out), -ENOENT);
    assert_int_equal(links_room_get(links, tenant.id, room.id, &out), 0);
    assert_string_equal(out.owner_ref, "");
    assert_string_equal(out.owner_name, "");
    assert_int_equal(links_room_get(links, tenant.id, own.id, &out), 0);
    assert_true(out.closed);
}

#define UUID "0f8fad5b-d9cb-469f-a165-70867728950e"

static enum links_status minted(const char *path, struct links_room *out)
{
    char link[512];

    (void)snprintf(link, sizeof link, "https://h.example/b/%s/%s", tenant.prefix, path);
    return links_resolve(links, link, out, NOW);
}

static void a_made_up_link_leads_to_one_room_however_it_is_written(void **state)
{
    static const char *const ways[] = {UUID, (UUID "/"), "0F8FAD5B-D9CB-469F-A165-70867728950E",
                                       (UUID "?a=b#userInfo.displayName=x"),
                                       ("SOGo_meeting/" UUID)};
    struct links_room first, room;

    (void)state;
    assert_int_equal(minted(UUID, &first), LINK_VALID);
    assert_true(first.unborn);
    assert_int_equal(first.access, ACCESS_OPEN);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        assert_int_equal(minted(ways[i], &room), LINK_VALID);
        assert_string_equal(room.id, first.id);
    }
    assert_int_equal(links_room_joined(links, &first, NOW), 0);
    assert_false(first.unborn);
    assert_int_equal(minted(UUID, &room), LINK_VALID);
    assert_false(room.unborn);
    assert_string_equal(room.id, first.id);
    assert_int_equal(room.last_used_at, NOW);
}

static void a_made_up_link_outlives_its_room(void **state)
{
    struct links_room room, again;

    (void)state;
    assert_int_equal(minted(UUID, &room), LINK_VALID);
    assert_int_equal(links_room_joined(links, &room, NOW), 0);
    assert_int_equal(links_purge(links, nobody, NULL, 10, NOW + 30 * DAY), 1);
    assert_int_equal(minted(UUID, &again), LINK_VALID);
    assert_true(again.unborn);
    assert_string_equal(again.id, room.id);
}

static void a_made_up_name_that_can_be_guessed_gets_a_lobby(void **state)
{
    static const char *const weak[] = {"standup", "R%C3%A9union", "12345",
                                       "0f8fad5b-d9cb-169f-a165-70867728950e",
                                       "0f8fad5b-d9cb-469f-c165-70867728950e"};
    struct links_room room;

    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        assert_int_equal(minted(weak[i], &room), LINK_VALID);
        assert_int_equal(room.access, ACCESS_LOBBY);
        assert_true(room.weak); // also once it is in the database
        assert_int_equal(links_room_joined(links, &room, NOW), 0);
        assert_int_equal(minted(weak[i], &room), LINK_VALID);
        assert_true(room.weak && !room.unborn);
    }
    assert_int_equal(minted(UUID, &room), LINK_VALID);
    assert_false(room.weak);
    assert_int_equal(minted("", &room), LINK_UNKNOWN);
    assert_int_equal(minted("a/b", &room), LINK_UNKNOWN);
    assert_int_equal(minted("a%00b", &room), LINK_UNKNOWN);
    assert_int_equal(minted("a%0Ab", &room), LINK_UNKNOWN);
    assert_int_equal(links_resolve(links, "https://h/b/nobody/" UUID, &room, NOW),
                     LINK_UNKNOWN);
    assert_int_equal(links_resolve(links, "/b/Ville de Lyon/" UUID, &room, NOW), LINK_UNKNOWN);
}

static void a_made_up_link_is_closed_and_replaced_as_any_other(void **state)
{
    struct links_room room, other;

    (void)state;
    assert_int_equal(minted(UUID, &room), LINK_VALID);
    assert_int_equal(links_room_joined(links, &room, NOW), 0);
    assert_int_equal(links_room_rotate(links, &room, OLD_CLOSED), 0);
    assert_int_equal(minted(UUID, &other), LINK_REPLACED);
    room.closed = true;
    assert_int_equal(links_room_change(links, &room), 0);
    assert_int_equal(minted(UUID, &other), LINK_CLOSED);
}

static void a_lock_is_kept_until_it_is_undone(void **state)
{
    struct links_room room, again;

    (void)state;
    assert_int_equal(minted(UUID, &room), LINK_VALID);
    assert_int_equal(links_room_lock(links, room.id, true, &again), -ENOENT); // not born
    assert_int_equal(links_room_joined(links, &room, NOW), 0);
    assert_int_equal(links_room_lock(links, room.id, true, &again), 0);
    assert_true(again.locked);
    assert_int_equal(minted(UUID, &again), LINK_VALID);
    assert_true(again.locked);
    assert_int_equal(links_room_rotate(links, &room, OLD_KEEP), 0);
    assert_int_equal(links_room_find(links, room.id, &again), 0);
    assert_true(again.locked);
    assert_int_equal(links_room_lock(links, room.id, false, &again), 0);
    assert_int_equal(minted(UUID, &again), LINK_VALID);
    assert_false(again.locked);
}

static void the_owner_of_a_personal_room_is_its_host(void **state)
{
    struct links_room room = {.kind = ROOM_PERSONAL, .owner_ref = "zoe"};
    struct links_member who = {.ref = "zoe", .name = "Zoé", .role = ROLE_GUEST}, out;
    bool made;
    char *url;

    (void)state;
    (void)snprintf(room.tenant, sizeof room.tenant, "%s", tenant.id);
    assert_int_equal(links_personal_room(links, &room, &made, NOW), 0);
    url = links_member_url(links, &room, &who, 60, NOW);
    assert_int_equal(links_verify_member(links, &room, strstr(url, "#t=") + 3, &out, NOW), 0);
    assert_int_equal(out.role, ROLE_HOST);
    free(url);
    (void)snprintf(who.ref, sizeof who.ref, "%s", "eve");
    url = links_member_url(links, &room, &who, 60, NOW);
    assert_int_equal(links_verify_member(links, &room, strstr(url, "#t=") + 3, &out, NOW), 0);
    assert_int_equal(out.role, ROLE_GUEST);
    free(url);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_event_has_one_room_until_it_is_renewed),
        T(an_expired_room_of_an_event_counts_as_none),
        T(a_renewal_never_touches_a_personal_link),
        T(two_personal_rooms_of_one_user_cannot_be),
        T(what_nobody_needs_goes_and_the_rest_stays),
        T(a_room_with_somebody_in_it_is_not_purged),
        T(a_purge_takes_a_few_at_a_time),
        T(settings_have_defaults_and_are_kept),
        T(a_quota_stops_new_rooms),
        T(an_erased_user_is_nowhere),
        T(a_made_up_link_leads_to_one_room_however_it_is_written),
        T(a_made_up_link_outlives_its_room),
        T(a_made_up_name_that_can_be_guessed_gets_a_lobby),
        T(a_made_up_link_is_closed_and_replaced_as_any_other),
        T(a_lock_is_kept_until_it_is_undone),
        T(the_owner_of_a_personal_room_is_its_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
