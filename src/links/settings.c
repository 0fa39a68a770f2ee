#include "links/settings.h"

#include "inner.h"

#include "base/read_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct links_retention retention_default = {
    .unused_h = 168,
    .instant_h = 24,
    .event_d = 400,
    .closed_d = 30,
    .invitations_d = 30,
    .deliveries_d = 7,
    .calls_d = 90,
};

void links_settings_default(struct links_settings *out)
{
    *out = (struct links_settings){.personal_rooms = true, .retention = retention_default};
}

void links_settings_fini(struct links_settings *settings)
{
    json_decref(settings->templates);
    settings->templates = NULL;
}

static void take_flag(const json_t *object, const char *name, bool *out)
{
    const json_t *value = json_object_get(object, name);

    if (json_is_boolean(value))
        *out = json_is_true(value);
}

static void take_number(const json_t *object, const char *name, unsigned *out)
{
    const json_t *value = json_object_get(object, name);

    if (json_is_integer(value) && json_integer_value(value) > 0 &&
        json_integer_value(value) <= 1000000)
        *out = (unsigned)json_integer_value(value);
}

static void take_settings(const json_t *json, struct links_settings *out)
{
    const json_t *features = json_object_get(json, "features");
    const json_t *kept = json_object_get(json, "retention");
    const char *resource = json_string_value(json_object_get(json, "resource"));
    struct links_retention *r = &out->retention;

    take_flag(features, "personal_rooms", &out->personal_rooms);
    take_flag(features, "personal_lobby", &out->personal_lobby);
    take_flag(features, "preview_titles", &out->preview_titles);
    take_number(kept, "unused_h", &r->unused_h);
    take_number(kept, "instant_h", &r->instant_h);
    take_number(kept, "event_d", &r->event_d);
    take_number(kept, "closed_d", &r->closed_d);
    take_number(kept, "invitations_d", &r->invitations_d);
    take_number(kept, "deliveries_d", &r->deliveries_d);
    take_number(kept, "calls_d", &r->calls_d);
    if (resource && strlen(resource) < sizeof out->resource)
        (void)snprintf(out->resource, sizeof out->resource, "%s", resource);
    if (json_is_object(json_object_get(json, "templates")))
        out->templates = json_deep_copy(json_object_get(json, "templates"));
}

/** The JSON kept for a tenant: NULL if nothing was set. */
static int load(struct links *links, const char *tenant,
                int (*get)(struct store *, const char *, char **), json_t **out)
{
    char *text = NULL;
    int error = get(links->store, tenant, &text);

    *out = error || !*text ? NULL : json_loads(text, 0, NULL);
    free(text);
    return error;
}

int links_settings_get(struct links *links, const char *tenant, struct links_settings *out)
{
    json_t *json;
    int error = load(links, tenant, store_settings_get, &json);

    links_settings_default(out);
    if (error == 0)
        take_settings(json, out);
    json_decref(json);
    return error;
}

static json_t *settings_json(const struct links_settings *s)
{
    const struct links_retention *r = &s->retention;

    return json_pack("{s:{s:b, s:b, s:b}, s:{s:i, s:i, s:i, s:i, s:i, s:i, s:i}, s:s, s:O*}",
                     "features", "personal_rooms", s->personal_rooms, "personal_lobby",
                     s->personal_lobby, "preview_titles", s->preview_titles, "retention",
                     "unused_h", (int)r->unused_h, "instant_h", (int)r->instant_h, "event_d",
                     (int)r->event_d, "closed_d", (int)r->closed_d, "invitations_d",
                     (int)r->invitations_d, "deliveries_d", (int)r->deliveries_d, "calls_d",
                     (int)r->calls_d, "resource", s->resource, "templates", s->templates);
}

int links_settings_put(struct links *links, const struct links_tenant *tenant,
                       const struct links_settings *settings)
{
    struct store_tenant row;
    json_t *json = settings_json(settings);
    char *text = json ? write_json(json) : NULL;
    int error = -ENOMEM;

    json_decref(json);
    tenant_to_row(tenant, &row);
    if (!origins_valid(tenant->origins))
        error = -EINVAL;
    else if (text && strlen(text) > LINKS_SETTINGS_MAX)
        error = -E2BIG;
    else if (text)
        error = store_settings_put(links->store, &row, text);
    free(text);
    return error;
}

static const struct {
    const char *name;
    size_t offset;
    int64_t preset;
} quotas[] = {
    {"rooms", offsetof(struct links_quotas, rooms), 0},
    {"webhooks", offsetof(struct links_quotas, webhooks), 10},
    {"invitations", offsetof(struct links_quotas, invitations), 0},
};

#define QUOTAS (sizeof quotas / sizeof *quotas)

static int64_t *quota(struct links_quotas *q, size_t i)
{
    return (int64_t *)(void *)((char *)q + quotas[i].offset);
}

int links_quotas_get(struct links *links, const char *tenant, struct links_quotas *out)
{
    json_t *json;
    int error = load(links, tenant, store_quotas_get, &json);

    for (size_t i = 0; i < QUOTAS; i++) {
        const json_t *value = json_object_get(json, quotas[i].name);

        *quota(out, i) = json_is_integer(value) ? json_integer_value(value) : quotas[i].preset;
    }
    json_decref(json);
    return error;
}

int links_quotas_put(struct links *links, const char *tenant, const struct links_quotas *from)
{
    struct links_quotas copy = *from;
    json_t *json = json_object();
    char *text;
    int error = -ENOMEM;

    for (size_t i = 0; i < QUOTAS; i++)
        (void)json_object_set_new(json, quotas[i].name, json_integer(*quota(&copy, i)));
    text = write_json(json);
    json_decref(json);
    if (text)
        error = store_quotas_put(links->store, tenant, text);
    free(text);
    return error;
}

bool links_quota_set(struct links_quotas *to, const char *name, int64_t value)
{
    for (size_t i = 0; i < QUOTAS; i++) {
        if (strcmp(quotas[i].name, name) == 0) {
            *quota(to, i) = value;
            return true;
        }
    }
    return false;
}

int links_room_quota(struct links *links, const char *tenant)
{
    struct links_quotas q;
    int64_t rooms = 0;
    int error = links_quotas_get(links, tenant, &q);

    if (error || q.rooms == 0)
        return error;
    error = store_room_count_tenant(links->store, tenant, &rooms);
    return error ? error : rooms >= q.rooms ? -EDQUOT : 0;
}
