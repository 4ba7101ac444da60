/*
 * A command in a cgroup (cli/protect/containment.h), which tries to get away. It needs a machine where a cgroup can be had: root's,
 * one under systemd, or one that lets us mount cgroups of version 2. The command is this program once more, and its first argument
 * is what it does; the second is a file in which it counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/protect/child.h"
#include "cli/protect/process.h"

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define PATIENCE_MS 20000u
#define CHAIN_MAX 200000 /* should nobody end it */

struct counter {
    atomic_int count;
    atomic_int pid;
    char path[PROCESS_CGROUP_SIZE]; /* where it was as it began */
};

static char program[4096];
static bool kernel_is_old; /* and has neither clone3 nor cgroup.kill */
static int refused_signal;

int __real_openat64(int fd, const char *name, int flags, ...);
int __wrap_openat64(int fd, const char *name, int flags, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

int __wrap_openat64(int fd, const char *name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if (!kernel_is_old || strcmp(name, "cgroup.kill") != 0)
        return __real_openat64(fd, name, flags, mode);
    errno = ENOENT;
    return -1;
}

long __wrap_syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long a = va_arg(arguments, long);
    long b = number == SYS_clone3 || number == SYS_pidfd_open ? va_arg(arguments, long) : va_arg(arguments, int);
    va_end(arguments);
    if (kernel_is_old && number == SYS_clone3) {
        errno = ENOSYS;
        return -1;
    }
    if (number == SYS_pidfd_send_signal && b == refused_signal) {
        errno = EPERM;
        return -1;
    }
    return number == SYS_pidfd_send_signal ? __real_syscall(number, a, b, NULL, 0) : __real_syscall(number, a, b);
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* --- the command --- */

static struct counter *counter(const char *name) {
    int file = open(name, O_RDWR);
    struct counter *c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return c == MAP_FAILED ? NULL : c;
}

static int count_on(struct counter *c) {
    c->pid = getpid();
    for (int i = 0; i < CHAIN_MAX; i++) {
        c->count++;
        pause_ms(1);
    }
    return 0;
}

/* Processes that live for less than a millisecond, each in a session of its own. */
static int chain(struct counter *c) {
    if (fork() != 0)
        return pause();
    for (int i = 0; i < CHAIN_MAX; i++) {
        setsid();
        c->count++;
        if (fork() > 0)
            _exit(0);
    }
    return 0;
}

/* Leaves something behind, in another session, and ends. */
static int daemonize(struct counter *c) {
    if (fork() != 0)
        return 0;
    setsid();
    signal(SIGTERM, SIG_IGN);
    if (fork() != 0)
        return 0;
    return count_on(c);
}

/* Makes a cgroup (above: beside its own one) and moves there. */
static int move(struct counter *c, bool above) {
    char name[64];
    int own = cgroup_open_of(getpid());
    (void)snprintf(name, sizeof name, above ? "../copp-test-%d" : "nested-%d", (int)getpid());
    if (own < 0 || (mkdirat(own, name, 0755) != 0 && errno != EEXIST))
        return 9;
    int there = openat(own, name, O_RDONLY | O_DIRECTORY);
    if (!above && mkdirat(there, "deeper", 0755) == 0)
        there = openat(there, "deeper", O_RDONLY | O_DIRECTORY);
    signal(SIGTERM, SIG_IGN);
    if (there < 0 || !cgroup_add(there, getpid()))
        return 8;
    return count_on(c);
}

static void *count_beside(void *context) {
    (void)count_on(context);
    return NULL;
}

/* Leaves its first thread, a zombie from then on. */
static int outlive_the_first_thread(struct counter *c) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, count_beside, c) != 0)
        return 9;
    pthread_exit(NULL);
}

/* Puts another cgroup in the place of its own one, and locks it, lest other programs take it for one that is left. */
static int replace(struct counter *c) {
    const char *name = strrchr(c->path, '/') + 1;
    int own = cgroup_open_of(getpid());
    int above = openat(own, "..", O_RDONLY | O_DIRECTORY);
    if (!cgroup_add(above, getpid()) || unlinkat(above, name, AT_REMOVEDIR) != 0 || mkdirat(above, name, 0755) != 0)
        return 9;
    int there = openat(above, name, O_RDONLY | O_DIRECTORY);
    if (flock(there, LOCK_EX | LOCK_NB) != 0 || !cgroup_add(there, getpid()))
        return 8;
    return count_on(c);
}

