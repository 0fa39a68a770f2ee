/* What RED holds lies inside and in order of time; unwrapped and wrapped again it is the same.
 */
#include "rtp/red.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

/** Blocks follow one another without a gap up to the primary, which ends the payload. */
static size_t blocks_lie_inside(const struct red *r, size_t len)
{
    size_t at = 4 * (size_t)r->count + 1;
    unsigned offset = 0;
    require(r->count <= RED_MAX_BLOCKS);
    for (unsigned k = r->count; k-- > 0;) {
        require(r->block[k].off == at);
        at += r->block[k].len;
    }
    for (unsigned k = 0; k < r->count; k++) {
        if (r->block[k].len == 0)
            continue;
        require(r->block[k].ts_offset > offset);
        offset = r->block[k].ts_offset;
    }
    require(r->primary == at && r->primary_len > 0 && at + r->primary_len == len);
    return at;
}

static void recovers(const struct rtp *pkt, const struct red *r)
{
    for (unsigned k = 0; k < r->count; k++) {
        struct red_copy made;
        struct rtp again;
        red_recover(pkt, r, k, 5, &made);
        require(rtp_parse(&again, made.pkt.data, made.pkt.len) == DROP_NONE);
        require(again.payload_len == r->block[k].len && again.seq == 5);
        require(again.ts == pkt->ts - r->block[k].ts_offset && again.ssrc == pkt->ssrc);
    }
}

/** The same frames around the same primary are the same bytes, where a writer may write them.
 */
static void wraps_again(const uint8_t *payload, size_t len, const struct red *r)
{
    uint8_t out[RTP_MIN_HEADER + 4096 + 64];
    struct red_frames frames = {.pt = 111, .count = r->count};
    unsigned offset = 0;
    for (unsigned k = 0; k < r->count; k++) {
        if (r->block[k].ts_offset <= offset) // empty blocks out of order are not written
            return;
        offset = r->block[k].ts_offset;
        frames.frame[k] = (struct red_frame){.data = payload + r->block[k].off,
                                             .len = r->block[k].len,
                                             .ts_offset = r->block[k].ts_offset};
    }
    if (r->count == 0 || len + RTP_MIN_HEADER > RED_MAX_PACKET)
        return;
    memcpy(out + RTP_MIN_HEADER, payload + r->primary, r->primary_len);
    const size_t plain = RTP_MIN_HEADER + (size_t)r->primary_len;
    require(red_wrap(out, plain, sizeof(out), RTP_MIN_HEADER, &frames) == RTP_MIN_HEADER + len);
    require(memcmp(out + RTP_MIN_HEADER, payload, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t *data = malloc(RTP_MIN_HEADER + len); // exact size, for ASan
    struct red r;
    struct rtp pkt, again;
    if (len > 4096) {
        free(data);
        return 0;
    }
    require(data != NULL);
    memset(data, 0, RTP_MIN_HEADER);
    data[0] = 0x80;
    memcpy(data + RTP_MIN_HEADER, bytes, len);
    require(rtp_parse(&pkt, data, RTP_MIN_HEADER + len) == DROP_NONE);
    if (red_parse(&r, rtp_payload(&pkt), pkt.payload_len, 111) == DROP_NONE) {
        blocks_lie_inside(&r, len);
        recovers(&pkt, &r);
        wraps_again(rtp_payload(&pkt), len, &r);
        red_unwrap(&pkt, &r);
        require(rtp_parse(&again, pkt.data, pkt.len) == DROP_NONE);
        require(again.payload_len == r.primary_len && again.pt == 111);
    }
    free(data);
    return 0;
}
