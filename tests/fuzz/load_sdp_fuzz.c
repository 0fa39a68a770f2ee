/* What a server says to salon-load: any answer or offer, and what we answer to it. */
#include "sdp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_candidate(void *arg, const char *line)
{
    size_t *longest = arg;
    if (strlen(line) > *longest)
        *longest = strlen(line);
    assert(!strpbrk(line, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sdp_remote r, again;
    const struct sdp_self self = {
        .ufrag = "u", .pwd = "p", .fingerprint = "sha-256 AB", .setup = "active", .session = 1};
    size_t longest = 0;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    sdp_candidates(text, on_candidate, &longest);
    if (!sdp_read(&r, text)) {
        assert(r.sections <= SDP_SECTIONS && r.pairs <= SDP_PAIRS && r.fingerprint_len <= 64);
        char *answer = sdp_write(&self, r.section, r.sections, &r);
        assert(answer);
        (void)sdp_read(&again, answer);       // where all is refused, nothing is said of ICE
        assert(again.sections == r.sections); // an answer has an m-line for each
        free(answer);
    }
    free(text);
    return 0;
}
