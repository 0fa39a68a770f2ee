#include "inner.h"
#include "page.h"

#include "base/usec.h"
#include "http/web.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** What an error page says. */
struct trouble {
    unsigned status;
    const char *title[2], *message[2]; ///< English, French
};

static const struct trouble of_status[] = {
    [LINK_UNKNOWN] = {404,
                      {"This link leads nowhere", "Ce lien ne mène nulle part"},
                      {"Check that you have the whole link, or ask for it again.",
                       "Vérifiez que le lien est complet, ou demandez-le de nouveau."}},
    [LINK_REPLACED] = {410,
                       {"This link was replaced by the organizer",
                        "Ce lien a été remplacé par l'organisateur"},
                       {"Ask the organizer for the new link.",
                        "Demandez le nouveau lien à l'organisateur."}},
    [LINK_CLOSED] = {410,
                     {"This room is closed", "Cette salle est fermée"},
                     {"The meeting is over.", "La réunion est terminée."}},
    [LINK_EXPIRED] = {410,
                      {"This link has expired", "Ce lien a expiré"},
                      {"Ask the organizer for a new link.",
                       "Demandez un nouveau lien à l'organisateur."}},
    [LINK_DISABLED] = {403,
                       {"Personal rooms are switched off",
                        "Les salles personnelles sont désactivées"},
                       {"This organization does not offer personal rooms at the moment.",
                        "Cette organisation ne propose pas de salles personnelles pour le "
                        "moment."}},
    [LINK_DOWN] = {503,
                   {"The server cannot answer just now",
                    "Le serveur ne peut pas répondre maintenant"},
                   {"Try again in a moment.", "Réessayez dans un instant."}},
};

static const struct trouble too_many = {429,
                                        {"Too many attempts", "Trop de tentatives"},
                                        {"Wait a minute and open the link again.",
                                         "Attendez une minute et ouvrez de nouveau le lien."}};

static void reply_trouble(struct http_req *req, const struct trouble *trouble)
{
    const char *lang = http_lang(req);
    int fr = strcmp(lang, "fr") == 0;
    const struct page_var vars[] = {{"lang", lang},
                                    {"title", trouble->title[fr]},
                                    {"message", trouble->message[fr]},
                                    {NULL, NULL}};
    const struct web_file *file = web_file("error.html");
    size_t len = 0;
    char *html = file ? page_fill((const char *)file->data, file->len, vars, &len) : NULL;

    if (html)
        http_reply_page(req, trouble->status, html, len, NULL);
    else
        http_problem(req, PROBLEM_CAPACITY, trouble->title[fr], NULL);
    free(html);
}

static void reply_file(struct http_req *req, const char *name, const char *frame_ancestors)
{
    const struct web_file *file = web_file(name);

    if (file)
        http_reply_page(req, 200, (const char *)file->data, file->len, frame_ancestors);
    else
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
}

static void reply_unknown(struct api *api, struct http_req *req)
{
    char key[LIMIT_KEY_SIZE], text[16];
    unsigned retry_s;

    limit_address(http_address(req), key);
    if (limit_take(api->conf.unknown_links, key, &retry_s, usec_now())) {
        reply_trouble(req, &of_status[LINK_UNKNOWN]);
        return;
    }
    (void)snprintf(text, sizeof text, "%u", retry_s);
    http_set(req, "Retry-After", text);
    reply_trouble(req, &too_many);
}

/** The page of a room that is there: framed by its tenant's origins, if it names any. */
static void reply_room_page(struct api *api, struct http_req *req,
                            const struct links_room *room)
{
    struct links_tenant tenant;
    const int error = links_tenant_get(api->conf.links, room->tenant, &tenant);
    const bool known = error == 0;
    const struct page_var vars[] = {
        {"invited", room->invited}, {"origins", known ? tenant.origins : ""}, {NULL, NULL}};
    const struct web_file *file = web_file("room.html");
    size_t len = 0;
    char *html = file && !links_down(error)
                     ? page_fill((const char *)file->data, file->len, vars, &len)
                     : NULL;

    if (html)
        http_reply_page(req, 200, html, len, known && *tenant.origins ? tenant.origins : NULL);
    else
        http_problem_later(req, PROBLEM_CAPACITY, NULL, 5);
    free(html);
}

