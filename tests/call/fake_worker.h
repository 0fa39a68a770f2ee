/**
 * A worker that lives in the test: it listens where the supervisor looks for one and speaks
 * letters on the test's own loop. The process the supervisor starts for it only sleeps.
 *
 * A test's main() must begin with `if (fake_worker_is_child(argc, argv)) return 0;`.
 */
#ifndef TESTS_CALL_FAKE_WORKER_H
#define TESTS_CALL_FAKE_WORKER_H

#include "supervisor/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FAKE_LETTERS 512

struct fake_worker {
    uv_loop_t *loop;
    char path[100];
    uv_pipe_t *server, *conn; ///< owned, NULL if not there
    struct letter_reader reader;
    char chunk[64 << 10];
    bool silent;             ///< does not answer MEMBER_AGREE
    const char *agree_error; ///< answers it with this error, NULL: well
    unsigned count;
    struct letter got[FAKE_LETTERS]; ///< all but STATS_ASK and NOTE
    unsigned note_count;
    struct letter note[FAKE_LETTERS]; ///< the notes, the newest of each key
};

static inline bool fake_worker_is_child(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "media") != 0)
        return false;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(60);
    pause();
    return true;
}

static inline void fake_on_freed(uv_handle_t *handle)
{
    free(handle);
}

static inline void fake_on_written(uv_write_t *req, int status)
{
    (void)status;
    free(req->data);
    free(req);
}

static inline void fake_say(struct fake_worker *f, const struct letter *letter)
{
    uint8_t *frame = NULL;
    const int64_t len = letter_write(letter, &frame);
    assert(len > 0 && f->conn);
    uv_write_t *req = calloc(1, sizeof(*req));
    req->data = frame;
    const uv_buf_t buf = uv_buf_init((char *)frame, (unsigned)len);
    const int r = uv_write(req, (uv_stream_t *)f->conn, &buf, 1, fake_on_written);
    assert(r == 0);
    (void)r;
}

static inline void fake_agreed(struct fake_worker *f, const struct letter *agree)
{
    struct letter l = {.type = LETTER_MEMBER_AGREED};
    memcpy(l.room, agree->room, sizeof(l.room));
    memcpy(l.member, agree->member, sizeof(l.member));
    l.u.agreed.seq = agree->u.agree.seq;
    if (f->agree_error)
        strcpy(l.u.agreed.error, f->agree_error);
    fake_say(f, &l);
}

/** Keeps a note in place of the one before it. */
static inline void fake_note(struct fake_worker *f, const struct letter *letter)
{
    unsigned i = 0;
    while (i < f->note_count && (strcmp(f->note[i].room, letter->room) != 0 ||
                                 strcmp(f->note[i].member, letter->member) != 0 ||
                                 strcmp(f->note[i].u.note.key, letter->u.note.key) != 0))
        i++;
    assert(i < FAKE_LETTERS);
    if (i < f->note_count)
        letter_fini(&f->note[i]);
    else
        f->note_count++;
    f->note[i] = *letter;
}

/** Keeps the letter, and answers what must be answered. */
static inline void fake_take(struct fake_worker *f, struct letter *letter)
{
    if (letter->type == LETTER_STATS_ASK) {
        struct letter stats = {.type = LETTER_STATS};
        stats.u.stats.seq = letter->u.stats.seq;
        stats.u.stats.body = json_object();
        fake_say(f, &stats);
        letter_fini(&stats);
        letter_fini(letter);
        return;
    }
    if (letter->type == LETTER_NOTE) {
        fake_note(f, letter);
        return;
    }
    assert(f->count < FAKE_LETTERS);
    f->got[f->count++] = *letter;
    if (letter->type == LETTER_MEMBER_AGREE && !f->silent)
        fake_agreed(f, letter);
}

static inline void fake_on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct fake_worker *f = handle->data;
    (void)hint;
    *buf = uv_buf_init(f->chunk, sizeof(f->chunk));
}

