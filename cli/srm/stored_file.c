#include "stored_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/transfer.h"

/* Closes and keeps errno, which tells of what failed before. */
static void close_quietly(int fd) {
    int error = errno;
    (void)close(fd);
    errno = error;
}

int open_below(const char *root, const char *path, int flags) {
    flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY); /* openat2 takes no flag that means nothing */
    if (strcmp(root, "/") == 0 && path[0] == '/')
        return open(path, flags);
    int top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top < 0)
        return -1;
    /* an absolute link of the tree below root means a place below root, and not the same place of this machine */
    struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, top, path, &how, sizeof how);
    close_quietly(top);
    return fd;
}

int directory_open(const char *root, const char *path) {
    return open_below(root, path, O_RDONLY | O_DIRECTORY);
}

bool directory_lock(int directory) {
    int result;
    do
        result = flock(directory, LOCK_EX);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

static enum stored_state read_open(int fd, size_t limit, struct blob *blob) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return STORED_FAILED;
    if (!S_ISREG(status.st_mode))
        return STORED_OTHER;
    uint8_t *bytes = malloc(limit + 2); /* one byte more than allowed, to see that there is more; and a NUL */
    ssize_t size = bytes != NULL ? read_all(fd, bytes, limit + 1) : -1;
    if (size >= 0 && (size_t)size <= limit) {
        bytes[size] = 0;
        *blob = (struct blob){.bytes = bytes, .size = (size_t)size};
        return STORED_READ;
    }
    int error = errno;
    free(bytes);
    errno = error;
    return size < 0 ? STORED_FAILED : STORED_LARGE;
}

/* From what opening answered, whose errno still stands. */
static enum stored_state read_opened(int fd, size_t limit, struct blob *blob) {
    *blob = (struct blob){0};
    if (fd < 0 && errno == ENOENT)
        return STORED_ABSENT;
    if (fd < 0)
        return errno == ELOOP || errno == ENXIO ? STORED_OTHER : STORED_FAILED;
    enum stored_state state = read_open(fd, limit, blob);
    close_quietly(fd);
    return state;
}

/* not to wait for a pipe's writer */
#define READ_FLAGS (O_RDONLY | O_NONBLOCK)

enum stored_state stored_read(int directory, const char *name, size_t limit, struct blob *blob) {
    return read_opened(openat(directory, name, READ_FLAGS | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC), limit, blob);
}

enum stored_state stored_read_below(const char *root, const char *path, size_t limit, struct blob *blob) {
    return read_opened(open_below(root, path, READ_FLAGS), limit, blob);
}

/* On the disk, with the mode that every reader needs whatever the umask; nothing is left of it otherwise. */
static bool write_new(int directory, const char *name, const void *bytes, size_t size) {
    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT) /* left by one that was killed */
        return false;
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write_all(fd, bytes, size) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (!good)
        (void)unlinkat(directory, name, 0);
    errno = error;
    return good;
}

enum stored_result stored_replace(int directory, const char *name, const void *bytes, size_t size) {
    char fresh[NAME_MAX + 1];
    if (snprintf(fresh, sizeof fresh, ".%s.new", name) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return STORED_UNTOUCHED;
    }
    if (!write_new(directory, fresh, bytes, size))
        return STORED_UNTOUCHED;
    if (renameat(directory, fresh, directory, name) != 0) {
        int error = errno;
        (void)unlinkat(directory, fresh, 0);
        errno = error;
        return STORED_UNTOUCHED;
    }
    /* EINVAL: this file system needs no such thing */
    return fsync(directory) == 0 || errno == EINVAL ? STORED_DONE : STORED_UNSYNCED;
}
