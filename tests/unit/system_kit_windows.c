#include "system_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "harness.h"

#define AT_ONCE_MAX 16u

char *test_directory_new(void) {
    static unsigned made;
    char parent[MAX_PATH + 1];
    char *path = malloc(MAX_PATH + 64);
    assert_non_null(path);
    assert_int_not_equal(GetTempPathA(sizeof parent, parent), 0);
    (void)snprintf(path, MAX_PATH + 64, "%scopp-test-%lu-%u", parent, (unsigned long)GetCurrentProcessId(), made++);
    assert_true(test_make_directory(path));
    return path;
}

void test_directory_remove(char *path) {
    assert_true(test_remove_directory(path));
    free(path);
}

bool test_make_directory(const char *path) {
    return CreateDirectoryA(path, NULL);
}

bool test_remove_directory(const char *path) {
    return RemoveDirectoryA(path);
}

struct worker {
    int (*work)(unsigned);
    unsigned number;
};

static DWORD WINAPI run(void *argument) {
    const struct worker *worker = argument;
    return (DWORD)worker->work(worker->number);
}

bool test_run_at_once(int (*work)(unsigned), unsigned count) {
    struct worker workers[AT_ONCE_MAX];
    HANDLE threads[AT_ONCE_MAX];
    bool good = true;
    assert_true(count <= AT_ONCE_MAX);
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (struct worker){work, i};
        threads[i] = CreateThread(NULL, 0, run, &workers[i], 0, NULL);
        assert_non_null(threads[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        DWORD answer = 1;
        assert_int_equal(WaitForSingleObject(threads[i], INFINITE), WAIT_OBJECT_0);
        good = GetExitCodeThread(threads[i], &answer) && answer == 0 && good;
        (void)CloseHandle(threads[i]);
    }
    return good;
}
