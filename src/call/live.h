/** The live rooms and participants, as the files of this folder share them. */
#ifndef CALL_LIVE_H
#define CALL_LIVE_H

#include "base/deadline.h"
#include "base/histogram.h"
#include "base/map.h"
#include "base/usec.h"
#include "call/call.h"
#include "contacts.h"

#include <sys/queue.h>

#define WANTS_KEPT   512 ///< of one participant, to be said again to a new worker
#define OFTEN_BURST  10  ///< chat messages, or reactions, of one participant …
#define OFTEN_WINDOW (10 * USEC_PER_SEC) ///< … in this time

#define CALL_NOTES      1       ///< version of what workers keep for us
#define CALL_NOTE_CHAT  "chat." ///< key of a room's note of one chat message, and its place
#define CALL_PROOF_SIZE 65      ///< bytes with the NUL of a SHA-256 in hexadecimal

#define CALL_GONE_KEPT 64 ///< who was removed, or put out while away: told when they come back

LIST_HEAD(call_room_list, call_room);
LIST_HEAD(call_member_list, call_member);
LIST_HEAD(call_quality_list, call_quality);
TAILQ_HEAD(call_news_list, call_news);

/** One who was removed, or put out while its socket was lost. */
struct call_gone {
    char id[LETTER_ID_SIZE];
    char proof[CALL_PROOF_SIZE];
    const char *reason; ///< static
};

struct call {
    uv_loop_t *loop;
    struct call_conf conf;
    json_t *ice_servers;
    uv_timer_t timer; ///< fires at the earliest deadline
    struct deadline_heap due;
    struct map rooms;                      ///< by id
    struct map members;                    ///< by id
    struct map doors;                      ///< by room id: where somebody knocks
    struct map knocks;                     ///< by id
    struct call_gone gone[CALL_GONE_KEPT]; ///< a ring
    unsigned gone_at;
    struct call_room_list room_list;
    uint64_t seq;               ///< of the last MEMBER_AGREE, QUALITY_ASK or FLIGHT_ASK
    struct call_flight *flight; ///< a recording that is being fetched, or NULL
    unsigned up;                ///< workers that have come up so far, until `ready` was told
    bool ready, draining, stopping;
    struct contacts_book contacts;
    struct call_counts counts;
    call_returns returns; ///< NULL: nobody's shell comes back by itself
    void *returns_arg;
    const struct call_inviting *inviting; ///< not owned; NULL: nobody keeps invitations
    void *inviting_arg;
};

/** Of a room that an adopted worker holds, while that tells of it. */
enum call_returning { RETURNING_NOT, RETURNING_UNKNOWN, RETURNING_KNOWN };

struct call_room {
    struct call *call;
    LIST_ENTRY(call_room) link;
    char id[LETTER_ID_SIZE];
    char title[LINKS_TITLE_SIZE];
    enum links_kind kind;
    enum links_access access;
    bool locked;
    bool weak;  ///< somebody came by a link that can be guessed: all inside open the door
    int worker; ///< -1: none just now
    enum call_returning returning;
    struct call_member_list members;
    unsigned count;
    char call_id[LETTER_ID_SIZE]; ///< of the call that goes on; "" while nobody was announced
    int64_t started_at;           ///< of that call, seconds since 1970
    unsigned peak;                ///< most participants at once in it
    unsigned holds;               ///< users who need it to stay, though it may be empty
    char speaker[LETTER_ID_SIZE];
    struct call_news_list news;       ///< what not all have heard, oldest first
    uint64_t news_n;                  ///< number of the last there was
    usec_t told_at;                   ///< when all were told last …
    struct deadline telling;          ///< … and when they are next
    json_t *chat[CALL_CHAT_KEPT];     ///< ring: message n lies at n % CALL_CHAT_KEPT
    uint64_t chat_count;              ///< n of the last message
    struct call_quality_list quality; ///< who waits for the worker's word on it
    uint64_t quality_seq;             ///< of the question under way, 0: none
    struct deadline quality_due;
};

/** How often somebody did something: the last times, a ring. */
struct call_often {
    usec_t times[OFTEN_BURST];
    unsigned at;
};

/** An offer, or an ICE restart, on its way through the worker. */
struct offer {
    char *sdp; ///< owned; NULL: an ICE restart
    size_t len;
    unsigned hint_count;
    struct sdp_hint *hint;         ///< owned
    struct sdp_fragment *fragment; ///< owned; the client's, of a restart
    call_reply reply;              ///< NULL: whoever asked is gone
    usec_t until;                  ///< for a worker, or for its word
    uint64_t seq;                  ///< of its MEMBER_AGREE
    struct sdp_answered answered;  ///< while the worker thinks about it
};

