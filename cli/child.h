/*
 * A command that runs in a group of its own, so that holding and ending it reach what it has started as well: a process group
 * (child.c), on Windows a job (child_windows.c). On a terminal a process group gets the foreground as a shell would give it:
 * Ctrl-C and Ctrl-Z are the command's.
 */
#ifndef COPP_CLI_CHILD_H
#define COPP_CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child {
    bool runs;
    bool held; /* stopped by child_hold, or by the person */
    bool interrupted; /* has ended, by a terminal's Ctrl-C */
#ifdef _WIN32
    void *process;
    void *job;
    uint32_t id;
    uint32_t *threads; /* that are held */
    size_t count;
#else
    int group;
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

/* Looks without waiting. CHILD_ENDED: *status is its exit status as a shell has it, and what it left running is told to end. */
enum child_state child_look(struct child *child, int *status);

void child_hold(struct child *child); /* stops all of it: no content is shown */
void child_resume(struct child *child); /* lets it go on, in the foreground where that is ours to give */

/* Stops this program as the command was stopped; returns when the person continues it. The command stays held. */
void child_suspend_with(struct child *child);

/* Ctrl-C ended the command, which had the terminal: gives whoever called this program, and the program itself, the SIGINT
 * that the terminal would have given them. Call it last, SIGINT is blocked until then. */
void child_pass_interrupt(const struct child *child);

/* Asks it to end, and after grace_ms makes it; returns once it has ended. */
void child_end(struct child *child, unsigned grace_ms);

#endif
