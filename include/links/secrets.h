/**
 * A tenant's secrets that we must be able to read: what signs launch links, the BigBlueButton
 * and the La Suite secret. None is stored: each is HMAC-SHA256(server key,
 * "<kind>|<tenant id>|<version>"); the database holds versions alone. Errors as in links.h.
 *
 * After a rotation the secret before goes on being accepted for a day, so that nothing that was
 * signed with it breaks; rotating twice ends it at once.
 */
#ifndef LINKS_SECRETS_H
#define LINKS_SECRETS_H

#include "links/tenants.h"

enum links_secret { SECRET_LAUNCH, SECRET_BBB, SECRET_LASUITE, SECRET_KIND_COUNT };

#define LINKS_SECRET_SIZE       65    ///< bytes with the NUL: 64 hex digits
#define LINKS_SECRET_ROTATION_S 86400 ///< the secret before lives on for so long

/** "launch", "bbb", "lasuite"; the inverse: false if it is none. */
const char *links_secret_name(enum links_secret kind);
bool links_secret_from(const char *name, enum links_secret *out);

/** The text of one version. As a key of HMAC it is these 64 characters, not 32 bytes. */
void links_secret(const struct links *links, const char *tenant, enum links_secret kind,
                  unsigned version, char out[LINKS_SECRET_SIZE]);

/** A secret that is accepted. */
struct links_secret_live {
    unsigned version; ///< from 1 on; for launch links the JWT's kid, in decimal
    char text[LINKS_SECRET_SIZE];
};

/**
 * The secrets that hold now: one, or after a rotation two, the newest first. Returns how many,
 * or an error.
 */
int links_secret_live(struct links *links, const char *tenant, enum links_secret kind,
                      int64_t now, struct links_secret_live out[2]);

/** A new secret. */
int links_secret_rotate(struct links *links, const char *tenant, enum links_secret kind,
                        int64_t now);

/** Where people reach us: "https://meet.example.org", without a slash at the end. */
const char *links_public_url(const struct links *links);

#endif
