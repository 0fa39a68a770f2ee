/*
 * What a browser or a mail can fetch without a key: a calendar's event, the link as a QR code.
 * The address is signed and lives for a day; it shows the link, and who made it had the link.
 */
#include "inner.h"

#include "base/digest.h"
#include "base/text.h"
#include "cal/cal.h"

#include <errno.h>
#include <inttypes.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_TTL_S  86400
#define SIGN_CHARS 26 ///< 130 bits
#define QUIET      4  ///< modules around a QR code (ISO/IEC 18004)

/** For one version of the link: who had the old one does not get the new one by it. */
static void sign(const struct api *api, const struct links_room *room, int64_t until,
                 char out[SIGN_CHARS + 1])
{
    char purpose[LINKS_ID_SIZE + 64];
    uint8_t mac[32];

    (void)snprintf(purpose, sizeof purpose, "share|%s|%u|%" PRId64, room->id,
                   room->link_version, until);
    links_derive(api->conf.links, purpose, mac);
    text_base32(mac, sizeof mac, SIGN_CHARS, out);
}

json_t *api_share_file_url(const struct api *api, const struct http_req *req,
                           const struct links_room *room, const char *file)
{
    // Rounded, so that the same room's JSON stays the same for a while.
    const int64_t until = (api_now() / 3600 + 1) * 3600 + URL_TTL_S;
    char signature[SIGN_CHARS + 1];

    sign(api, room, until, signature);
    return json_sprintf("%s/s/%s/%lld/%s/%s", http_public_url(req), room->id, (long long)until,
                        signature, file);
}

/* ---- the files ---- */

static bool take_time(const struct http_req *req, const char *name, int64_t *out)
{
    const char *text = http_query(req, name);

    return text && body_parse_time(text, out);
}

static void reply_event(struct api *api, struct http_req *req, const struct links_room *room)
{
    const char *summary = http_query(req, "summary");
    const bool french = strcmp(http_lang(req), "fr") == 0;
    const char *label = french ? "Visioconférence" : "Video meeting";
    struct cal_made made = {.now = api_now(), .id = room->id, .label = label};
    struct links_caller caller = {0};
    char url[LINKS_URL_SIZE], uid[LINKS_ID_SIZE + 64];
    char *body, *text;

    if (!take_time(req, "start", &made.start) || !take_time(req, "end", &made.end) ||
        made.end < made.start) {
        http_problem(req, PROBLEM_INVALID_FIELD, "start, end: 2026-01-31T12:00:00Z", NULL);
        return;
    }
    if (summary && (strlen(summary) > 800 || !text_one_line(summary, strlen(summary)))) {
        http_problem(req, PROBLEM_INVALID_FIELD, "summary", NULL);
        return;
    }
    links_url(api->conf.links, room, url);
    (void)snprintf(uid, sizeof uid, "%s@salon", room->id);
    memcpy(caller.tenant.id, room->tenant, sizeof caller.tenant.id);
    body = api_share_text(api, req, &caller, room);
    made.uid = *room->event_ref ? room->event_ref : uid;
    made.summary = summary ? summary : *room->title ? room->title : label;
    made.url = url;
    made.text = body ? body : url;
    text = cal_make(&made);
    http_set(req, "Content-Disposition", "attachment; filename=\"event.ics\"");
    http_set(req, "Cache-Control", "no-store");
    if (text)
        http_reply(req, 200, "text/calendar; charset=utf-8", text, strlen(text));
    else
        http_reply(req, 503, NULL, NULL, 0);
    free(text);
    free(body);
}

/** One path of the dark modules, a rectangle a run. */
static char *draw(const QRcode *code)
{
    char *svg = NULL;
    size_t size = 0;
    FILE *out = text_open(&svg, &size);
    const int side = code->width + 2 * QUIET;

    if (!out)
        return NULL;
    (void)fprintf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
                  "<path d=\"",
                  side, side, side, side);
    for (int y = 0; y < code->width; y++) {
        const unsigned char *row = code->data + (ptrdiff_t)y * code->width;

        for (int x = 0, run; x < code->width; x += run ? run : 1) {
            for (run = 0; x + run < code->width && row[x + run] & 1;)
                run++;
            if (run)
                (void)fprintf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
        }
    }
    (void)fputs("\"/></svg>", out);
    return fclose(out) == 0 ? svg : NULL;
}

static void reply_qr(struct api *api, struct http_req *req, const struct links_room *room)
{
    char url[LINKS_URL_SIZE];
    QRcode *code;
    char *svg;

    links_url(api->conf.links, room, url);
    code = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_M);
    svg = code ? draw(code) : NULL;
    QRcode_free(code);
    http_set(req, "Cache-Control", "no-store");
    if (svg)
        http_reply(req, 200, "image/svg+xml", svg, strlen(svg));
    else
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    free(svg);
}

static void reply_file(struct api *api, struct http_req *req, const struct links_room *room,
                       const char *file)
{
    if (strcmp(file, "event.ics") == 0)
        reply_event(api, req, room);
    else if (strcmp(file, "qr.svg") == 0)
        reply_qr(api, req, room);
    else
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
}

/** With a key. */
static void keyed_file(struct http_req *req, void *ctx)
{
    struct links_caller caller;
    struct links_room room;

    if (api_room(ctx, req, SCOPE_ROOMS_READ, &caller, &room))
        reply_file(ctx, req, &room, strrchr(http_path(req), '/') + 1);
}

/** Without: by its signature. */
static void signed_file(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    const char *until = http_param(req, "until"), *given = http_param(req, "signature");
    char signature[SIGN_CHARS + 1], *end;
    const long long at = strtoll(until, &end, 10);
    struct links_room room;

    if (*end || at <= api_now() ||
        links_room_find(api->conf.links, http_param(req, "room"), &room)) {
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
        return;
    }
    sign(api, &room, at, signature);
    if (room.closed || !digest_same(signature, strlen(signature), given, strlen(given)))
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    else
        reply_file(api, req, &room, http_param(req, "file"));
}

void api_share_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/rooms/{id}/event.ics", keyed_file, 0, 0},
        {"GET", "/api/v1/rooms/{id}/qr.svg", keyed_file, 0, 0},
        {"GET", "/api/v1/rooms/{id}/share/event.ics", keyed_file, 0, 0},
        {"GET", "/api/v1/rooms/{id}/share/qr.svg", keyed_file, 0, 0},
        {"GET", "/s/{room}/{until}/{signature}/{file}", signed_file, 0, HTTP_CORS},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
