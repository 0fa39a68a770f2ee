#include "config_walk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/** Where the walk is. */
struct walk {
    char path[CONFIG_PATH];
    int (*visit)(const struct config_leaf *leaf, void *arg);
    void *arg;
};

static int walk_mapping(struct walk *w, const cyaml_schema_field_t *fields, uint8_t *base);

/** Puts ".name" behind the path; returns what to cut it back to. */
static size_t enter(struct walk *w, const char *name)
{
    const size_t len = strlen(w->path);
    const int n =
        snprintf(w->path + len, sizeof w->path - len, "%s%s", len > 0 ? "." : "", name);

    assert(n > 0 && (size_t)n < sizeof w->path - len);
    return len;
}

/** One value, which lies at `at` (a pointer to it does, if the schema says so). */
static int walk_value(struct walk *w, const cyaml_schema_value_t *schema, uint8_t *at)
{
    struct config_leaf leaf = {.path = w->path};

    if (schema->type == CYAML_MAPPING)
        return walk_mapping(w, schema->mapping.fields, at);
    if (schema->type == CYAML_STRING)
        leaf.text = (char **)at;
    else
        leaf.number = (unsigned *)at;
    assert(schema->type == CYAML_STRING
               ? (schema->flags & CYAML_FLAG_POINTER) != 0
               : schema->type == CYAML_UINT && schema->data_size == sizeof(unsigned));
    return w->visit(&leaf, w->arg);
}

static int walk_list(struct walk *w, const cyaml_schema_field_t *field, uint8_t *base)
{
    const cyaml_schema_value_t *entry = field->value.sequence.entry;
    const size_t size =
        entry->flags & CYAML_FLAG_POINTER ? sizeof(char *) : (size_t)entry->data_size;
    uint8_t *list;
    unsigned count;
    int r = 0;

    assert(field->value.flags & CYAML_FLAG_POINTER && field->count_size == sizeof count);
    memcpy(&list, base + field->data_offset, sizeof list);
    memcpy(&count, base + field->count_offset, sizeof count);
    for (unsigned i = 0; i < count && r == 0; i++) {
        char number[16];
        size_t back;

        (void)snprintf(number, sizeof number, "%u", i + 1);
        back = enter(w, number);
        r = walk_value(w, entry, list + i * size);
        w->path[back] = '\0';
    }
    return r;
}

static int walk_mapping(struct walk *w, const cyaml_schema_field_t *fields, uint8_t *base)
{
    int r = 0;

    for (const cyaml_schema_field_t *f = fields; f->key && r == 0; f++) {
        const size_t back = enter(w, f->key);

        r = f->value.type == CYAML_SEQUENCE ? walk_list(w, f, base)
                                            : walk_value(w, &f->value, base + f->data_offset);
        w->path[back] = '\0';
    }
    return r;
}

int config_walk(struct config *config, int (*visit)(const struct config_leaf *leaf, void *arg),
                void *arg)
{
    struct walk w = {.visit = visit, .arg = arg};

    return walk_mapping(&w, config_schema.mapping.fields, (uint8_t *)config);
}

/* ---- two of them ---- */

static int note(const struct config_leaf *leaf, void *arg)
{
    json_t *value = leaf->number  ? json_integer(*leaf->number)
                    : *leaf->text ? json_string(*leaf->text)
                                  : json_null();

    return json_object_set_new(arg, leaf->path, value) ? -ENOMEM : 0;
}

/** Puts the fields of `one` that are not so in `other` into `found`. */
static int find(const json_t *one, const json_t *other, json_t *found)
{
    const char *path;
    json_t *value;

    json_object_foreach((json_t *)one, path, value)
    {
        char field[CONFIG_PATH];
        size_t len = 0;

        if (json_equal(value, json_object_get(other, path)))
            continue;
        // Of a list's entries, the list: "media.announce.2" is "media.announce".
        while (path[len] && !(path[len] == '.' && strchr("123456789", path[len + 1])))
            len++;
        (void)snprintf(field, sizeof field, "%.*s", (int)len, path);
        if (json_object_set_new(found, field, json_true()))
            return -ENOMEM;
    }
    return 0;
}

int config_compare(struct config *one, struct config *other,
                   void (*tell)(const char *field, void *arg), void *arg)
{
    json_t *a = json_object(), *b = json_object(), *found = json_object(), *value;
    const char *field;
    int error = a && b && found ? 0 : -ENOMEM;

    if (error == 0)
        error = config_walk(one, note, a);
    if (error == 0)
        error = config_walk(other, note, b);
    if (error == 0)
        error = find(a, b, found);
    if (error == 0)
        error = find(b, a, found);
    if (error == 0)
        json_object_foreach(found, field, value) tell(field, arg);
    json_decref(a);
    json_decref(b);
    json_decref(found);
    return error;
}
