/** What the files of the BigBlueButton layer share (docs/integrations/bigbluebutton.md). */
#ifndef API_BBB_H
#define API_BBB_H

#include "bbb_xml.h"
#include "form.h"
#include "inner.h"
#include "links/meetings.h"

/** A call whose checksum was right. */
struct bbb_ask {
    struct api *api;
    struct http_req *req;
    struct links_tenant tenant;
    struct form query, body; ///< its parameters: none is there twice
};

/** A parameter, or NULL if it is absent or empty. */
const char *bbb_get(const struct bbb_ask *ask, const char *name);

/** Answers that it failed: BigBlueButton's key, and a sentence in English. */
void bbb_fail(struct http_req *req, const char *key, const char *message);

/** Answers for an error of `links`. */
void bbb_fail_error(struct http_req *req, int error);

/** The parameter meetingID; NULL: it is absent or unfit, and it was answered. */
const char *bbb_meeting_id(const struct bbb_ask *ask);

/** The meeting that the call names, and its room, which is not closed; false: answered. */
bool bbb_meeting(const struct bbb_ask *ask, struct links_meeting *meeting,
                 struct links_room *room);

void bbb_fail_unknown(struct http_req *req);

/** One line of at most `chars` characters, cut if it is longer; false: it is none. */
bool bbb_line(const char *text, size_t chars, char *out, size_t size);

/* bbb_options.c: what create says of a meeting, kept as JSON. */

/** What becomes of those who come as guests. */
enum bbb_guests { GUESTS_ENTER, GUESTS_ASK, GUESTS_STAY_OUT };

struct bbb_options {
    char logout[LINKS_LEAVE_SIZE]; ///< an http(s) URL, or ""
    int64_t max;                   ///< participants; 0: no limit
    int64_t duration;              ///< minutes, told again and no more; 0: none
    enum bbb_guests guests;
    json_t *meta; ///< owned: an object of strings
};

/** Reads a call's parameters; false: it was answered. bbb_options_fini() ends it if true. */
bool bbb_options_read(const struct bbb_ask *ask, struct bbb_options *out);
void bbb_options_fini(struct bbb_options *options);

/** As JSON text; false: it does not fit. And back: what is not in it has its default. */
bool bbb_options_write(const struct bbb_options *options, char out[LINKS_MEETING_OPTIONS_SIZE]);
void bbb_options_of(const struct links_meeting *meeting, struct bbb_options *out);

/* the calls */
void bbb_create(const struct bbb_ask *ask);
void bbb_join(const struct bbb_ask *ask);
void bbb_end(const struct bbb_ask *ask);
void bbb_is_running(const struct bbb_ask *ask);
void bbb_info(const struct bbb_ask *ask);
void bbb_list(const struct bbb_ask *ask);

/** "Mon Jul 09 17:03:29 UTC 2018". */
void bbb_date(int64_t ms, char out[40]);

#endif
