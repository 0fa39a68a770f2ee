#include "cmd_secrets.h"

#include "cmd.h"
#include "notify/webhooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int tenant_print_secret(struct links *links, const struct links_tenant *tenant,
                        enum links_secret kind)
{
    struct links_secret_live live[2];
    const char *url = links_public_url(links);
    int count = links_secret_live(links, tenant->id, kind, (int64_t)time(NULL), live);

    if (count < 0)
        return cmd_fail("the database does not answer: %s", strerror(-count));
    switch (kind) {
    case SECRET_LAUNCH:
        (void)printf("Launch URL: %s/launch/%s\nLaunch key id: %u\nLaunch secret: %s\n", url,
                     tenant->prefix, live[0].version, live[0].text);
        break;
    case SECRET_BBB: // what Moodle and Greenlight ask for ends like this
        (void)printf("BigBlueButton URL: %s/bbb/%s/bigbluebutton/\nBigBlueButton secret: %s\n",
                     url, tenant->prefix, live[0].text);
        break;
    case SECRET_LASUITE:
        (void)printf("La Suite client id: %s\nLa Suite client secret: %s\n", tenant->prefix,
                     live[0].text);
        break;
    case SECRET_KIND_COUNT:
    default:
        abort();
    }
    return EXIT_SUCCESS;
}

int tenant_add_webhook(struct links *links, struct store *store,
                       const struct links_tenant *tenant, const char *url)
{
    struct store_webhook webhook = {.url = ""};
    char secret[WEBHOOK_SECRET_SIZE];
    int error;

    memcpy(webhook.tenant, tenant->id, sizeof webhook.tenant);
    (void)snprintf(webhook.url, sizeof webhook.url, "%s", url);
    error = webhook_make(store, &webhook, (int64_t)time(NULL));
    if (error)
        return cmd_fail("the webhook cannot be kept: %s", strerror(-error));
    webhook_secret(links, &webhook, secret);
    (void)printf("Webhook id: %s\nWebhook secret: %s\n", webhook.id, secret);
    return EXIT_SUCCESS;
}
