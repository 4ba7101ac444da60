/*
 * All that comes from a command (cli/protect/descendants.c), on processes that a test makes up in place of process.c. What is
 * unknown of one of them makes the answer unknown, and never that nobody runs.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/protect/descendants.h"
#include "cli/protect/process.h"
#include "unit/harness.h"

#define MEMBERS_MAX 8u

/* One that has ended is still its parent's child. */
static struct member {
    pid_t pid;
    pid_t parent; /* 0: this program */
    enum process_state state;
    enum process_signalled answer; /* to a signal */
    bool obeys; /* SIGSTOP and SIGKILL */
    unsigned signals;
    const char *cgroup; /* NULL: not told */
} members[MEMBERS_MAX];
static size_t member_count;
static pid_t hides; /* whose children are not told */

static void make(const struct member *made, size_t count) {
    for (size_t i = 0; i < count; i++)
        members[i] = made[i];
    member_count = count;
    hides = -1;
}

#define MAKE(...) make((const struct member[]){__VA_ARGS__}, sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member))

static struct member *member_of(pid_t pid) {
    for (size_t i = 0; i < member_count; i++) {
        if (members[i].pid == pid)
            return &members[i];
    }
    return NULL;
}

bool process_children(pid_t pid, void (*child)(void *context, pid_t pid), void *context) {
    for (size_t i = 0; i < member_count; i++) {
        if ((members[i].parent ? members[i].parent : getpid()) == pid)
            child(context, members[i].pid);
    }
    return pid != hides;
}

enum process_state process_state(pid_t pid) {
    const struct member *member = member_of(pid);
    return member ? member->state : PROCESS_ENDED;
}

bool process_cgroup(pid_t pid, char path[static PROCESS_CGROUP_SIZE]) {
    const struct member *member = member_of(pid);
    (void)snprintf(path, PROCESS_CGROUP_SIZE, "%s", member && member->cgroup ? member->cgroup : "");
    return member && member->cgroup;
}

int process_open(pid_t pid) {
    return member_of(pid) ? PROCESS_BY_NUMBER : PROCESS_NONE;
}

void process_close(int process) {
    (void)process;
}

enum process_signalled process_signal(int process, pid_t pid, int number) {
    struct member *member = member_of(pid);
    (void)process;
    member->signals++;
    if (member->obeys && member->answer == PROCESS_SIGNALLED)
        member->state = number == SIGSTOP ? PROCESS_STOPPED : PROCESS_ENDED;
    return member->answer;
}

static void nobody_is_left_once_all_have_ended(void) {
    MAKE({.pid = 100, .state = PROCESS_ENDED}, {.pid = 101, .parent = 100, .state = PROCESS_ENDED});
    assert_int_equal(descendants_left(), DESCENDANTS_DONE);
    members[1].state = PROCESS_STOPPED;
    assert_int_equal(descendants_left(), DESCENDANTS_LEFT);
    members[1].state = PROCESS_RUNNING;
    assert_int_equal(descendants_left(), DESCENDANTS_LEFT);
}

static void whose_state_is_unknown_has_not_ended(void) {
    MAKE({.pid = 100, .state = PROCESS_ENDED}, {.pid = 101, .parent = 100, .state = PROCESS_UNKNOWN});
    assert_int_equal(descendants_left(), DESCENDANTS_UNKNOWN);
    MAKE({.pid = 100, .state = PROCESS_UNKNOWN});
    assert_int_equal(descendants_left(), DESCENDANTS_UNKNOWN);
    members[0].state = PROCESS_ENDED;
    hides = 100;
    assert_int_equal(descendants_left(), DESCENDANTS_UNKNOWN);
}

static void whose_state_is_unknown_is_not_held(void) {
    MAKE({.pid = 100, .state = PROCESS_RUNNING, .obeys = true}, {.pid = 101, .parent = 100, .state = PROCESS_UNKNOWN});
    assert_int_equal(descendants_signal(SIGSTOP), DESCENDANTS_UNKNOWN);
    assert_int_equal(members[0].state, PROCESS_STOPPED); /* as far as we know them, all the same */
    assert_int_equal(members[1].signals, 1);
    members[1].state = PROCESS_STOPPED;
    assert_int_equal(descendants_signal(SIGSTOP), DESCENDANTS_DONE);
    hides = 101;
    assert_int_equal(descendants_signal(SIGSTOP), DESCENDANTS_UNKNOWN);
}

static void who_does_not_stop_is_left(void) {
    MAKE({.pid = 100, .state = PROCESS_RUNNING});
    assert_int_equal(descendants_signal(SIGSTOP), DESCENDANTS_LEFT);
    members[0].answer = PROCESS_REFUSED;
    members[0].state = PROCESS_STOPPED;
    assert_int_equal(descendants_signal(SIGSTOP), DESCENDANTS_LEFT);
}

/* Below a cgroup is inside; a name that begins alike is not. Children of those inside are looked for all the same. */
static void only_who_is_outside_is_signalled(void) {
    MAKE({.pid = 100, .state = PROCESS_RUNNING, .obeys = true, .cgroup = "/a/b"},
         {.pid = 101, .parent = 100, .state = PROCESS_RUNNING, .obeys = true, .cgroup = "/a/b/c"},
         {.pid = 102, .parent = 101, .state = PROCESS_RUNNING, .obeys = true, .cgroup = "/a/bc"},
         {.pid = 103, .parent = 100, .state = PROCESS_RUNNING, .obeys = true, .cgroup = "/a"},
         {.pid = 104, .parent = 100, .state = PROCESS_RUNNING, .obeys = true});
    assert_int_equal(descendants_signal_outside(SIGSTOP, "/a/b"), DESCENDANTS_DONE);
    assert_int_equal(members[0].signals + members[1].signals, 0);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(members[i].state, PROCESS_STOPPED);
    members[3].obeys = false;
    members[3].state = PROCESS_RUNNING;
    assert_int_equal(descendants_signal_outside(SIGSTOP, "/a/b"), DESCENDANTS_LEFT);
}

static void sum(void *context, pid_t pid) {
    *(int *)context += pid;
}

static void who_is_outside_and_runs_is_named(void) {
    int found = 0;
    MAKE({.pid = 100, .state = PROCESS_RUNNING, .cgroup = "/a/b"},
         {.pid = 110, .parent = 100, .state = PROCESS_RUNNING, .cgroup = "/x"},
         {.pid = 120, .parent = 110, .state = PROCESS_STOPPED, .cgroup = "/x"},
         {.pid = 1000, .parent = 110, .state = PROCESS_ENDED, .cgroup = "/x"});
    descendants_outside("/a/b", sum, &found);
    assert_int_equal(found, 110 + 120);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(nobody_is_left_once_all_have_ended, ""),    TEST(whose_state_is_unknown_has_not_ended, ""),
        TEST(whose_state_is_unknown_is_not_held, ""),    TEST(who_does_not_stop_is_left, ""),
        TEST(only_who_is_outside_is_signalled, "EVT-4"), TEST(who_is_outside_and_runs_is_named, "EVT-4"),
    };
    return RUN_SUITE("descendants", cases);
}
