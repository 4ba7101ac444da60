#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "words.h"

#define FRAMES_MS 200u /* how often the frames command looks */
#define END_MS 500u /* as long as the player has to end by itself */

static struct test_process *process_of(struct player_process *process) {
    return (struct test_process *)process;
}

static const struct test_process *const_process_of(const struct player_process *process) {
    return (const struct test_process *)process;
}

/* --- the command --- */

static bool set_environment(const struct player_place *place, const char *case_id) {
    char device[sizeof place->channel + 8];
    (void)snprintf(device, sizeof device, "unix:%s", place->channel);
    const char *const variables[][2] = {{"COPP_DEVICE", device},
                                        {"COPP_ANCHOR", place->anchor},
                                        {"COPP_STATE_DIR", place->state},
                                        {"COPP_SRM_KEY", "facsimile"},
                                        {"COPP_TEST_CASE", case_id}};
    bool set = true;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        set = set && variables[i][1] != NULL && setenv(variables[i][0], variables[i][1], 1) == 0;
    return set;
}

/* What this process would say from here on is the player's: it has no other words. */
static bool open_output(struct test_process *p) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool opened = dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(ends[1], STDERR_FILENO) >= 0;
    (void)close(ends[1]);
    p->output = ends[0];
    return opened && fcntl(p->output, F_SETFL, O_NONBLOCK) == 0;
}

/* Then it is closed when the player has closed it. */
static void leave_output(void) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0)
        return;
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)close(null);
}

static bool start(struct player_process *process, const struct player_place *place, const char *case_id, char *error,
                  size_t size) {
    struct test_process *p = process_of(process);
    p->argv = player_words(p->terms->command, place);
    p->sight = (struct sight){.length = 0};
    if (p->argv == NULL || !set_environment(place, case_id) || !open_output(p)) {
        (void)snprintf(error, size, "the player cannot be started: %s", strerror(errno));
        return false;
    }
    int failure = child_start(&p->child, p->argv, -1, true);
    leave_output();
    p->runs = failure == 0;
    if (failure != 0)
        (void)snprintf(error, size, "%s: cannot be run: %s", p->argv[0], strerror(failure));
    return p->runs;
}

/* --- what it shows --- */

static void read_output(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    char bytes[4096];
    for (unsigned reads = 0; p->output >= 0 && reads < SIGHT_READS_MAX; reads++) {
        ssize_t got = read(p->output, bytes, sizeof bytes);
        if (got < 0)
            return;
        if (got > 0) {
            sight_read(&p->sight, &p->terms->markers, seen, bytes, (size_t)got, now_ms);
            continue;
        }
        sight_end(&p->sight, &p->terms->markers, seen, now_ms);
        (void)close(p->output);
        p->output = -1;
    }
}

/* Its exit status comes as a line: the children of this process are the player's, and reaped with it. */
static void start_frames(struct test_process *p, uint64_t now_ms) {
    char player[16];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)snprintf(player, sizeof player, "%d", child_group(&p->child));
        (void)setenv("COPP_TEST_PID", player, 1);
        (void)dup2(ends[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", "(eval \"$1\") >/dev/null 2>&1; echo $?", "sh", p->terms->frames_command, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    p->frames = pid > 0 ? ends[0] : -1;
    if (pid < 0)
        (void)close(ends[0]);
    p->frames_ms = now_ms;
}

/* 0: content is shown, 1: it is hidden; anything else: it cannot tell. */
static void read_frames(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    char text[8] = "";
    struct pollfd ready = {.fd = p->frames, .events = POLLIN};
    if (poll(&ready, 1, 0) != 1)
        return;
    ssize_t got = read(p->frames, text, sizeof text - 1);
    (void)close(p->frames);
    p->frames = -1;
    if (got > 0 && (strcmp(text, "0\n") == 0 || strcmp(text, "1\n") == 0))
        sight_frames(seen, text[0] == '0', p->frames_ms, now_ms);
    p->frames_ms = now_ms + FRAMES_MS;
}

static void look(struct player_process *process, struct player_seen *seen, uint64_t now_ms) {
    struct test_process *p = process_of(process);
    int status = 0;
    bool ended = p->child.runs && child_look(&p->child, &status) == CHILD_ENDED;
    read_output(p, seen, now_ms);
    sight_process(seen, ended, status, now_ms);
    if (p->terms->frames_command == NULL || ended || seen->exited_ms != 0)
        return;
    if (p->frames >= 0)
        read_frames(p, seen, now_ms);
    else if (now_ms >= p->frames_ms)
        start_frames(p, now_ms);
}

static void waits(const struct player_process *process, struct wait_list *list) {
    const struct test_process *p = const_process_of(process);
    if (p->output >= 0)
        wait_add(list, p->output);
    if (p->frames >= 0)
        wait_add(list, p->frames);
}

static const char *words(const struct player_process *process) {
    return const_process_of(process)->sight.words;
}

/* --- its end --- */

static bool end(struct player_process *process) {
    struct test_process *p = process_of(process);
    const struct timespec step = {.tv_nsec = 5000000};
    bool ended = true;
    if (p->runs) {
        uint64_t end_ms = clock_ms() + END_MS;
        child_tell_end(&p->child);
        while (child_left(&p->child) && clock_ms() < end_ms)
            nanosleep(&step, NULL);
        ended = child_end(&p->child);
    }
    p->runs = false;
    if (p->output >= 0)
        (void)close(p->output);
    if (p->frames >= 0)
        (void)close(p->frames);
    p->output = p->frames = -1;
    player_words_free(p->argv);
    p->argv = NULL;
    return ended;
}

void test_process_init(struct test_process *process, const struct test_process_terms *terms) {
    static const struct player_process_ops ops = {.start = start, .waits = waits, .look = look, .words = words, .end = end};
    *process = (struct test_process){.process.ops = &ops, .terms = terms, .output = -1, .frames = -1};
}
