/* Any text as a signalling message: it parses within its limits or is refused with a reason of
 * docs/signalling.md; and what parses, parses again from its own JSON. */
#include "../../src/signal/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(const struct signal_request *r)
{
    assert(r->message && r->root && r->id >= 0);
    char *text = json_dumps(r->root, JSON_COMPACT);
    struct signal_request again;
    struct signal_error err;
    const bool ok = signal_parse(text, strlen(text), &again, &err);
    assert(ok && again.message == r->message && again.id == r->id);
    signal_request_fini(&again);
    free(text);
    if (strcmp(r->message->name, "want") == 0)
        assert(r->u.want.count <= LETTER_WANTS);
    if (strcmp(r->message->name, "offer") == 0)
        assert(r->u.offer.len <= SDP_MAX_OFFER && r->u.offer.hint_count <= AGREE_MAX_MLINES);
    if (strcmp(r->message->name, "join") == 0 && r->u.join.name)
        assert(call_name_valid(r->u.join.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signal_request request;
    struct signal_error err;
    if (signal_parse((const char *)data, size, &request, &err)) {
        check_accepted(&request);
    } else {
        assert(err.reason && reason_text(err.reason, false)[0] &&
               reason_text(err.reason, true)[0]);
        assert(err.field[0] == '\0' || err.field[0] == '/');
    }
    signal_request_fini(&request);
    return 0;
}
