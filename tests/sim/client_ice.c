/* The checks of a controlling full-ICE agent with one candidate (RFC 8445), by libnice. */
#include "client.h"

#include <stdio.h>
#include <string.h>
#include <stun/usages/ice.h>

#define RESEND      (100 * USEC_PER_MS) ///< the same bytes: RFC 8489 section 6.2.1
#define RESENDS     10
#define CHECK_AGAIN (2500 * USEC_PER_MS) ///< consent, about what browsers do

static size_t make_check(struct client *c)
{
    static const uint16_t known[] = {
        STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_ERROR_CODE,
        STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE,      0};
    char name[64];
    // An agent anew for every check: it remembers only the newest one.
    stun_agent_init(&c->stun, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    const int n = snprintf(name, sizeof(name), "%s:%s", c->server_ufrag, c->local_ufrag);
    return stun_usage_ice_conncheck_create(
        &c->stun, &c->check, c->check_bytes, sizeof(c->check_bytes), (const uint8_t *)name,
        (size_t)n, (const uint8_t *)c->server_pwd, strlen(c->server_pwd), true, true,
        0x6e7f1eff, c->number, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
}

static void send_check(struct client *c, usec_t now)
{
    if (c->check_len == 0 || c->check_tries++ == RESENDS) {
        c->check_tries = 0;
        c->check_len = make_check(c);
        if (c->check_len == 0)
            client_complain(c, "the client cannot make a check");
    }
    if (c->check_len > 0)
        c->env->send(c->env->ctx, c, c->check_bytes, c->check_len);
    c->check_at = now + RESEND;
}

void client_ice_tick(struct client *c, usec_t now)
{
    if (now >= c->check_at && !c->no_checks)
        send_check(c, now);
}

void client_on_stun(struct client *c, const uint8_t *bytes, size_t len, usec_t now)
{
    StunMessage msg;
    const StunValidationStatus v = stun_agent_validate(&c->stun, &msg, bytes, len, NULL, NULL);
    if (v == STUN_VALIDATION_UNMATCHED_RESPONSE)
        return; // to an older check
    if (v != STUN_VALIDATION_SUCCESS) {
        client_complain(c, "an answer to a check that does not validate: %d", (int)v);
        return;
    }
    if (stun_message_get_class(&msg) != STUN_RESPONSE)
        return;
    c->checked_at = now;
    c->checks_ok++;
    c->check_len = 0;
    c->check_at = now + CHECK_AGAIN;
}
