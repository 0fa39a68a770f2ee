#include "config_check.h"

#include "config_walk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define ADMIN_TOKEN_MIN 16

/* ---- where things are ---- */

int check_open(struct check *check, const char *text, size_t len)
{
    yaml_document_t *document = calloc(1, sizeof *document);
    yaml_parser_t parser;
    int error = 0;

    check->document = NULL;
    if (!document || !yaml_parser_initialize(&parser)) {
        free(document);
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (yaml_parser_load(&parser, document)) {
        check->document = document;
    } else {
        (void)snprintf(check->why, CONFIG_WHY, "%s:%zu: %s", check->name,
                       parser.problem_mark.line + 1,
                       parser.problem ? parser.problem : "not YAML");
        free(document);
        error = -EINVAL;
    }
    yaml_parser_delete(&parser);
    return error;
}

void check_close(struct check *check)
{
    if (check->document)
        yaml_document_delete(check->document);
    free(check->document);
}

static bool is_text(const yaml_node_t *node, const char *text, size_t len)
{
    return node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == len &&
           memcmp(node->data.scalar.value, text, len) == 0;
}

/** The value of a key; `*line` becomes the key's. */
static yaml_node_t *in_mapping(yaml_document_t *doc, const yaml_node_t *node, const char *name,
                               size_t len, size_t *line)
{
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        yaml_node_t *key = yaml_document_get_node(doc, p->key);

        if (is_text(key, name, len)) {
            *line = key->start_mark.line + 1;
            return yaml_document_get_node(doc, p->value);
        }
    }
    return NULL;
}

/** The k-th entry, from 1. */
static yaml_node_t *in_sequence(yaml_document_t *doc, const yaml_node_t *node, const char *name,
                                size_t *line)
{
    long k = strtol(name, NULL, 10);
    yaml_node_item_t *first = node->data.sequence.items.start;
    yaml_node_t *found;

    if (k < 1 || k > node->data.sequence.items.top - first)
        return NULL;
    found = yaml_document_get_node(doc, first[k - 1]);
    if (found)
        *line = found->start_mark.line + 1;
    return found;
}

/** The field, NULL if it is not there; `*line` is its line, or of the nearest around it. */
static const yaml_node_t *find(yaml_document_t *doc, const char *path, size_t *line)
{
    yaml_node_t *node = yaml_document_get_root_node(doc);

    *line = node ? node->start_mark.line + 1 : 1;

    while (node && *path) {
        size_t len = strcspn(path, ".");

        if (node->type == YAML_MAPPING_NODE)
            node = in_mapping(doc, node, path, len, line);
        else if (node->type == YAML_SEQUENCE_NODE)
            node = in_sequence(doc, node, path, line);
        else
            node = NULL;
        path += len + (path[len] == '.');
    }
    return node;
}

bool check_given(const struct check *check, const char *path)
{
    size_t line;

    return check->document && find(check->document, path, &line);
}

void check_say(struct check *check, const char *path, const char *format, ...)
{
    size_t line = 1;
    char variable[CONFIG_PATH];
    va_list args;
    int n;

    if (check->document)
        (void)find(check->document, path, &line);
    // What the environment has said stands nowhere in the file.
    if (config_env_name(path, variable) && getenv(variable))
        n = snprintf(check->why, CONFIG_WHY, "%s: %s: ", variable, path);
    else
        n = snprintf(check->why, CONFIG_WHY, "%s:%zu: %s%s", check->name, line, path,
                     *path ? ": " : "");

    if (n < 0 || n >= CONFIG_WHY)
        return;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it was started in the line above
    (void)vsnprintf(check->why + n, CONFIG_WHY - (size_t)n, format, args);
    va_end(args);
}

/* ---- what is right ---- */

static bool is_address(const char *text)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/** An address, or one with "/bits". */
static bool is_range(const char *text)
{
    char base[64];
    size_t len = strcspn(text, "/");
    long most, bits;
    char *end;

    if (len >= sizeof base)
        return false;
    memcpy(base, text, len);
    base[len] = '\0';
    if (!is_address(base) || text[len] == '\0')
        return is_address(base);
    most = strchr(base, ':') ? 128 : 32;
    bits = strtol(text + len + 1, &end, 10);
    return text[len + 1] >= '0' && text[len + 1] <= '9' && *end == '\0' && bits <= most;
}

