#include "scenario.h"

#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FILE_MAX 262144

void scenario_init(struct scenario *s)
{
    *s = (struct scenario){.seed = 1,
                           .join_rate = 20,
                           .duration = 30 * USEC_PER_SEC,
                           .settle = 3 * USEC_PER_SEC,
                           .kbps = 1650,
                           .temporal = 3,
                           .usual = {.count = 1, .layers = 3, .talks = 0.3}};
    const char *key = getenv("SALON_KEY");
    (void)snprintf(s->key, sizeof(s->key), "%s", key ? key : "");
}

__attribute__((format(printf, 2, 3))) static int complain(struct complaint *why,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    return -EINVAL;
}

// ---- flags

static bool is_shape(const char *name)
{
    for (unsigned i = 0; option_shapes[i][0]; i++)
        if (strcmp(option_shapes[i][0], name) == 0)
            return true;
    return false;
}

/** Options of people hold for all rooms of the flags, so they come before the shapes. */
static int take_flag(struct scenario *s, const char *name, const char *value, bool shapes,
                     struct complaint *why)
{
    struct room_kind *r = &s->kind[0];
    const struct option_def *o;
    bool ok = true;
    if (is_shape(name)) {
        if (shapes) {
            s->kinds = 1;
            ok = option_shape(r, name, value, &s->usual);
        }
    } else if (shapes) {
        return 0;
    } else if (strcmp(name, "scenario") == 0) {
        return scenario_from_file(s, value, why);
    } else if ((o = option_find(name, OPTION_RUN))) {
        ok = o->set((char *)s + o->offset, value);
    } else if ((o = option_find(name, OPTION_ROOM))) {
        ok = o->set((char *)r + o->offset, value);
    } else if ((o = option_find(name, OPTION_PEOPLE)) && strcmp(name, "count") != 0) {
        ok = o->set((char *)&s->usual + o->offset, value);
    } else {
        return complain(why, "--%s: there is no such option (--help lists all)", name);
    }
    return ok ? 0 : complain(why, "--%s: '%s' is not understood", name, value);
}

/** "--join-rate" or "--join_rate", with its value behind '=' or in the next word. */
static int read_flags(struct scenario *s, int argc, const char *const *argv, bool shapes,
                      struct complaint *why)
{
    for (int i = 1; i < argc; i++) {
        char name[64];
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return 1;
        if (strncmp(argv[i], "--", 2) != 0)
            return complain(why, "'%s' is no option", argv[i]);
        const size_t n = strcspn(argv[i] + 2, "=");
        (void)snprintf(name, sizeof(name), "%.*s", (int)n, argv[i] + 2);
        for (char *p = name; *p; p++)
            *p = *p == '-' ? '_' : *p;
        const char *value = argv[i][2 + n] ? argv[i] + 3 + n : ++i < argc ? argv[i] : NULL;
        if (!value)
            return complain(why, "--%s: a value is missing", name);
        const int err = take_flag(s, name, value, shapes, why);
        if (err)
            return err;
    }
    return 0;
}

int scenario_from_flags(struct scenario *s, int argc, const char *const *argv,
                        struct complaint *why)
{
    if (s->kind[0].rooms == 0)
        s->kind[0].rooms = 1;
    const int err = read_flags(s, argc, argv, false, why);
    return err ? err : read_flags(s, argc, argv, true, why);
}

// ---- YAML

struct reading {
    struct scenario *s;
    yaml_document_t doc;
    const char *name;
    struct complaint *why;
};

static int wrong(const struct reading *r, const yaml_node_t *at, const char *what,
                 const char *word)
{
    return complain(r->why, "%s:%zu: %s%s%s", r->name, at->start_mark.line + 1, word,
                    *word ? ": " : "", what);
}

static const char *scalar(const yaml_node_t *n)
{
    return n && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

/** Calls `field` for each key of a mapping. */
static int each_field(struct reading *r, const yaml_node_t *map, void *to,
                      int (*field)(struct reading *r, void *to, const yaml_node_t *key,
                                   yaml_node_t *value))
{
    if (map->type != YAML_MAPPING_NODE)
        return wrong(r, map, "fields are expected here", "");
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
        yaml_node_t *value = yaml_document_get_node(&r->doc, p->value);
        if (!scalar(key))
            return wrong(r, key, "a name is expected here", "");
        const int err = field(r, to, key, value);
        if (err)
            return err;
    }
    return 0;
}

static int each_item(struct reading *r, const yaml_node_t *list, void *to,
                     int (*item)(struct reading *r, void *to, yaml_node_t *value))
{
    if (list->type != YAML_SEQUENCE_NODE)
        return wrong(r, list, "a list is expected here", "");
    for (yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top; i++) {
        const int err = item(r, to, yaml_document_get_node(&r->doc, *i));
        if (err)
            return err;
    }
    return 0;
}

static int set_option(const struct reading *r, void *to, enum option_level level,
                      const yaml_node_t *key, const yaml_node_t *value)
{
    const struct option_def *o = option_find(scalar(key), level);
    if (!o)
        return wrong(r, key, "there is no such field here", scalar(key));
    if (!scalar(value) || !o->set((char *)to + o->offset, scalar(value)))
        return wrong(r, value,
                     scalar(value) ? "the value is not understood" : "a value is expected",
                     o->name);
    return 0;
}

static int people_field(struct reading *r, void *to, const yaml_node_t *key, yaml_node_t *value)
{
    return set_option(r, to, OPTION_PEOPLE, key, value);
}

