/* salon-load: people who call each other through an SFU, many of them. docs/load-testing.md */
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FINE = 0, EXIT_LIMIT = 1, EXIT_USAGE = 2, EXIT_NOTHING = 3 };

static volatile int stop; // the one thing a signal may touch

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static bool limits_have_names(const struct scenario *s, struct complaint *why)
{
    for (unsigned i = 0; i < s->limits; i++)
        if (!report_knows(s->limit[i].name)) {
            (void)snprintf(why->text, sizeof(why->text), "fail_if: there is no figure '%s'",
                           s->limit[i].name);
            return false;
        }
    return true;
}

static int tell(struct run *r)
{
    const struct tally *t = &r->core.tally;
    if (strcmp(r->scenario->json, "-") != 0)
        report_print(r);
    const int err = *r->scenario->json ? report_json(r) : 0;
    if (err)
        (void)fprintf(stderr, "salon-load: %s: %s\n", r->scenario->json, strerror(-err));
    const unsigned passed = report_limits(r);
    if (passed > 0 || err)
        return EXIT_LIMIT;
    return t->connected > 0 ? EXIT_FINE : EXIT_NOTHING;
}

static int run_scenario(const struct scenario *s, struct complaint *why)
{
    struct sigaction act = {.sa_handler = on_signal};
    struct run *r = calloc(1, sizeof(*r));
    int status = EXIT_NOTHING;
    if (!r)
        return status;
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    act.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &act, NULL);
    if (run_open(r, s, why) == 0) {
        run_all(r, &stop);
        status = tell(r);
    } else {
        (void)fprintf(stderr, "salon-load: %s\n", why->text);
    }
    run_close(r);
    free(r);
    return status;
}

int main(int argc, char **argv)
{
    struct complaint why = {""};
    struct scenario *s = calloc(1, sizeof(*s));
    int status = EXIT_USAGE;
    if (!s)
        return EXIT_NOTHING;
    scenario_init(s);
    const int err = scenario_from_flags(s, argc, (const char *const *)argv, &why);
    if (err > 0) {
        scenario_help();
        status = EXIT_FINE;
    } else if (err < 0 || !scenario_is_whole(s, &why) || !limits_have_names(s, &why)) {
        (void)fprintf(stderr, "salon-load: %s\n", why.text);
    } else {
        status = run_scenario(s, &why);
    }
    free(s);
    return status;
}
