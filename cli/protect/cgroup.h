/*
 * Cgroups of version 2: what can be done with one by a descriptor of its directory alone, so that another process that is handed
 * the descriptor can hold and end what is in it, and how one is found, made and removed.
 *
 * A cgroup reaches every process in it and below it, however fast it starts others. A process that may write to another cgroup can
 * move itself there: descendants.h looks for those.
 */
#ifndef COPP_CLI_CGROUP_H
#define COPP_CLI_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Freezes all of it. True: within limit_ms milliseconds the kernel said so (frozen 1 in cgroup.events), or it is empty. It stays
 * frozen, also if this answers false: what has not stopped yet will. */
bool cgroup_hold(int fd, unsigned limit_ms);

/* Lets it go on. False: it stays frozen, with errno. */
bool cgroup_resume(int fd);

/* Kills all of it, frozen or not, without letting it run. False, with errno: some of it was not reached. Wait until cgroup_life says
 * that it is empty: the kernel passes over a process whose first thread has ended. */
bool cgroup_kill(int fd);

/* Sends a signal to each process in it. What they start meanwhile may be missed. False: some were not reached. */
bool cgroup_signal(int fd, int number);

enum cgroup_life {
    CGROUP_EMPTY, /* no process is in it or below it, or it has been removed */
    CGROUP_POPULATED,
    CGROUP_UNKNOWN /* the kernel does not tell */
};
enum cgroup_life cgroup_life(int fd);

/* Whether a process that is in it by /proc is in it with all of its threads. False: it has been removed, and another may have its
 * name; or it has been made a threaded one, which holds single threads. */
bool cgroup_encloses(int fd);

/* Moves a process into it, with all of its threads. False with errno. */
bool cgroup_add(int fd, pid_t pid);

/* Whether the process is in it, not counting what is below it. */
bool cgroup_has(int fd, pid_t pid);

/* Removes the empty cgroups below it. */
void cgroup_remove_below(int fd);

/* --- one of our own: cgroup_place.c --- */

struct cgroup {
    int fd; /* its directory; locked as long as it is open */
    int parent; /* the directory of that */
    char name[64]; /* in the parent */
};

/* Opens the directory of the cgroup that a process is in, wherever one is mounted. -1: it is not in one that we can see. */
int cgroup_open_of(pid_t pid);

/* Whether whoever manages the cgroups has handed this one over to us: by systemd's mark, or by its owner where that is a user. */
bool cgroup_is_delegated(int fd);

/* Makes a cgroup for a command in parent, which is taken over in any case. What other programs like this one have left there when
 * they were killed ends now, and is removed. False, with errno. Remove it. */
bool cgroup_make(struct cgroup *cgroup, int parent);

/* Ends what programs like this one have left in parent when they were killed, and removes it. */
void cgroup_remove_left(int parent);

/* For another process, such as one that sees to a command whose copp is gone: the cgroup that cgroup_make has made for a command, by
 * one of the processes in it. It is not locked. False: there is none. Remove it where its maker cannot. */
bool cgroup_find(struct cgroup *cgroup, pid_t pid);

/* Closes it, and leaves it where it is. */
void cgroup_close(struct cgroup *cgroup);

/* Closes it and removes it, with what is below it. What still runs in it stays, and so does the directory. */
void cgroup_remove(struct cgroup *cgroup);

#endif
