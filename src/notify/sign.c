#include "sign.h"

#include "base/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sign_secret(const uint8_t key[SIGN_KEY_SIZE], char out[SIGN_SECRET_SIZE])
{
    (void)snprintf(out, SIGN_SECRET_SIZE, "whsec_");
    (void)EVP_EncodeBlock((unsigned char *)out + 6, key, SIGN_KEY_SIZE);
}

int sign_message(const uint8_t *key, size_t key_len, const struct sign_message *m,
                 char out[SIGN_SIZE])
{
    uint8_t mac[SHA256_SIZE];
    char *text = NULL;
    int len = asprintf(&text, "%s.%" PRId64 ".%s", m->id, m->at, m->body);

    if (len < 0)
        return -ENOMEM;
    digest_hmac(key, key_len, text, (size_t)len, mac);
    free(text);
    (void)snprintf(out, SIGN_SIZE, "v1,");
    (void)EVP_EncodeBlock((unsigned char *)out + 3, mac, sizeof mac);
    return 0;
}
