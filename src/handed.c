#include "handed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "SALON_HANDED"

/** True if it is one; it does not go on to our children. */
static bool listens(int fd)
{
    int yes = 0;
    socklen_t len = sizeof yes;

    return fd > STDERR_FILENO && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 &&
           yes && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

void handed_read(struct handed *h)
{
    const char *line = getenv(NAME);

    h->count = 0;
    while (line && *line && h->count < HANDED_MAX) {
        struct handed_socket *s = &h->socket[h->count];
        const size_t len = strcspn(line, "\n");
        char *end;
        const long fd = strtol(line, &end, 10);

        s->fd = (int)fd;
        s->port = (unsigned)strtoul(end, &end, 10);
        if (*end == ' ' && line + len - (end + 1) < (long)sizeof s->listen && listens(s->fd)) {
            (void)snprintf(s->listen, sizeof s->listen, "%.*s", (int)(line + len - (end + 1)),
                           end + 1);
            h->count++;
        }
        line += line[len] ? len + 1 : len;
    }
    (void)unsetenv(NAME);
}

int handed_take(struct handed *h, const char *listen, unsigned port)
{
    int found = 0;

    for (unsigned k = 0; k < h->count; k++) {
        struct handed_socket *s = &h->socket[k];

        if (s->fd > 0 && s->port == port && strcmp(s->listen, listen) == 0)
            found = s->fd;
        else if (s->fd > 0 && s->port == port && *listen != '/' && *s->listen != '/')
            (void)close(s->fd);
        else
            continue;
        s->fd = 0;
    }
    return found;
}

void handed_drop(struct handed *h)
{
    for (unsigned k = 0; k < h->count; k++) {
        if (h->socket[k].fd > 0)
            (void)close(h->socket[k].fd);
    }
    h->count = 0;
}

void handed_add(struct handed *h, int fd, const char *listen, unsigned port)
{
    struct handed_socket *s = &h->socket[h->count];

    if (h->count == HANDED_MAX || strlen(listen) >= sizeof s->listen ||
        fcntl(fd, F_SETFD, 0) < 0)
        return; // it is opened anew then
    s->fd = fd;
    s->port = port;
    (void)snprintf(s->listen, sizeof s->listen, "%s", listen);
    h->count++;
}

int handed_write(const struct handed *h)
{
    char text[HANDED_MAX * 160];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned k = 0; k < h->count; k++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%d %u %s\n", h->socket[k].fd,
                              h->socket[k].port, h->socket[k].listen);
    return setenv(NAME, text, 1) ? -ENOMEM : 0;
}
