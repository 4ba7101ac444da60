/*
 * Loaded before the C library (LD_PRELOAD): the disk that a program waits for is slow, or fails, at the test's word. A file NAME.hold
 * in the directory COPP_TEST_DISK keeps fsync of a file called NAME waiting for as long as it is there, after NAME.held was made beside it;
 * NAME.fail makes it fail, NAME.once one time. A directory's NAME is "directory".
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void name_of(int fd, char name[PATH_MAX]) {
    char link[64];
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        (void)strcpy(name, "directory");
        return;
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, PATH_MAX - 1);
    name[length > 0 ? length : 0] = 0;
    const char *base = strrchr(name, '/');
    if (base)
        (void)memmove(name, base + 1, strlen(base));
}

static void path_of(const char *name, const char *word, char path[2 * PATH_MAX]) {
    const char *directory = getenv("COPP_TEST_DISK");
    if (!directory)
        abort(); /* a test that slows nothing down proves nothing */
    (void)snprintf(path, 2 * (size_t)PATH_MAX, "%s/%s.%s", directory, name, word);
}

static bool is_there(const char *name, const char *word) {
    char path[2 * PATH_MAX];
    path_of(name, word, path);
    return access(path, F_OK) == 0;
}

/* Of several at a time one alone takes it. */
static bool take(const char *name, const char *word) {
    char path[2 * PATH_MAX];
    path_of(name, word, path);
    return unlink(path) == 0;
}

static void make(const char *name, const char *word) {
    char path[2 * PATH_MAX];
    path_of(name, word, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        abort();
    (void)close(fd);
}

__attribute__((visibility("default"))) int fsync(int fd) {
    static const struct timespec step = {.tv_nsec = 2000000};
    char name[PATH_MAX];
    name_of(fd, name);
    if (is_there(name, "hold"))
        make(name, "held");
    while (is_there(name, "hold"))
        (void)nanosleep(&step, NULL);
    if (!is_there(name, "fail") && !take(name, "once"))
        return (int)syscall(SYS_fsync, fd);
    errno = EIO;
    return -1;
}