static int people_item(struct reading *r, void *to, yaml_node_t *value)
{
    struct room_kind *kind = to;
    if (kind->crowds == SCENARIO_CROWDS)
        return wrong(r, value, "too many kinds of people in a room", "");
    kind->crowd[kind->crowds] = r->s->usual;
    return each_field(r, value, &kind->crowd[kind->crowds++], people_field);
}

static int room_field(struct reading *r, void *to, const yaml_node_t *key, yaml_node_t *value)
{
    struct room_kind *kind = to;
    if (strcmp(scalar(key), "people") == 0)
        return each_item(r, value, kind, people_item);
    if (!is_shape(scalar(key)))
        return set_option(r, kind, OPTION_ROOM, key, value);
    if (!scalar(value) || !option_shape(kind, scalar(key), scalar(value), &r->s->usual))
        return wrong(r, value, "the value is not understood", scalar(key));
    return 0;
}

static int room_item(struct reading *r, void *to, yaml_node_t *value)
{
    struct scenario *s = to;
    if (s->kinds == SCENARIO_ROOMS)
        return wrong(r, value, "too many kinds of rooms", "");
    struct room_kind *kind = &s->kind[s->kinds++];
    *kind = (struct room_kind){.rooms = 1};
    return each_field(r, value, kind, room_field);
}

static int run_field(struct reading *r, void *to, const yaml_node_t *key, yaml_node_t *value)
{
    struct scenario *s = to;
    if (strcmp(scalar(key), "rooms") == 0)
        return each_item(r, value, s, room_item);
    if (strcmp(scalar(key), "usual") == 0)
        return each_field(r, value, &s->usual, people_field);
    return set_option(r, s, OPTION_RUN, key, value);
}

int scenario_from_text(struct scenario *s, const char *name, const char *text, size_t len,
                       struct complaint *why)
{
    struct reading r = {.s = s, .name = name, .why = why};
    yaml_parser_t parser;
    int err = -EINVAL;
    if (!yaml_parser_initialize(&parser))
        return complain(why, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &r.doc)) {
        complain(why, "%s:%zu: %s", name, parser.problem_mark.line + 1,
                 parser.problem ? parser.problem : "not YAML");
        yaml_parser_delete(&parser);
        return err;
    }
    yaml_node_t *root = yaml_document_get_root_node(&r.doc);
    s->kinds = 0;
    err = root ? each_field(&r, root, s, run_field) : complain(why, "%s:1: it is empty", name);
    yaml_document_delete(&r.doc);
    yaml_parser_delete(&parser);
    return err;
}

int scenario_from_file(struct scenario *s, const char *path, struct complaint *why)
{
    FILE *f = fopen(path, "re");
    char *text = f ? malloc(FILE_MAX) : NULL;
    if (!text) {
        if (f)
            (void)fclose(f);
        return complain(why, "%s: %s", path, strerror(errno));
    }
    const size_t len = fread(text, 1, FILE_MAX, f);
    (void)fclose(f);
    const int err = len == FILE_MAX ? complain(why, "%s: too long", path)
                                    : scenario_from_text(s, path, text, len, why);
    free(text);
    return err;
}

// ---- whole

unsigned scenario_people(const struct scenario *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->kinds; i++)
        for (unsigned k = 0; k < s->kind[i].crowds; k++)
            n += s->kind[i].rooms * s->kind[i].crowd[k].count;
    return n;
}

bool scenario_is_whole(const struct scenario *s, struct complaint *why)
{
    if (s->protocol != PROTOCOL_WHIP && !*s->url)
        complain(why, "the server's url is missing");
    else if (s->protocol == PROTOCOL_WHIP && !*s->whip && !*s->whep && !*s->url)
        complain(why, "the whip or whep url is missing");
    else if (scenario_people(s) == 0)
        complain(why,
                 "nobody would join: say --conference, --webinar, --broadcast or --voices, "
                 "or rooms in a scenario file");
    else if (s->protocol == PROTOCOL_SALON && !*s->key && !*s->link)
        complain(why, "salon's API key (--key or SALON_KEY) or a room's --link is missing");
    else
        return true;
    return false;
}

void scenario_help(void)
{
    static const char *const of[] = {
        "the run", "rooms (in a scenario file: items of 'rooms')",
        "people (in a scenario file: items of 'people', and 'usual')"};
    printf("salon-load [--scenario FILE.yaml] [OPTIONS]: people who call each other through an "
           "SFU.\n"
           "Real ICE, DTLS, SRTP, Opus and VP8; docs/load-testing.md has recipes.\n");
    printf("\nshapes of rooms:\n");
    for (unsigned i = 0; option_shapes[i][0]; i++)
        printf("  --%-12s %s\n", option_shapes[i][0], option_shapes[i][1]);
    for (unsigned level = OPTION_RUN; level <= OPTION_PEOPLE; level++) {
        printf("\n%s:\n", of[level]);
        for (const struct option_def *o = option_table(); o->name; o++)
            if (o->level == level)
                printf("  --%-12s %s\n", o->name, o->help);
    }
    printf("\nnames for --fail-if: loss, delivery, delay_p50, delay_p99, jitter_p99, join_p50, "
           "join_p99,\n"
           "first_p50, first_p99, frame_p50, frame_p99, freezes, errors, failed, wrong, cpu, "
           "cpu_packet,\n"
           "memory; shares in percent, times in ms, cpu_packet in us, memory in KiB a member.\n"
           "Exit status: 0, 1 (a limit was passed), 2 (wrong options), 3 (nothing could be "
           "measured).\n");
}
