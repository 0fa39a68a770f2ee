/*
 * A worker of an earlier control process. Its media goes on all the time; we have to learn what
 * it holds before anybody can come back to it, or to send it away if it is not as ours are.
 */
#include "keeper.h"

#include "base/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HELLO_WAIT_MS 1000 // to say HELLO, or to quit by itself
#define HELD_WAIT_MS  5000 // to tell what it holds

/** What was heard of it so far does not hold. */
static void unhear(struct keeper *k)
{
    if (k->hearing)
        k->sup->ops->lost(k->sup->arg, k->number);
    k->hearing = false;
    k->load = 0;
}

/** It has had its time. */
static void on_late(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    unhear(k);
    keeper_drop_wire(k);
    if (k->child)
        child_kill(k->child, SIGKILL); // its end is told
    else
        keeper_start(k);
}

static void send_away(struct keeper *k, const char *why)
{
    const struct letter quit = {.type = LETTER_QUIT};
    log_at(LEVEL_INFO, "supervisor.leftover", "worker=%u why=%s", k->number, why);
    (void)wire_send(k->wire, &quit);
    unhear(k);
    (void)uv_timer_start(&k->timer, on_late, HELLO_WAIT_MS, 0);
}

static void adopt(struct keeper *k)
{
    struct letter level = {.type = LETTER_LOG_LEVEL};
    k->hearing = false;
    wire_hand_over(k->wire, &keeper_wire_ops);
    if (k->sup->log_level && log_level_from(k->sup->log_level, &level.u.log_level))
        (void)wire_send(k->wire, &level);
    keeper_adopted(k);
}

static void on_hello(struct keeper *k, const struct letter_hello *hello)
{
    if (hello->version != LETTER_VERSION || hello->worker != k->number || !k->child) {
        send_away(k, "hello");
    } else if (hello->port != k->port && !k->sup->any_port) {
        send_away(k, "port");
    } else {
        k->port = hello->port;
        memcpy(k->fingerprint, hello->fingerprint, sizeof(k->fingerprint));
        log_at(LEVEL_INFO, "supervisor.adopted", "worker=%u pid=%lld rooms=%u members=%u",
               k->number, (long long)child_pid(k->child), hello->room_count,
               hello->member_count);
        k->hearing = hello->room_count > 0;
        (void)uv_timer_start(&k->timer, on_late, HELD_WAIT_MS, 0);
        if (!k->hearing)
            adopt(k);
    }
}

static void on_letter(void *arg, const struct letter *letter)
{
    struct keeper *k = arg;
    if (k->sup->stopping)
        return;
    k->heard = uv_now(k->sup->loop);
    if (letter->type == LETTER_HELLO)
        on_hello(k, &letter->u.hello);
    else if (k->hearing && letter->type == LETTER_HELD_END)
        adopt(k);
    else if (k->hearing)
        k->sup->ops->held(k->sup->arg, k->number, letter);
}

static void on_opened(void *arg)
{
    struct keeper *k = arg;
    k->open = true;
    if (child_adopt(k->sup->loop, wire_peer(k->wire), k->sup->reaps, keeper_ended, k,
                    &k->child) < 0)
        k->child = NULL; // it goes just now
    (void)uv_timer_start(&k->timer, on_late, HELLO_WAIT_MS, 0);
}

static void on_lost(void *arg)
{
    struct keeper *k = arg;
    k->wire = NULL;
    k->open = false;
    if (k->sup->stopping)
        return;
    unhear(k);
    if (k->child) // it may be ending by itself
        (void)uv_timer_start(&k->timer, on_late, HELLO_WAIT_MS, 0);
    else
        keeper_start(k);
}

void keeper_leftover_ended(struct keeper *k)
{
    unhear(k);
    keeper_start(k);
}

void keeper_seek(struct keeper *k)
{
    static const struct wire_ops ops = {on_opened, on_letter, on_lost};
    k->port = (uint16_t)(k->sup->port + k->number);
    k->wire = access(k->path, F_OK) == 0 ? wire_open(k->sup->loop, k->path, &ops, k) : NULL;
    if (!k->wire)
        (void)uv_timer_start(&k->timer, on_late, 0, 0);
}
