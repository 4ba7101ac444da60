/*
 * The guardian of copp protect: a process that outlives copp, and sees to the command when copp cannot. It is the process that was
 * started, and copp goes on in a child of it. It stops the command when copp has not been heard of for 2 seconds (APP-3) or has been
 * stopped by SIGSTOP, kills it when copp has ended before it, passes on to copp the signals that it gets, stops with it, and ends with
 * its exit status. It holds no session and no keys: nothing is open before the two part.
 *
 * These are copp's calls (guardian.c). They do nothing without a command, which needs no guardian, and on Windows, where the job ends with
 * copp (guardian_windows.c).
 */
#ifndef COPP_CLI_GUARDIAN_H
#define COPP_CLI_GUARDIAN_H

#include <stdbool.h>

struct guardian_page;

struct guardian {
    struct guardian_page *page; /* shared with it; NULL: there is none */
    int fd; /* to it; -1: there is none */
    bool noticed; /* that it holds the command */
};

#define GUARDIAN_NONE                                                                                                            \
    { .fd = -1 }

enum guardian_side {
    GUARDIAN_FAILED = 0, /* errno says why; nobody else goes on */
    GUARDIAN_IS_COPP, /* go on, and close it in the end */
    GUARDIAN_IS_ITSELF /* copp has ended: exit with the status */
};

/* Parts the two; call it before anything is open. It returns in both. */
enum guardian_side guardian_start(struct guardian *guardian, int *status);
void guardian_close(struct guardian *guardian);

/* Readable when there is a reason to call guardian_beat and guardian_has_ended; -1: never. */
int guardian_fd(const struct guardian *guardian);
/* It has ended: nobody would see to the command in copp's place. */
bool guardian_has_ended(const struct guardian *guardian);

/* The command: is about to be started; runs, with this process group; is ended, which takes at_most_ms; has ended, all of it. */
void guardian_command_starts(struct guardian *guardian);
void guardian_command_runs(struct guardian *guardian, int group);
void guardian_command_ends(struct guardian *guardian, unsigned at_most_ms);
void guardian_command_ended(struct guardian *guardian);

/* copp itself holds the command, or not: while it does, nobody is told that copp is silent. It may be waiting for a driver. */
void guardian_command_is_held(struct guardian *guardian, bool held);

/* Says that copp lives; to be called between any two things that may take long, while the command runs. True, once each time: the
 * guardian has held the command. Hold it, look at the protection, and then call guardian_release. */
bool guardian_beat(struct guardian *guardian);

/* Before a command that was held goes on. False: the guardian has held it since the last guardian_beat, and what was looked at before
 * is too old: it must not go on yet. */
bool guardian_release(struct guardian *guardian);

/* copp stops itself, for Ctrl-Z, once it holds the command; and goes on. Its guardian stops with it. */
void guardian_suspend(struct guardian *guardian);
void guardian_go_on(struct guardian *guardian);

#endif
