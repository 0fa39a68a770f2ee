/* `salon serve … --check`: whether it could start, asked by a server that runs (trial.h). */
#include "serve_parts.h"

#include "cmd.h"
#include "letter/letter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** True if the list ("8080,9090") has it. */
static bool has_port(const char *ports, unsigned port)
{
    while (*ports) {
        char *end;

        if (strtoul(ports, &end, 10) == port)
            return true;
        ports = end + strspn(end, ",");
        if (end == ports)
            break;
    }
    return false;
}

/** Opens a listener as it would; where another of us listens, on some port. */
static int try_http(uv_loop_t *loop, struct http_conf conf, const char *ours, char *why)
{
    struct http *http;
    int error;

    if (has_port(ours, conf.port))
        conf.port = 0;
    error = http_open(loop, &conf, &http, why, CONFIG_WHY);
    if (error == 0)
        http_close(http, NULL, NULL);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    return error;
}

static int try_store(const struct config *config, char *why)
{
    char path[4096];

    if (config->server_key && access(config->server_key, R_OK)) {
        (void)snprintf(why, CONFIG_WHY, "cannot read the server key %s", config->server_key);
        return -EACCES;
    }
    (void)snprintf(path, sizeof path, "%s/salon.db", config->state);
    return store_fits(path, why, CONFIG_WHY);
}

static int try_listeners(const struct config *config, const char *ours, char *why)
{
    const struct http_conf open = {.listen = config->http.listen,
                                   .port = (uint16_t)config->http.port,
                                   .tls_cert = config->http.tls.cert,
                                   .tls_key = config->http.tls.key,
                                   .public_url = config->http.public_url};
    const struct http_conf admin = {.listen = config->admin.listen,
                                    .port = (uint16_t)config->admin.port,
                                    .public_url = config->http.public_url};
    uv_loop_t loop;
    int error = uv_loop_init(&loop);

    (void)snprintf(why, CONFIG_WHY, "out of memory");
    if (error)
        return error;
    error = try_http(&loop, open, ours, why);
    if (error == 0 && *config->admin.listen)
        error = try_http(&loop, admin, ours, why);
    (void)uv_loop_close(&loop);
    return error;
}

int serve_check(const struct config *config, const char *ours)
{
    char why[CONFIG_WHY];
    json_t *said;
    int status = EXIT_SUCCESS;

    if (try_store(config, why) || try_listeners(config, ours, why))
        return cmd_fail("%s", why);
    said = json_pack("{s:s, s:i, s:s, s:i, s:i}", "version", SALON_VERSION, "letters",
                     LETTER_VERSION, "state", config->state, "media_port",
                     (int)config->media.port, "workers", (int)serve_workers(config));
    if (!said || json_dumpf(said, stdout, JSON_COMPACT) || fflush(stdout))
        status = cmd_fail("out of memory");
    json_decref(said);
    return status;
}
