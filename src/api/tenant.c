/* GET and PATCH /tenant: what an organisation sets for itself. */
#include "inner.h"

#include "links/settings.h"

#include <errno.h>
#include <string.h>

#define ORIGINS_MAX 16

/** The hours and days of a tenant's retention, by their names. */
static const struct {
    const char *name, *pointer;
    size_t offset;
    unsigned most;
} retentions[] = {
    {"unused_h", "/retention/unused_h", offsetof(struct links_retention, unused_h), 87600},
    {"instant_h", "/retention/instant_h", offsetof(struct links_retention, instant_h), 87600},
    {"event_d", "/retention/event_d", offsetof(struct links_retention, event_d), 3650},
    {"closed_d", "/retention/closed_d", offsetof(struct links_retention, closed_d), 3650},
    {"invitations_d", "/retention/invitations_d",
     offsetof(struct links_retention, invitations_d), 3650},
    {"deliveries_d", "/retention/deliveries_d", offsetof(struct links_retention, deliveries_d),
     3650},
    {"calls_d", "/retention/calls_d", offsetof(struct links_retention, calls_d), 3650},
};

#define RETENTIONS (sizeof retentions / sizeof *retentions)

static unsigned *retention(struct links_retention *r, size_t i)
{
    return (unsigned *)(void *)((char *)r + retentions[i].offset);
}

static json_t *origins_json(const char *origins)
{
    char copy[sizeof((struct links_tenant *)0)->origins];
    char *save = NULL;
    json_t *list = json_array();

    (void)snprintf(copy, sizeof copy, "%s", origins);
    for (char *o = strtok_r(copy, " ", &save); o; o = strtok_r(NULL, " ", &save))
        (void)json_array_append_new(list, json_string(o));
    return list;
}

static json_t *tenant_json(const struct links_tenant *t, struct links_settings *s,
                           const struct links_quotas *q)
{
    json_t *kept = json_object();

    for (size_t i = 0; i < RETENTIONS; i++)
        (void)json_object_set_new(kept, retentions[i].name,
                                  json_integer(*retention(&s->retention, i)));
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:o, s:{s:b, s:b, s:b}, s:O, s:o, s:o, s:{s:I, s:I, s:I}}",
        "id", t->id, "name", t->name, "prefix", t->prefix, "locale",
        *t->locale ? json_string(t->locale) : json_null(), "link_format",
        t->uuid ? "uuid" : "base32", "origins", origins_json(t->origins), "features",
        "personal_rooms", s->personal_rooms, "personal_lobby", s->personal_lobby,
        "preview_titles", s->preview_titles, "templates",
        s->templates ? s->templates : json_null(), "resource",
        *s->resource ? json_string(s->resource) : json_null(), "retention", kept, "quotas",
        "rooms", (json_int_t)q->rooms, "webhooks", (json_int_t)q->webhooks, "invitations",
        (json_int_t)q->invitations);
}

static void reply_tenant(struct api *api, struct http_req *req,
                         const struct links_caller *caller)
{
    struct links_settings settings;
    struct links_quotas quotas;
    struct links_tenant tenant;
    int error = links_tenant_get(api->conf.links, caller->tenant.id, &tenant);

    if (error == 0)
        error = links_settings_get(api->conf.links, caller->tenant.id, &settings);
    if (error == 0)
        error = links_quotas_get(api->conf.links, caller->tenant.id, &quotas);
    if (error) {
        api_fail(req, error);
        return;
    }
    http_reply_json(req, 200, tenant_json(&tenant, &settings, &quotas));
    links_settings_fini(&settings);
}

static void get_tenant(struct http_req *req, void *ctx)
{
    struct links_caller caller;

    if (api_caller(ctx, req, SCOPE_TENANT, &caller))
        reply_tenant(ctx, req, &caller);
}

static void read_features(struct body *body, struct links_settings *s)
{
    static const char *const known[] = {"personal_rooms", "personal_lobby", "preview_titles",
                                        NULL};
    const json_t *features = body_object(body, "/features", known);

    (void)body_flag(body, features, "/features/personal_rooms", &s->personal_rooms);
    (void)body_flag(body, features, "/features/personal_lobby", &s->personal_lobby);
    (void)body_flag(body, features, "/features/preview_titles", &s->preview_titles);
}

static void read_retention(struct body *body, struct links_settings *s)
{
    const char *known[RETENTIONS + 1] = {NULL};
    const json_t *kept;
    int64_t value;

    for (size_t i = 0; i < RETENTIONS; i++)
        known[i] = retentions[i].name;
    kept = body_object(body, "/retention", known);
    for (size_t i = 0; i < RETENTIONS; i++)
        if (body_number(body, kept, retentions[i].pointer,
                        (struct body_range){1, retentions[i].most}, &value))
            *retention(&s->retention, i) = (unsigned)value;
}

