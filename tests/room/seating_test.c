/* Who gets which seat. */
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/** A viewer with `pairs` pairs, which are slots 2k (audio) and 2k + 1 (video). */
static struct member *viewer(struct house *h, unsigned pairs)
{
    house_offer(h, 1);
    for (uint16_t i = 0; i < pairs; i++) {
        house_slot(h, KIND_AUDIO, SLOT_ANY, i);
        house_slot(h, KIND_VIDEO, SLOT_ANY, i);
    }
    return house_agree(h, "viewer");
}

static void seat(struct house *h, const struct member *v)
{
    room_changed(v->room, h->now);
    seating_tick(h->room, h->now);
}

static void want(struct house *h, struct member *m, const char *mid, const char *of,
                 bool pinned)
{
    struct letter_want w = {.source = SOURCE_CAMERA, .pinned = pinned};
    (void)snprintf(w.mid, sizeof(w.mid), "%s", mid);
    (void)snprintf(w.of, sizeof(w.of), "%s", of);
    assert_int_equal(member_set_want(m, &w, h->now), 0);
}

static void pair_is_one_seat(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *v = viewer(&h, 3);
    house_person(&h, "a", true, 0);
    house_person(&h, "b", false, 0); // without a camera: heard, and a tile without picture
    seat(&h, v);
    assert_string_equal(house_sits(v, 0), "a");
    assert_string_equal(house_sits(v, 1), "a");
    assert_string_equal(house_sits(v, 2), "b");
    assert_string_equal(house_sits(v, 3), "b");
    assert_null(v->slot[3]->track);
    assert_non_null(v->slot[2]->track);
    assert_string_equal(house_sits(v, 4), "");
    house_close(&h);
}

static void pair_is_found_by_its_number(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    house_offer(&h, 1); // the sound of the second pair comes first
    house_slot(&h, KIND_AUDIO, SLOT_ANY, 1);
    house_slot(&h, KIND_VIDEO, SLOT_ANY, 0);
    house_slot(&h, KIND_VIDEO, SLOT_ANY, 1);
    house_slot(&h, KIND_AUDIO, SLOT_ANY, 0);
    struct member *v = house_agree(&h, "viewer");
    house_person(&h, "a", true, 0);
    house_person(&h, "b", true, 0);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), house_sits(v, 3));
    assert_string_equal(house_sits(v, 2), house_sits(v, 0));
    assert_string_not_equal(house_sits(v, 1), house_sits(v, 2));
    house_close(&h);
}

static void nobody_sees_himself(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *a = house_person(&h, "a", true, 2);
    seat(&h, a);
    assert_string_equal(house_sits(a, 0), "");
    assert_string_equal(house_sits(a, 2), "");
    house_close(&h);
}

static void better_claims_sit_where_not_all_can(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *v = viewer(&h, 2);
    house_person(&h, "old", true, 0);
    house_person(&h, "voice", false, 0);
    struct member *c = house_person(&h, "young", true, 0);
    struct member *d = house_person(&h, "younger", true, 0);
    seat(&h, v); // pictures before voices, who came first before who came later
    assert_string_equal(house_sits(v, 1), "old");
    assert_string_equal(house_sits(v, 3), "young");

    d->spoke_at = h.now;
    seat(&h, v); // who spoke last takes a seat; the one with the better claim keeps his
    assert_string_equal(house_sits(v, 1), "old");
    assert_string_equal(house_sits(v, 3), "younger");

    c->spoke_at = h.now + 1;
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "young");
    assert_string_equal(house_sits(v, 3), "younger");

    want(&h, v, "", "voice", true);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "young");
    assert_string_equal(house_sits(v, 3), "voice");
    house_close(&h);
}

static void who_sits_stays_when_somebody_leaves(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *v = viewer(&h, 3);
    struct member *a = house_person(&h, "a", true, 0);
    house_person(&h, "b", true, 0);
    house_person(&h, "c", true, 0);
    seat(&h, v);
    room_leave(h.room, a, h.now);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "");
    assert_string_equal(house_sits(v, 3), "b");
    assert_string_equal(house_sits(v, 5), "c");
    house_person(&h, "d", true, 0);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "d");
    house_close(&h);
}

