/*
 * The way of an offer, and of an ICE restart by fragment:
 *
 *   call_offer ─▶ waiting ── a worker is up, nothing else under way: sdp_answer() ─▶ agreeing
 *                    │                                                                  │
 *                    └ refused, or no worker in time: reply        MEMBER_AGREED: commit, reply
 *
 * Nothing of the participant changes before the worker has agreed. If the worker dies
 * meanwhile, the offer waits again.
 */
#include "live.h"

#include "base/log.h"
#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void offer_free(struct offer *o)
{
    if (!o)
        return;
    sdp_answered_fini(&o->answered);
    free(o->sdp);
    free(o->hint);
    free(o->fragment);
    free(o);
}

void call_offers_free(struct call_member *m)
{
    offer_free(m->waiting);
    offer_free(m->agreeing);
    m->waiting = m->agreeing = NULL;
}

void call_offer_orphan(struct call_member *m)
{
    offer_free(m->waiting);
    m->waiting = NULL;
    if (m->agreeing)
        m->agreeing->reply = NULL; // the worker may have done it already
}

static void answer(struct call_member *m, struct offer *o, const struct call_answer *with)
{
    const call_reply reply = o->reply;
    o->reply = NULL;
    if (reply && m->shell)
        reply(m->shell, with);
}

static void refuse(struct call_member *m, struct offer *o, const char *reason)
{
    const struct call_answer with = {
        .reason = reason,
        .detail = "",
        .retry_after_s = strcmp(reason, "no_media_worker") == 0 ? CALL_RETRY_AFTER_S : 0,
    };
    answer(m, o, &with);
}

void call_step_soon(struct call_member *m)
{
    if (m->waiting)
        call_due(m->call, &m->step, 0);
}

/* ---- into the queue ---- */

static int enqueue(struct call_member *m, struct offer *o, call_reply reply)
{
    if (!o)
        return -ENOMEM;
    o->reply = reply;
    o->until = usec_now() + m->call->conf.wait_ms * USEC_PER_MS;
    m->waiting = o;
    call_step_soon(m);
    return 0;
}

static bool busy(const struct call_member *m)
{
    return m->waiting || (m->agreeing && m->agreeing->reply);
}

bool call_answering(const struct call *call)
{
    const struct call_room *room;
    const struct call_member *m;
    LIST_FOREACH(room, &call->room_list, link)
    {
        LIST_FOREACH(m, &room->members, link)
        {
            if (busy(m))
                return true;
        }
    }
    return false;
}

int call_offer(struct call_member *m, const struct call_offer *offer, call_reply reply)
{
    if (busy(m))
        return -EBUSY;
    struct offer *o = calloc(1, sizeof(*o));
    if (!o)
        return -ENOMEM;
    o->len = offer->len;
    o->sdp = malloc(offer->len + 1);
    o->hint_count = offer->hint_count;
    o->hint = calloc(offer->hint_count + 1, sizeof(*o->hint));
    if (!o->sdp || !o->hint) {
        offer_free(o);
        return -ENOMEM;
    }
    memcpy(o->sdp, offer->sdp, offer->len);
    o->sdp[offer->len] = '\0';
    if (offer->hint_count > 0)
        memcpy(o->hint, offer->hint, offer->hint_count * sizeof(*o->hint));
    return enqueue(m, o, reply);
}

int call_restart(struct call_member *m, const struct sdp_fragment *fragment, call_reply reply)
{
    if (!m->media)
        return -ENOTCONN;
    if (busy(m))
        return -EBUSY;
    struct offer *o = calloc(1, sizeof(*o));
    if (o)
        o->fragment = malloc(sizeof(*fragment));
    if (!o || !o->fragment) {
        offer_free(o);
        return -ENOMEM;
    }
    *o->fragment = *fragment;
    return enqueue(m, o, reply);
}

/* ---- to the worker ---- */

static void fill_local(const struct call_member *m, const struct offer *o,
                       struct sdp_local *local)
{
    const struct call_conf *conf = &m->call->conf;
    struct supervisor_worker worker;
    const bool known = supervisor_look(conf->supervisor, (unsigned)m->room->worker, &worker);
    assert(known);
    (void)known;
    *local = (struct sdp_local){
        .fingerprint = worker.fingerprint,
        .address_count = conf->address_count,
        .port = worker.port,
        .tcp_port = worker.port, // a worker has the same of both
        .hint_count = o->hint_count,
        .hint = o->hint,
        .publish_only = m->client == CLIENT_WHIP,
        .subscribe_only = m->client == CLIENT_WHEP,
        .previous = m->agreed ? &m->agreement : NULL,
        .previous_session = m->session,
        .rand = rand_bytes,
    };
    for (unsigned i = 0; i < conf->address_count; i++)
        local->address[i] = conf->address[i];
}

/** The agreement as it stands, with new credentials. 0 or -ENOMEM. */
static int restart_ice(const struct call_member *m, struct offer *o,
                       const struct sdp_local *local)
{
    struct agreement *next = &o->answered.agreement;
    const size_t size = m->agreement.mline_count * sizeof(*next->mline);
    *next = m->agreement;
    next->mline = malloc(size + 1);
    if (!next->mline) {
        *next = (struct agreement){0};
        return -ENOMEM;
    }
    if (size > 0)
        memcpy(next->mline, m->agreement.mline, size);
    o->answered.session = m->session;
    o->answered.ice_restart = true;
    return sdp_restart(next, o->fragment, local, &o->answered.sdp);
}

/**
 * The agreement before, as if it had been with another peer connection: a worker that has never
 * heard of that one needs a new one, whatever the client thinks. The generations go on.
 */
