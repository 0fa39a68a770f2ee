/* Many connections, slow ones, silent ones, and frames in pieces. */
#include "tcp_house.h"

#include <sys/resource.h>

#define SILENT_TOO_LONG (TCP_IDLE_MS + 1)

/** What uv_now() says is later by so many milliseconds. The linker puts ours before libuv's. */
static uint64_t ahead;

// The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier)
uint64_t __real_uv_now(const uv_loop_t *loop);
uint64_t __wrap_uv_now(const uv_loop_t *loop);
// NOLINTEND(bugprone-reserved-identifier)

uint64_t __wrap_uv_now(const uv_loop_t *loop)
{
    return __real_uv_now(loop) + ahead;
}

static int open_house(void **state)
{
    ahead = 0;
    return build(state);
}

static unsigned connections(const struct house *h)
{
    return (unsigned)(tcp_count(h->tcp)->accepted - tcp_count(h->tcp)->closed);
}

/** Connects from 127.0.0.`host`. */
static int dial_from(const struct house *h, unsigned host)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host)};
    assert_int_equal(0, bind(fd, (struct sockaddr *)&a, sizeof(a)));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(h->port);
    assert_int_equal(0, connect(fd, (struct sockaddr *)&a, sizeof(a)));
    return fd;
}

static int befriend(struct house *h)
{
    const int fd = dial(h, "::1");
    const unsigned packets = h->packets;
    const uint64_t refused = tcp_count(h->tcp)->refused;
    say(fd, CHECK, sizeof(CHECK));
    while (h->packets == packets && tcp_count(h->tcp)->refused == refused)
        uv_run(&h->loop, UV_RUN_ONCE);
    assert_int_equal(packets + 1, h->packets);
    return fd;
}

static void need_descriptors(rlim_t n)
{
    struct rlimit limit;
    assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_cur < n) {
        limit.rlim_cur = n;
        if (limit.rlim_max < n)
            limit.rlim_max = n; // root may
        assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &limit));
    }
}

static void of_too_many_strangers_from_everywhere_the_oldest_goes(void **state)
{
    struct house *h = *state;
    static int fd[TCP_STRANGERS + 1];
    need_descriptors(2 * TCP_STRANGERS + 100);
    for (unsigned i = 0; i <= TCP_STRANGERS; i++) {
        fd[i] = dial_from(h, 2 + i / TCP_FROM_ONE);
        until(h, &tcp_count(h->tcp)->accepted, i + 1);
        assert_int_equal(i == TCP_STRANGERS, tcp_count(h->tcp)->refused);
    }
    assert_int_equal(TCP_STRANGERS, connections(h));
    assert_true(is_over(fd[0]));
    say(fd[1], CHECK, sizeof(CHECK)); // the next oldest is still there
    until_packets(h, 1);
    for (unsigned i = 0; i <= TCP_STRANGERS; i++)
        close(fd[i]);
}

/** A member is known by its last few addresses, however many connections it authenticates. */
static void one_member_does_not_take_all_places(void **state)
{
    struct house *h = *state;
    static int fd[TCP_MOST + 50];
    need_descriptors(2 * TCP_MOST + 200);
    h->known = 16;
    for (unsigned i = 0; i < TCP_MOST + 50; i++) {
        fd[i] = befriend(h);
        assert_true(connections(h) <= TCP_MOST);
    }
    assert_int_equal(0, tcp_count(h->tcp)->refused);
    for (unsigned i = 0; i < TCP_MOST + 50; i++)
        close(fd[i]);
}

static void who_are_known_keep_their_places_from_newcomers(void **state)
{
    struct house *h = *state;
    static int fd[TCP_MOST];
    need_descriptors(2 * TCP_MOST + 200);
    h->friendly = true;
    for (unsigned i = 0; i < TCP_MOST; i++)
        fd[i] = befriend(h);
    const int late = dial(h, "::1");
    until(h, &tcp_count(h->tcp)->refused, 1);
    assert_true(is_over(late));
    assert_int_equal(TCP_MOST, connections(h));
    close(late);
    close(fd[7]);
    until(h, &tcp_count(h->tcp)->closed, 1);
    fd[7] = befriend(h);
    for (unsigned i = 0; i < TCP_MOST; i++)
        close(fd[i]);
}

static void a_connection_that_its_owner_has_left_is_closed(void **state)
{
    struct house *h = *state;
    h->friendly = true;
    const int fd = befriend(h);
    h->friendly = false;
    until(h, &tcp_count(h->tcp)->closed, 1);
    assert_int_equal(0, tcp_count(h->tcp)->refused);
    assert_true(is_over(fd));
    close(fd);
}

