/** The answerer: tests/sdp/invariants.h holds of any bytes. */
#include "sdp/invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t rng;

static void next_bytes(void *buf, size_t len)
{
    uint8_t *bytes = buf;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)((rng = rng * 1664525 + 1013904223) >> 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sdp_hint hint = {.mid = "0", .has_role = true, .role = SLOT_SCREEN};
    struct sdp_local local = {
        .fingerprint = "sha-256 AB",
        .address_count = 1,
        .address = {"192.0.2.1"},
        .port = 1,
        .hint = &hint,
        .hint_count = 1,
        .rand = next_bytes,
    };
    rng = 1;
    (void)sdp_invariants_hold((const char *)data, size, &local);
    return 0;
}
