#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the new process: until we have put it where it belongs. It ends if nobody does. */
static void wait_for_word(const struct spawn *spawn) {
    char word;
    (void)close(spawn->gate[1]);
    if (read(spawn->gate[0], &word, 1) != 1) /* all signals are blocked here */
        _exit(126);
}

/* In the new process: becomes the command, or tells why not through report. */
static void become(const struct spawn_terms *terms, const struct spawn *spawn, pid_t parent) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL); /* who is not in the foreground is stopped for changing it, unless SIGTTOU is blocked */
    setpgid(0, 0);
    if (terms->terminal >= 0)
        (void)tcsetpgrp(terms->terminal, getpid());
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would watch over the content any more */
    if (getppid() != parent)
        _exit(126); /* nobody does */
    wait_for_word(spawn);
    if (terms->no_input) {
        int null = open("/dev/null", O_RDONLY);
        if (null > STDIN_FILENO) {
            dup2(null, STDIN_FILENO);
            close(null);
        }
    }
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    execvp(terms->argv[0], terms->argv);
    int error = errno;
    ssize_t put = write(spawn->report[1], &error, sizeof error);
    _exit(put == sizeof error ? 127 : 126);
}

/* Born in a cgroup, as kernels since 5.7 can do it; -1: not by this call. No libc has it. */
static pid_t fork_into(int cgroup) {
    struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned)cgroup};
    return cgroup >= 0 ? (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments) : -1;
}

int spawn_begin(struct spawn *spawn, const struct spawn_terms *terms) {
    *spawn = (struct spawn){.report = {-1, -1}, .gate = {-1, -1}};
    if (pipe2(spawn->report, O_CLOEXEC) != 0 || pipe2(spawn->gate, O_CLOEXEC) != 0)
        return errno;
    pid_t self = getpid();
    pid_t pid = fork_into(terms->cgroup);
    if (pid < 0)
        pid = fork();
    if (pid == 0)
        become(terms, spawn, self);
    if (pid < 0)
        return errno;
    setpgid(pid, pid); /* both do, whichever comes first */
    spawn->pid = pid;
    return 0;
}

static void close_end(int *end) {
    if (*end >= 0)
        (void)close(*end);
    *end = -1;
}

int spawn_go_on(struct spawn *spawn) {
    int error = 0;
    ssize_t got;
    if (write(spawn->gate[1], "", 1) != 1)
        return errno;
    close_end(&spawn->report[1]);
    do
        got = read(spawn->report[0], &error, sizeof error); /* ends with exec */
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

void spawn_close(struct spawn *spawn) {
    for (int i = 0; i < 2; i++) {
        close_end(&spawn->report[i]);
        close_end(&spawn->gate[i]);
    }
}
