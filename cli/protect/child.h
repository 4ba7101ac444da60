/*
 * A command that runs in a group of its own, so that holding and ending it reach what it has started as well: a process group
 * and all that descends from it (child.c), on Windows a job (child_windows.c). On a terminal a process group gets the
 * foreground as a shell would give it: Ctrl-C and Ctrl-Z are the command's.
 */
#ifndef COPP_CLI_CHILD_H
#define COPP_CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
struct child_thread {
    uint32_t id;
    bool held; /* else it has ended */
};
#endif

struct child {
    bool runs;
    bool held; /* stopped by child_hold, or by the person */
    bool interrupted; /* has ended, by a terminal's Ctrl-C */
    bool refuses; /* some of it could not be held: it is another user's, say */
    bool unknown; /* once at least we could not tell what all of it was: what was not seen may run on */
#ifdef _WIN32
    void *process;
    void *job;
    uint32_t id;
    struct child_thread *threads; /* that child_hold has found */
    size_t count;
#else
    int group; /* the first process, not reaped before all of it has ended, so that the number is its own; 0: nothing to end */
    int tty; /* the terminal whose foreground it has; -1: none */
#endif
};

enum child_state {
    CHILD_RUNNING,
    CHILD_SUSPENDED, /* the person stopped it (Ctrl-Z) */
    CHILD_ENDED
};

/* Starts argv (which ends with NULL). own_terminal: leave the terminal's foreground to this program, and give the
 * command no standard input. 0, or the errno of what failed: nothing runs then. Call signals_open before. */
int child_start(struct child *child, char **argv, bool own_terminal);

/* Looks without waiting. CHILD_ENDED: *status is its exit status as a shell has it, and what it left running is told to end;
 * child_end waits for that. */
enum child_state child_look(struct child *child, int *status);

/* Stops all of it: no content is shown. False: some of it cannot be stopped, or (unknown) may run without our knowledge. */
bool child_hold(struct child *child);
void child_resume(struct child *child); /* lets it go on, in the foreground where that is ours to give */

/*
 * Holds the command and stops this program, and with job the other processes of its job as well, as the terminal's Ctrl-Z does;
 * returns when the person continues it. The command stays held.
 */
void child_suspend(struct child *child, bool job);

/* Ctrl-C ended the command, which had the terminal: gives whoever called this program, and the program itself, the SIGINT
 * that the terminal would have given them. Call it last, SIGINT is blocked until then. */
void child_pass_interrupt(const struct child *child);

/* Asks what is left of it to end, and after grace_ms makes it; returns once it has ended. False, a second later: some of it cannot
 * be made to, or (unknown) we cannot tell. */
bool child_end(struct child *child, unsigned grace_ms);

#endif