static void forget_connection(const struct call_member *m, struct agreement *forgotten,
                              struct sdp_local *local)
{
    *forgotten = m->agreement; // shares the m-lines for the time of the call
    forgotten->remote_ufrag[0] = '\0';
    local->previous = forgotten;
    local->previous_session = ~m->session;
}

/** Makes the answer. False if the offer was refused, and answered so. */
static bool make_answer(struct call_member *m, struct offer *o)
{
    struct sdp_local local;
    struct sdp_error err = {0};
    struct agreement forgotten;
    fill_local(m, o, &local);
    if (m->agreed && m->stale)
        forget_connection(m, &forgotten, &local);
    const int r = o->fragment ? restart_ice(m, o, &local)
                              : sdp_answer(o->sdp, o->len, &local, &o->answered, &err);
    if (r == 0)
        return true;
    if (r != -EINVAL) {
        log_at(LEVEL_ERROR, "call.answer", "error=%d", r);
        refuse(m, o, "internal");
        return false;
    }
    const struct call_answer with = {
        .reason = err.reason, .detail = err.detail, .line = err.line};
    answer(m, o, &with);
    return false;
}

static void begin(struct call_member *m, usec_t now)
{
    struct offer *o = m->waiting;
    m->waiting = NULL;
    if (!make_answer(m, o)) {
        offer_free(o);
        return;
    }
    o->seq = ++m->call->seq;
    o->until = now + m->call->conf.agree_ms * USEC_PER_MS;
    m->agreeing = o;
    struct letter letter = {.type = LETTER_MEMBER_AGREE};
    letter.u.agree.seq = o->seq;
    letter.u.agree.agreement = o->answered.agreement; // it is only written out
    call_letter(m, &letter);
    call_due(m->call, &m->step, o->until);
}

void call_on_step(void *member, usec_t now)
{
    struct call_member *m = member;
    if (m->agreeing && m->agreeing->reply && now >= m->agreeing->until) {
        // It may still agree; if it does, that holds. If it is stuck, the supervisor ends it.
        log_at(LEVEL_WARN, "call.agree_late", "participant=%s", m->id);
        refuse(m, m->agreeing, "no_media_worker"); // whoever is told may leave: `m` can be gone
        return;
    }
    struct offer *o = m->waiting;
    if (o && !m->agreeing && m->room->worker >= 0) {
        begin(m, now);
    } else if (o && now >= o->until) {
        m->waiting = NULL;
        refuse(m, o, "no_media_worker");
        offer_free(o);
    } else if (o) {
        call_due(m->call, &m->step, o->until);
    }
}

void call_offer_again(struct call_member *m)
{
    struct offer *o = m->agreeing;
    m->agreeing = NULL;
    if (!o)
        return;
    if (!o->reply || o->fragment) { // nobody asks, or there is nothing left to restart
        offer_free(o);
        return;
    }
    assert(!m->waiting);
    sdp_answered_fini(&o->answered);
    o->answered = (struct sdp_answered){0};
    o->until = usec_now() + m->call->conf.wait_ms * USEC_PER_MS;
    m->waiting = o;
    call_step_soon(m);
}

/* ---- from the worker ---- */

/** The worker knows nothing of mutes when a track or the whole connection is new to it. */
static void say_mutes(struct call_member *m)
{
    for (unsigned s = 0; s < SOURCE_COUNT; s++) {
        struct letter letter = {.type = LETTER_TRACK_MUTE,
                                .u.mute = {.source = (enum media_source)s, .muted = true}};
        if (m->muted[s])
            call_letter(m, &letter);
    }
}

/** What was agreed holds from now on. */
static void commit(struct call_member *m, struct offer *o)
{
    json_t *before = call_view_tracks(m);
    const bool fresh = o->answered.fresh || !m->agreed;
    agreement_fini(&m->agreement);
    m->agreement = o->answered.agreement;
    o->answered.agreement = (struct agreement){0};
    m->session = o->answered.session;
    m->agreed = m->media = true;
    m->stale = false;
    call_keep_media(m);
    call_prune_seats(m, fresh);
    if (fresh)
        call_layers_forget(m);
    say_mutes(m);
    call_wants_say(m, fresh);
    call_view_forget(m);

    json_t *after = call_view_tracks(m);
    if (!m->announced) {
        call_announce(m);
    } else if (!json_equal(before, after)) {
        call_tell_of(m, "changed");
    }
    json_decref(before);
    json_decref(after);
}

void call_on_agreed(struct call_member *m, const struct letter_agreed *agreed)
{
    struct offer *o = m->agreeing;
    if (!o || o->seq != agreed->seq)
        return;
    m->agreeing = NULL;
    call_step_soon(m); // one may have waited for this
    if (agreed->error[0]) {
        log_at(LEVEL_WARN, "call.not_agreed", "participant=%s error=%s", m->id, agreed->error);
        refuse(m, o, strcmp(agreed->error, "capacity") == 0 ? "capacity" : "internal");
    } else {
        const uint32_t generation = o->answered.agreement.generation;
        commit(m, o);
        const struct call_answer with = {
            .detail = "", .sdp = o->answered.sdp, .generation = generation};
        answer(m, o, &with);
    }
    offer_free(o); // `m` can be gone: whoever was told may have left
}

const char *call_remote_ufrag(const struct call_member *m)
{
    return m->agreed ? m->agreement.remote_ufrag : "";
}

const char *call_remote_pwd(const struct call_member *m)
{
    return m->agreed ? m->agreement.remote_pwd : "";
}
