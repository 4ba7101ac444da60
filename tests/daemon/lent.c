/*
 * Loaded before umockdev (LD_PRELOAD): a graphics card made by umockdev can be lent to coppd. umockdev knows its cards by the calls that
 * opened them: a descriptor of one that comes over a socket is opened anew here. And whoever connects may be
 * another user, at the test's word. copp lend finds the card among its owner's open files with it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))
#define CARD "/dev/dri/card0"

static bool is_card(int fd) {
    char link[64];
    char path[256];
    char name[256];
    char node[256];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    (void)snprintf(name, sizeof name, "%s" CARD, getenv("UMOCKDEV_DIR"));
    ssize_t length = readlink(link, path, sizeof path);
    return length > 0 && readlink(name, node, sizeof node) == length && memcmp(path, node, (size_t)length) == 0;
}

SHOWN int fstat64(int fd, struct stat64 *status) {
    int result = fstatat64(fd, "", status, AT_EMPTY_PATH);
    if (!result && is_card(fd))
        status->st_rdev = makedev(226, 0);
    return result;
}

/* umockdev's node is a link to a terminal: for copp lend, which looks at where its owner's open files lead, it is a card. */
SHOWN ssize_t readlinkat(int directory, const char *restrict path, char *restrict target, size_t size) {
    ssize_t (*next)(int, const char *, char *, size_t);
    char name[256];
    char node[256];
    *(void **)&next = dlsym(RTLD_NEXT, "readlinkat");
    ssize_t length = next(directory, path, target, size);
    if (length <= 0 || !getenv("COPP_TEST_LENDS"))
        return length;
    (void)snprintf(name, sizeof name, "%s" CARD, getenv("UMOCKDEV_DIR"));
    if (readlink(name, node, sizeof node) != length || memcmp(target, node, (size_t)length) != 0)
        return length;
    return stpncpy(target, CARD, size) - target;
}

/* The way to umockdev is a file that the process which writes would close. */
SHOWN int close_range(unsigned first, unsigned last, int flags) {
    (void)first;
    (void)last;
    (void)flags;
    return 0;
}

SHOWN ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    ssize_t (*next)(int, struct msghdr *, int);
    *(void **)&next = dlsym(RTLD_NEXT, "recvmsg");
    ssize_t got = next(fd, message, flags);
    struct cmsghdr *c = got < 0 || !message->msg_control ? NULL : CMSG_FIRSTHDR(message);
    int passed;
    if (!c || c->cmsg_type != SCM_RIGHTS)
        return got;
    memcpy(&passed, CMSG_DATA(c), sizeof passed);
    if (is_card(passed)) {
        (void)close(passed);
        passed = open(CARD, O_RDWR | O_CLOEXEC);
        memcpy(CMSG_DATA(c), &passed, sizeof passed);
    }
    return got;
}

SHOWN int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict size) {
    const char *user = getenv("COPP_TEST_USER");
    int result = (int)syscall(SYS_getsockopt, fd, level, name, value, size);
    if (!result && level == SOL_SOCKET && name == SO_PEERCRED && user)
        ((struct ucred *)value)->uid = (uid_t)strtoul(user, NULL, 10);
    return result;
}
