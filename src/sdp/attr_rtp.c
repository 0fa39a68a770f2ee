#include "extmap.h"
#include "offer.h"
#include "simulcast.h"

/** Cuts a payload type off the front: NULL if this m-line does not have it. */
static struct payload *cut_payload(struct attr_place *at, struct span *value, bool *valid)
{
    uint64_t pt = 0;
    *valid = span_number(span_word(value), 127, &pt);
    uint8_t index = *valid ? at->section->payload_at[pt] : 0;
    return index ? &at->section->payload[index - 1] : NULL;
}

/** a=rtpmap:<payload type> <encoding name>/<clock rate>[/<channels>] */
int attr_rtpmap(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    if (!at->section->rtp)
        return 0;
    bool valid = false;
    uint64_t clock = 0;
    uint64_t channels = 0;
    struct payload *p = cut_payload(at, &value, &valid);
    struct span rest = span_word(&value);
    struct span name = span_cut(&rest, '/');
    struct span rate = span_cut(&rest, '/');
    valid = valid && span_token(name) && span_number(rate, UINT32_MAX, &clock);
    if (!valid || (rest.len > 0 && !span_number(rest, 255, &channels)))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=rtpmap needs a payload type, a name and a clock rate.");
    if (p && !p->name.p) {
        p->name = name;
        p->clock = (unsigned)clock;
        p->channels = (unsigned)channels;
    }
    return 0;
}

int attr_fmtp(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    if (!at->section->rtp)
        return 0;
    bool valid = false;
    struct payload *p = cut_payload(at, &value, &valid);
    if (!valid)
        return sdp_fail(at->err, "invalid_sdp", at->line, "a=fmtp needs a payload type.");
    if (p && !p->fmtp.p)
        p->fmtp = value;
    return 0;
}

static unsigned feedback_bit(struct span type, struct span parameter)
{
    if (span_is(type, "nack"))
        return parameter.len == 0 ? FB_NACK : span_is(parameter, "pli") ? FB_PLI : 0;
    if (span_is(type, "ccm"))
        return span_is(parameter, "fir") ? FB_FIR : 0;
    if (span_is(type, "transport-cc"))
        return FB_TWCC;
    return span_is(type, "goog-remb") ? FB_REMB : 0;
}

/** a=rtcp-fb:<payload type or *> <type> [<parameter>] (RFC 4585 section 4.2) */
int attr_rtcp_fb(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct section *s = at->section;
    if (!s->rtp)
        return 0;
    struct span rest = value;
    bool all = span_is(span_word(&rest), "*");
    bool valid = true;
    struct payload *p = NULL;
    if (all)
        value = rest;
    else
        p = cut_payload(at, &value, &valid);
    if (!valid)
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=rtcp-fb needs a payload type or \"*\".");
    struct span type = span_word(&value);
    unsigned bit = feedback_bit(type, span_word(&value));
    if (p)
        p->feedback |= bit;
    for (unsigned i = 0; all && i < s->payload_count; i++)
        s->payload[i].feedback |= bit;
    return 0;
}

static bool read_direction(struct span word, uint8_t *out)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    for (uint8_t i = 0; i < 4; i++)
        if (span_is(word, names[i])) {
            *out = i; // DIR_SEND and DIR_RECV are its bits
            return true;
        }
    return false;
}

/** a=extmap:<id>[/<direction>] <URI> [<attributes>] (RFC 8285 section 5) */
int attr_extmap(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct section *s = at->section;
    struct span direction = span_word(&value);
    struct span id = span_cut(&direction, '/');
    struct span uri = span_word(&value);
    struct offered_ext ext = {.direction = DIR_SEND | DIR_RECV, .directed = direction.len > 0};
    uint64_t number = 0;
    if (!span_number(id, UINT16_MAX, &number) || number == 0 || uri.len == 0 ||
        (ext.directed && !read_direction(direction, &ext.direction)))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=extmap needs an id, perhaps a direction, and a URI.");
    enum media_ext which = EXT_COUNT;
    // 15 is reserved, and what lies above 255 fits no packet (RFC 8285 sections 4.2 and 5).
    if (number == 15 || number > 255 || !extmap_known(uri, &which))
        return 0;
    ext.id = (uint8_t)number;
    // Two ids for one URI: the first counts. Two URIs for one id: likewise.
    for (unsigned i = 0; i < EXT_COUNT; i++)
        if (s->ext[i].id == ext.id)
            return 0;
    if (!s->ext[which].id)
        s->ext[which] = ext;
    return 0;
}

