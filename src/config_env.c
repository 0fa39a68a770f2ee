/* What the environment says in place of the file: SALON_ and the key's path in capitals. */
#include "config_walk.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool config_env_name(const char *path, char out[CONFIG_PATH])
{
    static const char prefix[] = "SALON_";
    const size_t len = strlen(path);

    if (len == 0 || len >= CONFIG_PATH - sizeof prefix)
        return false;
    memcpy(out, prefix, sizeof prefix);
    for (size_t i = 0; i <= len; i++)
        out[sizeof prefix - 1 + i] = (char)(path[i] == '.' ? '_' : toupper((uint8_t)path[i]));
    return true;
}

static int take(const struct config_leaf *leaf, void *arg)
{
    struct check *check = arg;
    char name[CONFIG_PATH], *end;
    const char *value = config_env_name(leaf->path, name) ? getenv(name) : NULL;
    unsigned long number;

    if (!value)
        return 0;
    if (leaf->text) {
        config_set(leaf->text, value);
        return 0;
    }
    errno = 0;
    number = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno || number > UINT_MAX) {
        check_say(check, leaf->path, "is not a number");
        return -EINVAL;
    }
    *leaf->number = (unsigned)number;
    return 0;
}

int config_from_env(struct config *config, struct check *check)
{
    return config_walk(config, take, check);
}
