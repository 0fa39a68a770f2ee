/**
 * A run: rooms, people, who comes and goes when, and what is measured.
 *
 *   joins at the stated rate ──▶ everybody is there ──▶ settle ──▶ measure (churn goes on) ──▶
 * leave
 */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "core.h"
#include "peer.h"
#include "process.h"
#include "rest.h"
#include "scenario.h"
#include "ws.h"

#include <jansson.h>

struct run;
struct person;

struct room {
    struct run *run; ///< not owned
    unsigned number;
    char link[SCENARIO_TEXT]; ///< salon: the token of its link
    uint64_t janus;           ///< its number there
    bool made;                ///< Janus knows it
    unsigned people;
    struct person *first; ///< of the run's people, `people` of them in a row; not owned
};

enum person_state { PERSON_AWAY, PERSON_JOINING, PERSON_IN, PERSON_GONE };

/** What Janus needs to know of one. */
struct person_janus {
    uint64_t session, up, down; ///< ids there
    uint64_t feed;              ///< under which it publishes
    bool subscribed, asking;    ///< `asking`: a subscription is under way
    bool publishing;
    unsigned known; ///< feeds that it has subscribed to
    uint64_t feeds[64];
    unsigned feed_count; ///< all that are there
    uint64_t there[64];
};

struct person {
    struct run *run;           ///< not owned
    struct room *room;         ///< not owned
    const struct crowd *crowd; ///< not owned
    unsigned number;
    enum person_state state;
    bool doomed;  ///< to be cleaned up when nothing of it is on the stack
    bool let_in;  ///< the server knows it
    bool greeted; ///< its answer came
    usec_t join_at, began_at, said_at, change_at;
    struct ws *ws;                     ///< owned
    struct peer *up, *down;            ///< owned; for salon one and the same
    unsigned ups;                      ///< peers that are connected
    unsigned wanted_ups;               ///< that must be, for it to be in
    unsigned width, told_width;        ///< at which it wants to be shown pictures, and said so
    char *up_resource, *down_resource; ///< owned: of WHIP and WHEP
    struct person_janus janus;
};

/** How a kind of server is spoken to. */
struct driver {
    /** Makes a room, waiting for it. NULL, or why not. */
    const char *(*open)(struct run *r, struct room *room);
    void (*join)(struct person *p);
    /** One of its peers can offer, or answer. */
    void (*gathered)(struct person *p, struct peer *peer);
    /** Says goodbye; its peers and socket are freed afterwards. */
    void (*leave)(struct person *p);
    /** Now and then while it is there. */
    void (*tick)(struct person *p, usec_t now);
};

extern const struct driver salon_driver, whip_driver, janus_driver;

struct run {
    const struct scenario *scenario; ///< not owned
    struct core core;
    const struct driver *driver;
    struct ws_pool *ws;
    struct rest *rest;
    char local[64]; ///< address clients send from; "": all
    unsigned rooms, people;
    struct room *room;     ///< owned
    struct person *person; ///< owned
    usec_t started_at, measured_at, ended_at;
    unsigned next;    ///< who joins next
    unsigned joining; ///< at the end: neither there nor failed
    double leaving;   ///< people who are to be replaced next
    bool stopped;     ///< by Ctrl-C
    struct process server, self;
};

/** Prepares: clips, rooms, people. 0, or -errno with a complaint. */
int run_open(struct run *r, const struct scenario *s, struct complaint *why);

/** Runs to its end, or until `*stop`. */
void run_all(struct run *r, const volatile int *stop);
void run_close(struct run *r);

/* person.c */

/** Begins to join, for the first time or again. */
void person_come(struct person *p);

/** Says goodbye and is gone. */
void person_go(struct person *p);

/** Now and then: gives up what takes too long. */
void person_tick(struct person *p, usec_t now);

/** Frees all that one has who failed; nothing of it may be on the stack. */
void person_clean_up(struct person *p);

/* person.c, for drivers */

/** Makes a peer of a person, who owns it. Publishes or receives what the crowd says. */
struct peer *person_peer(struct person *p, bool sends, bool receives);

/** It cannot join, or is thrown out. */
void person_fail(struct person *p, const char *why);

/** The server's answer came: its time to join ends here. */
void person_greeted(struct person *p);

/** Sends a JSON object, which is taken. */
void person_say(struct person *p, json_t *message);

/** A reason that begins with `what`, in a buffer of the caller's. */
const char *person_reason(char out[64], const char *what, const char *detail);

#endif
