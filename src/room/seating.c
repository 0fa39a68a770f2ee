/*
 * Who sits where. A viewer's slots for anybody come in pairs (video and audio with one pair
 * number); a pair is a seat and belongs to one member, with or without a camera. Audio slots
 * beyond the video ones carry the loudest who have no seat. Screens have seats of their own.
 *
 * Seats are stable: who sits stays, unless somebody with a better claim needs the place; and in
 * a room that has seats for everybody nobody ever moves.
 */
#include "room/room.h"

#include <stdlib.h>
#include <string.h>

struct seat {
    struct slot *video, *audio; ///< either may be missing
};

/** One viewer's slots, sorted by what they are for; those that are off are not among them. */
struct hall {
    struct seat seat[AGREE_MAX_MLINES], screen[AGREE_MAX_MLINES];
    struct slot *extra[AGREE_MAX_MLINES]; ///< audio without video beside it
    unsigned seats, screens, extras;
    bool player; ///< no slots for screens: a screen may take a camera's place
};

/** Somebody who could be seated, and how good a claim he has. */
struct claim {
    struct member *who;
    bool pinned, seated, picture;
};

/** The place of a video slot's seat among `n`, by its pair; NULL if none has that. */
static struct seat *paired(struct seat *seat, unsigned n, const struct slot *audio)
{
    for (unsigned i = 0; i < n; i++)
        if (seat[i].video->pair == audio->pair && !seat[i].audio)
            return &seat[i];
    return NULL;
}

static void sort_slots(const struct member *viewer, struct hall *h)
{
    memset(h, 0, sizeof(*h));
    for (unsigned i = 0; i < viewer->slot_count; i++) {
        struct slot *s = viewer->slot[i];
        if (s->off || s->kind != KIND_VIDEO)
            continue;
        if (s->role == SLOT_ANY)
            h->seat[h->seats++].video = s;
        else
            h->screen[h->screens++].video = s;
    }
    for (unsigned i = 0; i < viewer->slot_count; i++) {
        struct slot *s = viewer->slot[i];
        if (s->off || s->kind == KIND_VIDEO)
            continue;
        const bool screen = s->role == SLOT_SCREEN;
        struct seat *seat =
            screen ? paired(h->screen, h->screens, s) : paired(h->seat, h->seats, s);
        if (seat)
            seat->audio = s;
        else if (!screen)
            h->extra[h->extras++] = s;
    }
    h->player = h->screens == 0;
}

static struct track *picture_of(const struct member *m, const struct hall *h)
{
    struct track *camera = member_track(m, SOURCE_CAMERA);
    return camera || !h->player ? camera : member_track(m, SOURCE_SCREEN);
}

static struct member *occupant(const struct seat *s)
{
    return s->video ? s->video->occupant : s->audio->occupant;
}

static void occupy(struct seat *s, struct member *m)
{
    if (s->video)
        s->video->occupant = m;
    if (s->audio)
        s->audio->occupant = m;
}

/** A seat may be kept for one member by a want with both a slot and a participant. */
static const char *reserved_for(const struct seat *s)
{
    if (s->video && s->video->has_want && *s->video->want.of)
        return s->video->want.of;
    if (s->audio && s->audio->has_want && *s->audio->want.of)
        return s->audio->want.of;
    return NULL;
}

static bool has_reserved(const struct hall *h, const struct member *m)
{
    for (unsigned k = 0; k < h->seats; k++) {
        const char *only = reserved_for(&h->seat[k]);
        if (only && strcmp(only, m->id) == 0)
            return true;
    }
    return false;
}

static bool is_pinned(const struct member *viewer, const struct member *who)
{
    for (unsigned i = 0; i < viewer->want_count; i++)
        if (viewer->want[i].pinned && strcmp(viewer->want[i].of, who->id) == 0)
            return true;
    return false;
}

/** The better claim first: pinned, then who spoke last, then a picture, then who sits, then
 * age. */
static int by_claim(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    if (a->pinned != b->pinned)
        return a->pinned ? -1 : 1;
    if (a->who->spoke_at != b->who->spoke_at)
        return a->who->spoke_at > b->who->spoke_at ? -1 : 1;
    if (a->picture != b->picture)
        return a->picture ? -1 : 1;
    if (a->seated != b->seated)
        return a->seated ? -1 : 1;
    return (a->who->age > b->who->age) - (a->who->age < b->who->age);
}

static bool sits(const struct hall *h, const struct member *m)
{
    for (unsigned k = 0; k < h->seats; k++)
        if (occupant(&h->seat[k]) == m)
            return true;
    return false;
}

/** Everybody who could sit here; the best first where not all can. Returns how many may. */
static unsigned claims(const struct room *r, const struct member *viewer, const struct hall *h,
                       struct claim *claim, unsigned places)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        const bool picture = picture_of(m, h) != NULL;
        if (m == viewer || (!picture && !member_track(m, SOURCE_MICROPHONE)) ||
            has_reserved(h, m))
            continue;
        claim[n++] = (struct claim){
            .who = m, .pinned = is_pinned(viewer, m), .seated = sits(h, m), .picture = picture};
    }
    if (n > places)
        qsort(claim, n, sizeof(*claim), by_claim);
    return n < places ? n : places;
}

