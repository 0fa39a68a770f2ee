/** What a run does: who speaks to which server, in which rooms, with whom. From flags or YAML.
 */
#ifndef LOAD_SCENARIO_H
#define LOAD_SCENARIO_H

#include "line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENARIO_CROWDS 8
#define SCENARIO_ROOMS  16
#define SCENARIO_LIMITS 16
#define SCENARIO_TEXT   512

enum protocol { PROTOCOL_SALON, PROTOCOL_WHIP, PROTOCOL_JANUS };

/** People of one kind; so many in each room. */
struct crowd {
    unsigned count;
    bool audio, video, screen; ///< what each sends
    unsigned layers;           ///< of a camera
    unsigned receives;         ///< pictures at most
    unsigned screens;          ///< shared screens at most
    unsigned hears;            ///< voices at most
    unsigned width;            ///< the size at which pictures are shown; 0: the best there is
    usec_t changes;            ///< another size every so often; 0: never
    double talks;              ///< share of the time that each speaks
    bool tcp;                  ///< ICE-TCP alone
    struct line_conf line;
};

/** Rooms of one kind. */
struct room_kind {
    unsigned rooms;
    unsigned crowds;
    struct crowd crowd[SCENARIO_CROWDS];
};

/** "loss>1%": the run fails if that is true. */
struct limit {
    char name[32];
    bool above;
    double value;
    char text[64];
};

struct scenario {
    enum protocol protocol;
    char url[SCENARIO_TEXT];
    char key[SCENARIO_TEXT];                       ///< API key, by which rooms are made
    char whip[SCENARIO_TEXT], whep[SCENARIO_TEXT]; ///< %r: the room's name or link
    char link[SCENARIO_TEXT];    ///< of the one room to be used, instead of making some
    char local[64];              ///< address that clients send from
    char profile[64];            ///< the SRTP profile; "": as browsers offer
    char json[SCENARIO_TEXT];    ///< file for the results; "-" is standard output
    char metrics[SCENARIO_TEXT]; ///< where the server tells its own CPU time and memory
    unsigned pid;                ///< the server's process; 0: unknown
    unsigned seed;
    double join_rate;          ///< joins a second
    double churn;              ///< share of the members who leave in a minute, and are replaced
    usec_t duration;           ///< once everybody is there
    usec_t settle;             ///< between the last join and the beginning of the measurement
    usec_t leave;              ///< 0, or: whoever joins stays so long and is replaced
    unsigned kbps;             ///< of a camera's largest layer
    unsigned temporal;         ///< layers of a picture
    unsigned verify;           ///< one viewer of so many decodes; 0: none
    char clips[SCENARIO_TEXT]; ///< folder that keeps what was coded; "": coded each time
    bool no_rtx;
    bool quiet;         ///< no progress line
    struct crowd usual; ///< what a crowd is unless it says otherwise
    unsigned kinds;
    struct room_kind kind[SCENARIO_ROOMS];
    unsigned limits;
    struct limit limit[SCENARIO_LIMITS];
};

/** What is said where a scenario is wrong; "" if nothing is. */
struct complaint {
    char text[300];
};

void scenario_init(struct scenario *s);

/** 0, 1 (help was asked for), or -EINVAL with a complaint. */
int scenario_from_flags(struct scenario *s, int argc, const char *const *argv,
                        struct complaint *why);

/** Reads a YAML file into it. 0, or -EINVAL with a complaint that names the line. */
int scenario_from_file(struct scenario *s, const char *path, struct complaint *why);

/** Likewise from memory; `name` is how complaints call it. */
int scenario_from_text(struct scenario *s, const char *name, const char *text, size_t len,
                       struct complaint *why);

/** True if it can be run; else a complaint. */
bool scenario_is_whole(const struct scenario *s, struct complaint *why);

void scenario_help(void);

/** How many people there are in all. */
unsigned scenario_people(const struct scenario *s);

#endif
