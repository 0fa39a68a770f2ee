#include "sdp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define URI_MID   "urn:ietf:params:rtp-hdrext:sdes:mid"
#define URI_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define URI_RID   "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define URI_RRID  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
#define URI_TWCC  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define LINE      512

const char *sdp_rid(unsigned i, unsigned layers)
{
    static const char *const name[] = {"q", "h", "f"};
    return name[i + 3 - layers];
}

// ---- writing

static void write_ext(FILE *f, const char *uri, unsigned ours, unsigned theirs, bool answering)
{
    const unsigned id = answering ? theirs : ours;
    if (id)
        (void)fprintf(f, "a=extmap:%u %s\r\n", id, uri);
}

static void write_exts(FILE *f, const struct sdp_section *s, const struct sdp_remote *to)
{
    static const struct sdp_ext none;
    const struct sdp_ext *x = to ? &to->ext : &none;
    write_ext(f, URI_MID, 1, x->mid, to);
    write_ext(f, URI_TWCC, 2, x->twcc, to);
    if (!s->video)
        write_ext(f, URI_LEVEL, 3, x->level, to);
    if (s->video && s->send && !to) {
        write_ext(f, URI_RID, 4, 0, false);
        write_ext(f, URI_RRID, 5, 0, false);
    }
}

static void write_codecs(FILE *f, const struct sdp_section *s)
{
    if (!s->video) {
        (void)fprintf(f, "a=rtpmap:%d opus/48000/2\r\na=rtcp-fb:%d transport-cc\r\n", s->opus,
                      s->opus);
        (void)fprintf(f, "a=fmtp:%d minptime=10;useinbandfec=1\r\n", s->opus);
        return;
    }
    (void)fprintf(f,
                  "a=rtpmap:%d VP8/90000\r\na=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n"
                  "a=rtcp-fb:%d ccm fir\r\na=rtcp-fb:%d transport-cc\r\n",
                  s->vp8, s->vp8, s->vp8, s->vp8, s->vp8);
    if (s->rtx_pt >= 0)
        (void)fprintf(f, "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n", s->rtx_pt, s->rtx_pt,
                      s->vp8);
}

/** In the order in which they are offered. */
static const char *nth_rid(const struct sdp_section *s, unsigned i)
{
    return sdp_rid(s->best_first ? s->layers - 1 - i : i, s->layers);
}

static void write_sources(FILE *f, const struct sdp_section *s, uint32_t session)
{
    (void)fprintf(f, "a=msid:s%u t%s\r\n", session, s->mid);
    if (s->layers > 1) {
        for (unsigned i = 0; i < s->layers; i++)
            (void)fprintf(f, "a=rid:%s send\r\n", nth_rid(s, i));
        (void)fprintf(f, "a=simulcast:send ");
        for (unsigned i = 0; i < s->layers; i++)
            (void)fprintf(f, "%s%s", i ? ";" : "", nth_rid(s, i));
        (void)fprintf(f, "\r\n");
        return;
    }
    if (s->rtx)
        (void)fprintf(f, "a=ssrc-group:FID %u %u\r\na=ssrc:%u cname:load%u\r\n", s->ssrc,
                      s->rtx, s->rtx, session);
    (void)fprintf(f, "a=ssrc:%u cname:load%u\r\n", s->ssrc, session);
}

static const char *direction_of(const struct sdp_section *s)
{
    if (s->send)
        return s->recv ? "sendrecv" : "sendonly";
    return s->recv ? "recvonly" : "inactive";
}

static void write_section(FILE *f, const struct sdp_self *self, const struct sdp_section *s,
                          const struct sdp_remote *to)
{
    if (s->other || s->rejected) {
        (void)fprintf(
            f, "m=%s 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\na=inactive\r\n",
            s->video ? "video" : "audio", s->mid);
        return;
    }
    (void)fprintf(f, "m=%s 9 UDP/TLS/RTP/SAVPF %d", s->video ? "video" : "audio",
                  s->video ? s->vp8 : s->opus);
    if (s->video && s->rtx_pt >= 0)
        (void)fprintf(f, " %d", s->rtx_pt);
    (void)fprintf(
        f,
        "\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=mid:%s\r\na=rtcp-mux\r\na=%s\r\n"
        "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\na=setup:%s\r\n",
        s->mid, direction_of(s), self->ufrag, self->pwd, self->fingerprint, self->setup);
    (void)fprintf(f, "%s", self->candidates ? self->candidates : "");
    write_exts(f, s, to);
    write_codecs(f, s);
    if (s->send)
        write_sources(f, s, self->session);
}