/** The join page, or why there is none. */
static void reply_link(struct api *api, struct http_req *req, enum links_status status,
                       const struct links_room *room)
{
    char url[LINKS_URL_SIZE];

    switch (status) {
    case LINK_VALID:
        reply_room_page(api, req, room);
        break;
    case LINK_REDIRECT:
        links_url(api->conf.links, room, url);
        http_redirect(req, 302, url);
        break;
    case LINK_UNKNOWN:
        reply_unknown(api, req);
        break;
    case LINK_REPLACED:
    case LINK_CLOSED:
    case LINK_EXPIRED:
    case LINK_DISABLED:
    case LINK_DOWN:
    default:
        reply_trouble(req, &of_status[status]);
    }
}

static void open_link(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_room room;

    reply_link(api, req,
               links_resolve(api->conf.links, http_param(req, "token"), &room, api_now()),
               &room);
}

/** A personal link. Looking at it uses nothing up: joining does. */
static void open_invitation(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_room room;
    char link[LINKS_TOKEN_SIZE + 8];

    (void)snprintf(link, sizeof link, "/i/%s", http_param(req, "token"));
    reply_link(api, req, links_resolve(api->conf.links, link, &room, api_now()), &room);
}

/** A link that a front end made up; looking at it makes nothing. */
static void open_minted(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_room room;

    reply_link(api, req,
               links_minted(api->conf.links, http_param(req, "prefix"), http_param(req, "name"),
                            &room, api_now()),
               &room);
}

/** A launch link: what it says is in the fragment, which does not come here. */
static void open_launch(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    const char *prefix = http_param(req, "prefix");
    struct links_tenant tenant;
    struct links_room room = {.invited = ""};
    int error = links_tenant_find(api->conf.links, prefix, &tenant);

    if (error == 0 && strcmp(tenant.prefix, prefix) == 0) {
        memcpy(room.tenant, tenant.id, sizeof room.tenant);
        reply_room_page(api, req, &room);
    } else if (error == 0 || error == -ENOENT) {
        reply_unknown(api, req);
    } else {
        reply_trouble(req, &of_status[LINK_DOWN]);
    }
}

void api_bare_routes(struct api *api)
{
    static const struct http_route routes[] = {{"GET", "/{token}", open_link, 0, 0}};

    http_routes(api->conf.http, routes, 1, api);
}

static void open_nothing(struct http_req *req, void *ctx)
{
    reply_unknown(ctx, req);
}

static void landing(struct http_req *req, void *ctx)
{
    (void)ctx;
    reply_file(req, "index.html", NULL);
}

static void robots(struct http_req *req, void *ctx)
{
    static const char text[] = "User-agent: *\nDisallow: /\n";

    (void)ctx;
    http_reply(req, 200, "text/plain; charset=utf-8", text, sizeof text - 1);
}

static void favicon(struct http_req *req, void *ctx)
{
    (void)ctx;
    http_redirect(req, 302, "/static/icon.svg");
}

static void healthz(struct http_req *req, void *ctx)
{
    (void)ctx;
    http_set(req, "Cache-Control", "no-store");
    http_reply(req, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

/** Ready: the database answers and a worker takes calls. */
static void readyz(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    int error = store_check(api->conf.store);

    if (error)
        http_problem_later(req, PROBLEM_CAPACITY, "database", 5);
    else if (!api->conf.ready(api->conf.arg))
        http_problem_later(req, PROBLEM_CAPACITY, "media workers", 2);
    else
        healthz(req, ctx);
}

void api_health_routes(struct api *api, struct http *http)
{
    static const struct http_route routes[] = {
        {"GET", "/healthz", healthz, 0, HTTP_QUIET},
        {"GET", "/readyz", readyz, 0, HTTP_QUIET},
    };

    http_routes(http, routes, sizeof routes / sizeof *routes, api);
}

void api_public_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/", landing, 0, 0},
        {"GET", "/r/{token}", open_link, 0, 0},
        {"GET", "/r/{rest*}", open_nothing, 0, 0},
        {"GET", "/b/{prefix}/{name*}", open_minted, 0, 0},
        {"GET", "/i/{token}", open_invitation, 0, 0},
        {"GET", "/launch/{prefix}", open_launch, 0, 0},
        {"GET", "/robots.txt", robots, 0, HTTP_QUIET},
        {"GET", "/favicon.ico", favicon, 0, HTTP_QUIET},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
    api_health_routes(api, api->conf.http);
}
