#include "outputs/receiver/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outputs/receiver/exchange.h"

#define CONNECTOR_SIZE 64u
#define LEAVE_MS 100 /* a process that is killed and not stuck is gone by then */

struct receiver_watch {
    char connector[CONNECTOR_SIZE];
    char *sysfs;
    char *dev;
    char *program;
    int epoll; /* of the two below: the process and its socket come and go */
    int failed; /* an eventfd, readable while there is a result that no process has given */
    int socket; /* -1: no process */
    pid_t pid;
    int pidfd; /* of it; -1: the kernel has none */
    bool busy;
    struct receiver_result result; /* asked_ms, while busy */
};

static bool copy(char **to, const char *text, const char *otherwise) {
    *to = strdup(text ? text : otherwise);
    return *to != NULL;
}

static bool add_to_epoll(const struct receiver_watch *watch, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

struct receiver_watch *receiver_watch_open(const char *connector, const struct receiver_system *system) {
    struct receiver_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->socket = watch->pidfd = -1;
    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch->failed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool whole = strlen(connector) < sizeof watch->connector && copy(&watch->sysfs, system ? system->sysfs : NULL, "/sys") &&
                 copy(&watch->dev, system ? system->dev : NULL, "/dev") &&
                 copy(&watch->program, system ? system->program : NULL, COPP_RECEIVER_PROGRAM);
    if (!whole || watch->epoll < 0 || watch->failed < 0 || !add_to_epoll(watch, watch->failed)) {
        receiver_watch_close(&watch);
        return NULL;
    }
    strcpy(watch->connector, connector);
    return watch;
}

/* Its standard input is the socket; signals are as for a program that was just started. */
static int spawn(const struct receiver_watch *watch, int socket, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    char *arguments[] = {watch->program, NULL};
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    int error = posix_spawnattr_init(&attributes);
    if (!error) {
        (void)sigemptyset(&none);
        (void)sigfillset(&all);
        (void)posix_spawnattr_setsigmask(&attributes, &none);
        (void)posix_spawnattr_setsigdefault(&attributes, &all);
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        error = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
        if (!error)
            error = posix_spawn(pid, watch->program, &actions, &attributes, arguments, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool start_process(struct receiver_watch *watch) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return false;
    int error = spawn(watch, sockets[1], &watch->pid);
    (void)close(sockets[1]);
    if (error || !add_to_epoll(watch, sockets[0])) {
        (void)close(sockets[0]); /* which ends it, had it been started */
        return false;
    }
    watch->socket = sockets[0];
    watch->pidfd = (int)syscall(SYS_pidfd_open, watch->pid, 0);
    return true;
}

/* Without waiting for one that the kernel does not let go: init reaps it when this process has ended. */
static void stop_process(struct receiver_watch *watch) {
    siginfo_t info;
    if (watch->socket < 0)
        return;
    (void)close(watch->socket);
    watch->socket = -1;
    if (watch->pidfd < 0) {
        (void)waitpid(watch->pid, NULL, WNOHANG);
        return;
    }
    struct pollfd gone = {.fd = watch->pidfd, .events = POLLIN};
    (void)syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0);
    if (poll(&gone, 1, LEAVE_MS) == 1)
        (void)waitid(P_PIDFD, (id_t)watch->pidfd, &info, WEXITED | WNOHANG);
    (void)close(watch->pidfd);
    watch->pidfd = -1;
}

static bool fail_request(struct receiver_watch *watch, int error) {
    watch->result.error = error;
    (void)eventfd_write(watch->failed, 1);
    return false;
}

enum receiver_state receiver_result_state(const struct receiver_result *result) {
    switch (result->error) {
    case 0:
        return RECEIVER_READ;
    case ENODEV:
        return RECEIVER_NO_BUS;
    case EACCES:
    case EPERM:
        return RECEIVER_NO_ACCESS;
    case ENOENT:
        return RECEIVER_NO_NODE;
    case ECHILD:
        return RECEIVER_NO_PROGRAM;
    default:
        return RECEIVER_SILENT;
    }
}

bool receiver_watch_busy(const struct receiver_watch *watch) {
    return watch->busy;
}

bool receiver_watch_request(struct receiver_watch *watch, uint64_t now_ms) {
    struct receiver_request request = {0};
    if (watch->busy)
        return true;
    watch->busy = true;
    watch->result = (struct receiver_result){.asked_ms = now_ms};
    int error = receiver_find(watch->sysfs, watch->dev, watch->connector, &request.place);
    if (error)
        return fail_request(watch, error);
    if (watch->socket < 0 && !start_process(watch))
        return fail_request(watch, ECHILD);
    if (send(watch->socket, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof request)
        return true;
    stop_process(watch);
    return fail_request(watch, ECHILD);
}

int receiver_watch_fd(const struct receiver_watch *watch) {
    return watch->epoll;
}

static void take_reply(struct receiver_watch *watch, const struct receiver_reply *reply, ssize_t size) {
    if (size != (ssize_t)sizeof *reply) {
        stop_process(watch); /* it has ended, or is not ours */
        watch->result.error = ECHILD;
        return;
    }
    watch->result.error = reply->error;
    if (!reply->error)
        receiver_decode(&reply->bytes, &watch->result.receiver);
}

bool receiver_watch_take(struct receiver_watch *watch, struct receiver_result *result) {
    struct receiver_reply reply;
    eventfd_t failed = 0;
    if (eventfd_read(watch->failed, &failed) != 0) {
        ssize_t size = watch->socket >= 0 ? recv(watch->socket, &reply, sizeof reply, MSG_DONTWAIT | MSG_TRUNC) : -1;
        if (watch->socket < 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)))
            return false;
        if (!watch->busy) {
            stop_process(watch); /* nobody has asked */
            return false;
        }
        take_reply(watch, &reply, size);
    }
    watch->busy = false;
    *result = watch->result;
    return true;
}

void receiver_watch_close(struct receiver_watch **watch) {
    if (!watch || !*watch)
        return;
    struct receiver_watch *old = *watch;
    stop_process(old);
    if (old->epoll >= 0)
        (void)close(old->epoll);
    if (old->failed >= 0)
        (void)close(old->failed);
    free(old->sysfs);
    free(old->dev);
    free(old->program);
    free(old);
    *watch = NULL;
}
