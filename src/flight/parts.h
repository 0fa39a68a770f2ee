/** Records taken apart: one struct and one reader each. */
#ifndef FLIGHT_PARTS_H
#define FLIGHT_PARTS_H

#include "base/media.h"
#include "cc/choose.h"
#include "cc/state.h"
#include "flight/read.h"

#define PART_TEXT    64
#define PART_STREAMS 4

struct part_member {
    char id[PART_TEXT];
    bool up; ///< its transport
};

struct part_peer {
    bool up;
    char why[PART_TEXT]; ///< it is gone; "" if it is not
};

struct part_stream {
    char rid[PART_TEXT];
    unsigned width, height;
};

struct part_track {
    unsigned place, kind, source;
    bool muted;
    char mid[PART_TEXT];
    unsigned count;
    struct part_stream stream[PART_STREAMS];
};

struct part_slot {
    unsigned place, kind, role, pair;
    bool off;
    char mid[PART_TEXT];
    unsigned of, track; ///< whose, and which of his, if `stream`
    unsigned stream;    ///< from 1; 0: none is shown
};

/** Of FLIGHT_MUTE, _UPLINK, _ASKED, _WISHED, _BEGAN, _GAVE_UP, _REMB, _DEMAND and _SHARE: in
 * the order in which src/room/record.c and record_line.c write them. */
struct part_numbers {
    uint64_t at[5];
};

struct part_estimate {
    struct estimate is;
    bool trusted;
    uint64_t given_bps, pace_bps;
};

struct part_choice {
    unsigned place;
    uint16_t of;
    struct choose_in in;
    struct choose_out out;
};

/** Whom a record is about. False: it makes no sense. */
bool part_who(const struct flight_record *r, uint16_t *who);

// Each: false if it is no whole record of its type.
bool part_member(const struct flight_record *r, struct part_member *out);
bool part_peer(const struct flight_record *r, struct part_peer *out);
bool part_track(const struct flight_record *r, struct part_track *out);
bool part_slot(const struct flight_record *r, struct part_slot *out);
bool part_estimate(const struct flight_record *r, struct part_estimate *out);
bool part_choice(const struct flight_record *r, struct part_choice *out);
bool part_probe(const struct flight_record *r, struct estimator_probe *out);

/** Of a type that has `n` numbers. */
bool part_numbers(const struct flight_record *r, unsigned n, struct part_numbers *out);

#endif
