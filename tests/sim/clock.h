/** The wall clock of a simulated run. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "base/usec.h"

void sim_clock(usec_t now);

#endif
