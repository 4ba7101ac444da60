/* Waiting for something to read: what each system does in its own way (wait_posix.c, wait_windows.c). */
#ifndef COPP_CLI_WAIT_H
#define COPP_CLI_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAIT_MAX 72u /* copp protect waits for 64 outputs */

/* Waits until one of the count descriptors (WAIT_MAX at most; -1: none) can be read from without waiting, or the time is up;
 * ready tells which can. */
void wait_readable(const int *fds, bool *ready, size_t count, int timeout_ms);

/* A descriptor that can be read from as soon as another can, and besides once a time is up. */
struct wake {
    int fd;
    int timer;
};
/* No time is set at first. False with errno; close in any case. (On Windows it is the other descriptor, and no time is up.) */
bool wake_open(struct wake *wake, int fd);
void wake_close(struct wake *wake);
/* Milliseconds from now; 0: no time is set any more. */
void wake_set(const struct wake *wake, uint64_t ms);

/* Opens what lines come from ("-": standard input), for reading; -1 with errno set. follow: a FIFO may be written to any
 * number of times, and never ends. */
int open_lines(const char *name, bool follow);

#endif
