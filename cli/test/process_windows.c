#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "common/clock.h"
#include "common/wide_windows.h"
#include "conformance/pause.h"
#include "words.h"

#define FRAMES_MS 200u /* how often the frames command looks */
#define END_MS 500u /* as long as the player has to end by itself */
#define END_STEP_MS 5u
#define START_TRIES 3u /* on a busy machine Wine fails now and then: its own part of the process ends before the program begins */

/* Environment and standard handles are the process's, and several cases start players: one after the other. */
static SRWLOCK starting = SRWLOCK_INIT;

static struct test_process *process_of(struct player_process *process) {
    return (struct test_process *)process;
}

static const struct test_process *const_process_of(const struct player_process *process) {
    return (const struct test_process *)process;
}

/* --- the command --- */

static bool set_variable(const char *name, const char *value) {
    WCHAR wide_name[64];
    WCHAR wide_value[WIDE_PATH_MAX];
    return MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) > 0 && wide_path(value, wide_value) &&
           SetEnvironmentVariableW(wide_name, wide_value);
}

/* With the lock. The DLLs find the driver of the case by its directory (win32/remote.h). */
static bool set_environment(const struct test_process *p) {
    const struct player_place *place = p->place;
    return set_variable("COPP_DRIVER", place->directory) && set_variable("COPP_DEVICE", "opm") &&
           set_variable("COPP_ANCHOR", place->anchor) && set_variable("COPP_STATE_DIR", place->state) &&
           set_variable("COPP_SRM_KEY", "facsimile") && set_variable("COPP_TEST_CASE", p->case_id);
}

/* With the lock: what the player says comes through a pipe, of which it alone has the other end. 0 or an errno. */
static int start_with_output(struct test_process *p) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    HANDLE error = GetStdHandle(STD_ERROR_HANDLE);
    HANDLE end = NULL;
    if (!CreatePipe(&p->output, &end, &inherited, 0))
        return EMFILE;
    bool ready = SetHandleInformation(p->output, HANDLE_FLAG_INHERIT, 0) && SetStdHandle(STD_OUTPUT_HANDLE, end) &&
                 SetStdHandle(STD_ERROR_HANDLE, end);
    int failure = EIO;
    for (unsigned i = 0; ready && failure == EIO && i < START_TRIES; i++)
        failure = child_start(&p->child, p->argv, -1, true);
    (void)SetStdHandle(STD_OUTPUT_HANDLE, output);
    (void)SetStdHandle(STD_ERROR_HANDLE, error);
    CloseHandle(end);
    return failure;
}

static bool start(struct player_process *process, const struct player_place *place, const char *case_id, char *error,
                  size_t size) {
    struct test_process *p = process_of(process);
    p->argv = player_words(p->terms->command, place);
    p->sight = (struct sight){.length = 0};
    p->place = place;
    p->case_id = case_id;
    if (p->argv == NULL) {
        (void)snprintf(error, size, "the player cannot be started: a word of its command is too long");
        return false;
    }
    AcquireSRWLockExclusive(&starting);
    int failure = set_environment(p) ? start_with_output(p) : EIO;
    ReleaseSRWLockExclusive(&starting);
    p->runs = failure == 0;
    if (failure != 0)
        (void)snprintf(error, size, "%s: cannot be run: %s", p->argv[0], strerror(failure));
    return p->runs;
}

/* --- what it shows --- */

static void close_output(struct test_process *p) {
    if (p->output != NULL)
        CloseHandle(p->output);
    p->output = NULL;
}

static void read_output(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    char bytes[4096];
    DWORD there = 0;
    DWORD got = 0;
    for (unsigned reads = 0; p->output != NULL && reads < SIGHT_READS_MAX; reads++) {
        if (!PeekNamedPipe(p->output, NULL, 0, NULL, &there, NULL)) {
            sight_end(&p->sight, &p->terms->markers, seen, now_ms);
            close_output(p); /* the player has closed it */
            return;
        }
        if (there == 0 || !ReadFile(p->output, bytes, sizeof bytes, &got, NULL))
            return;
        sight_read(&p->sight, &p->terms->markers, seen, bytes, got, now_ms);
    }
}

