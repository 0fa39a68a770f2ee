/*
 * The supervisor with real processes: started as `… media --worker K …`, this test plays a
 * worker of the temper that the environment names.
 */
#include "supervisor/supervisor.h"

#include "keeper.h"

#include "base/log.h"

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TEMPER "SALON_TEST_TEMPER"

/* ---- the worker ---- */

static void say(int fd, const struct letter *letter)
{
    uint8_t *frame = NULL;
    const int64_t len = letter_write(letter, &frame);
    if (len < 0 || write(fd, frame, (size_t)len) != len)
        _exit(9);
    free(frame);
}

static void answer(int fd, const struct letter *letter)
{
    struct letter stats = {.type = LETTER_STATS};
    switch ((int)letter->type) {
    case LETTER_QUIT:
        _exit(0);
    case LETTER_STATS_ASK:
        stats.u.stats.seq = letter->u.stats.seq;
        stats.u.stats.body = json_pack("{s:i}", "members", 3);
        say(fd, &stats);
        json_decref(stats.u.stats.body);
        break;
    case LETTER_ROOM_OPEN: // echo it as something the supervisor hands on
        say(fd, &(struct letter){.type = LETTER_SPEAKER, .room = "rm_echo"});
        break;
    case LETTER_ROOM_CLOSE: // "say nonsense"
        if (write(fd, "\0\0\0\2{]", 6) != 6)
            _exit(9);
        break;
    default:
        break;
    }
}

/** What a worker says and answers while this control is there. */
static void serve_control(int fd, unsigned number, const char *temper, unsigned rooms)
{
    struct letter hello = {.type = LETTER_HELLO};
    hello.u.hello.version = LETTER_VERSION;
    hello.u.hello.worker = number;
    hello.u.hello.pid = getpid();
    hello.u.hello.port = (uint16_t)(5000 + number);
    hello.u.hello.room_count = rooms;
    strcpy(hello.u.hello.fingerprint, "sha-256 AA:BB");
    say(fd, &hello);
    for (unsigned i = 0; i < rooms; i++)
        say(fd, &(struct letter){.type = LETTER_ROOM_HELD, .room = "rm_held"});
    if (rooms > 0)
        say(fd, &(struct letter){.type = LETTER_HELD_END});

    struct letter_reader reader = {0};
    uint8_t buf[4096];
    ssize_t n;
    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        if (strcmp(temper, "deaf") == 0 || strcmp(temper, "stubborn") == 0)
            continue;
        letter_reader_feed(&reader, buf, (size_t)n);
        struct letter letter;
        const char *where;
        while (letter_reader_next(&reader, &letter, &where) == 1) {
            answer(fd, &letter);
            letter_fini(&letter);
        }
    }
}

static int play_worker(int argc, char **argv)
{
    const char *temper = getenv(TEMPER);
    const char *path = NULL;
    unsigned number = 0;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--socket") == 0)
            path = argv[i + 1];
        if (strcmp(argv[i], "--worker") == 0)
            number = (unsigned)atoi(argv[i + 1]);
    }
    if (!path || !temper || strcmp(temper, "broken") == 0)
        return 1;
    alarm(60); // whatever happens to the test
    if (strcmp(temper, "port") == 0)
        return 3;
    if (strcmp(temper, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);

    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    unlink(path);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(server, 4) < 0)
        return 1;
    int fd = accept(server, NULL, NULL);
    serve_control(fd, number, temper, 0);
    if (strcmp(temper, "keeper") == 0) { // another control may come, and finds two rooms
        fd = accept(server, NULL, NULL);
        serve_control(fd, number, "good", 2);
    }
    sleep(2); // a worker outlives control for a while
    return 0;
}
/* ---- the test ---- */

struct world {
    uv_loop_t loop;
    char dir[64];
    struct supervisor *sup;
    unsigned ups, losts, letters, fails, held;
    char why[200];
    enum letter_type last;
    bool done, stop_on_failure;
};

static void on_done(void *arg)
{
    ((struct world *)arg)->done = true;
}

static void on_up(void *arg, unsigned worker)
{
    (void)worker;
    ((struct world *)arg)->ups++;
}

static void on_lost(void *arg, unsigned worker)
{
    (void)worker;
    ((struct world *)arg)->losts++;
}

static void on_letter(void *arg, unsigned worker, const struct letter *letter)
{
    struct world *w = arg;
    (void)worker;
    w->letters++;
    w->last = letter->type;
}

static void on_failed(void *arg, const char *why)
{
    struct world *w = arg;
    w->fails++;
    snprintf(w->why, sizeof(w->why), "%s", why);
    if (w->stop_on_failure)
        supervisor_stop(w->sup, on_done, w);
}

