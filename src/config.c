#include "config.h"

#include "base/log.h"
#include "config_check.h"
#include "config_walk.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FILE_MAX   65536
#define LIST_MAX   64
#define STRING_MAX 1024
#define FLIGHT_MIB 32 ///< default
#define OPT        CYAML_FLAG_OPTIONAL
#define PTR_OPT    (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

/* ---- the schema ---- */

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, STRING_MAX)};

static const cyaml_schema_field_t tls_fields[] = {
    CYAML_FIELD_STRING_PTR("cert", PTR_OPT, struct config_tls, cert, 0, STRING_MAX),
    CYAML_FIELD_STRING_PTR("key", PTR_OPT, struct config_tls, key, 0, STRING_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t http_fields[] = {
    CYAML_FIELD_STRING_PTR("listen", PTR_OPT, struct config_http, listen, 0, STRING_MAX),
    CYAML_FIELD_UINT("port", OPT, struct config_http, port),
    CYAML_FIELD_STRING_PTR("public_url", PTR_OPT, struct config_http, public_url, 0,
                           STRING_MAX),
    CYAML_FIELD_MAPPING("tls", OPT, struct config_http, tls, tls_fields),
    CYAML_FIELD_SEQUENCE("trusted_proxies", PTR_OPT, struct config_http, trusted_proxies,
                         &text_entry, 0, LIST_MAX),
    CYAML_FIELD_STRING_PTR("bare_links", PTR_OPT, struct config_http, bare_links, 0,
                           STRING_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t media_fields[] = {
    CYAML_FIELD_UINT("workers", OPT, struct config_media, workers),
    CYAML_FIELD_UINT("port", OPT, struct config_media, port),
    CYAML_FIELD_SEQUENCE("announce", PTR_OPT, struct config_media, announce, &text_entry, 0,
                         LIST_MAX),
    CYAML_FIELD_UINT("flight_mib", OPT, struct config_media, flight_mib), CYAML_FIELD_END};

static const cyaml_schema_field_t limits_fields[] = {
    CYAML_FIELD_UINT("room_participants", OPT, struct config_limits, room_participants),
    CYAML_FIELD_UINT("rooms_per_minute", OPT, struct config_limits, rooms_per_minute),
    CYAML_FIELD_UINT("unknown_links_per_minute", OPT, struct config_limits,
                     unknown_links_per_minute),
    CYAML_FIELD_UINT("joins_per_minute", OPT, struct config_limits, joins_per_minute),
    CYAML_FIELD_UINT("knocks_per_minute", OPT, struct config_limits, knocks_per_minute),
    CYAML_FIELD_END};

static const cyaml_schema_field_t ice_fields[] = {
    CYAML_FIELD_SEQUENCE("urls", CYAML_FLAG_POINTER, struct config_ice_server, urls,
                         &text_entry, 1, LIST_MAX),
    CYAML_FIELD_STRING_PTR("username", PTR_OPT, struct config_ice_server, username, 0,
                           STRING_MAX),
    CYAML_FIELD_STRING_PTR("credential", PTR_OPT, struct config_ice_server, credential, 0,
                           STRING_MAX),
    CYAML_FIELD_STRING_PTR("secret", PTR_OPT, struct config_ice_server, secret, 8, STRING_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t ice_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_ice_server, ice_fields)};

static const cyaml_schema_field_t webhooks_fields[] = {
    CYAML_FIELD_SEQUENCE("allow", PTR_OPT, struct config_webhooks, allow, &text_entry, 0,
                         LIST_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t admin_fields[] = {
    CYAML_FIELD_STRING_PTR("listen", PTR_OPT, struct config_admin, listen, 0, STRING_MAX),
    CYAML_FIELD_UINT("port", OPT, struct config_admin, port),
    CYAML_FIELD_STRING_PTR("token", PTR_OPT, struct config_admin, token, 0, STRING_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t drain_fields[] = {
    CYAML_FIELD_UINT("deadline_s", OPT, struct config_drain, deadline_s), CYAML_FIELD_END};

static const cyaml_schema_field_t log_fields[] = {
    CYAML_FIELD_STRING_PTR("level", PTR_OPT, struct config_log, level, 0, STRING_MAX),
    CYAML_FIELD_STRING_PTR("format", PTR_OPT, struct config_log, format, 0, STRING_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_MAPPING("http", OPT, struct config, http, http_fields),
    CYAML_FIELD_STRING_PTR("state", PTR_OPT, struct config, state, 0, STRING_MAX),
    CYAML_FIELD_STRING_PTR("server_key", PTR_OPT, struct config, server_key, 0, STRING_MAX),
    CYAML_FIELD_MAPPING("media", OPT, struct config, media, media_fields),
    CYAML_FIELD_MAPPING("limits", OPT, struct config, limits, limits_fields),
    CYAML_FIELD_SEQUENCE("ice_servers", PTR_OPT, struct config, ice_servers, &ice_entry, 0,
                         LIST_MAX),
    CYAML_FIELD_MAPPING("webhooks", OPT, struct config, webhooks, webhooks_fields),
    CYAML_FIELD_MAPPING("admin", OPT, struct config, admin, admin_fields),
    CYAML_FIELD_MAPPING("drain", OPT, struct config, drain, drain_fields),
    CYAML_FIELD_MAPPING("log", OPT, struct config, log, log_fields),
    CYAML_FIELD_END};

const cyaml_schema_value_t config_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, fields)};

/* ---- what libcyaml complains of ---- */

/** Its first line, and the path it gives from the inside out. */
struct complaint {
    char text[160];
    char path[8][64];
    unsigned depth;
};

/** "  in mapping field 'port' (line: 2, column: 9)": takes what is between the quotes. */
static void take_path(struct complaint *c, const char *line)
{
    const char *open = strchr(line, '\'');
    const char *close = open ? strchr(open + 1, '\'') : NULL;

    if (!close || c->depth == sizeof c->path / sizeof *c->path)
        return;
    (void)snprintf(c->path[c->depth++], sizeof *c->path, "%.*s", (int)(close - open - 1),
                   open + 1);
}

static void on_complaint(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    struct complaint *c = ctx;
    char line[256];

    (void)level;
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the library has started it
    (void)vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "  in ", 5) == 0)
        take_path(c, line);
    else if (*c->text == '\0')
        (void)snprintf(c->text, sizeof c->text, "%.150s",
                       strncmp(line, "Load: ", 6) == 0 ? line + 6 : line);
}

/** "http.port", from the outside in; with the key that should not be there, if it is that. */
static void write_path(const struct complaint *c, char *out, size_t size)
{
    static const char unexpected[] = "Unexpected key: ";
    size_t n = 0;

    *out = '\0';
    for (unsigned i = c->depth; i > 0; i--)
        n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? "." : "", c->path[i - 1]);
    if (strncmp(c->text, unexpected, sizeof unexpected - 1) == 0)
        (void)snprintf(out + n, size - n, "%s%.60s", n > 0 ? "." : "",
                       c->text + sizeof unexpected - 1);
}

static cyaml_config_t cyaml_with(struct complaint *c)
{
    return (cyaml_config_t){.log_fn = on_complaint,
                            .log_ctx = c,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR};
}

/* ---- loading ---- */

static void default_text(char **string, const char *value)
{
    if (!*string)
        config_set(string, value);
}

static void default_number(unsigned *number, unsigned value)
{
    if (*number == 0)
        *number = value;
}

static void set_defaults(struct config *c, struct check *check)
{
    default_text(&c->http.listen, "");
    default_number(&c->http.port, 8080);
    default_text(&c->http.public_url, "http://localhost:8080");
    default_text(&c->state, "/var/lib/salon");
    default_number(&c->media.port, 40000);
    if (!check_given(check, "media.flight_mib")) // 0 means none
        c->media.flight_mib = FLIGHT_MIB;
    default_number(&c->limits.room_participants, 500);
    default_number(&c->limits.rooms_per_minute, 60);
    default_number(&c->limits.unknown_links_per_minute, 20);
    default_number(&c->limits.joins_per_minute, 30);
    default_number(&c->limits.knocks_per_minute, 5);
    default_text(&c->admin.listen, "");
    default_number(&c->admin.port, 8081);
    default_text(&c->log.level, "info");
    default_text(&c->log.format, "plain");
}

static int load_schema(const char *text, size_t len, struct check *check, struct config **out)
{
    struct complaint c = {0};
    cyaml_config_t with = cyaml_with(&c);
    cyaml_err_t error;
    char path[256];

    *out = NULL;
    error = cyaml_load_data((const uint8_t *)text, len, &with, &config_schema,
                            (cyaml_data_t **)out, NULL);
    if (error == CYAML_OK && !*out) // an empty file
        error = cyaml_load_data((const uint8_t *)"{}", 2, &with, &config_schema,
                                (cyaml_data_t **)out, NULL);
    if (error == CYAML_OK)
        return 0;
    write_path(&c, path, sizeof path);
    check_say(check, path, "%s", *c.text ? c.text : cyaml_strerror(error));
    return -EINVAL;
}

int config_parse(const char *text, size_t len, const char *name, struct config **out,
                 char why[CONFIG_WHY])
{
    struct check check = {.name = name, .why = why};
    int error = check_open(&check, text, len);

    if (error == 0)
        error = load_schema(text, len, &check, out);
    if (error == 0) {
        set_defaults(*out, &check);
        error = config_from_env(*out, &check);
        if (error == 0)
            error = check_all(&check, *out);
        if (error)
            config_free(*out);
    }
    check_close(&check);
    return error;
}

int config_load(const char *path, struct config **out, char why[CONFIG_WHY])
{
    FILE *f = fopen(path, "re");
    char *text = malloc(FILE_MAX + 1);
    size_t len;
    int error = 0;

    if (!f || !text) {
        error = f ? -ENOMEM : -errno;
        (void)snprintf(why, CONFIG_WHY, "%s: %s", path, strerror(-error));
        goto out;
    }
    len = fread(text, 1, FILE_MAX + 1, f);
    if (ferror(f)) {
        error = -EIO;
        (void)snprintf(why, CONFIG_WHY, "%s: cannot be read", path);
    } else if (len > FILE_MAX) {
        error = -EFBIG;
        (void)snprintf(why, CONFIG_WHY, "%s: larger than %d bytes", path, FILE_MAX);
    } else {
        error = config_parse(text, len, path, out, why);
    }
out:
    if (f)
        (void)fclose(f);
    free(text);
    return error;
}

void config_free(struct config *config)
{
    struct complaint c = {0};
    cyaml_config_t with = cyaml_with(&c);

    (void)cyaml_free(&with, &config_schema, config, 0);
}

void config_set(char **string, const char *value)
{
    char *copy = strdup(value);

    if (!copy)
        abort();
    free(*string);
    *string = copy;
}

json_t *config_ice_servers(const struct config *config)
{
    json_t *all = json_array();

    for (unsigned i = 0; i < config->ice_servers_count; i++) {
        const struct config_ice_server *s = &config->ice_servers[i];
        json_t *urls = json_array();

        for (unsigned k = 0; k < s->urls_count; k++)
            (void)json_array_append_new(urls, json_string(s->urls[k]));
        (void)json_array_append_new(all, json_pack("{s:o, s:s*, s:s*, s:s*}", "urls", urls,
                                                   "username", s->username, "credential",
                                                   s->credential, "secret", s->secret));
    }
    return all;
}
