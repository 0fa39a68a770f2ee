/*
 * Records of calls. One that goes on is in the database, too: who was told that it began is
 * told that it ended, even if this process is not there to see the end.
 */
#include "inner.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>

void api_call_record(struct api *api, const struct links_room *room,
                     const struct call_happened *what)
{
    struct store_call call = {.started_at = what->started_at,
                              .ended_at = what->kind == CALL_ENDED ? api_now() : 0,
                              .peak = what->peak};
    int error;

    if (what->kind == CALL_LEFT)
        return; // changes nothing of it
    (void)snprintf(call.id, sizeof call.id, "%s", what->call);
    error = links_call_put(api->conf.links, room, &call);
    if (error)
        log_at(LEVEL_WARN, "call.record", "error=\"%s\"", strerror(-error));
}

void api_ready(struct api *api)
{
    struct store_call call = {.id = ""};
    unsigned count = 0;
    int error;

    while ((error = links_call_open(api->conf.links, call.id, &call)) == 0) {
        if (call_goes_on(api->conf.call, call.room, call.id))
            continue; // its worker was adopted
        const struct call_happened what = {.kind = CALL_ENDED,
                                           .room = call.room,
                                           .call = call.id,
                                           .started_at = call.started_at,
                                           .peak = call.peak,
                                           .stopping = true}; // they come back: rings go on

        api_on_call(api, &what);
        count++;
    }
    if (error != -ENOENT)
        log_at(LEVEL_WARN, "calls.left_over", "error=\"%s\"", strerror(-error));
    else if (count > 0)
        log_at(LEVEL_INFO, "calls.left_over", "calls=%u", count);
}
