#include "stunmsg.h"

#include "base/bytes.h"
#include "ice/ice.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define COOKIE          0x2112a442u
#define INTEGRITY_SIZE  20
#define CHECK_MAX       1280 // RFC 8489 section 6.1; a check is much shorter
#define BINDING_REQUEST 0x0001
#define BINDING_INDIC   0x0011

// 0                   1                   2                   3
//  |0 0|    type     |         length of attributes             |
//  |                   magic cookie                             |
//  |               transaction id (96 bits)                     |
// then attributes: type 16, length 16, value, padding to 32 bits (RFC 8489 sections 5 and 14).

bool stunmsg_frames(const uint8_t *msg, size_t len)
{
    if (len < STUNMSG_HEADER || msg[0] > 3 || rd32(msg + 4) != COOKIE)
        return false;
    if ((size_t)rd16(msg + 2) + STUNMSG_HEADER != len || len % 4 != 0)
        return false;
    for (size_t at = STUNMSG_HEADER; at < len;) {
        // len and at are multiples of 4, so an attribute's own header always fits.
        const size_t padded = (rd16(msg + at + 2) + 3u) & ~3u;
        if (padded > len - at - 4)
            return false;
        at += 4 + padded;
    }
    return true;
}

enum stunmsg_kind stunmsg_kind(const uint8_t *msg)
{
    switch (rd16(msg)) {
    case BINDING_REQUEST:
        return STUNMSG_REQUEST;
    case BINDING_INDIC:
        return STUNMSG_INDICATION;
    default:
        return STUNMSG_OTHER;
    }
}

const uint8_t *stunmsg_find(const uint8_t *msg, size_t len, uint16_t type, size_t *value_len)
{
    for (size_t at = STUNMSG_HEADER; at < len;) {
        const uint16_t is = rd16(msg + at);
        const size_t size = rd16(msg + at + 2);
        if (is == type) {
            *value_len = size;
            return msg + at + 4;
        }
        // RFC 8489 section 14.5: what follows MESSAGE-INTEGRITY is not protected by it.
        if (is == STUN_ATTRIBUTE_MESSAGE_INTEGRITY)
            return NULL;
        at += 4 + ((size + 3) & ~(size_t)3);
    }
    return NULL;
}

static EVP_MAC_CTX *hmac_new(void)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    char digest[] = "SHA1";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    if (ctx && EVP_MAC_CTX_set_params(ctx, params) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

/**
 * Looked up once for the process, in which one thread reads datagrams: to look it up for each
 * check costs three times what it computes, and people who only listen send little else.
 */
static bool hmac_sha1(const char *key, const uint8_t *text, size_t len,
                      uint8_t out[INTEGRITY_SIZE])
{
    static EVP_MAC_CTX *ctx;
    size_t out_len = 0;
    if (!ctx)
        ctx = hmac_new();
    return ctx && EVP_MAC_init(ctx, (const uint8_t *)key, strlen(key), NULL) == 1 &&
           EVP_MAC_update(ctx, text, len) == 1 &&
           EVP_MAC_final(ctx, out, &out_len, INTEGRITY_SIZE) == 1 && out_len == INTEGRITY_SIZE;
}

bool stunmsg_authentic(const uint8_t *msg, size_t len, const char *pwd)
{
    size_t size = 0;
    const uint8_t *mac = stunmsg_find(msg, len, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, &size);
    if (!mac || size != INTEGRITY_SIZE)
        return false;

    // RFC 8489 section 14.5: over everything before the attribute, the length field being as if
    // the attribute were the last one. libnice compares with memcmp(); we do not.
    const size_t covered = (size_t)(mac - msg) - 4;
    uint8_t text[CHECK_MAX];
    if (covered > sizeof(text))
        return false;
    memcpy(text, msg, covered);
    wr16(text + 2, (uint16_t)(covered + 4 + INTEGRITY_SIZE - STUNMSG_HEADER));

    uint8_t want[INTEGRITY_SIZE];
    return hmac_sha1(pwd, text, covered, want) && CRYPTO_memcmp(want, mac, INTEGRITY_SIZE) == 0;
}

/** IPv4 addresses are v4-mapped with us, but not in XOR-MAPPED-ADDRESS. */
static socklen_t plain_address(const struct sockaddr_in6 *src, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (!IN6_IS_ADDR_V4MAPPED(&src->sin6_addr)) {
        memcpy(out, src, sizeof(*src));
        return sizeof(*src);
    }
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = src->sin6_port};
    memcpy(&v4.sin_addr, src->sin6_addr.s6_addr + 12, 4);
    memcpy(out, &v4, sizeof(v4));
    return sizeof(v4);
}

/**
 * RFC 8445 section 7.3.1.1 (role conflicts) is for full agents: ICE-CONTROLLED is not looked
 * at, and there is no 487. RFC 8489 section 9.1.3: a response does not repeat the USERNAME.
 */
static size_t build_success(StunAgent *agent, const StunMessage *request,
                            const struct sockaddr_in6 *src, uint8_t *reply)
{
    StunMessage msg;
    struct sockaddr_storage mapped;
    const socklen_t mapped_len = plain_address(src, &mapped);
    if (!stun_agent_init_response(agent, &msg, reply, ICE_REPLY_MAX, request) ||
        stun_message_append_xor_addr(&msg, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped,
                                     mapped_len) != STUN_MESSAGE_RETURN_SUCCESS)
        return 0;
    return stun_agent_finish_message(agent, &msg, request->key, request->key_len);
}

enum drop stunmsg_answer(const uint8_t *msg, size_t len, const char *pwd,
                         const struct sockaddr_in6 *src, struct stunmsg_check *check)
{
    static const uint16_t known[] = {STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                                     STUN_ATTRIBUTE_PRIORITY, STUN_ATTRIBUTE_USE_CANDIDATE, 0};
    check->reply_len = 0;
    StunAgent agent;
    StunMessage request;
    StunMessage error;
    // The integrity holds already: libnice need not compute it again. The key signs the answer.
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT |
                        STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
    const StunValidationStatus valid =
        stun_agent_validate(&agent, &request, msg, len, NULL, NULL);
    request.key = (uint8_t *)pwd;
    request.key_len = strlen(pwd);
    switch (valid) {
    case STUN_VALIDATION_SUCCESS:
        check->priority = stun_usage_ice_conncheck_priority(&request);
        check->use_candidate = stun_usage_ice_conncheck_use_candidate(&request);
        check->reply_len = build_success(&agent, &request, src, check->reply);
        return DROP_NONE;
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
        // RFC 8489 section 6.3.1: 420 and the list of what we do not know.
        check->reply_len = stun_agent_build_unknown_attributes_error(
            &agent, &error, check->reply, ICE_REPLY_MAX, &request);
        return DROP_MALFORMED;
    case STUN_VALIDATION_UNAUTHORIZED:
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
    case STUN_VALIDATION_FORBIDDEN:
        return DROP_AUTH;
    case STUN_VALIDATION_NOT_STUN:
    case STUN_VALIDATION_INCOMPLETE_STUN:
    case STUN_VALIDATION_BAD_REQUEST: // no FINGERPRINT, or a wrong one
    case STUN_VALIDATION_UNMATCHED_RESPONSE:
    case STUN_VALIDATION_UNKNOWN_ATTRIBUTE:
        break;
    }
    return DROP_MALFORMED;
}
