#include "guardian_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/wait.h"
#include "common/clock.h"
#include "descendants.h"
#include "guardian_page.h"
#include "process.h"
#include "terminal.h"

#define AGAIN_MS 500u /* what others have let go on is stopped again so often */
#define FREEZE_MS 200u /* as long as freezing is */
#define KILLED_MS 1000u /* as long as killing is waited for */
#define READER_MS 1000u /* as long as a reader of the last message is */

struct watch {
    struct guardian_page *page;
    struct signals signals;
    pid_t copp;
    int fd;
    int timer;
    struct cgroup cgroup; /* of the command; its fd -1: there is none, or it is not known yet */
    char inside[PROCESS_CGROUP_SIZE]; /* the same, as /proc has it */
    bool stands; /* copp has been stopped */
    uint64_t again_ms; /* when to hold once more what is held */
    bool over;
    int status; /* once over */
};

/* Whoever does not read is not waited for, for longer than that. */
static void announce(int patience_ms, const char *text) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, patience_ms) == 1)
        complain("%s", text);
}

/* --- the command --- */

static bool is_contained(const struct watch *w) {
    return w->cgroup.fd >= 0;
}

/* By its first process, which is there as a rule when copp tells of it. If not, /proc alone leads to the command. */
static void find_cgroup(struct watch *w) {
    int group = atomic_load(&w->page->group);
    if (is_contained(w) || group <= 0 || !process_cgroup(group, w->inside))
        return;
    (void)cgroup_find(&w->cgroup, group);
}

static bool signal_cgroup(struct watch *w, int number) {
    if (number == SIGSTOP)
        return cgroup_hold(w->cgroup.fd, FREEZE_MS);
    return number == SIGKILL ? cgroup_kill(w->cgroup.fd) : cgroup_resume(w->cgroup.fd);
}

static void kill_behind_copp(struct watch *w) {
    descendants_of(w->copp);
    if (is_contained(w))
        (void)cgroup_kill(w->cgroup.fd);
    (void)descendants_signal(SIGKILL);
}

