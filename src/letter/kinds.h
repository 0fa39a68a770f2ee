/** One row a letter: its name, its address and how its body is read and written. */
#ifndef LETTER_KINDS_H
#define LETTER_KINDS_H

#include "fields.h"
#include "letter/letter.h"

/** Whom a letter concerns. */
enum address {
    TO_WORKER, ///< nobody in particular; ids may be given (stats) or not
    TO_ROOM,   ///< `room` must be given
    TO_MEMBER, ///< `room` and `member` must be given
};

struct letter_kind {
    const char *name;
    enum address address;
    /** Reads the body's fields into `out`; NULL if there is none. Returns 0 or -ENOMEM. */
    int (*read)(struct fields *f, struct letter *out);
    /** Adds the body's fields to `body`; NULL if there is none. Returns 0, or -1 without
     * memory. */
    int (*write)(const struct letter *l, json_t *body);
};

extern const struct letter_kind letter_kind[LETTER_TYPE_COUNT];

int letter_read_hello(struct fields *f, struct letter *out);
int letter_read_agree(struct fields *f, struct letter *out);
int letter_read_agreed(struct fields *f, struct letter *out);
int letter_read_connected(struct fields *f, struct letter *out);
int letter_read_gone(struct fields *f, struct letter *out);
int letter_read_mute(struct fields *f, struct letter *out);
int letter_read_wants(struct fields *f, struct letter *out);
int letter_read_seats(struct fields *f, struct letter *out);
int letter_read_speaker(struct fields *f, struct letter *out);
int letter_read_stats_ask(struct fields *f, struct letter *out);
int letter_read_stats(struct fields *f, struct letter *out);
int letter_read_demand(struct fields *f, struct letter *out);

int letter_read_log_level(struct fields *f, struct letter *out);
int letter_read_data_in(struct fields *f, struct letter *out);
int letter_read_data_out(struct fields *f, struct letter *out);
int letter_read_note(struct fields *f, struct letter *out);
int letter_read_held(struct fields *f, struct letter *out);
int letter_read_flight_ask(struct fields *f, struct letter *out);
int letter_read_flight(struct fields *f, struct letter *out);

int letter_write_log_level(const struct letter *l, json_t *body);
int letter_write_data_in(const struct letter *l, json_t *body);
int letter_write_data_out(const struct letter *l, json_t *body);
int letter_write_note(const struct letter *l, json_t *body);
int letter_write_held(const struct letter *l, json_t *body);
int letter_write_flight_ask(const struct letter *l, json_t *body);
int letter_write_flight(const struct letter *l, json_t *body);
int letter_write_hello(const struct letter *l, json_t *body);
int letter_write_agree(const struct letter *l, json_t *body);
int letter_write_agreed(const struct letter *l, json_t *body);
int letter_write_connected(const struct letter *l, json_t *body);
int letter_write_gone(const struct letter *l, json_t *body);
int letter_write_mute(const struct letter *l, json_t *body);
int letter_write_wants(const struct letter *l, json_t *body);
int letter_write_seats(const struct letter *l, json_t *body);
int letter_write_speaker(const struct letter *l, json_t *body);
int letter_write_stats_ask(const struct letter *l, json_t *body);
int letter_write_stats(const struct letter *l, json_t *body);
int letter_write_demand(const struct letter *l, json_t *body);

#endif
