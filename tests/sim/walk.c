/*
 * The walk of many packets, for counting what it costs: one publisher, thirty viewers on
 * perfect lines, in the simulated network; with the argument "flight" the room is recorded.
 * Prints how many packets the worker has sent. Not a test by itself: tests/sim/instructions
 * runs it under callgrind.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEWERS 30
#define SPAN    (4 * USEC_PER_SEC)
#define MEMORY  ((size_t)8 << 20) ///< for a recording; all of it

static void record(struct sim *s)
{
    struct room *r = map_get(&s->worker->rooms, SIM_ROOM, strlen(SIM_ROOM));
    if (!r || flight_pool_init(&s->worker->flight, MEMORY) < 0)
        abort();
    flight_init(&r->flight, &s->worker->flight);
}

int main(int argc, char **argv)
{
    struct sim *s = sim_begin("walk", 1);
    if (argc > 1 && strcmp(argv[1], "flight") == 0)
        record(s);
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
