/** A controlling client's checks, made with libnice's STUN library, for tests. */
#ifndef TESTS_ICE_CLIENT_H
#define TESTS_ICE_CLIENT_H

#include "ice/ice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define SEC USEC_PER_SEC

static const struct ice_credentials first_creds = {"OurFrag1", "ourpasswordourpassword11",
                                                   "TheirFrag1"};
static const struct ice_credentials second_creds = {"OurFrag2", "ourpasswordourpassword22",
                                                    "TheirFrag2"};

/** One check and what became of it. */
struct check {
    StunAgent agent;
    StunMessage msg;
    uint8_t bytes[1280];
    size_t len;
    struct ice_event ev;
    enum drop drop;
};

static inline void check_agent(struct check *k)
{
    // A client knows every attribute of a response, so none is unknown to it.
    static const uint16_t known[] = {
        STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_ERROR_CODE,
        STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE,      0};
    stun_agent_init(&k->agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

/** A Binding request of the client with these credentials, PRIORITY and USE-CANDIDATE. */
static inline void check_make(struct check *k, const struct ice_credentials *c,
                              uint32_t priority, bool use_candidate)
{
    check_agent(k);
    char name[600];
    const int len = snprintf(name, sizeof(name), "%s:%s", c->local_ufrag, c->remote_ufrag);
    k->len = stun_usage_ice_conncheck_create(
        &k->agent, &k->msg, k->bytes, sizeof(k->bytes), (const uint8_t *)name, (size_t)len,
        (const uint8_t *)c->local_pwd, strlen(c->local_pwd), use_candidate, true, priority,
        0x1122334455667788u, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (!k->len)
        abort();
}

static inline struct ice_path path(const char *remote, uint16_t port, const char *local)
{
    struct ice_path p = {.remote = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    if (inet_pton(AF_INET6, remote, &p.remote.sin6_addr) != 1 ||
        inet_pton(AF_INET6, local, &p.local) != 1)
        abort();
    return p;
}

/** Gives the agent exactly the check's bytes (a heap copy, so that ASan sees a byte too far).
 */
static inline enum drop check_deliver(struct check *k, struct ice *ice,
                                      const struct ice_path *from, usec_t now)
{
    uint8_t *copy = malloc(k->len ? k->len : 1);
    if (!copy)
        abort();
    memcpy(copy, k->bytes, k->len);
    k->drop = ice_on_check(ice, copy, k->len, from, &k->ev, now);
    free(copy);
    return k->drop;
}

/** check_make() and check_deliver() in one. */
static inline enum drop check_run(struct check *k, struct ice *ice,
                                  const struct ice_credentials *c, const struct ice_path *from,
                                  uint32_t priority, bool use_candidate, usec_t now)
{
    check_make(k, c, priority, use_candidate);
    return check_deliver(k, ice, from, now);
}

#endif
