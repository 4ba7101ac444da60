#include "owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/report.h"
#include "common/number.h"

#define DRM_MAJOR_NUMBER 226u
#define DRM_AUTH_MAGIC _IOW('d', 0x11, uint32_t) /* as in drm.h, which only libdrm has in some systems */
#define NODES "/dev/dri/"

static void read_name(struct owner *owner) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/comm", owner->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, owner->name, sizeof owner->name - 1);
    if (fd >= 0)
        close(fd);
    owner->name[length > 0 ? length : 0] = '\0';
    owner->name[strcspn(owner->name, "\n")] = '\0';
    clean_foreign(owner->name);
}

enum owner_result owner_open(uint32_t pid, struct owner *owner) {
    *owner = (struct owner){.pid = pid, .card_fd = -1};
    owner->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (owner->pid_fd < 0)
        return errno == ESRCH || errno == EINVAL ? OWNER_GONE : OWNER_ERROR;
    (void)fcntl(owner->pid_fd, F_SETFD, FD_CLOEXEC);
    read_name(owner);
    return OWNER_FOUND;
}

static bool has_ended(const struct owner *owner) {
    struct pollfd end = {.fd = owner->pid_fd, .events = POLLIN};
    return poll(&end, 1, 0) == 1;
}

/* "card0" of "/dev/dri/card0": where the link of an open file leads; NULL: to something else. */
static const char *card_name(const char *target) {
    const char *name = strncmp(target, NODES, strlen(NODES)) == 0 ? target + strlen(NODES) : "";
    size_t digits = strncmp(name, "card", 4) == 0 ? strspn(name + 4, "0123456789") : 0;
    return digits > 0 && name[4 + digits] == '\0' && strlen(name) < OWNER_CARD_SIZE ? name : NULL;
}

/* What libdrm's drmIsMaster asks: it changes nothing. */
static bool is_master(int fd) {
    uint32_t nobody = 0;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISCHR(status.st_mode) || major(status.st_rdev) != DRM_MAJOR_NUMBER)
        return false; /* a name proves nothing: it may be of another file system */
    return ioctl(fd, DRM_AUTH_MAGIC, &nobody) == 0 || errno != EACCES;
}

/* OWNER_FOUND: the file is one that is meant, its master's. */
static enum owner_result look_at(struct owner *owner, int number, const char *name) {
    int fd = (int)syscall(SYS_pidfd_getfd, owner->pid_fd, number, 0);
    if (fd < 0)
        return errno == EBADF || errno == ESRCH ? OWNER_NO_CARD : OWNER_ERROR; /* it has closed it meanwhile, or ended */
    if (!is_master(fd)) {
        close(fd);
        return OWNER_NOT_MASTER;
    }
    if (owner->card_fd >= 0) { /* another of the same card is as good */
        close(fd);
        return strcmp(owner->card, name) == 0 ? OWNER_FOUND : OWNER_SEVERAL;
    }
    owner->card_fd = fd;
    snprintf(owner->card, sizeof owner->card, "%s", name);
    return OWNER_FOUND;
}

static enum owner_result worse(enum owner_result so_far, enum owner_result now) {
    if (now == OWNER_SEVERAL || now == OWNER_ERROR || so_far == OWNER_SEVERAL || so_far == OWNER_ERROR)
        return so_far == OWNER_SEVERAL || so_far == OWNER_ERROR ? so_far : now;
    if (now == OWNER_FOUND || so_far == OWNER_FOUND)
        return OWNER_FOUND;
    return now == OWNER_NOT_MASTER ? now : so_far;
}

static enum owner_result look_through(struct owner *owner, DIR *files, const char *card) {
    enum owner_result result = OWNER_NO_CARD;
    const struct dirent *entry;
    while ((entry = readdir(files)) != NULL) {
        char target[128];
        uint32_t number;
        ssize_t length = readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1);
        if (length <= 0 || !number_read_word(entry->d_name, 0, INT32_MAX, &number))
            continue;
        target[length] = '\0';
        const char *name = card_name(target);
        if (name != NULL && (card == NULL || strcmp(card, name) == 0))
            result = worse(result, look_at(owner, (int)number, name));
    }
    return result;
}

enum owner_result owner_take_card(struct owner *owner, const char *card) {
    char path[64];
    owner_drop_card(owner);
    snprintf(path, sizeof path, "/proc/%u/fd", owner->pid);
    DIR *files = opendir(path);
    int error = errno;
    if (has_ended(owner)) { /* else the directory is its own */
        if (files != NULL)
            closedir(files);
        return OWNER_GONE;
    }
    if (files == NULL) {
        errno = error;
        return OWNER_ERROR;
    }
    enum owner_result result = look_through(owner, files, card);
    error = errno;
    closedir(files);
    if (result != OWNER_FOUND)
        owner_drop_card(owner);
    errno = error;
    return result;
}

void owner_drop_card(struct owner *owner) {
    if (owner->card_fd >= 0)
        close(owner->card_fd);
    owner->card_fd = -1;
}

void owner_close(struct owner *owner) {
    owner_drop_card(owner);
    if (owner->pid_fd >= 0)
        close(owner->pid_fd);
    owner->pid_fd = -1;
}
