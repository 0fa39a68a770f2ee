#include "../ice/client.h"

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/** Nothing of the agent's may move without an authenticated check, whatever the bytes. */
static void hostile(struct ice *ice, const uint8_t *bytes, size_t len)
{
    const char *ufrag = NULL;
    size_t ufrag_len = 0;
    if (ice_username(bytes, len, &ufrag, &ufrag_len) &&
        ((const uint8_t *)ufrag < bytes || ufrag_len < 1 ||
         (const uint8_t *)ufrag + ufrag_len >= bytes + len))
        abort();
    struct check k;
    const struct ice_path from = path("2001:db8::7", 50000, "2001:db8::1");
    const struct ice before = *ice;
    const enum drop why = ice_on_check(ice, bytes, len, &from, &k.ev, 1);
    if (memcmp(&before, ice, sizeof(before)) != 0 || k.ev.reply_len > 0)
        abort(); // forged without the password
    if (why == DROP_NONE && rd16(bytes) != 0x0011)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct ice ice;
    if (ice_init(&ice, &first_creds, 0) != 0)
        abort();
    uint8_t *copy = malloc(len ? len : 1); // exact size, so that ASan sees one byte too far
    if (!copy)
        abort();
    if (len)
        memcpy(copy, bytes, len);
    hostile(&ice, copy, len);

    // The same attributes, but signed: libnice's parsing of an authenticated check.
    struct check k;
    if (ice_is_stun(copy, len) && len + 64 <= sizeof(k.bytes) && rd16(copy) == 0x0001) {
        check_agent(&k);
        memcpy(k.bytes, copy, len);
        StunMessage msg = {.buffer = k.bytes, .buffer_len = sizeof(k.bytes), .agent = &k.agent};
        stun_message_append_string(&msg, STUN_ATTRIBUTE_USERNAME, "OurFrag1:TheirFrag1");
        k.len =
            stun_agent_finish_message(&k.agent, &msg, (const uint8_t *)first_creds.local_pwd,
                                      strlen(first_creds.local_pwd));
        const struct ice_path from = path("::ffff:192.0.2.1", 5, "::ffff:192.0.2.2");
        if (k.len)
            check_deliver(&k, &ice, &from, 2);
    }
    free(copy);
    return 0;
}
