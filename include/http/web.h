/** The files of src/web, compiled into the executable, under /static/. */
#ifndef HTTP_WEB_H
#define HTTP_WEB_H

#include "http/http.h"

#define WEB_ETAG_SIZE 32 ///< of an ETag with its quotes, and W/ before it

struct web_file {
    const char *name; ///< relative to src/web: "room.html", "lib/salon.js"
    const char *type; ///< Content-Type
    const char *etag; ///< with its quotes
    const unsigned char *data;
    size_t len;
    const unsigned char *gzip; ///< the same, packed (RFC 1952)
    size_t gzip_len;
};

/** Sorted by name; made by tools/embed.py. */
extern const struct web_file web_files[];
extern const size_t web_file_count;

/** The file of this name, or NULL. */
const struct web_file *web_file(const char *name);

/** Answers with a file, packed if the client takes that, or with 304 if it has it already. */
void web_reply(struct http_req *req, const struct web_file *file);

/** Whether this Accept-Encoding (NULL: none was sent) takes gzip. */
bool web_takes_gzip(const char *accepted);

/** Serves them: GET /static/{name}, with an ETag. */
void web_routes(struct http *http);

#endif
