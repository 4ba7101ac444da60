/*
 * The process part of copp protect: a command that runs in a group of its own, so that holding and ending it reach what it has
 * started as well. The group is a cgroup if one is available (containment.h), a process group, and all that descends from it
 * (child.c), on Windows a job (child_windows.c).
 * It knows nothing of protection or terminals: others say when to hold it, and look after the terminal (terminal.h).
 */
#ifndef COPP_CLI_CHILD_H
#define COPP_CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef _WIN32
#include "containment.h"
#endif

#ifdef _WIN32
struct child_thread {
    uint32_t id;
    bool held; /* else it has ended */
};
#endif

#define CHILD_NAMED_MAX 16u

struct child {
    bool runs;
    bool held; /* stopped by child_hold */
    bool interrupted; /* has ended, by SIGINT, as a terminal's Ctrl-C sends it */
    bool refuses; /* some of it could not be held: it is another user's, say */
    bool unknown; /* once at least we could not tell what all of it was: what was not seen may run on */
#ifdef _WIN32
    void *process;
    void *job;
    uint32_t id;
    struct child_thread *threads; /* that child_hold has found */
    size_t count;
#else
    struct containment containment;
    int named[CHILD_NAMED_MAX]; /* processes outside of its cgroup that have been named */
    size_t named_count;
    uint64_t look_ms; /* when to look for others */
    int group; /* the first process, not reaped before all of it has ended, so that the number is its own; 0: nothing to end */
#endif
};

enum child_state {
    CHILD_RUNNING,
    CHILD_SUSPENDED, /* a terminal stopped it (Ctrl-Z) */
    CHILD_ENDED
};

/*
 * Starts argv (which ends with NULL). terminal: the one whose foreground it gets, or -1. no_input: it has no standard input.
 * Returns 0, or the errno of what failed: nothing runs then. Call signals_open before.
 */
int child_start(struct child *child, char **argv, int terminal, bool no_input);

/* What holds it together. */
struct child_place {
    const char *description; /* for whoever lists the system's units; NULL: a cgroup is not tried */
    bool required; /* it is not started without a cgroup */
    const char *kind; /* which it has become: "scope", "cgroup" or "processes"; on Windows "job" */
    char reason[512]; /* if a cgroup was tried: why it is not, or not a scope of systemd's; "" */
};

/* The same, in a cgroup if one is available: the command never runs outside. ENOTSUP: one is required and not available. */
int child_start_in(struct child *child, char **argv, int terminal, bool no_input, struct child_place *place);

/* Calls name for each of its processes that has left its cgroup and has not been named before. It is held and ended by signals
 * alone. Looks a few times a second. */
void child_name_outside(struct child *child, void (*name)(void *context, int pid, const char *cgroup), void *context);

/* Calls name for each that has left it and runs: after child_hold answered false. */
void child_name_running(struct child *child, void (*name)(void *context, int pid, const char *cgroup), void *context);

/* The number of its process group, for terminal.h; 0: it has none, or nothing of it is left. */
int child_group(const struct child *child);

/* Looks at its first process, without waiting. CHILD_ENDED: *status is its exit status as a shell has it; what it left running
 * is still held, told and ended by the calls below. */
enum child_state child_look(struct child *child, int *status);

/* Stops all of it, also once more what others have let go on since: no content is shown. False: some of it cannot be stopped, or (unknown) may run without our knowledge. */
bool child_hold(struct child *child);
void child_resume(struct child *child); /* lets it go on */

/* Tells what is left of it to end, and does not wait for that. What is held hears of it when it goes on. */
void child_tell_end(struct child *child);
/* Whether any of it is left, or we cannot tell; does not wait. Call it after child_tell_end until it is not, then child_end. */
bool child_left(struct child *child);

/* Kills what is left of it, and returns once it has ended; what was held does not run again. False, a second later: some of it
 * cannot be made to end, or (unknown) we cannot tell. */
bool child_end(struct child *child);

#endif
