#include "media_args.h"

#include "media_main.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FLIGHT_MOST 256 // MiB

static bool number(const char *text, unsigned long max, unsigned long *out)
{
    char *end;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == 0 && *out <= max;
}

static const char usage[] =
    "usage: salon media --worker N --port PORT --socket PATH [--log-level LEVEL]\n"
    "                   [--log-format FORMAT] [--flight MIB]\n"
    "A media worker; `salon serve` starts as many as the configuration says.\n"
    "  --worker N        its number, from 0\n"
    "  --port PORT       UDP and TCP port, 0 for any\n"
    "  --socket PATH     Unix socket to bind for the control process\n"
    "  --log-level LEVEL error, warn, info or debug\n"
    "  --log-format F    plain, journal or json\n"
    "  --flight MIB      memory for recordings of rooms, 0 for none\n";

static bool take(struct media_args *a, int option)
{
    switch (option) {
    case 'w':
        return number(optarg, 63, &a->worker);
    case 'p':
        return number(optarg, UINT16_MAX, &a->port);
    case 's':
        a->socket = optarg;
        return true;
    case 'l':
        return log_level_from(optarg, &a->level);
    case 'f':
        return log_format_from(optarg, &a->format);
    case 'r':
        return number(optarg, FLIGHT_MOST, &a->flight_mib);
    default:
        return false;
    }
}

int media_args_read(int argc, char **argv, struct media_args *out)
{
    static const struct option options[] = {
        {"worker", required_argument, NULL, 'w'},
        {"port", required_argument, NULL, 'p'},
        {"socket", required_argument, NULL, 's'},
        {"log-level", required_argument, NULL, 'l'},
        {"log-format", required_argument, NULL, 'f'},
        {"flight", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    bool fine = true;
    *out = (struct media_args){.level = LEVEL_INFO};
    optind = 1;
    for (int c; fine && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout) < 0;
        fine = take(out, c);
    }
    if (fine && out->socket && optind == argc)
        return -1;
    (void)fputs(usage, stderr);
    return MEDIA_EXIT_USAGE;
}
