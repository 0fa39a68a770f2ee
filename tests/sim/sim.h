/**
 * A whole worker and its clients in a simulated network: one seed, one clock, no socket.
 *
 *   clients ── link up ──▶ worker_on_datagrams() ──▶ flush ── link down ──▶ clients
 *                              ▲        │ post
 *           letters, through their JSON │▼ what control was told
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "client.h"
#include "net.h"

#include "worker/worker.h"

#define SIM_CLIENTS 128
#define SIM_ROOM    "room"

/** What control was told of one client. */
struct sim_told {
    unsigned agreed, refused;
    char refusal[64];
    uint32_t connected; ///< generation, 0: never
    uint32_t gone;      ///< likewise
    char gone_why[32];
    usec_t gone_at;
    unsigned data_letters[DATA_WHAT_COUNT];
    bool data_open;                               ///< its channel "salon"
    char data_text[512], data_of[LETTER_ID_SIZE]; ///< of the last such letter
    unsigned seat_letters;                        ///< in all
    unsigned demand_letters;
    struct letter_seat seat[CLIENT_SINKS];
    unsigned seat_changes[CLIENT_SINKS]; ///< somebody else sat down there
};

struct sim {
    uint64_t seed;
    struct rng rng;
    usec_t now;
    const char *name; ///< of the scenario
    struct worker *worker;
    struct dtls_ctx *server_dtls; ///< not owned
    struct client_env env;
    struct net net;
    unsigned count;
    struct client *client[SIM_CLIENTS]; ///< owned; NULL: left
    struct link up[SIM_CLIENTS], down[SIM_CLIENTS];
    struct sim_told told[SIM_CLIENTS];
    char speaker[LETTER_ID_SIZE];
    unsigned speaker_letters;
    uint64_t seq;
    json_t *stats;       ///< owned; of the last STATS
    json_t *quality;     ///< owned; of the last QUALITY
    unsigned complaints; ///< that were taken down only, with `forgiving`
    bool forgiving;
    struct udp_batch *rx; ///< owned
    /** Sees every datagram that a client is sent, before its link; may be NULL. */
    void (*tap)(struct sim *s, unsigned who, const uint8_t *bytes, size_t len);
    void *tap_data;
    /** Is told when the worker calls what is not the worker (true), and when that is done. */
    void (*outside)(bool begins);
};

typedef void (*sim_scenario)(struct sim *s);

/** Runs a scenario over `seeds` seeds, or SEEDS times as many, or a SEEDS_PART-th of them, or
 * only the one of SEED. */
void sim_each_seed(const char *name, sim_scenario run, unsigned seeds);

/** One run, for who has no use for the above: a fuzz target. */
struct sim *sim_begin(const char *name, uint64_t seed);
void sim_end(struct sim *s);

/** Fails the test and says how to repeat it. */
void sim_fail(const struct sim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

#define sim_check(s, claim, ...)                                                               \
    do {                                                                                       \
        if (!(claim)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #claim);                  \
            sim_fail((s), __VA_ARGS__);                                                        \
        }                                                                                      \
    } while (0)

/** Adds a client with 20..60 ms of delay, not yet in the room. */
struct client *sim_client(struct sim *s, const struct client_conf *conf);

/** It joins (if it has not) and agrees to what it publishes and receives now. */
void sim_join(struct sim *s, struct client *c);
void sim_agree(struct sim *s, struct client *c);

/** Leaves and is freed. */
void sim_leave(struct sim *s, struct client *c);

/** A letter from control, through its JSON. Takes ownership of what `l` owns. */
void sim_letter(struct sim *s, struct letter *l);
void sim_mute(struct sim *s, const struct client *c, enum media_source source, bool muted);
void sim_want(struct sim *s, const struct client *c, const struct letter_want *want);

/** The worker's counter `name`, or of a group "dropped.name". */
int64_t sim_stat(struct sim *s, const char *name);

/** What the worker says of this client in QUALITY: a borrowed object; NULL if nothing. */
const json_t *sim_quality(struct sim *s, const struct client *c);

/** Lets time pass. */
void sim_run(struct sim *s, usec_t span);
/** Until everybody who joined is connected; fails after 20 s. */
void sim_settle(struct sim *s);

/** Both of the client's links. */
void sim_links(struct sim *s, const struct client *c, const struct link *as);

/** Bytes to the worker as if from `from` (NULL: the client's address). */
void sim_inject(struct sim *s, const struct client *c, const struct sockaddr_in6 *from,
                const uint8_t *bytes, size_t len);

struct sim_told *sim_told(struct sim *s, const struct client *c);

/** What control was told of the seat of this sink. */
struct letter_seat *sim_seat(struct sim *s, const struct client *c, const struct sink *k);

/** The sink of this kind on which `of`'s source plays now, as control was told; or NULL. */
struct sink *sim_find(struct sim *s, const struct client *c, const struct client *of,
                      enum media_source source);

/** A usual participant: microphone, camera, and `pairs` pairs of slots. */
struct client *sim_person(struct sim *s, const struct client_conf *conf, enum media_codec codec,
                          unsigned layers, unsigned pairs);

#endif
