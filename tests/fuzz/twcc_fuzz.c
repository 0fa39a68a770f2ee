/*
 * Feedback that opens gives exactly as many statuses as it says, in order; and arrivals told to
 * a receiver of our own come out of its feedback again.
 */
#include "cc/twcc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void told_again(const struct rtcp *p)
{
    struct twcc_recv *r = malloc(sizeof(*r));
    uint8_t buf[1200];
    struct twcc_iter it;
    struct twcc_status s;
    unsigned heard = 0, told = 0;
    uint16_t first = 0;

    require(r != NULL && twcc_open(&it, p) == DROP_NONE);
    twcc_recv_init(r);
    while (twcc_next(&it, &s)) {
        if (!s.arrived)
            continue;
        if (heard == 0)
            first = s.seq;
        else if ((uint16_t)(s.seq - first) >= TWCC_WINDOW)
            break;
        // Their clock may go below 0; ours does not.
        twcc_recv_on_packet(r, s.seq, s.at_us + (INT64_C(1) << 40));
        heard++;
    }
    for (size_t len; (len = twcc_recv_write(r, buf, sizeof(buf), 1, 2)) > 0;) {
        struct rtcp_iter walk;
        struct rtcp q;
        require(rtcp_open(&walk, buf, len) == DROP_NONE && rtcp_next(&walk, &q));
        require(q.kind == RTCP_KIND_TWCC && twcc_open(&it, &q) == DROP_NONE);
        while (twcc_next(&it, &s))
            told += s.arrived;
    }
    require(told == heard);
    free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t *data = malloc(len ? len : 1);
    struct rtcp_iter walk;
    struct rtcp p;
    struct twcc_iter it;
    struct twcc_status s;

    require(data != NULL);
    if (len)
        memcpy(data, bytes, len);
    if (rtcp_open(&walk, data, len) == DROP_NONE) {
        while (rtcp_next(&walk, &p)) {
            if (p.kind != RTCP_KIND_TWCC || twcc_open(&it, &p) != DROP_NONE)
                continue;
            unsigned count = it.left;
            uint16_t seq = it.seq;
            for (; twcc_next(&it, &s); count--)
                require(s.seq == seq++);
            require(count == 0 && it.delta <= it.end);
            told_again(&p);
        }
    }
    free(data);
    return 0;
}
