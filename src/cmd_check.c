#include "cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "salon check-config FILE: says whether serve could use it\n";

int cmd_check_config(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int option = getopt_long(argc, argv, "h", options, NULL);
    struct config *config;
    char why[CONFIG_WHY];

    if (option != -1 || argc - optind != 1)
        return cmd_usage(option, usage);
    if (config_load(argv[optind], &config, why))
        return cmd_fail("%s", why);
    config_free(config);
    (void)printf("%s: good\n", argv[optind]);
    return EXIT_SUCCESS;
}
