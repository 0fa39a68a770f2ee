/** `salon`: which subcommand runs. */
#include "cmd.h"
#include "media_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "salon, a self-hosted video conferencing server\n"
    "\n"
    "  salon serve [--config FILE] [--dev]   run the server\n"
    "  salon check-config FILE               check a configuration file\n"
    "  salon status|reload|drain|restart-workers|restart-control\n"
    "                                        ask a server that runs\n"
    "  salon tenant add|key|rotate|…        the front ends that use the API\n"
    "  salon replay FILE                     what a recording of a room says\n"
    "  salon media                           a media worker; started by serve\n"
    "  salon --version\n"
    "\n"
    "Each has --help.\n";

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"serve", cmd_serve},
        {"media", media_main},
        {"check-config", cmd_check_config},
        {"tenant", cmd_tenant},
        {"replay", cmd_replay},
        {"status", cmd_admin},
        {"reload", cmd_admin},
        {"drain", cmd_admin},
        {"restart-workers", cmd_admin},
        {"restart-control", cmd_admin},
    };
    const char *name = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    if (strcmp(name, "--version") == 0) {
        (void)puts("salon " SALON_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return cmd_usage('h', usage);
    if (*name)
        (void)fprintf(stderr, "salon: there is no command \"%s\"\n\n", name);
    return cmd_usage('?', usage);
}
