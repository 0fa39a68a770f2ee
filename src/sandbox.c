#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                     \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- capabilities ---- */

static int drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct mine[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
    // The service's own filter may forbid to set them, as there are none
    // (config/salon.service).
    if (syscall(SYS_capget, &head, mine) == 0 && memcmp(mine, none, sizeof(none)) == 0)
        return 0;
    // Fails without CAP_SETPCAP, and then there is nothing in it that could be had again.
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    return syscall(SYS_capset, &head, none) < 0 ? -errno : 0;
}

/* ---- files ---- */

/** What Landlock of a version knows to forbid (landlock(7)): bits were added over time. */
static uint64_t all_of(long version)
{
    return version >= 3   ? (UINT64_C(1) << 15) - 1 // and to truncate
           : version == 2 ? (UINT64_C(1) << 14) - 1 // and to link across folders
                          : (UINT64_C(1) << 13) - 1;
}

/** A ruleset without a rule: nothing beneath any folder. */
static int close_files(void)
{
    const long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
    const struct landlock_ruleset_attr attr = {.handled_access_fs = all_of(version)};
    const long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (fd < 0)
        return -errno;
    const int err = syscall(SYS_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;
    (void)close((int)fd);
    return err < 0 ? err : (int)version;
}

/* ---- system calls ---- */

/** What a running worker does: packets, letters, time, memory, its own end. */
static const int allowed[] = {
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(close),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrusage),
    SCMP_SYS(getcpu),
    SCMP_SYS(sched_yield),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/** What ends the process: no library of ours does it in a worker, so somebody else did. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(mount),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(io_uring_setup),
};

/** For the sanitizers: to read /proc/self, stop the threads to look for leaks, run a
 * symbolizer.
 */
static const int for_sanitizers[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(stat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(access),
    SCMP_SYS(getdents64),
    SCMP_SYS(getdents),
    SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(execve),
    SCMP_SYS(wait4),
    SCMP_SYS(ptrace),
    SCMP_SYS(prctl),
    SCMP_SYS(tgkill),
    SCMP_SYS(tkill),
    SCMP_SYS(kill),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(getppid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getcwd),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(pread64),
    SCMP_SYS(mincore),
    SCMP_SYS(setrlimit),
    SCMP_SYS(personality),
    SCMP_SYS(unlink),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(socketpair),
    SCMP_SYS(close_range),
};

static int add_all(scmp_filter_ctx ctx, uint32_t action, const int *call, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const int err = seccomp_rule_add(ctx, action, call[i], 0);
        if (err < 0 && err != -EDOM && err != -EACCES) // none of this machine's calls
            return err;
    }
    return 0;
}

/** Calls that are fine with some arguments. */
static int add_some(scmp_filter_ctx ctx)
{
    static const unsigned long requests[] = {FIONBIO, FIOCLEX, FIONREAD};
    static const int commands[] = {F_GETFL, F_SETFL, F_GETFD, F_SETFD};
    static const int memory[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof(requests) / sizeof(*requests); i++)
        err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                               SCMP_A1(SCMP_CMP_EQ, requests[i], 0));
    for (size_t i = 0; err == 0 && i < sizeof(commands) / sizeof(*commands); i++)
        err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                               SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0));
    // Memory that is written is never run.
    for (size_t i = 0; err == 0 && i < sizeof(memory) / sizeof(*memory); i++)
        err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, memory[i], 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    // abort() signals its own process, and nobody else's.
    if (err == 0)
        err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    return err;
}

static int add_rules(scmp_filter_ctx ctx)
{
    int err = add_all(ctx, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(*allowed));
    if (err == 0 && SANITIZED)
        return add_all(ctx, SCMP_ACT_ALLOW, for_sanitizers,
                       sizeof(for_sanitizers) / sizeof(*for_sanitizers));
    if (err == 0)
        err = add_all(ctx, SCMP_ACT_KILL_PROCESS, deadly, sizeof(deadly) / sizeof(*deadly));
    return err < 0 ? err : add_some(ctx);
}

static int filter_calls(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!ctx)
        return -ENOMEM;
    int err = add_rules(ctx);
    if (err == 0)
        // One step for what is asked most, instead of a walk through the list.
        err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (err == 0)
        err = seccomp_load(ctx);
    seccomp_release(ctx);
    return err;
}

int sandbox_close(struct sandbox_report *report)
{
    *report = (struct sandbox_report){0};
    int err = drop_capabilities();
    if (err < 0)
        return err;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    if (!SANITIZED) {
        // A core file would hold the keys of calls. Their leak checker needs to be let in.
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
            return -errno;
        report->landlock = close_files();
        if (report->landlock < 0)
            return report->landlock;
    }
    return filter_calls();
}
