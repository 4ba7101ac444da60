#include "fault_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int failure(bool may_be_interrupted) {
    errno = may_be_interrupted && fault_otherwise() ? EINTR : EIO;
    return -1;
}

/* Descriptors are sockets as well, whose calls nobody asks for. */
static bool due(const char *name) {
    fault_note_file_call(name);
    return fault_due(name);
}

#define FAULT_IO(name, type, interruptible, parameters, arguments)                                                               \
    FAULT_IF(due(#name), name, type, failure(interruptible), parameters, arguments)
#include "faults_posix.def"

/* Variadic. */
int faulty_open64(const char *path, int flags, ...);
int faulty_open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return due("open64") ? failure(false) : open64(path, flags, mode);
}

int faulty_openat64(int directory, const char *path, int flags, ...);
int faulty_openat64(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return due("openat64") ? failure(false) : openat64(directory, path, flags, mode);
}

DIR *faulty_opendir(const char *path);
DIR *faulty_opendir(const char *path) {
    return due("opendir") && failure(false) ? NULL : opendir(path);
}

struct dirent64 *faulty_readdir64(DIR *directory);
struct dirent64 *faulty_readdir64(DIR *directory) {
    return due("readdir64") && failure(false) ? NULL : readdir64(directory);
}

/* What fails to close is closed all the same. */
int faulty_close(int file);
int faulty_close(int file) {
    int result = close(file);
    return due("close") ? failure(false) : result;
}

ssize_t faulty_write(int file, const void *bytes, size_t size);
ssize_t faulty_write(int file, const void *bytes, size_t size) {
    return due("write") ? failure(true) : write(file, bytes, fault_write_size(size));
}

/* It succeeds without the disk, which would make the tests last. */
int faulty_fsync(int file);
int faulty_fsync(int file) {
    (void)file;
    return due("fsync") ? failure(true) : 0;
}
