/** The layout of transport-wide feedback, sections 3.1 to 3.1.5 of the draft. */
#ifndef CC_TWCC_WIRE_H
#define CC_TWCC_WIRE_H

/*
 *    0                   1                   2                   3
 *   |V=2|P|  FMT=15 |    PT=205     |            length             |
 *   |                      SSRC of packet sender                    |
 *   |                      SSRC of media source                     |
 *   |      base sequence number     |      packet status count      |
 *   |                 reference time                | fb pkt. count |
 *   |          packet chunk         |  ...  | recv delta | ...
 */
#define TWCC_HEADER   20
#define TWCC_OFF_BASE 12
#define TWCC_OFF_N    14
#define TWCC_OFF_TIME 16 ///< 24 bits, in units of TWCC_REF_TICKS
#define TWCC_OFF_FB   19

#define TWCC_REF_TICKS 256 ///< 64 ms in ticks of 250 us
#define TWCC_MAX_RUN   8191

enum twcc_symbol {
    TWCC_LOST = 0,
    TWCC_SMALL = 1, ///< one byte of delta, unsigned
    TWCC_LARGE = 2, ///< two bytes, signed
    TWCC_RESERVED = 3,
};

#endif
