/** The listening socket, and who comes in by it. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "http/http.h"

#include <sys/socket.h>

/** Returns a listening socket and in `*port` its port, or -errno. */
int listen_on(const struct http_conf *conf, uint16_t *port);

/** The same with the socket that `conf` names. */
int listen_go_on(const struct http_conf *conf, uint16_t *port);

/** After closing it: removes a Unix socket's name. */
void listen_end(const struct http_conf *conf);

/** The address of a peer as text; IPv4 as such, even on a socket of both families. */
void listen_peer(const struct sockaddr_storage *sa, char out[HTTP_ADDRESS_SIZE]);

#endif