static bool among(const struct claim *claim, unsigned n, const struct member *m)
{
    for (unsigned i = 0; i < n; i++)
        if (claim[i].who == m)
            return true;
    return false;
}

/** Gives the seats to those with the best claims; who has one already keeps it. */
static void give_seats(const struct room *r, const struct member *viewer, struct hall *h)
{
    struct claim *claim = calloc(r->member_count + 1, sizeof(*claim));
    unsigned places = 0;
    if (!claim)
        return; // everybody stays where they are
    for (unsigned k = 0; k < h->seats; k++)
        places += reserved_for(&h->seat[k]) == NULL;
    const unsigned n = claims(r, viewer, h, claim, places);

    for (unsigned k = 0; k < h->seats; k++) {
        struct seat *s = &h->seat[k];
        const char *only = reserved_for(s);
        if (only)
            occupy(s, room_member(r, only));
        else if (!among(claim, n, occupant(s)))
            occupy(s, NULL);
    }
    unsigned free_seat = 0;
    for (unsigned i = 0; i < n; i++) {
        if (sits(h, claim[i].who))
            continue;
        while (free_seat < h->seats &&
               (occupant(&h->seat[free_seat]) || reserved_for(&h->seat[free_seat])))
            free_seat++;
        if (free_seat == h->seats)
            break;
        occupy(&h->seat[free_seat], claim[i].who);
    }
    free(claim);
}

/** The loudest who have no seat are heard on the audio slots that are left. */
static void give_extras(const struct room *r, const struct member *viewer, struct hall *h,
                        usec_t now)
{
    for (unsigned k = 0; k < h->extras; k++) {
        struct member *m = h->extra[k]->occupant;
        if (m && (sits(h, m) || !member_track(m, SOURCE_MICROPHONE)))
            h->extra[k]->occupant = NULL;
    }
    for (unsigned i = 0; h->extras && i < r->member_count; i++) {
        struct member *m = r->member[i];
        unsigned quietest = 0;
        bool heard = false;
        if (m == viewer || sits(h, m) || !member_track(m, SOURCE_MICROPHONE))
            continue;
        for (unsigned k = 0; k < h->extras; k++) {
            struct member *there = h->extra[k]->occupant, *q = h->extra[quietest]->occupant;
            heard |= there == m;
            if (q && (!there || speaker_loudness(&there->speaker, now) <
                                    speaker_loudness(&q->speaker, now)))
                quietest = k;
        }
        struct member *q = h->extra[quietest]->occupant;
        if (!heard &&
            (!q || speaker_loudness(&m->speaker, now) > speaker_loudness(&q->speaker, now)))
            h->extra[quietest]->occupant = m;
    }
}

/** Screens in the order in which they were begun, each with its sound; who sits stays. */
static void give_screens(const struct room *r, const struct member *viewer, struct hall *h)
{
    for (unsigned k = 0; k < h->screens; k++) {
        struct member *m = occupant(&h->screen[k]);
        if (m && !member_track(m, SOURCE_SCREEN))
            occupy(&h->screen[k], NULL);
    }
    for (unsigned k = 0; k < h->screens; k++) {
        struct track *oldest = NULL;
        if (occupant(&h->screen[k]))
            continue;
        for (unsigned i = 0; i < r->member_count; i++) {
            struct track *t = member_track(r->member[i], SOURCE_SCREEN);
            bool seated = r->member[i] == viewer;
            for (unsigned j = 0; j < h->screens; j++)
                seated |= occupant(&h->screen[j]) == r->member[i];
            if (t && !seated && (!oldest || t->age < oldest->age))
                oldest = t;
        }
        if (!oldest)
            return;
        occupy(&h->screen[k], oldest->owner);
    }
}

static void put(struct slot *s, struct track *t, struct room_env *env, usec_t now)
{
    if (s)
        slot_seat(s, t, env, now);
}

void seating_run(struct room *r, struct member *viewer, usec_t now)
{
    struct hall h;
    if (viewer->slot_count == 0)
        return;
    sort_slots(viewer, &h);
    give_seats(r, viewer, &h);
    give_extras(r, viewer, &h, now);
    give_screens(r, viewer, &h);
    for (unsigned i = 0; i < viewer->slot_count; i++)
        if (viewer->slot[i]->off)
            put(viewer->slot[i], NULL, r->env, now);
    for (unsigned k = 0; k < h.seats; k++) {
        struct member *m = occupant(&h.seat[k]);
        put(h.seat[k].video, m ? picture_of(m, &h) : NULL, r->env, now);
        put(h.seat[k].audio, m ? member_track(m, SOURCE_MICROPHONE) : NULL, r->env, now);
    }
    for (unsigned k = 0; k < h.extras; k++) {
        struct member *m = h.extra[k]->occupant;
        put(h.extra[k], m ? member_track(m, SOURCE_MICROPHONE) : NULL, r->env, now);
    }
    for (unsigned k = 0; k < h.screens; k++) {
        struct member *m = occupant(&h.screen[k]);
        put(h.screen[k].video, m ? member_track(m, SOURCE_SCREEN) : NULL, r->env, now);
        put(h.screen[k].audio, m ? member_track(m, SOURCE_SCREEN_AUDIO) : NULL, r->env, now);
    }
}
