/*
 * The walk of many packets, for counting what it costs: one publisher, thirty viewers on
 * perfect lines, in the simulated network. Prints how many packets the worker has sent. Not a
 * test by itself: tests/sim/instructions runs it under callgrind.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>

#define VIEWERS 30
#define SPAN    (4 * USEC_PER_SEC)

int main(void)
{
    struct sim *s = sim_begin("walk", 1);
    struct client *publisher = sim_client(s, NULL);
    client_publish(publisher, SOURCE_MICROPHONE, CODEC_OPUS, 1);
    client_publish(publisher, SOURCE_CAMERA, CODEC_VP8, 1)->layer[0].packets_per_frame = 6;
    sim_join(s, publisher);
    for (unsigned i = 0; i < VIEWERS; i++) {
        struct client *viewer = sim_client(s, NULL);
        client_receive_pairs(viewer, 1);
        sim_join(s, viewer);
    }
    sim_settle(s);
    sim_run(s, SPAN);
    (void)printf("packets %" PRId64 "\n", sim_stat(s, "packets_out"));
    sim_end(s);
    return 0;
}
