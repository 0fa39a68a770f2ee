#include "transport.h"
#include "bundle.h"

/** The client's side, where it was found. */
struct remote {
    struct span ufrag, pwd;
    const struct fingerprint *fingerprint;
    enum setup setup;
};

/** What `s` says itself or inherits from the session (RFC 8839 section 5.4, RFC 8122 section
 * 5). */
static void take(const struct offer *o, const struct section *s, struct remote *r)
{
    const struct section *session = &o->session;
    if (!r->ufrag.p || !r->pwd.p) {
        r->ufrag = s->ufrag.p ? s->ufrag : session->ufrag;
        r->pwd = s->pwd.p ? s->pwd : session->pwd;
    }
    if (!r->fingerprint || !r->fingerprint->len)
        r->fingerprint = s->fingerprint.len ? &s->fingerprint : &session->fingerprint;
    if (r->setup == SETUP_ABSENT)
        r->setup = s->setup != SETUP_ABSENT ? s->setup : session->setup;
}

static int find_remote(const struct offer *o, int tagged, struct remote *r,
                       struct sdp_error *err)
{
    const struct section *s = &o->mline[tagged];
    int offered = bundle_offered_tag(o);
    *r = (struct remote){0};
    take(o, s, r);
    // If we rejected the m-line that the client tagged, that one may be the only one to say.
    if (offered >= 0)
        take(o, &o->mline[offered], r);
    if (!r->ufrag.p || !r->pwd.p)
        return sdp_fail(err, "no_ice", s->line, "There is no a=%s for this m= line.",
                        r->ufrag.p ? "ice-pwd" : "ice-ufrag");
    if (o->session.flags & FLAG_ICE_LITE)
        return sdp_fail(err, "no_ice", s->line,
                        "The client is ICE-lite, as the server is: nobody would connect.");
    if (!r->fingerprint->len)
        return sdp_fail(err, "no_fingerprint", s->line,
                        "There is no a=fingerprint with sha-256 or another known hash for this "
                        "m= line.");
    return 0;
}

static bool same_fingerprint(const struct fingerprint *f, const struct agreement *a)
{
    return f->len == a->fingerprint_len && strcmp(f->hash, a->fingerprint_hash) == 0 &&
           memcmp(f->bytes, a->fingerprint, f->len) == 0;
}

static bool same_credentials(const struct remote *r, const struct agreement *a)
{
    return r->ufrag.len == strlen(a->remote_ufrag) && r->pwd.len == strlen(a->remote_pwd) &&
           memcmp(r->ufrag.p, a->remote_ufrag, r->ufrag.len) == 0 &&
           memcmp(r->pwd.p, a->remote_pwd, r->pwd.len) == 0;
}

/** Who starts DTLS if the offer says `setup` (RFC 8842 section 5.3). Without it: the client. */
static enum agree_dtls_role role_for(enum setup setup)
{
    return setup == SETUP_PASSIVE ? AGREE_DTLS_CLIENT : AGREE_DTLS_SERVER;
}

/**
 * True if the offer belongs to another peer connection than `previous`. The session id of o=
 * would say so (RFC 8829 section 5.2.1), but aiortc writes a new one into each offer: then the
 * same ICE credentials say that it is the same.
 */
static bool is_fresh(const struct offer *o, const struct remote *r,
                     const struct sdp_local *local)
{
    const struct agreement *previous = local->previous;
    if (!previous || !same_fingerprint(r->fingerprint, previous))
        return true;
    if (o->session_id != local->previous_session && !same_credentials(r, previous))
        return true;
    // RFC 8842 section 5.2: other roles need another association.
    bool fixed = r->setup == SETUP_ACTIVE || r->setup == SETUP_PASSIVE;
    return fixed && role_for(r->setup) != previous->dtls_role;
}

static void random_text(const struct sdp_local *local, char *out, size_t len)
{
    // RFC 8839 section 5.4: ice-char = ALPHA / DIGIT / "+" / "/": 64 of them, 6 bits each
    static const char chars[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t bytes[64];
    local->rand(bytes, len);
    for (size_t i = 0; i < len; i++)
        out[i] = chars[bytes[i] % 64];
    out[len] = '\0';
}

void transport_new_credentials(const struct sdp_local *local, struct agreement *a)
{
    random_text(local, a->local_ufrag, 12); // 72 bits: also unique among all peers of a worker
    random_text(local, a->local_pwd, 32);   // RFC 8445 section 5.3: at least 128 bits
}

static void new_cname(const struct sdp_local *local, struct agreement *a)
{
    uint8_t bytes[16];
    local->rand(bytes, sizeof bytes);
    text_hex(bytes, sizeof bytes, a->cname);
}

/** Everything but the m-lines, as it was. */
static void keep(const struct agreement *previous, struct agreement *a)
{
    struct agree_mline *mline = a->mline;
    unsigned mline_count = a->mline_count;
    *a = *previous;
    a->mline = mline;
    a->mline_count = mline_count;
    a->answers++;
}

int transport_agree(const struct offer *o, int tagged, const struct sdp_local *local,
                    struct agreement *a, struct transport_news *news, struct sdp_error *err)
{
    const struct agreement *previous = local->previous;
    struct remote r;
    *news = (struct transport_news){0};
    if (tagged < 0) { // a renegotiation that stops everything
        keep(previous, a);
        return 0;
    }
    int rc = find_remote(o, tagged, &r, err);
    if (rc)
        return rc;
    news->fresh = is_fresh(o, &r, local);
    news->ice_restart = !news->fresh && !same_credentials(&r, previous);
    if (news->fresh) {
        a->generation = previous ? previous->generation + 1 : 1;
        a->answers = 1;
        a->dtls_role = role_for(r.setup);
        new_cname(local, a);
    } else {
        keep(previous, a);
    }
    if (news->fresh || news->ice_restart)
        transport_new_credentials(local, a);
    (void)span_copy(r.ufrag, a->remote_ufrag, sizeof a->remote_ufrag);
    (void)span_copy(r.pwd, a->remote_pwd, sizeof a->remote_pwd);
    memcpy(a->fingerprint_hash, r.fingerprint->hash, sizeof a->fingerprint_hash);
    memcpy(a->fingerprint, r.fingerprint->bytes, sizeof a->fingerprint);
    a->fingerprint_len = r.fingerprint->len;
    return 0;
}
