/* Whether the open file that makes a program DRM master is coppd's as well: it was lent (copp lend). */
#ifndef COPP_CLI_PROBE_LENT_H
#define COPP_CLI_PROBE_LENT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whether both processes have the node open by one and the same open file. False also where that may not be seen (it takes root), or the
 * kernel does not tell (kcmp): then *unseen is set, which the caller has cleared.
 */
bool card_is_shared(pid_t owner, pid_t other, const char *node, bool *unseen);

#endif
