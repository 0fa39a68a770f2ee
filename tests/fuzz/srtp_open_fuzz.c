// Hostile packets into an opener of each profile: nothing authenticates, no stream is made.
// Then the same bytes as the clear packet of a sealer: what it seals opens to the same bytes.
#include "base/bytes.h"
#include "srtp/open.h"
#include "srtp/seal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define PROFILES 3

static const uint16_t profiles[PROFILES] = {PROFILE_CM80, PROFILE_GCM128, PROFILE_GCM256};
static const uint8_t key[32] = {1, 2, 3}, salt[14] = {4, 5, 6};
static struct opener openers[PROFILES];
static struct seal_engine engine;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (opener_setup() || seal_engine_init(&engine, SEAL_BEST))
        abort();
    for (size_t i = 0; i < PROFILES; i++)
        if (opener_init(&openers[i], &engine, profiles[i], key, salt))
            abort();
    return 0;
}

/** Exactly `room` bytes, so that ASan sees one too far; the packet at their start. */
static uint8_t *copy_of(const uint8_t *bytes, size_t len, size_t room)
{
    uint8_t *copy = calloc(1, room ? room : 1);
    if (!copy)
        abort();
    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

static void hostile(struct opener *o, const uint8_t *bytes, size_t len)
{
    for (int rtcp = 0; rtcp < 2; rtcp++) {
        uint8_t *copy = copy_of(bytes, len, len);
        size_t n = len;
        const enum drop why = rtcp ? opener_rtcp(o, copy, &n) : opener_rtp(o, copy, &n);
        if (why == DROP_NONE || n != len || o->count != 0)
            abort();
        free(copy);
    }
}

static void there_and_back(struct opener *o, uint16_t profile, const uint8_t *bytes, size_t len)
{
    struct seal s;
    struct seal_stream st;
    const uint32_t ssrc = len >= 12 ? rd32(bytes + 8) : 0;
    const size_t room = len + profile_sizes(profile).tag;
    uint8_t *copy = copy_of(bytes, len, room);
    size_t n = len;
    if (seal_init(&s, &engine, profile, key, salt) || seal_stream_init(&st, ssrc, false))
        abort();
    if (seal_rtp(&s, &st, copy, &n, room) == DROP_NONE &&
        (n != room || opener_rtp(o, copy, &n) != DROP_NONE || n != len ||
         memcmp(copy, bytes, len) != 0 || o->count != 1))
        abort();
    seal_fini(&s);
    opener_fini(o); // the next input may use the same numbers
    if (opener_init(o, &engine, profile, key, salt))
        abort();
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < PROFILES && len <= 2000; i++) {
        hostile(&openers[i], bytes, len);
        there_and_back(&openers[i], profiles[i], bytes, len);
    }
    return 0;
}