/* The number of the group is the command's as long as its first process, a child of ours once copp has ended, is not reaped. */
static int group_left(const struct watch *w) {
    siginfo_t info;
    int group = atomic_load(&w->page->group);
    return group > 0 && waitid(P_PID, (id_t)group, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? group : 0;
}

/* copp has ended before it told of its command: what the next one would find is that command's cgroup, or of no use either. */
static void kill_unknown_cgroup(void) {
    int own = cgroup_open_of(getpid());
    if (own < 0)
        return;
    cgroup_remove_left(own);
    (void)close(own);
}

/* copp has ended: all that came from it is ours. True: it has ended. */
static bool kill_after_copp(struct watch *w) {
    const int group = group_left(w);
    const uint64_t limit = clock_ms() + KILLED_MS;
    enum descendants left;
    descendants_of(getpid());
    do {
        if (group > 0)
            (void)kill(-group, SIGKILL);
        if (is_contained(w))
            (void)cgroup_kill(w->cgroup.fd);
        (void)descendants_signal(SIGKILL);
        descendants_reap(group);
        left = descendants_left();
        if (is_contained(w) && cgroup_life(w->cgroup.fd) != CGROUP_EMPTY)
            left = DESCENDANTS_LEFT;
        if (left != DESCENDANTS_DONE)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    } while (left != DESCENDANTS_DONE && clock_ms() < limit);
    descendants_reap(group); /* who has ended since */
    terminal_take_back(atomic_load(&w->page->group));
    if (group > 0)
        (void)waitpid(group, NULL, WNOHANG);
    if (is_contained(w))
        cgroup_remove(&w->cgroup);
    else
        kill_unknown_cgroup();
    return left == DESCENDANTS_DONE;
}

/* --- copp is silent --- */

/* Between HOLDING and the state after it, in which copp does not end the command: the number of the group is the command's. */
static enum descendants signal_all(struct watch *w, int number) {
    int group = atomic_load(&w->page->group);
    bool reached = !is_contained(w) || signal_cgroup(w, number);
    descendants_of(w->copp);
    if (group > 0 && !is_contained(w))
        (void)kill(-group, number);
    bool all = number == SIGKILL || !is_contained(w) || !cgroup_encloses(w->cgroup.fd);
    enum descendants told = descendants_signal_outside(number, all ? NULL : w->inside);
    return told == DESCENDANTS_DONE && !reached ? DESCENDANTS_LEFT : told;
}

/* Those who may have been let go on by others are held again. What cannot be held must not run on either. */
static bool hold(struct watch *w, enum guardian_state from, enum guardian_state to) {
    enum descendants told = DESCENDANTS_DONE;
    if (!guardian_page_change(w->page, from, GUARDIAN_HOLDING))
        return false;
    bool silent = guardian_now_ms() >= atomic_load(&w->page->deadline_ms); /* or it has been heard of just now */
    if (silent)
        told = signal_all(w, SIGSTOP);
    w->again_ms = guardian_now_ms() + AGAIN_MS;
    if (told != DESCENDANTS_DONE)
        (void)signal_all(w, SIGKILL);
    (void)guardian_page_change(w->page, GUARDIAN_HOLDING, silent ? to : from);
    (void)send(w->fd, "", 1, MSG_NOSIGNAL); /* copp may wait for that */
    return silent;
}

static void hold_first(struct watch *w, enum guardian_state from, enum guardian_state to) {
    bool known = atomic_load(&w->page->held);
    if (hold(w, from, to) && !known && w->fd >= 0) /* else it is ending, and with it the command */
        announce(0, "copp does not answer; the command is held, and any part that cannot be held is killed");
}

static void let_begin(struct watch *w) {
    if (!guardian_page_change(w->page, GUARDIAN_HALTED, GUARDIAN_HOLDING))
        return;
    (void)signal_all(w, SIGCONT);
    (void)guardian_page_change(w->page, GUARDIAN_HOLDING, GUARDIAN_STARTING);
}

static void check(struct watch *w) {
    if (guardian_now_ms() < atomic_load(&w->page->deadline_ms))
        return;
    switch (guardian_page_state(w->page)) {
    case GUARDIAN_STARTING:
        if (w->stands)
            hold_first(w, GUARDIAN_STARTING, GUARDIAN_HALTED);
        break;
    case GUARDIAN_HALTED:
        if (w->stands)
            (void)hold(w, GUARDIAN_HALTED, GUARDIAN_HALTED);
        else
            let_begin(w);
        break;
    case GUARDIAN_WATCHED:
        hold_first(w, GUARDIAN_WATCHED, GUARDIAN_HELD);
        break;
    case GUARDIAN_HELD:
        if (guardian_now_ms() >= w->again_ms)
            (void)hold(w, GUARDIAN_HELD, GUARDIAN_HELD);
        break;
    case GUARDIAN_ENDING:
        kill_behind_copp(w);
        break;
    default:
        break;
    }
}

static bool is_command_there(struct watch *w) {
    enum guardian_state state = guardian_page_state(w->page);
    return state != GUARDIAN_IDLE && state != GUARDIAN_ENDED;
}

/* When to check again, by a clock that a sleep of the machine does not stop. */
static void set_timer(struct watch *w) {
    uint64_t now = guardian_now_ms();
    uint64_t due_ms = atomic_load(&w->page->deadline_ms);
    if (due_ms <= now)
        due_ms = w->again_ms > now ? w->again_ms : now + AGAIN_MS;
    if (!is_command_there(w))
        due_ms = 0;
    struct itimerspec due = {.it_value = {.tv_sec = (time_t)(due_ms / 1000), .tv_nsec = (long)(due_ms % 1000) * 1000000}};
    (void)timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &due, NULL);
}

/* --- copp's end, and its stops --- */

