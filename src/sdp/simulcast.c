/**
 * Which encoding is the lowest? RFC 8853 section 5.2 lists them by preference, but browsers
 * list them as the page gave them, and without other words scale the first one down most
 * (WebRTC 5.2, scaleResolutionDownBy). So, the first of these that says something of all
 * encodings:
 *
 *   1. max-width or max-height of a=rid, all different: the smaller picture is lower;
 *   2. rids that everybody uses: q h f, l m h, low mid high, ...;
 *   3. rids that are numbers, perhaps behind one common word: 0 1 2, r0 r1 r2;
 *   4. the order of the list, lowest first.
 *
 * SSRC groups (SIM) are lowest first.
 */
#include "simulcast.h"

bool rid_valid(struct span id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && c != '-' && c != '_')
            return false;
    }
    return id.len > 0 && id.len < AGREE_RID_SIZE;
}

static const struct offered_rid *find_rid(const struct section *s, struct span id)
{
    for (unsigned i = 0; i < s->rid_count; i++)
        if (span_equal(s->rid[i].id, id))
            return &s->rid[i];
    return NULL;
}

/**
 * The streams of the offer in its order, at most AGREE_MAX_ENCODINGS. Of alternatives ("a,b")
 * the first that has an a=rid; a stream that starts paused ("~a") is a stream.
 */
static unsigned list_streams(const struct section *s,
                             const struct offered_rid *out[AGREE_MAX_ENCODINGS])
{
    unsigned count = 0;
    if (!s->simulcast.p) {
        while (count < s->rid_count && count < AGREE_MAX_ENCODINGS) {
            out[count] = &s->rid[count];
            count++;
        }
        return count;
    }
    struct span list = s->simulcast;
    while (list.len > 0 && count < AGREE_MAX_ENCODINGS) {
        struct span alternatives = span_cut(&list, ';');
        const struct offered_rid *rid = NULL;
        while (!rid && alternatives.len > 0) {
            struct span id = span_cut(&alternatives, ',');
            if (id.len > 0 && id.p[0] == '~')
                id = (struct span){id.p + 1, id.len - 1};
            rid = find_rid(s, id);
        }
        for (unsigned i = 0; rid && i < count; i++)
            if (out[i] == rid)
                rid = NULL;
        if (rid)
            out[count++] = rid;
    }
    return count;
}

/** Ranks by the size of the picture. False unless all are known and different. */
static bool rank_by_size(const struct agree_mline *m, unsigned rank[AGREE_MAX_ENCODINGS])
{
    for (unsigned i = 0; i < m->encoding_count; i++) {
        const struct agree_encoding *e = &m->encoding[i];
        rank[i] = e->max_width ? e->max_width : e->max_height * 16u / 9u;
        if (rank[i] == 0)
            return false;
        for (unsigned j = 0; j < i; j++)
            if (rank[j] == rank[i])
                return false;
    }
    return true;
}

static int place_in(const char *const names[3], const char *rid)
{
    for (int i = 0; i < 3; i++)
        if (text_same_word(rid, strlen(rid), names[i]))
            return i;
    return -1;
}

static bool rank_by_name(const struct agree_mline *m, unsigned rank[AGREE_MAX_ENCODINGS])
{
    static const char *const families[][3] = {
        {"q", "h", "f"},
        {"l", "m", "h"},
        {"low", "mid", "high"},
        {"low", "medium", "high"},
        {"lo", "mid", "hi"},
        {"s", "m", "l"},
        {"quarter", "half", "full"},
        {"small", "medium", "large"},
    };
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        unsigned found = 0;
        while (found < m->encoding_count) {
            int place = place_in(families[f], m->encoding[found].rid);
            if (place < 0)
                break;
            rank[found++] = (unsigned)place;
        }
        if (found == m->encoding_count)
            return true;
    }
    return false;
}

/** Where the digits at the end of a rid begin. */
static size_t digits_at(const char *rid)
{
    size_t at = strlen(rid);
    while (at > 0 && rid[at - 1] >= '0' && rid[at - 1] <= '9')
        at--;
    return at;
}

