/** The files of src/web, compiled into the executable, under /static/. */
#ifndef HTTP_WEB_H
#define HTTP_WEB_H

#include "http/http.h"

struct web_file {
    const char *name; ///< relative to src/web: "room.html", "lib/salon.js"
    const char *type; ///< Content-Type
    const char *etag; ///< with its quotes
    const unsigned char *data;
    size_t len;
};

/** Sorted by name; made by tools/embed.py. */
extern const struct web_file web_files[];
extern const size_t web_file_count;

/** The file of this name, or NULL. */
const struct web_file *web_file(const char *name);

/** Serves them: GET /static/{name}, with an ETag. */
void web_routes(struct http *http);

#endif
