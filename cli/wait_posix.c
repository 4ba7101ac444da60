#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void wait_readable(const int *fds, bool *ready, size_t count, int timeout_ms) {
    struct pollfd polled[WAIT_MAX];
    for (size_t i = 0; i < count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    poll(polled, (nfds_t)count, timeout_ms);
    for (size_t i = 0; i < count; i++)
        ready[i] = polled[i].revents != 0;
}

bool wake_open(struct wake *wake, int fd) {
    struct epoll_event readable = {.events = EPOLLIN};
    *wake = (struct wake){.fd = epoll_create1(EPOLL_CLOEXEC), .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
    return wake->fd >= 0 && wake->timer >= 0 && epoll_ctl(wake->fd, EPOLL_CTL_ADD, fd, &readable) == 0 &&
           epoll_ctl(wake->fd, EPOLL_CTL_ADD, wake->timer, &readable) == 0;
}

void wake_close(struct wake *wake) {
    if (wake->fd >= 0)
        (void)close(wake->fd);
    if (wake->timer >= 0)
        (void)close(wake->timer);
    *wake = (struct wake){.fd = -1, .timer = -1};
}

void wake_set(const struct wake *wake, uint64_t ms) {
    const struct itimerspec time = {.it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000}};
    (void)timerfd_settime(wake->timer, 0, &time, NULL);
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
