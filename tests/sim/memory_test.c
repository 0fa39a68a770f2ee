/*
 * Memory that runs out. The n-th allocation that the worker's own code makes fails, and so on
 * for every n: malloc() and its kin of this program stand before the C library's. What was
 * asked for then may be refused; nothing else may happen. Nobody crashes, and once there is
 * memory again two who come are heard and seen as if nothing had been.
 *
 *     NTH=77 sim_memory           # this one
 *     FROM=500 SEEDS=100 …        # from there on, each
 *     LIBRARIES=1 …               # those that libraries make as well
 */
#include "client_data.h"
#include "sim.h"

#include "srtp/warm.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** Allocations inside the worker: how many there were, and which of them fails. */
static struct {
    unsigned depth; ///< calls into the worker, less those out of it
    uint64_t made;
    uint64_t fails;     ///< this one, counted from 1; 0: none
    uint64_t fails_for; ///< and so many after it
    bool libraries;     ///< what they allocate counts, too
} memory;

/** Libraries that end the process where they get no memory: libnice's STUN asserts that GnuTLS
 *  can hash; NSS, of which libsrtp2 makes its sessions, and usrsctp follow null pointers. A
 * worker that meets this is started anew. Which library asks is told by where it calls from. */
static bool ends_instead(const void *from)
{
    static const char *const library[] = {"gnutls", "nettle", "libnice", "libnss", "softokn",
                                          "freebl", "nspr",   "libplc",  "usrsctp"};
    Dl_info who;
    bool is_one = false;
    if (!dladdr(from, &who) || !who.dli_fname)
        return false;
    for (unsigned i = 0; i < sizeof(library) / sizeof(*library); i++)
        is_one = is_one || strstr(who.dli_fname, library[i]);
    return is_one;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

extern const char __executable_start, etext; // the linker's

static bool is_counted(const void *from)
{
    const uintptr_t at = (uintptr_t)from;
    return memory.libraries || (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext);
}

static bool refused(const void *from)
{
    if (memory.depth != 1 || !is_counted(from))
        return false;
    memory.made++;
    if (memory.made == memory.fails && ends_instead(from))
        memory.fails++; // the next one
    const bool no = memory.fails && memory.made >= memory.fails &&
                    memory.made - memory.fails < memory.fails_for && !ends_instead(from);
    if (no)
        errno = ENOMEM;
    return no;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

// ---- where the worker begins and ends (linked with --wrap)

bool __real_worker_on_letter(struct worker *w, const struct letter *l, usec_t now);
bool __wrap_worker_on_letter(struct worker *w, const struct letter *l, usec_t now);
void __real_worker_on_datagrams(struct worker *w, struct udp_batch *b, usec_t now);
void __wrap_worker_on_datagrams(struct worker *w, struct udp_batch *b, usec_t now);
void __real_worker_tick(struct worker *w, usec_t now);
void __wrap_worker_tick(struct worker *w, usec_t now);

bool __wrap_worker_on_letter(struct worker *w, const struct letter *l, usec_t now)
{
    memory.depth++;
    const bool result = __real_worker_on_letter(w, l, now);
    memory.depth--;
    return result;
}

void __wrap_worker_on_datagrams(struct worker *w, struct udp_batch *b, usec_t now)
{
    memory.depth++;
    __real_worker_on_datagrams(w, b, now);
    memory.depth--;
}

void __wrap_worker_tick(struct worker *w, usec_t now)
{
    memory.depth++;
    __real_worker_tick(w, now);
    memory.depth--;
}

/** What the worker calls and is not the worker: the network and control of the simulation. */
static void outside(bool begins)
{
    memory.depth += begins ? 1 : -1u;
}

// ---- what happens meanwhile

/** Those who come may be refused; they must be gone in the end. */
static void busy(struct sim *s)
{
    static const struct client_conf with_data = {.data = true};
    struct client *a = sim_person(s, &with_data, CODEC_VP8, 3, 2);
    struct client *b = sim_person(s, &with_data, CODEC_AV1, 1, 2);
    sim_run(s, 1500 * USEC_PER_MS);
    struct channel *ch = a->up && a->data->up ? client_open(a, "talk", "", NULL, s->now) : NULL;
    if (ch)
        (void)client_say(a, ch, 1, 3000, s->now);
    const struct letter_want small = {
        .width = 160, .height = 90, .source = SOURCE_CAMERA, .of = "m0"};
    sim_want(s, b, &small);
    client_publish(a, SOURCE_SCREEN, CODEC_VP8, 1);
    sim_agree(s, a);
    sim_run(s, 500 * USEC_PER_MS);
    client_reconnect(b, s->now);
    sim_agree(s, b);
    (void)sim_stat(s, "members");
    sim_run(s, USEC_PER_SEC);
    sim_leave(s, b);
    sim_leave(s, a);
    sim_run(s, 100 * USEC_PER_MS);
}

/** The worker is as good as new. */
static void is_well(struct sim *s)
{
    memory.fails = 0;
    s->forgiving = false;
    struct letter l = {.type = LETTER_ROOM_OPEN, .room = SIM_ROOM}; // if it was refused before
    sim_letter(s, &l);
    struct client *a = sim_person(s, NULL, CODEC_VP8, 1, 1);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    const struct client *const both[] = {a, b};
    for (unsigned i = 0; i < 2; i++)
        sim_check(s,
                  s->now - both[i]->sink[1]->frame_at < 200 * USEC_PER_MS &&
                      both[i]->sink[0]->packets > 0,
                  "after allocation %llu failed %s sees nobody",
                  (unsigned long long)memory.made, both[i]->id);
    sim_leave(s, a);
    sim_leave(s, b);
}

static struct warm warm; // as in every worker: what libraries load at first use is loaded

static uint64_t run_once(uint64_t seed, uint64_t fails, uint64_t fails_for)
{
    memory.fails = memory.made = 0;
    struct sim *s = sim_begin("memory", seed);
    s->outside = outside;
    if (!warm.opener[0].engine && warm_init(&warm, s->env.seal) < 0)
        abort();
    assoc_keep_library();
    s->forgiving = true;
    memory.made = 0;
    memory.fails = fails;
    memory.fails_for = fails_for;
    busy(s);
    const uint64_t made = memory.made;
    is_well(s);
    sim_end(s);
    return made;
}

static uint64_t number_of(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : usual;
}

/** All of the first ones, when everything is made, and then with a stride that meets the rest.
 */
static void each_in_turn(uint64_t fails_for, unsigned first, unsigned rest)
{
    memory.libraries = number_of("LIBRARIES", 0) != 0;
    const uint64_t only = number_of("NTH", 0), all = run_once(1, 0, 0);
    const uint64_t stride = all / rest + 1, runs = number_of("SEEDS", 1);
    assert_true(all > 100);
    if (only) {
        (void)run_once(1, only, fails_for);
        return;
    }
    for (uint64_t n = number_of("FROM", 1); n <= all;
         n += n < first * runs ? 1 : stride / runs + 1) {
        if (getenv("TRACE"))
            (void)fprintf(stderr, "NTH=%llu of %llu\n", (unsigned long long)n,
                          (unsigned long long)all);
        (void)run_once(1, n, fails_for);
    }
}

static void nth_allocation_fails_and_the_worker_goes_on(void **state)
{
    (void)state;
    each_in_turn(1, 300, 100);
}

static void no_memory_for_a_while_and_the_worker_goes_on(void **state)
{
    (void)state;
    each_in_turn(40, 100, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nth_allocation_fails_and_the_worker_goes_on),
        cmocka_unit_test(no_memory_for_a_while_and_the_worker_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
