/* Clips that were coded before: a run of many runs need not code them anew each time. */
#include "clips.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC     "salon-load clips 1\n"
#define BYTES_MAX (64u << 20)

/** What stands at the beginning; the file is of this machine, so as the compiler lays it out.
 */
struct head {
    char magic[24];
    struct clips_conf conf;
    unsigned layers;
};

static struct head make_head(const struct clips_conf *conf, unsigned layers)
{
    struct head h;
    memset(&h, 0, sizeof(h)); // the holes too: heads are compared whole
    memcpy(h.magic, MAGIC, sizeof(MAGIC));
    h.conf.layers = conf->layers;
    h.conf.kbps = conf->kbps;
    h.conf.screen = conf->screen;
    h.conf.temporal = conf->temporal;
    h.layers = layers;
    return h;
}

static bool read_clip(struct clip *c, FILE *f)
{
    struct clip k;
    if (fread(&k, sizeof(k), 1, f) != 1 || k.count > CLIP_FRAMES || k.len > BYTES_MAX)
        return false;
    k.bytes = NULL;
    k.size = k.len;
    for (unsigned i = 0; i < k.count; i++)
        if (k.frame[i].off > k.len || k.frame[i].len > k.len - k.frame[i].off)
            return false;
    if (k.len > 0 && (!(k.bytes = malloc(k.len)) || fread(k.bytes, k.len, 1, f) != 1)) {
        free(k.bytes);
        return false;
    }
    *c = k;
    return true;
}

static bool write_clip(const struct clip *c, FILE *f)
{
    struct clip k = *c;
    k.bytes = NULL; // whose address nobody needs to know
    return fwrite(&k, sizeof(k), 1, f) == 1 &&
           (c->len == 0 || fwrite(c->bytes, c->len, 1, f) == 1);
}

static bool read_all(struct clips *c, const struct clips_conf *conf, FILE *f)
{
    struct head found;
    if (fread(&found, sizeof(found), 1, f) != 1)
        return false;
    const struct head wanted = make_head(conf, conf->layers);
    if (memcmp(&found, &wanted, sizeof(found)) != 0)
        return false;
    *c = (struct clips){.layers = found.layers};
    bool ok = read_clip(&c->screen, f) && read_clip(&c->voice, f) && read_clip(&c->silence, f);
    for (unsigned i = 0; i < CLIP_LAYERS && ok; i++)
        ok = read_clip(&c->camera[i], f);
    ok = ok && fgetc(f) == EOF;
    if (!ok)
        clips_fini(c);
    return ok;
}

static bool write_all(const struct clips *c, const struct clips_conf *conf, FILE *f)
{
    const struct head h = make_head(conf, c->layers);
    bool ok = fwrite(&h, sizeof(h), 1, f) == 1 && write_clip(&c->screen, f) &&
              write_clip(&c->voice, f) && write_clip(&c->silence, f);
    for (unsigned i = 0; i < CLIP_LAYERS && ok; i++)
        ok = write_clip(&c->camera[i], f);
    return ok;
}

/** Beside its place and then into it: whoever reads at the same time finds a whole one. */
static int keep(const struct clips *c, const struct clips_conf *conf, const char *path)
{
    char name[600];
    (void)snprintf(name, sizeof(name), "%s.%d", path, (int)getpid());
    FILE *f = fopen(name, "wxe");
    if (!f)
        return -errno;
    bool ok = write_all(c, conf, f);
    ok = fclose(f) == 0 && ok;
    if (ok && rename(name, path) == 0)
        return 0;
    (void)unlink(name);
    return -EIO;
}

int clips_get(struct clips *c, const struct clips_conf *conf, const char *folder)
{
    char path[560];
    (void)snprintf(path, sizeof(path), "%s/%u-%u-%u%s.clips", folder, conf->layers, conf->kbps,
                   conf->temporal, conf->screen ? "-screen" : "");
    FILE *f = fopen(path, "re");
    const bool found = f && read_all(c, conf, f);
    if (f)
        (void)fclose(f);
    if (found)
        return 0;
    const int err = clips_make(c, conf);
    return err ? err : keep(c, conf, path);
}
