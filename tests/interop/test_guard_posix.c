/*
 * copp protect as a whole, where a shell does not reach: every signal, losses, readers that do not read, a terminal, what /proc does
 * not tell. The tool is COPP. The command is this program once more: test_guard film LOG writes "started PID" into LOG, PID being a
 * process that it has put into another session, counts frames in LOG.frames, and writes "TERM" when it is told to end, which it
 * does; as test_guard stubborn LOG it does not, and as test_guard heirs LOG it ends by itself and leaves a stubborn film.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/protect/printer.h"

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define PATIENCE_MS 30000u
#define PIPE_SIZE 4096

static char program[4096];
static char directory[] = "/tmp/copp-guard-XXXXXX";
static char log_name[64];
static char frames_name[64];
static char fifo_name[64];

static void pause_ms(long ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static size_t read_file(const char *name, char *text, size_t size) {
    int file = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, size - 1) : 0;
    if (file >= 0)
        close(file);
    text[got > 0 ? got : 0] = '\0';
    return strlen(text);
}

/* --- the command --- */

static int film_log;

static void on_term(int number) {
    (void)number;
    _exit(write(film_log, "TERM\n", 5) == 5 ? 0 : 9);
}

static void on_term_go_on(int number) {
    (void)number;
    if (write(film_log, "TERM\n", 5) != 5)
        _exit(9);
}

static int film(const char *name, bool stubborn) {
    char frames[128];
    char line[32];
    struct sigaction action = {.sa_handler = stubborn ? on_term_go_on : on_term};
    film_log = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
    (void)snprintf(frames, sizeof frames, "%s.frames", name);
    int frame = open(frames, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_t shadow = fork();
    if (shadow == 0) {
        setsid();
        pause();
        return 0;
    }
    sigaction(SIGTERM, &action, NULL);
    int size = snprintf(line, sizeof line, "started %d\n", (int)shadow);
    if (film_log < 0 || frame < 0 || write(film_log, line, (size_t)size) != size)
        return 9;
    for (unsigned i = 0; i < 60000; i++) {
        if (write(frame, "x", 1) != 1)
            return 9;
        pause_ms(1);
    }
    return 0;
}

/* Once the other one plays. */
static int heirs(const char *name) {
    char text[8];
    if (fork() == 0)
        return film(name, true);
    while (read_file(name, text, sizeof text) == 0)
        pause_ms(1);
    return 7;
}

/* Another process of the command's, that /proc does not tell all of to those who are not privileged. */
static int secret(void) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return 9;
    pause_ms(300);
    return 0;
}

/* --- running copp --- */

struct run {
    pid_t pid;
    int in; /* its standard descriptors; -1: /dev/null */
    int out;
    int err;
    const char *terminal; /* its controlling one */
    int (*prepare)(void); /* in the new process */
};

#define NO_LEAKS "detect_leaks=0"

static void become_copp(const struct run *run, const char *const *arguments) {
    const char *argv[16] = {getenv("COPP"), "protect", "--device", "embedded", "--hdcp", "1"};
    size_t count = 6;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number <= SIGRTMAX; number++)
        (void)signal(number, SIG_DFL);
    while (*arguments)
        argv[count++] = *arguments++;
    setsid();
    int terminal = run->terminal ? open(run->terminal, O_RDWR) : -1;
    const int wanted[] = {run->in, run->out, run->err};
    for (int i = 0; i < 3; i++) {
        int null = open("/dev/null", O_RDWR);
        dup2(wanted[i] >= 0 ? wanted[i] : run->terminal ? terminal : null, i);
    }
    if (run->prepare) /* a sanitizer looks for leaks by way of /proc */
        (void)setenv("ASAN_OPTIONS", NO_LEAKS, 1);
    if (run->prepare && run->prepare() != 0)
        _exit(99);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(98);
}

static void start(struct run *run, const char *const *arguments) {
    run->pid = fork();
    assert_true(run->pid >= 0);
    if (run->pid == 0)
        become_copp(run, arguments);
}

static int end_of(struct run *run) {
    int status;
    for (unsigned ms = 0; ms < PATIENCE_MS; ms += 10) {
        if (waitpid(run->pid, &status, WNOHANG) == run->pid) {
            assert_true(WIFEXITED(status));
            return WEXITSTATUS(status);
        }
        pause_ms(10);
    }
    kill(run->pid, SIGKILL);
    fail_msg("copp does not end");
    return -1;
}