static void reserved_seat_is_for_one_and_he_sits_once(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *v = viewer(&h, 2);
    house_person(&h, "a", true, 0);
    house_person(&h, "b", true, 0);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "a");
    want(&h, v, v->slot[3]->mid, "a", false); // the other seat is his from now on
    seat(&h, v);
    assert_string_equal(house_sits(v, 3), "a");
    assert_string_equal(house_sits(v, 1), "b");
    want(&h, v, v->slot[3]->mid, "nobody", false);
    seat(&h, v);
    assert_string_equal(house_sits(v, 3), "");
    house_close(&h);
}

static void loudest_without_a_seat_are_heard_on_what_is_left(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    house_offer(&h, 1);
    house_slot(&h, KIND_VIDEO, SLOT_ANY, 0);
    house_slot(&h, KIND_AUDIO, SLOT_ANY, 0);
    house_slot(&h, KIND_AUDIO, SLOT_ANY, 1);
    struct member *v = house_agree(&h, "viewer");
    house_person(&h, "a", true, 0);
    house_person(&h, "b", false, 0);
    struct member *c = house_person(&h, "c", false, 0);
    struct member *d = house_person(&h, "d", false, 0);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "a");
    assert_string_equal(house_sits(v, 2), "b"); // better somebody silent than nobody
    c->voice = (struct voice){.heard = true, .active_at = h.now};
    seating_hear(h.room, c, h.now); // at once: the packet that says so is to be heard
    assert_string_equal(house_sits(v, 2), "c");
    assert_ptr_equal(v->slot[2]->track, c->track[0]);
    d->voice = (struct voice){.heard = true, .active_at = h.now += SEC};
    seating_hear(h.room, d, h.now);
    seat(&h, v);
    assert_string_equal(house_sits(v, 2), "c"); // may be between two words
    seating_hear(h.room, d, h.now += VOICE_HOLD);
    assert_string_equal(house_sits(v, 2), "d");
    house_close(&h);
}

static void pinned_screen_takes_a_place_and_keeps_it(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    house_offer(&h, 1);
    for (uint16_t i = 0; i < 2; i++) {
        house_slot(&h, KIND_VIDEO, SLOT_SCREEN, i);
        house_slot(&h, KIND_AUDIO, SLOT_SCREEN, i);
    }
    struct member *v = house_agree(&h, "viewer");
    static const char *const name[] = {"a", "b", "c"};
    for (unsigned i = 0; i < 3; i++) {
        house_offer(&h, 1);
        house_track(&h, SOURCE_SCREEN);
        house_track(&h, SOURCE_SCREEN_AUDIO);
        house_agree(&h, name[i]);
    }
    seat(&h, v); // who began first
    assert_string_equal(house_sits(v, 0), "a");
    assert_string_equal(house_sits(v, 2), "b");
    assert_ptr_equal(v->slot[3]->track, room_member(h.room, "b")->track[1]);

    struct letter_want w = {.source = SOURCE_SCREEN, .of = "c", .pinned = true};
    assert_int_equal(member_set_want(v, &w, h.now), 0);
    seating_tick(h.room, h.now); // the youngest makes room; the sound goes with its picture
    assert_string_equal(house_sits(v, 0), "a");
    assert_string_equal(house_sits(v, 2), "c");
    assert_ptr_equal(v->slot[3]->track, room_member(h.room, "c")->track[1]);

    w.pinned = false;
    assert_int_equal(member_set_want(v, &w, h.now), 0);
    seating_tick(h.room, h.now);
    assert_string_equal(house_sits(v, 2), "c"); // nobody needs its place more
    house_close(&h);
}

static void seats_are_given_anew_only_to_whom_it_concerns(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *a = house_person(&h, "a", true, 2), *b = house_person(&h, "b", true, 2);
    seat(&h, a);
    assert_true(a->seating.anew && b->seating.anew);
    a->seating.anew = b->seating.anew = false;
    want(&h, a, a->slot[1]->mid, "", false);
    seating_tick(h.room, h.now);
    assert_true(a->seating.anew);
    assert_false(b->seating.anew);
    a->seating.anew = false;
    seating_tick(h.room, h.now);
    assert_false(a->seating.anew);
    house_close(&h);
}

static void seat_kept_for_one_is_his_only_one(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *v = viewer(&h, 2);
    house_person(&h, "a", true, 0);
    house_person(&h, "b", true, 0);
    house_person(&h, "c", true, 0);
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "a");
    want(&h, v, v->slot[3]->mid, "a", false); // who sits in the other one
    seat(&h, v);
    assert_string_equal(house_sits(v, 3), "a");
    assert_string_equal(house_sits(v, 1), "b");
    house_close(&h);
}

