#include "letter/letter.h"
#include "kinds.h"

#include <stdlib.h>

const struct letter_kind letter_kind[LETTER_TYPE_COUNT] = {
    [LETTER_ROOM_OPEN] = {"room.open", TO_ROOM, NULL, NULL},
    [LETTER_ROOM_CLOSE] = {"room.close", TO_ROOM, NULL, NULL},
    [LETTER_MEMBER_JOIN] = {"member.join", TO_MEMBER, NULL, NULL},
    [LETTER_MEMBER_AGREE] = {"member.agree", TO_MEMBER, letter_read_agree, letter_write_agree},
    [LETTER_MEMBER_LEAVE] = {"member.leave", TO_MEMBER, NULL, NULL},
    [LETTER_TRACK_MUTE] = {"track.mute", TO_MEMBER, letter_read_mute, letter_write_mute},
    [LETTER_SLOT_WANT] = {"slot.want", TO_MEMBER, letter_read_wants, letter_write_wants},
    [LETTER_STATS_ASK] = {"stats.ask", TO_WORKER, letter_read_stats_ask,
                          letter_write_stats_ask},
    [LETTER_QUALITY_ASK] = {"quality.ask", TO_ROOM, letter_read_stats_ask,
                            letter_write_stats_ask},
    [LETTER_FLIGHT_ASK] = {"flight.ask", TO_ROOM, letter_read_flight_ask,
                           letter_write_flight_ask},
    [LETTER_DATA_OUT] = {"data.out", TO_MEMBER, letter_read_data_out, letter_write_data_out},
    [LETTER_LOG_LEVEL] = {"log.level", TO_WORKER, letter_read_log_level,
                          letter_write_log_level},
    [LETTER_NOTE] = {"note", TO_ROOM, letter_read_note, letter_write_note},
    [LETTER_QUIT] = {"quit", TO_WORKER, NULL, NULL},
    [LETTER_HELLO] = {"hello", TO_WORKER, letter_read_hello, letter_write_hello},
    [LETTER_MEMBER_AGREED] = {"member.agreed", TO_MEMBER, letter_read_agreed,
                              letter_write_agreed},
    [LETTER_MEMBER_CONNECTED] = {"member.connected", TO_MEMBER, letter_read_connected,
                                 letter_write_connected},
    [LETTER_MEMBER_GONE] = {"member.gone", TO_MEMBER, letter_read_gone, letter_write_gone},
    [LETTER_SLOT_CHANGED] = {"slot.changed", TO_MEMBER, letter_read_seats, letter_write_seats},
    [LETTER_SPEAKER] = {"speaker", TO_ROOM, letter_read_speaker, letter_write_speaker},
    [LETTER_STATS] = {"stats", TO_WORKER, letter_read_stats, letter_write_stats},
    [LETTER_TRACK_DEMAND] = {"track.demand", TO_MEMBER, letter_read_demand,
                             letter_write_demand},
    [LETTER_QUALITY] = {"quality", TO_ROOM, letter_read_stats, letter_write_stats},
    [LETTER_FLIGHT] = {"flight", TO_ROOM, letter_read_flight, letter_write_flight},
    [LETTER_DATA_IN] = {"data.in", TO_MEMBER, letter_read_data_in, letter_write_data_in},
    [LETTER_ROOM_HELD] = {"room.held", TO_ROOM, NULL, NULL},
    [LETTER_MEMBER_HELD] = {"member.held", TO_MEMBER, letter_read_held, letter_write_held},
    [LETTER_HELD_END] = {"held.end", TO_WORKER, NULL, NULL},
};

const char *letter_name(enum letter_type type)
{
    return (unsigned)type < LETTER_TYPE_COUNT ? letter_kind[type].name : "?";
}

void letter_fini(struct letter *l)
{
    if (l->type == LETTER_MEMBER_AGREE)
        agreement_fini(&l->u.agree.agreement);
    if (l->type == LETTER_SLOT_WANT)
        free(l->u.wants.want);
    if (l->type == LETTER_SLOT_CHANGED)
        free(l->u.seats.seat);
    if (l->type == LETTER_TRACK_DEMAND)
        free(l->u.demand.track);
    if (l->type == LETTER_DATA_IN || l->type == LETTER_DATA_OUT)
        free(l->u.data.text);
    if (l->type == LETTER_NOTE)
        free(l->u.note.text);
    if (l->type == LETTER_FLIGHT)
        free(l->u.flight.bytes);
    if (l->type == LETTER_STATS || l->type == LETTER_QUALITY)
        json_decref(l->u.stats.body);
}
