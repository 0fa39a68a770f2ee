#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void listen_peer(const struct sockaddr_storage *sa, char out[HTTP_ADDRESS_SIZE])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; // RFC 4291 section 2.5.5.2
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    out[0] = '\0';
    if (sa->ss_family == AF_UNIX) { // on this machine, whoever it is
        memcpy(out, "127.0.0.1", sizeof "127.0.0.1");
        return;
    }
    if (sa->ss_family == AF_INET) {
        memcpy(&v4, sa, sizeof v4);
        (void)inet_ntop(AF_INET, &v4.sin_addr, out, HTTP_ADDRESS_SIZE);
        return;
    }
    memcpy(&v6, sa, sizeof v6);
    if (memcmp(v6.sin6_addr.s6_addr, mapped, sizeof mapped) == 0)
        (void)inet_ntop(AF_INET, v6.sin6_addr.s6_addr + sizeof mapped, out, HTTP_ADDRESS_SIZE);
    else
        (void)inet_ntop(AF_INET6, &v6.sin6_addr, out, HTTP_ADDRESS_SIZE);
}

static bool is_path(const struct http_conf *conf)
{
    return conf->listen[0] == '/';
}

void listen_end(const struct http_conf *conf)
{
    if (is_path(conf))
        (void)unlink(conf->listen);
}

static int listen_path(const struct http_conf *conf)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    const size_t len = strlen(conf->listen);
    mode_t mask;
    int fd, error = 0;

    if (len >= sizeof sa.sun_path)
        return -ENAMETOOLONG;
    memcpy(sa.sun_path, conf->listen, len + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    (void)unlink(conf->listen); // of one that was killed
    mask = umask(077);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) || listen(fd, SOMAXCONN))
        error = -errno;
    (void)umask(mask);
    if (error)
        close(fd);
    return error ? error : fd;
}

static int make_address(const struct http_conf *conf, struct sockaddr_storage *out,
                        socklen_t *len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, conf->listen, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(conf->port);
        *len = sizeof *v4;
        return 0;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(conf->port);
    *len = sizeof *v6;
    return *conf->listen == '\0' || inet_pton(AF_INET6, conf->listen, &v6->sin6_addr) == 1
               ? 0
               : -EINVAL;
}

int listen_on(const struct http_conf *conf, uint16_t *port)
{
    struct sockaddr_storage sa;
    socklen_t len;
    int one = 1, zero = 0;
    int error = make_address(conf, &sa, &len);
    int fd;

    if (is_path(conf))
        return listen_path(conf);
    if (error)
        return error;
    fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno == EAFNOSUPPORT && *conf->listen == '\0') {
        struct http_conf v4 = *conf; // a machine without IPv6

        v4.listen = "0.0.0.0";
        return listen_on(&v4, port);
    }
    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (sa.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, (struct sockaddr *)&sa, len) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (struct sockaddr *)&sa, &len)) {
        error = -errno;
        close(fd);
        return error;
    }
    *port = ntohs(((struct sockaddr_in *)&sa)->sin_port); // at the same place in both families
    return fd;
}

int listen_go_on(const struct http_conf *conf, uint16_t *port)
{
    struct sockaddr_in6 sa = {0};
    socklen_t len = sizeof sa;

    if (getsockname(conf->listen_fd, (struct sockaddr *)&sa, &len))
        return -errno;
    if (!is_path(conf)) // at the same place in both families
        *port = ntohs(sa.sin6_port);
    return conf->listen_fd;
}