/* The process that the film has put into another session. */
static pid_t wait_for_film(void) {
    char text[256];
    for (unsigned ms = 0; ms < PATIENCE_MS; ms += 10) {
        if (read_file(log_name, text, sizeof text) > 0 && strchr(text, '\n'))
            return (pid_t)strtol(text + strlen("started "), NULL, 10);
        pause_ms(10);
    }
    fail_msg("the film does not start");
    return 0;
}

static off_t frames(void) {
    struct stat status;
    return stat(frames_name, &status) == 0 ? status.st_size : 0;
}

static void assert_film_goes_on(void) {
    off_t before = frames();
    for (unsigned ms = 0; frames() == before && ms < PATIENCE_MS; ms += 10)
        pause_ms(10);
    assert_true(frames() != before);
}

static bool film_was_told(void) {
    char text[256];
    read_file(log_name, text, sizeof text);
    return strstr(text, "TERM"); /* which nobody but copp does */
}

static void assert_film_was_ended(pid_t shadow, bool told) {
    assert_int_equal(film_was_told(), told);
    assert_int_equal(kill(shadow, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void new_log(void) {
    int file = open(log_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    (void)unlink(frames_name);
    (void)unlink(fifo_name);
    assert_int_equal(mkfifo(fifo_name, 0600), 0);
}

static void happens(const char *event) {
    int file = open(fifo_name, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(file, event, strlen(event)), (ssize_t)strlen(event));
    close(file);
}

/* --- losses --- */

struct show {
    struct run run;
    int told; /* what copp says on standard error */
    pid_t shadow;
};

/* One that plays how, under copp with two options more at most. */
static void begin_show(struct show *show, const char *how, const char *option, const char *value) {
    int ends[2];
    const char *arguments[] = {"--events", fifo_name, "--", program, how, log_name, NULL, NULL, NULL};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (option) {
        memmove(arguments + 4, arguments + 2, 4 * sizeof *arguments);
        arguments[2] = option;
        arguments[3] = value;
    }
    *show = (struct show){.run = {.in = -1, .out = -1, .err = ends[1]}, .told = ends[0]};
    new_log();
    start(&show->run, arguments);
    close(ends[1]);
    show->shadow = wait_for_film();
    assert_film_goes_on();
}

/* Reads on until copp says it. */
static void wait_until_told(const struct show *show, const char *what) {
    static char text[8192];
    size_t size = 0;
    struct pollfd told = {.fd = show->told, .events = POLLIN};
    text[0] = '\0';
    while (!strstr(text, what)) {
        assert_int_equal(poll(&told, 1, (int)PATIENCE_MS), 1);
        ssize_t got = read(show->told, text + size, sizeof text - 1 - size);
        if (got <= 0)
            fail_msg("copp does not say %s, but: %s", what, text);
        size += (size_t)got;
        text[size] = '\0';
    }
}

static void wait_until_film_was_told(void) {
    for (unsigned ms = 0; !film_was_told() && ms < PATIENCE_MS; ms++)
        pause_ms(1);
    assert_true(film_was_told());
}

static void end_show(struct show *show, int status, bool told) {
    assert_int_equal(end_of(&show->run), status);
    assert_film_was_ended(show->shadow, told);
    close(show->told);
}

/* Whether it would end or not: it is held before anybody is told why, and never runs again. */
static void lost_it_is_held_and_killed(void **state) {
    (void)state;
    static const char *const how[] = {"film", "stubborn"};
    for (size_t i = 0; i < 2; i++) {
        struct show show;
        begin_show(&show, how[i], NULL, NULL);
        happens("unplug HDMI-1\n");
        wait_until_told(&show, "the link to the display was lost (EVT-4); the command is killed\n");
        off_t shown = frames();
        end_show(&show, 1, false);
        assert_int_equal(frames(), shown);
    }
}

/* It may use all of its time, and no more. */
static void with_grace_it_runs_on_and_is_killed(void **state) {
    (void)state;
    struct show show;
    begin_show(&show, "stubborn", "--grace", "500");
    happens("unplug HDMI-1\n");
    wait_until_told(&show, "(EVT-4); the command is told to end, and may run UNPROTECTED for 500 ms\n");
    assert_film_goes_on();
    end_show(&show, 1, true);
}

/* The time that is left then is longer than this test waits. */
static void grace_ends_with_the_command_or_a_signal(void **state) {
    (void)state;
    struct show show;
    begin_show(&show, "film", "--grace", "60000");
    happens("unplug HDMI-1\n");
    end_show(&show, 1, true);

    begin_show(&show, "stubborn", "--grace", "60000");
    happens("unplug HDMI-1\n");
    wait_until_film_was_told();
    assert_film_goes_on();
    assert_int_equal(kill(show.run.pid, SIGTERM), 0);
    end_show(&show, 1, true);
}

/* A command that is told to end under protection shows its last frames under protection. */
static void lost_while_it_ends_it_is_killed(void **state) {
    (void)state;
    static const char *const how[] = {"stubborn", "heirs"};
    for (size_t i = 0; i < 2; i++) {
        struct show show;
        begin_show(&show, how[i], "--grace", "60000");
        if (i == 0)
            assert_int_equal(kill(show.run.pid, SIGTERM), 0);
        wait_until_film_was_told();
        happens("unplug HDMI-1\n");
        wait_until_told(&show, "(EVT-4); the command is killed\n");
        off_t shown = frames();
        end_show(&show, 1, true);
        assert_int_equal(frames(), shown);
    }
}

/* Nor is it shown while levels are set again, and then goes on with its end. */
static void reconfigured_while_it_ends_it_is_held(void **state) {
    (void)state;
    struct show show;
    begin_show(&show, "stubborn", NULL, NULL);
    assert_int_equal(kill(show.run.pid, SIGTERM), 0);
    wait_until_film_was_told();
    happens("mode HDMI-1 720p60\n");
    wait_until_told(&show, "the command is held\n");
    end_show(&show, 128 + SIGTERM, true);
}

/* --- signals --- */

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* How long a film that is told to end, and does not, goes on, if copp is told again and again. */
static uint64_t end_impatiently(bool again) {
    struct show show;
    begin_show(&show, "stubborn", NULL, NULL);
    uint64_t begun = now_ms();
    assert_int_equal(kill(show.run.pid, SIGTERM), 0);
    wait_until_film_was_told();
    for (unsigned ms = 0; again && ms < PATIENCE_MS && kill(show.shadow, 0) == 0; ms += 10) {
        pause_ms(10);
        assert_int_equal(kill(show.run.pid, SIGINT), 0);
    }
    end_show(&show, 128 + SIGTERM, true);
    return now_ms() - begun;
}

/* Else it has 2 s. Somebody else may take those away from copp too, but not every time. */
static void who_asks_twice_does_not_wait(void **state) {
    (void)state;
    bool soon = false;
    assert_true(end_impatiently(false) >= 2000);
    for (unsigned i = 0; i < 5 && !soon; i++)
        soon = end_impatiently(true) < 2000;
    assert_true(soon);
}

/* Those whose default is another than to end copp, and SIGPIPE, which it ignores. */
static bool is_no_end(int number) {
    static const int others[] = {SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (number == others[i])
            return true;
    }
    return number > 31 && number != SIGRTMIN && number != SIGRTMIN + 1 && number != SIGRTMAX;
}

static void every_signal_ends_the_command_first(void **state) {
    (void)state;
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (is_no_end(number))
            continue;
        struct run run = {.in = -1, .out = -1, .err = -1};
        new_log();
        start(&run, (const char *[]){"--", program, "film", log_name, NULL});
        pid_t shadow = wait_for_film();
        assert_int_equal(kill(run.pid, number), 0);
        assert_int_equal(end_of(&run), 128 + number);
        assert_film_was_ended(shadow, true);
    }
}

/* --- readers --- */

/* Nothing more goes into it until it is read from. */
static void fill(int fd) {
    static const char bytes[PIPE_SIZE];
    int flags = fcntl(fd, F_GETFL);
    assert_int_equal(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(fd, bytes, sizeof bytes) > 0 || write(fd, bytes, 1) > 0)
        ;
    assert_int_equal(fcntl(fd, F_SETFL, flags), 0);
}

static void open_pipe(int ends[2]) {
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE) >= 0);
}

/* With its standard error, or with json its standard output, a pipe that nobody reads. */
static void unread(bool json, int ends[2], pid_t *shadow, struct run *run) {
    open_pipe(ends);
    *run = (struct run){.in = -1, .out = json ? ends[1] : -1, .err = json ? -1 : ends[1]};
    new_log();
    start(run, json ? (const char *[]){"--json", "--events", fifo_name, "--", program, "film", log_name, NULL}
                    : (const char *[]){"--events", fifo_name, "--", program, "film", log_name, NULL});
    *shadow = wait_for_film();
    fill(ends[1]);
}

static void who_does_not_read_stops_nothing(void **state) {
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct run run;
        int ends[2];
        pid_t shadow;
        unread(json, ends, &shadow, &run);
        happens("unplug HDMI-1\n"); /* which is told */
        assert_int_equal(end_of(&run), 1);
        assert_film_was_ended(shadow, false);
        close(ends[0]);
        close(ends[1]);

        unread(json, ends, &shadow, &run);
        happens("mode HDMI-1 720p60\nnonsense\n");
        pause_ms(1200); /* held, and let go on: two polls */
        assert_film_goes_on();
        assert_int_equal(kill(run.pid, SIGTERM), 0);
        assert_int_equal(end_of(&run), 128 + SIGTERM);
        assert_film_was_ended(shadow, true);
        close(ends[0]);
        close(ends[1]);
    }
}

