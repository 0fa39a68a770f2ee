/** The configuration read again (SIGHUP), and certificates that were renewed. */
#ifndef RELOAD_H
#define RELOAD_H

#include <sys/stat.h>
#include <uv.h>

struct serve;

struct reload {
    struct serve *serve; ///< not owned
    uv_signal_t on_hup;
    uv_timer_t look;     ///< at the certificate's files
    struct stat seen[2]; ///< as they were when they were read last: certificate, key
};

void reload_start(struct reload *r, struct serve *serve);

/**
 * Reads the configuration again and takes over what can be taken over. Each field that has
 * changed is named in the log: `reload.taken`, `reload.refused` or `reload.needs_restart`. A
 * configuration that is wrong changes nothing. Returns 0 or -errno with a line in `why`.
 */
int reload_now(struct reload *r, char *why, size_t why_size);

/** Closes its handles; let the loop run after. */
void reload_stop(struct reload *r);

#endif
