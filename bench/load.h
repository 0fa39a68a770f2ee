/** The other end of the benchmark: a publisher and its viewers, in a process of their own. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "base/usec.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum load_phase {
    LOAD_PUBLISHER, ///< the publisher connects
    LOAD_VIEWERS,   ///< its media flows, the viewers come
    LOAD_RUNNING,   ///< everybody is there: what is measured
    LOAD_DONE
};

struct load_conf {
    unsigned viewers;    ///< beside the publisher
    bool conference;     ///< everybody publishes, and sees everybody
    bool silent;         ///< nobody publishes: what does it cost that they are there?
    bool uneven;         ///< half of a frame's packets are a byte longer, as with browsers
    unsigned rate;       ///< times 30 frames of 6 packets and 50 audio packets a second
    unsigned seconds;    ///< of LOAD_RUNNING
    const char *profile; ///< OpenSSL's name of the one SRTP profile that is offered
};

/** Shared by both processes. The load writes, the worker's side reads. */
struct load_result {
    _Atomic unsigned phase;  ///< enum load_phase
    _Atomic unsigned agreed; ///< clients whose agreement the worker took; it writes this one
    uint64_t received;       ///< RTP packets that came to viewers while it ran
    uint64_t opened;         ///< of them, every hundredth, decrypted and compared
    uint64_t wrong;          ///< and found not to be what was sent
    uint64_t published;
    usec_t join_p50, join_p99;   ///< from the agreement to a viewer's first packet of media
    usec_t delay_p50, delay_p99; ///< from the picture to the viewer, the load's turns included
    bool failed;                 ///< not everybody could connect
};

/**
 * Plays the clients until the end and returns.
 * \param letters where letters for the worker are written
 * \param server the worker's address
 * \param fingerprint of its certificate
 */
void load_run(const struct load_conf *conf, struct load_result *out, int letters,
              const struct sockaddr_in6 *server, const char *fingerprint);

#endif
