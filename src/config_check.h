/** What a schema cannot say of a configuration, and where in the file a field stands. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config.h"

struct check {
    const char *name; ///< of the file
    char *why;        ///< CONFIG_WHY bytes; written once
    void *document;   ///< owned: the file as a tree, to find lines in
};

/** Parses the text. -EINVAL and `why` if it is not YAML. check_close() in any case. */
int check_open(struct check *check, const char *text, size_t len);
void check_close(struct check *check);

/** Writes "FILE:LINE: PATH: …" for a field ("http.port", "media.announce.1" for the first). */
void check_say(struct check *check, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Does the file say something of this field? */
bool check_given(const struct check *check, const char *path);

/** Checks every value. -EINVAL and `why` for the first that is wrong. */
int check_all(struct check *check, const struct config *config);

#endif
