/* Calendars: whatever comes in, what goes out is read again, and edited twice is edited once.
 */
#include "cal/cal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RESOURCE "salon@ville.example"

static char *edit(const char *text, size_t len, const struct cal_edit *how)
{
    const struct cal_edit *all[CAL_EVENTS];
    const char *why;
    struct cal c;
    char *out = NULL;

    for (unsigned i = 0; i < CAL_EVENTS; i++)
        all[i] = how;
    if (cal_read(&c, text, len, RESOURCE, &why) == 0) {
        out = cal_write(&c, RESOURCE, all);
        if (!out)
            abort();
        free(cal_reply(&c, RESOURCE, 1700000000));
    }
    cal_fini(&c);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cal_edit put = {.url = "https://h.example/r/abc",
                                        .old = "https://h.example/r/old",
                                        .id = "rm_1",
                                        .text = "Join:\nhttps://h.example/r/abc",
                                        .label = "Visio"};
    static const struct cal_edit take = {.old = "https://h.example/r/abc", .id = "rm_1"};
    char *once = edit((const char *)data, size, &put);

    if (once && strlen(once) <= CAL_MAX) {
        char *twice = edit(once, strlen(once), &put), *out;

        if (!twice || strcmp(once, twice) != 0)
            abort();
        out = edit(once, strlen(once), &take);
        if (!out)
            abort();
        free(out);
        free(twice);
    }
    free(once);
    return 0;
}