char *sdp_write(const struct sdp_self *self, const struct sdp_section *section, unsigned n,
                const struct sdp_remote *answers)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return NULL;
    (void)fprintf(f, "v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE",
                  self->session);
    for (unsigned i = 0; i < n; i++)
        if (!section[i].rejected && !section[i].other)
            (void)fprintf(f, " %s", section[i].mid);
    (void)fprintf(f, "\r\n");
    for (unsigned i = 0; i < n; i++)
        write_section(f, self, &section[i], answers);
    if (fclose(f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

// ---- reading

/** If `line` begins with `name`, what follows. */
static const char *after(const char *line, const char *name)
{
    const size_t n = strlen(name);
    return strncmp(line, name, n) == 0 ? line + n : NULL;
}

static void copy(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%.*s", (int)strcspn(text, " \r\n"), text);
}

static void read_fingerprint(struct sdp_remote *r, const char *text)
{
    copy(r->hash, sizeof(r->hash), text);
    r->fingerprint_len = 0;
    for (const char *at = strchr(text, ' '); at && r->fingerprint_len < sizeof(r->fingerprint);
         at = strchr(at + 1, ':'))
        r->fingerprint[r->fingerprint_len++] = (uint8_t)strtoul(at + 1, NULL, 16);
}

static void read_ext(struct sdp_ext *x, const char *text)
{
    const unsigned id = (unsigned)strtoul(text, NULL, 10);
    const char *uri = strchr(text, ' ');
    if (!uri || id == 0 || id > 14)
        return;
    const struct {
        const char *uri;
        uint8_t *id;
    } known[] = {{URI_MID, &x->mid},
                 {URI_TWCC, &x->twcc},
                 {URI_LEVEL, &x->level},
                 {URI_RID, &x->rid},
                 {URI_RRID, &x->rrid}};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(uri + 1, known[i].uri) == 0)
            *known[i].id = (uint8_t)id;
}

static void read_codec(struct sdp_section *s, const char *text)
{
    const int pt = atoi(text);
    const char *name = strchr(text, ' ');
    if (!name)
        return;
    if (strncasecmp(name + 1, "opus/", 5) == 0 && s->opus < 0)
        s->opus = pt;
    else if (strncasecmp(name + 1, "VP8/", 4) == 0 && s->vp8 < 0)
        s->vp8 = pt;
}

/** The RTX of the VP8, by its apt. */
static void read_format(struct sdp_section *s, const char *text)
{
    const char *apt = strstr(text, "apt=");
    if (apt && s->vp8 >= 0 && atoi(apt + 4) == s->vp8)
        s->rtx_pt = atoi(text);
}

static void read_pair(struct sdp_remote *r, const char *text)
{
    unsigned a, b;
    if (r->pairs < SDP_PAIRS && sscanf(text, "%u %u", &a, &b) == 2) {
        r->pair[r->pairs][0] = a;
        r->pair[r->pairs++][1] = b;
    }
}

static void begin_section(struct sdp_remote *r, const char *text)
{
    if (r->sections == SDP_SECTIONS)
        return;
    struct sdp_section *s = &r->section[r->sections++];
    const char *port = strchr(text, ' ');
    *s = (struct sdp_section){.opus = -1, .vp8 = -1, .rtx_pt = -1, .send = true, .recv = true};
    s->video = after(text, "video ") != NULL;
    s->other = !s->video && !after(text, "audio ");
    s->rejected = port && atoi(port) == 0;
}

/** Directions are theirs: what they send, we receive. */
static void read_direction(struct sdp_section *s, const char *line)
{
    if (strcmp(line, "a=sendonly") == 0)
        s->send = false;
    else if (strcmp(line, "a=recvonly") == 0)
        s->recv = false;
    else if (strcmp(line, "a=inactive") == 0)
        s->send = s->recv = false;
}

static void read_line(struct sdp_remote *r, const char *line)
{
    struct sdp_section *s = r->sections ? &r->section[r->sections - 1] : NULL;
    const char *v;
    if ((v = after(line, "m=")))
        begin_section(r, v);
    else if ((v = after(line, "a=ice-ufrag:")))
        copy(r->ufrag, sizeof(r->ufrag), v);
    else if ((v = after(line, "a=ice-pwd:")))
        copy(r->pwd, sizeof(r->pwd), v);
    else if ((v = after(line, "a=fingerprint:")))
        read_fingerprint(r, v);
    else if ((v = after(line, "a=setup:")))
        r->active = strcmp(v, "active") == 0;
    else if ((v = after(line, "a=extmap:")))
        read_ext(&r->ext, v);
    else if ((v = after(line, "a=ssrc-group:FID ")))
        read_pair(r, v);
    else if (s && (v = after(line, "a=mid:")))
        copy(s->mid, sizeof(s->mid), v);
    else if (s && (v = after(line, "a=rtpmap:")))
        read_codec(s, v);
    else if (s && (v = after(line, "a=fmtp:")))
        read_format(s, v);
    else if (s)
        read_direction(s, line);
}

const char *sdp_read(struct sdp_remote *r, const char *text)
{
    *r = (struct sdp_remote){0};
    for (const char *at = text; *at;) {
        char line[LINE];
        const size_t len = strcspn(at, "\r\n");
        (void)snprintf(line, sizeof(line), "%.*s", (int)(len < LINE ? len : LINE - 1), at);
        read_line(r, line);
        at += len;
        at += strspn(at, "\r\n");
    }
    if (!*r->ufrag || !*r->pwd)
        return "SDP without ICE credentials";
    if (r->fingerprint_len == 0)
        return "SDP without a fingerprint";
    return r->sections ? NULL : "SDP without media";
}

void sdp_candidates(const char *text, void (*each)(void *arg, const char *line), void *arg)
{
    for (const char *at = text; (at = strstr(at, "\na=candidate:")); at++) {
        char line[LINE];
        const size_t len = strcspn(at + 3, "\r\n");
        (void)snprintf(line, sizeof(line), "%.*s", (int)(len < LINE ? len : LINE - 1), at + 3);
        each(arg, line);
    }
}
