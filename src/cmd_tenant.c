#include "cmd.h"

#include "cmd_secrets.h"
#include "links/settings.h"
#include "notify/webhooks.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUSY_MS 5000 ///< a person waits: longer than the server would

static const char usage[] =
    "salon tenant add NAME [--prefix P] [--origin O]... [--locale L] [--link-format uuid]\n"
    "                      [--webhook URL]\n"
    "    a front end; prints its first API key and its secrets, once\n"
    "salon tenant rotate NAME launch|bbb|lasuite\n"
    "    a new secret; the one before holds for a day more, or until the next rotation\n"
    "salon tenant list\n"
    "salon tenant key NAME [--scope S]...\n"
    "    a new API key (all scopes by default); the one before it stays alive\n"
    "    scopes: rooms:read rooms:write rooms:host invitations calendar users webhooks tenant\n"
    "salon tenant quota NAME [rooms=N] [webhooks=N] [invitations=N]\n"
    "    what it may have at most: rooms not closed, webhooks, invitations a day; 0: no limit\n"
    "salon tenant remove NAME\n"
    "    with its keys, rooms and links\n"
    "\n"
    "All take --config FILE or --state DIR (default: the state of serve --dev), and work "
    "while\n"
    "serve runs.\n";

/** What the command line said. */
struct request {
    const char *config, *state;
    struct links_tenant tenant;
    unsigned scopes;
    const char *webhook; ///< where `add` sends events; NULL: nowhere
    char *const *more;   ///< words behind the name; ends with NULL
    struct links *links;
    struct store *store;
};

static int fail(const char *name, int error)
{
    if (error == -ENOENT)
        return cmd_fail("there is no tenant \"%s\"", name);
    if (error == -EEXIST)
        return cmd_fail("the name or the prefix of \"%s\" is taken", name);
    if (error == -EINVAL)
        return cmd_fail("a name has 1-80 characters, a prefix 2-32 of a-z 0-9 -, an origin is "
                        "https://HOST");
    return cmd_fail("the database does not answer: %s", strerror(-error));
}

static int print_key(struct request *r, const struct links_tenant *tenant)
{
    char key[LINKS_KEY_SIZE];
    int error = links_key_make(r->links, tenant->id, r->scopes, key, (int64_t)time(NULL));

    if (error)
        return fail(tenant->name, error);
    (void)printf("API key: %s\n", key);
    return EXIT_SUCCESS;
}

static int add(struct request *r, const char *name)
{
    int error;

    if (r->webhook && !webhook_url_valid(r->webhook, true))
        return cmd_fail("\"%s\" is no address of a webhook", r->webhook);
    if ((size_t)snprintf(r->tenant.name, sizeof r->tenant.name, "%s", name) >=
        sizeof r->tenant.name)
        return fail(name, -EINVAL);
    error = links_tenant_add(r->links, &r->tenant, (int64_t)time(NULL));
    if (error)
        return fail(name, error);
    (void)printf("Tenant: %s\nPrefix: %s\n", r->tenant.name, r->tenant.prefix);
    error = print_key(r, &r->tenant);
    for (int kind = 0; error == 0 && kind < SECRET_KIND_COUNT; kind++)
        error = tenant_print_secret(r->links, &r->tenant, (enum links_secret)kind);
    if (error == 0 && r->webhook)
        error = tenant_add_webhook(r->links, r->store, &r->tenant, r->webhook);
    return error;
}

static int rotate(struct request *r, const char *name)
{
    struct links_tenant tenant;
    enum links_secret kind;
    int error;

    if (!*r->more || r->more[1] || !links_secret_from(*r->more, &kind))
        return cmd_fail("say which secret: launch, bbb or lasuite");
    error = links_tenant_find(r->links, name, &tenant);
    if (error == 0)
        error = links_secret_rotate(r->links, tenant.id, kind, (int64_t)time(NULL));
    return error ? fail(name, error) : tenant_print_secret(r->links, &tenant, kind);
}

static void print_one_key(const char *id, const char *scopes, int64_t created_at, void *ctx)
{
    (void)ctx;
    (void)created_at;
    (void)printf("  key salon_%s_…  %s\n", id, scopes);
}

static void print_quotas(struct request *r, const struct links_tenant *tenant)
{
    struct links_quotas q;

    if (links_quotas_get(r->links, tenant->id, &q) == 0)
        (void)printf("  quotas rooms=%" PRId64 " webhooks=%" PRId64 " invitations=%" PRId64
                     "\n",
                     q.rooms, q.webhooks, q.invitations);
}

static void print_tenant(const struct links_tenant *tenant, void *ctx)
{
    struct request *r = ctx;

    (void)printf("%s  prefix %s%s%s%s\n", tenant->name, tenant->prefix,
                 tenant->uuid ? "  links as UUIDs" : "", *tenant->origins ? "  origins " : "",
                 tenant->origins);
    print_quotas(r, tenant);
    (void)links_key_list(r->links, tenant->id, print_one_key, NULL);
}

static int list(struct request *r, const char *name)
{
    int error = links_tenant_list(r->links, print_tenant, r);

    (void)name;
    return error ? fail("", error) : EXIT_SUCCESS;
}

static int new_key(struct request *r, const char *name)
{
    struct links_tenant tenant;
    int error = links_tenant_find(r->links, name, &tenant);

    return error ? fail(name, error) : print_key(r, &tenant);
}