/** a=rid:<id> <direction> [<restrictions>] (RFC 8851 section 10) */
int attr_rid(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct section *s = at->section;
    struct span id = span_word(&value);
    struct span direction = span_word(&value);
    bool send = span_is(direction, "send");
    if (!rid_valid(id) || (!send && !span_is(direction, "recv")))
        return sdp_fail(at->err, "invalid_sdp", at->line,
                        "a=rid needs an id of 1 to %d letters, digits, \"-\" or \"_\", and "
                        "\"send\" or \"recv\".",
                        AGREE_RID_SIZE - 1);
    for (unsigned i = 0; i < s->rid_count; i++)
        if (span_equal(s->rid[i].id, id))
            return sdp_fail(at->err, "invalid_sdp", at->line, "The same a=rid stands twice.");
    if (!send || s->rid_count == SECTION_RIDS)
        return 0;
    unsigned width = span_param_number(value, "max-width", 0);
    unsigned height = span_param_number(value, "max-height", 0);
    s->rid[s->rid_count++] = (struct offered_rid){
        .id = id,
        .max_width = (uint16_t)(width > UINT16_MAX ? UINT16_MAX : width),
        .max_height = (uint16_t)(height > UINT16_MAX ? UINT16_MAX : height),
    };
    return 0;
}

/** a=simulcast:send <list> [recv <list>], in either order (RFC 8853 section 5.1) */
int attr_simulcast(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct span direction;
    while ((direction = span_word(&value)).len > 0) {
        struct span list = span_word(&value);
        bool send = span_is(direction, "send");
        if ((!send && !span_is(direction, "recv")) || list.len == 0)
            return sdp_fail(at->err, "invalid_sdp", at->line,
                            "a=simulcast needs \"send\" or \"recv\" and a list of rids.");
        if (send && !at->section->simulcast.p)
            at->section->simulcast = list;
    }
    return 0;
}

/** a=ssrc:<ssrc> <attribute> (RFC 5576 section 4.1) */
int attr_ssrc(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct section *s = at->section;
    uint64_t ssrc = 0;
    if (!span_number(span_word(&value), UINT32_MAX, &ssrc))
        return sdp_fail(at->err, "invalid_sdp", at->line, "a=ssrc needs a number of 32 bits.");
    for (unsigned i = 0; i < s->ssrc_count; i++)
        if (s->ssrc[i] == ssrc)
            return 0;
    if (ssrc != 0 && s->ssrc_count < SECTION_SSRCS)
        s->ssrc[s->ssrc_count++] = (uint32_t)ssrc;
    return 0;
}

/** a=ssrc-group:<semantics> <ssrc> ... (RFC 5576 section 4.2) */
int attr_ssrc_group(struct attr_place *at, struct span value, unsigned arg)
{
    (void)arg;
    struct section *s = at->section;
    struct span semantics = span_word(&value);
    uint32_t ssrc[AGREE_MAX_ENCODINGS];
    unsigned count = 0;
    struct span word;
    while ((word = span_word(&value)).len > 0) {
        uint64_t n = 0;
        if (!span_number(word, UINT32_MAX, &n))
            return sdp_fail(at->err, "invalid_sdp", at->line,
                            "a=ssrc-group needs numbers of 32 bits.");
        if (n != 0 && count < AGREE_MAX_ENCODINGS)
            ssrc[count++] = (uint32_t)n;
    }
    if (span_is(semantics, "SIM") && s->sim_count == 0) {
        memcpy(s->sim, ssrc, count * sizeof *ssrc);
        s->sim_count = count;
    }
    if (span_is(semantics, "FID") && count >= 2 && s->fid_count < SECTION_SSRCS) {
        s->fid[s->fid_count][0] = ssrc[0];
        s->fid[s->fid_count++][1] = ssrc[1];
    }
    return 0;
}
