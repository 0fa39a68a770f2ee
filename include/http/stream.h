/** Answers without an end: server-sent events. On the control wing's loop. */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/http.h"

struct http_stream;

#define HTTP_STREAM_MAX 65536 ///< bytes that may wait for a client that reads too slowly

/**
 * Answers 200 with `type` and goes on (chunked; Cache-Control: no-store). The request is ended
 * by it. `gone` runs once, when the client or the server has closed, not after
 * http_stream_close(). NULL without memory: then the request was answered with a problem.
 */
struct http_stream *http_stream_open(struct http_req *req, const char *type,
                                     void (*gone)(void *ctx), void *ctx);

/** Sends bytes. False: more than HTTP_STREAM_MAX wait; the stream is being closed, `gone` runs.
 */
bool http_stream_send(struct http_stream *s, const char *bytes, size_t len);

/** Ends it. */
void http_stream_close(struct http_stream *s);

#endif
