/** The certificate, and the one that takes its place while we run. */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "conn.h"

/** libwebsockets has made the context of our connections. */
void tls_take(struct http *http, struct ssl_ctx_st *tls);

void tls_fini(struct http *http);

#endif
