/*
 * How copp.exe holds and ends a command (cli/windows/child_windows.c). The command is this program once more: test_child beat NAME
 * counts in shared memory, in a process of its own, one that it starts, and two threads of each.
 */
#include <windows.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/protect/child.h"
#include "cli/report.h"

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define PATIENCE_MS 60000u
#define HEARTS 4

static char program[MAX_PATH];
static char shared_name[64];
static int complaints;

/* The tool's, which would write it. */
void complain(const char *format, ...) {
    (void)format;
    complaints++;
}

static volatile LONG *shared_memory(const char *name) {
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, HEARTS * sizeof(LONG), name);
    return mapping ? MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0) : NULL;
}

/* --- the command --- */

static DWORD WINAPI beat(void *heart) {
    for (;;) {
        InterlockedIncrement(heart);
        Sleep(1);
    }
    return 0;
}

/* One of its threads allows nothing to anybody. */
static int run_denying(LONG *hearts) {
    SECURITY_DESCRIPTOR nobody;
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes, .lpSecurityDescriptor = &nobody};
    ACL none;
    if (!InitializeAcl(&none, sizeof none, ACL_REVISION) ||
        !InitializeSecurityDescriptor(&nobody, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorDacl(&nobody, TRUE, &none, FALSE) || !CreateThread(&attributes, 0, beat, &hearts[1], 0, NULL))
        return 9;
    for (int i = 2; i < HEARTS; i++) {
        if (!CreateThread(NULL, 0, beat, &hearts[i], 0, NULL))
            return 9;
    }
    return (int)beat(hearts);
}

static DWORD WINAPI pass_by(void *heart) {
    InterlockedIncrement(heart);
    return 0;
}

/* Starts threads that end at once, until its heart is made negative. */
static DWORD WINAPI churn(void *heart) {
    while (InterlockedCompareExchange((LONG *)heart, 0, 0) >= 0) {
        HANDLE thread = CreateThread(NULL, 0, pass_by, heart, 0, NULL);
        if (thread)
            CloseHandle(thread);
        Sleep(0);
    }
    return 0;
}

static int run_churning(LONG *hearts) {
    HANDLE churning[HEARTS];
    if (!CreateThread(NULL, 0, pass_by, hearts, 0, NULL)) /* its handle is kept */
        return 9;
    for (int i = 0; i < HEARTS; i++)
        churning[i] = CreateThread(NULL, 0, churn, &hearts[i], 0, NULL);
    return WaitForMultipleObjects(HEARTS, churning, TRUE, INFINITE) == WAIT_OBJECT_0 ? 42 : 9;
}

static int run_command(const char *name, bool first) {
    volatile LONG *hearts = shared_memory(name);
    char line[2 * MAX_PATH];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    (void)snprintf(line, sizeof line, "\"%s\" more %s", program, name);
    if (!hearts || (first && !CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process)))
        return 9;
    LONG *mine = (LONG *)hearts + (first ? 0 : 2);
    if (!CreateThread(NULL, 0, beat, mine, 0, NULL))
        return 9;
    return (int)beat(mine + 1);
}

/* --- the tests --- */

/* True once every heart has beaten since. */
static bool all_beat(volatile LONG *hearts) {
    LONG before[HEARTS];
    memcpy(before, (const void *)hearts, sizeof before);
    for (DWORD waited = 0; waited < PATIENCE_MS; waited += 10) {
        int beating = 0;
        for (int i = 0; i < HEARTS; i++)
            beating += hearts[i] != before[i];
        if (beating == HEARTS)
            return true;
        Sleep(10);
    }
    return false;
}

static bool none_beats(volatile LONG *hearts) {
    LONG before[HEARTS];
    memcpy(before, (const void *)hearts, sizeof before);
    Sleep(200);
    return memcmp(before, (const void *)hearts, sizeof before) == 0;
}

static void held_resumed_and_ended(void **state) {
    (void)state;
    char beat_word[] = "beat";
    char *arguments[] = {program, beat_word, shared_name, NULL};
    struct child child;
    int status = 77;
    volatile LONG *hearts = shared_memory(shared_name);
    assert_non_null((const void *)hearts);
    assert_int_equal(child_start(&child, arguments, -1, true), 0);
    assert_true(child.runs);
    assert_true(all_beat(hearts));
    for (int i = 0; i < 3; i++) {
        child_hold(&child);
        assert_true(child.held);
        assert_true(none_beats(hearts));
        assert_int_equal(child_look(&child, &status), CHILD_RUNNING);
        child_resume(&child);
        assert_true(all_beat(hearts));
    }
    assert_true(child_left(&child));
    child_tell_end(&child); /* which it hears if there is a console */
    assert_true(child_end(&child));
    assert_false(child_left(&child));
    assert_false(child.runs);
    assert_true(none_beats(hearts));
    assert_int_equal(child_look(&child, &status), CHILD_ENDED);
}

