/* `salon status|reload|drain|restart-workers|restart-control`: asks a server that runs, by its
 * admin.sock. */
#include "cmd.h"

#include <curl/curl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX  65536
#define PATIENCE_S  20L // a new version may take its time to say whether it could start
#define UP_EVERY_US 50000
#define UP_TRIES    600

static const char usage[] =
    "salon status            what a server that runs is doing, as JSON\n"
    "salon reload            the configuration read again, as by SIGHUP\n"
    "salon drain [--deadline S] [--cancel]\n"
    "    no new rooms; when the last is empty, or after S seconds (default: "
    "drain.deadline_s),\n"
    "    the server ends, and whoever is still there is told to come back. --cancel: it "
    "stays.\n"
    "salon restart-workers [--worker N] [--deadline S]\n"
    "    the media processes anew, one by one. Each takes no new rooms for S seconds, or "
    "until\n"
    "    it is empty (default: 0); whoever is still on it is led to another.\n"
    "salon restart-control\n"
    "    control becomes the executable that is installed now, in place: calls go on. "
    "Refused,\n"
    "    and nothing changes, if that one could not start. Returns when it is up.\n"
    "\n"
    "All take --config FILE or --state DIR (default: the state of serve --dev).\n";

struct asked {
    const char *config, *state, *worker;
    long deadline; ///< -1: none said
    bool cancel;
};

struct answer {
    char text[ANSWER_MAX];
    size_t len;
};

static size_t take(char *bytes, size_t size, size_t count, void *ctx)
{
    struct answer *a = ctx;
    const size_t len = size * count;

    if (len >= sizeof a->text - a->len)
        return 0;
    memcpy(a->text + a->len, bytes, len);
    a->len += len;
    a->text[a->len] = '\0';
    return len;
}

/** Asks. The answer's status; 0: nobody answers, and if `loud` that was said. */
static long fetch(const char *state, const char *method, const char *path, const char *body,
                  struct answer *answer, bool loud)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *curl = curl_easy_init();
    char socket[4096], url[256];
    long status = 0;
    CURLcode code;

    *answer = (struct answer){0};
    if (!headers || !curl) {
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl); // takes NULL
        (void)cmd_fail("out of memory");
        return 0;
    }
    (void)snprintf(socket, sizeof socket, "%s/admin.sock", state);
    (void)snprintf(url, sizeof url, "http://salon%s", path);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, PATIENCE_S);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (body) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK && loud)
        (void)cmd_fail("no server answers at %s: %s", socket, curl_easy_strerror(code));
    else if (status != 200 && loud)
        (void)cmd_fail("refused: %s", answer->text);
    return code == CURLE_OK ? status : 0;
}

/** Asks; returns the exit status, the answer on stdout. */
static int ask(const char *state, const char *method, const char *path, const char *body)
{
    struct answer *answer = calloc(1, sizeof *answer);
    long status;

    if (!answer)
        return cmd_fail("out of memory");
    status = fetch(state, method, path, body, answer, true);
    if (status == 200)
        (void)puts(answer->text);
    free(answer);
    return status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- control in place ---- */

static json_int_t started_at(const struct answer *a)
{
    json_t *status = json_loadb(a->text, a->len, 0, NULL);
    const json_int_t at = json_integer_value(json_object_get(status, "started_at_ms"));

    json_decref(status);
    return at;
}

/** Until the new program says that it is up, and has its workers. */
static int await_new(const char *state, json_int_t before, struct answer *answer)
{
    for (unsigned tries = 0; tries < UP_TRIES; tries++) {
        (void)usleep(UP_EVERY_US);
        if (fetch(state, "GET", "/readyz", NULL, answer, false) == 200 &&
            fetch(state, "GET", "/admin/v1/status", NULL, answer, false) == 200 &&
            started_at(answer) != before) {
            (void)puts(answer->text);
            return EXIT_SUCCESS;
        }
    }
    return cmd_fail("it has not come back so far; its log says why");
}

static int restart_control(const char *state)
{
    struct answer *answer = calloc(1, sizeof *answer);
    int status = EXIT_FAILURE;

    if (!answer)
        return cmd_fail("out of memory");
    if (fetch(state, "POST", "/admin/v1/control/restart", "{}", answer, true) == 200)
        status = await_new(state, started_at(answer), answer);
    free(answer);
    return status;
}

static int run(const char *name, const struct asked *asked, const char *state)
{
    char body[64] = "{}", path[64] = "/admin/v1/workers/restart";

    if (asked->deadline >= 0)
        (void)snprintf(body, sizeof body, "{\"deadline_s\": %ld}", asked->deadline);
    if (strcmp(name, "status") == 0)
        return ask(state, "GET", "/admin/v1/status", NULL);
    if (strcmp(name, "reload") == 0)
        return ask(state, "POST", "/admin/v1/reload", "{}");
    if (strcmp(name, "drain") == 0)
        return ask(state, asked->cancel ? "DELETE" : "POST", "/admin/v1/drain",
                   asked->cancel ? NULL : body);
    if (strcmp(name, "restart-control") == 0)
        return restart_control(state);
    if (asked->worker)
        (void)snprintf(path, sizeof path, "/admin/v1/workers/%.20s/restart", asked->worker);
    return ask(state, "POST", path, body);
}

/** The state folder: --state, the configuration's, or that of serve --dev. To be freed. */
static char *find_state(const struct asked *asked)
{
    struct config *config;
    char why[CONFIG_WHY], *state;

    if (asked->state)
        return strdup(asked->state);
    if (!asked->config)
        return cmd_dev_state();
    if (config_load(asked->config, &config, why)) {
        (void)cmd_fail("%s", why);
        return NULL;
    }
    state = strdup(config->state);
    config_free(config);
    return state;
}

static bool read_option(struct asked *asked, int option, const char *value)
{
    char *end;

    switch (option) {
    case 'c':
        asked->config = value;
        return true;
    case 's':
        asked->state = value;
        return true;
    case 'w':
        asked->worker = value;
        return *value && strspn(value, "0123456789") == strlen(value);
    case 'd':
        asked->deadline = strtol(value, &end, 10);
        return *value >= '0' && *value <= '9' && *end == '\0' && asked->deadline <= 86400;
    case 'x':
        asked->cancel = true;
        return true;
    default:
        return false;
    }
}

int cmd_admin(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"state", required_argument, NULL, 's'},
                                            {"deadline", required_argument, NULL, 'd'},
                                            {"worker", required_argument, NULL, 'w'},
                                            {"cancel", no_argument, NULL, 'x'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct asked asked = {.deadline = -1};
    char *state;
    int status = EXIT_FAILURE;

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h' || option == '?')
            return cmd_usage(option, usage);
        if (!read_option(&asked, option, optarg))
            return cmd_fail("\"%s\" cannot be used here; see salon %s --help", optarg, argv[0]);
    }
    if (optind < argc)
        return cmd_usage('?', usage);
    state = find_state(&asked);
    if (state)
        status = run(argv[0], &asked, state);
    free(state);
    return status;
}
