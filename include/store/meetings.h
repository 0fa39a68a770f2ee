/** Meetings of front ends that speak BigBlueButton, and one-use tokens that are used up. As in
 * store.h. */
#ifndef STORE_MEETINGS_H
#define STORE_MEETINGS_H

#include "store/store.h"

#define STORE_MEETING_REF_SIZE     1025 ///< a meeting id: at most 256 characters
#define STORE_MEETING_BOX_SIZE     542
#define STORE_MEETING_OPTIONS_SIZE 8193

struct store_meeting {
    char tenant[STORE_ID_SIZE], ref[STORE_MEETING_REF_SIZE], room[STORE_ID_SIZE];
    int64_t created_ms;
    uint8_t box[STORE_MEETING_BOX_SIZE];      ///< encrypted
    char options[STORE_MEETING_OPTIONS_SIZE]; ///< JSON
};

/** The tenant's meeting of this id is this one from now on. */
int store_meeting_put(struct store *store, const struct store_meeting *meeting);

/** With its room. */
int store_meeting_get(struct store *store, const char *tenant, const char *ref,
                      struct store_meeting *out, struct store_room *room);

/** Calls `each` for those whose room is not closed, newest room first. */
int store_meeting_list(struct store *store, const char *tenant, unsigned limit,
                       void (*each)(const struct store_meeting *meeting,
                                    const struct store_room *room, void *ctx),
                       void *ctx);

/** A token is used up; it is remembered until it expires. -EEXIST: it was before. */
int store_token_use(struct store *store, const char *id, int64_t expires_at, int64_t now);

/** 0 if it was used up, -ENOENT if not. */
int store_token_used(struct store *store, const char *id);

#endif
