/** The table of all that a scenario can say; flags and YAML read the same one. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "scenario.h"

enum option_level { OPTION_RUN, OPTION_ROOM, OPTION_PEOPLE };

struct option_def {
    const char *name;
    enum option_level level;
    bool (*set)(void *at, const char *value); ///< false: the value is wrong
    size_t offset;    ///< of `at` in struct scenario, room_kind or crowd
    const char *help; ///< the value's form, then what it is
};

/** NULL if there is none of that name at that level. */
const struct option_def *option_find(const char *name, enum option_level level);

/** The table, ended by a NULL name. */
const struct option_def *option_table(void);

/** A room's shape ("conference", "12") fills it with people like `usual`. False: wrong. */
bool option_shape(struct room_kind *r, const char *shape, const char *value,
                  const struct crowd *usual);

/** Shapes and their help, ended by NULL. */
extern const char *const option_shapes[][2];

#endif
