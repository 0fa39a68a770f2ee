/** Trickle fragments and candidates: what is taken can be used, what is refused names its line.
 */
#include "sdp/answer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void zeroes(void *buf, size_t len)
{
    memset(buf, 0, len);
}

/** Our own fragment is one that we could read. */
static void check_restart(const struct sdp_fragment *theirs)
{
    const struct sdp_local local = {
        .address_count = 1, .address = {"192.0.2.1"}, .port = 1, .rand = zeroes};
    struct agreement a = {0};
    struct sdp_fragment ours;
    struct sdp_error err;
    char *text = NULL;
    int rc = sdp_restart(&a, theirs, &local, &text);
    assert(rc == 0 && strcmp(a.remote_pwd, theirs->pwd) == 0);
    rc = sdp_fragment_parse(text, strlen(text), &ours, &err);
    assert(rc == 0 && strcmp(ours.pwd, a.local_pwd) == 0 && ours.candidate_count == 1);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdp_fragment f;
    struct sdp_error err;
    int rc = sdp_fragment_parse((const char *)data, size, &f, &err);
    if (rc == 0) {
        assert(f.ufrag[0] == '\0' || strlen(f.ufrag) >= 4);
        assert(f.pwd[0] == '\0' || strlen(f.pwd) >= 22);
        check_restart(&f);
    } else {
        assert(err.reason && (err.line > 0 || strcmp(err.reason, "too_large") == 0));
    }
    char *candidate = strndup((const char *)data, size);
    assert(candidate);
    if (sdp_candidate_valid(candidate))
        assert(candidate[0] == '\0' || strncmp(candidate, "candidate:", 10) == 0);
    free(candidate);
    return 0;
}
