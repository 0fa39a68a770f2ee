#include "library.h"

#include "inner.h"

#include "base/map.h"
#include "base/rand.h"

#include <errno.h>
#include <usrsctp.h>

static struct {
    bool running; ///< initialised; it can outlive its last association, see stop()
    bool kept;    ///< it stays until the process ends
    unsigned users;
    uintptr_t last; ///< number given out
    usec_t now;     ///< up to which its timers have run
    struct map by_number;
} library;

void *library_number(const struct assoc *a)
{
    return (void *)a->id; // NOLINT(performance-no-int-to-ptr): a name, never followed
}

struct assoc *library_find(const void *number)
{
    const uintptr_t id = (uintptr_t)number;
    return map_get(&library.by_number, &id, sizeof(id));
}

/** The library sends a packet. */
static int on_output(void *number, void *bytes, size_t len, uint8_t tos, uint8_t set_df)
{
    (void)tos;
    (void)set_df;
    struct assoc *a = library_find(number);
    if (a)
        assoc_put_packet(a, bytes, len);
    return 0; // what finds no room is lost as in any network
}

static void configure(void)
{
    usrsctp_sysctl_set_sctp_ecn_enable(0);    // DTLS shows us no marks
    usrsctp_sysctl_set_sctp_asconf_enable(0); // one path, and ICE moves it
    usrsctp_sysctl_set_sctp_auto_asconf(0);
    usrsctp_sysctl_set_sctp_auth_enable(0); // DTLS authenticates
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(1);       // RFC 3758
    usrsctp_sysctl_set_sctp_reconfig_enable(1); // RFC 6525
    usrsctp_sysctl_set_sctp_blackhole(2);       // no answers to packets of no association
    usrsctp_sysctl_set_sctp_system_free_resc_limit(0); // freed memory goes back, always
    usrsctp_sysctl_set_sctp_asoc_free_resc_limit(0);
}

static void begin(void)
{
    if (library.running)
        return;
    usrsctp_init_nothreads(0, on_output, NULL);
    configure();
    library.running = true;
}

void assoc_keep_library(void)
{
    begin();
    library.kept = true;
}

static void start(usec_t now)
{
    library.users = 0;
    library.now = now;
    map_init(&library.by_number, rand_u64());
    begin();
}

/** An endpoint can outlast its association by a timer; then the library stays as it is. */
static void stop(void)
{
    map_fini(&library.by_number);
    if (!library.kept && usrsctp_finish() == 0)
        library.running = false;
}

int library_add(struct assoc *a, usec_t now)
{
    if (library.users == 0)
        start(now);
    a->id = ++library.last;
    if (map_put(&library.by_number, &a->id, sizeof(a->id), a) < 0) {
        if (library.users == 0)
            stop();
        return -ENOMEM;
    }
    library.users++;
    usrsctp_register_address(library_number(a));
    return 0;
}

void library_remove(struct assoc *a)
{
    usrsctp_deregister_address(library_number(a));
    (void)map_del(&library.by_number, &a->id, sizeof(a->id));
    if (--library.users == 0)
        stop();
}

void library_tick(usec_t now)
{
    if (library.users == 0)
        return;
    if (now < library.now)
        library.now = now;
    const usec_t ms = (now - library.now) / USEC_PER_MS;
    if (ms == 0)
        return;
    library.now += ms * USEC_PER_MS;
    usrsctp_handle_timers(ms > INT32_MAX ? INT32_MAX : (uint32_t)ms);
}