static int command(const char *what, const char *name) {
    struct counter *c = counter(name);
    if (!c || !process_cgroup(getpid(), c->path))
        return 7;
    if (strcmp(what, "chain") == 0)
        return chain(c);
    if (strcmp(what, "daemonize") == 0)
        return daemonize(c);
    if (strcmp(what, "nest") == 0)
        return move(c, false);
    if (strcmp(what, "outlive") == 0)
        return outlive_the_first_thread(c);
    if (strcmp(what, "replace") == 0)
        return replace(c);
    return strcmp(what, "leave") == 0 ? move(c, true) : count_on(c);
}

/* --- the tests --- */

static struct counter *launch_in(struct child *child, const char *what, struct child_place *place) {
    char name[] = "/tmp/copp-cgroup-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(struct counter)), 0);
    close(file);
    struct counter *c = counter(name);
    assert_non_null(c);
    assert_int_equal(child_start_in(child, (char *[]){program, (char *)(uintptr_t)what, name, NULL}, -1, true, place), 0);
    for (unsigned ms = 0; c->count == 0 && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_int_not_equal(c->count, 0);
    (void)unlink(name);
    return c;
}

/* In a cgroup, or the test fails. */
static struct counter *launch(struct child *child, const char *what) {
    struct child_place place = {.description = "test", .required = false};
    struct counter *c = launch_in(child, what, &place);
    if (strcmp(place.kind, "processes") == 0)
        fail_msg("a cgroup is needed: %s; run this as root, or as a user of systemd's", place.reason);
    return c;
}

static void assert_goes_on(struct counter *c) {
    int before = c->count;
    for (unsigned ms = 0; c->count == before && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_true(c->count != before);
}

/* Long enough for whoever runs to count. */
static void assert_stands(struct counter *c) {
    int before = c->count;
    pause_ms(200);
    assert_int_equal(c->count, before);
}

static bool is_there(int parent, const char *name) {
    return faccessat(parent, name, F_OK, 0) == 0;
}

/* Without running again, and nothing is left behind. */
static void assert_ends(struct child *child, struct counter *c) {
    char name[sizeof child->containment.cgroup.name];
    memcpy(name, child->containment.cgroup.name, sizeof name);
    int parent = dup(child->containment.cgroup.parent);
    assert_true(is_there(parent, name));
    assert_true(child_end(child));
    assert_false(is_there(parent, name));
    close(parent);
    assert_stands(c);
    munmap(c, sizeof *c);
}

static void assert_held(struct child *child, struct counter *c) {
    assert_true(child_hold(child));
    assert_stands(c);
}

static void it_is_born_inside(void **state) {
    (void)state;
    for (int old = 0; old < 2; old++) {
        struct child child;
        kernel_is_old = old;
        struct counter *c = launch(&child, "count");
        kernel_is_old = false;
        assert_string_equal(c->path, child.containment.path);
        assert_false(child.unknown);
        assert_ends(&child, c);
    }
}

static void held_is_what_the_kernel_calls_frozen(void **state) {
    (void)state;
    struct child child;
    char text[128] = "";
    struct counter *c = launch(&child, "count");
    assert_held(&child, c);
    int events = openat(child.containment.cgroup.fd, "cgroup.events", O_RDONLY);
    assert_true(read(events, text, sizeof text - 1) > 0);
    close(events);
    assert_non_null(strstr(text, "frozen 1"));
    assert_int_equal(process_state(c->pid), PROCESS_RUNNING); /* which a signal would have stopped */
    child_resume(&child);
    assert_goes_on(c);
    assert_true(child_hold(&child));
    assert_true(cgroup_resume(child.containment.cgroup.fd)); /* by somebody else */
    assert_goes_on(c);
    assert_held(&child, c);
    int before = c->count;
    assert_true(child_end(&child));
    assert_int_equal(c->count, before);
    munmap(c, sizeof *c);
}

/* None of five got away; all five do where /proc alone tells of them. */
static void a_chain_of_short_lives_is_held_and_ended(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct child child;
        kernel_is_old = i % 2 == 1;
        struct counter *c = launch(&child, "chain");
        assert_held(&child, c);
        child_resume(&child);
        assert_goes_on(c);
        if (i > 2)
            assert_held(&child, c);
        assert_ends(&child, c);
        kernel_is_old = false;
    }
}

static void what_it_leaves_behind_ends(void **state) {
    (void)state;
    int status = 77;
    struct child child;
    struct counter *c = launch(&child, "daemonize");
    for (unsigned ms = 0; child_look(&child, &status) != CHILD_ENDED && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_int_equal(status, 0);
    assert_goes_on(c);
    assert_ends(&child, c);
}

static void cgroups_of_its_own_are_held_ended_and_removed(void **state) {
    (void)state;
    for (int old = 0; old < 2; old++) {
        struct child child;
        struct counter *c = launch(&child, "nest");
        kernel_is_old = old;
        assert_held(&child, c);
        assert_ends(&child, c);
        kernel_is_old = false;
    }
}

/* The kernel kills a cgroup by the first threads of what is in it, and passes over those that have ended. */
static void what_outlives_its_first_thread_ends(void **state) {
    (void)state;
    struct child child;
    struct counter *c = launch(&child, "outlive");
    assert_held(&child, c);
    assert_ends(&child, c);
}

/* --- who moves itself out --- */

static struct {
    int pid;
    unsigned count;
    char path[PROCESS_CGROUP_SIZE];
} named;

static void name(void *context, int pid, const char *cgroup) {
    (void)context;
    named.pid = pid;
    named.count++;
    (void)snprintf(named.path, sizeof named.path, "%s", cgroup);
}

static void who_leaves_is_named_held_and_ended(void **state) {
    (void)state;
    struct child child;
    memset(&named, 0, sizeof named);
    struct counter *c = launch(&child, "leave");
    for (unsigned ms = 0; named.count == 0 && ms < PATIENCE_MS; ms += 10) {
        child_name_outside(&child, name, NULL);
        pause_ms(10);
    }
    assert_int_equal(named.pid, c->pid);
    assert_non_null(strstr(named.path, "/copp-test-"));
    child.look_ms = 0;
    child_name_outside(&child, name, NULL);
    assert_int_equal(named.count, 1); /* once */
    assert_held(&child, c);
    child_resume(&child);
    assert_goes_on(c);
    refused_signal = SIGSTOP;
    assert_false(child_hold(&child));
    child_name_running(&child, name, NULL);
    refused_signal = 0;
    assert_int_equal(named.count, 2);
    assert_int_equal(named.pid, c->pid);
    assert_held(&child, c);
    int there = cgroup_open_of(c->pid);
    int parent = openat(there, "..", O_RDONLY | O_DIRECTORY);
    assert_ends(&child, c);
    assert_int_equal(unlinkat(parent, strrchr(named.path, '/') + 1, AT_REMOVEDIR), 0);
    close(there);
    close(parent);
}

/* Its path alone does not tell one from another. */
static void who_is_in_another_of_the_same_name_is_held_and_ended(void **state) {
    (void)state;
    struct child child;
    struct counter *c = launch(&child, "replace");
    assert_held(&child, c);
    child_resume(&child);
    assert_goes_on(c);
    assert_ends(&child, c);
}

/* --- what a terminal does --- */

static void what_ctrl_z_has_stopped_goes_on(void **state) {
    (void)state;
    int status;
    struct child child;
    struct counter *c = launch(&child, "count");
    assert_int_equal(kill(-child.group, SIGTSTP), 0);
    for (unsigned ms = 0; child_look(&child, &status) != CHILD_SUSPENDED; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
    assert_held(&child, c);
    child_resume(&child);
    assert_goes_on(c);
    assert_true(child_hold(&child));
    assert_int_equal(kill(-child.group, SIGTSTP), 0); /* while it is held: as a Ctrl-Z before it is over */
    child_resume(&child);
    assert_goes_on(c);
    assert_ends(&child, c);
}

/* --- what is left over, and what is missing --- */

static void what_a_killed_copp_has_left_ends_and_is_removed(void **state) {
    (void)state;
    struct child child;
    int pipes[2];
    struct {
        char name[64];
        struct counter *unused;
    } told;
    char shared[] = "/tmp/copp-cgroup-XXXXXX";
    int file = mkstemp(shared);
    assert_int_equal(ftruncate(file, sizeof(struct counter)), 0);
    struct counter *left = counter(shared);
    assert_int_equal(pipe(pipes), 0);
    pid_t other = fork();
    if (other == 0) {
        struct child_place place = {.description = "test", .required = true};
        struct child lost;
        int error = child_start_in(&lost, (char *[]){program, "chain", shared, NULL}, -1, true, &place);
        memcpy(told.name, lost.containment.cgroup.name, sizeof told.name);
        _exit(error != 0 || write(pipes[1], &told, sizeof told) != sizeof told || pause());
    }
    assert_int_equal(read(pipes[0], &told, sizeof told), sizeof told);
    assert_goes_on(left);
    assert_int_equal(kill(other, SIGKILL), 0);
    assert_int_equal(waitpid(other, NULL, 0), other);
    struct counter *c = launch(&child, "count");
    if (child.containment.kind == CONTAINMENT_CGROUP) { /* a scope of systemd's is nobody else's */
        assert_stands(left);
        assert_false(is_there(child.containment.cgroup.parent, told.name));
    }
    assert_ends(&child, c);
    (void)unlink(shared);
    munmap(left, sizeof *left);
}

/* A directory with these files in it is a cgroup for what knows it by its descriptor alone. NULL: there is no such file. */
static int make_directory(const char *events) {
    char name[] = "/tmp/copp-cgroup-XXXXXX";
    assert_non_null(mkdtemp(name));
    int fd = open(name, O_RDONLY | O_DIRECTORY);
    int freeze = openat(fd, "cgroup.freeze", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int file = events ? openat(fd, "cgroup.events", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    assert_true(fd >= 0 && freeze >= 0);
    if (events)
        assert_int_equal(write(file, events, strlen(events)), strlen(events));
    close(freeze);
    close(file);
    return fd;
}

static void close_directory(int fd) {
    char link[32];
    char name[64] = "";
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    assert_true(readlink(link, name, sizeof name - 1) > 0);
    (void)unlinkat(fd, "cgroup.freeze", 0);
    (void)unlinkat(fd, "cgroup.events", 0);
    (void)unlinkat(fd, "cgroup.type", 0);
    assert_int_equal(rmdir(name), 0);
    close(fd);
}

/* In time; a process that sleeps in the kernel, say, is not. What cannot be read is not either. */
static void what_does_not_freeze_is_not_held(void **state) {
    (void)state;
    const struct {
        const char *events;
        bool held;
    } cases[] = {
        {"populated 1\nfrozen 0\n", false},
        {"populated 1\nfrozen 1\n", true},
        {"populated 0\nfrozen 0\n", true},
        {"populated 1\n", false},
        {"", false},
        {NULL, true}, /* it has been removed */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2] = "";
        int fd = make_directory(cases[i].events);
        assert_int_equal(cgroup_hold(fd, 20), cases[i].held);
        int freeze = openat(fd, "cgroup.freeze", O_RDONLY);
        assert_int_equal(read(freeze, text, 1), 1);
        assert_string_equal(text, "1");
        close(freeze);
        close_directory(fd);
    }
}

/* A threaded one may hold some threads of a process and not the others; one that has been removed holds nobody. */
static void only_a_domain_encloses_processes(void **state) {
    (void)state;
    const struct {
        const char *type;
        bool encloses;
    } cases[] = {{"domain\n", true}, {"domain threaded\n", true}, {"threaded\n", false}, {"", false}, {NULL, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = make_directory(NULL);
        int type = cases[i].type ? openat(fd, "cgroup.type", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
        if (type >= 0) {
            assert_int_equal(write(type, cases[i].type, strlen(cases[i].type)), strlen(cases[i].type));
            close(type);
        }
        assert_int_equal(cgroup_encloses(fd), cases[i].encloses);
        close_directory(fd);
    }
}

/* One of another copp's is not taken for one that is left. */
static void two_commands_leave_each_other_alone(void **state) {
    (void)state;
    int status;
    struct child child;
    struct counter *c = launch(&child, "count");
    pid_t other = fork();
    if (other == 0) {
        struct child_place place = {.description = "test", .required = true};
        struct child second;
        char *const argv[] = {"sleep", "60", NULL};
        int error = child_start_in(&second, (char **)(uintptr_t)argv, -1, true, &place);
        _exit(error != 0 || !child_hold(&second) || !child_end(&second));
    }
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    assert_goes_on(c);
    assert_ends(&child, c);
}

/* An old kernel kills one by one, and so must freeze them first. */
static int hold_and_kill(pid_t pid) {
    struct cgroup cgroup;
    if (cgroup_find(&cgroup, getpid()))
        return 1;
    if (!cgroup_find(&cgroup, pid) || (!kernel_is_old && !cgroup_hold(cgroup.fd, 1000)) || !cgroup_kill(cgroup.fd))
        return 2;
    for (unsigned ms = 0; cgroup_life(cgroup.fd) != CGROUP_EMPTY; ms++) {
        if (ms > PATIENCE_MS)
            return 4;
        pause_ms(1);
    }
    int parent = dup(cgroup.parent);
    cgroup_remove(&cgroup);
    return is_there(parent, cgroup.name) ? 3 : 0;
}

static void another_process_can_hold_and_end_it(void **state) {
    (void)state;
    for (int old = 0; old < 2; old++) {
        int status;
        struct child child;
        struct counter *c = launch(&child, "chain");
        kernel_is_old = old;
        pid_t other = fork();
        if (other == 0)
            _exit(hold_and_kill(child.group));
        kernel_is_old = false;
        assert_int_equal(waitpid(other, &status, 0), other);
        assert_int_equal(status, 0);
        assert_stands(c);
        assert_true(child_hold(&child)); /* what is removed is empty */
        assert_true(child_end(&child));
        munmap(c, sizeof *c);
    }
}

/* As a user who may make no cgroup. */
static int refused(void) {
    struct child_place place = {.description = "test", .required = true};
    struct child child;
    char *const argv[] = {"sh", "-c", "exit 5", NULL};
    int status = 77;
    if (setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1) != 0 ||
        (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
        return 1;
    if (child_start_in(&child, (char **)(uintptr_t)argv, -1, true, &place) != ENOTSUP || child.group != 0 ||
        place.reason[0] == '\0')
        return 2;
    place.required = false;
    if (child_start_in(&child, (char **)(uintptr_t)argv, -1, true, &place) != 0 || strcmp(place.kind, "processes") != 0)
        return 3;
    while (child_look(&child, &status) != CHILD_ENDED)
        pause_ms(1);
    return child_end(&child) && status == 5 && place.reason[0] != '\0' ? 0 : 4;
}

static void without_one_it_is_refused_or_said(void **state) {
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(refused());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_born_inside),
        cmocka_unit_test(held_is_what_the_kernel_calls_frozen),
        cmocka_unit_test(a_chain_of_short_lives_is_held_and_ended),
        cmocka_unit_test(what_it_leaves_behind_ends),
        cmocka_unit_test(cgroups_of_its_own_are_held_ended_and_removed),
        cmocka_unit_test(what_outlives_its_first_thread_ends),
        cmocka_unit_test(who_leaves_is_named_held_and_ended),
        cmocka_unit_test(who_is_in_another_of_the_same_name_is_held_and_ended),
        cmocka_unit_test(what_ctrl_z_has_stopped_goes_on),
        cmocka_unit_test(what_a_killed_copp_has_left_ends_and_is_removed),
        cmocka_unit_test(what_does_not_freeze_is_not_held),
        cmocka_unit_test(only_a_domain_encloses_processes),
        cmocka_unit_test(two_commands_leave_each_other_alone),
        cmocka_unit_test(another_process_can_hold_and_end_it),
        cmocka_unit_test(without_one_it_is_refused_or_said),
    };
    sigset_t child;
    if (argc == 3)
        return command(argv[1], argv[2]);
    if (!realpath(argv[0], program))
        return 1;
    /* where a machine shows no cgroups of version 2, they can be mounted */
    if (geteuid() == 0 && access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) != 0 &&
        access("/sys/fs/cgroup/cgroup.procs", F_OK) != 0 && unshare(CLONE_NEWNS) == 0 &&
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        (void)mount("cgroup2", "/mnt", "cgroup2", 0, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL); /* as signals_open does */
    return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
