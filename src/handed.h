/**
 * What this process hands to the program that it becomes: its listening sockets. Who connects
 * in between waits in their queues.
 *
 * They go by the environment (SALON_HANDED), a line "descriptor port address" each.
 */
#ifndef HANDED_H
#define HANDED_H

#define HANDED_MAX 4

struct handed_socket {
    int fd;
    unsigned port;
    char listen[108]; ///< as configured: an address, "" for any, or a path
};

struct handed {
    struct handed_socket socket[HANDED_MAX];
    unsigned count;
};

/** At the start: takes what the program before has left, and its line out of the environment.
 */
void handed_read(struct handed *h);

/**
 * The socket that listens there, from now on the caller's; 0: there is none. One of another
 * address and the same port is closed, as it stands in the way.
 */
int handed_take(struct handed *h, const char *listen, unsigned port);

/** Closes what nobody took. */
void handed_drop(struct handed *h);

/** At the end: one more. Its descriptor stays open over execve() from here on. */
void handed_add(struct handed *h, int fd, const char *listen, unsigned port);

/** Writes the environment. 0 or -ENOMEM. */
int handed_write(const struct handed *h);

#endif
