/*
 * Memory that runs out in a server: preloaded, malloc() and its kin of this file stand before
 * the C library's. What a test wants is told by a file that both map (SALON_TEST_MEMORY names
 * it): whose allocations count, and which of them fail.
 *
 * Counted is what control's own code asks for, and what the libraries do that hand a failure on
 * to it. Others end the process where they get nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))
#define RANGES  16

/** memory_test.py packs it as "=QQQQ". */
struct wish {
    uint64_t pid;       ///< of control; 0: nothing is counted
    uint64_t made;      ///< allocations so far
    uint64_t fails;     ///< this one, from 1; 0: none
    uint64_t fails_for; ///< and so many, with it
};

struct range {
    uintptr_t begin, end;
};

static struct wish *wish; ///< NULL: none
static struct range counted[RANGES];
static unsigned count;
static uint64_t me; ///< a worker's sandbox may not like to be asked

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

/** The program itself has no name. */
static bool is_counted(const char *name)
{
    static const char *const library[] = {"libjansson", "libsqlite3", "libwslay", "libc.so"};
    bool is_one = !*name;
    for (size_t i = 0; i < sizeof library / sizeof *library; i++)
        is_one = is_one || strstr(name, library[i]);
    return is_one;
}

static int note_object(struct dl_phdr_info *o, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    for (unsigned i = 0; i < o->dlpi_phnum && is_counted(o->dlpi_name); i++) {
        const ElfW(Phdr) *h = &o->dlpi_phdr[i];
        if (h->p_type == PT_LOAD && h->p_flags & PF_X && count < RANGES)
            counted[count++] = (struct range){o->dlpi_addr + h->p_vaddr,
                                              o->dlpi_addr + h->p_vaddr + h->p_memsz};
    }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SALON_TEST_MEMORY");
    const int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared = fd < 0 ? MAP_FAILED
                          : mmap(NULL, sizeof *wish, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        (void)close(fd);
    if (shared == MAP_FAILED)
        return;
    (void)dl_iterate_phdr(note_object, NULL);
    me = (uint64_t)getpid();
    wish = shared;
}

static bool refused(const void *from)
{
    const uintptr_t at = (uintptr_t)from;
    bool counts = false;
    if (!wish || wish->pid != me)
        return false;
    for (unsigned i = 0; i < count; i++)
        counts = counts || (at >= counted[i].begin && at < counted[i].end);
    if (!counts || wish->pid != (uint64_t)syscall(SYS_gettid))
        return false; // another's, or of a thread that resolves a name
    const uint64_t nth = ++wish->made;
    if (!wish->fails || nth < wish->fails || nth - wish->fails >= wish->fails_for)
        return false;
    errno = ENOMEM;
    return true;
}

VISIBLE void *malloc(size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

VISIBLE void *calloc(size_t n, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

VISIBLE void *realloc(void *old, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}
