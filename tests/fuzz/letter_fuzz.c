/** What parses as a letter is written and read again as the same letter. */
#include "letter/letter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(struct letter *l)
{
    uint8_t *frame = NULL;
    uint8_t *again = NULL;
    struct letter copy;
    const char *where = NULL;
    int64_t len = letter_write(l, &frame);
    assert(len > 4);
    int rc = letter_parse((const char *)frame + 4, (size_t)len - 4, &copy, &where);
    assert(rc == 0 && copy.type == l->type);
    assert(letter_write(&copy, &again) == len && memcmp(frame, again, (size_t)len) == 0);
    letter_fini(&copy);
    free(frame);
    free(again);
}

/** The first byte says how the rest is read: as one letter, or as a stream cut in two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct letter l;
    const char *where = NULL;
    if (size == 0)
        return 0;
    if (data[0] % 2 == 1) {
        struct letter_reader r = {0};
        size_t cut = 1 + data[0] % size;
        cut = cut < size ? cut : size;
        int rc = letter_reader_feed(&r, data + 1, cut - 1);
        if (rc == 0)
            rc = letter_reader_feed(&r, data + cut, size - cut);
        while (rc == 0 && letter_reader_next(&r, &l, &where) == 1) {
            check_same(&l);
            letter_fini(&l);
        }
        letter_reader_fini(&r);
        return 0;
    }
    int rc = letter_parse((const char *)data + 1, size - 1, &l, &where);
    if (rc == 0) {
        check_same(&l);
        letter_fini(&l);
    } else {
        assert(where && l.room[0] == '\0');
    }
    return 0;
}
