/**
 * The live side of the control wing: which room is open on which worker, and who is in it.
 *
 * `signal`, `whip` and `api` are thin shells over it. A participant is made by call_join() and
 * has a *shell* (a WebSocket session, a WHIP session), told through `call_ops`. Nothing here is
 * stored: rooms, participants and chat live in memory, as long as somebody is there.
 *
 * All on one libuv loop. Callbacks of `call_ops` can run inside calls of this header; replies
 * to offers never do.
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/histogram.h"
#include "letter/letter.h"
#include "links/links.h"
#include "sdp/answer.h"
#include "supervisor/supervisor.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define CALL_NAME_CHARS    80   ///< of a participant's name
#define CALL_CHAT_CHARS    4000 ///< of one chat message
#define CALL_CHAT_KEPT     200  ///< messages a room keeps for those who resume
#define CALL_SECRET_SIZE   40   ///< bytes with the NUL of a resume secret
#define CALL_RETRY_AFTER_S 3    ///< what to say when no worker runs

struct call;
struct call_member;  ///< a participant
struct call_quality; ///< a question that is not yet answered
struct call_knock;   ///< somebody who waits to be let in: call/lobby.h

enum call_happening {
    CALL_STARTED,
    CALL_ENDED,
    CALL_JOINED,
    CALL_LEFT,
    CALL_KNOCKED,
    CALL_ADMITTED,
    CALL_DENIED,
    CALL_CHANGED, ///< a host has locked or unlocked the room
};

/** What happened in a room, for those who keep books. Strings hold during the call only. */
struct call_happened {
    enum call_happening kind;
    const char *room;                 ///< its id
    const char *call;                 ///< "ca_…": the same from STARTED to ENDED; else ""
    int64_t started_at;               ///< seconds since 1970
    unsigned peak;                    ///< the most participants at once so far
    bool stopping;                    ///< of ENDED: because we are shutting down
    const struct call_member *member; ///< of JOINED and LEFT, NULL else
    const struct call_knock *knock;   ///< of KNOCKED, ADMITTED and DENIED, NULL else
};

struct call_conf {
    struct supervisor *supervisor; ///< not owned, not started yet
    unsigned address_count;
    const char *const *address; ///< announced to clients, not owned, at most SDP_MAX_ADDRESSES
    const json_t *ice_servers;  ///< array for RTCPeerConnection, an entry may have a `secret`
                                ///< in place of username and credential; not owned; NULL: none
    unsigned room_limit;        ///< participants in one room; 0: 500
    unsigned away_ms;           ///< how long one without a socket is kept; 0: 30 s
    unsigned agree_ms;          ///< how long a worker may take to agree; 0: 5 s
    unsigned wait_ms;           ///< how long an offer waits for a worker; 0: 3 s
    unsigned gather_ms;         ///< how far apart a large room is told what is new; 0: 250 ms
    void (*ready)(void *arg);   ///< all workers have come up for the first time; may be NULL
    void (*failed)(void *arg, const char *why); ///< a worker cannot start: one line, then stop
    /** May be NULL. Joins and leaves nobody. */
    void (*happened)(void *arg, const struct call_happened *what);
    void *arg;
};

/** 0 or -ENOMEM. `conf` itself is copied. */
int call_create(uv_loop_t *loop, const struct call_conf *conf, struct call **out);

/** Starts the supervisor. 0 or -errno. */
int call_start(struct call *call);

/**
 * Everybody leaves with reason "shutdown"; nothing may be called after but call_destroy(), once
 * the supervisor is stopped too.
 */
void call_stop(struct call *call);

/** While `on`, no room opens that is not open: who comes is told "no_media_worker". */
void call_drain(struct call *call, bool on);

/** Other figures from now on: as room_limit (not 0) and ice_servers (NULL: as before) of
 * call_conf. 0 or -ENOMEM. */
int call_set(struct call *call, unsigned room_limit, const json_t *ice_servers);

/** Frees it once its timer is closed: let the loop run. call_destroy(NULL) is fine. */
void call_destroy(struct call *call);

/**
 * As configured, for one client: whoever has a secret in common with us got a name and a
 * password in its place, good for a day. A new array; NULL without memory.
 */
json_t *call_ice_servers(const struct call *call);

/* ---- participants ---- */

/** True for 1 to CALL_NAME_CHARS characters that are fit to be shown on one line. */
bool call_name_valid(const char *name);

enum call_client { CLIENT_WEB, CLIENT_WHIP, CLIENT_WHEP };

/** What a shell is told. */
struct call_ops {
    /** Messages of docs/signalling.md ("participant", "seat", "layers", "speaker", "chat",
     * "media"), as JSON texts, at least one, in their order. May be NULL. */
    void (*events)(void *shell, const uv_buf_t *text, unsigned count);
    /** The participant is gone, or this shell was replaced ("resumed_elsewhere"). Nothing of it
     *  may be used from here on. `reason` is one of `closed` in docs/signalling.md; for WHIP
     * and WHEP also a reason of `media`. */
    void (*closed)(void *shell, const char *reason);
    /** A text came on its data channel "salon". May be NULL. */
    void (*said)(void *shell, const char *text, size_t len);
};

