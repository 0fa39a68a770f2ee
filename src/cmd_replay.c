/* `salon replay`: what a recording says, whether its decisions come out the same, and why a
 * call was bad. */
#include "cmd.h"

#include "flight/replay.h"
#include "flight/tell.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LARGEST ((size_t)1 << 30) ///< bytes of a recording
#define STEP    ((size_t)1 << 20)

static const char usage[] =
    "salon replay FILE [--print] [--explain] [--of PARTICIPANT]\n"
    "A recording of a room (GET /admin/v1/rooms/{id}/flight; \"-\" reads stdin): repeats its\n"
    "decisions and says where one comes out otherwise (exit 1).\n"
    "  --print           every record, but for packets, in words\n"
    "  --packets         those too\n"
    "  --explain         for each participant: its line, what it was shown, and why not more\n"
    "  --of PARTICIPANT  of this one alone\n";

struct asked {
    const char *file, *of;
    bool print, packets, explain;
};

/** What came of it. */
struct outcome {
    uint64_t records, same, differs, unknown, bad;
    usec_t first, last;
};

/** The whole file, to be freed; NULL: a line was printed. */
static uint8_t *read_all(const char *path, size_t *len)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    uint8_t *bytes = NULL;
    size_t got = 1;

    *len = 0;
    if (!f) {
        (void)cmd_fail("%s: %s", path, strerror(errno));
        return NULL;
    }
    while (got > 0 && *len < LARGEST) {
        uint8_t *more = realloc(bytes, *len + STEP);

        if (!more)
            break;
        bytes = more;
        got = fread(bytes + *len, 1, STEP, f);
        *len += got;
    }
    if (got > 0 || ferror(f)) {
        (void)cmd_fail("%s: cannot be read", path);
        free(bytes);
        bytes = NULL;
    }
    if (f != stdin)
        (void)fclose(f);
    return bytes;
}

/** The time of day, by the server's clock then. */
static void print_time(usec_t wall, usec_t at)
{
    const usec_t when = wall + at;
    const time_t second = (time_t)(when / USEC_PER_SEC);
    struct tm tm = {0};
    char text[16];

    (void)gmtime_r(&second, &tm);
    (void)strftime(text, sizeof text, "%H:%M:%S", &tm);
    (void)printf("%s.%06d ", text, (int)(when % USEC_PER_SEC));
}

static bool is_packet(const struct flight_record *r)
{
    return r->type <= FLIGHT_CAME;
}

static void print(const struct flight_file *file, const struct flight_record *r)
{
    char line[TELL_SIZE];

    if (r->anew)
        (void)printf("-- records before this are missing\n");
    print_time(file->wall, r->at);
    flight_tell(r, line, sizeof line);
    (void)puts(line);
}

static void count(struct outcome *o, enum replay_result result)
{
    o->same += result == REPLAY_SAME;
    o->differs += result == REPLAY_DIFFERS;
    o->unknown += result == REPLAY_UNKNOWN;
    o->bad += result == REPLAY_BAD;
}

/** One record. False without memory. */
static bool step(const struct asked *asked, const struct flight_file *file,
                 const struct flight_record *r, struct replay *replay, struct explain *explain,
                 struct outcome *o)
{
    const enum replay_result result = replay_step(replay, r);
    const bool odd = result == REPLAY_DIFFERS || result == REPLAY_BAD;

    if (o->records++ == 0)
        o->first = r->at;
    o->last = r->at;
    count(o, result);
    if (odd || (asked->packets && is_packet(r)) || (asked->print && !is_packet(r)))
        print(file, r);
    if (odd)
        (void)printf("   DIFFERS: %s\n", replay_why(replay));
    return explain_step(explain, r);
}

static int finish(const struct asked *asked, const struct flight_file *file,
                  const struct flight_reader *reader, struct explain *explain,
                  const struct outcome *o)
{
    int status = EXIT_SUCCESS;

    if (asked->explain && !explain_write(explain, asked->of, stdout))
        status = cmd_fail("there is no participant \"%s\" in it", asked->of);
    (void)printf("room %s, salon %s: %" PRIu64 " records of %.1f s; %" PRIu64
                 " decisions repeated, %" PRIu64 " differ, %" PRIu64 " cannot be repeated\n",
                 file->room, file->version, o->records,
                 (double)(o->last - o->first) / USEC_PER_SEC, o->same, o->differs + o->bad,
                 o->unknown);
    if (strcmp(file->version, SALON_VERSION) != 0)
        (void)printf("another version made it: decisions may differ for that alone\n");
    if (reader->wrong)
        status = cmd_fail("%s: %s", asked->file, reader->wrong);
    return o->differs + o->bad > 0 ? EXIT_FAILURE : status;
}

static int run(const struct asked *asked, const uint8_t *bytes, size_t len)
{
    struct flight_reader reader;
    struct flight_file file;
    struct flight_record record;
    struct outcome o = {0};
    struct replay *replay = replay_create();
    struct explain *explain = explain_create();
    bool fine = replay && explain;
    int status = EXIT_FAILURE;

    if (!fine)
        (void)cmd_fail("out of memory");
    else if (!flight_open(&reader, bytes, len, &file))
        (void)cmd_fail("%s: is no recording", asked->file);
    else {
        while (fine && flight_next(&reader, &record))
            fine = step(asked, &file, &record, replay, explain, &o);
        status = fine ? finish(asked, &file, &reader, explain, &o) : cmd_fail("out of memory");
    }
    explain_destroy(explain);
    replay_destroy(replay);
    return status;
}

int cmd_replay(int argc, char **argv)
{
    static const struct option options[] = {
        {"print", no_argument, NULL, 'p'},   {"packets", no_argument, NULL, 'a'},
        {"explain", no_argument, NULL, 'e'}, {"of", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},    {0}};
    struct asked asked = {0};
    size_t len;
    uint8_t *bytes;
    int status, option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h' || option == '?')
            return cmd_usage(option, usage);
        asked.print |= option == 'p' || option == 'a';
        asked.packets |= option == 'a';
        asked.explain |= option == 'e' || option == 'o';
        if (option == 'o')
            asked.of = optarg;
    }
    if (argc - optind != 1)
        return cmd_usage('?', usage);
    asked.file = argv[optind];
    bytes = read_all(asked.file, &len);
    if (!bytes)
        return EXIT_FAILURE;
    status = run(&asked, bytes, len);
    free(bytes);
    return status;
}
