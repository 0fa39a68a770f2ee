/** Signatures of webhooks: Standard Webhooks 1.0, symmetric (v1). Pure. */
#ifndef NOTIFY_SIGN_H
#define NOTIFY_SIGN_H

#include <stddef.h>
#include <stdint.h>

#define SIGN_KEY_SIZE    24
#define SIGN_SECRET_SIZE 48 ///< bytes with the NUL of "whsec_" and the key in base64
#define SIGN_SIZE        64 ///< bytes with the NUL of "v1," and the MAC in base64

/** "whsec_…" */
void sign_secret(const uint8_t key[SIGN_KEY_SIZE], char out[SIGN_SECRET_SIZE]);

struct sign_message {
    const char *id; ///< webhook-id
    int64_t at;     ///< webhook-timestamp, seconds since 1970
    const char *body;
};

/** "v1,…": HMAC-SHA256 over "id.timestamp.body" in base64. 0 or -ENOMEM. */
int sign_message(const uint8_t *key, size_t key_len, const struct sign_message *m,
                 char out[SIGN_SIZE]);

#endif