/** Who joins what. Pointers are needed for the call only. */
struct call_who {
    const struct links_room *room;
    enum call_client client;
    enum links_role role;
    const char *name; ///< 1 to CALL_NAME_CHARS characters on one line
    const char *ref;  ///< the front end's own name for the user; NULL: a guest
};

/**
 * Makes a participant. A web client is announced to the others at once, WHIP and WHEP clients
 * with their first agreed offer. Returns NULL and in `*reason` "room_full", "no_media_worker"
 * (we are shutting down), "internal", or what call_entry() says if the door is not open.
 */
struct call_member *call_join(struct call *call, const struct call_who *who,
                              const struct call_ops *ops, void *shell, const char **reason);

/** It leaves, whatever it was doing. No callback runs for it after this. */
void call_leave(struct call_member *m);

/** Its socket is lost: it is `away`, and leaves after 30 s unless call_resume() comes first. */
void call_detach(struct call_member *m);

/**
 * Finds the participant again for a new shell. An old shell is told "resumed_elsewhere". NULL
 * if the secret is wrong or the participant gone. The secret is used up.
 */
struct call_member *call_resume(struct call *call, const char *id, const char *secret,
                                const struct call_ops *ops, void *shell);

/** True while it is not yet known who was here before we started: a participant that is not
 * found may still be. */
bool call_finding(const struct call *call);

/** Tells it what it has not heard of its room: before whatever its shell is told otherwise. */
void call_catch_up(struct call_member *m);

/** A new secret for call_resume(); the one before is dead. */
const char *call_new_secret(struct call_member *m);

const char *call_member_id(const struct call_member *m);
const char *call_member_name(const struct call_member *m);
enum links_role call_member_role(const struct call_member *m);
const char *call_member_ref(const struct call_member *m); ///< "" for a guest
enum call_client call_member_client(const struct call_member *m);
const char *call_member_room(const struct call_member *m); ///< the room's id

/** True if it has a peer connection that is agreed and not lost. */
bool call_media_kept(const struct call_member *m);

/** What `joined` and `resumed` say of the room: new references. NULL without memory. */
json_t *call_seats(const struct call_member *m);   ///< array: its seats, as in `seat`
json_t *call_speaker(const struct call_member *m); ///< string or null
json_t *call_layers(const struct call_member *m);  ///< the last `layers` message, or null
/** An array, as text, of everyone else who is announced: to be freed. NULL without memory. */
char *call_others(const struct call_member *m);
/** Number of the last chat message of its room, 0: none yet. */
uint64_t call_chat_last(const struct call_member *m);
/** Chat after message `n` that it may read: an array of `chat` messages. */
json_t *call_chat_after(const struct call_member *m, uint64_t n);

/* ---- over a restart of ours ---- */

/**
 * Notes what the shell of a WHIP or WHEP client must know again, if we end and another process
 * takes over. Takes the reference.
 */
void call_keep_shell(struct call_member *m, json_t *shell);

/**
 * A WHIP or WHEP client is there again whose worker was adopted, with what its shell had noted
 * (borrowed, NULL: nothing). True if call_attach() gave it a shell; else it leaves.
 */
typedef bool (*call_returns)(void *arg, struct call_member *m, const json_t *shell);

/** Before call_start(). */
void call_on_return(struct call *call, call_returns returns, void *arg);

/** Its shell from now on. */
void call_attach(struct call_member *m, const struct call_ops *ops, void *shell);

/** True while somebody waits for the answer to an offer. */
bool call_answering(const struct call *call);

/** True if that call in that room goes on. */
bool call_goes_on(const struct call *call, const char *room_id, const char *call_id);

/* ---- offers ---- */

struct call_offer {
    const char *sdp;
    size_t len;
    unsigned hint_count;
    const struct sdp_hint *hint;
};

/** What became of an offer; pointers hold during the reply only. */
struct call_answer {
    const char *reason; ///< NULL: it was answered; else a reason of `error` for offers
    const char *detail; ///< one sentence, "" if there is none
    unsigned line;      ///< of the offer; 0 if none applies
    unsigned retry_after_s;
    const char *sdp;     ///< the answer; or, to call_restart(), our fragment
    uint32_t generation; ///< of the peer connection
};

typedef void (*call_reply)(void *shell, const struct call_answer *answer);

/**
 * Offers. `reply` runs later, exactly once, with the shell it was offered by; not at all if
 * that shell has gone by then. Returns 0; -EBUSY if an offer is not yet answered; -ENOMEM. What
 * is refused changes nothing.
 */
int call_offer(struct call_member *m, const struct call_offer *offer, call_reply reply);

/**
 * ICE restart by a trickle fragment (RFC 9725 section 4.3.2). As call_offer(); -ENOTCONN if
 * nothing is agreed yet.
 */
int call_restart(struct call_member *m, const struct sdp_fragment *fragment, call_reply reply);

