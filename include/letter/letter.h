/**
 * Letters: what the two wings say to each other, as JSON objects on a Unix stream socket, each
 * with a 4-byte big-endian length before it.
 *
 * Every letter has one struct here, one parser and one writer in src/letter/. They are few and
 * small; everything crosses by id. A letter that does not parse is a bug of the other wing or
 * an attack on it: the receiver logs it, counts it and drops the connection.
 */
#ifndef LETTER_LETTER_H
#define LETTER_LETTER_H

#include "base/log.h"
#include "letter/agreement.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_VERSION    3
#define LETTER_MAX        (4u << 20) ///< bytes of JSON in one letter
#define LETTER_ID_SIZE    40         ///< bytes with the NUL of a room's or member's id
#define LETTER_WANTS      64         ///< wants in one letter
#define LETTER_SEATS      AGREE_MAX_MLINES
#define LETTER_TRACKS     AGREE_MAX_MLINES
#define LETTER_KEY        16          ///< bytes with the NUL of a note's key
#define LETTER_NOTE_MAX   (1u << 20)  ///< bytes of a note's text
#define LETTER_FLIGHT_MAX (64u << 10) ///< bytes of a recording in one letter

enum letter_type {
    // control to worker
    LETTER_ROOM_OPEN,
    LETTER_ROOM_CLOSE, ///< members go with it
    LETTER_MEMBER_JOIN,
    LETTER_MEMBER_AGREE, ///< answered by MEMBER_AGREED with the same `seq`
    LETTER_MEMBER_LEAVE,
    LETTER_TRACK_MUTE,
    LETTER_SLOT_WANT,
    LETTER_STATS_ASK,   ///< answered by STATS with the same `seq`
    LETTER_QUALITY_ASK, ///< of one room; answered by QUALITY with the same `seq`
    LETTER_FLIGHT_ASK,  ///< a block of a room's recording; answered by FLIGHT, same `seq`
    LETTER_DATA_OUT,    ///< a text for the member's "salon" channel
    LETTER_LOG_LEVEL,   ///< write lines of this level and worse
    LETTER_NOTE,        ///< keep this for the control that comes after; given back to it
    LETTER_QUIT,        ///< end the process in good order
    // worker to control
    LETTER_HELLO, ///< the worker's first letter on every connection
    LETTER_MEMBER_AGREED,
    LETTER_MEMBER_CONNECTED, ///< DTLS is up
    LETTER_MEMBER_GONE,      ///< the transport is lost; the member stays until MEMBER_LEAVE
    LETTER_SLOT_CHANGED,
    LETTER_SPEAKER,
    LETTER_STATS,
    LETTER_TRACK_DEMAND,
    LETTER_QUALITY,
    LETTER_FLIGHT,
    LETTER_DATA_IN, ///< what becomes of a member's data channels
    // … what a worker holds, told after HELLO to a control that is not its first
    LETTER_ROOM_HELD,   ///< a room; its NOTEs and members follow
    LETTER_MEMBER_HELD, ///< a member of it; its NOTEs, SLOT_CHANGED and TRACK_DEMAND follow
    LETTER_HELD_END,    ///< that was all
    LETTER_TYPE_COUNT
};

struct letter_hello {
    unsigned version;
    unsigned worker; ///< its number, 0..N-1
    int64_t pid;
    uint16_t port; ///< UDP
    char
        fingerprint[200]; ///< of its DTLS certificate, as in a=fingerprint: "sha-256 AB:CD:..."
    unsigned room_count, member_count;
};

struct letter_agree {
    uint64_t seq;
    struct agreement agreement; ///< owned
};

struct letter_agreed {
    uint64_t seq;
    char error[64]; ///< "" if it went well; else "unknown_member", "capacity", ...
};

struct letter_gone {
    uint32_t generation; ///< which peer connection of the member
    char reason[32];     ///< "consent_expired", "dtls_failed", "ice_timeout", "closed"
};

/** How a member that is held stands. */
struct letter_held {
    uint32_t generation; ///< of its peer connection; 0: nothing was agreed
    bool connected;      ///< DTLS has come up
    bool data_open;      ///< its "salon" channel is open
    char gone[32];       ///< why the transport is lost, as in letter_gone; "" if it is not
};

/** Something of control's that a worker keeps with a room, or with a member of it, as long as
 * that is there. It does not look into it. */
struct letter_note {
    char key[LETTER_KEY];
    char *text; ///< owned, UTF-8, at most LETTER_NOTE_MAX bytes; "" or NULL: forget it
};

struct letter_mute {
    enum media_source source;
    bool muted;
};

/**
 * What the client will show. Either of one slot (`mid`), or of one participant's source
 * whatever slot it sits on (`of`), or of both: this slot shall hold that participant and nobody
 * else.
 */
struct letter_want {
    char mid[AGREE_MID_SIZE]; ///< "" if not by slot
    char of[LETTER_ID_SIZE];  ///< "" if not by participant
    enum media_source source; ///< if `of` is set; camera by default
    uint16_t width, height;   ///< pixels; 0: no opinion, the best there is
    bool pinned;              ///< seat it before anyone else
    bool paused;              ///< send nothing
};

