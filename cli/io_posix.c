#include "io_system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/standard_streams.h"
#include "common/transfer.h"
#include "io.h"

void io_init(void) {
    if (!hold_standard_streams())
        _exit(STATUS_UNKNOWN);
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error like any other */
}

bool random_bytes(void *bytes, size_t size) {
    return getentropy(bytes, size) == 0;
}

const char *system_variable(const char *name) {
    return getenv(name);
}

void system_print(FILE *out, const char *text) {
    fputs(text, out);
}

int system_remove(const char *path) {
    return unlink(path);
}

/* Makes a file beside path, writes it and gives it to finish, which links or renames it. 0 or -1 with errno set. */
static int write_beside(const char *path, const void *bytes, size_t size, mode_t mode,
                        int (*finish)(const char *, const char *)) {
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(beside, O_CLOEXEC); /* of mode 0600 */
    if (fd < 0)
        return -1;
    int failed = !write_all(fd, bytes, size) || (mode != 0600 && fchmod(fd, mode) != 0) || fsync(fd) != 0;
    int error = errno;
    if (close(fd) != 0 && !failed) {
        failed = 1;
        error = errno;
    }
    if (!failed && finish(beside, path) != 0) {
        failed = 1;
        error = errno;
    }
    unlink(beside);
    errno = error;
    return failed ? -1 : 0;
}

static int rename_over(const char *from, const char *to) {
    return rename(from, to);
}

/* Unlike rename, link fails if the name is taken. */
static int link_new(const char *from, const char *to) {
    return link(from, to);
}

static int write_in_place(const char *name, const void *bytes, size_t size) {
    int fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -1;
    bool good = write_all(fd, bytes, size);
    int error = errno;
    if (close(fd) != 0 && good)
        return -1;
    errno = error;
    return good ? 0 : -1;
}

static mode_t plain_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

int system_replace(const char *name, const void *bytes, size_t size) {
    struct stat old;
    if (stat(name, &old) != 0) {
        if (errno != ENOENT)
            return -1;
        return write_beside(name, bytes, size, plain_mode(), rename_over);
    }
    if (S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (!S_ISREG(old.st_mode))
        return write_in_place(name, bytes, size);
    char *path = realpath(name, NULL); /* a link goes on pointing where it points */
    if (path == NULL)
        return -1;
    int failed = write_beside(path, bytes, size, old.st_mode & 07777, rename_over);
    int error = errno;
    free(path);
    errno = error;
    return failed;
}

int system_open(const char *name) {
    return open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

int system_create(const char *name) {
    return open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
}

int system_make_file(const char *path, const void *bytes, size_t size, bool secret) {
    return write_beside(path, bytes, size, secret ? 0600 : plain_mode(), link_new);
}

int system_make_directory(const char *path) {
    return mkdir(path, 0700);
}
