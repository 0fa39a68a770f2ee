#include "bundle.h"

static int check_mids(const struct offer *o, struct sdp_error *err)
{
    for (unsigned i = 0; i < o->mline_count; i++) {
        const struct section *s = &o->mline[i];
        int first = s->mid.p ? offer_find(o, s->mid) : (int)i;
        if (first != (int)i)
            return sdp_fail(err, "no_bundle", s->line,
                            "Its a=mid is also that of the m= line %u.", o->mline[first].line);
    }
    return 0;
}

/** RFC 9143 section 7.2.1: port 0 with a=bundle-only is no rejection. */
static bool is_offered(const struct section *s)
{
    return s->port != 0 || (s->flags & FLAG_BUNDLE_ONLY);
}

static int check_group(struct offer *o, struct sdp_error *err)
{
    bool seen[AGREE_MAX_MLINES] = {false};
    struct span rest = o->bundle;
    struct span mid;
    while ((mid = span_word(&rest)).len > 0) {
        int i = offer_find(o, mid);
        if (i < 0)
            return sdp_fail(err, "no_bundle", o->bundle_line,
                            "a=group:BUNDLE names a mid that no m= line has.");
        if (seen[i])
            return sdp_fail(err, "no_bundle", o->bundle_line,
                            "a=group:BUNDLE names the mid of the m= line %u twice.",
                            o->mline[i].line);
        seen[i] = true;
        o->mline[i].bundled = is_offered(&o->mline[i]);
    }
    return 0;
}

static int check_without_group(struct offer *o, struct sdp_error *err)
{
    struct section *only = NULL;
    for (unsigned i = 0; i < o->mline_count; i++) {
        struct section *s = &o->mline[i];
        if (s->port == 0)
            continue;
        if (only)
            return sdp_fail(err, "no_bundle", s->line,
                            "Without a=group:BUNDLE there can be one m= line only.");
        only = s;
        s->bundled = true;
    }
    return 0;
}

int bundle_check(struct offer *o, struct sdp_error *err)
{
    int rc = check_mids(o, err);
    if (rc)
        return rc;
    return o->has_bundle ? check_group(o, err) : check_without_group(o, err);
}

int bundle_tagged(const struct offer *o, const struct agreement *a)
{
    struct span rest = o->bundle;
    struct span mid;
    while ((mid = span_word(&rest)).len > 0) {
        int i = offer_find(o, mid);
        if (a->mline[i].active)
            return i;
    }
    for (unsigned i = 0; !o->has_bundle && i < a->mline_count; i++)
        if (a->mline[i].active)
            return (int)i;
    return -1;
}

int bundle_offered_tag(const struct offer *o)
{
    struct span rest = o->bundle;
    return offer_find(o, span_word(&rest));
}