static bool is_origin(const char *url)
{
    const char *host = strncmp(url, "https://", 8) == 0  ? url + 8
                       : strncmp(url, "http://", 7) == 0 ? url + 7
                                                         : NULL;

    return host && *host && strlen(url) < 256 && !strpbrk(host, "/?#@ \t\"'<>\\");
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static int say_number(struct check *check, const char *path, unsigned value, unsigned least,
                      unsigned most)
{
    if (value >= least && value <= most)
        return 0;
    check_say(check, path, "%u is not from %u to %u", value, least, most);
    return -EINVAL;
}

/** Checks each of a list. */
static int each(struct check *check, const char *path, char *const *list, unsigned count,
                bool (*good)(const char *text), const char *what)
{
    for (unsigned i = 0; i < count; i++) {
        char entry[128];

        if (good(list[i]))
            continue;
        (void)snprintf(entry, sizeof entry, "%s.%u", path, i + 1);
        check_say(check, entry, "\"%.80s\" is not %s", list[i], what);
        return -EINVAL;
    }
    return 0;
}

/** Two to 32 lower-case letters, digits and dashes. */
static bool is_prefix(const char *text)
{
    const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len >= 2 && len <= 32 && text[len] == '\0' && *text != '-';
}

static int check_http(struct check *check, const struct config_http *http)
{
    if (*http->listen && !is_address(http->listen))
        check_say(check, "http.listen", "\"%.80s\" is not an IP address", http->listen);
    else if (!is_origin(http->public_url))
        check_say(check, "http.public_url",
                  "\"%.80s\" is not https://HOST or http://HOST, without a path",
                  http->public_url);
    else if (http->bare_links && !is_prefix(http->bare_links))
        check_say(check, "http.bare_links", "\"%.80s\" is not a tenant's prefix",
                  http->bare_links);
    else if (!http->tls.cert != !http->tls.key)
        check_say(check, "http.tls", "needs both cert and key");
    else if (say_number(check, "http.port", http->port, 1, 65535) == 0)
        return each(check, "http.trusted_proxies", http->trusted_proxies,
                    http->trusted_proxies_count, is_range, "an address or a range of them");
    return -EINVAL;
}

static int check_webhooks(struct check *check, const struct config_webhooks *webhooks)
{
    return each(check, "webhooks.allow", webhooks->allow, webhooks->allow_count, is_range,
                "an address or a range of them");
}

static int check_media(struct check *check, const struct config_media *media)
{
    if (say_number(check, "media.workers", media->workers, 0, 64) ||
        say_number(check, "media.port", media->port, 1024, 65535 - 64) ||
        say_number(check, "media.flight_mib", media->flight_mib, 0, 256))
        return -EINVAL;
    return each(check, "media.announce", media->announce, media->announce_count, is_address,
                "an IP address");
}

static int check_limits(struct check *check, const struct config_limits *l)
{
    return say_number(check, "limits.room_participants", l->room_participants, 2, 10000) ||
                   say_number(check, "limits.rooms_per_minute", l->rooms_per_minute, 1,
                              1000000) ||
                   say_number(check, "limits.unknown_links_per_minute",
                              l->unknown_links_per_minute, 1, 1000000) ||
                   say_number(check, "limits.joins_per_minute", l->joins_per_minute, 1,
                              1000000) ||
                   say_number(check, "limits.knocks_per_minute", l->knocks_per_minute, 1,
                              1000000)
               ? -EINVAL
               : 0;
}

static bool is_ice_url(const char *url)
{
    return strncmp(url, "stun:", 5) == 0 || strncmp(url, "stuns:", 6) == 0 ||
           strncmp(url, "turn:", 5) == 0 || strncmp(url, "turns:", 6) == 0;
}

static int check_ice(struct check *check, const struct config *config)
{
    for (unsigned i = 0; i < config->ice_servers_count; i++) {
        const struct config_ice_server *s = &config->ice_servers[i];
        char path[64];

        (void)snprintf(path, sizeof path, "ice_servers.%u.urls", i + 1);
        if (each(check, path, s->urls, s->urls_count, is_ice_url,
                 "a stun:, stuns:, turn: or turns: URL"))
            return -EINVAL;
        if (s->secret && (s->username || s->credential)) {
            (void)snprintf(path, sizeof path, "ice_servers.%u.secret", i + 1);
            check_say(check, path, "stands in place of username and credential");
            return -EINVAL;
        }
    }
    return 0;
}

static int check_admin(struct check *check, const struct config_admin *a)
{
    if (*a->listen && !is_address(a->listen))
        check_say(check, "admin.listen", "\"%.80s\" is not an IP address", a->listen);
    else if (a->token && strlen(a->token) < ADMIN_TOKEN_MIN) // the secret itself is not shown
        check_say(check, "admin.token", "has fewer than %d characters", ADMIN_TOKEN_MIN);
    else if (*a->listen && !a->token && strcmp(a->listen, "::1") != 0 &&
             strncmp(a->listen, "127.", 4) != 0)
        check_say(check, "admin.listen", "\"%.80s\" can be reached from outside: needs a token",
                  a->listen);
    else
        return say_number(check, "admin.port", a->port, 1, 65535);
    return -EINVAL;
}

static int check_log(struct check *check, const struct config_log *log)
{
    static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
    static const char *const formats[] = {"plain", "journal", "json", NULL};

    if (!is_one_of(log->level, levels)) {
        check_say(check, "log.level", "\"%.80s\" is not error, warn, info or debug",
                  log->level);
        return -EINVAL;
    }
    if (!is_one_of(log->format, formats)) {
        check_say(check, "log.format", "\"%.80s\" is not plain, journal or json", log->format);
        return -EINVAL;
    }
    return 0;
}

int check_all(struct check *check, const struct config *config)
{
    if (check_http(check, &config->http) || check_media(check, &config->media) ||
        check_limits(check, &config->limits) || check_ice(check, config) ||
        check_webhooks(check, &config->webhooks) || check_admin(check, &config->admin) ||
        say_number(check, "drain.deadline_s", config->drain.deadline_s, 0, 86400) ||
        check_log(check, &config->log))
        return -EINVAL;
    if (*config->state == '\0') {
        check_say(check, "state", "is empty");
        return -EINVAL;
    }
    return 0;
}
