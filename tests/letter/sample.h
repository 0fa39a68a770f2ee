/** Agreements and letters for the tests. */
#ifndef TESTS_LETTER_SAMPLE_H
#define TESTS_LETTER_SAMPLE_H

#include "letter/letter.h"

#include <stdlib.h>
#include <string.h>

/** An agreement with a simulcast camera, a screen slot and data channels. Owned by the caller.
 */
static inline struct agreement sample_agreement(void)
{
    struct agreement a = {
        .generation = 7,
        .answers = 3,
        .local_ufrag = "abcd",
        .local_pwd = "0123456789abcdefghij+/",
        .remote_ufrag = "yOxz",
        .remote_pwd = "Bcf+L+zqCeGZaCoV7lp0Tsza",
        .fingerprint_hash = "sha-256",
        .fingerprint = {0xf9, 0x0f, 0x60},
        .fingerprint_len = 32,
        .dtls_role = AGREE_DTLS_CLIENT,
        .cname = "0a1b2c",
        .mline_count = 3,
        .mline = calloc(3, sizeof(struct agree_mline)),
    };
    a.mline[0] = (struct agree_mline){
        .mid = "video0",
        .kind = KIND_VIDEO,
        .active = true,
        .client_sends = true,
        .source = SOURCE_SCREEN,
        .content = CONTENT_TEXT,
        .codec_count = 1,
        .codec = {{.codec = CODEC_H264,
                   .pt = 102,
                   .rtx_pt = 103,
                   .profile = 0x42e01f,
                   .packetization = 1,
                   .nack = true,
                   .pli = true,
                   .fir = true,
                   .twcc = true}},
        .ext = {[EXT_MID] = 4, [EXT_TWCC] = 255},
        .ext_mixed = true,
        .encoding_count = 2,
        .encoding = {{.rid = "q", .max_width = 320, .max_height = 180},
                     {.ssrc = 0xffffffff, .rtx_ssrc = 1}},
    };
    a.mline[1] = (struct agree_mline){
        .mid = "1",
        .kind = KIND_AUDIO,
        .active = true,
        .client_receives = true,
        .role = SLOT_SCREEN,
        .codec_count = 1,
        .codec = {{.codec = CODEC_OPUS, .pt = 111, .rtx_pt = -1, .red_pt = 63, .remb = true}},
        .slot_ssrc = 0x80000001,
        .slot_rtx_ssrc = 5,
        .slot_pair = 2,
    };
    a.mline[2] = (struct agree_mline){
        .mid = "data",
        .kind = KIND_DATA,
        .active = true,
        .data = {.port = 5001, .max_message = 262144, .may_send = true},
    };
    return a;
}

#endif
