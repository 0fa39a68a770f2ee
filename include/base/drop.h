/**
 * Why a packet went no further.
 *
 * Bad packets are weather, not errors: nobody logs them one by one. Every function on the data
 * path returns one of these, and the worker counts it in one place. DROP_NONE is 0, so
 * `if ((why = step(...))) return why;` reads as "go on unless there is a reason not to".
 */
#ifndef BASE_DROP_H
#define BASE_DROP_H

enum drop {
    DROP_NONE = 0,     ///< went through, or was consumed
    DROP_SHORT,        ///< shorter than its own headers say
    DROP_MALFORMED,    ///< contradicts its RFC
    DROP_UNKNOWN_PEER, ///< no peer owns this address
    DROP_UNKNOWN_SSRC, ///< authentic, but maps to no negotiated mid/rid
    DROP_AUTH,         ///< SRTP/STUN integrity check failed
    DROP_REPLAY,       ///< SRTP index already seen, or too old
    DROP_LATE,         ///< so late that its number towards the receiver is forgotten
    DROP_NOT_READY,    ///< media before DTLS has given us keys
    DROP_UNKNOWN_PT,   ///< a payload type that was not agreed
    DROP_DUPLICATE,    ///< a packet we have already, by another way
    DROP_MUTED,        ///< its sender said that it is muted
    DROP_LIMIT,        ///< over a bound of ours: streams, rate, size
    DROP_COUNT
};

/** Stable name for metrics: "short", "malformed", ... */
const char *drop_name(enum drop why);

#endif
