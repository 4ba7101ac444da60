/* A process that waits for a word before it becomes a command: until then it can be put where it is to run. */
#ifndef COPP_CLI_SPAWN_H
#define COPP_CLI_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn_terms {
    char **argv; /* ends with NULL */
    int terminal; /* whose foreground it gets; -1: none */
    bool no_input; /* it has no standard input */
    int cgroup; /* that it is born in, where the kernel can do that; -1: ours */
};

struct spawn {
    pid_t pid; /* its own process group's leader */
    int report[2];
    int gate[2];
};

/* Starts the process, which waits. 0 or an errno; close in any case, and it ends unless it was told to go on. */
int spawn_begin(struct spawn *spawn, const struct spawn_terms *terms);

/* Lets it become the command. 0, or the errno of why it could not: it has ended then. */
int spawn_go_on(struct spawn *spawn);

void spawn_close(struct spawn *spawn);

#endif
