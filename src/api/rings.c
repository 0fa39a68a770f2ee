/* What invitations become by themselves: nobody acknowledged, nobody answered, the room closed.
 */
#include "inner.h"

#include "base/log.h"
#include "call/inviting.h"

#include <string.h>
#include <time.h>

#define RETRY_MS 2000

void api_invitation_shown(struct api *api, const struct store_invitation *i)
{
    log_at(LEVEL_DEBUG, "invitation", "id=%s state=%s", i->id,
           links_invite_state_name(i->state));
    api_inviting_told(api, i);
    api_rings_wake(api);
}

void api_invitation_changed(struct api *api, const struct store_invitation *i)
{
    api_tell_invitation(api, i);
    api_invitation_shown(api, i);
}

static void changed(const struct store_invitation *i, void *ctx)
{
    api_invitation_changed(ctx, i);
}

static void on_timer(uv_timer_t *timer)
{
    struct api *api = timer->data;
    int64_t next, now = api_now();
    int error = links_invitation_due(api->conf.links, now, changed, api, &next);

    if (error) {
        log_at(LEVEL_WARN, "invitations.due", "error=\"%s\"", strerror(-error));
        (void)uv_timer_start(timer, on_timer, RETRY_MS, 0);
    } else if (next) {
        (void)uv_timer_start(timer, on_timer, next > now ? (uint64_t)(next - now) * 1000 : 0,
                             0);
    }
}

void api_rings_start(struct api *api, uv_loop_t *loop)
{
    (void)uv_timer_init(loop, &api->rings);
    api->rings.data = api;
    uv_unref((uv_handle_t *)&api->rings);
    api_rings_wake(api); // a former process may have left some that are due
}

void api_rings_wake(struct api *api)
{
    if (!uv_is_closing((uv_handle_t *)&api->rings))
        (void)uv_timer_start(&api->rings, on_timer, 0, 0);
}

void api_look(struct api *api)
{
    api_rings_wake(api);
}

void api_invitations_cancel(struct api *api, const struct links_room *room)
{
    int error =
        links_invitation_cancel(api->conf.links, room->id, false, api_now(), changed, api);

    call_contacts_forget(api->conf.call, room->id);
    if (error)
        log_at(LEVEL_WARN, "invitations.cancel", "error=\"%s\"", strerror(-error));
}

void api_rings_end(struct api *api, const char *room)
{
    int error = links_invitation_cancel(api->conf.links, room, true, api_now(), changed, api);

    if (error)
        log_at(LEVEL_WARN, "invitations.cancel", "error=\"%s\"", strerror(-error));
}
