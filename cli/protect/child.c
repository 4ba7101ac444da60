#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "descendants.h"
#include "process.h"
#include "spawn.h"

#define HOLD_MS 200u /* as long as holding is waited for */
#define LOOK_MS 250u /* between two looks for who has left the cgroup */
#define KILLED_MS 1000u /* as long as killing is: what may not be killed does not end */

/* A cgroup holds and ends it; else the process group and /proc do. */
static bool is_contained(const struct child *child) {
    return child->containment.kind != CONTAINMENT_PROCESSES;
}

static int cgroup_of(const struct child *child) {
    return child->containment.cgroup.fd;
}

int child_group(const struct child *child) {
    return child->group;
}

/* Keeps in mind whether we knew of all. */
static enum descendants note(struct child *child, enum descendants known) {
    child->unknown = child->unknown || known == DESCENDANTS_UNKNOWN;
    return known;
}

/* Puts the process where it may run. False: it must not. */
static bool settle(struct child *child, pid_t pid, struct child_place *place) {
    if (!place || !place->description)
        return true;
    containment_place(&child->containment, pid, place->description);
    place->kind = containment_name(child->containment.kind);
    (void)snprintf(place->reason, sizeof place->reason, "%s", child->containment.reason);
    return is_contained(child) || !place->required;
}

int child_start_in(struct child *child, char **argv, int terminal, bool no_input, struct child_place *place) {
    *child = (struct child){.runs = false};
    bool tried = place && place->description;
    const struct spawn_terms terms = {argv, terminal, no_input, tried ? containment_prepare(&child->containment) : -1};
    struct spawn spawn;
    if (place)
        place->kind = containment_name(CONTAINMENT_PROCESSES);
    descendants_adopt();
    int error = spawn_begin(&spawn, &terms);
    if (error == 0) {
        child->group = spawn.pid;
        child->runs = true;
        error = settle(child, spawn.pid, place) ? spawn_go_on(&spawn) : ENOTSUP;
    }
    spawn_close(&spawn);
    if (error != 0)
        (void)child_end(child);
    else if (!is_contained(child))
        (void)note(child, descendants_left()); /* whether we shall be able to hold it is said at once */
    if (!child->group)
        containment_end(&child->containment);
    return error;
}

int child_start(struct child *child, char **argv, int terminal, bool no_input) {
    return child_start_in(child, argv, terminal, no_input, NULL);
}

/* Where signals to each process need not go, because the cgroup reaches it; NULL: nowhere. */
static const char *inside(const struct child *child) {
    return is_contained(child) && cgroup_encloses(cgroup_of(child)) ? child->containment.path : NULL;
}

/* To all that is in its cgroup: a signal does not stop it there, freezing does. */
static bool signal_contained(const struct child *child, int number) {
    if (number == SIGSTOP)
        return cgroup_hold(cgroup_of(child), HOLD_MS);
    if (number == SIGKILL)
        return cgroup_kill(cgroup_of(child));
    return cgroup_signal(cgroup_of(child), number);
}

/* To the group, in which most commands stay, and to what is in another. To be killed twice hurts nobody: one way may miss whom the
 * other reaches. The group's number cannot have become another's: its
 * leader is not reaped before all have ended. */
static enum descendants signal_all(struct child *child, int number) {
    bool reached = is_contained(child) ? signal_contained(child, number) : kill(-child->group, number) == 0 || errno != EPERM;
    descendants_reap(child->group); /* processes that have ended need not be looked for */
    enum descendants told = note(child, descendants_signal_outside(number, number == SIGKILL ? NULL : inside(child)));
    return told == DESCENDANTS_DONE && !reached ? DESCENDANTS_LEFT : told;
}

/* What was stopped by a signal, as Ctrl-Z does, goes on as soon as it is not frozen any more. */
static void let_go_on(struct child *child) {
    (void)signal_all(child, SIGCONT);
    if (is_contained(child))
        (void)cgroup_resume(cgroup_of(child));
    child->held = false;
}

/* What others have stopped runs again for that. */
void child_tell_end(struct child *child) {
    if (!child->group)
        return;
    (void)signal_all(child, SIGTERM);
    if (!child->held)
        let_go_on(child);
}

static bool is_by_terminal(int number) {
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* The first process has ended. It is left as a zombie, whose number nobody else gets. */
static void leader_ended(struct child *child, const siginfo_t *info, int *status) {
    bool killed = info->si_code != CLD_EXITED;
    *status = killed ? 128 + info->si_status : info->si_status;
    child->runs = false;
    child->interrupted = killed && info->si_status == SIGINT;
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
    if (is_contained(child))
        child->refuses = signal_all(child, SIGSTOP) != DESCENDANTS_DONE;
    else if (note(child, descendants_still()) != DESCENDANTS_DONE && signal_all(child, SIGSTOP) != DESCENDANTS_DONE)
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
    for (unsigned i = 0; i < HOLD_MS && told != DESCENDANTS_LEFT && !is_contained(child);
         i++) { /* until it shows nothing any more, or has ended */
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)child->group, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0)
            break;
        nanosleep(&step, NULL);
    }
    return !child->refuses;
}

void child_resume(struct child *child) {
    if (child->group)
        let_go_on(child);
    child->held = false;
}

bool child_left(struct child *child) {
    int status;
    if (child_look(child, &status) != CHILD_ENDED)
        return true;
    descendants_reap(child->group);
    if (is_contained(child) && cgroup_life(cgroup_of(child)) != CGROUP_EMPTY)
        return true;
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
    containment_end(&child->containment);
    return true;
}

/* --- who has left the cgroup --- */

struct naming {
    struct child *child;
    void (*name)(void *context, int pid, const char *cgroup);
    void *context;
};

static void name_one(const struct naming *naming, pid_t pid) {
    char path[PROCESS_CGROUP_SIZE];
    naming->name(naming->context, pid, process_cgroup(pid, path) ? path : "unknown");
}

static void name_new(void *context, pid_t pid) {
    const struct naming *naming = context;
    struct child *child = naming->child;
    for (size_t i = 0; i < child->named_count; i++) {
        if (child->named[i] == pid)
            return;
    }
    if (child->named_count == CHILD_NAMED_MAX)
        return;
    child->named[child->named_count++] = pid;
    name_one(naming, pid);
}

static void name_running(void *context, pid_t pid) {
    if (process_state(pid) == PROCESS_RUNNING)
        name_one(context, pid);
}

void child_name_outside(struct child *child, void (*name)(void *context, int pid, const char *cgroup), void *context) {
    struct naming naming = {child, name, context};
    uint64_t now = clock_ms();
    if (!child->group || !is_contained(child) || now < child->look_ms)
        return;
    child->look_ms = now + LOOK_MS;
    descendants_outside(inside(child), name_new, &naming);
}

void child_name_running(struct child *child, void (*name)(void *context, int pid, const char *cgroup), void *context) {
    struct naming naming = {child, name, context};
    if (child->group && is_contained(child))
        descendants_outside(inside(child), name_running, &naming);
}