/* Ends this program as copp was: whoever has started it shall see that. */
static int end_by(int number) {
    sigset_t set;
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* one is enough */
    (void)signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    (void)kill(getpid(), number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 128 + number;
}

static void copp_ended(struct watch *w, const siginfo_t *info) {
    char text[128];
    bool killed = info->si_code != CLD_EXITED;
    bool early = is_command_there(w);
    bool ended = !early || kill_after_copp(w);
    (void)waitpid(w->copp, NULL, WNOHANG);
    w->over = true;
    w->status = killed ? 128 + info->si_status : info->si_status;
    if (killed && early) {
        (void)snprintf(text, sizeof text, "copp was killed by signal %d; the command %s", info->si_status,
                       ended ? "is killed" : "may NOT be: some of it belongs to another user, or is out of reach");
        announce(READER_MS, text);
    } else if (killed) {
        w->status = end_by(info->si_status);
    }
}

/* Stopped for Ctrl-Z, as it has announced, or while there is nothing to watch over: whoever has started us shall see it. Else it
 * cannot look, and there is nothing to wait for. */
static void copp_stopped(struct watch *w) {
    w->stands = true;
    if (is_command_there(w) && guardian_page_state(w->page) != GUARDIAN_SUSPENDED) {
        atomic_store(&w->page->deadline_ms, 0);
        return;
    }
    terminal_suspend(false);
    (void)kill(w->copp, SIGCONT);
}

/* Its word to a command that has been halted is waited for a while. */
static void copp_continued(struct watch *w) {
    w->stands = false;
    if (guardian_page_state(w->page) == GUARDIAN_HALTED)
        atomic_store(&w->page->deadline_ms, guardian_now_ms() + GUARDIAN_SILENCE_MS);
}

static void look_at_copp(struct watch *w) {
    siginfo_t info = {.si_pid = 0};
    descendants_reap(w->copp);
    if (waitid(P_PID, (id_t)w->copp, &info, WEXITED | WNOHANG | WNOWAIT) != 0) { /* which nobody but us can ask for */
        info.si_pid = w->copp;
        info.si_code = CLD_KILLED;
        info.si_status = SIGKILL;
    }
    if (info.si_pid != 0) {
        copp_ended(w, &info);
        return;
    }
    info.si_pid = 0;
    if (waitid(P_PID, (id_t)w->copp, &info, WSTOPPED | WCONTINUED | WNOHANG) != 0 || info.si_pid == 0)
        return;
    if (info.si_code == CLD_STOPPED)
        copp_stopped(w);
    else
        copp_continued(w);
}

/* What is typed on a terminal comes to copp too, in the same process group: to pass it on would look as if it had been typed twice. A
 * signal that stops copp and comes twice falls together with the first, or is taken away when it goes on. */
static void pass_signals(struct watch *w) {
    bool stop;
    bool typed;
    int number = signals_take_from(&w->signals, &stop, &typed);
    if (number != 0 && !typed)
        (void)kill(w->copp, number);
    if (stop && guardian_page_state(w->page) != GUARDIAN_SUSPENDED)
        (void)kill(w->copp, SIGTSTP);
}

/* Its messages only make us look at the page, and for the cgroup. Whoever closes the socket ends. */
static void read_messages(struct watch *w) {
    char message;
    ssize_t got = -1;
    do
        got = recv(w->fd, &message, sizeof message, 0);
    while (got > 0 || (got < 0 && errno == EINTR));
    find_cgroup(w);
    if (got != 0)
        return;
    (void)close(w->fd);
    w->fd = -1;
    atomic_store(&w->page->deadline_ms, 0);
}

/* --- the process --- */

/* Of what it was started with it needs standard error alone; others wait for the ends of the rest. */
static void close_others(int fd) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
    }
    if (fd > STDERR_FILENO + 1)
        (void)syscall(SYS_close_range, (unsigned)STDERR_FILENO + 1, (unsigned)fd - 1, 0);
    (void)syscall(SYS_close_range, (unsigned)fd + 1, ~0u, 0);
}

/* Whoever ends programs by copp's name, or for want of memory, is to leave this one. The latter takes a privilege. */
static void stay(void) {
    static const char least[] = "-1000";
    (void)prctl(PR_SET_NAME, "copp-guardian");
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t put = write(file, least, sizeof least - 1);
    (void)put;
    (void)close(file);
}

static bool open_watch(struct watch *w, struct guardian_page *page, pid_t copp, int fd) {
    close_others(fd);
    *w = (struct watch){.page = page, .copp = copp, .fd = fd, .timer = -1, .cgroup = {.fd = -1, .parent = -1}};
    stay();
    bool good = signals_open(&w->signals);
    w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return good && w->timer >= 0;
}

static void close_watch(struct watch *w) {
    signals_close(&w->signals);
    cgroup_close(&w->cgroup);
    if (w->timer >= 0)
        (void)close(w->timer);
    if (w->fd >= 0)
        (void)close(w->fd); /* copp ends, if it has not */
}

/* One round: what has happened, and whether copp is still to be heard of. */
static void watch(struct watch *w) {
    uint64_t expirations;
    ssize_t got = read(w->timer, &expirations, sizeof expirations);
    (void)got; /* what is due, the page tells */
    if (w->fd >= 0)
        read_messages(w);
    pass_signals(w);
    look_at_copp(w);
    if (!w->over)
        check(w);
}

int guardian_watch(struct guardian_page *page, pid_t copp, int fd) {
    struct watch w;
    if (!open_watch(&w, page, copp, fd)) {
        announce(READER_MS, "cannot handle signals, or no timer");
        close_watch(&w);
        return STATUS_UNKNOWN;
    }
    watch(&w); /* what has happened before signals told of it */
    while (!w.over) {
        bool ready[4];
        const int fds[4] = {w.signals.ending, w.signals.children, w.timer, w.fd};
        set_timer(&w);
        wait_readable(fds, ready, 4, -1);
        watch(&w);
    }
    close_watch(&w);
    return w.status;
}
