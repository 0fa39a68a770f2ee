/** The subcommands of `salon`. Each gets main()'s arguments from its own name on. */
#ifndef CMD_H
#define CMD_H

#include "config.h"
#include "links/links.h"
#include "store/store.h"

#define EXIT_WRONG_USE 2

int cmd_serve(int argc, char **argv);
int cmd_check_config(int argc, char **argv);
int cmd_admin(int argc, char **argv);
int cmd_tenant(int argc, char **argv);
int cmd_replay(int argc, char **argv);

/** Writes "salon: …" on stderr and returns EXIT_FAILURE. */
int cmd_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** What getopt_long() did not know, or --help: prints `usage`; returns the exit status. */
int cmd_usage(int option, const char *usage);

/** $XDG_STATE_HOME/salon or ~/.local/state/salon: where --dev keeps its state. To be freed. */
char *cmd_dev_state(void);

/** Makes a folder for this user alone, and those above it. 0 or -errno. */
int cmd_make_folder(const char *path);

/** Opens database and links of a configuration. Returns 0, or -errno with a line in `why`. */
int cmd_open_links(const struct config *config, int busy_ms, struct store **store,
                   struct links **links, char *why, size_t why_size);

#endif
