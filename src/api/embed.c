/*
 * Rooms in the pages of others: the script that opens them there, and oEmbed, by which editors
 * turn a pasted link into a frame. Neither looks a room up: nothing is learned of any.
 */
#include "inner.h"

#include "base/text.h"
#include "http/web.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH     800 ///< CSS pixels, without a wish
#define HEIGHT    600
#define CACHE_S   86400
#define SIDE_SIZE 24

char *api_embed_html(const char *url, const char *width, const char *height)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = text_open(&text, &len);

    if (!f)
        return NULL;
    (void)fputs("<iframe src=\"", f);
    text_html(f, url);
    (void)fprintf(f,
                  "\" width=\"%s\" height=\"%s\" allow=\"camera; microphone; display-capture; "
                  "autoplay; fullscreen; picture-in-picture\" style=\"border:0\"></iframe>",
                  width, height);
    return fclose(f) == 0 ? text : NULL;
}

static void show_script(struct http_req *req, void *ctx)
{
    const struct web_file *file = web_file("embed.js");

    (void)ctx;
    if (file)
        web_reply(req, file);
    else
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
}

/**
 * The room's link in `given`, without query and fragment (they may hold somebody's secret);
 * false: it has not the form of one of ours.
 */
static bool take_link(const struct http_req *req, const char *given, char *out, size_t size)
{
    const char *public_url = http_public_url(req);
    const size_t base = strlen(public_url), len = given ? strcspn(given, "?#") : 0;
    const char *path;

    if (len <= base + 3 || len >= size || strncmp(given, public_url, base) != 0)
        return false;
    path = given + base;
    if (strncmp(path, "/r/", 3) != 0 && strncmp(path, "/i/", 3) != 0 &&
        strncmp(path, "/b/", 3) != 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)given[i]) && !strchr(":/[]-_.~%", given[i]))
            return false;
    memcpy(out, given, len);
    out[len] = '\0';
    return true;
}

/** maxwidth and maxheight of the query; `usual` where they allow it. False: not a number. */
static bool take_side(const struct http_req *req, const char *name, long usual, long *out)
{
    const char *text = http_query(req, name);
    char *end;

    *out = usual;
    if (!text)
        return true;
    if (!isdigit((unsigned char)*text) || strlen(text) > 6)
        return false;
    *out = strtol(text, &end, 10);
    if (*end || *out == 0)
        return false;
    *out = *out > usual ? usual : *out;
    return true;
}

static void reply_frame(struct http_req *req, const char *url, long width, long height)
{
    char w[SIDE_SIZE], h[SIDE_SIZE];
    char *html;

    (void)snprintf(w, sizeof w, "%ld", width);
    (void)snprintf(h, sizeof h, "%ld", height);
    html = api_embed_html(url, w, h);
    if (html)
        http_reply_json(req, 200,
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "version", "1.0",
                                  "type", "rich", "provider_name", "salon", "provider_url",
                                  http_public_url(req), "html", html, "width", (int)width,
                                  "height", (int)height, "cache_age", CACHE_S));
    else
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    free(html);
}

/** https://oembed.com/ section 2.2 and 2.3. */
static void oembed(struct http_req *req, void *ctx)
{
    static const char no_xml[] = "only format=json is implemented\n";
    const char *format = http_query(req, "format");
    char url[LINKS_URL_SIZE];
    long width, height;

    (void)ctx;
    if (format && strcmp(format, "json") != 0)
        http_reply(req, 501, "text/plain; charset=utf-8", no_xml, sizeof no_xml - 1);
    else if (!take_side(req, "maxwidth", WIDTH, &width) ||
             !take_side(req, "maxheight", HEIGHT, &height))
        http_problem(req, PROBLEM_INVALID_FIELD, "maxwidth, maxheight", NULL);
    else if (!take_link(req, http_query(req, "url"), url, sizeof url))
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    else
        reply_frame(req, url, width, height);
}

void api_embed_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/embed.js", show_script, 0, HTTP_QUIET | HTTP_CORS},
        {"GET", "/oembed", oembed, 0, HTTP_CORS},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
