#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/printable.h"

#define FRAMES_MS 200u /* how often the frames command looks */
#define END_MS 500u /* as long as the player has to end by itself */
#define WORD_SIZE 4096u
#define READS_MAX 32u /* so often the output is read in one look: the driver has to answer one that prints without end, too */

static struct test_process *process_of(struct player_process *process) {
    return (struct test_process *)process;
}

static const struct test_process *const_process_of(const struct player_process *process) {
    return (const struct test_process *)process;
}

/* --- the command --- */

/* What stands for name, which is size characters; NULL: nothing. */
static const char *value_of(const struct player_place *place, const char *name, size_t size) {
    const struct {
        const char *name, *value;
    } values[] = {{"socket", place->socket}, {"anchor", place->anchor}, {"output", PLAN_OUTPUT},
                  {"crl", place->list},      {"srm", place->srm},       {"directory", place->directory}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strlen(values[i].name) == size && strncmp(values[i].name, name, size) == 0)
            return values[i].value;
    }
    return NULL;
}

/* A word with what {socket} and others stand for; other braces stay. NULL: no memory, or it is too long. */
static char *fill_in(const char *word, const struct player_place *place) {
    char *filled = calloc(1, WORD_SIZE);
    size_t used = 0;
    while (filled != NULL && *word != '\0') {
        size_t size = *word == '{' ? strcspn(word, "}") : 0;
        const char *value = size > 0 && word[size] == '}' ? value_of(place, word + 1, size - 1) : NULL;
        size_t more = value != NULL ? strlen(value) : 1;
        if (used + more >= WORD_SIZE) {
            free(filled);
            return NULL;
        }
        memcpy(filled + used, value != NULL ? value : word, more);
        used += more;
        word += value != NULL ? size + 1 : 1;
    }
    return filled;
}

static void free_words(char **words) {
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        free(words[i]);
    free(words);
}

static char **fill_in_all(char **words, const struct player_place *place) {
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    char **filled = calloc(count + 1, sizeof *filled);
    for (size_t i = 0; filled != NULL && i < count; i++) {
        filled[i] = fill_in(words[i], place);
        if (filled[i] == NULL) {
            free_words(filled);
            return NULL;
        }
    }
    return filled;
}

static bool set_environment(const struct player_place *place, const char *case_id) {
    char device[sizeof place->socket + 8];
    (void)snprintf(device, sizeof device, "unix:%s", place->socket);
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
    p->argv = fill_in_all(p->terms->command, place);
    p->length = 0;
    p->words[0] = '\0';
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

static bool has_marker(const char *line, const char *marker) {
    return marker != NULL && strstr(line, marker) != NULL;
}

static void end_line(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    p->line[p->length] = '\0';
    p->length = 0;
    if (p->line[0] == '\0')
        return;
    bool shown = has_marker(p->line, p->terms->shown_marker);
    if (has_marker(p->line, p->terms->hidden_marker))
        seen_state(seen, false, now_ms);
    else if (shown)
        seen_state(seen, true, now_ms);
    if (shown)
        seen_shown(seen, now_ms);
    (void)snprintf(p->words, sizeof p->words, "%.*s", (int)sizeof p->words - 1, p->line);
    for (char *at = p->words; *at != '\0'; at++)
        *at = printable_ascii(*at) ? *at : '?';
}

static void take_output(struct test_process *p, const char *bytes, size_t size, struct player_seen *seen, uint64_t now_ms) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' || p->length == sizeof p->line - 1)
            end_line(p, seen, now_ms);
        if (bytes[i] != '\n')
            p->line[p->length++] = bytes[i] != '\0' ? bytes[i] : '?'; /* a marker behind it counts */
    }
}

static void read_output(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    char bytes[4096];
    for (unsigned reads = 0; p->output >= 0 && reads < READS_MAX; reads++) {
        ssize_t got = read(p->output, bytes, sizeof bytes);
        if (got < 0)
            return;
        if (got > 0) {
            take_output(p, bytes, (size_t)got, seen, now_ms);
            continue;
        }
        end_line(p, seen, now_ms); /* the last line need not have an end */
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

/* 0: content is shown, 1: it is hidden; anything else: it cannot tell. Between start and answer it may have changed. */
static void read_frames(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    char text[8] = "";
    struct pollfd ready = {.fd = p->frames, .events = POLLIN};
    if (poll(&ready, 1, 0) != 1)
        return;
    ssize_t got = read(p->frames, text, sizeof text - 1);
    (void)close(p->frames);
    p->frames = -1;
    if (got > 0 && strcmp(text, "0\n") == 0) {
        seen_state(seen, true, now_ms);
        if (!seen_in_force(seen, p->frames_ms))
            seen_shown(seen, now_ms);
        else
            seen_shown(seen, p->frames_ms);
    } else if (got > 0 && strcmp(text, "1\n") == 0) {
        seen_state(seen, false, now_ms);
    }
    p->frames_ms = now_ms + FRAMES_MS;
}

static void look(struct player_process *process, struct player_seen *seen, uint64_t now_ms) {
    struct test_process *p = process_of(process);
    int status;
    bool ended = p->child.runs && child_look(&p->child, &status) == CHILD_ENDED;
    read_output(p, seen, now_ms);
    if (ended) {
        seen->exited_ms = now_ms;
        seen->exit_status = status;
        seen_state(seen, false, now_ms);
    } else if (seen->shown && seen->can_hide) {
        seen_shown(seen, now_ms);
    }
    if (p->terms->frames_command == NULL || ended || seen->exited_ms != 0)
        return;
    if (p->frames >= 0)
        read_frames(p, seen, now_ms);
    else if (now_ms >= p->frames_ms)
        start_frames(p, now_ms);
}

static size_t fds(const struct player_process *process, struct pollfd list[PLAYER_FDS]) {
    const struct test_process *p = const_process_of(process);
    size_t count = 0;
    if (p->output >= 0)
        list[count++] = (struct pollfd){.fd = p->output, .events = POLLIN};
    if (p->frames >= 0)
        list[count++] = (struct pollfd){.fd = p->frames, .events = POLLIN};
    return count;
}

static const char *words(const struct player_process *process) {
    return const_process_of(process)->words;
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
    free_words(p->argv);
    p->argv = NULL;
    return ended;
}

void test_process_init(struct test_process *process, const struct test_process_terms *terms) {
    static const struct player_process_ops ops = {.start = start, .fds = fds, .look = look, .words = words, .end = end};
    *process = (struct test_process){.process.ops = &ops, .terms = terms, .output = -1, .frames = -1};
}