static void on_held(void *arg, unsigned worker, const struct letter *letter)
{
    (void)worker;
    (void)letter;
    ((struct world *)arg)->held++;
}

static const struct supervisor_ops ops = {on_up, on_lost, on_letter, on_failed, on_held};

static void begin(struct world *w, const char *temper, unsigned workers, unsigned hang_ms)
{
    memset(w, 0, sizeof(*w));
    uv_loop_init(&w->loop);
    strcpy(w->dir, "/tmp/salon-supervisor-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    setenv(TEMPER, temper, 1);
    const struct supervisor_conf conf = {
        .workers = workers, .port = 5000, .state_dir = w->dir, .hang_ms = hang_ms};
    assert_int_equal(supervisor_create(&w->loop, &conf, &w->sup), 0);
    assert_int_equal(supervisor_start(w->sup, &ops, w), 0);
}

static void turn_until(struct world *w, const unsigned *count, unsigned least)
{
    while (*count < least)
        uv_run(&w->loop, UV_RUN_ONCE);
}

static void finish(struct world *w)
{
    if (!w->stop_on_failure)
        supervisor_stop(w->sup, on_done, w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_true(w->done);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    for (unsigned k = 0; k < 4; k++) {
        char path[100];
        snprintf(path, sizeof(path), "%s/media%u.sock", w->dir, k);
        unlink(path);
    }
    assert_int_equal(rmdir(w->dir), 0);
}

static struct supervisor_worker look(struct world *w, unsigned worker)
{
    struct supervisor_worker out;
    assert_true(supervisor_look(w->sup, worker, &out));
    return out;
}

static void workers_come_up_with_their_port_and_fingerprint(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 2, 0);
    assert_int_equal(supervisor_pick(w.sup), -1);
    turn_until(&w, &w.ups, 2);
    const struct supervisor_worker worker = look(&w, 1);
    assert_true(worker.up);
    assert_int_equal(worker.port, 5001);
    assert_string_equal(worker.fingerprint, "sha-256 AA:BB");
    struct supervisor_worker none;
    assert_false(supervisor_look(w.sup, 2, &none));
    finish(&w);
}

static void the_least_loaded_worker_is_picked(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 2, 0);
    turn_until(&w, &w.ups, 2);
    supervisor_load(w.sup, 0, 2);
    assert_int_equal(supervisor_pick(w.sup), 1);
    supervisor_load(w.sup, 1, 3);
    assert_int_equal(supervisor_pick(w.sup), 0);
    supervisor_load(w.sup, 1, -2);
    assert_int_equal(supervisor_pick(w.sup), 1);
    finish(&w);
}

static void a_held_worker_is_picked_only_if_there_is_no_other(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 2, 0);
    turn_until(&w, &w.ups, 2);
    supervisor_load(w.sup, 1, 3);
    supervisor_hold(w.sup, 0, true);
    assert_int_equal(supervisor_pick(w.sup), 1);
    supervisor_hold(w.sup, 1, true);
    assert_int_equal(supervisor_pick(w.sup), 0);
    supervisor_hold(w.sup, 0, false);
    assert_int_equal(supervisor_pick(w.sup), 0);
    finish(&w);
}

static void a_worker_told_to_restart_is_lost_and_comes_again(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 1, 0);
    assert_false(supervisor_restart(w.sup, 0)); // it is not up yet
    turn_until(&w, &w.ups, 1);
    const int64_t pid = look(&w, 0).pid;
    assert_true(supervisor_restart(w.sup, 0));
    turn_until(&w, &w.ups, 2);
    assert_int_equal(w.losts, 1);
    assert_int_not_equal(look(&w, 0).pid, pid);
    finish(&w);
}

static void letters_go_both_ways(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 1, 0);
    const struct letter open = {.type = LETTER_ROOM_OPEN, .room = "rm_1"};
    assert_int_equal(supervisor_send(w.sup, 0, &open), -ENOTCONN);
    turn_until(&w, &w.ups, 1);
    assert_int_equal(supervisor_send(w.sup, 0, &open), 0);
    assert_int_equal(supervisor_send(w.sup, 7, &open), -ENOTCONN);
    turn_until(&w, &w.letters, 1);
    assert_int_equal(w.last, LETTER_SPEAKER);
    finish(&w);
}

