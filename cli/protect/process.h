/* One process of Linux: what /proc tells of it, and signals that reach it and nobody who has its number after it. */
#ifndef COPP_CLI_PROCESS_H
#define COPP_CLI_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Calls child for each of its children, whichever of its threads has started them. False: /proc does not tell all of them, or
 * tells of another namespace's processes. A process that has ended has none. */
bool process_children(pid_t pid, void (*child)(void *context, pid_t pid), void *context);

/* For process_children, and whoever else calls with numbers: whether one of them is wanted. */
struct process_search {
    pid_t wanted;
    bool found;
};
static inline void process_search(void *search, pid_t pid) {
    struct process_search *s = search;
    s->found = s->found || pid == s->wanted;
}

enum process_state {
    PROCESS_RUNNING, /* one of its threads does, also where the first one has ended */
    PROCESS_STOPPED, /* all of them */
    PROCESS_ENDED,
    PROCESS_UNKNOWN /* it is there, and /proc does not tell more */
};
enum process_state process_state(pid_t pid);

/* The path of its cgroup of version 2, as /proc has it. False: it is in none, it has ended, or /proc does not tell. */
#define PROCESS_CGROUP_SIZE 4096u
bool process_cgroup(pid_t pid, char path[static PROCESS_CGROUP_SIZE]);

#define PROCESS_NONE (-1) /* nobody has the number */
#define PROCESS_BY_NUMBER (-2) /* a kernel before 5.3: what was made sure of may change before the signal comes */

/* A descriptor of the process that has the number now, or one of the above. Close it. */
int process_open(pid_t pid);
void process_close(int process);

enum process_signalled {
    PROCESS_SIGNALLED,
    PROCESS_GONE, /* it has ended */
    PROCESS_REFUSED /* it is another user's, or cannot be reached */
};
enum process_signalled process_signal(int process, pid_t pid, int number);

#endif
