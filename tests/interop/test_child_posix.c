/*
 * How copp holds and ends a command (cli/protect/child.c, cli/protect/descendants.c) that does not want that. The command is this program once
 * more: test_child_posix hop FILE leaves a process behind that goes on in others, each in a session of its own, and counts
 * them in FILE; headless FILE leaves one behind whose first thread ends while another counts; pair FILE has a child, whose number
 * it tells in FILE; jobs FILE is a shell's like, in a session of its own: each of its jobs has a group and counts in FILE.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/types.h>
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
#define HOPS_MAX 20000 /* should nobody end it */
#define JOBS 50u

static char program[4096];
static int refused_signal; /* which the kernel does not let through, as if the command were another user's */
static bool memory_is_out;
static bool kernel_is_old; /* and knows no descriptors of processes */
static bool proc_is_closed;
static void (*before_open)(pid_t pid); /* called just before somebody is opened by number */
static unsigned signals_sent;
static unsigned strangers; /* groups signalled whose number may be anybody's: their leader has been reaped */

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
DIR *__real_opendir(const char *name);
DIR *__wrap_opendir(const char *name);

static bool lets_through(int number) {
    signals_sent++;
    if (number == 0 || number != refused_signal)
        return true;
    errno = EPERM;
    return false;
}

int __wrap_kill(pid_t pid, int number) {
    siginfo_t info;
    if (pid < -1 && waitid(P_PID, (id_t)-pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        strangers++;
    return lets_through(number) ? __real_kill(pid, number) : -1;
}

/* Of a descriptor of a process alone. */
long __wrap_syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long a = number == SYS_pidfd_open || number == SYS_pidfd_send_signal ? va_arg(arguments, int) : 0;
    long b = number == SYS_pidfd_open || number == SYS_pidfd_send_signal ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if (kernel_is_old) {
        errno = ENOSYS;
        return -1;
    }
    if (number == SYS_pidfd_open && before_open)
        before_open((pid_t)a);
    if (number == SYS_pidfd_send_signal && !lets_through((int)b))
        return -1;
    return __real_syscall(number, a, b, NULL, 0);
}

void *__wrap_realloc(void *old, size_t size) {
    return memory_is_out ? NULL : __real_realloc(old, size);
}

DIR *__wrap_opendir(const char *name) {
    if (!proc_is_closed)
        return __real_opendir(name);
    errno = EACCES;
    return NULL;
}

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static atomic_int *counter(const char *name) {
    int file = open(name, O_RDWR);
    atomic_int *count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return count == MAP_FAILED ? NULL : count;
}

static int hop(const char *name) {
    atomic_int *count = counter(name);
    signal(SIGTERM, SIG_IGN);
    if (!count || fork() != 0)
        return count ? pause() : 9;
    while (++*count < HOPS_MAX) {
        setsid();
        pause_ms(1);
        if (fork() > 0)
            _exit(0);
    }
    return 0;
}

static void *count_on(void *context) {
    atomic_int *count = context;
    for (;;) {
        ++*count;
        pause_ms(1);
    }
    return NULL;
}

static int headless(const char *name) {
    atomic_int *count = counter(name);
    pthread_t thread;
    signal(SIGTERM, SIG_IGN);
    if (!count || fork() != 0)
        return 0;
    setsid();
    if (pthread_create(&thread, NULL, count_on, count) == 0)
        pthread_exit(NULL);
    return 9;
}

static int pair(const char *name) {
    atomic_int *number = counter(name);
    signal(SIGCHLD, SIG_IGN); /* the kernel reaps, also while this is stopped */
    pid_t pid = fork();
    if (pid == 0)
        return pause();
    if (!number || pid < 0)
        return 9;
    *number = pid;
    return pause();
}

/* Groups with no other tie to their session than the process that has started them: the kernel sends stopped ones SIGHUP, which
 * these do not mind, and SIGCONT when that ends. */
static int jobs(const char *name) {
    atomic_int *count = counter(name);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (!count || fork() != 0)
        return count ? pause() : 9;
    setsid();
    for (unsigned i = 0; i < JOBS; i++) {
        if (fork() == 0) {
            setpgid(0, 0);
            for (;;)
                ++*count;
        }
    }
    return pause();
}

/* --- the tests --- */

static void assert_goes_on(atomic_int *count) {
    int before = *count;
    for (unsigned ms = 0; *count == before && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_true(*count != before);
}

/* Starts the command; what it counts in. End it. */
static atomic_int *launch(struct child *child, char *how) {
    char name[] = "/tmp/copp-child-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(atomic_int)), 0);
    close(file);
    atomic_int *count = counter(name);
    assert_non_null(count);
    assert_int_equal(child_start(child, (char *[]){program, how, name, NULL}, -1, true), 0);
    for (unsigned ms = 0; *count == 0 && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    (void)unlink(name);
    return count;
}

static atomic_int *start(struct child *child, char *how) {
    atomic_int *count = launch(child, how);
    assert_goes_on(count);
    return count;
}

static atomic_int *start_hopping(struct child *child) {
    return start(child, (char[]){"hop"});
}

static bool moves(atomic_int *count) {
    int before = *count;
    pause_ms(300);
    return *count != before;
}

static void assert_ends(struct child *child, atomic_int *count) {
    assert_true(child_end(child));
    assert_false(moves(count));
    unsigned before = signals_sent;
    assert_true(child_end(child));
    assert_int_equal(signals_sent, before); /* its number may be somebody else's by now */
    assert_int_equal(strangers, 0);
    munmap(count, sizeof *count);
}

static void who_moves_on_is_held_and_ended(void **state) {
    (void)state;
    struct child child;
    atomic_int *count = start_hopping(&child);
    for (int i = 0; i < 10; i++) {
        assert_true(child_hold(&child));
        assert_false(moves(count));
        child_resume(&child);
        assert_goes_on(count);
    }
    assert_false(child.unknown);
    assert_ends(&child, count);
}

static void whom_the_kernel_protects_is_told(void **state) {
    (void)state;
    struct child child;
    atomic_int *count = start_hopping(&child);
    refused_signal = SIGSTOP;
    assert_false(child_hold(&child));
    assert_false(child_hold(&child)); /* nor is it held by now */
    child_resume(&child);
    refused_signal = SIGKILL;
    assert_false(child_end(&child));
    refused_signal = 0;
    assert_ends(&child, count);
}

static void without_memory_nobody_is_said_to_be_held(void **state) {
    (void)state;
    struct child child;
    atomic_int *count = start_hopping(&child);
    memory_is_out = true;
    assert_false(child_hold(&child));
    child_resume(&child);
    assert_false(child_end(&child));
    memory_is_out = false;
    assert_true(child.unknown);
    assert_ends(&child, count);
}

/* Only its number is left to signal it by. */
static void held_and_ended_on_an_old_kernel(void **state) {
    (void)state;
    struct child child;
    atomic_int *count = start_hopping(&child);
    kernel_is_old = true;
    assert_true(child_hold(&child));
    assert_false(moves(count));
    child_resume(&child);
    assert_goes_on(count);
    assert_ends(&child, count);
    kernel_is_old = false;
}

static void look_until_ended(struct child *child, int *status) {
    for (unsigned ms = 0; child_look(child, status) != CHILD_ENDED; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
}

/* The first process has ended, and the first thread of the one that it has left behind: that is not the end. */
static void whose_first_thread_ends_is_held_and_ended(void **state) {
    (void)state;
    struct child child;
    int status = 77;
    atomic_int *count = start(&child, (char[]){"headless"});
    look_until_ended(&child, &status);
    assert_int_equal(status, 0);
    assert_goes_on(count);
    assert_false(child.unknown);
    assert_ends(&child, count);
}

/* Nothing of it is shown for its end: neither if all of it is there, nor if its first process has ended while it was held. */
static void who_is_held_ends_without_running(void **state) {
    (void)state;
    for (int headless_too = 0; headless_too < 2; headless_too++) {
        struct child child;
        int status = 77;
        atomic_int *count = start_hopping(&child);
        assert_true(child_hold(&child));
        int before = *count;
        if (headless_too) {
            assert_int_equal(__real_kill(child.group, SIGKILL), 0);
            look_until_ended(&child, &status);
            assert_int_equal(status, 128 + SIGKILL);
            assert_false(moves(count));
        }
        assert_true(child_end(&child));
        assert_int_equal(*count, before);
        assert_ends(&child, count);
    }
}

/* The kernel lets it go on when its tie to its session ends: not while it is killed. */
static void who_loses_its_ties_ends_without_running(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct child child;
        atomic_int *count = start(&child, (char[]){"jobs"});
        assert_true(child_hold(&child));
        int before = *count;
        assert_true(child_end(&child));
        assert_int_equal(*count, before);
        assert_ends(&child, count);
    }
}

/* What the first process has left is told, held and let go on as all of it was. */
static void what_is_left_is_held(void **state) {
    (void)state;
    struct child child;
    int status = 77;
    atomic_int *count = start(&child, (char[]){"headless"});
    look_until_ended(&child, &status);
    child_tell_end(&child); /* which it ignores */
    assert_goes_on(count);
    assert_true(child_left(&child));
    assert_true(child_hold(&child));
    assert_false(moves(count));
    child_tell_end(&child); /* which does not let it go on */
    assert_false(moves(count));
    child_resume(&child);
    assert_goes_on(count);
    assert_ends(&child, count);
    assert_false(child_left(&child));
}

/* Whoever lets it go on, it is held by the next word. */
static void who_is_let_go_on_by_others_is_held_again(void **state) {
    (void)state;
    struct child child;
    const atomic_int *number = launch(&child, (char[]){"pair"});
    assert_true(child_hold(&child));
    assert_int_equal(process_state(*number), PROCESS_STOPPED);
    assert_int_equal(__real_kill(*number, SIGCONT), 0);
    assert_int_equal(process_state(*number), PROCESS_RUNNING);
    assert_true(child_hold(&child));
    assert_int_equal(process_state(*number), PROCESS_STOPPED);
    assert_true(child_hold(&child));
    refused_signal = SIGSTOP;
    assert_true(child_hold(&child)); /* there is nobody to be stopped */
    assert_int_equal(__real_kill(*number, SIGCONT), 0);
    assert_false(child_hold(&child));
    refused_signal = 0;
    assert_true(child_end(&child));
}

/* A group's number is nobody else's as long as its leader is not reaped, though that has long ended. */
static void a_group_is_signalled_while_it_is_ours(void **state) {
    (void)state;
    struct child child;
    int status = 77;
    assert_int_equal(child_start(&child, (char *[]){"sh", "-c", "trap '' TERM; sleep 60 & exit 5", NULL}, -1, true), 0);
    look_until_ended(&child, &status);
    assert_int_equal(status, 5);
    int group = child.group;
    assert_true(child_end(&child));
    assert_int_equal(child.group, 0);
    assert_int_equal(strangers, 0);
    assert_int_equal(__real_kill(-group, 0), -1);
}

/* --- a number that passes to another --- */

static pid_t passing; /* whose number it is */
static int to_stranger[2]; /* asks for a process that has it, and is not a descendant of ours */
static int from_stranger[2];

/* The last moment at which it can: the process has been found, and is about to be opened. */
static void pass_on(pid_t pid) {
    pid_t made = 0;
    if (pid != passing)
        return;
    before_open = NULL;
    (void)__real_kill(pid, SIGKILL);
    while (__real_kill(pid, 0) == 0)
        pause_ms(1);
    if (write(to_stranger[1], &pid, sizeof pid) != sizeof pid || read(from_stranger[0], &made, sizeof made) != sizeof made ||
        made != pid)
        _exit(7);
}

static int hold_while_a_number_passes_on(void) {
    struct child child;
    const atomic_int *number = launch(&child, (char[]){"pair"});
    passing = *number;
    before_open = pass_on;
    bool held = child_hold(&child);
    bool passed = before_open == NULL;
    bool ended = child_end(&child);
    return held && passed && ended && !child.unknown ? 0 : 6;
}

static int set_last_number(pid_t pid) {
    char text[32];
    int size = snprintf(text, sizeof text, "%d", (int)pid);
    int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    return file >= 0 && write(file, text, (size_t)size) == size && close(file) == 0 ? 0 : -1;
}

/* A process that has the number, which the kernel gives back a moment after kill() has no process of that number any more. -1: it
 * could not be made. */
static pid_t make_stranger(pid_t pid) {
    for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
        if (set_last_number(pid - 1) != 0)
            return -1;
        pid_t stranger = fork();
        if (stranger == 0)
            _exit(pause());
        if (stranger == pid || stranger < 0)
            return stranger;
        (void)__real_kill(stranger, SIGKILL);
        (void)waitpid(stranger, NULL, 0);
        pause_ms(1);
    }
    return -1;
}

/* The first process of a namespace of its own, where nobody else takes numbers. */
static int in_own_numbers(void) {
    pid_t pid;
    int status;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("proc", "/proc", "proc", 0, NULL) != 0 ||
        pipe(to_stranger) != 0 || pipe(from_stranger) != 0)
        return 5;
    pid_t holder = fork();
    if (holder == 0)
        _exit(hold_while_a_number_passes_on());
    (void)close(to_stranger[1]); /* else it would be waited for after the holder's end */
    if (read(to_stranger[0], &pid, sizeof pid) != sizeof pid)
        return 4;
    pid_t stranger = make_stranger(pid);
    if (write(from_stranger[1], &stranger, sizeof stranger) != sizeof stranger || waitpid(holder, &status, 0) != holder)
        return 3;
    bool untouched = waitpid(stranger, NULL, WNOHANG | WUNTRACED) == 0; /* neither ended nor stopped */
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && untouched ? 0 : 2;
}

static void who_has_a_number_later_is_left_alone(void **state) {
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS | (geteuid() != 0 ? CLONE_NEWUSER : 0)) != 0)
            _exit(8); /* the kernel lets users make no namespaces: run this as root */
        pid_t first = fork();
        if (first == 0)
            _exit(in_own_numbers());
        _exit(waitpid(first, &status, 0) == first && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_proc_does_not_tell_is_not_nobody(void **state) {
    (void)state;
    struct child child;
    atomic_int *count = start_hopping(&child);
    assert_false(child.unknown);
    proc_is_closed = true;
    assert_false(child_hold(&child));
    assert_true(child.unknown);
    child_resume(&child);
    assert_false(child_end(&child));
    proc_is_closed = false;
    assert_ends(&child, count);
    assert_true(child.unknown); /* for good: who knows what that was */
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_moves_on_is_held_and_ended),
        cmocka_unit_test(whom_the_kernel_protects_is_told),
        cmocka_unit_test(without_memory_nobody_is_said_to_be_held),
        cmocka_unit_test(held_and_ended_on_an_old_kernel),
        cmocka_unit_test(whose_first_thread_ends_is_held_and_ended),
        cmocka_unit_test(who_is_held_ends_without_running),
        cmocka_unit_test(who_loses_its_ties_ends_without_running),
        cmocka_unit_test(what_is_left_is_held),
        cmocka_unit_test(who_is_let_go_on_by_others_is_held_again),
        cmocka_unit_test(a_group_is_signalled_while_it_is_ours),
        cmocka_unit_test(who_has_a_number_later_is_left_alone),
        cmocka_unit_test(what_proc_does_not_tell_is_not_nobody),
    };
    sigset_t child;
    if (argc == 3 && strcmp(argv[1], "hop") == 0)
        return hop(argv[2]);
    if (argc == 3 && strcmp(argv[1], "headless") == 0)
        return headless(argv[2]);
    if (argc == 3 && strcmp(argv[1], "pair") == 0)
        return pair(argv[2]);
    if (argc == 3 && strcmp(argv[1], "jobs") == 0)
        return jobs(argv[2]);
    if (!realpath(argv[0], program))
        return 1;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL); /* as signals_open does */
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
