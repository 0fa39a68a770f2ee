#include "cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int cmd_fail(const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    (void)fprintf(stderr, "salon: %s\n", line);
    return EXIT_FAILURE;
}

int cmd_usage(int option, const char *usage)
{
    (void)fputs(usage, option == 'h' ? stdout : stderr);
    return option == 'h' ? EXIT_SUCCESS : EXIT_WRONG_USE;
}

char *cmd_dev_state(void)
{
    const char *base = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    int n;

    if (base && *base == '/')
        n = asprintf(&path, "%s/salon", base);
    else
        n = asprintf(&path, "%s/.local/state/salon", home ? home : "/tmp");
    if (n < 0)
        abort();
    return path;
}

int cmd_make_folder(const char *path)
{
    char *copy = strdup(path);
    int error = 0;

    if (!copy)
        return -ENOMEM;
    for (char *p = copy + 1; error == 0; p++) {
        char c = *p;

        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST)
            error = -errno;
        *p = c;
        if (c == '\0')
            break;
    }
    free(copy);
    return error;
}

int cmd_open_links(const struct config *config, int busy_ms, struct store **store,
                   struct links **links, char *why, size_t why_size)
{
    char path[4096], key[4096];
    struct links_conf conf = {.key_file = config->server_key,
                              .public_url = config->http.public_url,
                              .bare_prefix = config->http.bare_links};
    int error = cmd_make_folder(config->state);

    if (error) {
        (void)snprintf(why, why_size, "cannot make the state folder %s: %s", config->state,
                       strerror(-error));
        return error;
    }
    (void)snprintf(path, sizeof path, "%s/salon.db", config->state);
    (void)snprintf(key, sizeof key, "%s/server.key", config->state);
    if (!conf.key_file)
        conf.key_file = key;
    error = store_open(path, busy_ms, store, why, why_size);
    if (error)
        return error;
    conf.store = *store;
    error = links_open(&conf, links, why, why_size);
    if (error)
        store_close(*store);
    return error;
}