static void open_terminal(int *person, char *name, size_t size) {
    *person = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*person >= 0);
    assert_int_equal(grantpt(*person) | unlockpt(*person), 0);
    assert_int_equal(ptsname_r(*person, name, size), 0);
}

/* Ctrl-S */
static void a_stopped_terminal_stops_nothing(void **state) {
    (void)state;
    char name[64];
    int person;
    open_terminal(&person, name, sizeof name);
    int terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct run run = {.in = -1, .out = terminal, .err = terminal};
    new_log();
    start(&run, (const char *[]){"--events", fifo_name, "--", program, "film", log_name, NULL});
    pid_t shadow = wait_for_film();
    assert_int_equal(tcflow(terminal, TCOOFF), 0);
    happens("unplug HDMI-1\n");
    assert_int_equal(end_of(&run), 1);
    assert_film_was_ended(shadow, false);
    close(terminal);
    close(person);
}

/* Ctrl-\ comes to copp where the command does not have the terminal: standard output is a pipe. */
static void ctrl_backslash_ends_the_command_first(void **state) {
    (void)state;
    char name[64];
    int person;
    int ends[2];
    open_pipe(ends);
    open_terminal(&person, name, sizeof name);
    struct run run = {.in = -1, .out = ends[1], .err = -1, .terminal = name};
    new_log();
    start(&run, (const char *[]){"--", program, "film", log_name, NULL});
    pid_t shadow = wait_for_film();
    assert_int_equal(write(person, "\x1c", 1), 1);
    assert_int_equal(end_of(&run), 128 + SIGQUIT);
    assert_film_was_ended(shadow, true);
    close(person);
    close(ends[0]);
    close(ends[1]);
}

