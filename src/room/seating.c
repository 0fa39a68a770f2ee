/*
 * Who sits where. A viewer's slots for anybody come in pairs (video and audio with one pair
 * number); a pair is a seat and belongs to one member, with or without a camera. Audio slots
 * beyond the video ones carry those who speak and have no seat. Screens have seats of their
 * own.
 *
 * Seats are stable: who sits stays in the same seat, unless somebody with a better claim needs
 * the place; and in a room that has seats for everybody nobody ever moves.
 *
 * Claims, the best first: pinned by this viewer; who spoke last; then those who never spoke:
 * a picture before none, who sits before who does not, who came first. All but the pins and who
 * sits is the same for all viewers, and is sorted once (rank()); a viewer costs little more
 * than its seats.
 */
#include "room/room.h"

#include <stdlib.h>
#include <string.h>

struct seat {
    struct slot *video, *audio; ///< either may be missing
};

/** One viewer's slots, sorted by what they are for; those that are off are not among them. */
struct hall {
    struct member *viewer;
    unsigned seats, screens, extras;
    bool player; ///< no slots for screens: a screen may take a camera's place
    struct seat seat[AGREE_MAX_MLINES], screen[AGREE_MAX_MLINES];
    struct slot *extra[AGREE_MAX_MLINES]; ///< audio without video beside it
};

/** The place of a video slot's seat among `n`, by its pair; NULL if none has that. */
static struct seat *paired(struct seat *seat, unsigned n, const struct slot *audio)
{
    for (unsigned i = 0; i < n; i++)
        if (seat[i].video->pair == audio->pair && !seat[i].audio)
            return &seat[i];
    return NULL;
}

static void sort_slots(struct member *viewer, struct hall *h)
{
    h->viewer = viewer;
    h->seats = h->screens = h->extras = 0;
    for (unsigned i = 0; i < viewer->slot_count; i++) {
        struct slot *s = viewer->slot[i];
        if (s->off || s->kind != KIND_VIDEO)
            continue;
        if (s->role == SLOT_ANY)
            h->seat[h->seats++] = (struct seat){.video = s};
        else
            h->screen[h->screens++] = (struct seat){.video = s};
    }
    for (unsigned i = 0; i < viewer->slot_count; i++) {
        struct slot *s = viewer->slot[i];
        if (s->off || s->kind == KIND_VIDEO)
            continue;
        const bool screen = s->role == SLOT_SCREEN;
        struct seat *seat =
            screen ? paired(h->screen, h->screens, s) : paired(h->seat, h->seats, s);
        if (seat) {
            seat->audio = s;
            s->occupant = seat->video->occupant;
        } else if (!screen) {
            h->extra[h->extras++] = s;
        }
    }
    h->player = h->screens == 0;
}

static struct member *occupant(const struct seat *s)
{
    return s->video->occupant;
}

static void occupy(struct seat *s, struct member *m)
{
    s->video->occupant = m;
    if (s->audio)
        s->audio->occupant = m;
}

/** A seat may be kept for one member by a want with both a slot and a participant. */
static const char *reserved_for(const struct seat *s)
{
    if (s->video->has_want && *s->video->want.of)
        return s->video->want.of;
    if (s->audio && s->audio->has_want && *s->audio->want.of)
        return s->audio->want.of;
    return NULL;
}

static bool is_pinned(const struct member *viewer, const struct member *who, bool screen)
{
    for (unsigned i = 0; i < viewer->want_count; i++)
        if (viewer->want[i].pinned && media_is_screen(viewer->want[i].source) == screen &&
            strcmp(viewer->want[i].of, who->id) == 0)
            return true;
    return false;
}

static bool has_pins(const struct member *viewer)
{
    for (unsigned i = 0; i < viewer->want_count; i++)
        if (viewer->want[i].pinned)
            return true;
    return false;
}

static int by_claim(const void *left, const void *right)
{
    const struct member *a = ((const struct claimant *)left)->who;
    const struct member *b = ((const struct claimant *)right)->who;
    if (a->spoke_at != b->spoke_at)
        return a->spoke_at > b->spoke_at ? -1 : 1;
    return (a->age > b->age) - (a->age < b->age);
}

