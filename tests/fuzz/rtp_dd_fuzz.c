/*
 * A row of dependency descriptors, as one stream has them: each is one byte of length and so
 * many bytes. What is read stays inside its bounds, a bad one changes nothing, and what a
 * filter lets through is what the description says.
 */
#include "rtp/layers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_structure(const struct dd_structure *st)
{
    require(st->template_count <= DD_TEMPLATES && st->target_count <= DD_TARGETS);
    require(st->chain_count <= st->target_count && st->spatial <= DD_SPATIAL);
    for (unsigned i = 0; i < st->target_count; i++) {
        require(st->target_sid[i] < st->spatial && st->target_tid[i] < DD_TEMPORAL);
        require(st->chain_count == 0 || st->protected_by[i] < st->chain_count);
    }
}

static void one(struct layers *l, struct layer_filter *f, const uint8_t *dd, size_t len,
                uint32_t ts, unsigned turn)
{
    struct payload d = {.codec = turn % 3 ? CODEC_AV1 : CODEC_VP8, .keyframe = turn % 16 == 0};
    struct payload again = d;
    struct dd_structure st = l->dd;
    struct dd out;
    bool marker = turn % 4 == 0, second = marker;
    const bool good = dd_parse(&out, &st, dd, len) == DROP_NONE;

    if (good) {
        check_structure(&st);
        require(out.frame.fdiff_count <= DD_FDIFFS && out.frame.sid < st.spatial);
        require((out.template_id + 64 - st.offset) % 64 < st.template_count);
    } else {
        require(memcmp(&st, &l->dd, sizeof(st)) == 0);
    }
    require(layers_describe(l, &d, ts, dd, len) == good || !good);
    require(d.part.sid < LAYERS_SPATIAL && d.part.tid < LAYERS_TEMPORAL);
    require(d.part.exist != 0);
    require((d.part.opens & ~d.part.needed) == 0);
    layers_note(l, &d, len, (usec_t)ts * 11 + 1);
    require(l->spatial >= 1 && l->spatial <= LAYERS_SPATIAL && l->temporal >= 1);

    if (turn % 5 == 0)
        layer_filter_aim(f, (struct layer){(uint8_t)(turn % 4), (uint8_t)(turn / 4 % 4)});
    const bool pass = layer_filter_pass(f, &d, ts, &marker);
    require(f->now.sid < LAYERS_SPATIAL && f->now.tid < LAYERS_TEMPORAL);
    require(!(marker && !second) || (pass && d.part.ends));
    layers_recall(&again, layers_memo(&d));
    const enum layer_fate fate = layer_filter_again(f, &again, ts, &second);
    require(fate == LAYER_UNKNOWN ? !pass || f->past_lost : (fate == LAYER_PASSED) == pass);
    require(!pass || f->past_lost || second == marker);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct layers l;
    struct layer_filter f;
    uint32_t ts = 0;

    if (len > 4096)
        return 0;
    memset(&l, 0, sizeof(l));
    layer_filter_start(&f, LAYER_ALL);
    for (unsigned turn = 0; len > 1; turn++) {
        size_t n = bytes[0];
        if (n > len - 1)
            n = len - 1;
        uint8_t *exact = malloc(n ? n : 1); // ASan watches the byte after
        require(exact != NULL);
        memcpy(exact, bytes + 1, n);
        one(&l, &f, exact, n, ts, turn);
        free(exact);
        ts += n % 7 == 6 ? 0u - 6000 : n % 3 * 1500;
        bytes += 1 + n;
        len -= 1 + n;
    }
    return 0;
}
