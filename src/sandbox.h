/**
 * What a media worker gives up before it hears its first stranger: capabilities, files, new
 * sockets, new programs. After sandbox_close() it can use what it has open, and nothing else.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

/** Which of it took hold. */
struct sandbox_report {
    int landlock; ///< the kernel's version of it, 0: it has none, -errno
};

/**
 * No way back: no new privileges, no capabilities, no core file; Landlock without any rule, so
 * no path leads anywhere; a seccomp filter that lets through what a running worker does.
 * Descriptors that are open stay so. Whatever else is tried fails with EPERM; what nobody but
 * an intruder tries (to run a program, to look into a process) ends the process.
 *
 * Returns 0 or -errno; then the process must not serve anybody. A kernel without Landlock is no
 * error: the filter alone keeps files shut.
 *
 * Built with sanitizers it lets through what their reports need as well (decision 25).
 */
int sandbox_close(struct sandbox_report *report);

#endif