/** "rooms=100". */
static bool read_quota(struct links_quotas *q, const char *word)
{
    const char *equals = strchr(word, '=');
    char name[32], *end;
    long long value;

    if (!equals || equals[1] < '0' || equals[1] > '9')
        return false;
    (void)snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    errno = 0;
    value = strtoll(equals + 1, &end, 10);
    return !*end && errno == 0 && links_quota_set(q, name, value);
}

static int set_quotas(struct request *r, const char *name)
{
    struct links_tenant tenant;
    struct links_quotas q;
    int error = links_tenant_find(r->links, name, &tenant);

    if (error == 0)
        error = links_quotas_get(r->links, tenant.id, &q);
    if (error)
        return fail(name, error);
    for (char *const *word = r->more; *word; word++)
        if (!read_quota(&q, *word))
            return cmd_fail("\"%s\" is no quota; see salon tenant --help", *word);
    error = links_quotas_put(r->links, tenant.id, &q);
    if (error)
        return fail(name, error);
    print_quotas(r, &tenant);
    return EXIT_SUCCESS;
}

static int remove_tenant(struct request *r, const char *name)
{
    struct links_tenant tenant;
    int error = links_tenant_find(r->links, name, &tenant);

    if (error == 0)
        error = links_tenant_remove(r->links, tenant.id);
    return error ? fail(name, error) : EXIT_SUCCESS;
}

static const struct {
    const char *name;
    bool named; ///< takes a tenant's name
    bool more;  ///< and words behind it
    int (*run)(struct request *r, const char *name);
} actions[] = {
    {"add", true, false, add},      {"list", false, false, list},
    {"key", true, false, new_key},  {"quota", true, true, set_quotas},
    {"rotate", true, true, rotate}, {"remove", true, false, remove_tenant},
};

static bool add_origin(struct links_tenant *tenant, const char *origin)
{
    size_t len = strlen(tenant->origins);
    size_t room = sizeof tenant->origins - len;

    return (size_t)snprintf(tenant->origins + len, room, "%s%s", len > 0 ? " " : "", origin) <
           room;
}

/** Reads one option; false: it is not one. */
static bool read_option(struct request *r, int option, const char *value)
{
    unsigned scope;

    switch (option) {
    case 'c':
        r->config = value;
        return true;
    case 's':
        r->state = value;
        return true;
    case 'p':
        return (size_t)snprintf(r->tenant.prefix, sizeof r->tenant.prefix, "%s", value) <
               sizeof r->tenant.prefix;
    case 'w':
        r->webhook = value;
        return true;
    case 'o':
        return add_origin(&r->tenant, value);
    case 'l':
        return (size_t)snprintf(r->tenant.locale, sizeof r->tenant.locale, "%s", value) <
               sizeof r->tenant.locale;
    case 'f':
        r->tenant.uuid = strcmp(value, "uuid") == 0;
        return r->tenant.uuid || strcmp(value, "native") == 0;
    case 'S':
        if (!links_scope_from(value, &scope))
            return false;
        r->scopes |= scope;
        return true;
    default:
        return false;
    }
}

static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                        {"state", required_argument, NULL, 's'},
                                        {"prefix", required_argument, NULL, 'p'},
                                        {"origin", required_argument, NULL, 'o'},
                                        {"webhook", required_argument, NULL, 'w'},
                                        {"locale", required_argument, NULL, 'l'},
                                        {"link-format", required_argument, NULL, 'f'},
                                        {"scope", required_argument, NULL, 'S'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};

/** The state folder's configuration: of --config, --state, or of serve --dev. */
static int load_config(const struct request *r, struct config **out)
{
    char why[CONFIG_WHY];
    char *dev = NULL;
    int error = r->config ? config_load(r->config, out, why)
                          : config_parse("", 0, "defaults", out, why);

    if (error)
        return cmd_fail("%s", why);
    if (!r->config && !r->state)
        dev = cmd_dev_state();
    if (r->state || dev)
        config_set(&(*out)->state, r->state ? r->state : dev);
    free(dev);
    return EXIT_SUCCESS;
}

static int run(struct request *r, int (*action)(struct request *, const char *),
               const char *name)
{
    struct config *config;
    char why[CONFIG_WHY];
    int status = load_config(r, &config);

    if (status)
        return status;
    if (cmd_open_links(config, BUSY_MS, &r->store, &r->links, why, sizeof why)) {
        status = cmd_fail("%s", why);
    } else {
        status = action(r, name);
        links_close(r->links);
        store_close(r->store);
    }
    config_free(config);
    return status;
}

int cmd_tenant(int argc, char **argv)
{
    struct request r = {0};
    const char *word, *name;

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h' || option == '?')
            return cmd_usage(option, usage);
        if (!read_option(&r, option, optarg))
            return cmd_fail("\"%s\" cannot be used here; see salon tenant --help", optarg);
    }
    word = optind < argc ? argv[optind] : "";
    name = optind + 1 < argc ? argv[optind + 1] : NULL;
    if (r.scopes == 0)
        r.scopes = SCOPE_ALL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, word) == 0 && actions[i].named == (name != NULL) &&
            (argc - optind <= 2 || actions[i].more)) {
            r.more = argv + (optind + 2 < argc ? optind + 2 : argc);
            return run(&r, actions[i].run, name);
        }
    }
    return cmd_usage('?', usage);
}
