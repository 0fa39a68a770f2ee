/*
 * What a room is told: at once where few are in it. Where many are, what comes shortly after
 * waits until it is due, and then each hears all that is new to it in one go: a crowd that
 * joins costs each of N sockets a few writes a second, not one for each who comes.
 *
 *   news of the room                41  42  43  44    each has a number
 *   heard by who joined after 42            ▲          (it found there what 41 and 42 say)
 *   heard by the others           ▲                    (40, when all were told last)
 *
 * Nobody notices but for the delay: before anything else is told to one, it is told what it has
 * not heard.
 */
#include "live.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_FROM 50  // in the room; fewer are told at once
#define GATHER_FULL 500 // from so many on news wait the longest
#define AT_ONCE     64  // texts, to one shell

struct call_news {
    TAILQ_ENTRY(call_news) link;
    uint64_t n;
    uint64_t since;         ///< not for those who had not heard this one: it says all already
    struct call_member *of; ///< who joined or changed, and knows of it; NULL: nobody
    char *text;             ///< owned
    size_t len;
};

/* ---- telling ---- */

static void tell(const struct call_member *m, const uv_buf_t *text, unsigned count)
{
    if (count > 0 && m->shell && m->ops->events)
        m->ops->events(m->shell, text, count);
}

void call_catch_up(struct call_member *m)
{
    const struct call_room *room = m->room;
    const uint64_t heard = m->heard;
    uv_buf_t text[AT_ONCE];
    unsigned count = 0;
    struct call_news *news;
    if (heard == room->news_n)
        return;
    m->heard = room->news_n;
    TAILQ_FOREACH(news, &room->news, link)
    {
        if (news->n <= heard || heard < news->since)
            continue;
        text[count++] = uv_buf_init(news->text, (unsigned)news->len);
        if (count == AT_ONCE) {
            tell(m, text, count);
            count = 0;
        }
    }
    tell(m, text, count);
}

void call_tell_text(struct call_member *m, const char *text, size_t len)
{
    const uv_buf_t one = uv_buf_init((char *)text, (unsigned)len); // nobody writes there
    call_catch_up(m);
    tell(m, &one, 1);
}

/* ---- what waits ---- */

static void news_free(struct call_news *news)
{
    if (news->of && news->of->joining == news)
        news->of->joining = NULL;
    if (news->of && news->of->changing == news)
        news->of->changing = NULL;
    free(news->text);
    free(news);
}

static void drop(struct call_room *room, struct call_news *news)
{
    TAILQ_REMOVE(&room->news, news, link);
    news_free(news);
}

static void drop_all(struct call_room *room)
{
    struct call_news *next;
    for (struct call_news *news = TAILQ_FIRST(&room->news); news; news = next) {
        next = TAILQ_NEXT(news, link);
        news_free(news);
    }
    TAILQ_INIT(&room->news);
}

static void tell_all(struct call_room *room)
{
    struct call_member *m;
    LIST_FOREACH(m, &room->members, link)
    call_catch_up(m);
    drop_all(room);
}

static void on_due(void *owner, usec_t now)
{
    struct call_room *room = owner;
    room->told_at = now;
    tell_all(room);
}

void call_news_init(struct call_room *room)
{
    TAILQ_INIT(&room->news);
    room->telling = (struct deadline){.owner = room, .due = on_due};
}

void call_news_fini(struct call_room *room)
{
    deadline_clear(&room->call->due, &room->telling);
    drop_all(room);
}

/** When what is new is told: not sooner after the last time than the room is large. */
static usec_t next_time(const struct call_room *room)
{
    const usec_t most = room->call->conf.gather_ms * USEC_PER_MS;
    const unsigned count = room->count < GATHER_FULL ? room->count : GATHER_FULL;
    return count < GATHER_FROM ? 0 : room->told_at + most * count / GATHER_FULL;
}

static void tell_in_time(struct call_room *room)
{
    const usec_t now = usec_now(), due = next_time(room);
    if (now >= due)
        deadline_clear(&room->call->due, &room->telling);
    else if (room->telling.pos == 0)
        call_due(room->call, &room->telling, due);
    if (room->telling.pos == 0) // it is time, or there was no memory to wait
        on_due(room, now);
}

/* ---- what is new ---- */

/** Without memory to keep it, it is told now. */
static void tell_now(struct call_room *room, const struct call_member *except, char *text)
{
    struct call_member *m;
    tell_all(room);
    LIST_FOREACH(m, &room->members, link)
    {
        if (m != except)
            call_tell_text(m, text, strlen(text));
    }
    free(text);
}

static struct call_news *add(struct call_room *room, struct call_member *except, char *text)
{
    struct call_news *news = calloc(1, sizeof(*news));
    if (!news) {
        tell_now(room, except, text);
        return NULL;
    }
    if (except)
        call_catch_up(except);
    news->n = ++room->news_n;
    news->text = text;
    news->len = strlen(text);
    if (except)
        except->heard = news->n;
    TAILQ_INSERT_TAIL(&room->news, news, link);
    return news;
}

void call_news(struct call_room *room, struct call_member *except, char *text)
{
    (void)add(room, except, text);
    tell_in_time(room);
}

void call_news_joined(struct call_member *m, char *text)
{
    assert(!m->joining);
    m->joining = add(m->room, m, text);
    if (m->joining)
        m->joining->of = m;
    tell_in_time(m->room);
}

/** Who has not heard that it joined hears that with all that has changed since. */
static bool renew(struct call_news *joining, char *joined)
{
    if (!joining || !joined)
        return false;
    free(joining->text);
    joining->text = joined;
    joining->len = strlen(joined);
    return true;
}

void call_news_changed(struct call_member *m, char *text, char *joined)
{
    const uint64_t since = renew(m->joining, joined) ? m->joining->n : 0;
    if (m->changing)
        drop(m->room, m->changing);
    m->changing = add(m->room, NULL, text);
    if (m->changing) {
        m->changing->of = m;
        m->changing->since = since;
    }
    tell_in_time(m->room);
}

void call_news_left(struct call_member *m, char *text)
{
    if (m->changing)
        drop(m->room, m->changing);
    call_news(m->room, m, text);
}

void call_news_forget(struct call_member *m)
{
    if (m->joining)
        m->joining->of = NULL;
    if (m->changing)
        m->changing->of = NULL;
    m->joining = m->changing = NULL;
}
