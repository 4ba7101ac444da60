/* A scope of systemd's for a command: a cgroup that its manager makes, hands over, and removes once it is empty. */
#ifndef COPP_CLI_SCOPE_H
#define COPP_CLI_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SCOPE_MS 1000u /* as long as all of scope_start may take, milliseconds */
#define SCOPE_REASON_SIZE 256u

/* Whether systemd manages this machine's cgroups. */
bool scope_systemd_runs(void);

/*
 * Asks the system's manager, as root, or else the user's to put a process into a scope of its own, delegated to us, and waits until
 * that is done. The process must not have become the command yet. description is what the manager shows of it. True: the manager
 * says so; look at the process's cgroup, whose last part is unit then. False: why not is in reason.
 */
#define SCOPE_UNIT_SIZE 64u
bool scope_start(pid_t pid, const char *description, char unit[static SCOPE_UNIT_SIZE], char reason[static SCOPE_REASON_SIZE]);

#endif