/** What is the same for all viewers. False without memory: everybody stays where they are. */
static bool rank(struct room *r)
{
    struct seating *s = &r->seating;
    if (s->ranked == s->change)
        return true;
    if (s->cap < r->member_count) {
        struct claimant *grown = realloc(s->order, r->member_cap * sizeof(*grown));
        if (!grown)
            return false;
        s->order = grown;
        s->cap = r->member_cap;
    }
    s->count = 0;
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        const struct claimant c = {.who = m,
                                   .camera = member_track(m, SOURCE_CAMERA) != NULL,
                                   .screen = member_track(m, SOURCE_SCREEN) != NULL,
                                   .microphone = member_track(m, SOURCE_MICROPHONE) != NULL};
        if (c.camera || c.screen || c.microphone)
            s->order[s->count++] = c;
    }
    if (s->count)
        qsort(s->order, s->count, sizeof(*s->order), by_claim);
    s->ranked = s->change;
    return true;
}

static bool has_picture(const struct claimant *c, const struct hall *h)
{
    return c->camera || (h->player && c->screen);
}

/** The choice of those who may sit, best first, until the places are filled. */
struct choice {
    const struct seating *order;
    const struct hall *hall;
    unsigned places, count;
    struct member *chosen[AGREE_MAX_MLINES];
};

/** Takes a claimant in, if he may sit here and does not yet. */
static void choose(struct choice *c, const struct claimant *who)
{
    struct member *m = who->who;
    if (m == c->hall->viewer || m->seating.chosen == c->order->run ||
        !(who->microphone || has_picture(who, c->hall)))
        return;
    m->seating.chosen = c->order->run;
    c->chosen[c->count++] = m;
}

static void choose_pinned(struct choice *c)
{
    if (!has_pins(c->hall->viewer))
        return;
    for (unsigned i = 0; i < c->order->count && c->count < c->places; i++) {
        const struct claimant *who = &c->order->order[i];
        if (is_pinned(c->hall->viewer, who->who, false) ||
            (c->hall->player && is_pinned(c->hall->viewer, who->who, true)))
            choose(c, who);
    }
}

/** Those who never spoke stand at the end of the order, from `first` on. */
static void choose_silent(struct choice *c, unsigned first)
{
    const uint64_t run = c->order->run;
    for (unsigned pass = 0; pass < 4; pass++) {
        const bool picture = pass < 2, sits = pass % 2 == 0;
        for (unsigned i = first; i < c->order->count && c->count < c->places; i++) {
            const struct claimant *who = &c->order->order[i];
            if (has_picture(who, c->hall) == picture && (who->who->seating.sits == run) == sits)
                choose(c, who);
        }
    }
}

static void choose_all(struct choice *c)
{
    unsigned i = 0;
    choose_pinned(c);
    for (; i < c->order->count && c->order->order[i].who->spoke_at; i++)
        if (c->count < c->places)
            choose(c, &c->order->order[i]);
    choose_silent(c, i);
}

/** A seat kept for one member is his alone; he has no other. */
static unsigned give_reserved(const struct room *r, struct hall *h)
{
    unsigned reserved = 0;
    for (unsigned k = 0; k < h->seats; k++) {
        const char *only = reserved_for(&h->seat[k]);
        if (!only)
            continue;
        struct member *m = room_member(r, only);
        occupy(&h->seat[k], m);
        reserved++;
        if (m)
            m->seating.chosen = m->seating.sits = r->seating.run;
    }
    return reserved;
}