static void screens_sit_in_their_own_seats(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    house_offer(&h, 1);
    house_slot(&h, KIND_VIDEO, SLOT_ANY, 0);
    house_slot(&h, KIND_VIDEO, SLOT_SCREEN, 0);
    struct member *v = house_agree(&h, "viewer");
    for (unsigned i = 0; i < 2; i++) {
        house_offer(&h, 1);
        house_track(&h, SOURCE_CAMERA);
        house_track(&h, SOURCE_SCREEN);
        house_agree(&h, i ? "b" : "a");
    }
    seat(&h, v);
    assert_int_equal(v->slot[0]->track->source, SOURCE_CAMERA);
    assert_int_equal(v->slot[1]->track->source, SOURCE_SCREEN);
    assert_string_equal(house_sits(v, 1), "a"); // who began first
    house_offer(&h, 1);
    house_track(&h, SOURCE_CAMERA);
    house_agree(&h, "a");
    seat(&h, v);
    assert_string_equal(house_sits(v, 1), "b");
    house_close(&h);
}

static void player_without_a_screen_slot_shows_screens_too(void **state)
{
    (void)state;
    struct house h;
    house_open(&h);
    struct member *v = viewer(&h, 1);
    house_offer(&h, 1);
    house_track(&h, SOURCE_SCREEN);
    house_agree(&h, "a");
    seat(&h, v);
    assert_non_null(v->slot[1]->track);
    assert_int_equal(v->slot[1]->track->source, SOURCE_SCREEN);
    house_close(&h);
}

/** Whatever happens, nobody sits twice, and no free seat is left while somebody stands. */
static void seats_are_always_right(void **state)
{
    (void)state;
    uint32_t rng = 1;
    for (unsigned run = 0; run < 40; run++) {
        struct house h;
        house_open(&h);
        struct member *v = viewer(&h, 4);
        for (unsigned step = 0; step < 60; step++) {
            char id[8];
            rng = rng * 1664525 + 1013904223;
            (void)snprintf(id, sizeof(id), "m%u", rng >> 8 & 7);
            struct member *m = room_member(h.room, id);
            if (!m)
                house_person(&h, id, rng >> 20 & 1, 0);
            else if (rng >> 16 & 1)
                room_leave(h.room, m, h.now);
            else if (rng >> 17 & 1)
                m->spoke_at = h.now += 1000;
            else if (rng >> 18 & 1)
                want(&h, v, "", id, rng >> 19 & 1);
            else
                want(&h, v, v->slot[1 + 2 * (rng >> 12 & 3)]->mid, rng >> 21 & 1 ? id : "",
                     false);
            seat(&h, v);
            unsigned filled = 0, reserved = 0;
            for (unsigned k = 0; k < 4; k++) {
                const struct slot *s = v->slot[2 * k + 1];
                filled += s->occupant != NULL;
                const bool only = s->has_want && *s->want.of;
                reserved += only && !s->occupant;
                assert_ptr_equal(s->occupant, v->slot[2 * k]->occupant);
                assert_false(only && s->occupant && strcmp(s->occupant->id, s->want.of) != 0);
                for (unsigned j = 0; j < k; j++)
                    assert_false(s->occupant && !only &&
                                 s->occupant == v->slot[2 * j]->occupant);
            }
            const unsigned others = h.room->member_count - 1;
            assert_true(filled + reserved == 4 || filled >= others);
        }
        house_close(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pair_is_one_seat),
        cmocka_unit_test(pair_is_found_by_its_number),
        cmocka_unit_test(nobody_sees_himself),
        cmocka_unit_test(better_claims_sit_where_not_all_can),
        cmocka_unit_test(who_sits_stays_when_somebody_leaves),
        cmocka_unit_test(reserved_seat_is_for_one_and_he_sits_once),
        cmocka_unit_test(loudest_without_a_seat_are_heard_on_what_is_left),
        cmocka_unit_test(pinned_screen_takes_a_place_and_keeps_it),
        cmocka_unit_test(seats_are_given_anew_only_to_whom_it_concerns),
        cmocka_unit_test(seat_kept_for_one_is_his_only_one),
        cmocka_unit_test(screens_sit_in_their_own_seats),
        cmocka_unit_test(player_without_a_screen_slot_shows_screens_too),
        cmocka_unit_test(seats_are_always_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
