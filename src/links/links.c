#include "inner.h"
#include "links/settings.h"

#include "base/log.h"
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Writes a new key beside `path` and links it there: never half a key, never over another. */
static int make_key(const char *path, uint8_t key[SHA256_SIZE])
{
    char tmp[4096];
    int fd, error = 0;

    if ((size_t)snprintf(tmp, sizeof tmp, "%s.new", path) >= sizeof tmp)
        return -ENAMETOOLONG;
    rand_bytes(key, SHA256_SIZE);
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (write(fd, key, SHA256_SIZE) != SHA256_SIZE || fsync(fd) || link(tmp, path))
        error = errno ? -errno : -EIO;
    (void)close(fd);
    (void)unlink(tmp);
    return error;
}

static int read_key(const char *path, uint8_t key[SHA256_SIZE], bool *open_to_others)
{
    struct stat st;
    uint8_t more;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st))
        error = -errno;
    else if (read(fd, key, SHA256_SIZE) != SHA256_SIZE || read(fd, &more, 1) != 0)
        error = -EBADMSG;
    else
        *open_to_others = (st.st_mode & 077) != 0;
    (void)close(fd);
    return error;
}

static int load_key(const char *path, uint8_t key[SHA256_SIZE], char *why, size_t why_size)
{
    bool open_to_others = false;
    int error = read_key(path, key, &open_to_others);

    if (error == -ENOENT) {
        error = make_key(path, key);
        if (error == -EEXIST) // another process was faster
            error = read_key(path, key, &open_to_others);
    }
    if (error == 0 && !open_to_others)
        return 0;
    if (error == 0) {
        (void)snprintf(why, why_size, "others can read the server key %s: chmod 600 it", path);
        return -EPERM;
    }
    (void)snprintf(why, why_size, "cannot use the server key %s: %s", path,
                   error == -EBADMSG ? "it does not have 32 bytes" : strerror(-error));
    return error;
}

int links_open(const struct links_conf *conf, struct links **out, char *why, size_t why_size)
{
    struct links *links = calloc(1, sizeof *links);
    int error = -ENOMEM;

    (void)snprintf(why, why_size, "out of memory");
    if (!links)
        return error;
    links->store = conf->store;
    links->public_url = strdup(conf->public_url);
    links->bare_prefix = conf->bare_prefix ? strdup(conf->bare_prefix) : NULL;
    if (links->public_url && (links->bare_prefix || !conf->bare_prefix))
        error = load_key(conf->key_file, links->key, why, why_size);
    if (error) {
        links_close(links);
        return error;
    }
    digest_hmac(links->key, sizeof links->key, "member|v1", 9, links->member_key);
    digest_hmac(links->key, sizeof links->key, "user|v1", 7, links->user_key);
    *out = links;
    return 0;
}

void links_close(struct links *links)
{
    if (!links)
        return;
    free(links->public_url);
    free(links->bare_prefix);
    explicit_bzero(links, sizeof *links);
    free(links);
}

void links_derive(const struct links *links, const char *purpose, uint8_t out[SHA256_SIZE])
{
    digest_hmac(links->key, sizeof links->key, purpose, strlen(purpose), out);
}

bool links_down(int error)
{
    return error == -EAGAIN || error == -ENOSPC || error == -EIO || error == -ENOMEM;
}

/** Personal rooms work while the organisation wants them; their links outlive that. */
static enum links_status personal(struct links *links, struct links_room *room)
{
    struct links_settings settings;
    const int error = links_settings_get(links, room->tenant, &settings);
    const bool on = settings.personal_rooms;
    room->owner_first = settings.personal_lobby;

    links_settings_fini(&settings);
    if (error)
        return LINK_DOWN;
    return on ? LINK_VALID : LINK_DISABLED;
}

enum links_status room_status(struct links *links, struct links_room *room, int64_t now)
{
    if (room->closed)
        return LINK_CLOSED;
    if (room->expires_at != 0 && now >= room->expires_at)
        return LINK_EXPIRED;
    return room->kind == ROOM_PERSONAL ? personal(links, room) : LINK_VALID;
}

enum links_status resolve_hash(struct links *links, const uint8_t hash[SHA256_SIZE],
                               struct links_room *room, int64_t now)
{
    enum store_link_state state = STORE_LINK_LIVE;
    struct store_room row;
    int error = store_link_find(links->store, hash, &state, &row);

    if (error == -ENOENT)
        return LINK_UNKNOWN;
    if (error)
        return LINK_DOWN;
    room_from_row(&row, room);
    if (!room->closed && state != STORE_LINK_LIVE)
        return state == STORE_LINK_REDIRECT ? LINK_REDIRECT : LINK_REPLACED;
    return room_status(links, room, now);
}

enum links_status links_resolve(struct links *links, const char *link, struct links_room *room,
                                int64_t now)
{
    char token[LINKS_TOKEN_SIZE], shown[LOG_LINK_SIZE];
    const char *minted = strstr(link, "/b/"), *personal_link = strstr(link, "/i/");
    uint8_t hash[SHA256_SIZE];
    enum links_status status;

    if (minted)
        return resolve_minted(links, minted + 3, room, now);
    if (personal_link)
        return resolve_invitation(links, personal_link + 3, room, now);
    if (!find_token(link, token))
        return LINK_UNKNOWN;
    digest_sha256(token, strlen(token), hash);
    status = resolve_hash(links, hash, room, now);
    if (status == LINK_UNKNOWN && links->bare_prefix && strlen(token) == 36)
        status = links_minted(links, links->bare_prefix, token, room, now);
    if (status == LINK_DOWN)
        log_at(LEVEL_WARN, "links.down", "link=%s", log_link(token, strlen(token), shown));
    return status;
}

bool links_is_host(const struct links *links, const struct links_room *room, const char *secret)
{
    char token[LINKS_TOKEN_SIZE], given[LINKS_TOKEN_SIZE];

    derive_token(links, room, "host", token);
    return find_token(secret, given) && digest_same(token, strlen(token), given, strlen(given));
}
