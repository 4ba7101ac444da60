/*
 * Loaded before the C library (LD_PRELOAD): the system refuses one thing that a program asks of it, as a disk that is full or a file system
 * that cannot be written to does. COPP_REFUSE says which, and with which errno: "renameat:30".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#define PUBLIC __attribute__((visibility("default")))

int fsync(int fd);
int flock(int fd, int operation);
ssize_t write(int fd, const void *bytes, size_t size);
ssize_t readlink(const char *restrict path, char *restrict target, size_t size);

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort(); /* a test in which nothing fails proves nothing */
    return found;
}

static bool refused(const char *name) {
    const char *wanted = getenv("COPP_REFUSE");
    size_t size = strlen(name);
    if (!wanted || strncmp(wanted, name, size) != 0 || wanted[size] != ':')
        return false;
    errno = atoi(wanted + size + 1);
    return true;
}

/* One that is being made beside the one that it is to replace. */
static bool is_new_file(int fd) {
    char link[64];
    char path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path);
    return size > 4 && memcmp(path + size - 4, ".new", 4) == 0;
}

PUBLIC int fsync(int fd) {
    int (*real)(int) = (int (*)(int))next("fsync");
    struct stat status;
    bool directory = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    return refused(directory ? "fsync-directory" : "fsync") ? -1 : real(fd);
}

PUBLIC ssize_t write(int fd, const void *bytes, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))next("write");
    return is_new_file(fd) && refused("write") ? -1 : real(fd, bytes, size);
}

PUBLIC int fchmod(int fd, mode_t mode) {
    int (*real)(int, mode_t) = (int (*)(int, mode_t))next("fchmod");
    return refused("fchmod") ? -1 : real(fd, mode);
}

PUBLIC int renameat(int from, const char *old, int to, const char *name) {
    int (*real)(int, const char *, int, const char *) = (int (*)(int, const char *, int, const char *))next("renameat");
    return refused("renameat") ? -1 : real(from, old, to, name);
}

PUBLIC int mkdirat(int fd, const char *name, mode_t mode) {
    int (*real)(int, const char *, mode_t) = (int (*)(int, const char *, mode_t))next("mkdirat");
    return refused("mkdirat") ? -1 : real(fd, name, mode);
}

PUBLIC int flock(int fd, int operation) {
    int (*real)(int, int) = (int (*)(int, int))next("flock");
    return refused("flock") ? -1 : real(fd, operation);
}

/* With 64-bit offsets, as Meson asks for them. */
PUBLIC int openat64(int fd, const char *name, int flags, ...) {
    int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))next("openat64");
    va_list list;
    va_start(list, flags);
    int mode = flags & O_CREAT ? va_arg(list, int) : 0;
    va_end(list);
    return refused(flags & O_CREAT ? "create" : "openat") ? -1 : real(fd, name, flags, mode);
}
