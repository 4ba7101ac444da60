/*
 * How copp holds and ends a command (cli/child.c, cli/descendants.c) that does not want that. The command is this program once
 * more: test_child_posix hop FILE leaves a process behind that goes on in others, each in a session of its own, and counts
 * them in FILE.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
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
static unsigned signals_sent;

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

int __wrap_kill(pid_t pid, int number) {
    signals_sent++;
    if (number == 0 || number != refused_signal)
        return __real_kill(pid, number);
    errno = EPERM;
    return -1;
}

void *__wrap_realloc(void *old, size_t size) {
    return memory_is_out ? NULL : __real_realloc(old, size);
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

/* --- the tests --- */

static void assert_goes_on(atomic_int *count) {
    int before = *count;
    for (unsigned ms = 0; *count == before && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_true(*count != before);
}

/* Starts the command; what it counts in. End it. */
static atomic_int *start_hopping(struct child *child) {
    char name[] = "/tmp/copp-child-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(atomic_int)), 0);
    close(file);
    atomic_int *count = counter(name);
    assert_non_null(count);
    assert_int_equal(child_start(child, (char *[]){program, "hop", name, NULL}, true), 0);
    assert_goes_on(count);
    (void)unlink(name);
    return count;
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
    assert_ends(&child, count);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_moves_on_is_held_and_ended),
        cmocka_unit_test(whom_the_kernel_protects_is_told),
        cmocka_unit_test(without_memory_nobody_is_said_to_be_held),
    };
    sigset_t child;
    if (argc == 3 && strcmp(argv[1], "hop") == 0)
        return hop(argv[2]);
    if (!realpath(argv[0], program))
        return 1;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL); /* as signals_open does */
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
