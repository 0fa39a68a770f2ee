/**
 * Reads a recording, as the admin API gives it: a head, then blocks of records. Every byte may
 * be hostile.
 */
#ifndef FLIGHT_READ_H
#define FLIGHT_READ_H

#include "base/pack.h"
#include "flight/flight.h"

#define FLIGHT_FILE_HEAD 80 ///< bytes before the first block
#define FLIGHT_ROOM_SIZE 40

/** Who made it, of what. */
struct flight_file {
    usec_t wall;      ///< to be added to its times: microseconds since 1970; 0: not known
    char version[16]; ///< of salon
    char room[FLIGHT_ROOM_SIZE]; ///< the room's id
};

void flight_file_write(const struct flight_file *file, uint8_t out[FLIGHT_FILE_HEAD]);

/** One record. Owns nothing. */
struct flight_record {
    enum flight_type type;
    usec_t at;
    uint64_t block;      ///< its number
    bool anew;           ///< records before it are missing
    const uint8_t *body; ///< behind type and length
    size_t len;          ///< of it
};

struct flight_reader {
    const uint8_t *at, *end;      ///< of the file, not owned; `at`: the next block
    const uint8_t *record, *stop; ///< of the block being read
    uint64_t block, begun;        ///< its number; how many were begun
    usec_t now;
    bool anew;
    const char *wrong; ///< why reading ended before the end: static; NULL: it did not
};

/** Opens one. False: it is no recording. The bytes must live on. */
bool flight_open(struct flight_reader *r, const uint8_t *bytes, size_t len,
                 struct flight_file *file);

/** The next record; FLIGHT_TIME is not given, but in `at`. False at the end, or `r->wrong`. */
bool flight_next(struct flight_reader *r, struct flight_record *out);

/** "sent", "estimate", ... */
const char *flight_name(enum flight_type type);

/** A packet's record, taken apart. `body` must be long enough, as flight_next() sees to. */
void flight_read_sent(const struct flight_record *r, uint16_t *who, uint16_t *len,
                      uint16_t *seq);
void flight_read_came(const struct flight_record *r, struct flight_came *out);

#endif