static inline void fake_hang_up(struct fake_worker *f)
{
    if (f->conn)
        uv_close((uv_handle_t *)f->conn, fake_on_freed);
    f->conn = NULL;
    letter_reader_fini(&f->reader);
    f->reader = (struct letter_reader){0};
}

static inline void fake_on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct fake_worker *f = stream->data;
    if (n < 0) {
        fake_hang_up(f);
        return;
    }
    letter_reader_feed(&f->reader, (const uint8_t *)buf->base, (size_t)n);
    struct letter letter;
    const char *where;
    while (letter_reader_next(&f->reader, &letter, &where) == 1)
        fake_take(f, &letter);
}

static inline void fake_on_connection(uv_stream_t *server, int status)
{
    struct fake_worker *f = server->data;
    assert(status == 0 && !f->conn);
    f->conn = calloc(1, sizeof(*f->conn));
    uv_pipe_init(f->loop, f->conn, 0);
    f->conn->data = f;
    uv_accept(server, (uv_stream_t *)f->conn);
    uv_read_start((uv_stream_t *)f->conn, fake_on_alloc, fake_on_read);
    struct letter hello = {.type = LETTER_HELLO};
    hello.u.hello.version = LETTER_VERSION;
    hello.u.hello.pid = getpid();
    hello.u.hello.port = 5000;
    strcpy(hello.u.hello.fingerprint, "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                                      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
    fake_say(f, &hello);
}

/** Listens: from now on the supervisor finds a worker. */
static inline void fake_up(struct fake_worker *f)
{
    unlink(f->path);
    f->server = calloc(1, sizeof(*f->server));
    uv_pipe_init(f->loop, f->server, 0);
    f->server->data = f;
    int r = uv_pipe_bind(f->server, f->path);
    r = r ? r : uv_listen((uv_stream_t *)f->server, 4, fake_on_connection);
    assert(r == 0);
    (void)r;
}

/** Is dead, and stays so until fake_up(). */
static inline void fake_down(struct fake_worker *f)
{
    fake_hang_up(f);
    if (f->server)
        uv_close((uv_handle_t *)f->server, fake_on_freed);
    f->server = NULL;
    unlink(f->path);
}

/** The `k`-th letter of this type so far, or NULL. */
static inline const struct letter *fake_got(const struct fake_worker *f, enum letter_type type,
                                            unsigned k)
{
    for (unsigned i = 0; i < f->count; i++) {
        if (f->got[i].type == type && k-- == 0)
            return &f->got[i];
    }
    return NULL;
}

static inline void fake_forget(struct fake_worker *f)
{
    for (unsigned i = 0; i < f->count; i++)
        letter_fini(&f->got[i]);
    f->count = 0;
}

/** Forgets the notes, too. */
static inline void fake_fini(struct fake_worker *f)
{
    fake_forget(f);
    for (unsigned i = 0; i < f->note_count; i++)
        letter_fini(&f->note[i]);
    f->note_count = 0;
}

/** An offer as a browser makes it: it sends and receives one audio and one video. */
static inline const char *fake_offer(unsigned session, char *out, size_t size)
{
    static const char media[] =
        "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
        "a=ice-pwd:0123456789012345678901\r\na=ice-options:trickle\r\n"
        "a=fingerprint:sha-256 AA:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
        "a=setup:actpass\r\na=sendrecv\r\na=rtcp-mux\r\n";
    (void)snprintf(
        out, size,
        "v=0\r\no=- %u 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "a=group:BUNDLE 0 1\r\na=msid-semantic: WMS\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n%sa=ice-ufrag:ab%02u\r\na=mid:0\r\na=msid:s a\r\n"
        "a=rtpmap:111 opus/48000/2\r\na=ssrc:1001 cname:c\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n%sa=ice-ufrag:ab%02u\r\na=mid:1\r\na=msid:s v\r\n"
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
        "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        "a=ssrc-group:FID 2001 2002\r\na=ssrc:2001 cname:c\r\n"
        "a=ssrc:2002 cname:c\r\n",
        session, media, session, media, session);
    return out;
}

#endif
