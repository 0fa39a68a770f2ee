#include "session.h"

#include <stdio.h>
#include <string.h>

#define LINK_MAX  512  ///< bytes of one header
#define LINKS_MAX 2048 ///< of all: there is room for 4 KiB of headers

/** A quoted-string (RFC 9110 section 5.6.4). False if it does not fit. */
static bool put_quoted(FILE *out, const char *name, const char *value)
{
    if (!value)
        return true;
    bool ok = fprintf(out, "; %s=\"", name) > 0;
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            ok = fputc('\\', out) != EOF && ok;
        ok = fputc(*value, out) != EOF && ok;
    }
    return fputc('"', out) != EOF && ok;
}

static size_t add_one(struct http_req *req, const char *url, const json_t *server, size_t left)
{
    char text[LINK_MAX];
    const char *username = json_string_value(json_object_get(server, "username"));
    const char *credential = json_string_value(json_object_get(server, "credential"));
    FILE *out = fmemopen(text, sizeof(text), "w");
    if (!out)
        return 0;
    bool ok = fprintf(out, "<%s>; rel=\"ice-server\"", url) > 0 &&
              put_quoted(out, "username", username) &&
              put_quoted(out, "credential", credential) &&
              put_quoted(out, "credential-type", credential ? "password" : NULL);
    const long len = ftell(out);
    ok = fclose(out) == 0 && ok && len > 0 && len < LINK_MAX && (size_t)len <= left;
    if (!ok) // longer than anyone's header should be: leave it out
        return 0;
    text[len] = '\0';
    http_set(req, "Link", text);
    return (size_t)len;
}

void whip_add_ice_links(struct http_req *req, const json_t *servers)
{
    size_t left = LINKS_MAX;
    size_t i;
    const json_t *server;
    json_array_foreach(servers, i, server)
    {
        const json_t *urls = json_object_get(server, "urls");
        if (json_is_string(urls))
            left -= add_one(req, json_string_value(urls), server, left);
        for (size_t k = 0; k < json_array_size(urls); k++) {
            const char *url = json_string_value(json_array_get(urls, k));
            if (url)
                left -= add_one(req, url, server, left);
        }
    }
}