struct call_member {
    // Together, what a walk over a large room looks at.
    LIST_ENTRY(call_member) link;
    char *view; ///< owned: how others see it, as text; NULL: not made
    uint32_t view_len;
    bool announced;             ///< the others know of it
    uint64_t heard;             ///< the room's news up to this one
    void *shell;                ///< not owned, NULL while away
    const struct call_ops *ops; ///< not owned
    struct call_room *room;

    struct call *call;
    char id[LETTER_ID_SIZE];
    char name[LINKS_NAME_SIZE];
    char ref[LINKS_REF_SIZE]; ///< "" for a guest
    enum links_role role;
    enum call_client client;
    bool hand;
    bool away;                     ///< no shell just now
    bool connected;                ///< media has stood once
    usec_t began;                  ///< when it joined
    int64_t joined_at;             ///< seconds since 1970
    char secret[CALL_SECRET_SIZE]; ///< to resume, as it was told last
    char proof[CALL_PROOF_SIZE];   ///< SHA-256 of it; "": none, or it is used up
    json_t *shell_kept;            ///< owned: what its shell has noted; NULL: nothing
    struct call_news *joining;     ///< not owned: of it, and not told to all yet; NULL: none
    struct call_news *changing;    ///< likewise
    struct letter_held held;       ///< while its room returns
    struct deadline gone;          ///< when it is away for too long

    struct agreement agreement; ///< the last one the worker took
    uint64_t session;           ///< the o= line's id of that offer
    bool agreed;                ///< there is one
    bool media;                 ///< … and its connection is not lost
    bool stale;                 ///< its worker is lost: the next offer is a new connection

    struct offer *waiting;  ///< owned: for a worker, or for the one before
    struct offer *agreeing; ///< owned: the worker has it
    struct deadline step;   ///< when to look at these two

    bool data_open; ///< its data channel "salon"

    bool muted[SOURCE_COUNT];
    bool muted_by_host[SOURCE_COUNT]; ///< not by itself
    struct letter_seat *seat;         ///< owned; one for each slot ever named
    unsigned seat_count;
    struct letter_want *want; ///< owned
    unsigned want_count, want_cap;
    json_t *layers;            ///< owned: the last `layers` it was told, or NULL
    char only[LETTER_ID_SIZE]; ///< WHEP: whom all slots show
    struct call_often said;    ///< chat messages
    struct call_often reacted; ///< reactions
    usec_t locks_since;        ///< when it began to count …
    unsigned locks;            ///< … how often it locked and unlocked the room
};

/* call.c */

/** Sets a deadline and the timer after it. */
void call_due(struct call *call, struct deadline *d, usec_t at);
/** Sends a letter about a member to its room's worker, if there is one. */
void call_letter(const struct call_member *m, struct letter *letter);

/** A letter of a worker that is up. */
void call_on_letter(void *arg, unsigned worker, const struct letter *l);

/* keep.c */

/** Notes with the worker what is to outlive us: of a room itself, of one chat message, of all
 * chat too; of a participant; of what was agreed with it. */
void call_keep_room(const struct call_room *room);
void call_keep_chat(const struct call_room *room, uint64_t n);
void call_keep_all(const struct call_room *room);
void call_keep_member(const struct call_member *m);
void call_keep_media(const struct call_member *m);
/** The text of a note of what was agreed, to be freed; NULL if it is none. */
char *call_unpack(const char *note, size_t *len);

/* restore.c */

/** A letter of a worker that is being adopted. */
void call_on_held(struct call *call, unsigned worker, const struct letter *l);
/** It has told all. */
void call_restored(struct call *call, unsigned worker);
/** It was lost before: nothing of that room holds. */
void call_restore_failed(struct call_room *room);

/* room.c */

/** Adds an empty room without a worker; NULL without memory. */
struct call_room *call_room_make(struct call *call, const struct links_room *about);
/** Sends a letter about the room to its worker, if there is one. */
void call_room_letter(const struct call_room *room, struct letter *letter);

struct call_room *call_room_find(const struct call *call, const char *id);
struct call_room *call_room_open(struct call *call, const struct links_room *about);
/** Gives a room without a worker the least loaded one, if any is up. */
void call_room_place(struct call_room *room);
/** The worker and all it held are gone. */
void call_room_unplace(struct call_room *room);
void call_room_hold(struct call_room *room);
/** Undoes a hold, and closes the room if it is empty and nobody holds it. */
void call_room_release(struct call_room *room);

/* member.c */

/** Adds somebody to a room whose worker knows of him or is told by others; NULL without
 * memory. */
struct call_member *call_member_make(struct call_room *room, const char *id);
struct call_member *call_member_find(const struct call_room *room, const char *id);
/** What is kept of a resume secret: nobody comes back by that. */
void call_prove(const char *secret, char proof[CALL_PROOF_SIZE]);
/** The others, and those who keep books, are told of it. */
void call_announce(struct call_member *m);
/** Puts it out: its shell is told why, then it is freed. */
void call_member_end(struct call_member *m, const char *reason);
/** Its peer connection is lost: a web client is told, the others end. */
void call_member_lost(struct call_member *m, const char *reason);
void call_on_slots(struct call_member *m, const struct letter *letter);
/** Forgets the seats on m-lines that are slots no more; all of them if `all`. */
void call_prune_seats(struct call_member *m, bool all);