/* With the lock. In a job, so that all of it can be ended. */
static bool start_shell(struct test_process *p, WCHAR *line) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    STARTUPINFOW with = {.cb = sizeof with};
    PROCESS_INFORMATION made;
    p->frames_job = CreateJobObjectW(NULL, NULL);
    if (p->frames_job == NULL ||
        !SetInformationJobObject(p->frames_job, JobObjectExtendedLimitInformation, &limits, sizeof limits) ||
        !CreateProcessW(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL, &with, &made))
        return false;
    bool good = AssignProcessToJobObject(p->frames_job, made.hProcess) && ResumeThread(made.hThread) != (DWORD)-1;
    if (!good)
        (void)TerminateProcess(made.hProcess, 1);
    CloseHandle(made.hThread);
    p->frames = made.hProcess;
    return good;
}

static void end_frames(struct test_process *p) {
    if (p->frames_job != NULL)
        CloseHandle(p->frames_job);
    if (p->frames != NULL)
        CloseHandle(p->frames);
    p->frames = p->frames_job = NULL;
}

static void start_frames(struct test_process *p, uint64_t now_ms) {
    char player[16];
    WCHAR command[WIDE_PATH_MAX];
    WCHAR line[WIDE_PATH_MAX + 32];
    (void)snprintf(player, sizeof player, "%u", (unsigned)p->child.id);
    p->frames_ms = now_ms;
    if (!wide_path(p->terms->frames_command, command))
        return;
    (void)_snwprintf(line, WIDE_PATH_MAX + 32, L"cmd.exe /d /s /c \"%ls\"", command);
    AcquireSRWLockExclusive(&starting);
    bool started = set_environment(p) && set_variable("COPP_TEST_PID", player) && start_shell(p, line);
    (void)SetEnvironmentVariableW(L"COPP_TEST_PID", NULL); /* the next case's player is not that one's */
    ReleaseSRWLockExclusive(&starting);
    if (!started)
        end_frames(p);
}

/* 0: content is shown, 1: it is hidden; anything else: it cannot tell. */
static void read_frames(struct test_process *p, struct player_seen *seen, uint64_t now_ms) {
    DWORD code = 2;
    if (WaitForSingleObject(p->frames, 0) != WAIT_OBJECT_0)
        return;
    if (GetExitCodeProcess(p->frames, &code) && code <= 1)
        sight_frames(seen, code == 0, p->frames_ms, now_ms);
    end_frames(p);
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
    if (p->frames != NULL)
        read_frames(p, seen, now_ms);
    else if (now_ms >= p->frames_ms)
        start_frames(p, now_ms);
}

/* Nothing tells of a pipe that something can be read: it is looked at whenever the case's time is over. */
static void waits(const struct player_process *process, struct wait_list *list) {
    const struct test_process *p = const_process_of(process);
    if (p->child.runs)
        wait_add(list, p->child.process);
    if (p->frames != NULL)
        wait_add(list, p->frames);
}

static const char *words(const struct player_process *process) {
    return const_process_of(process)->sight.words;
}

/* --- its end --- */

static bool end(struct player_process *process) {
    struct test_process *p = process_of(process);
    bool ended = true;
    if (p->runs) {
        uint64_t end_ms = clock_ms() + END_MS;
        child_tell_end(&p->child);
        while (child_left(&p->child) && clock_ms() < end_ms)
            pause_ms(END_STEP_MS);
        ended = child_end(&p->child);
    }
    p->runs = false;
    close_output(p);
    end_frames(p);
    player_words_free(p->argv);
    p->argv = NULL;
    return ended;
}

static struct player_process *another(const struct player_process *process) {
    struct test_process *made = malloc(sizeof *made);
    if (made == NULL)
        return NULL;
    test_process_init(made, const_process_of(process)->terms);
    return &made->process;
}

static void discard(struct player_process *process) {
    free(process_of(process));
}

void test_process_init(struct test_process *process, const struct test_process_terms *terms) {
    static const struct player_process_ops ops = {
        .start = start, .waits = waits, .look = look, .words = words, .end = end, .another = another, .discard = discard};
    *process = (struct test_process){.process.ops = &ops, .terms = terms};
}
