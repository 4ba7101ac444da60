/* A program of our own that does for us what may hang in the kernel. We talk to it by a socket, its standard input. */
#ifndef COPP_OUTPUTS_RECEIVER_HELPER_H
#define COPP_OUTPUTS_RECEIVER_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "copp/base.h"

struct helper {
    int socket; /* of packets; -1: it does not run */
    pid_t pid;
    int pidfd; /* -1: the kernel has none */
};

/* argument: its only one; NULL: none. False, with errno: it cannot be started. The program ends when the socket is closed. */
COPP_NODISCARD bool helper_start(struct helper *helper, const char *program, const char *argument);
/* Of one that runs. One that hangs in the kernel ends when that lets it go; the end of its socket tells. */
void helper_kill(const struct helper *helper);
/* Ends it without waiting for one that the kernel does not let go: init reaps that when this process has ended. One that does not
 * run is all right. */
void helper_stop(struct helper *helper);

#endif