/** The remote ufrag and pwd agreed last, to see if a fragment is a restart; "" if none. */
const char *call_remote_ufrag(const struct call_member *m);
const char *call_remote_pwd(const struct call_member *m);

/* ---- what a participant says ---- */

/** Told to everyone, and no longer forwarded if `muted`. Holds for a source published later. */
void call_mute(struct call_member *m, enum media_source source, bool muted);

/**
 * Takes wants; one of a participant who is not there is skipped. Returns 0, or 1 and in `*bad`
 * the first that was skipped, or -ENOMEM.
 */
int call_want(struct call_member *m, unsigned count, const struct letter_want *want,
              unsigned *bad);

/**
 * WHEP: all of its slots show this participant and nobody else, from the next agreement on.
 * False if it is not in the room.
 */
bool call_want_only(struct call_member *m, const char *participant);

/**
 * Says something to everyone or to one. Returns NULL, or the reason it was refused:
 * "rate_limited" (then `*retry_after_s` is set), "unknown_participant" or "internal".
 */
const char *call_chat(struct call_member *m, const char *text, const char *to,
                      unsigned *retry_after_s);

/**
 * Tells it a message, as JSON text: by its data channel "salon" while that is open, else by its
 * shell. What the media side cannot send comes back and goes by the shell.
 */
void call_say(struct call_member *m, const char *text, size_t len);

/**
 * Shows everyone, also itself, how it takes what is said: "like", "love", "laugh", "wow" or
 * "bravo". Not kept. Returns NULL, or the reason it was refused: "rate_limited" (then
 * `*retry_after_s` is set), "invalid_field" for another word or "internal".
 */
const char *call_react(struct call_member *m, const char *reaction, unsigned *retry_after_s);

/** A new name (NULL: as before) and hand (as before unless `has_hand`); told to everyone. */
void call_update(struct call_member *m, const char *name, bool has_hand, bool hand);

/* ---- what the API asks ---- */

/** How many are in the room; WHEP players and those away count. */
unsigned call_room_count(const struct call *call, const char *room_id);

/** They, as in `participant` of docs/signalling.md, `joined_at` and `ref`: a new array. */
json_t *call_room_participants(const struct call *call, const char *room_id);

/** Puts one out, with `closed` and reason "removed". False if it is not there. */
bool call_room_remove(struct call *call, const char *room_id, const char *participant);

/** Mutes one's source, or all it publishes if `source` is NULL. Returns 0; -ENOENT: no such
 *  participant; -ESRCH: it does not publish that. */
int call_room_mute(struct call *call, const char *room_id, const char *participant,
                   const enum media_source *source);

/**
 * `body` is {"members": [...]} of docs/signalling.md's `quality`, with names, borrowed; NULL if
 * the worker is gone or stuck.
 */
typedef void (*call_quality_reply)(void *arg, const json_t *body);

/**
 * Asks the worker how well everybody in the room sees and hears. `reply` runs later, once,
 * unless it is cancelled before; the handle is dead then. NULL: nobody is in the room, no
 * worker runs, or there is no memory; then `reply` never runs.
 */
struct call_quality *call_quality_ask(struct call *call, const char *room_id,
                                      call_quality_reply reply, void *arg);

/** Whoever asked is gone. */
void call_quality_cancel(struct call_quality *q);

/**
 * `bytes` are the blocks of a room's recording (docs/flight.md, without the file's head),
 * borrowed; none if the worker records nothing; NULL if it is gone or stuck, or the room is.
 */
typedef void (*call_flight_reply)(void *arg, const uint8_t *bytes, size_t len);

/**
 * Fetches what was recorded of a room, up to now, block by block: `reply` runs later, once.
 * Returns 0, and else `reply` never runs: -ENOENT: nobody is in the room; -ENOTCONN: no worker
 * runs; -EBUSY: another recording is being fetched; -ENOMEM.
 */
int call_flight_fetch(struct call *call, const char *room_id, call_flight_reply reply,
                      void *arg);

/** Puts everyone out with `closed` and reason "room_closed". */
void call_room_close(struct call *call, const char *room_id);

/** `room` of docs/signalling.md, of the room the participant is in: a new object. */
json_t *call_member_room_view(const struct call_member *m);

/** The sources that a host has muted, and not it itself: a new array of their names. */
json_t *call_member_muted(const struct call_member *m);

/** For loops: the id of an open room at or after `*at` (begin with 0), NULL at the end. */
const char *call_room_next(const struct call *call, size_t *at);

/** What is open now: {"id", "worker", "participants", "started_at"} of each room; names and
 * titles are not in it. A new array. */
json_t *call_list_rooms(const struct call *call);

/** Since the start. */
struct call_counts {
    uint64_t joined;               ///< participants
    uint64_t lost;                 ///< connections that stood and broke, but for leaving
    uint64_t worker_lost;          ///< of these, because their worker ended
    struct histogram connect_time; ///< from joining to media that stands, the first time
};

const struct call_counts *call_counts(const struct call *call);

/** Totals for the metrics. */
void call_totals(const struct call *call, unsigned *rooms, unsigned *participants);

#endif