static void strangers_and_the_silent_have_their_time(void **state)
{
    struct house *h = *state;
    h->friendly = true;
    const int silent = befriend(h);
    h->friendly = false;
    h->known = 1000;
    const int stranger = dial(h, "::1");
    until(h, &tcp_count(h->tcp)->accepted, 2);
    assert_int_equal(0, tcp_count(h->tcp)->closed);
    ahead = TCP_STRANGER_MS;
    until(h, &tcp_count(h->tcp)->refused, 1);
    assert_true(is_over(stranger));
    assert_int_equal(1, connections(h));
    ahead = TCP_STRANGER_MS + SILENT_TOO_LONG;
    until(h, &tcp_count(h->tcp)->closed, 2);
    assert_int_equal(1, tcp_count(h->tcp)->refused);
    assert_true(is_over(silent));
    close(silent), close(stranger);
}

/** Whoever leaves in the midst of a frame has said what was whole, and no more. */
static void half_a_frame_is_nothing(void **state)
{
    struct house *h = *state;
    const uint8_t bytes[] = {0, 2, 0, 1, 0, 4, 0, 1, 'x', 'y'};
    for (size_t cut = 0; cut < sizeof(bytes); cut++) {
        const unsigned packets = h->packets;
        const int fd = dial(h, "::1");
        assert_int_equal(cut, write(fd, bytes, cut));
        close(fd);
        until(h, &tcp_count(h->tcp)->closed, cut + 1);
        assert_int_equal(packets + (cut >= 4), h->packets);
    }
}

static void a_slow_reader_that_leaves_takes_what_waits_with_it(void **state)
{
    struct house *h = *state;
    uint8_t packet[1000] = {0};
    h->friendly = true;
    const int fd = befriend(h);
    while (tcp_count(h->tcp)->lost == 0)
        answer(h, packet, sizeof(packet));
    close(fd); // with unread bytes: a reset
    until(h, &tcp_count(h->tcp)->closed, 1);
    answer(h, packet, sizeof(packet));
    assert_int_equal(1, tcp_count(h->tcp)->lost);
}

/** As above, but the house falls first. */
static void what_waits_at_the_end_is_freed(void **state)
{
    struct house *h = *state;
    uint8_t packet[1000] = {0};
    h->friendly = true;
    const int fd = befriend(h);
    while (tcp_count(h->tcp)->lost == 0)
        answer(h, packet, sizeof(packet));
    close(fd);
}

#define FRAMES 3000

static size_t size_of(unsigned frame)
{
    return 1 + frame * 7919u % UDP_SLOT_SIZE;
}

static void is_next_frame(struct house *h, const struct udp_datagram *d)
{
    static unsigned next;
    if (h->packets == 0)
        next = 0;
    if (d->data[0] == 0 && d->len == sizeof(CHECK) && next == 0)
        return; // the check
    assert_int_equal(size_of(next), d->len);
    for (unsigned i = 0; i < d->len; i++)
        assert_int_equal((uint8_t)(0x80 + next % 64), d->data[i]);
    next++;
}

/** Megabytes, cut by the kernel wherever it likes: each frame comes whole and in order. */
static void a_long_stream_comes_frame_by_frame(void **state)
{
    struct house *h = *state;
    h->friendly = true;
    h->each = is_next_frame;
    const int fd = befriend(h);
    uint8_t *all = malloc((size_t)FRAMES * (FRAME_HEADER + UDP_SLOT_SIZE));
    size_t len = 0, sent = 0;
    assert_non_null(all);
    for (unsigned i = 0; i < FRAMES; i++) {
        wr16(all + len, (uint16_t)size_of(i));
        memset(all + len + FRAME_HEADER, 0x80 + (int)(i % 64), size_of(i));
        len += FRAME_HEADER + size_of(i);
    }
    for (unsigned turn = 1; sent < len; turn++) {
        size_t n = 1 + turn * 104729u % 90000;
        n = n < len - sent ? n : len - sent;
        const ssize_t took = send(fd, all + sent, n, MSG_DONTWAIT);
        if (took > 0)
            sent += (size_t)took;
        uv_run(&h->loop, UV_RUN_NOWAIT);
    }
    until_packets(h, 1 + FRAMES);
    assert_int_equal(1 + FRAMES, h->packets);
    assert_int_equal(1, connections(h));
    free(all);
    close(fd);
}

#define FLOOD_TEST(f) cmocka_unit_test_setup_teardown(f, open_house, take_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOOD_TEST(of_too_many_strangers_from_everywhere_the_oldest_goes),
        FLOOD_TEST(one_member_does_not_take_all_places),
        FLOOD_TEST(who_are_known_keep_their_places_from_newcomers),
        FLOOD_TEST(a_connection_that_its_owner_has_left_is_closed),
        FLOOD_TEST(strangers_and_the_silent_have_their_time),
        FLOOD_TEST(half_a_frame_is_nothing),
        FLOOD_TEST(a_slow_reader_that_leaves_takes_what_waits_with_it),
        FLOOD_TEST(what_waits_at_the_end_is_freed),
        FLOOD_TEST(a_long_stream_comes_frame_by_frame),
    };
    return cmocka_run_group_tests_name("net/tcp_flood", tests, NULL, NULL);
}
