#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 16 /* how often the file may be removed while we lock it */
#define STEP_MS 10u

static bool not_a_file(const char *name, struct error_text *error) {
    return error_set(error, "%s: exists and is not a regular file; remove it", name);
}

bool lock_check(const char *name, struct error_text *error) {
    struct stat status;
    return lstat(name, &status) != 0 || S_ISREG(status.st_mode) || not_a_file(name, error);
}

/* Only its owner may open it: whoever can open a file can lock it, and so keep coppd from starting. */
static int open_lock(const char *name, struct error_text *error) {
    struct stat status;
    if (!lock_check(name, error))
        return LOCK_FAILED;
    int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)error_set(error, "%s: cannot be opened: %s; let the user that coppd runs as create files there and own this one",
                        name, strerror(errno));
        return LOCK_FAILED;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        (void)fchmod(fd, 0600); /* an umask may have left less, and the next one could not open it */
        return fd;
    }
    (void)not_a_file(name, error);
    (void)close(fd);
    return LOCK_FAILED;
}

/* Somebody who cleans up may have removed it between open and flock: then it is nobody's lock. */
static bool still_there(int fd, const char *name) {
    struct stat ours;
    struct stat there;
    return fstat(fd, &ours) == 0 && lstat(name, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int lock_take(const char *name, struct error_text *error) {
    for (int tries = 0; tries < TRIES; tries++) {
        int fd = open_lock(name, error);
        if (fd < 0)
            return fd;
        int cause = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        if (!cause && still_there(fd, name))
            return fd;
        (void)close(fd);
        if (cause == EWOULDBLOCK)
            return LOCK_HELD;
        if (cause) {
            (void)error_set(error, "%s: cannot be locked: %s", name, strerror(cause));
            return LOCK_FAILED;
        }
    }
    (void)error_set(error, "%s: cannot be locked: another program keeps removing it", name);
    return LOCK_FAILED;
}

/* In steps, not in one flock that waits: signals are held back, so nothing but SIGKILL would end that. */
int lock_wait(const char *name, unsigned wait_ms, struct error_text *error) {
    static const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
    int lock = lock_take(name, error);
    for (unsigned waited = 0; lock == LOCK_HELD && waited < wait_ms; waited += STEP_MS) {
        (void)nanosleep(&step, NULL);
        lock = lock_take(name, error);
    }
    return lock;
}
