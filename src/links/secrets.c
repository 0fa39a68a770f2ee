#include "links/secrets.h"

#include "inner.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const names[SECRET_KIND_COUNT] = {"launch", "bbb", "lasuite"};

const char *links_secret_name(enum links_secret kind)
{
    return names[kind];
}

bool links_secret_from(const char *name, enum links_secret *out)
{
    for (int i = 0; i < SECRET_KIND_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum links_secret)i;
            return true;
        }
    }
    return false;
}

void links_secret(const struct links *links, const char *tenant, enum links_secret kind,
                  unsigned version, char out[LINKS_SECRET_SIZE])
{
    char purpose[LINKS_ID_SIZE + 32];
    uint8_t mac[SHA256_SIZE];

    (void)snprintf(purpose, sizeof purpose, "%s|%s|%u", names[kind], tenant, version);
    links_derive(links, purpose, mac);
    text_hex(mac, sizeof mac, out);
}

int links_secret_live(struct links *links, const char *tenant, enum links_secret kind,
                      int64_t now, struct links_secret_live out[2])
{
    struct store_secret row;
    int error = store_secret_get(links->store, tenant, names[kind], &row);
    int count = 1;

    if (error && error != -ENOENT)
        return error;
    if (error)
        row = (struct store_secret){.version = 1};
    if (row.version > 1 && now < row.rotated_at + LINKS_SECRET_ROTATION_S)
        count = 2;
    for (int i = 0; i < count; i++) {
        out[i].version = row.version - (unsigned)i;
        links_secret(links, tenant, kind, out[i].version, out[i].text);
    }
    return count;
}

int links_secret_rotate(struct links *links, const char *tenant, enum links_secret kind,
                        int64_t now)
{
    return store_secret_rotate(links->store, tenant, names[kind], now);
}

const char *links_public_url(const struct links *links)
{
    return links->public_url;
}
