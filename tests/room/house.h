/** A room without network or clock, built from agreements alone, for tests of the room layer.
 */
#ifndef TESTS_ROOM_HOUSE_H
#define TESTS_ROOM_HOUSE_H

#include "room/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEC USEC_PER_SEC

struct house {
    usec_t now;
    struct dtls_ctx dtls;
    struct seal_engine seal;
    struct udp_batch tx;
    struct deadline_heap deadlines;
    struct room_env env;
    struct room *room;
    struct agreement agreement; ///< being built
    uint32_t next_ssrc;
};

static inline void house_flush(void *ctx, struct udp_batch *b)
{
    (void)ctx;
    b->count = 0;
}

static inline void house_post(void *ctx, const struct letter *letter)
{
    (void)ctx;
    (void)letter;
}

static inline void house_open(struct house *h)
{
    memset(h, 0, sizeof(*h));
    h->now = 1000 * SEC;
    h->next_ssrc = 1000;
    if (dtls_ctx_init(&h->dtls) < 0 || seal_engine_init(&h->seal, SEAL_BEST) < 0)
        abort();
    udp_batch_init(&h->tx);
    h->tx.flush = house_flush;
    h->env = (struct room_env){.peer = {.dtls = &h->dtls, .seal = &h->seal},
                               .tx = &h->tx,
                               .deadlines = &h->deadlines,
                               .post = house_post,
                               .rng = 1};
    h->room = room_create(&h->env, "r", h->now);
    if (!h->room)
        abort();
}

static inline void house_close(struct house *h)
{
    room_destroy(h->room, h->now);
    deadline_heap_fini(&h->deadlines);
    agreement_fini(&h->agreement);
    seal_engine_fini(&h->seal);
    dtls_ctx_fini(&h->dtls);
}

/** Begins an agreement. */
static inline void house_offer(struct house *h, uint32_t generation)
{
    agreement_fini(&h->agreement);
    h->agreement = (struct agreement){.generation = generation,
                                      .local_ufrag = "ours",
                                      .local_pwd = "ourpasswordourpassword",
                                      .remote_ufrag = "their",
                                      .remote_pwd = "theirpasswordtheirpassword",
                                      .fingerprint_hash = "sha-256",
                                      .fingerprint_len = 32};
    h->agreement.mline = calloc(AGREE_MAX_MLINES, sizeof(struct agree_mline));
    if (!h->agreement.mline)
        abort();
}

static inline struct agree_mline *house_mline(struct house *h, enum media_kind kind)
{
    struct agree_mline *m = &h->agreement.mline[h->agreement.mline_count];
    *m = (struct agree_mline){.kind = kind, .active = true, .codec_count = 1};
    (void)snprintf(m->mid, sizeof(m->mid), "%u", h->agreement.mline_count++);
    m->codec[0] = (struct agree_codec){.codec = kind == KIND_AUDIO ? CODEC_OPUS : CODEC_VP8,
                                       .pt = kind == KIND_AUDIO ? 111 : 96,
                                       .rtx_pt = kind == KIND_AUDIO ? -1 : 97,
                                       .pli = true};
    return m;
}

static inline struct agree_mline *house_track(struct house *h, enum media_source source)
{
    struct agree_mline *m = house_mline(h, media_source_kind(source));
    m->client_sends = true;
    m->source = source;
    return m;
}

static inline struct agree_mline *house_slot(struct house *h, enum media_kind kind,
                                             enum slot_role role, uint16_t pair)
{
    struct agree_mline *m = house_mline(h, kind);
    m->client_receives = true;
    m->role = role;
    m->slot_pair = pair;
    m->slot_ssrc = h->next_ssrc++;
    return m;
}

/** Agrees to what was built for the member called `id`, who joins if need be. */
static inline struct member *house_agree(struct house *h, const char *id)
{
    struct member *m = room_member(h->room, id);
    if (!m)
        m = room_join(h->room, id, h->now);
    if (!m || member_agree(m, &h->agreement, h->now) != 0)
        abort();
    return m;
}

/** A member who publishes microphone and, perhaps, camera, and receives `pairs` pairs. */
static inline struct member *house_person(struct house *h, const char *id, bool camera,
                                          unsigned pairs)
{
    house_offer(h, 1);
    house_track(h, SOURCE_MICROPHONE);
    if (camera)
        house_track(h, SOURCE_CAMERA);
    for (uint16_t i = 0; i < pairs; i++) {
        house_slot(h, KIND_AUDIO, SLOT_ANY, i);
        house_slot(h, KIND_VIDEO, SLOT_ANY, i);
    }
    return house_agree(h, id);
}

/** The id of who sits on the member's n-th slot, "" for nobody. */
static inline const char *house_sits(const struct member *m, unsigned n)
{
    return m->slot[n]->occupant ? m->slot[n]->occupant->id : "";
}

#endif