/** Who sits on a slot, and how well the picture is. */
struct letter_seat {
    char mid[AGREE_MID_SIZE];
    char of[LETTER_ID_SIZE];  ///< "" if the slot is empty
    enum media_source source; ///< if `of` is set
    char rid[AGREE_RID_SIZE]; ///< the layer given now, "" if none or without simulcast
    uint16_t width, height;   ///< of that layer, 0 if unknown
    char why[32]; ///< why it is not better: "source_limited", "codec_unsupported", ...; ""
};

/** Which layers of a track somebody watches, or may need at once: the others can be stopped at
 * their source. */
struct letter_demand {
    char mid[AGREE_MID_SIZE];
    enum media_source source;
    unsigned rid_count;                            ///< 0: nobody watches
    char rid[AGREE_MAX_ENCODINGS][AGREE_RID_SIZE]; ///< "" for a track without simulcast
};

#define LETTER_TEXT (64u << 10) ///< bytes of a text that comes or goes by a data channel

/** What DATA_IN tells. */
enum letter_data_what {
    DATA_OPEN,     ///< the member's "salon" channel is open
    DATA_CLOSED,   ///< … is not any more
    DATA_TEXT,     ///< `text` came on it
    DATA_RETURNED, ///< `text` of a DATA_OUT could not be sent: it is not open, or full
    DATA_TOO_SLOW, ///< a channel from `of` with the label `text` was closed: too much waited
    DATA_WHAT_COUNT
};

struct letter_data {
    enum letter_data_what what; ///< of DATA_IN
    char of[LETTER_ID_SIZE];    ///< of DATA_TOO_SLOW, else ""
    char *text;                 ///< owned, UTF-8, at most LETTER_TEXT bytes; NULL: ""
};

/** A block of a room's recording, as flight/flight.h gives it. */
struct letter_flight {
    uint64_t seq;
    uint64_t number; ///< FLIGHT_ASK: of the first block that is of use; FLIGHT: of this one
    uint64_t newest; ///< FLIGHT: of the last that there is
    uint8_t *bytes;  ///< FLIGHT: owned; NULL: there is none
    size_t len;      ///< at most LETTER_FLIGHT_MAX
};

/** One letter. Which member of the union holds is said by `type`. */
struct letter {
    enum letter_type type;
    char room[LETTER_ID_SIZE];   ///< "" where none applies
    char member[LETTER_ID_SIZE]; ///< "" where none applies
    union {
        struct letter_hello hello;
        struct letter_agree agree;
        struct letter_agreed agreed;
        struct letter_gone gone; ///< MEMBER_GONE; MEMBER_CONNECTED uses `generation` alone
        struct letter_mute mute;
        struct letter_held held;
        struct letter_note note;
        struct letter_flight flight;
        struct letter_data data; ///< DATA_IN; DATA_OUT uses `text` alone
        struct {
            unsigned count;
            struct letter_want *want; ///< owned
        } wants;
        struct {
            unsigned count;
            struct letter_seat *seat; ///< owned; only the slots that changed
        } seats;
        struct {
            char member[LETTER_ID_SIZE]; ///< "" for nobody
        } speaker;
        struct {
            uint64_t seq;
            json_t *body; ///< owned; NULL in STATS_ASK and QUALITY_ASK
        } stats;          ///< QUALITY and QUALITY_ASK too
        enum log_level log_level;
        struct {
            uint32_t generation; ///< which peer connection of the member
            unsigned count;
            struct letter_demand *track; ///< owned; all pictures it publishes
        } demand;
    } u;
};

/** Frees what `l` owns; `l` itself stays the caller's. */
void letter_fini(struct letter *l);

/** "room.open", "member.agree", ...: the value of "type" on the wire. */
const char *letter_name(enum letter_type type);

/**
 * Writes the frame of `l`: length and JSON, allocated, to be freed by the caller with free().
 * Returns its bytes, or -ENOMEM, or -EMSGSIZE.
 */
int64_t letter_write(const struct letter *l, uint8_t **frame);

/**
 * Parses one JSON text of `len` bytes (without its length prefix). Returns 0; -EINVAL and in
 * `*where` (a static string) the field that is wrong; or -ENOMEM. On error `*out` is zeroed.
 */
int letter_parse(const char *text, size_t len, struct letter *out, const char **where);

/** Collects a byte stream into frames. Zero it to begin; both wings use it. */
struct letter_reader {
    uint8_t *buf; ///< owned
    size_t len, cap;
    size_t taken; ///< bytes of `buf` already given out
};

void letter_reader_fini(struct letter_reader *r);

/**
 * Where the next bytes may be read to: at least `len`, until the next call. NULL without
 * memory; nothing was read then, and nothing is lost. letter_reader_came() tells how many have
 * come.
 */
uint8_t *letter_reader_space(struct letter_reader *r, size_t len);

/** `len` bytes are in the space. Returns 0, or -EMSGSIZE if a frame exceeds LETTER_MAX. */
int letter_reader_came(struct letter_reader *r, size_t len);

/** Appends what was read: both of these. Returns 0, -ENOMEM or -EMSGSIZE. */
int letter_reader_feed(struct letter_reader *r, const uint8_t *bytes, size_t len);

/**
 * Takes the next whole letter. Returns 1 with `*out` filled, 0 if more bytes are needed, or
 * what letter_parse() returned (the frame is consumed, but for want of memory: it can be taken
 * again), or -EMSGSIZE: this stream is lost.
 */
int letter_reader_next(struct letter_reader *r, struct letter *out, const char **where);

#endif
