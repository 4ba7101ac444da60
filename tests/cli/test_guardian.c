/*
 * The guardian (cli/protect/guardian.c, guardian_watch.c) of a copp that a test makes up: one that is silent, crashes, or leaves
 * the command behind. The command is this program once more: test_guardian film FILE counts in FILE, and so does a child of it in
 * a session of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/io_system.h"
#include "cli/protect/child.h"
#include "cli/protect/guardian.h"
#include "cli/protect/guardian_page.h"
#include "frames.h"
#include "unit/harness.h"

#define PATIENCE_MS 30000u
#define BEATS ((int)GUARDIAN_SILENCE_MS / 10 + 50)

/* What the processes of a test know in common. */
struct film {
    atomic_int frames[2];
    atomic_int step; /* how far the made-up copp is */
    atomic_int beats; /* of it, 10 ms apart */
    atomic_int pid; /* of the made-up copp */
    atomic_int refuses; /* the kernel lets no SIGSTOP through, as if the command were another user's */
    atomic_int takes_long; /* a SIGSTOP of the guardian's, as long as it is this */
    atomic_int waits; /* one does */
};

static struct film *film;
static char program[4096];
static char film_name[] = "/tmp/copp-film-XXXXXX";

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static bool lets_through(int number) {
    while (number == SIGSTOP && film->takes_long) {
        film->waits = 1;
        pause_ms(1);
    }
    if (number != SIGSTOP || !film->refuses)
        return true;
    errno = EPERM;
    return false;
}

int __wrap_kill(pid_t pid, int number) {
    return lets_through(number) ? __real_kill(pid, number) : -1;
}

long __wrap_syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long);
    long b = va_arg(list, long);
    va_end(list);
    if (number == SYS_close_range) /* the harness keeps files open in its children */
        return 0;
    return number == SYS_pidfd_send_signal && !lets_through((int)b) ? -1 : __real_syscall(number, a, b, NULL, 0);
}

