#include "outputs/receiver/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEAVE_MS 100 /* a process that is killed and not stuck is gone by then */

/* Its standard input is the socket; signals are as for a program that was just started. */
static int spawn(const char *program, const char *argument, int socket, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)argument, NULL};
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
            error = posix_spawn(pid, program, &actions, &attributes, arguments, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

bool helper_start(struct helper *helper, const char *program, const char *argument) {
    int sockets[2];
    helper->socket = helper->pidfd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return false;
    int error = spawn(program, argument, sockets[1], &helper->pid);
    (void)close(sockets[1]);
    if (error) {
        (void)close(sockets[0]);
        errno = error;
        return false;
    }
    helper->socket = sockets[0];
    helper->pidfd = (int)syscall(SYS_pidfd_open, helper->pid, 0);
    return true;
}

void helper_kill(const struct helper *helper) {
    if (helper->pidfd >= 0)
        (void)syscall(SYS_pidfd_send_signal, helper->pidfd, SIGKILL, NULL, 0);
}

void helper_stop(struct helper *helper) {
    siginfo_t info;
    if (helper->socket < 0)
        return;
    (void)close(helper->socket);
    helper->socket = -1;
    if (helper->pidfd < 0) {
        (void)waitpid(helper->pid, NULL, WNOHANG);
        return;
    }
    struct pollfd gone = {.fd = helper->pidfd, .events = POLLIN};
    helper_kill(helper);
    if (poll(&gone, 1, LEAVE_MS) == 1)
        (void)waitid(P_PIDFD, (id_t)helper->pidfd, &info, WEXITED | WNOHANG);
    (void)close(helper->pidfd);
    helper->pidfd = -1;
}