/** Gives the seats to those with the best claims; who has one already keeps it. */
static void give_seats(struct room *r, struct hall *h)
{
    struct choice c = {.order = &r->seating, .hall = h};
    const uint64_t run = r->seating.run;
    c.places = h->seats - give_reserved(r, h);
    for (unsigned k = 0; k < h->seats; k++) {
        struct member *m = occupant(&h->seat[k]);
        if (!m || reserved_for(&h->seat[k]))
            continue;
        if (m->seating.sits == run) // has another one: this was switched off for a while
            occupy(&h->seat[k], NULL);
        m->seating.sits = run;
    }
    choose_all(&c);
    for (unsigned k = 0; k < h->seats; k++) {
        struct member *m = occupant(&h->seat[k]);
        if (m && m->seating.chosen != run) {
            m->seating.sits = 0;
            occupy(&h->seat[k], NULL);
        }
    }
    unsigned free_seat = 0;
    for (unsigned i = 0; i < c.count; i++) {
        if (c.chosen[i]->seating.sits == run)
            continue;
        while (occupant(&h->seat[free_seat]) || reserved_for(&h->seat[free_seat]))
            free_seat++;
        occupy(&h->seat[free_seat], c.chosen[i]);
        c.chosen[i]->seating.sits = run;
    }
}

static bool speaks(const struct member *m, usec_t now)
{
    return m->voice.heard && now - m->voice.active_at <= VOICE_HOLD;
}

/** The extra slot for who begins to speak: an empty one, else that of who was silent for the
 * longest; NULL if all there speak. */
static struct slot *place_to_hear(const struct hall *h, usec_t now)
{
    struct slot *best = NULL;
    for (unsigned k = 0; k < h->extras; k++) {
        struct slot *s = h->extra[k];
        if (!s->occupant)
            return s;
        if (!speaks(s->occupant, now) &&
            (!best || s->occupant->voice.active_at < best->occupant->voice.active_at))
            best = s;
    }
    return best;
}

static bool has_extra(const struct hall *h, const struct member *m)
{
    for (unsigned k = 0; k < h->extras; k++)
        if (h->extra[k]->occupant == m)
            return true;
    return false;
}

/** Those who speak and have no seat are heard on the audio slots that are left; then whoever.
 */
static void give_extras(struct room *r, struct hall *h, usec_t now)
{
    const uint64_t run = r->seating.run;
    for (unsigned k = 0; k < h->extras; k++) {
        struct member *m = h->extra[k]->occupant;
        if (m && (m->seating.sits == run || !member_track(m, SOURCE_MICROPHONE)))
            h->extra[k]->occupant = NULL;
    }
    for (unsigned pass = 0; pass < 2 && h->extras; pass++) {
        for (unsigned i = 0; i < r->seating.count; i++) {
            struct member *m = r->seating.order[i].who;
            if (!r->seating.order[i].microphone || m == h->viewer || m->seating.sits == run ||
                (pass == 0 && !speaks(m, now)) || has_extra(h, m))
                continue;
            struct slot *s = place_to_hear(h, now);
            if (!s || (pass == 1 && s->occupant))
                break;
            s->occupant = m;
        }
    }
}

/** Is this screen's claim better: pinned, then who sits, then who began first. */
static bool screen_before(const struct hall *h, const struct track *a, const struct track *b,
                          uint64_t run)
{
    if (!b)
        return true;
    const bool pa = is_pinned(h->viewer, a->owner, true), sa = a->owner->seating.sits == run;
    const bool pb = is_pinned(h->viewer, b->owner, true), sb = b->owner->seating.sits == run;
    return pa != pb ? pa : sa != sb ? sa : a->age < b->age;
}

/** The best screen that is not chosen yet, or NULL. */
static struct track *next_screen(const struct room *r, const struct hall *h)
{
    struct track *best = NULL;
    for (unsigned i = 0; i < r->seating.count; i++) {
        const struct claimant *c = &r->seating.order[i];
        if (!c->screen || c->who == h->viewer || c->who->seating.chosen == r->seating.run)
            continue;
        struct track *t = member_track(c->who, SOURCE_SCREEN);
        if (screen_before(h, t, best, r->seating.run))
            best = t;
    }
    return best;
}

