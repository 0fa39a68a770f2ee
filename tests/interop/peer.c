#include "peer.h"

#include "http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TICK_MS      5
#define ALL_PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

// ---- SDP

void peer_sdp_attr(const char *sdp, const char *name, char *out, size_t size)
{
    char start[64];
    snprintf(start, sizeof start, "\na=%s:", name);
    const char *at = strstr(sdp, start);
    at = at ? at + strlen(start) : "";
    snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static void fingerprint(X509 *cert, char out[100])
{
    uint8_t digest[32];
    unsigned len = sizeof digest;
    X509_digest(cert, EVP_sha256(), digest, &len);
    for (unsigned i = 0; i < len; i++)
        sprintf(out + 3 * i, "%02X%s", digest[i], i + 1 < len ? ":" : "");
}

/** What both m-lines of the offer repeat. */
static void write_transport(FILE *f, struct peer *p, const char *mid)
{
    char print[100];
    gchar *ufrag, *pwd;
    nice_agent_get_local_credentials(p->agent, p->stream, &ufrag, &pwd);
    fingerprint(p->cert, print);
    fprintf(f,
            "c=IN IP4 0.0.0.0\r\na=mid:%s\r\na=rtcp-mux\r\na=%s\r\n"
            "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:%s\r\n",
            mid, p->conf.publish ? "sendonly" : "recvonly", ufrag, pwd, print,
            p->conf.passive ? "passive" : "actpass");
    g_free(ufrag);
    g_free(pwd);
}

static char *write_offer(struct peer *p)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fprintf(f, "v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n",
            g_random_int());
    fprintf(f, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\n", PT_OPUS);
    write_transport(f, p, "0");
    fprintf(f, "a=rtpmap:%d opus/48000/2\r\n", PT_OPUS);
    if (p->conf.publish)
        fprintf(f, "a=msid:s a\r\na=ssrc:%u cname:interop\r\n", SSRC_AUDIO);
    GSList *candidates = nice_agent_get_local_candidates(p->agent, p->stream, 1);
    for (GSList *i = candidates; i; i = i->next) {
        gchar *line = nice_agent_generate_local_candidate_sdp(p->agent, i->data);
        fprintf(f, "%s\r\n", line);
        g_free(line);
    }
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
    fprintf(f, "a=end-of-candidates\r\nm=video 9 UDP/TLS/RTP/SAVPF %d %d\r\n", PT_VP8, PT_RTX);
    write_transport(f, p, "1");
    fprintf(f,
            "a=rtpmap:%d VP8/90000\r\na=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n"
            "a=rtcp-fb:%d ccm fir\r\na=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n",
            PT_VP8, PT_VP8, PT_VP8, PT_VP8, PT_RTX, PT_RTX, PT_VP8);
    if (p->conf.publish)
        fprintf(f,
                "a=msid:s v\r\na=ssrc-group:FID %u %u\r\na=ssrc:%u cname:interop\r\n"
                "a=ssrc:%u cname:interop\r\n",
                SSRC_VIDEO, SSRC_RTX, SSRC_VIDEO, SSRC_RTX);
    fclose(f);
    return text;
}

static bool apply_answer(struct peer *p)
{
    char ufrag[257], pwd[257];
    GSList *candidates = NULL;
    peer_sdp_attr(p->answer, "ice-ufrag", ufrag, sizeof ufrag);
    peer_sdp_attr(p->answer, "ice-pwd", pwd, sizeof pwd);
    for (const char *at = p->answer; (at = strstr(at, "\na=candidate:")); at++) {
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\r\n"), at + 1);
        NiceCandidate *c = nice_agent_parse_remote_candidate_sdp(p->agent, p->stream, line);
        if (!c)
            continue;
        c->component_id = 1;
        gchar text[INET6_ADDRSTRLEN];
        nice_address_to_string(&c->addr, text);
        if (!p->server.sin_port && nice_address_ip_version(&c->addr) == 4 &&
            strncmp(text, "127.", 4) != 0)
            nice_address_copy_to_sockaddr(&c->addr, (struct sockaddr *)&p->server);
        candidates = g_slist_append(candidates, c);
    }
    bool ok = *ufrag && *pwd && candidates &&
              nice_agent_set_remote_credentials(p->agent, p->stream, ufrag, pwd) &&
              nice_agent_set_remote_candidates(p->agent, p->stream, 1, candidates) > 0;
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
    return ok;
}

// ---- SRTP

/** The policy of the agreed profile; `material` is one side's key and salt. */
static srtp_t new_session(unsigned long profile, const uint8_t *material, bool outbound)
{
    srtp_policy_t policy = {.ssrc.type = outbound ? ssrc_any_outbound : ssrc_any_inbound,
                            .key = (uint8_t *)material,
                            .window_size = 1024,
                            .allow_repeat_tx = 1};
    switch (profile) {
    case SRTP_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
    case SRTP_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    default:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    srtp_t session = NULL;
    srtp_create(&session, &policy);
    return session;
}

/** RFC 5764 section 4.2: client key, server key, client salt, server salt. */
static bool key_srtp(struct peer *p)
{
    SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(p->ssl);
    if (!profile)
        return false;
    size_t key = profile->id == SRTP_AEAD_AES_256_GCM ? 32 : 16;
    size_t salt = profile->id == SRTP_AES128_CM_SHA1_80 ? 14 : 12;
    uint8_t material[2 * (32 + 14)], side[2][32 + 14];
    if (!SSL_export_keying_material(p->ssl, material, 2 * (key + salt), "EXTRACTOR-dtls_srtp",
                                    19, NULL, 0, 0))
        return false;
    for (size_t i = 0; i < 2; i++) {
        memcpy(side[i], material + i * key, key);
        memcpy(side[i] + key, material + 2 * key + i * salt, salt);
    }
    bool server = SSL_is_server(p->ssl);
    p->send = new_session(profile->id, side[server], true);
    p->receive = new_session(profile->id, side[!server], false);
    return p->send && p->receive;
}

size_t peer_protect(struct peer *p, const uint8_t *packet, size_t len, uint8_t *out)
{
    int n = (int)len;
    memcpy(out, packet, len);
    srtp_err_status_t status = srtp_protect(p->send, out, &n);
    assert(status == srtp_err_status_ok);
    (void)status;
    return (size_t)n;
}

size_t peer_protect_rtcp(struct peer *p, const uint8_t *packet, size_t len, uint8_t *out)
{
    int n = (int)len;
    memcpy(out, packet, len);
    srtp_err_status_t status = srtp_protect_rtcp(p->send, out, &n);
    assert(status == srtp_err_status_ok);
    (void)status;
    return (size_t)n;
}

void peer_send_raw(struct peer *p, const uint8_t *data, size_t len)
{
    nice_agent_send(p->agent, p->stream, 1, (guint)len, (const gchar *)data);
}

void peer_send_rtp(struct peer *p, const uint8_t *packet, size_t len)
{
    uint8_t out[PEER_MTU];
    peer_send_raw(p, out, peer_protect(p, packet, len, out));
}

void peer_send_rtcp(struct peer *p, const uint8_t *packet, size_t len)
{
    uint8_t out[PEER_MTU];
    peer_send_raw(p, out, peer_protect_rtcp(p, packet, len, out));
}

static void take_media(struct peer *p, const uint8_t *data, size_t len)
{
    // RFC 5761 section 4: payload types 64..95 with the marker bit are RTCP.
    bool rtcp = data[1] >= 192 && data[1] <= 223;
    unsigned *count = rtcp ? &p->rtcp_count : &p->rtp_count;
    if (!p->receive || *count == PEER_PACKETS)
        return;
    struct peer_packet *packet = (rtcp ? p->rtcp : p->rtp) + *count;
    int n = (int)len;
    memcpy(packet->data, data, len);
    srtp_err_status_t status = rtcp ? srtp_unprotect_rtcp(p->receive, packet->data, &n)
                                    : srtp_unprotect(p->receive, packet->data, &n);
    if (status != srtp_err_status_ok) {
        p->rejected++;
        return;
    }
    packet->len = (uint16_t)n;
    ++*count;
}

// ---- DTLS

static void make_certificate(struct peer *p)
{
    p->key = EVP_EC_gen("P-256");
    p->cert = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(p->cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(p->cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(p->cert), 86400);
    X509_set_pubkey(p->cert, p->key);
    X509_sign(p->cert, p->key, EVP_sha256());
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1; // the fingerprint decides, after the handshake
}

static void start_dtls(struct peer *p)
{
    p->ssl = SSL_new(p->ctx);
    p->in = BIO_new(BIO_s_mem());
    p->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(p->in, -1);
    BIO_set_mem_eof_return(p->out, -1);
    SSL_set_bio(p->ssl, p->in, p->out);
    SSL_set_options(p->ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(p->ssl, 1200);
    char setup[16];
    peer_sdp_attr(p->answer, "setup", setup, sizeof setup);
    // RFC 5763 section 5: the active side sends the ClientHello.
    if (!strcmp(setup, "active"))
        SSL_set_accept_state(p->ssl);
    else
        SSL_set_connect_state(p->ssl);
}

static void finish_dtls(struct peer *p)
{
    char told[200], seen[100];
    X509 *theirs = SSL_get1_peer_certificate(p->ssl);
    peer_sdp_attr(p->answer, "fingerprint", told, sizeof told);
    if (!theirs) {
        p->failure = "no certificate";
        return;
    }
    fingerprint(theirs, seen);
    X509_free(theirs);
    const char *print = strchr(told, ' ');
    if (!print || strcasecmp(print + 1, seen) != 0)
        p->failure = "another certificate than the answer's";
    else if (!key_srtp(p))
        p->failure = "no SRTP profile";
    else
        p->connected = true;
}

/** Takes the handshake as far as it goes and sends what it wants sent. */
static void turn_dtls(struct peer *p)
{
    uint8_t flight[4096];
    ERR_clear_error();
    if (!SSL_is_init_finished(p->ssl)) {
        int n = SSL_do_handshake(p->ssl);
        int why = SSL_get_error(p->ssl, n);
        if (n == 1)
            finish_dtls(p);
        else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE && !p->failure)
            p->failure = "DTLS failed";
    } else {
        SSL_read(p->ssl, flight, sizeof flight); // an alert, or a repeated flight
    }
    int n = BIO_read(p->out, flight, sizeof flight);
    if (n > 0)
        peer_send_raw(p, flight, (size_t)n);
}

// ---- ICE

static void on_datagram(NiceAgent *agent, guint stream, guint component, guint len, gchar *data,
                        gpointer arg)
{
    struct peer *p = arg;
    const uint8_t *bytes = (const uint8_t *)data;
    (void)agent;
    (void)stream;
    (void)component;
    if (len < 2 || len > PEER_MTU)
        return;
    if (bytes[0] >= 20 && bytes[0] <= 63 && p->ssl) { // RFC 7983
        BIO_write(p->in, data, (int)len);
        turn_dtls(p);
    } else if (bytes[0] >= 128 && bytes[0] <= 191) {
        take_media(p, bytes, len);
    }
}

static void on_gathered(NiceAgent *agent, guint stream, gpointer arg)
{
    (void)agent;
    (void)stream;
    ((struct peer *)arg)->gathered = true;
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer arg)
{
    struct peer *p = arg;
    (void)agent;
    (void)stream;
    (void)component;
    if (state == NICE_COMPONENT_STATE_FAILED && !p->failure)
        p->failure = "ICE failed";
    if (state >= NICE_COMPONENT_STATE_CONNECTED && state != NICE_COMPONENT_STATE_FAILED)
        p->ice_ready = true;
}

static gboolean on_tick(gpointer arg)
{
    struct peer *p = arg;
    if (p->ice_ready && !p->ssl && p->answer) {
        start_dtls(p);
        turn_dtls(p);
    } else if (p->ssl && !p->connected && !p->failure && DTLSv1_handle_timeout(p->ssl) > 0) {
        turn_dtls(p);
    }
    return G_SOURCE_CONTINUE;
}

static bool is_gathered(void *arg)
{
    return ((struct peer *)arg)->gathered;
}

static void start_ice(struct peer *p)
{
    p->agent = nice_agent_new_full(g_main_context_default(), NICE_COMPATIBILITY_RFC5245,
                                   NICE_AGENT_OPTION_CONSENT_FRESHNESS);
    g_object_set(p->agent, "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode", TRUE, NULL);
    const char *text = getenv("SALON_TEST_ADDRESS");
    NiceAddress address;
    nice_address_init(&address);
    if (text && nice_address_set_from_string(&address, text))
        nice_agent_add_local_address(p->agent, &address);
    p->stream = nice_agent_add_stream(p->agent, 1);
    g_signal_connect(p->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), p);
    g_signal_connect(p->agent, "component-state-changed", G_CALLBACK(on_state), p);
    nice_agent_attach_recv(p->agent, p->stream, 1, g_main_context_default(), on_datagram, p);
    nice_agent_gather_candidates(p->agent, p->stream);
    peer_wait(is_gathered, p, 5000);
}

// ---- life

struct peer *peer_open(const char *url, const struct peer_conf *conf)
{
    static bool started;
    if (!started)
        srtp_init();
    started = true;
    struct peer *p = calloc(1, sizeof *p);
    p->conf = *conf;
    p->rtp = calloc(PEER_PACKETS, sizeof *p->rtp);
    p->rtcp = calloc(PEER_PACKETS, sizeof *p->rtcp);
    make_certificate(p);
    p->ctx = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_use_certificate(p->ctx, p->cert);
    SSL_CTX_use_PrivateKey(p->ctx, p->key);
    SSL_CTX_set_tlsext_use_srtp(p->ctx, conf->profiles ? conf->profiles : ALL_PROFILES);
    start_ice(p);

    struct http_reply r;
    char *offer = write_offer(p);
    int err = http_request("POST", url, "application/sdp", offer, NULL, &r);
    free(offer);
    if (err || r.status != 201 || !r.location || !r.body) {
        fprintf(stderr, "POST %s: %ld\n%s\n", url, r.status, r.body ? r.body : "");
        http_reply_fini(&r);
        peer_close(p, false);
        return NULL;
    }
    p->answer = strdup(r.body);
    p->resource = strdup(r.location);
    p->etag = r.etag ? strdup(r.etag) : NULL;
    http_reply_fini(&r);
    if (!apply_answer(p)) {
        fprintf(stderr, "an answer without ICE credentials or candidates:\n%s\n", p->answer);
        peer_close(p, true);
        return NULL;
    }
    p->ticker = g_timeout_add(TICK_MS, on_tick, p);
    return p;
}

void peer_close(struct peer *p, bool polite)
{
    if (!p)
        return;
    if (polite && p->resource) {
        struct http_reply r;
        http_request("DELETE", p->resource, NULL, NULL, NULL, &r);
        http_reply_fini(&r);
    }
    if (p->ticker)
        g_source_remove(p->ticker);
    nice_agent_attach_recv(p->agent, p->stream, 1, g_main_context_default(), NULL, NULL);
    g_signal_handlers_disconnect_by_data(p->agent, p);
    nice_agent_remove_stream(p->agent, p->stream);
    g_object_unref(p->agent);
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
    X509_free(p->cert);
    EVP_PKEY_free(p->key);
    if (p->send)
        srtp_dealloc(p->send);
    if (p->receive)
        srtp_dealloc(p->receive);
    free(p->resource);
    free(p->etag);
    free(p->answer);
    free(p->rtp);
    free(p->rtcp);
    free(p);
}

static gboolean go_on(gpointer arg)
{
    (void)arg;
    return G_SOURCE_CONTINUE;
}

bool peer_wait(bool (*done)(void *arg), void *arg, int ms)
{
    gint64 end = g_get_monotonic_time() + (gint64)ms * 1000;
    // A timer of our own, or an idle context would sleep past the end.
    guint wake = g_timeout_add(TICK_MS, go_on, NULL);
    bool is_done;
    while (!(is_done = done(arg)) && g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(wake);
    return is_done;
}

bool peer_is_settled(void *peer)
{
    struct peer *p = peer;
    return p->connected || p->failure;
}
