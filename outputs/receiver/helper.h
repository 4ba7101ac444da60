/* A program of our own that does for us what may hang in the kernel. We talk to it by a socket, its standard input. */
#ifndef COPP_OUTPUTS_RECEIVER_HELPER_H
#define COPP_OUTPUTS_RECEIVER_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "copp/base.h"

#define HELPER_LEFT 4u

struct helper_process {
    pid_t pid; /* 0: none */
    int pidfd; /* -1: there was none left */
};

struct helper {
    int socket; /* of packets; -1: it does not run */
    struct helper_process process;
    struct helper_process left[HELPER_LEFT]; /* that were killed, and had not ended when they were waited for */
};

/* argument: its only one; NULL: none. False, with errno: it cannot be started; EAGAIN: as many as there may be hang in the kernel. The
 * program ends when the socket is closed. */
COPP_NODISCARD bool helper_start(struct helper *helper, const char *program, const char *argument);
/* Of one that runs. One that hangs in the kernel ends when that lets it go; the end of its socket tells. */
void helper_kill(const struct helper *helper);
/* Ends it without waiting for one that the kernel does not let go: helper_reap does. One that does not run is all right. */
void helper_stop(struct helper *helper);
/* Reaps those that have ended since they were stopped, without waiting: to be called now and then. */
void helper_reap(struct helper *helper);
/* Stops it for good. What has not ended by then is reaped by init, when this process has ended. */
void helper_close(struct helper *helper);

#endif
