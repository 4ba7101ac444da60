/*
 * copp protect, its guardian and its command, when one of them is killed, stopped or hangs. The tool is COPP: it is the guardian, and
 * copp itself a child of it. The command is this program once more: test_guardian film FILE counts frames in FILE, and so does a
 * child of it in a session of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/protect/process.h"
#include "tests/cli/frames.h"

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define PATIENCE_MS 30000u

struct film {
    atomic_int frames[2];
    bool kills; /* copp, before it shows anything */
    char cgroup[PROCESS_CGROUP_SIZE]; /* where it was then */
};

static struct film *film;
static char program[4096];
static char directory[] = "/tmp/copp-guardian-XXXXXX";
static char film_name[64];
static char fifo_name[64];
static char said_name[64];
static pid_t guardian; /* which is what was started */
static pid_t copp; /* 0: there is none beside it */

static bool map_film(void) {
    int file = open(film_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool good = file >= 0 && ftruncate(file, sizeof *film) == 0;
    film = mmap(NULL, sizeof *film, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    return good && film != MAP_FAILED;
}

static int play(const char *name) {
    (void)snprintf(film_name, sizeof film_name, "%s", name);
    if (!map_film())
        return 9;
    if (film->kills && process_cgroup(getpid(), film->cgroup))
        (void)kill(getppid(), SIGKILL);
    (void)signal(SIGTERM, SIG_IGN); /* it does not want to end */
    int which = fork() == 0;
    if (which)
        setsid();
    for (unsigned i = 0; i < 60000; i++) {
        film->frames[which]++;
        pause_ms(1);
    }
    return 0;
}

/* --- running copp --- */

/* In a process group of its own, as a shell would have it: else nothing would be stopped by SIGTSTP. */
static void become_copp(bool with_film) {
    const char *const argv[] = {getenv("COPP"), "protect", "--device", "embedded", "--hdcp",  "1", "--events",
                                fifo_name,      "--",      program,    "film",     film_name, NULL};
    const char *const alone[] = {argv[0], argv[1], argv[2], argv[3], argv[4], argv[5], NULL};
    int said = open(said_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setpgid(0, 0);
    (void)signal(SIGHUP, SIG_DFL); /* which nohup lets be ignored */
    dup2(null, STDIN_FILENO);
    dup2(said, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    execv(argv[0], (char *const *)(uintptr_t)(with_film ? argv : alone));
    _exit(98);
}

static void note_child(void *context, pid_t pid) {
    *(pid_t *)context = pid;
}

static bool has_said(const char *what) {
    static char text[8192];
    int file = open(said_name, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[got > 0 ? got : 0] = '\0';
    return strstr(text, what) != NULL;
}

static void await_said(const char *what) {
    for (unsigned ms = 0; !has_said(what); ms += 10) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(10);
    }
}

static void begin(bool with_film) {
    memset(film, 0, sizeof *film);
    (void)unlink(said_name);
    copp = 0;
    guardian = fork();
    assert_true(guardian >= 0);
    if (guardian == 0)
        become_copp(with_film);
}

static void start(void) {
    begin(true);
    for (unsigned ms = 0; film->frames[0] == 0 || film->frames[1] == 0; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
    assert_true(process_children(guardian, note_child, &copp));
    assert_int_not_equal(copp, 0);
}

static void happens(const char *event) {
    int file = open(fifo_name, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(file, event, strlen(event)), (ssize_t)strlen(event));
    close(file);
}

/* It has begun to watch over the film, which has begun before. */
static void start_watched(void) {
    start();
    happens("mode HDMI-1 720p60\n");
    await_said("protected again");
}

/* --- what is seen of it --- */

static void await_moving(bool moving) {
    if (!frames_await(film->frames, moving, PATIENCE_MS))
        fail_msg("the film does %s", moving ? "not go on" : "go on");
}

static void await_state(pid_t pid, enum process_state state) {
    for (unsigned ms = 0; process_state(pid) != state; ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
    }
}

/* The signal has been passed on, and waits for the process to go on. */
static void await_pending(pid_t pid, int number) {
    char name[64];
    char text[4096];
    unsigned long long set = 0;
    (void)snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
    for (unsigned ms = 0; !(set >> (number - 1) & 1); ms++) {
        assert_true(ms < PATIENCE_MS);
        pause_ms(1);
        int file = open(name, O_RDONLY | O_CLOEXEC);
        ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
        close(file);
        text[got > 0 ? got : 0] = '\0';
        const char *line = strstr(text, "ShdPnd:");
        set = line ? strtoull(line + strlen("ShdPnd:"), NULL, 16) : 0;
    }
}

/* From then on no frame is shown, and nobody is left, neither as a zombie: whoever is would be ours. */
static void assert_ends(pid_t pid, int expected) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    int frames[2] = {film->frames[0], film->frames[1]};
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
    pause_ms(300);
    assert_int_equal(film->frames[0], frames[0]);
    assert_int_equal(film->frames[1], frames[1]);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* --- the tests --- */

static void whoever_kills_copp_ends_the_film(void **state) {
    (void)state;
    start();
    assert_int_equal(kill(copp, SIGKILL), 0);
    assert_ends(guardian, 128 + SIGKILL);
    assert_true(has_said("copp was killed by signal 9; the command is killed"));
}

/* Of the command's own cgroup: true if it has none. */
static bool cgroup_is_gone(void) {
    static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char name[PROCESS_CGROUP_SIZE + 32];
    bool gone = true;
    for (size_t i = 0; i < 2 && strstr(film->cgroup, "/copp-protect-"); i++) {
        (void)snprintf(name, sizeof name, "%s%s", roots[i], film->cgroup);
        gone = gone && access(name, F_OK) != 0;
    }
    return gone;
}

/* What the guardian does not know of yet, it finds. */
static void whoever_kills_copp_before_it_has_told_leaves_nothing(void **state) {
    (void)state;
    siginfo_t info;
    begin(true);
    film->kills = true;
    while (copp == 0)
        assert_true(process_children(guardian, note_child, &copp));
    assert_int_equal(kill(guardian, SIGSTOP), 0);
    await_state(copp, PROCESS_ENDED);
    assert_int_equal(kill(guardian, SIGCONT), 0);
    assert_int_equal(waitid(P_PID, (id_t)guardian, &info, WEXITED | WNOWAIT), 0);
    bool gone = cgroup_is_gone(); /* at once: the next copp would remove it too */
    assert_ends(guardian, 128 + SIGKILL);
    assert_true(gone || strstr(film->cgroup, ".scope/")); /* which is its manager's to remove */
}

static void whoever_kills_a_stopped_copp_ends_the_film(void **state) {
    (void)state;
    start();
    assert_int_equal(kill(copp, SIGSTOP), 0);
    await_moving(false);
    assert_int_equal(kill(copp, SIGKILL), 0);
    assert_ends(guardian, 128 + SIGKILL);
}

static void whoever_kills_the_guardian_ends_the_film(void **state) {
    (void)state;
    int status;
    start();
    assert_int_equal(kill(guardian, SIGKILL), 0);
    assert_int_equal(waitpid(guardian, &status, 0), guardian);
    assert_true(WIFSIGNALED(status));
    assert_ends(copp, 1); /* whose parent is this program now */
    assert_true(has_said("copp's guardian process has ended; the command is killed"));
    assert_true(has_said("HDMI-1: released"));
}

static void a_stopped_copp_holds_the_film(void **state) {
    (void)state;
    start();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kill(copp, SIGSTOP), 0);
        await_moving(false);
        assert_int_equal(process_state(guardian), PROCESS_RUNNING); /* nothing has been suspended */
        assert_int_equal(kill(copp, SIGCONT), 0);
        await_moving(true);
    }
    await_said("copp does not answer; the command is held");
    assert_int_equal(kill(guardian, SIGTERM), 0);
    assert_ends(guardian, 128 + SIGTERM);
}

/* As a debugger holds it, of which its parent is not told: the guardian misses its word alone. */
static void a_copp_that_hangs_holds_the_film(void **state) {
    int status;
    (void)state;
    start_watched();
    assert_int_equal(ptrace(PTRACE_SEIZE, copp, NULL, NULL), 0);
    assert_int_equal(ptrace(PTRACE_INTERRUPT, copp, NULL, NULL), 0);
    assert_int_equal(waitpid(copp, &status, __WALL), copp);
    await_moving(false);
    assert_int_equal(ptrace(PTRACE_DETACH, copp, NULL, NULL), 0);
    await_moving(true);
    assert_int_equal(kill(guardian, SIGINT), 0);
    assert_ends(guardian, 128 + SIGINT);
}

/* The display has gone while copp was stopped: it goes on, and not one frame is shown. */
static void nothing_goes_on_before_copp_has_looked(void **state) {
    (void)state;
    start_watched();
    assert_int_equal(kill(copp, SIGSTOP), 0);
    await_moving(false);
    int frames[2] = {film->frames[0], film->frames[1]};
    happens("unplug HDMI-1\n");
    assert_int_equal(kill(copp, SIGCONT), 0);
    assert_ends(guardian, 1);
    assert_int_equal(film->frames[0], frames[0]);
    assert_int_equal(film->frames[1], frames[1]);
    assert_true(has_said("(EVT-4); the command is killed"));
}

/* Nor for its end: it is killed where it stands. */
static void nothing_goes_on_to_end(void **state) {
    (void)state;
    start_watched();
    assert_int_equal(kill(copp, SIGSTOP), 0);
    await_moving(false);
    int frames[2] = {film->frames[0], film->frames[1]};
    assert_int_equal(kill(guardian, SIGTERM), 0);
    await_pending(copp, SIGTERM);
    assert_int_equal(kill(copp, SIGCONT), 0);
    assert_ends(guardian, 128 + SIGTERM);
    assert_int_equal(film->frames[0], frames[0]);
    assert_int_equal(film->frames[1], frames[1]);
}

static void a_stopped_guardian_stops_nothing(void **state) {
    (void)state;
    start();
    assert_int_equal(kill(guardian, SIGSTOP), 0);
    await_state(guardian, PROCESS_STOPPED);
    await_moving(true);
    happens("unplug HDMI-1\n");
    await_moving(false);
    await_said("(EVT-4); the command is killed");
    assert_int_equal(kill(guardian, SIGCONT), 0);
    assert_ends(guardian, 1);
}

/* SIGTSTP to what was started, and SIGCONT: as a shell's job does, both are stopped, and not before the film is held. */
static void the_two_are_suspended_together(void **state) {
    int status;
    (void)state;
    start();
    for (int i = 0; i < 3; i++) {
        bool group = i == 1; /* as from a terminal, or by kill %1: both get it */
        assert_int_equal(kill(group ? -guardian : guardian, SIGTSTP), 0);
        assert_int_equal(waitpid(guardian, &status, WUNTRACED), guardian);
        assert_true(WIFSTOPPED(status));
        assert_int_equal(WSTOPSIG(status), SIGTSTP);
        assert_int_equal(process_state(copp), PROCESS_STOPPED);
        assert_false(frames_move(film->frames));
        assert_int_equal(kill(group ? -guardian : guardian, SIGCONT), 0);
        await_moving(true);
        assert_int_equal(process_state(guardian), PROCESS_RUNNING);
    }
    assert_false(has_said("copp does not answer"));
    assert_int_equal(kill(guardian, SIGHUP), 0);
    assert_ends(guardian, 128 + SIGHUP);
}

/* There is nothing to see to. */
static void without_a_command_there_is_no_guardian(void **state) {
    (void)state;
    begin(false);
    await_said("HDMI-1: protected");
    assert_true(process_children(guardian, note_child, &copp));
    assert_int_equal(copp, 0);
    assert_int_equal(kill(guardian, SIGTERM), 0);
    assert_ends(guardian, 0);
}

static void kill_child(void *context, pid_t pid) {
    (void)context;
    (void)kill(pid, SIGKILL);
}

/* After a test that has failed: nothing of it is in the next one's way. */
static int end_all(void **state) {
    (void)state;
    while (waitpid(-1, NULL, WNOHANG) != -1) {
        (void)process_children(getpid(), kill_child, NULL);
        pause_ms(1);
    }
    return 0;
}

/* --- */

static int make_directory(void **state) {
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(film_name, sizeof film_name, "%s/film", directory);
    (void)snprintf(fifo_name, sizeof fifo_name, "%s/fifo", directory);
    (void)snprintf(said_name, sizeof said_name, "%s/said", directory);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    return getenv("COPP") && map_film() && mkfifo(fifo_name, 0600) == 0 ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    (void)unlink(film_name);
    (void)unlink(fifo_name);
    (void)unlink(said_name);
    return rmdir(directory);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whoever_kills_copp_ends_the_film, end_all),
        cmocka_unit_test_teardown(whoever_kills_copp_before_it_has_told_leaves_nothing, end_all),
        cmocka_unit_test_teardown(whoever_kills_a_stopped_copp_ends_the_film, end_all),
        cmocka_unit_test_teardown(whoever_kills_the_guardian_ends_the_film, end_all),
        cmocka_unit_test_teardown(a_stopped_copp_holds_the_film, end_all),
        cmocka_unit_test_teardown(a_copp_that_hangs_holds_the_film, end_all),
        cmocka_unit_test_teardown(nothing_goes_on_before_copp_has_looked, end_all),
        cmocka_unit_test_teardown(nothing_goes_on_to_end, end_all),
        cmocka_unit_test_teardown(a_stopped_guardian_stops_nothing, end_all),
        cmocka_unit_test_teardown(the_two_are_suspended_together, end_all),
        cmocka_unit_test_teardown(without_a_command_there_is_no_guardian, end_all),
    };
    if (argc == 3 && strcmp(argv[1], "film") == 0)
        return play(argv[2]);
    if (argc == 2) /* one test, by its name */
        cmocka_set_test_filter(argv[1]);
    if (!realpath(argv[0], program))
        return 1;
    return cmocka_run_group_tests_name("guardian", tests, make_directory, remove_directory);
}
