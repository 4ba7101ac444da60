#include "system_kit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define AT_ONCE_MAX 16u

char *test_directory_new(void) {
    char *path = strdup("/tmp/copp-test-XXXXXX");
    assert_non_null(path);
    assert_non_null(mkdtemp(path));
    return path;
}

void test_directory_remove(char *path) {
    assert_true(test_remove_directory(path));
    free(path);
}

bool test_make_directory(const char *path) {
    return mkdir(path, 0700) == 0;
}

bool test_remove_directory(const char *path) {
    return rmdir(path) == 0;
}

bool test_run_at_once(int (*work)(unsigned), unsigned count) {
    pid_t workers[AT_ONCE_MAX];
    bool good = true;
    assert_true(count <= AT_ONCE_MAX);
    for (unsigned i = 0; i < count; i++) {
        workers[i] = fork();
        assert_true(workers[i] >= 0);
        if (workers[i] == 0)
            _exit(work(i));
    }
    for (unsigned i = 0; i < count; i++) {
        int status;
        assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}
