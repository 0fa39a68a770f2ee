#include "cmd.h"

#include "base/log.h"
#include "http/address.h"
#include "serve.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEV_PORT 8080

static const char usage[] =
    "salon serve [--config FILE] [--dev] [--port N] [--state DIR] [--workers N]\n"
    "            [--media-port N] [--announce ADDRESS]... [--log-level LEVEL]\n"
    "  --config FILE        settings; see config/salon.yaml\n"
    "  --dev                for this machine alone: no file needed, http on 127.0.0.1, a "
    "tenant\n"
    "                       \"dev\" whose key is printed, and a room to join\n"
    "  --port N             TCP port (--dev: SALON_PORT, else 8080)\n"
    "  --state DIR          folder of the database (--dev: ~/.local/state/salon)\n"
    "  --workers N          media processes, 0: one a core\n"
    "  --media-port N       UDP port of the first media process (--dev: the first that is "
    "free)\n"
    "  --announce ADDRESS   address told to clients, instead of this machine's\n"
    "  --webhook-allow CIDR private addresses that webhooks may go to, also by http\n"
    "  --log-level LEVEL    error, warn, info, debug\n"
    "  --check[=PORTS]      only say whether it could start; PORTS are those of one that "
    "runs\n";

/** What the command line said; NULL or 0 where it said nothing. */
struct said {
    const char *config, *state, *log_level;
    const char *check; ///< ports of a server that runs, NULL: run
    const char *announce[16];
    unsigned announce_count;
    const char *allow[16];
    unsigned allow_count;
    bool dev, has_workers;
    unsigned port, media_port, workers;
};

/** A number from 0 to `most`; false if it is none. */
static bool read_number(const char *text, unsigned most, unsigned *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    *out = (unsigned)n;
    return *text >= '0' && *text <= '9' && *end == '\0' && n <= most;
}

static bool read_option(struct said *said, int option, const char *value)
{
    switch (option) {
    case 'c':
        said->config = value;
        return true;
    case 'd':
        said->dev = true;
        return true;
    case 'p':
        return read_number(value, 65535, &said->port) && said->port > 0;
    case 's':
        said->state = value;
        return *value != '\0';
    case 'w':
        said->has_workers = true;
        return read_number(value, 64, &said->workers);
    case 'm':
        return read_number(value, 65535 - 64, &said->media_port) && said->media_port >= 1024;
    case 'a':
        if (said->announce_count == sizeof said->announce / sizeof *said->announce)
            return false;
        said->announce[said->announce_count++] = value;
        return true;
    case 'A':
        if (said->allow_count == sizeof said->allow / sizeof *said->allow ||
            !address_range_valid(value))
            return false;
        said->allow[said->allow_count++] = value;
        return true;
    case 'k':
        said->check = value ? value : "";
        return true;
    case 'l':
        said->log_level = value;
        return true;
    default:
        return false;
    }
}

static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                        {"dev", no_argument, NULL, 'd'},
                                        {"port", required_argument, NULL, 'p'},
                                        {"state", required_argument, NULL, 's'},
                                        {"workers", required_argument, NULL, 'w'},
                                        {"media-port", required_argument, NULL, 'm'},
                                        {"announce", required_argument, NULL, 'a'},
                                        {"log-level", required_argument, NULL, 'l'},
                                        {"webhook-allow", required_argument, NULL, 'A'},
                                        {"check", optional_argument, NULL, 'k'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};

/** SALON_PORT, if the command line says nothing. */
static int find_dev_port(struct said *said)
{
    const char *env = getenv("SALON_PORT");

    if (said->port == 0 && env && *env &&
        (!read_number(env, 65535, &said->port) || said->port == 0))
        return cmd_fail("SALON_PORT is not a port: \"%s\"", env);
    if (said->port == 0)
        said->port = DEV_PORT;
    return 0;
}

/** --dev: this machine alone, wherever a file may have pointed. */
static void apply_dev(const struct said *said, struct config *config)
{
    char url[64];
    char *state = cmd_dev_state();

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", said->port);
    config_set(&config->http.listen, "127.0.0.1");
    config_set(&config->http.public_url, url);
    if (!said->state && !said->config)
        config_set(&config->state, state);
    free(state);
}

/** What the command line lists stands in place of the file's list. */
static void take_list(const char *const *said, unsigned count, char ***list,
                      unsigned *list_count)
{
    if (count == 0)
        return;
    for (unsigned i = 0; i < *list_count; i++)
        free((*list)[i]);
    free(*list);
    *list = calloc(count, sizeof(char *));
    if (!*list)
        abort();
    *list_count = count;
    for (unsigned i = 0; i < count; i++)
        config_set(&(*list)[i], said[i]);
}

static void apply(const struct said *said, struct config *config)
{
    if (said->dev)
        apply_dev(said, config);
    if (said->port)
        config->http.port = said->port;
    if (said->state)
        config_set(&config->state, said->state);
    if (said->log_level)
        config_set(&config->log.level, said->log_level);
    if (said->has_workers)
        config->media.workers = said->workers;
    if (said->media_port)
        config->media.port = said->media_port;
    take_list(said->announce, said->announce_count, &config->media.announce,
              &config->media.announce_count);
    take_list(said->allow, said->allow_count, &config->webhooks.allow,
              &config->webhooks.allow_count);
}

/** The file, or the defaults; over it the environment; over that the command line. */
static int load(void *arg, struct config **out, char why[CONFIG_WHY])
{
    const struct said *said = arg;
    const int error = said->config ? config_load(said->config, out, why)
                                   : config_parse("", 0, "defaults", out, why);

    if (error == 0)
        apply(said, *out);
    return error;
}

static int run(struct said *said)
{
    struct serve_conf conf = {.dev = said->dev, .load = load, .arg = said};
    enum log_level level = LEVEL_INFO;
    enum log_format format = LOG_PLAIN;
    char why[CONFIG_WHY];
    int status;

    if (!said->dev && !said->config)
        return cmd_fail("serve needs --config FILE, or --dev");
    if (said->dev && find_dev_port(said))
        return EXIT_FAILURE;
    if (load(said, &conf.config, why))
        return cmd_fail("%s", why);
    if (!log_level_from(conf.config->log.level, &level))
        return cmd_fail("\"%s\" is no log level", conf.config->log.level);
    (void)log_format_from(conf.config->log.format, &format); // it was checked
    log_start(said->check ? LEVEL_ERROR : level, format, said->check ? "check" : "control");
    status = said->check ? serve_check(conf.config, said->check) : serve_run(&conf);
    config_free(conf.config);
    return status;
}

int cmd_serve(int argc, char **argv)
{
    struct said said = {0};

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h' || option == '?')
            return cmd_usage(option, usage);
        if (!read_option(&said, option, optarg))
            return cmd_fail("\"%s\" cannot be used here; see salon serve --help", optarg);
    }
    if (optind < argc)
        return cmd_usage('?', usage);
    return run(&said);
}