/* It is ended as it is: nothing of it is seen again. */
static void ended_while_held(void **state) {
    (void)state;
    char beat_word[] = "beat";
    char *arguments[] = {program, beat_word, shared_name, NULL};
    struct child child;
    volatile LONG *hearts = shared_memory(shared_name);
    LONG before[HEARTS];
    assert_non_null((const void *)hearts);
    assert_int_equal(child_start(&child, arguments, -1, false), 0);
    assert_true(all_beat(hearts));
    child_hold(&child);
    memcpy(before, (const void *)hearts, sizeof before);
    child_tell_end(&child); /* which it does not hear */
    assert_true(none_beats(hearts));
    assert_true(child_end(&child));
    assert_true(none_beats(hearts));
    assert_memory_equal(before, (const void *)hearts, sizeof before);
}

static int status_at_end(struct child *child) {
    int status = 77;
    for (DWORD waited = 0; waited < PATIENCE_MS && child_look(child, &status) != CHILD_ENDED; waited += 10)
        Sleep(10);
    return status;
}

static void ended_that_cannot_be_held(void **state) {
    (void)state;
    char deny[] = "deny";
    char *arguments[] = {program, deny, shared_name, NULL};
    struct child child;
    volatile LONG *hearts = shared_memory(shared_name);
    assert_non_null((const void *)hearts);
    assert_int_equal(child_start(&child, arguments, -1, true), 0);
    assert_true(all_beat(hearts));
    complaints = 0;
    assert_true(child_hold(&child));
    assert_int_equal(complaints, 1);
    assert_int_equal(status_at_end(&child), 1);
    assert_true(none_beats(hearts));
}

/* Threads that come and go are not a reason to end it. */
static void held_while_threads_end(void **state) {
    (void)state;
    char churn_word[] = "churn";
    char *arguments[] = {program, churn_word, shared_name, NULL};
    struct child child;
    int status = 77;
    volatile LONG *hearts = shared_memory(shared_name);
    assert_non_null((const void *)hearts);
    assert_int_equal(child_start(&child, arguments, -1, true), 0);
    complaints = 0;
    for (int i = 0; i < 20; i++) {
        assert_true(all_beat(hearts));
        assert_true(child_hold(&child));
        assert_true(i % 10 != 0 || none_beats(hearts));
        assert_int_equal(child_look(&child, &status), CHILD_RUNNING);
        child_resume(&child);
    }
    for (int i = 0; i < HEARTS; i++)
        hearts[i] = LONG_MIN;
    assert_int_equal(status_at_end(&child), 42);
    assert_int_equal(complaints, 0);
    for (int i = 0; i < HEARTS; i++)
        hearts[i] = 0;
}

static void arguments_and_status(void **state) {
    (void)state;
    char check[] = "check";
    char *arguments[] = {program, check, "a b", "c\"d", "e\\", "f\\\"g h\\\\", "", NULL};
    char *nowhere[] = {"no-such-program", NULL};
    char *nothing[] = {"", NULL};
    struct child child;
    assert_int_equal(child_start(&child, nowhere, -1, false), ENOENT);
    assert_false(child.runs);
    assert_int_equal(child_start(&child, nothing, -1, false), ENOENT);
    assert_false(child.runs);
    assert_int_equal(child_start(&child, arguments, -1, false), 0);
    assert_int_equal(status_at_end(&child), 42);
}

static int check_arguments(int argc, char **argv) {
    static const char *const wanted[] = {"a b", "c\"d", "e\\", "f\\\"g h\\\\", ""};
    for (int i = 0; i < 5; i++) {
        if (argc != 7 || strcmp(argv[i + 2], wanted[i]) != 0)
            return 1;
    }
    return 42;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_resumed_and_ended),    cmocka_unit_test(ended_while_held),
        cmocka_unit_test(ended_that_cannot_be_held), cmocka_unit_test(held_while_threads_end),
        cmocka_unit_test(arguments_and_status),
    };
    if (GetModuleFileNameA(NULL, program, sizeof program) == 0)
        return 9;
    if (argc == 3 && strcmp(argv[1], "deny") == 0)
        return run_denying((LONG *)shared_memory(argv[2]));
    if (argc == 3 && strcmp(argv[1], "churn") == 0)
        return run_churning((LONG *)shared_memory(argv[2]));
    if (argc == 3)
        return run_command(argv[2], strcmp(argv[1], "beat") == 0);
    if (argc > 3)
        return check_arguments(argc, argv);
    (void)snprintf(shared_name, sizeof shared_name, "copp-test-child-%lu", GetCurrentProcessId());
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
