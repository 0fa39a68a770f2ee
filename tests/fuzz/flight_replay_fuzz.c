/* A recording is read and repeated, whoever made it: block by block, as a file; and, so that
 * the digest of a block need not be guessed, record by record. */
#include "flight/replay.h"
#include "flight/tell.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/** Words, too, whatever it says. */
static bool tell(const struct flight_record *record, struct explain *explain)
{
    char line[40];
    flight_tell(record, line, sizeof(line)); // most are cut
    require(strlen(line) < sizeof(line));
    return explain_step(explain, record);
}

static void end(struct explain *explain)
{
    FILE *nowhere = fopen("/dev/null", "we");
    require(nowhere && explain_write(explain, NULL, nowhere));
    (void)fclose(nowhere);
    explain_destroy(explain);
}

static void as_a_file(const uint8_t *bytes, size_t len)
{
    struct flight_reader r;
    struct flight_file file;
    struct flight_record record;
    if (!flight_open(&r, bytes, len, &file))
        return;
    struct replay *replay = replay_create();
    struct explain *explain = explain_create();
    require(replay && explain);
    while (flight_next(&r, &record)) {
        require(record.body >= bytes && record.body + record.len <= bytes + len);
        (void)replay_step(replay, &record);
        require(tell(&record, explain));
    }
    end(explain);
    replay_destroy(replay);
}

/** Of each record: its type, the milliseconds since the one before, a length, and the body. */
static void as_records(const uint8_t *bytes, size_t len)
{
    struct replay *replay = replay_create();
    struct flight_record record = {.at = 1000 * USEC_PER_SEC};
    struct explain *explain = explain_create();
    require(replay && explain);
    while (len > 3) {
        record.type = (enum flight_type)(FLIGHT_SENT + bytes[0] % (FLIGHT_TYPES - FLIGHT_SENT));
        record.at += bytes[1] * USEC_PER_MS;
        record.len = (size_t)(bytes[2] | (bytes[3] & 15) << 8) % (len - 3);
        record.len = record.type <= FLIGHT_SENT_LAST ? 7
                     : record.type == FLIGHT_CAME    ? 15
                                                     : record.len;
        if (record.len == 0 || record.len > len - 4)
            break;
        record.body = bytes + 4;
        (void)replay_step(replay, &record);
        require(tell(&record, explain));
        bytes += 4 + record.len;
        len -= 4 + record.len;
    }
    end(explain);
    replay_destroy(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1); // for ASan
    require(exact != NULL);
    if (len)
        memcpy(exact, bytes, len);
    as_a_file(exact, len);
    as_records(exact, len);
    free(exact);
    return 0;
}
