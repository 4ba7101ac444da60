#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "wait.h"

#define HOLD_MS 200u /* as long as holding is waited for */

/* Who is not in the foreground is stopped for changing it, unless SIGTTOU is blocked. */
static void give_terminal(int tty, pid_t group) {
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    sigprocmask(SIG_BLOCK, &block, &before);
    (void)tcsetpgrp(tty, group);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Gives the command the foreground where it is ours to give. */
static void give_foreground(const struct child *child, pid_t group) {
    if (child->tty >= 0 && tcgetpgrp(child->tty) == getpgrp())
        give_terminal(child->tty, group);
}

static void take_foreground(const struct child *child, pid_t group) {
    if (child->tty >= 0 && tcgetpgrp(child->tty) == group)
        give_terminal(child->tty, getpgrp());
}

/* In the new process: becomes the command, or tells why not through report. */
static void become(char **argv, int tty, bool no_input, int report) {
    sigset_t none;
    setpgid(0, 0);
    if (tty >= 0)
        give_terminal(tty, getpid());
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would watch over the content any more */
#endif
    if (no_input) {
        int null = open("/dev/null", O_RDONLY);
        if (null > STDIN_FILENO) {
            dup2(null, STDIN_FILENO);
            close(null);
        }
    }
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    int error = errno;
    ssize_t put = write(report, &error, sizeof error);
    _exit(put == sizeof error ? 127 : 126);
}

int child_start(struct child *child, char **argv, bool own_terminal) {
    int report[2];
    int error = 0;
    *child = (struct child){.tty = -1};
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    if (!own_terminal)
        child->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool foreground = child->tty >= 0 && tcgetpgrp(child->tty) == getpgrp();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the exit status away */
    pid_t pid = fork();
    if (pid == 0)
        become(argv, foreground ? child->tty : -1, own_terminal, report[1]);
    if (pid < 0)
        error = errno;
    close(report[1]);
    if (pid > 0) {
        setpgid(pid, pid); /* both do, whichever comes first */
        child->group = pid;
        child->runs = true;
        ssize_t got;
        do
            got = read(report[0], &error, sizeof error); /* ends with exec */
        while (got < 0 && errno == EINTR);
        if (got != sizeof error)
            error = 0;
    }
    close(report[0]);
    if (error != 0)
        child_end(child, 0);
    return error;
}

enum child_state child_look(struct child *child, int *status) {
    siginfo_t info = {.si_pid = 0};
    int how = 0;
    if (!child->runs)
        return CHILD_ENDED;
    if (waitid(P_PID, (id_t)child->group, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return CHILD_RUNNING;
    if (info.si_code == CLD_STOPPED) {
        (void)waitpid(child->group, &how, WUNTRACED | WNOHANG);
        return child->held || child->tty < 0 ? CHILD_RUNNING : CHILD_SUSPENDED;
    }
    /* not reaped yet: the group's number is still its own, so this reaches what it left running and nobody else */
    kill(-child->group, SIGTERM);
    kill(-child->group, SIGCONT);
    (void)waitpid(child->group, &how, 0);
    *status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
    take_foreground(child, child->group);
    if (child->tty >= 0)
        close(child->tty);
    *child = (struct child){.tty = -1, .interrupted = WIFSIGNALED(how) && WTERMSIG(how) == SIGINT};
    return CHILD_ENDED;
}

static void child_signal(struct child *child, int signal) {
    if (child->runs)
        kill(-child->group, signal);
}

void child_hold(struct child *child) {
    const struct timespec step = {.tv_nsec = 1000000};
    siginfo_t info;
    if (!child->runs || child->held)
        return;
    child_signal(child, SIGSTOP);
    child->held = true;
    for (unsigned i = 0; i < HOLD_MS; i++) { /* until it shows nothing any more, or has ended */
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)child->group, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0)
            return;
        nanosleep(&step, NULL);
    }
}

void child_resume(struct child *child) {
    give_foreground(child, child->group);
    child_signal(child, SIGCONT);
    child->held = false;
}

void child_suspend_with(struct child *child) {
    take_foreground(child, child->group);
    child->held = true;
    kill(0, SIGTSTP);
}

void child_pass_interrupt(const struct child *child) {
    sigset_t interrupt;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0 || !child->interrupted || tcgetpgrp(tty) != getpgrp())
        return;
    signal(SIGINT, SIG_DFL);
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    kill(0, SIGINT);
    sigprocmask(SIG_UNBLOCK, &interrupt, NULL);
}

/* Waits until nothing is left of the group, or limit_ms; what is left then is killed. */
static void end_group(pid_t group, uint64_t limit_ms) {
    const struct timespec step = {.tv_nsec = 20 * 1000000};
    while (kill(-group, 0) == 0) {
        if (clock_ms() >= limit_ms) {
            kill(-group, SIGKILL);
            return;
        }
        nanosleep(&step, NULL);
    }
}

void child_end(struct child *child, unsigned grace_ms) {
    const struct timespec step = {.tv_nsec = 100 * 1000000};
    uint64_t limit = clock_ms() + grace_ms;
    int status;
    pid_t group = child->group;
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    if (!child->runs)
        return;
    child_signal(child, SIGTERM);
    child_signal(child, SIGCONT);
    while (child_look(child, &status) != CHILD_ENDED) {
        if (clock_ms() >= limit)
            child_signal(child, SIGKILL);
        sigtimedwait(&ended, NULL, &step);
    }
    end_group(group, limit);
}
