/** The configuration file: YAML, read by schema into one struct (config/salon.yaml shows all).
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CONFIG_WHY 512 ///< bytes for a line that says what is wrong

struct config_tls {
    char *cert, *key; ///< PEM files; both or neither
};

struct config_http {
    char *listen; ///< address, "" for any
    unsigned port;
    char *public_url; ///< as browsers see us, without a slash at the end
    struct config_tls tls;
    char **trusted_proxies;
    unsigned trusted_proxies_count;
    char *bare_links; ///< prefix of the tenant to whom /{uuid} belongs; NULL: nobody's
};

struct config_media {
    unsigned workers; ///< 0: one a core
    unsigned port;    ///< UDP port of the first worker
    char **announce;
    unsigned announce_count;
    unsigned flight_mib; ///< for recordings, of each worker; 0: none are made
};

struct config_limits {
    unsigned room_participants;
    unsigned rooms_per_minute;         ///< one API key
    unsigned unknown_links_per_minute; ///< one address
    unsigned joins_per_minute;         ///< one address
    unsigned knocks_per_minute;        ///< one address
};

struct config_ice_server {
    char **urls;
    unsigned urls_count;
    char *username, *credential; ///< NULL: none
    char *secret; ///< that a TURN server shares with us, to make these two from; NULL: none
};

struct config_webhooks {
    char **allow; ///< ranges of private addresses that webhooks may go to
    unsigned allow_count;
};

/** The admin API's own listener; its Unix socket in the state folder is always there. */
struct config_admin {
    char *listen; ///< address, "": no TCP
    unsigned port;
    char *token; ///< secret; NULL: none
};

struct config_drain {
    unsigned deadline_s; ///< how long SIGTERM lets running calls go on
};

struct config_log {
    char *level, *format; ///< "info", "plain"
};

/** All strings are owned, none is NULL but where said. */
struct config {
    struct config_http http;
    char *state;      ///< folder
    char *server_key; ///< file; NULL: server.key in the state folder
    struct config_media media;
    struct config_limits limits;
    struct config_ice_server *ice_servers;
    unsigned ice_servers_count;
    struct config_webhooks webhooks;
    struct config_admin admin;
    struct config_drain drain;
    struct config_log log;
};

/**
 * Reads a file. Returns 0 and `*out`, or -errno and in `why` one line with file, line and
 * field. Free with config_free().
 */
int config_load(const char *path, struct config **out, char why[CONFIG_WHY]);

/** The same from memory; `name` stands for the file. "" gives the defaults. */
int config_parse(const char *text, size_t len, const char *name, struct config **out,
                 char why[CONFIG_WHY]);

void config_free(struct config *config);

/** Puts a copy of `value` in place of `*string`. Without memory the process ends. */
void config_set(char **string, const char *value);

/** The ICE servers as RTCPeerConnection takes them, but for `secret` (call_ice_servers() makes
 * credentials from it): a new array. */
json_t *config_ice_servers(const struct config *config);

#endif
