/** What a client says, parsed. Parsing knows no session: it is what the fuzz target drives. */
#ifndef SIGNAL_MESSAGE_H
#define SIGNAL_MESSAGE_H

#include "call/call.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNAL_FIELD_SIZE 64

struct signal_session;

/** One request. Strings point into `root`. */
struct signal_request {
    const struct signal_message *message; ///< its row in the table, NULL if it has none
    int64_t id;                           ///< 0: none
    json_t *root;                         ///< owned
    union {
        struct {
            const char *link, *name, *token, *host, *lang; ///< all but `link` may be NULL
        } join;
        struct {
            const char *participant, *secret;
            uint64_t chat_after;
        } resume;
        struct {
            uint64_t after;
        } history;
        struct {
            const char *sdp;
            size_t len;
            unsigned hint_count;
            struct sdp_hint *hint; ///< owned
        } offer;
        struct {
            enum media_source source;
            bool muted;
            const char *participant; ///< NULL: itself
            bool everyone;           ///< all others
        } mute;
        struct {
            const char *participant; ///< NULL: all
        } knock;
        struct {
            const char *participant;
        } remove;
        struct {
            bool locked;
        } lock;
        struct {
            unsigned count;
            struct letter_want *want; ///< owned, LETTER_WANTS of them
        } want;
        struct {
            const char *text, *to; ///< `to` may be NULL
        } chat;
        struct {
            const char *reaction;
        } react;
        struct {
            const char *ref;
        } invite;
        struct {
            const char *id;
        } uninvite;
        struct {
            const char *name; ///< NULL: as it is
            bool has_hand, hand;
        } update;
    } u;
};

/** Why a request is refused. */
struct signal_error {
    const char *reason;            ///< static, of docs/signalling.md
    char field[SIGNAL_FIELD_SIZE]; ///< JSON pointer, "" if none
    const char *detail;            ///< NULL or "": the reason's own sentence
    unsigned line;                 ///< of an SDP, 0 if none
    unsigned retry_after_s;        ///< 0 if none
};

/** When a request makes sense. */
enum signal_when { WHEN_FRESH, WHEN_JOINED, WHEN_ALWAYS };

/** One row: `parse` reads the fields beside `type` and `id`, `run` does it. */
struct signal_message {
    const char *name;
    enum signal_when when;
    bool (*parse)(const json_t *root, struct signal_request *out, struct signal_error *err);
    void (*run)(struct signal_session *session, const struct signal_request *request);
};

/** The row of this name, or NULL. */
const struct signal_message *signal_message_find(const char *name);

/**
 * Parses one text frame. False if it is refused: then `*err` says why, and `out->id` is the
 * request's, if it could be read. Free with signal_request_fini() either way.
 */
bool signal_parse(const char *text, size_t len, struct signal_request *out,
                  struct signal_error *err);

void signal_request_fini(struct signal_request *r);

/** The `parse`s of the table, in parse.c. */
bool parse_nothing(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_join(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_resume(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_offer(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_candidate(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_mute(const json_t *root, struct signal_request *out, struct signal_error *err);
/** `admit` and `deny`: one, or all. */
bool parse_knock(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_remove(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_lock(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_want(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_chat(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_history(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_invite(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_uninvite(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_react(const json_t *root, struct signal_request *out, struct signal_error *err);
bool parse_update(const json_t *root, struct signal_request *out, struct signal_error *err);

#endif