static bool rank_by_number(const struct agree_mline *m, unsigned rank[AGREE_MAX_ENCODINGS])
{
    const char *first = m->encoding[0].rid;
    size_t prefix = digits_at(first);
    for (unsigned i = 0; i < m->encoding_count; i++) {
        const char *rid = m->encoding[i].rid;
        uint64_t n = 0;
        struct span digits = {rid + digits_at(rid), strlen(rid) - digits_at(rid)};
        if (digits_at(rid) != prefix || strncmp(rid, first, prefix) != 0 ||
            !span_number(digits, UINT32_MAX, &n))
            return false;
        rank[i] = (unsigned)n;
    }
    return true;
}

/** Insertion sort: stable, and four encodings at most. */
static void sort(struct agree_mline *m)
{
    unsigned rank[AGREE_MAX_ENCODINGS] = {0};
    if (!rank_by_size(m, rank) && !rank_by_name(m, rank) && !rank_by_number(m, rank))
        return;
    for (unsigned i = 1; i < m->encoding_count; i++)
        for (unsigned j = i; j > 0 && rank[j] < rank[j - 1]; j--) {
            struct agree_encoding e = m->encoding[j];
            unsigned r = rank[j];
            m->encoding[j] = m->encoding[j - 1];
            rank[j] = rank[j - 1];
            m->encoding[j - 1] = e;
            rank[j - 1] = r;
        }
}

static uint32_t rtx_of(const struct section *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->fid_count; i++)
        if (s->fid[i][0] == ssrc)
            return s->fid[i][1];
    return 0;
}

static bool is_rtx(const struct section *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->fid_count; i++)
        if (s->fid[i][1] == ssrc)
            return true;
    return false;
}

static void add_ssrc(const struct section *s, struct agree_mline *m, uint32_t ssrc)
{
    m->encoding[m->encoding_count++] =
        (struct agree_encoding){.ssrc = ssrc, .rtx_ssrc = rtx_of(s, ssrc)};
}

/** Old clients and single encodings: by the SSRCs that the offer names, if it names any. */
static void agree_by_ssrc(const struct section *s, struct agree_mline *m)
{
    for (unsigned i = 0; s->sim_count >= 2 && i < s->sim_count; i++)
        add_ssrc(s, m, s->sim[i]);
    for (unsigned i = 0; m->encoding_count == 0 && i < s->ssrc_count; i++)
        if (!is_rtx(s, s->ssrc[i]))
            add_ssrc(s, m, s->ssrc[i]);
}

void simulcast_agree(const struct section *s, struct agree_mline *m)
{
    const struct offered_rid *stream[AGREE_MAX_ENCODINGS];
    m->encoding_count = 0;
    // Without the extension no packet says which rid it has.
    unsigned count = m->ext[EXT_RID] ? list_streams(s, stream) : 0;
    for (unsigned i = 0; i < count; i++) {
        // No SSRC: RFC 8853 section 5.5 leaves it to the packets to say which is which.
        struct agree_encoding *e = &m->encoding[m->encoding_count++];
        *e = (struct agree_encoding){.max_width = stream[i]->max_width,
                                     .max_height = stream[i]->max_height};
        (void)span_copy(stream[i]->id, e->rid, sizeof e->rid);
    }
    if (count > 0)
        sort(m);
    else
        agree_by_ssrc(s, m);
}

void simulcast_write(FILE *out, const struct section *s, const struct agree_mline *m)
{
    const struct offered_rid *stream[AGREE_MAX_ENCODINGS];
    if (m->encoding_count == 0 || m->encoding[0].rid[0] == '\0')
        return;
    unsigned count = list_streams(s, stream);
    for (unsigned i = 0; i < count; i++)
        (void)fprintf(out, "a=rid:%.*s recv\r\n", SPAN_FMT(stream[i]->id));
    if (!s->simulcast.p)
        return;
    (void)fputs("a=simulcast:recv ", out);
    for (unsigned i = 0; i < count; i++)
        (void)fprintf(out, "%s%.*s", i ? ";" : "", SPAN_FMT(stream[i]->id));
    (void)fputs("\r\n", out);
}