static void a_killed_worker_is_lost_and_started_again(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 2, 0);
    turn_until(&w, &w.ups, 2);
    const int64_t pid = look(&w, 0).pid, other = look(&w, 1).pid;
    supervisor_load(w.sup, 0, 5);
    kill((pid_t)pid, SIGKILL);
    turn_until(&w, &w.ups, 3);
    assert_int_equal(w.losts, 1);
    assert_int_not_equal(look(&w, 0).pid, pid);
    assert_int_equal(look(&w, 0).load, 0);
    assert_int_equal(look(&w, 0).restarts, 1);
    assert_int_equal(look(&w, 1).pid, other);
    finish(&w);
}

static void a_silent_worker_is_killed_and_started_again(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "deaf", 1, 200);
    turn_until(&w, &w.ups, 1);
    const int64_t pid = look(&w, 0).pid;
    setenv(TEMPER, "good", 1);
    turn_until(&w, &w.ups, 2);
    assert_int_equal(w.losts, 1);
    assert_int_not_equal(look(&w, 0).pid, pid);
    finish(&w);
}

static void a_worker_that_answers_is_not_killed_and_its_stats_are_kept(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 1, 400);
    turn_until(&w, &w.ups, 1);
    while (!look(&w, 0).stats)
        uv_run(&w.loop, UV_RUN_ONCE);
    assert_int_equal(json_integer_value(json_object_get(look(&w, 0).stats, "members")), 3);
    assert_int_equal(w.losts, 0);
    finish(&w);
}

static void a_worker_that_says_nonsense_is_replaced(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 1, 0);
    turn_until(&w, &w.ups, 1);
    const struct letter close = {.type = LETTER_ROOM_CLOSE, .room = "rm_1"};
    assert_int_equal(supervisor_send(w.sup, 0, &close), 0);
    turn_until(&w, &w.ups, 2);
    assert_int_equal(w.losts, 1);
    finish(&w);
}

static void a_port_in_use_fails_the_start_with_one_line(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "port", 1, 0);
    turn_until(&w, &w.fails, 1);
    assert_string_equal(w.why, "media worker 0 (UDP port 5000): the port is in use");
    assert_int_equal(w.ups, 0);
    finish(&w);
}

static void who_hears_of_a_failure_may_stop_at_once(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "port", 2, 0);
    w.stop_on_failure = true;
    turn_until(&w, &w.fails, 1);
    finish(&w);
    assert_int_equal(w.fails, 1);
}

static void a_worker_that_cannot_start_fails_once(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "broken", 3, 0);
    turn_until(&w, &w.fails, 1);
    finish(&w);
    assert_int_equal(w.fails, 1);
    assert_int_equal(w.losts, 0);
}

static void a_worker_of_an_earlier_control_is_sent_away_first(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "good", 1, 0);
    char path[100];
    snprintf(path, sizeof(path), "%s/media0.sock", w.dir);
    turn_until(&w, &w.ups, 1);

    struct world second = {0};
    uv_loop_init(&second.loop);
    const struct supervisor_conf conf = {.workers = 1, .port = 5000, .state_dir = w.dir};
    // The first worker's socket takes a second connection, as a real worker's does not have to:
    // nobody accepts it, so it is the wait and the process's number that count.
    assert_int_equal(supervisor_create(&second.loop, &conf, &second.sup), 0);
    assert_int_equal(supervisor_start(second.sup, &ops, &second), 0);
    turn_until(&second, &second.ups, 1);
    turn_until(&w, &w.losts, 1); // it was killed
    supervisor_stop(second.sup, on_done, &second);
    uv_run(&second.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&second.loop), 0);
    finish(&w);
}

/** Control has ended without a word: only its connections are closed. */
static void crash(struct world *w)
{
    keeper_drop_wire(&w->sup->keeper[0]);
}

static void a_worker_with_rooms_is_adopted_and_ends_when_told(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "keeper", 1, 60000);
    turn_until(&w, &w.ups, 1);
    const int64_t pid = look(&w, 0).pid;
    crash(&w);
    uv_run(&w.loop, UV_RUN_NOWAIT);

    struct world second = {0};
    uv_loop_init(&second.loop);
    const struct supervisor_conf conf = {.workers = 1, .port = 5000, .state_dir = w.dir};
    assert_int_equal(supervisor_create(&second.loop, &conf, &second.sup), 0);
    assert_int_equal(supervisor_start(second.sup, &ops, &second), 0);
    assert_true(supervisor_finding(second.sup));
    turn_until(&second, &second.ups, 1);
    assert_false(supervisor_finding(second.sup));
    assert_int_equal(second.held, 2);
    assert_int_equal(look(&second, 0).pid, pid);
    const struct letter open = {.type = LETTER_ROOM_OPEN, .room = "rm_1"};
    assert_int_equal(supervisor_send(second.sup, 0, &open), 0);
    turn_until(&second, &second.letters, 1);
    supervisor_stop(second.sup, on_done, &second);
    uv_run(&second.loop, UV_RUN_DEFAULT);
    assert_true(second.done);
    assert_int_equal(uv_loop_close(&second.loop), 0);
    finish(&w);
}

