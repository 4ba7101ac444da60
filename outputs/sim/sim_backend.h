/* A simulator's outputs as a backend, and a descriptor that tells what happens to them. docs/simulator.md lists the events. */
#ifndef COPP_OUTPUTS_SIM_BACKEND_H
#define COPP_OUTPUTS_SIM_BACKEND_H

#include "copp/sim.h"
#include "outputs/backend.h"

/*
 * Takes *sim over, which must be outputs_only, and events_fd: both in any case, and *sim is NULL then. From events_fd, which must
 * not block, it reads events, a line each; -1: none. What cannot happen is logged and left out. log is borrowed, and may be NULL.
 * Returns COPP_E_STATE for a sim with an adapter of its own, and COPP_E_MEMORY; *backend is NULL then.
 */
COPP_NODISCARD enum copp_result copp_sim_backend_open(struct copp_sim **sim, int events_fd, struct copp_backend_log *log,
                                                      struct copp_backend **backend);

#endif
