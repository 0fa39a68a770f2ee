// Hostile packets into an opener of each profile: nothing authenticates, no stream is made.
// Then the same bytes as the clear packet of a sealer: what it seals opens to the same bytes.
#include "base/bytes.h"
#include "srtp/open.h"
#include "srtp/seal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const uint16_t profiles[] = {PROFILE_CM80, PROFILE_GCM128, PROFILE_GCM256};
static const uint8_t key[32] = {1, 2, 3}, salt[14] = {4, 5, 6};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return opener_setup();
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

static void there_and_back(struct seal_engine *e, struct opener *o, uint16_t profile,
                           const uint8_t *bytes, size_t len)
{
    struct seal s;
    struct seal_stream st;
    const size_t room = len + profile_sizes(profile).tag;
    uint8_t *copy = copy_of(bytes, len, room);
    size_t n = len;
    if (seal_init(&s, e, profile, key, salt) ||
        seal_stream_init(&st, len >= 12 ? rd32(bytes + 8) : 0, false))
        abort();
    if (seal_rtp(&s, &st, copy, &n, room) == DROP_NONE &&
        (n != room || opener_rtp(o, copy, &n) != DROP_NONE || n != len ||
         memcmp(copy, bytes, len) != 0 || o->count != 1))
        abort();
    seal_fini(&s);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct seal_engine e;
    if (len > 2000 || seal_engine_init(&e, SEAL_OPENSSL))
        return 0;
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        struct opener o;
        if (opener_init(&o, profiles[i], key, salt))
            abort();
        hostile(&o, bytes, len);
        there_and_back(&e, &o, profiles[i], bytes, len);
        opener_fini(&o);
    }
    seal_engine_fini(&e);
    return 0;
}