/** Screens, each with its sound. */
static void give_screens(struct room *r, struct hall *h)
{
    struct member *chosen[AGREE_MAX_MLINES];
    unsigned n = 0;
    const uint64_t run = ++r->seating.run;
    for (unsigned k = 0; k < h->screens; k++)
        if (occupant(&h->screen[k]))
            occupant(&h->screen[k])->seating.sits = run;
    for (struct track *t; n < h->screens && (t = next_screen(r, h)); n++) {
        chosen[n] = t->owner;
        t->owner->seating.chosen = run;
    }
    for (unsigned k = 0; k < h->screens; k++)
        if (occupant(&h->screen[k]) && occupant(&h->screen[k])->seating.chosen != run)
            occupy(&h->screen[k], NULL);
    unsigned free_seat = 0;
    for (unsigned i = 0; i < n; i++) {
        if (chosen[i]->seating.sits == run)
            continue;
        while (occupant(&h->screen[free_seat]))
            free_seat++;
        occupy(&h->screen[free_seat], chosen[i]);
    }
}

static struct track *track_of(const struct member *m, enum media_source source)
{
    return m ? member_track(m, source) : NULL;
}

static struct track *picture_of(const struct member *m, const struct hall *h)
{
    struct track *camera = track_of(m, SOURCE_CAMERA);
    return camera || !h->player ? camera : track_of(m, SOURCE_SCREEN);
}

static void put(struct slot *s, struct track *t, struct room_env *env, usec_t now)
{
    if (s)
        slot_seat(s, t, env, now);
}

static void put_all(const struct hall *h, struct room_env *env, usec_t now)
{
    for (unsigned i = 0; i < h->viewer->slot_count; i++)
        if (h->viewer->slot[i]->off)
            put(h->viewer->slot[i], NULL, env, now);
    for (unsigned k = 0; k < h->seats; k++) {
        const struct member *m = occupant(&h->seat[k]);
        put(h->seat[k].video, picture_of(m, h), env, now);
        put(h->seat[k].audio, track_of(m, SOURCE_MICROPHONE), env, now);
    }
    for (unsigned k = 0; k < h->extras; k++)
        put(h->extra[k], track_of(h->extra[k]->occupant, SOURCE_MICROPHONE), env, now);
    for (unsigned k = 0; k < h->screens; k++) {
        const struct member *m = occupant(&h->screen[k]);
        put(h->screen[k].video, track_of(m, SOURCE_SCREEN), env, now);
        put(h->screen[k].audio, track_of(m, SOURCE_SCREEN_AUDIO), env, now);
    }
}

static void seat_viewer(struct room *r, struct member *viewer, usec_t now)
{
    struct hall h;
    if (viewer->slot_count == 0)
        return;
    sort_slots(viewer, &h);
    r->seating.run++;
    give_seats(r, &h);
    give_extras(r, &h, now);
    give_screens(r, &h);
    put_all(&h, r->env, now);
}

void seating_tick(struct room *r, usec_t now)
{
    if (!rank(r))
        return;
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        if (m->seating.done == r->seating.change)
            continue;
        m->seating.done = r->seating.change;
        m->seating.anew = true;
        seat_viewer(r, m, now);
    }
}

void seating_touch(struct member *viewer)
{
    viewer->seating.done = 0;
}

static bool sees(const struct member *viewer, const struct member *m)
{
    for (unsigned i = 0; i < viewer->slot_count; i++)
        if (viewer->slot[i]->occupant == m && viewer->slot[i]->role == SLOT_ANY &&
            !viewer->slot[i]->off)
            return true;
    return false;
}

void seating_hear(struct room *r, struct member *speaker, usec_t now)
{
    struct track *t = member_track(speaker, SOURCE_MICROPHONE);
    struct hall h;
    for (unsigned i = 0; t && i < r->member_count; i++) {
        struct member *viewer = r->member[i];
        if (viewer == speaker || viewer->slot_count == 0 || sees(viewer, speaker))
            continue;
        sort_slots(viewer, &h);
        struct slot *s = place_to_hear(&h, now);
        if (!s)
            continue;
        s->occupant = speaker;
        slot_seat(s, t, r->env, now);
    }
}

void seating_fini(struct seating *s)
{
    free(s->order);
    *s = (struct seating){0};
}