/** call_join() for who has been let in. */
struct call_member *call_join_admitted(struct call *call, const struct call_who *who,
                                       const struct call_ops *ops, void *shell,
                                       const char **reason);
/** Mutes what it publishes, at the word of `host` (NULL: a front end's). False: it does not
 *  publish that. */
bool call_mute_by(struct call_member *m, enum media_source source,
                  const struct call_member *host);

/* moderate.c */

/** Puts it out; if it is away or removed it is told when it wants to resume. `reason` is
 * static. */
void call_put_out(struct call_member *m, const char *reason);

/* lobby.c */

/** Who comes, goes or what changes may open the door of a room: looks at it soon. */
void call_door_look(struct call *call, const char *room);
/** Nobody knocks any more. */
void call_door_close(struct call *call, const char *room, const char *reason);
void call_doors_close(struct call *call, const char *reason);

/* offer.c */

void call_on_step(void *member, usec_t now);
void call_on_agreed(struct call_member *m, const struct letter_agreed *agreed);
/** Looks at its offers soon. */
void call_step_soon(struct call_member *m);
/** The worker is gone: what it was thinking about must be asked again. */
void call_offer_again(struct call_member *m);
/** Whoever asked is gone: what goes on, goes on, what waits does not. */
void call_offer_orphan(struct call_member *m);
void call_offers_free(struct call_member *m);

/* demand.c */

void call_on_demand(struct call_member *m, const struct letter *letter);
/** Of the next connection all layers are on. */
void call_layers_forget(struct call_member *m);

/* quality.c */

void call_on_quality(struct call_room *room, const struct letter *letter);
/** The worker, or the room, is gone: nobody will answer. */
void call_quality_lost(struct call_room *room);

/* flight.c */

void call_on_flight(struct call_room *room, const struct letter *letter);
/** The worker, or the room, is gone: no more will come. */
void call_flight_lost(struct call_room *room);

/* happen.c */

/** Books: a participant was announced, or leaves; nobody is left. */
void call_happen_joined(struct call_member *m);
void call_happen_left(struct call_member *m);
void call_happen_ended(struct call_room *room);
/** A knock: KNOCKED, ADMITTED or DENIED; and a room that was locked or unlocked. */
void call_happen_lobby(const struct call_knock *k, enum call_happening kind);
void call_happen_changed(const struct call_room *room);

/* want.c */

/** After an agreement: says to the worker what it must know of the wants. `fresh`: it is of a
 * new connection, and the mids of the old one mean nothing. */
void call_wants_say(struct call_member *m, bool fresh);
/** Nobody wants one who has left. */
void call_wants_forget(struct call_member *m, const char *id);

/* chat.c */

/** Counts one more, if the window has room for it; else `*retry_after_s` is set. */
bool call_often_take(struct call_often *often, usec_t now, unsigned *retry_after_s);

/* data.c */

/** What becomes of its data channels. */
void call_on_data(struct call_member *m, const struct letter *l);

/* view.c */

json_t *call_view_member(const struct call_member *m);
/** The same as text: made once, and good until it is forgotten. NULL without memory. */
const char *call_view_text(struct call_member *m);
/** Something of it is another now. call_tell_of() does this as well. */
void call_view_forget(struct call_member *m);
json_t *call_view_tracks(const struct call_member *m);
json_t *call_view_room(const struct call_room *room);
json_t *call_view_seat(const struct letter_seat *seat);
/** Tells one shell; takes the reference (NULL, from a lack of memory, is not told). */
void call_tell(struct call_member *m, json_t *message);
/** Tells everyone in the room, in its time; takes the reference. */
void call_tell_room(struct call_room *room, json_t *message);
/** Tells the others that `m` "joined" or "left", or everyone, `m` too, that it "changed". */
void call_tell_of(struct call_member *m, const char *event);

/* news.c: all take the text */

void call_news_init(struct call_room *room);
/** What waits is told to nobody any more. */
void call_news_fini(struct call_room *room);
/** All are told, but `except` (may be NULL). */
void call_news(struct call_room *room, struct call_member *except, char *text);
/** The others are told that it joined, … */
void call_news_joined(struct call_member *m, char *text);
/** … and all that it changed: by `joined` (may be NULL) who has not heard yet that it did. */
void call_news_changed(struct call_member *m, char *text, char *joined);
void call_news_left(struct call_member *m, char *text);
/** It is freed: its news that wait do not know it any more. */
void call_news_forget(struct call_member *m);
/** By its shell, whatever data channels there are; after the news. */
void call_tell_text(struct call_member *m, const char *text, size_t len);

#endif
