#include "certificate/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* POSIX's, as <stdio.h> declares it: the one thing in there that is not stdio, which this library does without. */
int rename(const char *from, const char *to);

/* Closes and keeps errno, which tells of what failed before. */
static void close_quietly(int file) {
    int saved = errno;
    if (file >= 0)
        (void)close(file);
    errno = saved;
}

int copp_store_open(const char *path) {
    /* not to wait for a FIFO's writer */
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

int copp_store_create(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
}

int copp_store_remove(const char *path) {
    return unlink(path);
}

int copp_store_lock(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return -1;
    int result;
    do
        result = flock(file, LOCK_EX);
    while (result && errno == EINTR);
    if (result) {
        close_quietly(file);
        return -1;
    }
    return file;
}

bool copp_store_sync(int file) {
    int result;
    do
        result = fsync(file);
    while (result && errno == EINTR);
    return result == 0;
}

bool copp_store_replace(const char *from, const char *to, const char *directory_path) {
    int directory = open(directory_path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    bool good = directory >= 0 && rename(from, to) == 0;
    if (good && !copp_store_sync(directory) && errno != EINVAL) /* EINVAL: this file system needs no such thing */
        good = false;
    close_quietly(directory);
    return good;
}
