/* Each try in a process of its own, which closes the sandbox first. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 // with sanitizers files and programs stay open for their reports
#endif

static int open_before = -1;

/** How a process ends that is in the sandbox and runs `act`: its status, or -signal. */
static int end_of(int (*act)(void))
{
    int status = 0;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sandbox_report report;
        _exit(sandbox_close(&report) < 0 ? 99 : act());
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/** 0 if the call before failed because it is not allowed. */
static int denied(long result)
{
    return result < 0 && (errno == EPERM || errno == EACCES) ? 0 : 1;
}

static int try_reading(void)
{
    return denied(open("/etc/passwd", O_RDONLY));
}

static int try_writing(void)
{
    return denied(open("/tmp/salon-sandbox-test", O_CREAT | O_WRONLY, 0600));
}

static int try_looking(void)
{
    struct stat st;
    return denied(stat("/etc/passwd", &st));
}

static int try_removing(void)
{
    return denied(unlink("/tmp/salon-sandbox-test"));
}

static int try_udp(void)
{
    return denied(socket(AF_INET, SOCK_DGRAM, 0));
}

static int try_unix(void)
{
    return denied(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_connecting(void)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1)};
    return denied(connect(open_before, (const struct sockaddr *)&to, sizeof(to)));
}

static int try_signalling(void)
{
    return denied(kill(getppid(), 0)) | denied(syscall(SYS_tgkill, 1, 1, 0));
}

static int try_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);
    return denied(p == MAP_FAILED ? -1 : 0);
}

static int try_turning_into_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? 2 : denied(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_forking(void)
{
    return denied(syscall(SYS_fork));
}

static int try_becoming_root(void)
{
    return denied(setuid(0)) | denied(setresuid(0, 0, 0));
}

static void files_are_out_of_reach(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    assert_int_equal(0, end_of(try_reading));
    assert_int_equal(0, end_of(try_writing));
    assert_int_equal(0, end_of(try_looking));
    assert_int_equal(0, end_of(try_removing));
}

static void no_new_socket_and_no_connection(void **state)
{
    (void)state;
    assert_int_equal(0, end_of(try_udp));
    assert_int_equal(0, end_of(try_unix));
    assert_int_equal(0, end_of(try_connecting));
}

static void other_processes_are_out_of_reach(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    assert_int_equal(0, end_of(try_signalling));
    assert_int_equal(0, end_of(try_forking));
}

static void what_is_written_is_never_run(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    assert_int_equal(0, end_of(try_code));
    assert_int_equal(0, end_of(try_turning_into_code));
}

static void nobody_becomes_root_again(void **state)
{
    (void)state;
    assert_int_equal(0, end_of(try_becoming_root));
}

static int try_program(void)
{
    char name[] = "true";
    char *const args[] = {name, NULL}, *const env[] = {NULL};
    return execve("/bin/true", args, env);
}

static int try_looking_into(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void to_run_a_program_is_the_end(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();
    assert_int_equal(-SIGSYS, end_of(try_program));
    assert_int_equal(-SIGSYS, end_of(try_looking_into));
}

/** All that a worker lives on. */
static int live(void)
{
    struct timespec ts;
    uint8_t random[16];
    int number = 1;
    void *much = malloc(8 << 20);
    if (!much || clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
        return 2;
    memset(much, 1, 8 << 20);
    much = realloc(much, 16 << 20);
    free(much);
    if (syscall(SYS_getrandom, random, sizeof(random), 0) != sizeof(random))
        return 3;
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (sendto(open_before, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)) != 1)
        return 4;
    if (setsockopt(open_before, SOL_SOCKET, SO_SNDBUF, &number, sizeof(number)) < 0)
        return 5;
    return fprintf(stderr, "\n") < 0 ? 6 : 0;
}

static void what_a_worker_needs_still_works(void **state)
{
    (void)state;
    assert_int_equal(0, end_of(live));
}

static int fail_an_assertion(void)
{
    abort();
}

static void a_bug_still_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(-SIGABRT, end_of(fail_an_assertion));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_out_of_reach),
        cmocka_unit_test(no_new_socket_and_no_connection),
        cmocka_unit_test(other_processes_are_out_of_reach),
        cmocka_unit_test(what_is_written_is_never_run),
        cmocka_unit_test(nobody_becomes_root_again),
        cmocka_unit_test(to_run_a_program_is_the_end),
        cmocka_unit_test(what_a_worker_needs_still_works),
        cmocka_unit_test(a_bug_still_ends_the_process),
    };
    open_before = socket(AF_INET, SOCK_DGRAM, 0);
    const int status = cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
    close(open_before);
    return status;
}
