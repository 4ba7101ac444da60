/* What /proc tells of one process (cli/protect/process.c): what it does not tell is unknown, and never the end. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/protect/process.h"
#include "unit/harness.h"

static bool threads_are_hidden;
static const char *stat_text; /* what is read of a thread's state instead; "": nothing; NULL: the truth */
static bool state_is_hidden;

DIR *__real_opendir(const char *name);
DIR *__wrap_opendir(const char *name);
FILE *__real_fopen64(const char *name, const char *mode); /* what fopen is with 64-bit offsets, as Meson asks for them */
FILE *__wrap_fopen64(const char *name, const char *mode);

DIR *__wrap_opendir(const char *name) {
    if (!threads_are_hidden)
        return __real_opendir(name);
    errno = EACCES;
    return NULL;
}

FILE *__wrap_fopen64(const char *name, const char *mode) {
    if (state_is_hidden) {
        errno = EACCES;
        return NULL;
    }
    if (!stat_text || !strstr(name, "/stat"))
        return __real_fopen64(name, mode);
    return stat_text[0] != '\0' ? fmemopen((char *)(uintptr_t)stat_text, strlen(stat_text), "r")
                                : __real_fopen64("/dev/null", mode);
}

static pid_t start(void) {
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    assert_true(pid > 0);
    return pid;
}

static void stop(pid_t pid) {
    siginfo_t info;
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
}

/* It stays a zombie. */
static void end(pid_t pid) {
    siginfo_t info;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void reap(pid_t pid) {
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void running_stopped_and_ended(void) {
    pid_t pid = start();
    assert_int_equal(process_state(pid), PROCESS_RUNNING);
    stop(pid);
    assert_int_equal(process_state(pid), PROCESS_STOPPED);
    end(pid);
    assert_int_equal(process_state(pid), PROCESS_ENDED);
    reap(pid);
    assert_int_equal(process_state(pid), PROCESS_ENDED);
}

/* Neither is it stopped, nor running: whoever relies on one of them must not find it. */
static void what_is_hidden_is_unknown(void) {
    pid_t pid = start();
    stop(pid);
    threads_are_hidden = true;
    assert_int_equal(process_state(pid), PROCESS_UNKNOWN);
    threads_are_hidden = false;
    state_is_hidden = true;
    assert_int_equal(process_state(pid), PROCESS_UNKNOWN);
    state_is_hidden = false;
    static const char *const texts[] = {"", "7", "7 (sh", "7 (sh)", "7 (sh) "};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        stat_text = texts[i];
        assert_int_equal(process_state(pid), PROCESS_UNKNOWN);
    }
    stat_text = "7 (a) T) T 1";
    assert_int_equal(process_state(pid), PROCESS_STOPPED);
    stat_text = "7 (T) T) ? 1"; /* a state of kernels to come */
    assert_int_equal(process_state(pid), PROCESS_RUNNING);
    stat_text = NULL;
    end(pid);
    reap(pid);
    threads_are_hidden = true;
    assert_int_equal(process_state(pid), PROCESS_ENDED); /* nobody has the number, which the kernel itself says */
    threads_are_hidden = false;
}

static void count(void *context, pid_t pid) {
    (void)pid;
    ++*(unsigned *)context;
}

static void children_that_are_hidden_are_not_none(void) {
    unsigned children = 0;
    pid_t pid = start();
    assert_true(process_children(getpid(), count, &children));
    assert_int_equal(children, 1);
    threads_are_hidden = true;
    assert_false(process_children(getpid(), count, &children));
    threads_are_hidden = false;
    state_is_hidden = true;
    assert_false(process_children(getpid(), count, &children));
    state_is_hidden = false;
    end(pid);
    reap(pid);
}

static void a_signal_reaches_whom_was_opened(void) {
    pid_t pid = start();
    int process = process_open(pid);
    assert_true(process >= 0 || process == PROCESS_BY_NUMBER);
    assert_int_equal(process_signal(process, pid, SIGKILL), PROCESS_SIGNALLED);
    reap(pid);
    assert_int_equal(process_signal(process, pid, SIGKILL), PROCESS_GONE);
    process_close(process);
    assert_int_equal(process_open(pid), PROCESS_NONE);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(running_stopped_and_ended, ""),
        TEST(what_is_hidden_is_unknown, ""),
        TEST(children_that_are_hidden_are_not_none, ""),
        TEST(a_signal_reaches_whom_was_opened, ""),
    };
    return RUN_SUITE("process", cases);
}
