/*
 * Loaded before the C library (LD_PRELOAD): what copp runs cannot be stopped, as if it were another user's, so that no test needs to
 * be root.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>

#define ARGUMENTS 6

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort(); /* a test whose command can be stopped proves nothing */
    return found;
}

__attribute__((visibility("default"))) int kill(pid_t pid, int number) {
    int (*real)(pid_t, int) = (int (*)(pid_t, int))next("kill");
    if (number != SIGSTOP)
        return real(pid, number);
    errno = EPERM;
    return -1;
}

/* What is in a cgroup cannot be frozen either. */
__attribute__((visibility("default"))) int openat(int fd, const char *name, int flags, ...) {
    int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))next("openat");
    va_list list;
    va_start(list, flags);
    int mode = flags & O_CREAT ? va_arg(list, int) : 0;
    va_end(list);
    if (strcmp(name, "cgroup.freeze") != 0)
        return real(fd, name, flags, mode);
    errno = EPERM;
    return -1;
}

__attribute__((visibility("default"))) long syscall(long number, ...) {
    long (*real)(long, ...) = (long (*)(long, ...))next("syscall");
    long arguments[ARGUMENTS];
    va_list list;
    va_start(list, number);
    for (size_t i = 0; i < ARGUMENTS; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number != SYS_pidfd_send_signal || (int)arguments[1] != SIGSTOP)
        return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    errno = EPERM;
    return -1;
}
