/** The checksum cut out of a query: no other byte of it is lost, and none is left over. */
#include "bbb_checksum.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1);
    struct bbb_signed s, again;
    bool split;

    memcpy(text, data, size);
    split = bbb_split(text, size, &s);
    assert(split && s.len <= size && strlen(s.given) <= BBB_CHECKSUM_MAX);
    if (s.count == 0)
        assert(s.len == size && memcmp(s.rest, text, size) == 0);
    else
        assert(s.len + strlen("checksum=") <= size);
    assert(strspn(s.given, "0123456789abcdef") == strlen(s.given));
    split = bbb_split(s.rest, s.len, &again);
    assert(split && again.count == 0 && again.len == s.len);
    // Nobody finds the hash of a secret by trying.
    assert(!bbb_checksum_good("create", s.rest, s.len, "a secret nobody knows", s.given));
    bbb_split_free(&again);
    bbb_split_free(&s);
    free(text);
    return 0;
}