/** One language's texts: each at most LINKS_TEMPLATE_MAX bytes, lines allowed. */
static void check_texts(struct body *body, const char *lang, json_t *texts)
{
    static const char *const known[] = {"subject", "text", "html", NULL};
    char pointer[BODY_POINTER_SIZE];

    for (const char *const *k = known; *k; k++) {
        const json_t *text = json_object_get(texts, *k);

        if (!text || (json_is_string(text) && json_string_length(text) <= LINKS_TEMPLATE_MAX))
            continue;
        (void)snprintf(pointer, sizeof pointer, "/templates/%.16s/%s", lang, *k);
        body_bad(body, pointer, "a text of at most 8192 bytes",
                 "un texte d'au plus 8192 octets");
    }
    (void)snprintf(pointer, sizeof pointer, "/templates/%.16s", lang);
    body_known(body, texts, pointer, known);
}

static void read_templates(struct body *body, struct links_settings *s)
{
    json_t *given = json_object_get(body->json, "templates");
    const char *lang;
    json_t *texts;

    if (!given)
        return;
    (void)body_object(body, "/templates", NULL); // or null, which has no members
    json_object_foreach(given, lang, texts)
    {
        if (!json_is_object(texts) || strlen(lang) > 15)
            body_bad(body, "/templates", "an object a language", "un objet par langue");
        else
            check_texts(body, lang, texts);
    }
    if (body->failed)
        return;
    json_decref(s->templates);
    s->templates =
        json_is_object(given) ? json_deep_copy(given) : NULL; // null: the built-in again
}

/** [] takes them all away. */
static void read_origins(struct body *body, struct links_tenant *t)
{
    const json_t *list = json_object_get(body->json, "origins");
    size_t i, at = 0;
    const json_t *one;

    if (!list)
        return;
    if (!json_is_array(list) || json_array_size(list) > ORIGINS_MAX) {
        body_bad(body, "/origins", "a list of at most 16 origins",
                 "une liste d'au plus 16 origines");
        return;
    }
    *t->origins = '\0';
    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(one);

        if (!text || !links_origin_valid(text) || at + strlen(text) + 2 > sizeof t->origins) {
            body_bad(body, "/origins", "each as https://suite.example.org",
                     "chacune comme https://suite.example.org");
            return;
        }
        at += (size_t)snprintf(t->origins + at, sizeof t->origins - at, "%s%s",
                               at > 0 ? " " : "", text);
    }
}

/** An e-mail address in outline: one @ with something around it, no space. */
static void read_resource(struct body *body, struct links_settings *s)
{
    const json_t *given = json_object_get(body->json, "resource");
    const char *at;

    if (json_is_null(given))
        *s->resource = '\0';
    if (!body_text(body, body->json, "/resource", 254, s->resource, sizeof s->resource))
        return;
    at = strchr(s->resource, '@');
    if (!at || at == s->resource || !at[1] || strchr(at + 1, '@') ||
        strpbrk(s->resource, " <>,;:\""))
        body_bad(body, "/resource", "an e-mail address", "une adresse électronique");
}

static void patch_tenant(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"features",  "templates", "origins", "resource",
                                        "retention", "locale",    NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct links_settings settings;
    struct links_room locale = {0};
    struct body body;
    int error;

    if (!api_caller(api, req, SCOPE_TENANT, &caller) || !api_body_of(&body, req, known))
        return;
    error = links_settings_get(api->conf.links, caller.tenant.id, &settings);
    read_features(&body, &settings);
    read_retention(&body, &settings);
    read_templates(&body, &settings);
    read_origins(&body, &caller.tenant);
    read_resource(&body, &settings);
    room_locale_read(&body, &locale);
    if (*locale.locale)
        memcpy(caller.tenant.locale, locale.locale, sizeof caller.tenant.locale);
    if (!api_body_done(&body, req)) {
        links_settings_fini(&settings);
        return;
    }
    if (error == 0)
        error = links_settings_put(api->conf.links, &caller.tenant, &settings);
    links_settings_fini(&settings);
    if (error == -E2BIG)
        http_problem(req, PROBLEM_INVALID_FIELD,
                     api_say(req, "the templates are too long together",
                             "les modèles sont trop longs ensemble"),
                     "/templates");
    else if (error)
        api_fail(req, error);
    else
        reply_tenant(api, req, &caller);
}

void api_tenant_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/tenant", get_tenant, 0, 0},
        {"PATCH", "/api/v1/tenant", patch_tenant, (size_t)4 * LINKS_SETTINGS_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