#define LINES 20000u

/* What the queue does not hold is counted, on the stream on which it is missing. */
static void lines_lost_are_counted(void **state) {
    (void)state;
    for (int json = 0; json < 2; json++) {
        static char text[LINES * 32];
        size_t size = 0;
        int ends[2];
        int go[2];
        open_pipe(ends);
        assert_int_equal(pipe2(go, O_CLOEXEC), 0);
        pid_t pid = fork();
        if (pid == 0) {
            dup2(ends[1], STDOUT_FILENO);
            bool good = printer_start(json);
            for (unsigned i = 0; i < LINES && good; i++)
                good = printf("{\"line\":%u}\n", i) > 0 && fflush(stdout) == 0;
            good = good && write(go[1], "x", 1) == 1; /* nobody has read so far */
            printer_stop(PATIENCE_MS);
            _exit(good ? 0 : 9);
        }
        close(ends[1]);
        assert_int_equal(read(go[0], text, 1), 1);
        for (ssize_t got = 1; got > 0; size += (size_t)got)
            got = read(ends[0], text + size, sizeof text - 1 - size);
        text[size] = '\0';
        unsigned there = 0;
        unsigned lost = 0;
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            unsigned number;
            bool told = sscanf(line, json ? "{\"event\":\"lost\",\"lines\":%u}" : "copp: %u lines lost", &number) == 1;
            lost += told ? number : 0;
            there += !told;
            assert_true(told || (sscanf(line, "{\"line\":%u}", &number) == 1 && number == there - 1 + lost)); /* in order */
        }
        assert_true(lost > 0);
        assert_int_equal(there + lost, LINES);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        close(ends[0]);
        close(go[0]);
        close(go[1]);
    }
}

/* --- what /proc does not tell --- */

static int write_file(const char *name, const char *text) {
    int file = open(name, O_WRONLY | O_CLOEXEC);
    ssize_t put = file >= 0 ? write(file, text, strlen(text)) : -1;
    return file >= 0 && close(file) == 0 && put == (ssize_t)strlen(text) ? 0 : -1;
}

