#include "descendants.h"

#include <sys/wait.h>

#ifdef __linux__

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "process.h"

/* As long as they are told, milliseconds: who starts others faster than that is not caught up with. */
#define TELL_MS 100u
#define STOP_MS 1000u
#define LOOK_MS 5u /* as long as one quick look takes, where others are started all the time */

struct member {
    pid_t pid;
    pid_t parent; /* whose child it was when we found it */
};

struct family {
    struct member *members;
    size_t count;
    size_t room;
    bool unknown; /* there may be more of them */
    bool hurried; /* others are started faster than we can follow */
};

static bool has(const struct family *family, pid_t pid) {
    for (size_t i = 0; i < family->count; i++) {
        if (family->members[i].pid == pid)
            return true;
    }
    return false;
}

static void add(struct family *family, pid_t pid, pid_t parent) {
    if (has(family, pid))
        return;
    if (family->count == family->room) {
        size_t room = family->room ? 2 * family->room : 64;
        struct member *more = realloc(family->members, room * sizeof *more);
        if (!more) {
            family->unknown = true;
            return;
        }
        family->members = more;
        family->room = room;
    }
    family->members[family->count++] = (struct member){pid, parent};
}

struct addition {
    struct family *family;
    pid_t parent;
};

static void add_child(void *context, pid_t pid) {
    const struct addition *addition = context;
    add(addition->family, pid, addition->parent);
}

static void add_children_of(struct family *family, pid_t pid) {
    struct addition addition = {family, pid};
    if (!process_children(pid, add_child, &addition))
        family->unknown = true;
}

static pid_t ancestor; /* whose descendants are meant; 0: this program's */

static pid_t root(void) {
    return ancestor != 0 ? ancestor : getpid();
}

void descendants_of(pid_t pid) {
    ancestor = pid != getpid() ? pid : 0;
}

