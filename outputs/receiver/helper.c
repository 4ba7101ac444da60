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

/* A host may reap all its children, so that the number alone may be another one's: a process by its pidfd is this one, or none. */
static bool has_ended(const struct helper_process *process) {
    siginfo_t info = {.si_pid = 0};
    if (process->pidfd < 0)
        return waitpid(process->pid, NULL, WNOHANG) != 0;
    return waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG) != 0 || info.si_pid != 0;
}

static void forget(struct helper_process *process) {
    if (process->pid && process->pidfd >= 0)
        (void)close(process->pidfd);
    *process = (struct helper_process){.pidfd = -1};
}

void helper_reap(struct helper *helper) {
    for (size_t i = 0; i < HELPER_LEFT; i++) {
        if (helper->left[i].pid && has_ended(&helper->left[i]))
            forget(&helper->left[i]);
    }
}

/* NULL: there is none. */
static struct helper_process *free_place(struct helper *helper) {
    for (size_t i = 0; i < HELPER_LEFT; i++) {
        if (!helper->left[i].pid)
            return &helper->left[i];
    }
    return NULL;
}

bool helper_start(struct helper *helper, const char *program, const char *argument) {
    int sockets[2];
    helper->socket = -1;
    helper_reap(helper);
    if (!free_place(helper)) {
        errno = EAGAIN;
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return false;
    int error = spawn(program, argument, sockets[1], &helper->process.pid);
    (void)close(sockets[1]);
    if (error) {
        (void)close(sockets[0]);
        errno = error;
        return false;
    }
    helper->socket = sockets[0];
    helper->process.pidfd = (int)syscall(SYS_pidfd_open, helper->process.pid, 0);
    return true;
}

void helper_kill(const struct helper *helper) {
    siginfo_t info = {.si_pid = 0};
    if (helper->process.pidfd >= 0)
        (void)syscall(SYS_pidfd_send_signal, helper->process.pidfd, SIGKILL, NULL, 0);
    else if (waitid(P_PID, (id_t)helper->process.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        (void)kill(helper->process.pid, SIGKILL); /* it is ours still */
}

/* One that cannot be waited for is looked at later. */
static bool await_end(const struct helper_process *process) {
    struct pollfd gone = {.fd = process->pidfd, .events = POLLIN};
    if (process->pidfd >= 0)
        (void)poll(&gone, 1, LEAVE_MS);
    return has_ended(process);
}

void helper_stop(struct helper *helper) {
    if (helper->socket < 0)
        return;
    (void)close(helper->socket);
    helper->socket = -1;
    helper_kill(helper);
    struct helper_process *place = free_place(helper); /* there is one since it was started */
    if (!await_end(&helper->process) && place) {
        *place = helper->process;
        helper->process = (struct helper_process){.pidfd = -1};
    }
    forget(&helper->process);
}

void helper_close(struct helper *helper) {
    helper_stop(helper);
    for (size_t i = 0; i < HELPER_LEFT; i++)
        forget(&helper->left[i]);
}
