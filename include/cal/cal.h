/**
 * Calendars of others: find the events that invite us, put our link in, take it out again.
 *
 * libical reads (RFC 5545); what we write is spliced into the original text, because libical
 * rewrites what it does not know. Our scanner guards it: at most 256 KiB, 64 events, four
 * components deep, no NUL.
 */
#ifndef CAL_CAL_H
#define CAL_CAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAL_MAX      262144 ///< bytes of a calendar
#define CAL_EVENTS   64
#define CAL_DEPTH    4
#define CAL_UID_SIZE 256   ///< bytes with the NUL
#define CAL_LINE_MAX 65536 ///< bytes of one content line, unfolded

// Around our text in a description: so it can be found, replaced and taken out again.
#define CAL_MARK_BEGIN "-::~ salon ~::-"
#define CAL_MARK_END   "-::~ ~::-"

/** A content line: where it is in the text, with its folds and its line end. */
struct cal_line {
    size_t at, len;
};

struct cal_event {
    char uid[CAL_UID_SIZE];
    size_t end;            ///< where its END:VEVENT begins: new lines go before it
    unsigned first, count; ///< its own lines in `line`, those of parts within it left out
    bool invited;          ///< the resource is an attendee, or LOCATION says @salon
    bool cancelled;
    bool recurs;
    int64_t ends_at; ///< seconds since 1970; 0 unknown
};

struct cal {
    const char *text; ///< not owned
    size_t len;
    const char *newline; ///< "\r\n", or "\n" where the text has that
    char method[16];     ///< "REQUEST"; "" if none
    unsigned event_count;
    struct cal_event event[CAL_EVENTS];
    unsigned line_count, line_cap;
    struct cal_line *line; ///< owned
};

/**
 * Reads a calendar of `len` bytes, which must stay. `resource` is the e-mail that is invited,
 * "" for none. Returns 0; -EINVAL and in `*why` (static) what is wrong; or -ENOMEM. Free with
 * cal_fini() in any case.
 */
int cal_read(struct cal *c, const char *text, size_t len, const char *resource,
             const char **why);
void cal_fini(struct cal *c);

/** What becomes of an event. */
struct cal_edit {
    const char *url;  ///< put it in; NULL: take out what is ours
    const char *old;  ///< the link that may be in it, "" if none is known
    const char *id;   ///< X-CONFERENCE-ID
    const char *text; ///< for the description: lines, without the markers
    const char *label;
};

/**
 * The calendar with each event edited as its `edit` says (NULL: left as it is). To be freed;
 * NULL without memory. What need not change is the same bytes.
 */
char *cal_write(const struct cal *c, const char *resource,
                const struct cal_edit *const edit[CAL_EVENTS]);

/** An iTIP reply (RFC 5546 section 3.2.3): the resource accepts the first invited event. */
char *cal_reply(const struct cal *c, const char *resource, int64_t now);

/** A calendar of one event of ours. Times are seconds since 1970. */
struct cal_made {
    const char *uid, *summary, *url, *id, *text, *label;
    int64_t start, end, now;
};

char *cal_make(const struct cal_made *made);

/** The lines that carry our link into an event, unfolded and without line ends. */
struct cal_lines {
    char *line[4]; ///< LOCATION, CONFERENCE, X-CONFERENCE, X-CONFERENCE-ID; owned
};

/** 0 or -ENOMEM. Free each line. */
int cal_link_lines(const struct cal_edit *edit, struct cal_lines *out);

#endif
