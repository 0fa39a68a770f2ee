/* Random people come, go, speak, pin: whoever keeps a claim keeps the seat. */
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PEOPLE 40

struct life {
    struct house house;
    struct member *viewer;
    struct member *person[PEOPLE]; ///< NULL: not there
    bool pinned[PEOPLE];
    unsigned seats, there, pins;
    uint64_t seed;
};

static unsigned chance(struct life *l, unsigned n)
{
    uint64_t z = (l->seed += UINT64_C(0x9e3779b97f4a7c15)); // splitmix64
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % n);
}

static void make_viewer(struct life *l)
{
    struct house *h = &l->house;
    house_offer(h, 1);
    for (uint16_t i = 0; i < l->seats; i++) {
        house_slot(h, KIND_VIDEO, SLOT_ANY, i);
        house_slot(h, KIND_AUDIO, SLOT_ANY, i);
    }
    house_slot(h, KIND_VIDEO, SLOT_SCREEN, 0);
    house_slot(h, KIND_AUDIO, SLOT_ANY, 1000);
    l->viewer = house_agree(h, "viewer");
}

static void pin(struct life *l, unsigned i, bool pinned)
{
    struct letter_want w = {.source = SOURCE_CAMERA, .pinned = pinned};
    (void)snprintf(w.of, sizeof(w.of), "p%u", i);
    assert_int_equal(member_set_want(l->viewer, &w, l->house.now), 0);
    l->pinned[i] = pinned;
}

/** One claim changes. False if nothing could happen. */
static bool happens(struct life *l)
{
    const unsigned i = chance(l, PEOPLE);
    struct house *h = &l->house;
    char id[8];
    (void)snprintf(id, sizeof(id), "p%u", i);
    switch (chance(l, 6)) {
    case 0:
    case 1: // comes, with or without a camera; goes
        if (!l->person[i]) {
            l->person[i] = house_person(h, id, chance(l, 4) > 0, 0);
        } else {
            room_leave(h->room, l->person[i], h->now);
            l->person[i] = NULL;
        }
        return true;
    case 2: // turns the camera on or off
        if (!l->person[i])
            return false;
        house_person(h, id, l->person[i]->track_count == 1, 0);
        return true;
    case 3: // pins are fewer than seats
        if (!l->pinned[i] && l->pins + 1 >= l->seats)
            return false;
        l->pins += l->pinned[i] ? -1u : 1u;
        pin(l, i, !l->pinned[i]);
        return true;
    default: // has the floor
        if (!l->person[i])
            return false;
        l->person[i]->spoke_at = h->now;
        room_changed(h->room, h->now);
        return true;
    }
}

static struct member *sitting(const struct life *l, unsigned seat)
{
    assert_ptr_equal(l->viewer->slot[2 * seat]->occupant,
                     l->viewer->slot[2 * seat + 1]->occupant);
    return l->viewer->slot[2 * seat]->occupant;
}

static int seat_of(const struct life *l, const struct member *m)
{
    for (unsigned k = 0; k < l->seats; k++)
        if (sitting(l, k) == m)
            return (int)k;
    return -1;
}

static bool is_there(const struct life *l, const struct member *m)
{
    for (unsigned i = 0; i < PEOPLE; i++)
        if (m && l->person[i] == m)
            return true;
    return false;
}

/** Who came as the `age`th; NULL: gone by now. Not by address: that may be used again. */
static struct member *of_age(const struct life *l, uint64_t age)
{
    for (unsigned i = 0; i < PEOPLE; i++)
        if (l->person[i] && l->person[i]->age == age)
            return l->person[i];
    return NULL;
}

static uint64_t age_at(const struct life *l, unsigned seat)
{
    return sitting(l, seat) ? sitting(l, seat)->age : 0;
}

