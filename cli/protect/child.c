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

#include "common/clock.h"
#include "descendants.h"

#define HOLD_MS 200u /* as long as holding is waited for */
#define KILLED_MS 1000u /* as long as killing is: what may not be killed does not end */

/* In the new process: becomes the command, or tells why not through report. */
static void become(char **argv, int terminal, bool no_input, int report, pid_t parent) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL); /* who is not in the foreground is stopped for changing it, unless SIGTTOU is blocked */
    setpgid(0, 0);
    if (terminal >= 0)
        (void)tcsetpgrp(terminal, getpid());
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would watch over the content any more */
#endif
    if (getppid() != parent)
        _exit(126); /* nobody does */
    if (no_input) {
        int null = open("/dev/null", O_RDONLY);
        if (null > STDIN_FILENO) {
            dup2(null, STDIN_FILENO);
            close(null);
        }
    }
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    execvp(argv[0], argv);
    int error = errno;
    ssize_t put = write(report, &error, sizeof error);
    _exit(put == sizeof error ? 127 : 126);
}

int child_group(const struct child *child) {
    return child->group;
}

/* Keeps in mind whether we knew of all. */
static enum descendants note(struct child *child, enum descendants known) {
    child->unknown = child->unknown || known == DESCENDANTS_UNKNOWN;
    return known;
}

int child_start(struct child *child, char **argv, int terminal, bool no_input) {
    int report[2];
    int error = 0;
    *child = (struct child){.runs = false};
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    descendants_adopt();
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(argv, terminal, no_input, report[1], self);
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
        (void)child_end(child);
    else
        (void)note(child, descendants_left()); /* whether we shall be able to hold it is said at once */
    return error;
}

/* To the group, in which most commands stay, and to what is in another. The group's number cannot have become another's: its
 * leader is not reaped before all have ended. */
static enum descendants signal_all(struct child *child, int number) {
    bool permitted = kill(-child->group, number) == 0 || errno != EPERM;
    descendants_reap(child->group); /* processes that have ended need not be looked for */
    enum descendants told = note(child, descendants_signal(number));
    return told == DESCENDANTS_DONE && !permitted ? DESCENDANTS_LEFT : told;
}

/* What others have stopped runs again for that. */
void child_tell_end(struct child *child) {
    if (!child->group)
        return;
    (void)signal_all(child, SIGTERM);
    if (!child->held)
        (void)signal_all(child, SIGCONT);
}

static bool is_by_terminal(int number) {
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* The first process has ended. It is left as a zombie, whose number nobody else gets. */
static void leader_ended(struct child *child, const siginfo_t *info, int *status) {
    bool killed = info->si_code != CLD_EXITED;
    *status = killed ? 128 + info->si_status : info->si_status;
    *child = (struct child){.group = child->group,
                            .held = child->held,
                            .refuses = child->refuses,
                            .unknown = child->unknown,
                            .interrupted = killed && info->si_status == SIGINT};
}

enum child_state child_look(struct child *child, int *status) {
    siginfo_t info = {.si_pid = 0};
    if (!child->runs)
        return CHILD_ENDED;
    descendants_reap(child->group);
    if (waitid(P_PID, (id_t)child->group, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return CHILD_RUNNING;
    if (info.si_code == CLD_STOPPED) {
        (void)waitpid(child->group, NULL, WUNTRACED | WNOHANG);
        /* who stops it with SIGSTOP may let it go on without a word to us: that is not our concern */
        return child->held || !is_by_terminal(info.si_status) ? CHILD_RUNNING : CHILD_SUSPENDED;
    }
    leader_ended(child, &info, status);
    return CHILD_ENDED;
}

/* What was held may have been let go on by others: by the kernel, which continues a process group that loses the last tie to its
 * session, or by whoever may signal it. It is stopped again. */
static bool hold_again(struct child *child) {
    if (note(child, descendants_still()) != DESCENDANTS_DONE && signal_all(child, SIGSTOP) != DESCENDANTS_DONE)
        child->refuses = true;
    return !child->refuses;
}

bool child_hold(struct child *child) {
    const struct timespec step = {.tv_nsec = 1000000};
    siginfo_t info;
    if (!child->group)
        return !child->refuses;
    if (child->held)
        return hold_again(child);
    enum descendants told = signal_all(child, SIGSTOP);
    child->refuses = told != DESCENDANTS_DONE;
    child->held = true;
    for (unsigned i = 0; i < HOLD_MS && told != DESCENDANTS_LEFT; i++) { /* until it shows nothing any more, or has ended */
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)child->group, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0)
            break;
        nanosleep(&step, NULL);
    }
    return !child->refuses;
}

void child_resume(struct child *child) {
    if (child->group)
        (void)signal_all(child, SIGCONT);
    child->held = false;
}

bool child_left(struct child *child) {
    int status;
    if (child_look(child, &status) != CHILD_ENDED)
        return true;
    descendants_reap(child->group);
    return note(child, descendants_left()) != DESCENDANTS_DONE;
}

bool child_end(struct child *child) {
    const struct timespec step = {.tv_nsec = 20 * 1000000};
    uint64_t start = clock_ms();
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    if (!child->group)
        return true;
    while (child_left(child)) {
        (void)signal_all(child, SIGKILL);
        if (clock_ms() - start >= KILLED_MS)
            return false;
        sigtimedwait(&ended, NULL, &step);
    }
    descendants_reap(child->group);
    (void)waitpid(child->group, NULL, 0);
    child->group = 0; /* from here on the number may become somebody else's */
    return true;
}
