#include "base/drop.h"

const char *drop_name(enum drop why)
{
    switch (why) {
    case DROP_NONE:
        return "none";
    case DROP_SHORT:
        return "short";
    case DROP_MALFORMED:
        return "malformed";
    case DROP_UNKNOWN_PEER:
        return "unknown_peer";
    case DROP_UNKNOWN_SSRC:
        return "unknown_ssrc";
    case DROP_AUTH:
        return "auth";
    case DROP_REPLAY:
        return "replay";
    case DROP_LATE:
        return "late";
    case DROP_NOT_READY:
        return "not_ready";
    case DROP_UNKNOWN_PT:
        return "unknown_pt";
    case DROP_DUPLICATE:
        return "duplicate";
    case DROP_MUTED:
        return "muted";
    case DROP_LIMIT:
        return "limit";
    case DROP_COUNT:
        break;
    }
    return "?";
}