static void map_film(const char *name) {
    int file = open(name, O_RDWR | O_CLOEXEC);
    film = mmap(NULL, sizeof *film, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (film == MAP_FAILED)
        abort();
}

static int play(const char *name) {
    map_film(name);
    int which = fork() == 0;
    if (which)
        setsid();
    for (unsigned i = 0; i < 60000; i++) {
        film->frames[which]++;
        pause_ms(1);
    }
    return 0;
}

void system_print(FILE *out, const char *text) {
    fputs(text, out);
}

/* --- the made-up copp --- */

static void start_film(struct guardian *guardian, struct child *child) {
    guardian_command_starts(guardian);
    if (child_start(child, (char *[]){program, "film", film_name, NULL}, -1, true) != 0)
        _exit(90);
    guardian_command_runs(guardian, child_group(child));
}

static void await_step(int step) {
    while (film->step != step)
        pause_ms(1);
}

/* It is heard of at first, then no more until it is told so. */
static void be_silent(struct guardian *guardian) {
    struct child child;
    start_film(guardian, &child);
    while (film->step != 1) {
        if (guardian_beat(guardian))
            _exit(91);
        film->beats++;
        pause_ms(10);
    }
    await_step(2);
    bool early = guardian_release(guardian); /* nothing has been looked at since */
    bool noticed = guardian_beat(guardian);
    bool again = guardian_beat(guardian); /* told of once */
    if (early || !noticed || again)
        _exit(92);
    (void)child_hold(&child);
    film->step = 3;
    await_step(4);
    if (!guardian_release(guardian))
        _exit(93);
    child_resume(&child);
    while (film->step != 5) {
        if (guardian_beat(guardian))
            _exit(94);
        pause_ms(1);
    }
    guardian_command_ends(guardian, 0);
    if (!child_end(&child))
        _exit(95);
    guardian_command_ended(guardian);
    exit(7);
}

/* Heard of again while the guardian holds the command once more: it does not let it go on meanwhile. */
static void release_while_it_is_held_again(struct guardian *guardian) {
    struct child child;
    start_film(guardian, &child);
    await_step(1);
    for (unsigned ms = 0; ms < 100; ms++) {
        (void)guardian_beat(guardian);
        if (guardian_release(guardian))
            _exit(97);
        pause_ms(1);
    }
    film->takes_long = false;
    while (!guardian_release(guardian)) {
        (void)guardian_beat(guardian);
        pause_ms(1);
    }
    child_resume(&child);
    for (;;) {
        if (guardian_beat(guardian))
            _exit(98);
        film->beats++;
        pause_ms(10);
    }
}

/* As one that is stopped between its look and the word to the command: it lets it go on, though the guardian holds it. */
static void let_go_on_late(struct guardian *guardian) {
    struct child child;
    start_film(guardian, &child);
    film->step = 1;
    await_step(2);
    while (film->step != 3) {
        child_resume(&child);
        pause_ms(50);
    }
    pause();
}

/* The film has begun, or is about to. */
static void be_stopped_while_it_starts(struct guardian *guardian) {
    struct child child;
    guardian_command_starts(guardian);
    if (child_start(&child, (char *[]){program, "film", film_name, NULL}, -1, true) != 0)
        _exit(90);
    film->pid = getpid();
    film->step = 1;
    await_step(2);
    guardian_command_runs(guardian, child_group(&child));
    await_step(3);
    _exit(4);
}

/* It need not be heard of for longer than anybody waits here. */
static void be_stopped(struct guardian *guardian) {
    struct child child;
    start_film(guardian, &child);
    atomic_store(&guardian->page->deadline_ms, guardian_now_ms() + 10 * PATIENCE_MS);
    film->pid = getpid();
    film->step = 1;
    await_step(2);
    _exit(3);
}

/* A fault of its own ends it, though it blocks all signals. */
static void crash(struct guardian *guardian) {
    struct child child;
    sigset_t all;
    start_film(guardian, &child);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    film->step = 1;
    await_step(2);
    volatile char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *page = 1;
}

static void leave_it_behind(struct guardian *guardian) {
    struct child child;
    start_film(guardian, &child);
    film->step = 1;
    await_step(2);
    _exit(3);
}

/* --- the tests --- */

static pid_t begin(void (*copp)(struct guardian *)) {
    struct guardian guardian = GUARDIAN_NONE;
    int status = 0;
    memset(film, 0, sizeof *film);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    enum guardian_side side = guardian_start(&guardian, &status);
    if (side == GUARDIAN_IS_COPP)
        copp(&guardian);
    _exit(side == GUARDIAN_IS_ITSELF ? status : 96);
}

static void await(int step) {
    for (unsigned ms = 0; film->step != step; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
}

static void await_both(bool moving) {
    assert_true(frames_await(film->frames, moving, PATIENCE_MS));
}

/* Nobody is left, neither as a zombie: whoever is would be ours. */
static void assert_ended_with(pid_t pid, int expected) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
    assert_false(frames_move(film->frames));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void await_beats(void) {
    for (unsigned ms = 0; film->beats < BEATS; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
}

static void held_while_copp_is_silent(void) {
    pid_t pid = begin(be_silent);
    await_beats();
    await_both(true); /* longer than it may be silent */
    film->step = 1;
    await_both(false);
    film->step = 2;
    await(3);
    assert_false(frames_move(film->frames)); /* it is heard of, and has not looked */
    film->step = 4;
    await_both(true);
    film->step = 5;
    assert_ended_with(pid, 7);
}

static void nothing_goes_on_while_it_is_held_again(void) {
    pid_t pid = begin(release_while_it_is_held_again);
    await_both(false);
    film->takes_long = true;
    for (unsigned ms = 0; !film->waits; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
    film->step = 1;
    await_both(true);
    await_beats();
    await_both(true); /* and nothing of it was stopped later */
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_ended_with(pid, 128 + SIGTERM);
}

static void who_is_let_go_on_too_late_is_held_again(void) {
    pid_t pid = begin(let_go_on_late);
    await(1);
    await_both(false);
    film->step = 2;
    await_both(true);
    film->step = 3;
    await_both(false);
    assert_int_equal(kill(pid, SIGTERM), 0); /* which that copp does not take */
    assert_ended_with(pid, 128 + SIGTERM);
}

static void who_cannot_be_held_is_killed(void) {
    pid_t pid = begin(let_go_on_late);
    await(1);
    film->refuses = true;
    await_both(false);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_ended_with(pid, 128 + SIGTERM);
}

static void killed_after_a_crash(void) {
    pid_t pid = begin(crash);
    await(1);
    await_both(true);
    film->step = 2;
    assert_ended_with(pid, 128 + SIGSEGV);
}

static void who_is_left_behind_is_killed(void) {
    pid_t pid = begin(leave_it_behind);
    await(1);
    await_both(true);
    film->step = 2;
    assert_ended_with(pid, 3);
}

static void held_if_copp_is_stopped_while_it_starts(void) {
    pid_t pid = begin(be_stopped_while_it_starts);
    await(1);
    await_both(true);
    assert_int_equal(kill(film->pid, SIGSTOP), 0);
    await_both(false);
    assert_int_equal(kill(film->pid, SIGCONT), 0);
    await_both(true); /* copp may be waiting for it */
    film->step = 2;
    await_both(false); /* no word of copp's, for 2 seconds */
    film->step = 3;
    assert_ended_with(pid, 4);
}

static void held_as_soon_as_copp_is_stopped(void) {
    pid_t pid = begin(be_stopped);
    await(1);
    await_both(true);
    assert_int_equal(kill(film->pid, SIGSTOP), 0);
    await_both(false);
    film->step = 2;
    assert_int_equal(kill(film->pid, SIGCONT), 0);
    assert_ended_with(pid, 3);
}

static void who_was_halted_is_held_until_copp_has_looked(void) {
    struct guardian guardian = {.page = guardian_page_new(), .fd = -1};
    assert_non_null(guardian.page);
    atomic_store(&guardian.page->state, GUARDIAN_HALTED);
    guardian_command_runs(&guardian, 0);
    assert_false(guardian_release(&guardian));
    assert_true(guardian_beat(&guardian));
    assert_true(guardian_release(&guardian));
    assert_int_equal(guardian_page_state(guardian.page), GUARDIAN_WATCHED);
    guardian_close(&guardian);
}

/* What the guardian is stopping is left to it: nothing that it stops later stands in the next state. */
static void who_is_being_held_is_waited_for(void) {
    struct guardian guardian = {.page = guardian_page_new(), .fd = -1};
    assert_non_null(guardian.page);
    memset(film, 0, sizeof *film);
    atomic_store(&guardian.page->state, GUARDIAN_HOLDING);
    assert_false(guardian_beat(&guardian));
    assert_false(guardian_release(&guardian));
    pid_t pid = fork();
    if (pid == 0) {
        guardian_command_ends(&guardian, 0);
        film->step = 1;
        _exit(0);
    }
    pause_ms(100);
    assert_int_equal(film->step, 0);
    assert_int_equal(guardian_page_state(guardian.page), GUARDIAN_HOLDING);
    assert_true(guardian_page_change(guardian.page, GUARDIAN_HOLDING, GUARDIAN_HELD));
    await(1);
    assert_int_equal(guardian_page_state(guardian.page), GUARDIAN_ENDING);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    guardian_close(&guardian);
}

static int prepare(void) {
    int file = mkstemp(film_name);
    bool good = file >= 0 && ftruncate(file, sizeof *film) == 0;
    if (file >= 0)
        close(file);
    if (good)
        map_film(film_name);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    return good;
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        TEST(held_while_copp_is_silent, "APP-3"),
        TEST(who_is_let_go_on_too_late_is_held_again, "APP-3"),
        TEST(nothing_goes_on_while_it_is_held_again, "APP-3"),
        TEST(who_cannot_be_held_is_killed, "APP-3"),
        TEST(killed_after_a_crash, ""),
        TEST(who_is_left_behind_is_killed, ""),
        TEST(held_if_copp_is_stopped_while_it_starts, "APP-3"),
        TEST(held_as_soon_as_copp_is_stopped, "APP-3"),
        TEST(who_was_halted_is_held_until_copp_has_looked, "APP-3"),
        TEST(who_is_being_held_is_waited_for, ""),
    };
    if (argc == 3 && strcmp(argv[1], "film") == 0)
        return play(argv[2]);
    if (!realpath(argv[0], program) || !prepare())
        return 1;
    int status = RUN_SUITE("guardian", cases);
    (void)unlink(film_name);
    return status;
}
