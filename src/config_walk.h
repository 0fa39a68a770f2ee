/** Every value of a configuration, by its path; what the environment says in place of the file.
 */
#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H

#include "config_check.h"

#include <cyaml/cyaml.h>

#define CONFIG_PATH 192 ///< bytes of a path or of a variable's name

/** In config.c: all keys there are. */
extern const cyaml_schema_value_t config_schema;

/** One value. One of the two pointers is set. */
struct config_leaf {
    const char *path; ///< "http.port", "media.announce.1" for the first
    char **text;      ///< its place; *text is NULL where none was given
    unsigned *number;
};

/** Calls `visit` for every value, also those that were not given, until it returns nonzero;
 *  returns that, or 0. */
int config_walk(struct config *config, int (*visit)(const struct config_leaf *leaf, void *arg),
                void *arg);

/** "http.port" becomes "SALON_HTTP_PORT". False for "", and if it is too long. */
bool config_env_name(const char *path, char out[CONFIG_PATH]);

/** Takes over what the environment says. -EINVAL with a line in check->why. */
int config_from_env(struct config *config, struct check *check);

/**
 * Calls `tell` once for every field that is not the same in both; of a list, once with the
 * list's path. 0 or -ENOMEM.
 */
int config_compare(struct config *one, struct config *other,
                   void (*tell)(const char *field, void *arg), void *arg);

#endif
