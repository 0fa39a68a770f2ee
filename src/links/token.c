#include "inner.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_CHARS 26 ///< 130 bits
#define UUID_CHARS  36

/** RFC 9562 section 5.4: a version 4 UUID of the first 16 bytes (122 bits remain). */
static void write_uuid(const uint8_t *bytes, char *out)
{
    uint8_t b[16];
    char hex[33];

    memcpy(b, bytes, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    text_hex(b, sizeof b, hex);
    (void)snprintf(out, UUID_CHARS + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                   hex + 16, hex + 20);
}

void derive_token(const struct links *links, const struct links_room *room, const char *role,
                  char out[LINKS_TOKEN_SIZE])
{
    char text[LINKS_ID_SIZE + 64];
    uint8_t mac[SHA256_SIZE];
    int n = snprintf(text, sizeof text, "v1|%s|%s|%u", room->id, role, room->link_version);

    digest_hmac(links->key, sizeof links->key, text, (size_t)n, mac);
    if (room->uuid && strcmp(role, "host") != 0)
        write_uuid(mac, out);
    else
        text_base32(mac, sizeof mac, TOKEN_CHARS, out);
}

void link_hash(const struct links *links, const struct links_room *room,
               uint8_t out[SHA256_SIZE])
{
    char token[LINKS_TOKEN_SIZE];

    derive_token(links, room, "guest", token);
    digest_sha256(token, strlen(token), out);
}

static bool canonical_base32(const char *s, char *out)
{
    for (size_t i = 0; i < TOKEN_CHARS; i++) {
        out[i] = text_base32_canonical(s[i]);
        if (out[i] == '\0')
            return false;
    }
    out[TOKEN_CHARS] = '\0';
    return true;
}

bool canonical_uuid(const char *s, char *out)
{
    for (size_t i = 0; i < UUID_CHARS; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = s[i];

        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        out[i] = c;
    }
    out[UUID_CHARS] = '\0';
    return true;
}

bool find_token(const char *link, char out[LINKS_TOKEN_SIZE])
{
    const char *path = strstr(link, "/r/");
    const char *token = path ? path + 3 : link;
    size_t len;

    token += strspn(token, " \t\r\n");
    len = strcspn(token, "/?# \t\r\n");
    if (len == TOKEN_CHARS)
        return canonical_base32(token, out);
    return len == UUID_CHARS && canonical_uuid(token, out);
}
