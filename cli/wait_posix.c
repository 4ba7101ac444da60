#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void wait_readable(const int *fds, bool *ready, size_t count, int timeout_ms) {
    struct pollfd polled[WAIT_MAX];
    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    poll(polled, (nfds_t)count, timeout_ms);
    for (size_t i = 0; i < count; i++)
        ready[i] = polled[i].revents != 0;
}

/* To follow a FIFO it is opened for writing too: else it would end with its first writer. */
int open_lines(const char *name, bool follow) {
    struct stat what;
    if (strcmp(name, "-") == 0)
        return STDIN_FILENO;
    if (stat(name, &what) != 0)
        return -1;
    if (S_ISDIR(what.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    return open(name, (follow && S_ISFIFO(what.st_mode) ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY);
}
