#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "cli/wait.h"
#include "descendants.h"

#define HOLD_MS 200u /* as long as holding is waited for */
#define KILLED_MS 1000u /* as long as killing is: what may not be killed does not end */

static void change_mask(int how, int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(how, &set, NULL);
}

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

/* Whether the terminal is the command's to use: in a pipeline it is the others' as much, a pager's say. */
static bool may_have_terminal(void) {
    struct stat output;
    bool piped = fstat(STDOUT_FILENO, &output) == 0 && (S_ISFIFO(output.st_mode) || S_ISSOCK(output.st_mode));
    return isatty(STDIN_FILENO) && !piped;
}

/* In the new process: becomes the command, or tells why not through report. */
static void become(char **argv, int tty, bool no_input, int report, pid_t parent) {
    sigset_t none;
    setpgid(0, 0);
    if (tty >= 0)
        give_terminal(tty, getpid());
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
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    int error = errno;
    ssize_t put = write(report, &error, sizeof error);
    _exit(put == sizeof error ? 127 : 126);
}

/* Keeps in mind whether we knew of all. */
static enum descendants note(struct child *child, enum descendants known) {
    child->unknown = child->unknown || known == DESCENDANTS_UNKNOWN;
    return known;
}

int child_start(struct child *child, char **argv, bool own_terminal) {
    int report[2];
    int error = 0;
    *child = (struct child){.tty = -1};
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    if (!own_terminal && may_have_terminal())
        child->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool foreground = child->tty >= 0 && tcgetpgrp(child->tty) == getpgrp();
    descendants_adopt();
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(argv, foreground ? child->tty : -1, own_terminal, report[1], self);
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
        (void)child_end(child, 0);
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

static bool is_by_terminal(int number) {
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* The first process has ended. It is left as a zombie, whose number nobody else gets. */
static void leader_ended(struct child *child, const siginfo_t *info, int *status) {
    bool killed = info->si_code != CLD_EXITED;
    *status = killed ? 128 + info->si_status : info->si_status;
    (void)signal_all(child, SIGTERM);
    (void)signal_all(child, SIGCONT);
    take_foreground(child, child->group);
    if (child->tty >= 0)
        close(child->tty);
    *child = (struct child){
        .tty = -1, .group = child->group, .unknown = child->unknown, .interrupted = killed && info->si_status == SIGINT};
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
        /* who stops it with SIGSTOP may let it go on without a word to us: we do not stop with it */
        return child->held || child->tty < 0 || !is_by_terminal(info.si_status) ? CHILD_RUNNING : CHILD_SUSPENDED;
    }
    leader_ended(child, &info, status);
    return CHILD_ENDED;
}

bool child_hold(struct child *child) {
    const struct timespec step = {.tv_nsec = 1000000};
    siginfo_t info;
    if (!child->runs || child->held)
        return !child->refuses;
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
    give_foreground(child, child->group);
    if (child->runs)
        (void)signal_all(child, SIGCONT);
    child->held = false;
}

void child_suspend(struct child *child, bool job) {
    (void)child_hold(child);
    take_foreground(child, child->group);
    kill(job ? 0 : getpid(), SIGTSTP);
    change_mask(SIG_UNBLOCK, SIGTSTP); /* here it stops */
    change_mask(SIG_BLOCK, SIGTSTP);
}

void child_pass_interrupt(const struct child *child) {
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0 || !child->interrupted || tcgetpgrp(tty) != getpgrp())
        return;
    signal(SIGINT, SIG_DFL);
    kill(0, SIGINT);
    change_mask(SIG_UNBLOCK, SIGINT);
}

static bool is_left(struct child *child) {
    int status;
    if (child_look(child, &status) != CHILD_ENDED)
        return true;
    descendants_reap(child->group);
    return note(child, descendants_left()) != DESCENDANTS_DONE;
}

bool child_end(struct child *child, unsigned grace_ms) {
    const struct timespec step = {.tv_nsec = 20 * 1000000};
    uint64_t limit = clock_ms() + grace_ms;
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    if (!child->group)
        return true;
    if (child->runs) {
        (void)signal_all(child, SIGTERM);
        (void)signal_all(child, SIGCONT);
    }
    while (is_left(child)) {
        uint64_t now = clock_ms();
        if (now >= limit)
            (void)signal_all(child, SIGKILL);
        if (now >= limit + KILLED_MS)
            return false;
        sigtimedwait(&ended, NULL, &step);
    }
    descendants_reap(child->group);
    (void)waitpid(child->group, NULL, 0);
    child->group = 0; /* from here on the number may become somebody else's */
    return true;
}
