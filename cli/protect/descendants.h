/*
 * Everything that comes from this program's child, in whichever process group or session it has put itself: children of
 * children, and those whose parent has ended. /proc tells of them, on Linux. What it does not tell (it is not mounted, is
 * another namespace's, hides what is another user's or may not be dumped, memory or descriptors have run out) is not known:
 * that is never nobody.
 */
#ifndef COPP_CLI_DESCENDANTS_H
#define COPP_CLI_DESCENDANTS_H

#include <stdbool.h>
#include <sys/types.h>

enum descendants {
    DESCENDANTS_DONE, /* all have been reached; none is left */
    DESCENDANTS_LEFT, /* some have not been reached, or are left */
    DESCENDANTS_UNKNOWN /* we cannot tell */
};

/* From here on those whose parent ends stay descendants: they become this program's children. Reap them. */
void descendants_adopt(void);

/* Whose descendants the functions below mean, but for descendants_reap: those of this program, unless it names another one here. That
 * one must have adopted its own, is itself not signalled, and has none any more once it has ended. */
void descendants_of(pid_t pid);

/* Reaps the children that have ended, but for leader, which keeps its number, and its process group's. */
void descendants_reap(pid_t leader);

/*
 * Signals each of them, and those that come meanwhile; after SIGSTOP all have stopped. DESCENDANTS_LEFT, a second later at the
 * latest: some were not reached, because they are another user's, do not stop, or start others faster than we can follow.
 * Whoever was not ours when it was signalled is never signalled: its number may be somebody else's by now.
 */
enum descendants descendants_signal(int number);

/* Whether all of them still stand, as after SIGSTOP, or have ended. DESCENDANTS_LEFT: some run. */
enum descendants descendants_still(void);

/*
 * The same of those alone that are in no cgroup at or below one of version 2, by its path in /proc. NULL: of all.
 */
enum descendants descendants_signal_outside(int number, const char *cgroup);

/* Calls outside for each of them that runs outside of it. One quick look: not all are found while others are started. */
void descendants_outside(const char *cgroup, void (*outside)(void *context, pid_t pid), void *context);

/* Whether any of them runs: one whose threads have all ended does not, even if nobody has asked for it. */
enum descendants descendants_left(void);

#endif
