/*
 * What must outlive this process lies with the workers, as notes beside the rooms and members
 * that they hold (decision 29). Whatever is acknowledged is noted before: the letter is in the
 * worker's socket when the acknowledgement leaves.
 */
#include "live.h"

#include "base/log.h"
#include "base/read_json.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void note_member(const struct call_member *m, const char *key, char *text)
{
    struct letter l = {.type = LETTER_NOTE, .u.note.text = text};
    (void)snprintf(l.u.note.key, sizeof(l.u.note.key), "%s", key);
    if (text)
        call_letter(m, &l);
    free(text);
}

static void note_room(const struct call_room *room, const char *key, const json_t *what)
{
    char *text = room->worker >= 0 ? write_json(what) : NULL;
    struct letter l = {.type = LETTER_NOTE, .u.note.text = text};
    (void)snprintf(l.u.note.key, sizeof(l.u.note.key), "%s", key);
    if (text)
        call_room_letter(room, &l);
    free(text);
}

/* ---- rooms ---- */

void call_keep_room(const struct call_room *room)
{
    json_t *what =
        json_pack("{s:i, s:s, s:s, s:s, s:b, s:b, s:s, s:I, s:i, s:I}", "v", CALL_NOTES,
                  "title", room->title, "kind", links_kind_name(room->kind), "access",
                  links_access_name(room->access), "locked", room->locked, "weak", room->weak,
                  "call", room->call_id, "started_at", (json_int_t)room->started_at, "peak",
                  (int)room->peak, "chat", (json_int_t)room->chat_count);
    if (what)
        note_room(room, "room", what);
    json_decref(what);
}

void call_keep_chat(const struct call_room *room, uint64_t n)
{
    char key[LETTER_KEY];
    const unsigned at = (unsigned)(n % CALL_CHAT_KEPT);
    (void)snprintf(key, sizeof(key), CALL_NOTE_CHAT "%u", at);
    if (room->chat[at])
        note_room(room, key, room->chat[at]);
}

/* ---- members ---- */

/** Sources as a number, bit by bit. */
static int bits(const bool of[SOURCE_COUNT])
{
    int all = 0;
    for (unsigned s = 0; s < SOURCE_COUNT; s++)
        all |= of[s] ? 1 << s : 0;
    return all;
}

void call_keep_member(const struct call_member *m)
{
    json_t *what = json_pack("{s:i, s:s, s:s, s:s, s:i, s:b, s:I, s:s, s:i, s:i, s:s, s:O*}",
                             "v", CALL_NOTES, "name", m->name, "ref", m->ref, "role",
                             links_role_name(m->role), "client", (int)m->client, "hand",
                             m->hand, "joined_at", (json_int_t)m->joined_at, "proof", m->proof,
                             "muted", bits(m->muted), "muted_by_host", bits(m->muted_by_host),
                             "only", m->only, "shell", m->shell_kept);
    if (what && m->announced)
        note_member(m, "who", write_json(what));
    json_decref(what);
}

void call_keep_shell(struct call_member *m, json_t *shell)
{
    json_decref(m->shell_kept);
    m->shell_kept = shell;
    call_keep_member(m);
}

/* An agreement repeats the same codecs on each m-line: it is a tenth of its size if packed, and
 * there are thousands of them. */

static char *pack(const char *text, size_t len)
{
    uLongf packed = compressBound((uLong)len);
    uint8_t *bytes = malloc(packed);
    char *out = NULL;
    if (bytes &&
        compress2(bytes, &packed, (const uint8_t *)text, (uLong)len, Z_BEST_SPEED) == Z_OK)
        out = malloc((size_t)packed * 4 / 3 + 40);
    if (out) {
        const int n = sprintf(out, "%zu:", len);
        (void)EVP_EncodeBlock((uint8_t *)out + n, bytes, (int)packed);
    }
    free(bytes);
    return out;
}

char *call_unpack(const char *note, size_t *len)
{
    char *base64 = NULL;
    const unsigned long size = strtoul(note, &base64, 10);
    if (*base64++ != ':' || size == 0 || size > LETTER_MAX)
        return NULL;
    const size_t chars = strlen(base64);
    uint8_t *bytes = malloc(chars + 1);
    char *text = malloc(size + 1);
    uLongf out = size;
    const int n =
        bytes && text ? EVP_DecodeBlock(bytes, (const uint8_t *)base64, (int)chars) : -1;
    // The zeroes of base64's padding lie behind the stream's end: zlib does not look at them.
    const bool fine = n > 0 && uncompress((uint8_t *)text, &out, bytes, (uLong)n) == Z_OK;
    free(bytes);
    if (!fine) {
        free(text);
        return NULL;
    }
    text[out] = '\0';
    *len = out;
    return text;
}

void call_keep_media(const struct call_member *m)
{
    char session[24];
    (void)snprintf(session, sizeof(session), "%llx", (unsigned long long)m->session);
    json_t *what = json_pack("{s:s, s:o*}", "session", session, "agreement",
                             agreement_to_json(&m->agreement));
    char *text = what ? write_json(what) : NULL;
    json_decref(what);
    if (text)
        note_member(m, "media", pack(text, strlen(text)));
    free(text);
}

void call_keep_all(const struct call_room *room)
{
    call_keep_room(room);
    for (unsigned i = 0; i < CALL_CHAT_KEPT; i++)
        call_keep_chat(room, i);
}
