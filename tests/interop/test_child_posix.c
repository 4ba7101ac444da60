/*
 * How copp holds and ends a command (cli/child.c, cli/descendants.c) that does not want that. The command is this program once
 * more: test_child_posix hop FILE leaves a process behind that goes on in others, each in a session of its own, and counts
 * them in FILE; headless FILE leaves one behind whose first thread ends while another counts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/child.h"

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

static char program[4096];
static int refused_signal; /* which the kernel does not let through, as if the command were another user's */
static bool memory_is_out;
static bool kernel_is_old; /* and knows no descriptors of processes */
static bool proc_is_closed;
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

/* --- the tests --- */

static void assert_goes_on(atomic_int *count) {
    int before = *count;
    for (unsigned ms = 0; *count == before && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_true(*count != before);
}

/* Starts the command; what it counts in. End it. */
static atomic_int *start(struct child *child, char *how) {
    char name[] = "/tmp/copp-child-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(atomic_int)), 0);
    close(file);
    atomic_int *count = counter(name);
    assert_non_null(count);
    assert_int_equal(child_start(child, (char *[]){program, how, name, NULL}, true), 0);
    assert_goes_on(count);
    (void)unlink(name);
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
    assert_true(child_end(child, 0));
    assert_false(moves(count));
    unsigned before = signals_sent;
    assert_true(child_end(child, 0));
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
    assert_false(child_end(&child, 0));
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
    assert_false(child_end(&child, 0));
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

/* A group's number is nobody else's as long as its leader is not reaped, though that has long ended. */
static void a_group_is_signalled_while_it_is_ours(void **state) {
    (void)state;
    struct child child;
    int status = 77;
    assert_int_equal(child_start(&child, (char *[]){"sh", "-c", "trap '' TERM; sleep 60 & exit 5", NULL}, true), 0);
    look_until_ended(&child, &status);
    assert_int_equal(status, 5);
    int group = child.group;
    assert_true(child_end(&child, 100));
    assert_int_equal(child.group, 0);
    assert_int_equal(strangers, 0);
    assert_int_equal(__real_kill(-group, 0), -1);
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
    assert_false(child_end(&child, 0));
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
        cmocka_unit_test(a_group_is_signalled_while_it_is_ours),
        cmocka_unit_test(what_proc_does_not_tell_is_not_nobody),
    };
    sigset_t child;
    if (argc == 3 && strcmp(argv[1], "hop") == 0)
        return hop(argv[2]);
    if (argc == 3 && strcmp(argv[1], "headless") == 0)
        return headless(argv[2]);
    if (!realpath(argv[0], program))
        return 1;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL); /* as signals_open does */
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
