#include "lasuite.h"

#include "base/digest.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

#define PREFIX   "rm_"
#define ID_CHARS 20 ///< of 5 bits
#define ID_BYTES 13 ///< 100 bits, and 4 that are 0

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

/** The 100 bits of a room's id, packed from the highest bit on. */
static bool unpack(const char *room, uint8_t out[ID_BYTES])
{
    memset(out, 0, ID_BYTES);
    if (strncmp(room, PREFIX, sizeof PREFIX - 1) != 0 ||
        strlen(room) != sizeof PREFIX - 1 + ID_CHARS)
        return false;
    room += sizeof PREFIX - 1;
    for (unsigned i = 0; i < ID_CHARS * 5; i++) {
        const char *digit = strchr(digits, room[i / 5]);

        if (!digit)
            return false;
        if ((digit - digits) >> (4 - i % 5) & 1)
            out[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    return true;
}

/**
 * RFC 9562 section 5.4, the layout of version 4; behind the room's 100 bits follow 22 of a hash
 * of them, so that few UUIDs that somebody makes up are any room's:
 *
 *   bits  0-47      48-51  52-63      64-65  66-127
 *         id 0-47   0100   id 48-59   10     id 60-99, hash 0-21
 */
bool lasuite_uuid(const char *room, char out[LASUITE_UUID_SIZE])
{
    uint8_t bits[ID_BYTES], hash[SHA256_SIZE], uuid[16] = {0};
    char hex[33];
    unsigned to = 0;

    if (!unpack(room, bits))
        return false;
    digest_sha256(bits, sizeof bits, hash);
    for (unsigned i = 0; i < 122; i++, to++) {
        const unsigned k = i < 100 ? i : i - 100;
        const uint8_t *from = i < 100 ? bits : hash;

        if (to == 48)
            to += 4;
        else if (to == 64)
            to += 2;
        if (from[k / 8] >> (7 - k % 8) & 1)
            uuid[to / 8] |= (uint8_t)(0x80 >> to % 8);
    }
    uuid[6] |= 0x40;
    uuid[8] |= 0x80;
    text_hex(uuid, sizeof uuid, hex);
    (void)snprintf(out, LASUITE_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                   hex + 16, hex + 20);
    return true;
}

static int hex_value(char c)
{
    static const char hex[] = "0123456789abcdef";
    const char *at = c ? strchr(hex, text_lower(c)) : NULL;

    return at ? (int)(at - hex) : -1;
}

static bool read_uuid(const char *text, uint8_t out[16])
{
    unsigned n = 0;

    memset(out, 0, 16);
    if (strlen(text) != LASUITE_UUID_SIZE - 1)
        return false;
    for (unsigned i = 0; text[i]; i++) {
        const int v = hex_value(text[i]);

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-')
                return false;
        } else if (v < 0) {
            return false;
        } else {
            out[n / 2] |= (uint8_t)(v << (n % 2 ? 0 : 4));
            n++;
        }
    }
    return true;
}

bool lasuite_room_id(const char *uuid, char out[LINKS_ID_SIZE])
{
    uint8_t from[16], bits[ID_BYTES] = {0};
    char again[LASUITE_UUID_SIZE];
    unsigned at = 0;

    if (!read_uuid(uuid, from))
        return false;
    for (unsigned i = 0; i < 100; i++, at++) {
        if (at == 48)
            at += 4;
        else if (at == 64)
            at += 2;
        if (from[at / 8] >> (7 - at % 8) & 1)
            bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    memcpy(out, PREFIX, sizeof PREFIX);
    text_base32(bits, sizeof bits, ID_CHARS, out + sizeof PREFIX - 1);
    // Version, variant and hash must be right, too: a room has one UUID.
    return lasuite_uuid(out, again) && strcasecmp(again, uuid) == 0;
}
