#include "flight/read.h"

#include "wire.h"

#include <string.h>

static const char magic[8] = "SALONFR1";

void flight_file_write(const struct flight_file *file, uint8_t out[FLIGHT_FILE_HEAD])
{
    memset(out, 0, FLIGHT_FILE_HEAD);
    memcpy(out, magic, sizeof(magic));
    wire_put(out + 8, (uint64_t)file->wall, 8);
    memcpy(out + 16, file->version, strnlen(file->version, sizeof(file->version) - 1));
    memcpy(out + 32, file->room, strnlen(file->room, sizeof(file->room) - 1));
}

bool flight_open(struct flight_reader *r, const uint8_t *bytes, size_t len,
                 struct flight_file *file)
{
    *r = (struct flight_reader){0};
    if (len < FLIGHT_FILE_HEAD || memcmp(bytes, magic, sizeof(magic)) != 0)
        return false;
    const uint64_t wall = wire_get(bytes + 8, 8);
    *file = (struct flight_file){.wall = wall <= PACK_FAR ? (usec_t)wall : 0};
    memcpy(file->version, bytes + 16, sizeof(file->version) - 1);
    memcpy(file->room, bytes + 32, sizeof(file->room) - 1);
    r->at = bytes + FLIGHT_FILE_HEAD;
    r->end = bytes + len;
    return true;
}

static bool wrong(struct flight_reader *r, const char *why)
{
    r->wrong = why;
    r->at = r->end;
    r->record = r->stop = NULL;
    return false;
}

/** Begins the next block. False at the end, or if it is none. */
static bool next_block(struct flight_reader *r)
{
    uint8_t sum[SHA256_SIZE];
    if (r->at == r->end)
        return false;
    if (r->end - r->at < FLIGHT_HEAD || wire_get(r->at, 4) != WIRE_BLOCK)
        return wrong(r, "a block without a head");
    const size_t len = (size_t)wire_get(r->at + 4, 4);
    const uint64_t number = wire_get(r->at + 8, 8);
    const uint64_t began = wire_get(r->at + 16, 8);
    if (len > FLIGHT_BLOCK || len > (size_t)(r->end - r->at) - FLIGHT_HEAD)
        return wrong(r, "a block that is cut short");
    wire_digest(r->at, FLIGHT_HEAD + len, sum);
    if (memcmp(sum, r->at + WIRE_SUM, sizeof(sum)) != 0)
        return wrong(r, "a block that was changed: its digest is another");
    if (began > PACK_FAR)
        return wrong(r, "a time out of bounds");
    if (r->begun > 0 && number <= r->block)
        return wrong(r, "blocks out of order");
    r->anew = r->begun == 0 || number != r->block + 1;
    r->block = number;
    r->begun++;
    r->now = (usec_t)began;
    r->record = r->at + FLIGHT_HEAD;
    r->stop = r->record + len;
    r->at = r->stop;
    return true;
}

/** How many bytes a record's body has, and where that begins. 0: it is none. */
static size_t body_of(const struct flight_reader *r, const uint8_t **body)
{
    const size_t left = (size_t)(r->stop - r->record);
    const uint8_t type = *r->record;
    *body = r->record + 1;
    if (type == FLIGHT_TIME)
        return left >= 9 ? 8 : 0;
    if (type >= FLIGHT_SENT && type <= FLIGHT_SENT_LAST)
        return left >= WIRE_SENT ? WIRE_SENT - 1 : 0;
    if (type == FLIGHT_CAME)
        return left >= WIRE_CAME ? WIRE_CAME - 1 : 0;
    if (type == 0 || type >= FLIGHT_TYPES || left < 3)
        return 0;
    const size_t len = (size_t)wire_get(r->record + 1, 2);
    *body = r->record + 3;
    return len <= left - 3 ? len : 0;
}

bool flight_next(struct flight_reader *r, struct flight_record *out)
{
    for (;;) {
        while (r->record == r->stop)
            if (!next_block(r))
                return false;
        const uint8_t *body;
        const size_t len = body_of(r, &body);
        if (len == 0)
            return wrong(r, "a record that is none");
        const uint8_t type = *r->record;
        r->record = body + len;
        if (type != FLIGHT_TIME) {
            *out = (struct flight_record){.type = (enum flight_type)type,
                                          .at = r->now,
                                          .block = r->block,
                                          .anew = r->anew,
                                          .body = body,
                                          .len = len};
            r->anew = false;
            return true;
        }
        const uint64_t now = wire_get(body, 8);
        if (now > PACK_FAR)
            return wrong(r, "a time out of bounds");
        r->now = (usec_t)now;
    }
}

const char *flight_name(enum flight_type type)
{
    static const char *const name[FLIGHT_TYPES] = {
        [FLIGHT_TIME] = "time",
        [FLIGHT_SENT] = "sent audio",
        [FLIGHT_SENT + 1] = "sent video",
        [FLIGHT_SENT + 2] = "sent again",
        [FLIGHT_SENT_LAST] = "sent padding",
        [FLIGHT_CAME] = "came",
        [FLIGHT_MEMBER] = "member",
        [FLIGHT_LEFT] = "left",
        [FLIGHT_PEER] = "peer",
        [FLIGHT_TRACK] = "track",
        [FLIGHT_SLOT] = "slot",
        [FLIGHT_MUTE] = "mute",
        [FLIGHT_UPLINK] = "uplink",
        [FLIGHT_ASKED] = "asked",
        [FLIGHT_WISHED] = "wished",
        [FLIGHT_BEGAN] = "began",
        [FLIGHT_GAVE_UP] = "gave up",
        [FLIGHT_STATE] = "state",
        [FLIGHT_TWCC] = "feedback",
        [FLIGHT_REMB] = "remb",
        [FLIGHT_REPORT] = "report",
        [FLIGHT_DEMAND] = "demand",
        [FLIGHT_TICK] = "tick",
        [FLIGHT_MOVED] = "moved",
        [FLIGHT_PROBE_END] = "probe end",
        [FLIGHT_PROBE] = "probe",
        [FLIGHT_ESTIMATE] = "estimate",
        [FLIGHT_SHARE] = "share",
        [FLIGHT_DIVIDE] = "divide",
        [FLIGHT_CHOICE] = "choice",
    };
    return (unsigned)type < FLIGHT_TYPES && name[type] ? name[type] : "?";
}

void flight_read_sent(const struct flight_record *r, uint16_t *who, uint16_t *len,
                      uint16_t *seq)
{
    *who = (uint16_t)wire_get(r->body + 1, 2);
    *len = (uint16_t)wire_get(r->body + 3, 2);
    *seq = (uint16_t)wire_get(r->body + 5, 2);
}

void flight_read_came(const struct flight_record *r, struct flight_came *out)
{
    const uint8_t *b = r->body;
    *out = (struct flight_came){.marker = b[0] & 1,
                                .keyframe = (b[0] & 2) != 0,
                                .repaired = (b[0] & 4) != 0,
                                .who = (uint16_t)wire_get(b + 1, 2),
                                .len = (uint16_t)wire_get(b + 3, 2),
                                .seq = (uint16_t)wire_get(b + 5, 2),
                                .ts = (uint32_t)wire_get(b + 7, 4),
                                .track = b[11],
                                .stream = b[12],
                                .sid = b[13] >> 4,
                                .tid = b[13] & 15};
}