static void a_worker_of_another_port_is_adopted_only_where_any_will_do(void **state)
{
    (void)state;
    for (unsigned any = 0; any < 2; any++) {
        struct world w;
        begin(&w, "keeper", 1, 60000);
        turn_until(&w, &w.ups, 1);
        const int64_t pid = look(&w, 0).pid;
        crash(&w);
        uv_run(&w.loop, UV_RUN_NOWAIT);

        struct world second = {0};
        uv_loop_init(&second.loop);
        setenv(TEMPER, "good", 1);
        const struct supervisor_conf conf = {
            .workers = 1, .port = 7000, .state_dir = w.dir, .any_port = any};
        assert_int_equal(supervisor_create(&second.loop, &conf, &second.sup), 0);
        assert_int_equal(supervisor_start(second.sup, &ops, &second), 0);
        turn_until(&second, &second.ups, 1);
        assert_int_equal(look(&second, 0).port, any ? 5000 : 7000);
        assert_true((look(&second, 0).pid == pid) == any);
        supervisor_stop(second.sup, on_done, &second);
        uv_run(&second.loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&second.loop), 0);
        finish(&w);
    }
}

static void stubborn_workers_are_ended_too(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "stubborn", 1, 60000);
    turn_until(&w, &w.ups, 1);
    const int64_t pid = look(&w, 0).pid;
    finish(&w);
    assert_int_equal(kill((pid_t)pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void one_that_was_never_started_can_be_stopped(void **state)
{
    (void)state;
    struct world w = {0};
    uv_loop_init(&w.loop);
    const struct supervisor_conf conf = {.workers = 2, .port = 5000, .state_dir = "/tmp"};
    assert_int_equal(supervisor_create(&w.loop, &conf, &w.sup), 0);
    supervisor_stop(w.sup, on_done, &w);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    assert_true(w.done);
    assert_int_equal(uv_loop_close(&w.loop), 0);
}

static void impossible_configurations_are_refused(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_loop_init(&loop);
    char deep[200];
    memset(deep, 'd', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    struct supervisor *sup = NULL;
    struct supervisor_conf conf = {.workers = 0, .port = 5000, .state_dir = "/tmp"};
    assert_int_equal(supervisor_create(&loop, &conf, &sup), -EINVAL);
    conf.workers = 10;
    conf.port = 65530;
    assert_int_equal(supervisor_create(&loop, &conf, &sup), -EINVAL);
    conf.port = 5000;
    conf.state_dir = deep;
    assert_int_equal(supervisor_create(&loop, &conf, &sup), -ENAMETOOLONG);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "media") == 0)
        return play_worker(argc, argv);
    signal(SIGPIPE, SIG_IGN); // as main() does: libuv leaves that to the program
    log_start(LEVEL_ERROR, LOG_PLAIN, "test");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_come_up_with_their_port_and_fingerprint),
        cmocka_unit_test(the_least_loaded_worker_is_picked),
        cmocka_unit_test(a_held_worker_is_picked_only_if_there_is_no_other),
        cmocka_unit_test(a_worker_told_to_restart_is_lost_and_comes_again),
        cmocka_unit_test(letters_go_both_ways),
        cmocka_unit_test(a_killed_worker_is_lost_and_started_again),
        cmocka_unit_test(a_silent_worker_is_killed_and_started_again),
        cmocka_unit_test(a_worker_that_answers_is_not_killed_and_its_stats_are_kept),
        cmocka_unit_test(a_worker_that_says_nonsense_is_replaced),
        cmocka_unit_test(a_port_in_use_fails_the_start_with_one_line),
        cmocka_unit_test(who_hears_of_a_failure_may_stop_at_once),
        cmocka_unit_test(a_worker_that_cannot_start_fails_once),
        cmocka_unit_test(a_worker_of_an_earlier_control_is_sent_away_first),
        cmocka_unit_test(a_worker_with_rooms_is_adopted_and_ends_when_told),
        cmocka_unit_test(a_worker_of_another_port_is_adopted_only_where_any_will_do),
        cmocka_unit_test(stubborn_workers_are_ended_too),
        cmocka_unit_test(one_that_was_never_started_can_be_stopped),
        cmocka_unit_test(impossible_configurations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