/* Mounts of its own, for which one need not be root where the kernel lets users make namespaces. */
static int own_mounts(int more) {
    char map[64];
    unsigned id = geteuid();
    (void)snprintf(map, sizeof map, "%u %u 1", id, id);
    if (unshare(CLONE_NEWNS | more | (id != 0 ? CLONE_NEWUSER : 0)) != 0)
        return -1;
    if (id != 0 && write_file("/proc/self/uid_map", map) != 0)
        return -1;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Nothing is there but what a sanitizer reads, which else would look for leaks in vain. */
static int without_proc(void) {
    static const char variables[] = "ASAN_OPTIONS=" NO_LEAKS;
    if (own_mounts(0) != 0 || mount("none", "/proc", "tmpfs", 0, NULL) != 0 || mkdir("/proc/self", 0700) != 0)
        return 1;
    int file = open("/proc/self/environ", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return file < 0 || write(file, variables, sizeof variables) != sizeof variables || close(file) != 0;
}

/* Another namespace's /proc: it is there, and speaks of others. The process that runs on is the new namespace's. */
static int with_a_foreign_proc(void) {
    int status;
    if (own_mounts(CLONE_NEWPID) != 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0)
        return 0;
    if (waitpid(pid, &status, 0) != pid)
        return 1;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
}

/* A user without privileges, though it may be root. */
static int with_a_hiding_proc(void) {
    if (with_a_foreign_proc() != 0)
        return 1;
    if (mount("proc", "/proc", "proc", 0, "hidepid=2,gid=65533") != 0)
        return 1;
    return geteuid() == 0 ? prctl(PR_CAPBSET_DROP, 19 /* CAP_SYS_PTRACE */, 0, 0, 0) : 0;
}

static unsigned count_of(const char *text, const char *what) {
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void assert_unknown(int (*prepare)(void), const char *const *arguments, int expected) {
    static char text[8192];
    char name[64];
    (void)snprintf(name, sizeof name, "%s/err", directory);
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct run run = {.in = -1, .out = -1, .err = file, .prepare = prepare};
    start(&run, arguments);
    int status = end_of(&run);
    read_file(name, text, sizeof text);
    if (status != expected)
        fail_msg("exit status %d (99: no namespaces available; run this as root): %s", status, text);
    assert_int_equal(count_of(text, "not all of the command can be monitored"), expected == 2);
    close(file);
    (void)unlink(name);
}

static void what_proc_does_not_tell_is_said(void **state) {
    (void)state;
    const char *const well[] = {"--", "true", NULL};
    const char *const badly[] = {"--", "sh", "-c", "exit 7", NULL};
    const char *const hidden[] = {"--", program, "secret", NULL};
    assert_unknown(without_proc, well, 2);
    assert_unknown(without_proc, badly, 2);
    assert_unknown(with_a_foreign_proc, well, 2);
    assert_unknown(with_a_hiding_proc, hidden, 2);
    assert_unknown(with_a_hiding_proc, badly, 7);
    assert_unknown(NULL, hidden, 0);
}

/* --- */

static int make_directory(void **state) {
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(log_name, sizeof log_name, "%s/log", directory);
    (void)snprintf(frames_name, sizeof frames_name, "%s/log.frames", directory);
    (void)snprintf(fifo_name, sizeof fifo_name, "%s/fifo", directory);
    return getenv("COPP") ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    (void)unlink(log_name);
    (void)unlink(frames_name);
    (void)unlink(fifo_name);
    return rmdir(directory);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_it_is_held_and_killed),
        cmocka_unit_test(with_grace_it_runs_on_and_is_killed),
        cmocka_unit_test(grace_ends_with_the_command_or_a_signal),
        cmocka_unit_test(lost_while_it_ends_it_is_killed),
        cmocka_unit_test(reconfigured_while_it_ends_it_is_held),
        cmocka_unit_test(who_asks_twice_does_not_wait),
        cmocka_unit_test(every_signal_ends_the_command_first),
        cmocka_unit_test(who_does_not_read_stops_nothing),
        cmocka_unit_test(a_stopped_terminal_stops_nothing),
        cmocka_unit_test(ctrl_backslash_ends_the_command_first),
        cmocka_unit_test(lines_lost_are_counted),
        cmocka_unit_test(what_proc_does_not_tell_is_said),
    };
    if (argc == 3 && strcmp(argv[1], "film") == 0)
        return film(argv[2], false);
    if (argc == 3 && strcmp(argv[1], "stubborn") == 0)
        return film(argv[2], true);
    if (argc == 3 && strcmp(argv[1], "heirs") == 0)
        return heirs(argv[2]);
    if (argc == 2 && strcmp(argv[1], "secret") == 0)
        return secret();
    if (argc == 2) /* one test, by its name */
        cmocka_set_test_filter(argv[1]);
    if (!realpath(argv[0], program))
        return 1;
    return cmocka_run_group_tests_name("guard", tests, make_directory, remove_directory);
}
