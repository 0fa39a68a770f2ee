/* Whose packet is it? */
#include "house.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct packet {
    uint8_t bytes[200];
    size_t len;
    struct rtp rtp;
};

struct given {
    uint8_t id;
    const char *text;
};

/** A packet with up to three text extensions. */
static struct rtp *packet(struct packet *p, uint32_t ssrc, uint8_t pt, const struct given *ext)
{
    static uint16_t seq;
    memset(p, 0, sizeof(*p));
    p->bytes[0] = 0x90;
    p->bytes[1] = pt;
    wr16(p->bytes + 2, ++seq);
    wr32(p->bytes + 8, ssrc);
    wr16(p->bytes + 12, 0xbede);
    size_t at = 16;
    for (; ext && ext->text; ext++) {
        const size_t len = strlen(ext->text);
        p->bytes[at++] = (uint8_t)(ext->id << 4 | (len - 1));
        memcpy(p->bytes + at, ext->text, len);
        at += len;
    }
    at = (at + 3) & ~(size_t)3;
    wr16(p->bytes + 14, (uint16_t)((at - 16) / 4));
    memset(p->bytes + at, 0x55, 20);
    p->len = at + 20;
    assert_int_equal(rtp_parse(&p->rtp, p->bytes, p->len), DROP_NONE);
    return &p->rtp;
}

#define EXT(...)                                                                               \
    (const struct given[])                                                                     \
    {                                                                                          \
        __VA_ARGS__,                                                                           \
        {                                                                                      \
            0, NULL                                                                            \
        }                                                                                      \
    }

static struct stream *find(struct house *h, struct member *m, uint32_t ssrc, uint8_t pt,
                           const struct given *ext, enum drop *why)
{
    struct packet p;
    bool repaired;
    return member_stream(m, packet(&p, ssrc, pt, ext), &repaired, why, h->now);
}

/** Microphone (MID id 1) and camera with three rids (MID id 2, RID id 1, RRID id 3). */
static struct member *publisher(struct house *h)
{
    static const char *const rid[] = {"q", "h", "f"};
    house_offer(h, 1);
    struct agree_mline *mic = house_track(h, SOURCE_MICROPHONE);
    mic->ext[EXT_MID] = 1;
    struct agree_mline *cam = house_track(h, SOURCE_CAMERA);
    cam->ext[EXT_MID] = 2;
    cam->ext[EXT_RID] = 1; // the id that means MID on the other m-line
    cam->ext[EXT_RRID] = 3;
    cam->encoding_count = 3;
    for (unsigned i = 0; i < 3; i++)
        memcpy(cam->encoding[i].rid, rid[i], 2);
    return house_agree(h, "p");
}

static void mid_and_rid_find_the_stream_and_the_ssrc_is_remembered(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    struct member *m = publisher(&h);
    const struct stream *mic = &m->track[0]->stream[0], *cam = m->track[1]->stream;
    assert_ptr_equal(find(&h, m, 10, 111, EXT({1, "0"}), &why), mic);
    assert_ptr_equal(find(&h, m, 21, 96, EXT({2, "1"}, {1, "q"}), &why), &cam[0]);
    assert_ptr_equal(find(&h, m, 22, 96, EXT({2, "1"}, {1, "f"}), &why), &cam[2]);
    assert_ptr_equal(find(&h, m, 10, 111, NULL, &why), mic);
    assert_ptr_equal(find(&h, m, 22, 96, NULL, &why), &cam[2]);
    assert_ptr_equal(find(&h, m, 21, 96, NULL, &why), &cam[0]);
    house_close(&h);
}

static void conflicting_ids_of_mlines_do_not_confuse(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    struct member *m = publisher(&h);
    // On the camera's m-line id 1 is the RID: "0" is no rid of it, though the microphone's mid.
    assert_null(find(&h, m, 30, 96, EXT({1, "0"}), &why));
    assert_int_equal(why, DROP_UNKNOWN_SSRC);
    assert_null(find(&h, m, 31, 111, EXT({2, "1"}), &why)); // nor Opus a picture
    house_close(&h);
}

static void unknown_mid_or_rid_is_nobodys(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    struct member *m = publisher(&h);
    assert_null(find(&h, m, 40, 111, EXT({1, "7"}), &why));
    assert_int_equal(why, DROP_UNKNOWN_SSRC);
    assert_null(find(&h, m, 41, 96, EXT({2, "1"}, {1, "z"}), &why));
    assert_null(find(&h, m, 42, 96, EXT({2, "1"}), &why)); // which of the three?
    assert_int_equal(m->ssrc_count, 0);
    house_close(&h);
}

static void payload_type_decides_where_nothing_else_is_said(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    house_offer(&h, 1);
    house_track(&h, SOURCE_MICROPHONE);
    house_track(&h, SOURCE_CAMERA);
    struct member *m = house_agree(&h, "p");
    assert_ptr_equal(find(&h, m, 10, 111, NULL, &why), &m->track[0]->stream[0]);
    assert_ptr_equal(find(&h, m, 20, 96, NULL, &why), &m->track[1]->stream[0]);
    assert_null(find(&h, m, 30, 50, NULL, &why));
    assert_int_equal(why, DROP_UNKNOWN_SSRC);
    assert_null(find(&h, m, 20, 50, NULL, &why)); // its own SSRC, a type nobody agreed to
    assert_int_equal(why, DROP_UNKNOWN_PT);
    house_close(&h);
}