static void seats_are_right(const struct life *l)
{
    unsigned there = 0, seated = 0;
    for (unsigned i = 0; i < PEOPLE; i++) {
        there += l->person[i] != NULL;
        if (l->person[i] && l->pinned[i])
            assert_true(seat_of(l, l->person[i]) >= 0);
    }
    for (unsigned k = 0; k < l->seats; k++) {
        const struct member *m = sitting(l, k);
        assert_true(!m || is_there(l, m));
        assert_true(!m || seat_of(l, m) == (int)k); // nobody twice
        seated += m != NULL;
    }
    assert_int_equal(seated, there < l->seats ? there : l->seats);
}

/** Nobody outside has a better claim than somebody who sits. */
static void last_speakers_sit(const struct life *l)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct member *out = l->person[i];
        if (!out || seat_of(l, out) >= 0)
            continue;
        for (unsigned k = 0; k < PEOPLE; k++)
            if (l->person[k] && !l->pinned[k] && seat_of(l, l->person[k]) >= 0)
                assert_true(l->person[k]->spoke_at >= out->spoke_at);
    }
}

static void live(uint64_t seed)
{
    struct life l = {.seed = seed};
    house_open(&l.house);
    l.seats = 1 + chance(&l, 10);
    make_viewer(&l);
    for (unsigned turn = 0; turn < 400; turn++) {
        uint64_t before[AGREE_MAX_MLINES];
        unsigned events = 0, changes = 0;
        for (unsigned k = 0; k < l.seats; k++)
            before[k] = age_at(&l, k);
        for (unsigned n = 1 + chance(&l, 3); n > 0; n--) {
            l.house.now += USEC_PER_MS;
            events += happens(&l);
        }
        seating_tick(l.house.room, l.house.now);
        seats_are_right(&l);
        last_speakers_sit(&l);
        for (unsigned k = 0; k < l.seats; k++) {
            const struct member *was = of_age(&l, before[k]);
            changes += age_at(&l, k) != before[k];
            if (was && was != sitting(&l, k)) // had to leave: has none at all
                assert_int_equal(seat_of(&l, was), -1);
        }
        if (changes > events)
            fail_msg("seed %u turn %u: %u events changed %u seats", (unsigned)seed, turn,
                     events, changes);
    }
    house_close(&l.house);
}

static void who_keeps_a_claim_keeps_the_seat(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        live(seed);
}

/** All but `who` are silent for so long; the room ticks. */
static void sound(struct life *l, const struct member *who, usec_t span)
{
    for (const usec_t end = l->house.now + span; l->house.now < end;) {
        l->house.now += 20 * USEC_PER_MS;
        for (unsigned i = 0; i < PEOPLE; i++)
            if (l->person[i])
                speaker_on_level(&l->person[i]->speaker, l->person[i] == who ? 25 : 110,
                                 l->person[i] == who, l->house.now);
        deadline_run(&l->house.deadlines, l->house.now);
    }
}

static void who_coughs_takes_no_seat_and_who_speaks_does(void **state)
{
    (void)state;
    struct life l = {.seats = 3};
    house_open(&l.house);
    make_viewer(&l);
    for (unsigned i = 0; i < 8; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "p%u", i);
        l.person[i] = house_person(&l.house, id, true, 0);
    }
    sound(&l, l.person[0], 2 * SEC);
    assert_ptr_equal(l.house.room->speaker, l.person[0]);
    for (unsigned i = 3; i < 8; i++) { // none of them sits
        sound(&l, l.person[i], 180 * USEC_PER_MS);
        sound(&l, l.person[0], SEC);
        assert_int_equal(seat_of(&l, l.person[i]), -1);
    }
    sound(&l, l.person[6], 2 * SEC);
    assert_ptr_equal(l.house.room->speaker, l.person[6]);
    assert_true(seat_of(&l, l.person[6]) >= 0);
    assert_true(seat_of(&l, l.person[0]) >= 0); // had the floor before
    house_close(&l.house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_keeps_a_claim_keeps_the_seat),
        cmocka_unit_test(who_coughs_takes_no_seat_and_who_speaks_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
