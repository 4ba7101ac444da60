/*
 * What holds a command together: the first of these that is available.
 * 1. where systemd manages the cgroups, a scope of the system's manager (as root) or of the user's: nobody else may make cgroups in
 *    what systemd has not handed over;
 * 2. a cgroup in our own one, if systemd has delegated that to us, or if systemd does not run and the kernel permits it;
 * 3. nothing but what /proc tells (descendants.h).
 * It guards against accidents. What runs as the same user can leave a cgroup: descendants outside are looked for all the same.
 */
#ifndef COPP_CLI_CONTAINMENT_H
#define COPP_CLI_CONTAINMENT_H

#include "cgroup.h"
#include "process.h"
#include "scope.h"

enum containment_kind {
    CONTAINMENT_PROCESSES = 0, /* 3 */
    CONTAINMENT_CGROUP, /* 2 */
    CONTAINMENT_SCOPE /* 1 */
};

struct containment {
    enum containment_kind kind;
    bool prepared; /* else all is zero, and there is nothing to end */
    struct cgroup cgroup; /* unless it is CONTAINMENT_PROCESSES */
    char path[PROCESS_CGROUP_SIZE]; /* the same, as /proc has it */
    char reason[2 * SCOPE_REASON_SIZE]; /* why it is not another kind; "" */
};

/* As copp-json(5) calls it. */
const char *containment_name(enum containment_kind kind);

/*
 * Finds a place for a command, and puts its process there, which must not have become the command yet. If a cgroup is available
 * without systemd, containment_prepare has made it before the process exists, and returns its descriptor: let the process be born
 * in it. -1: there is none yet. End it in any case.
 */
int containment_prepare(struct containment *containment);
void containment_place(struct containment *containment, pid_t pid, const char *description);

/* The command has ended: removes what was made. May be called again. */
void containment_end(struct containment *containment);

#endif