static void payload_type_of_two_tracks_decides_nothing(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    house_offer(&h, 1);
    house_track(&h, SOURCE_CAMERA);
    house_track(&h, SOURCE_SCREEN);
    struct member *m = house_agree(&h, "p");
    assert_null(find(&h, m, 10, 96, NULL, &why));
    assert_int_equal(why, DROP_UNKNOWN_SSRC);
    house_close(&h);
}

static void named_ssrcs_need_no_extension(void **state)
{
    (void)state;
    struct house h;
    struct packet p;
    enum drop why;
    bool repaired;
    house_open(&h);
    house_offer(&h, 1);
    house_track(&h, SOURCE_CAMERA);
    struct agree_mline *screen = house_track(&h, SOURCE_SCREEN);
    screen->encoding_count = 1;
    screen->encoding[0].ssrc = 77;
    screen->encoding[0].rtx_ssrc = 78;
    struct member *m = house_agree(&h, "p");
    struct stream *st = find(&h, m, 77, 96, NULL, &why);
    assert_ptr_equal(st, &m->track[1]->stream[0]);
    assert_ptr_equal(member_stream(m, packet(&p, 78, 97, NULL), &repaired, &why, h.now), st);
    assert_true(repaired);
    assert_int_equal(p.rtp.seq, 0x5555); // the number it had at first
    assert_int_equal(p.rtp.pt, 96);
    assert_null(find(&h, m, 78, 96, NULL, &why)); // RTX under the name of media
    assert_int_equal(why, DROP_UNKNOWN_PT);
    house_close(&h);
}

static void rtx_is_found_by_the_repaired_rid(void **state)
{
    (void)state;
    struct house h;
    struct packet p;
    enum drop why;
    bool repaired;
    house_open(&h);
    struct member *m = publisher(&h);
    const struct stream *cam = m->track[1]->stream;
    // Of a stream that has not begun there is nothing to repair
    assert_null(
        member_stream(m, packet(&p, 51, 97, EXT({2, "1"}, {3, "h"})), &repaired, &why, h.now));
    assert_int_equal(why, DROP_NONE);
    assert_ptr_equal(find(&h, m, 50, 96, EXT({2, "1"}, {1, "h"}), &why), &cam[1]);
    assert_ptr_equal(member_stream(m, packet(&p, 51, 97, NULL), &repaired, &why, h.now),
                     &cam[1]);
    assert_true(repaired);
    house_close(&h);
}

static void new_ssrc_of_a_stream_replaces_the_old_one(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    struct member *m = publisher(&h);
    struct stream *st = find(&h, m, 60, 96, EXT({2, "1"}, {1, "q"}), &why);
    const uint32_t first = st->id;
    assert_ptr_equal(find(&h, m, 61, 96, EXT({2, "1"}, {1, "q"}), &why), st);
    assert_int_not_equal(st->id, first);
    assert_int_equal(st->ssrc, 61);
    assert_null(find(&h, m, 60, 96, NULL, &why)); // the old name is forgotten
    house_close(&h);
}

static void names_are_bounded(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    struct member *m = publisher(&h);
    for (uint32_t i = 0; i < 2 * MEMBER_SSRCS; i++)
        (void)find(&h, m, 1000 + i, 97, EXT({2, "1"}, {3, "h"}), &why);
    assert_true(m->ssrc_count <= MEMBER_SSRCS);
    // Whoever fills the table with RTX that repairs nothing must not lock out media.
    assert_non_null(find(&h, m, 5, 111, EXT({1, "0"}), &why));
    house_close(&h);
}

static void forgotten_track_takes_its_names_along(void **state)
{
    (void)state;
    struct house h;
    enum drop why;
    house_open(&h);
    struct member *m = publisher(&h);
    (void)find(&h, m, 10, 111, EXT({1, "0"}), &why);
    (void)find(&h, m, 21, 96, EXT({2, "1"}, {1, "q"}), &why);
    assert_int_equal(m->ssrc_count, 2);
    house_offer(&h, 1);
    house_track(&h, SOURCE_MICROPHONE)->ext[EXT_MID] = 1;
    house_agree(&h, "p");
    assert_int_equal(m->track_count, 1);
    assert_int_equal(m->ssrc_count, 1);
    assert_null(find(&h, m, 21, 96, NULL, &why));
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mid_and_rid_find_the_stream_and_the_ssrc_is_remembered),
        cmocka_unit_test(conflicting_ids_of_mlines_do_not_confuse),
        cmocka_unit_test(unknown_mid_or_rid_is_nobodys),
        cmocka_unit_test(payload_type_decides_where_nothing_else_is_said),
        cmocka_unit_test(payload_type_of_two_tracks_decides_nothing),
        cmocka_unit_test(named_ssrcs_need_no_extension),
        cmocka_unit_test(rtx_is_found_by_the_repaired_rid),
        cmocka_unit_test(new_ssrc_of_a_stream_replaces_the_old_one),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(forgotten_track_takes_its_names_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
