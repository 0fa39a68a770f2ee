#include "worker/notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct note *find(const struct notes *n, const char *key)
{
    for (unsigned i = 0; i < n->count; i++)
        if (strcmp(n->note[i].key, key) == 0)
            return &n->note[i];
    return NULL;
}

static void forget(struct notes *n, struct note *note)
{
    free(note->text);
    *note = n->note[--n->count];
}

static struct note *add(struct notes *n, const char *key)
{
    struct note *grown = realloc(n->note, ((size_t)n->count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    n->note = grown;
    struct note *note = &n->note[n->count++];
    *note = (struct note){0};
    memcpy(note->key, key, sizeof(note->key));
    return note;
}

int notes_put(struct notes *n, const struct letter_note *note)
{
    struct note *known = find(n, note->key);
    if (!note->text || !*note->text) {
        if (known)
            forget(n, known);
        return 0;
    }
    if (!known && n->count == NOTES_MAX)
        return -ENOSPC;
    char *text = strdup(note->text);
    if (text && !known)
        known = add(n, note->key);
    if (!text || !known) {
        free(text);
        return -ENOMEM;
    }
    free(known->text);
    known->text = text;
    return 0;
}

void notes_fini(struct notes *n)
{
    for (unsigned i = 0; i < n->count; i++)
        free(n->note[i].text);
    free(n->note);
    *n = (struct notes){0};
}