/* Whether a process is in a cgroup or below it. One that has gone meanwhile is not. */
static bool is_inside(pid_t pid, const char *cgroup) {
    char path[PROCESS_CGROUP_SIZE];
    size_t size = strlen(cgroup);
    return process_cgroup(pid, path) && strncmp(path, cgroup, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* Those who are inside have been looked at for their children, who need not be. */
static void leave_out_inside(struct family *family, const char *cgroup) {
    size_t kept = 0;
    for (size_t i = 0; cgroup && i < family->count; i++) {
        if (!is_inside(family->members[i].pid, cgroup))
            family->members[kept++] = family->members[i];
    }
    family->count = cgroup ? kept : family->count;
}

/* Free its members. Whoever loses its parent meanwhile becomes the root's child, behind those that it has: so they are read last,
 * until there is nobody new. */
static struct family find_within(const char *cgroup, unsigned limit_ms) {
    struct family family = {.members = NULL};
    uint64_t start = clock_ms();
    size_t seen = 0;
    add_children_of(&family, root());
    while (seen < family.count && !family.hurried) {
        for (; seen < family.count; seen++)
            add_children_of(&family, family.members[seen].pid);
        add_children_of(&family, root());
        family.hurried = clock_ms() - start > limit_ms;
    }
    family.hurried = seen < family.count;
    leave_out_inside(&family, cgroup);
    return family;
}

static struct family find(const char *cgroup) {
    return find_within(cgroup, TELL_MS);
}

void descendants_adopt(void) {
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void reap_child(void *context, pid_t pid) {
    const pid_t *leader = context;
    if (pid != *leader)
        (void)waitpid(pid, NULL, WNOHANG);
}

/* The kernel tells of a leader that has ended before all others, and so of nobody else: then we ask for each. */
void descendants_reap(pid_t leader) {
    siginfo_t info = {.si_pid = 0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 && info.si_pid != leader) {
        (void)waitpid(info.si_pid, NULL, 0);
        info.si_pid = 0;
    }
    if (info.si_pid == leader)
        (void)process_children(getpid(), reap_child, &leader);
}

static bool all_ended(const struct family *family, bool *unknown) {
    bool ended = true;
    for (size_t i = 0; i < family->count; i++) {
        enum process_state state = process_state(family->members[i].pid);
        ended = ended && state == PROCESS_ENDED;
        *unknown = *unknown || state == PROCESS_UNKNOWN;
    }
    return ended;
}

static bool all_still(const struct family *family, bool *unknown) {
    bool still = true;
    for (size_t i = 0; i < family->count; i++) {
        enum process_state state = process_state(family->members[i].pid);
        still = still && (state == PROCESS_STOPPED || state == PROCESS_ENDED);
        *unknown = *unknown || state == PROCESS_UNKNOWN;
    }
    return still;
}

/* Whether the number is a descendant's now: it still is its parent's child, or has become the root's. */
static bool is_ours(const struct member *member) {
    struct process_search search = {member->pid, false};
    (void)process_children(member->parent, process_search, &search);
    if (!search.found && member->parent != root())
        (void)process_children(root(), process_search, &search);
    return search.found;
}

/* What a number stands for is made sure of after it has been opened: what is signalled is then what was looked at. */
static enum process_signalled signal_member(const struct member *member, int number) {
    int process = process_open(member->pid);
    enum process_signalled signalled = PROCESS_GONE;
    if (process != PROCESS_NONE && is_ours(member))
        signalled = process_signal(process, member->pid, number);
    process_close(process);
    return signalled;
}

/* What has come of telling a family. */
struct telling {
    int number;
    const char *cgroup; /* whose members are not told; NULL: all are */
    uint64_t end_ms; /* no more of them are told by then: who has so many is not caught up with */
    struct family told;
    bool missed; /* somebody was not reached */
    bool unknown;
    bool still; /* nobody is expected to come */
};

/* Tells one who has not been told. */
static void tell_member(struct telling *telling, const struct member *member) {
    enum process_signalled signalled = signal_member(member, telling->number);
    if (signalled != PROCESS_GONE) /* else it may have passed to another parent: it is looked for again */
        add(&telling->told, member->pid, member->parent);
    telling->missed = telling->missed || signalled == PROCESS_REFUSED;
}

/* Tells those who have not been told; whether there were any. Children stand behind their parents, and are killed before them: the
 * kernel continues a stopped group whose last tie to its session ends before it. */
static bool tell(struct telling *telling) {
    struct family family = find(telling->cgroup);
    bool news = family.hurried;
    for (size_t i = 0; i < family.count && clock_ms() < telling->end_ms; i++) {
        size_t at = telling->number == SIGKILL ? family.count - 1 - i : i;
        if (has(&telling->told, family.members[at].pid))
            continue;
        tell_member(telling, &family.members[at]);
        news = true;
    }
    telling->unknown = telling->unknown || family.unknown || telling->told.unknown;
    news = news || clock_ms() >= telling->end_ms;
    telling->still = !news && (telling->number != SIGSTOP || all_still(&family, &telling->unknown));
    free(family.members);
    return news;
}

/* Who is told to stop may start one more before it does: nobody is new once all have been seen to be still. */
enum descendants descendants_signal_outside(int number, const char *cgroup) {
    uint64_t start = clock_ms();
    struct telling telling = {.number = number, .cgroup = cgroup, .end_ms = start + STOP_MS};
    uint64_t limit;
    bool before;
    do {
        before = telling.still;
        if (!tell(&telling) && !telling.still)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        limit = number == SIGSTOP && !telling.missed && !telling.unknown ? STOP_MS : TELL_MS;
    } while (!(before && telling.still) && clock_ms() - start < limit);
    free(telling.told.members);
    if (telling.unknown)
        return DESCENDANTS_UNKNOWN;
    return !telling.missed && before && telling.still ? DESCENDANTS_DONE : DESCENDANTS_LEFT;
}

enum descendants descendants_signal(int number) {
    return descendants_signal_outside(number, NULL);
}

void descendants_outside(const char *cgroup, void (*outside)(void *context, pid_t pid), void *context) {
    struct family family = find_within(cgroup, LOOK_MS);
    for (size_t i = 0; i < family.count; i++) {
        enum process_state state = process_state(family.members[i].pid);
        if (state == PROCESS_RUNNING || state == PROCESS_STOPPED)
            outside(context, family.members[i].pid);
    }
    free(family.members);
}

enum descendants descendants_still(void) {
    struct family family = find(NULL);
    bool unknown = family.unknown;
    bool still = all_still(&family, &unknown) && !family.hurried;
    free(family.members);
    if (unknown)
        return DESCENDANTS_UNKNOWN;
    return still ? DESCENDANTS_DONE : DESCENDANTS_LEFT;
}

static bool has_all(const struct family *family, const struct family *others) {
    for (size_t i = 0; i < others->count; i++) {
        if (!has(family, others->members[i].pid))
            return false;
    }
    return true;
}

/* Who goes on in a new process just before it is looked at has ended, and so has its parent: the new one shows itself to a
 * second look. */
enum descendants descendants_left(void) {
    struct family first = find(NULL);
    bool unknown = first.unknown;
    bool left = !all_ended(&first, &unknown) || first.hurried;
    if (!left && !unknown) {
        struct family second = find(NULL);
        unknown = second.unknown;
        left = !all_ended(&second, &unknown) || second.hurried || !has_all(&first, &second);
        free(second.members);
    }
    free(first.members);
    if (unknown)
        return DESCENDANTS_UNKNOWN;
    return left ? DESCENDANTS_LEFT : DESCENDANTS_DONE;
}

#else

void descendants_adopt(void) {
}

void descendants_of(pid_t pid) {
    (void)pid;
}

void descendants_reap(pid_t leader) {
    (void)leader;
}

enum descendants descendants_signal(int number) {
    (void)number;
    return DESCENDANTS_UNKNOWN;
}

enum descendants descendants_signal_outside(int number, const char *cgroup) {
    (void)number;
    (void)cgroup;
    return DESCENDANTS_UNKNOWN;
}

void descendants_outside(const char *cgroup, void (*outside)(void *context, pid_t pid), void *context) {
    (void)cgroup;
    (void)outside;
    (void)context;
}

enum descendants descendants_still(void) {
    return DESCENDANTS_UNKNOWN;
}

enum descendants descendants_left(void) {
    return DESCENDANTS_UNKNOWN;
}

#endif
