/**
 * One client's socket, from connect to close.
 *
 *   FRESH ── join, resume ──▶ JOINED ── leave, removed, … ──▶ CLOSING ──▶ freed with its socket
 *     │ └─ join ─▶ KNOCKING ──▶─┘ admitted                     ▲
 *     │                └── denied, left ───────────────────────┤
 *     └───── no join in 10 s, too many errors ─────────────────┘
 *
 * In KNOCKING it has no participant: all it can ask is `leave` and `ping`, and nothing that a
 * room tells finds it.
 *
 * It knows the socket only as two functions, so that tests need none.
 */
#ifndef SIGNAL_SESSION_H
#define SIGNAL_SESSION_H

#include "message.h"

#include "base/deadline.h"
#include "call/lobby.h"
#include "signal/signal.h"

#include <sys/queue.h>

struct signal_socket_ops {
    /** JSON texts, a message each, at least one. */
    void (*send)(void *socket, const uv_buf_t *text, unsigned count);
    /** Closes after what was sent; signal_session_lost() follows later. */
    void (*close)(void *socket, uint16_t code, const char *reason);
};

enum session_state { SESSION_FRESH, SESSION_KNOCKING, SESSION_JOINED, SESSION_CLOSING };

struct signal_session {
    struct signal *signal;
    LIST_ENTRY(signal_session) link;
    const struct signal_socket_ops *ops;
    void *socket;     ///< not owned
    char address[48]; ///< as a key for limits
    bool local;       ///< from this machine itself
    enum session_state state;
    struct call_member *member; ///< in JOINED, NULL else
    struct call_knock *knock;   ///< in KNOCKING, NULL else
    bool one_start;             ///< it came by a launch link, or a token that works once
    struct links_launch *rings; ///< owned: whom a launch link rings once it is in; NULL: nobody
    bool by_data;               ///< a request came by its data channel: so goes the answer
    bool french;                ///< language of error details
    int64_t offer_id;           ///< `id` of the offer under way
    struct call_quality *quality; ///< its question under way, or NULL
    int64_t quality_id;           ///< … and its `id`
    usec_t quality_at;            ///< the last one was asked; 0 never
    struct deadline due;          ///< to join, or to say something
    usec_t errors_since;
    unsigned errors;
    bool hearing;       ///< what it says is being answered
    unsigned shortages; ///< json_shortages() when the answer was begun
};

LIST_HEAD(signal_session_list, signal_session);

struct signal {
    uv_loop_t *loop;
    struct signal_conf conf;
    uv_timer_t timer;
    struct deadline_heap due;
    struct signal_session_list sessions;
};

/** What the socket knows of its client; strings are needed for the call only. */
struct signal_client {
    const char *address;
    const char *lang; ///< "fr" or "en"
    bool local;
};

/** A client has connected. NULL without memory. */
struct signal_session *signal_session_open(struct signal *s,
                                           const struct signal_socket_ops *ops, void *socket,
                                           const struct signal_client *client);

/** A frame came. `oversized`: it was too long to be kept. */
void signal_session_hear(struct signal_session *session, const char *text, size_t len,
                         bool binary);
void signal_session_oversized(struct signal_session *session);

/** The page is gone: the participant leaves, the session is freed. */
void signal_session_left(struct signal_session *session);

/** The socket is gone: a participant is kept for a while, the session is freed. */
void signal_session_lost(struct signal_session *session);

/* ---- for the requests ---- */

/** Sends a message; takes the reference. */
void session_send(struct signal_session *session, json_t *message);
/** With one more member, which is text; takes it as well. NULL, from a lack of memory, is
 * treated as that of the message is. */
void session_send_with(struct signal_session *session, json_t *message, const char *key,
                       char *value);
/** `ok`, if the request had an id. */
void session_ok(struct signal_session *session, const struct signal_request *request);
/** `error` in answer to the request with this id (0: none). */
void session_refuse(struct signal_session *session, int64_t id, const struct signal_error *err);
/** The same, when the reason says all. */
void session_refuse_reason(struct signal_session *session, const struct signal_request *request,
                           const char *reason, const char *field);
/** It must wait to be let in. */
void session_knocking(struct signal_session *session, struct call_knock *knock);
/** Without its participant or knock, which the socket has lost or left. */
void session_let_go(struct signal_session *session, bool left);
/** It has joined: for `member` from now on. */
void session_joined(struct signal_session *session, struct call_member *member);
/** Says `closed` and closes the socket. The participant is somebody else's to end. */
void session_close(struct signal_session *session, const char *reason);

/** Why a link of this status lets nobody in; NULL if it does. */
const char *session_link_reason(enum links_status status);

/** How `call` tells the session of its participant. */
extern const struct call_ops session_call_ops;

void run_join(struct signal_session *session, const struct signal_request *request);
void run_resume(struct signal_session *session, const struct signal_request *request);
void run_offer(struct signal_session *session, const struct signal_request *request);
void run_candidate(struct signal_session *session, const struct signal_request *request);
void run_mute(struct signal_session *session, const struct signal_request *request);
void run_admit(struct signal_session *session, const struct signal_request *request);
void run_deny(struct signal_session *session, const struct signal_request *request);
void run_remove(struct signal_session *session, const struct signal_request *request);
void run_lock(struct signal_session *session, const struct signal_request *request);
void run_want(struct signal_session *session, const struct signal_request *request);
void run_chat(struct signal_session *session, const struct signal_request *request);
void run_quality(struct signal_session *session, const struct signal_request *request);
void run_history(struct signal_session *session, const struct signal_request *request);
void run_react(struct signal_session *session, const struct signal_request *request);
void run_update(struct signal_session *session, const struct signal_request *request);
void run_invite(struct signal_session *session, const struct signal_request *request);
void run_uninvite(struct signal_session *session, const struct signal_request *request);
void run_share(struct signal_session *session, const struct signal_request *request);
void run_leave(struct signal_session *session, const struct signal_request *request);
void run_ping(struct signal_session *session, const struct signal_request *request);

/* enter.c, door.c */

/** Greets a new participant, in answer to the request with this id (0: to none), and notes
 *  that the room is in use: a failure of that does not end a call. */
void session_welcome(struct signal_session *session, struct links_room *room, int64_t id);
/** Knocks for `who`, whom `why` keeps outside. */
void session_knock(struct signal_session *session, const struct signal_request *request,
                   const struct call_who *who, enum call_entry why);
/** Resumes a knock. False: there is none of this id and secret. */
bool session_resume_knock(struct signal_session *session, const struct signal_request *request);

/** A sentence for a person about a reason, in French or English. */
const char *reason_text(const char *reason, bool french);

#endif
