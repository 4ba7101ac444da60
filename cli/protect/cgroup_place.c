/* Where a command's cgroup may be, how it is made, and how it is removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "common/clock.h"
#include "process.h"

#define PREFIX "copp-protect-"
#define PATH_SIZE PROCESS_CGROUP_SIZE
#define DEPTH_BELOW "32" /* what a command may make below its cgroup, so that we can remove it */
#define REMOVE_MS 100u
#define TRIES_MAX 8u

/* --- finding --- */

/* /proc/self/mountinfo writes a space, and what else would be taken for another field, as three octal digits. In place. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static bool leads_upwards(const char *path) {
    size_t size = strlen(path);
    return strstr(path, "/../") != NULL || (size >= 3 && strcmp(path + size - 3, "/..") == 0);
}

/* The part of path behind a mount's root; NULL: the mount does not show it. */
static const char *below_root(const char *root, const char *path) {
    size_t size = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(path, root, size) != 0 || (path[size] != '/' && path[size] != '\0') || leads_upwards(path))
        return NULL;
    return path + size;
}

/* Opens path by what a line of mountinfo says; -1: not by this one. */
static int open_by_mount(char *line, const char *path) {
    char *save = NULL;
    char *fields[5];
    const char *type = strstr(line, " - cgroup2 ");
    char name[2 * PATH_SIZE];
    for (size_t i = 0; i < 5; i++) {
        fields[i] = type ? strtok_r(i == 0 ? line : NULL, " ", &save) : NULL;
        if (!fields[i])
            return -1;
    }
    unescape(fields[3]);
    unescape(fields[4]);
    const char *below = below_root(fields[3], path);
    int size = below ? snprintf(name, sizeof name, "%s%s", fields[4], below) : -1;
    return size > 0 && (size_t)size < sizeof name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static bool is_cgroup(int fd) {
    struct statfs system;
    return fstatfs(fd, &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC;
}

/* A later mount may hide an earlier one: who is in what was opened decides. */
int cgroup_open_of(pid_t pid) {
    char path[PATH_SIZE];
    char *line = NULL;
    size_t room = 0;
    int found = -1;
    FILE *mounts = process_cgroup(pid, path) ? fopen("/proc/self/mountinfo", "re") : NULL;
    while (mounts && found < 0 && getline(&line, &room, mounts) > 0) {
        found = open_by_mount(line, path);
        if (found >= 0 && (!is_cgroup(found) || !cgroup_has(found, pid))) {
            (void)close(found);
            found = -1;
        }
    }
    free(line);
    if (mounts)
        (void)fclose(mounts);
    return found;
}

static bool has_mark(int fd, const char *name) {
    char mark = '\0';
    return fgetxattr(fd, name, &mark, 1) == 1 && mark == '1';
}

/* systemd marks what it delegates, where it may; to a user it gives the directory, which root's own do not show. */
bool cgroup_is_delegated(int fd) {
    struct stat status;
    return has_mark(fd, "trusted.delegate") || has_mark(fd, "user.delegate") ||
           (fstat(fd, &status) == 0 && status.st_uid == geteuid() && status.st_uid != 0);
}

/* --- making --- */

/* The owner of one holds a lock on it for as long as it lives, and whoever it has handed its descriptor to. */
static bool lock(int fd) {
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void pause_ms(void) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* A process that has been killed is in it for a moment more. */
static void remove_dir(int parent, const char *name, int fd) {
    uint64_t limit = clock_ms() + REMOVE_MS;
    for (;;) {
        cgroup_remove_below(fd);
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY || clock_ms() >= limit)
            return;
        pause_ms();
    }
}

/* One whose owner is gone, and who has ours: nobody would end what is in it any more. */
static void remove_stale(int parent, const char *name) {
    struct stat status;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && lock(fd)) {
        (void)cgroup_kill(fd);
        remove_dir(parent, name, fd);
    }
    if (fd >= 0)
        (void)close(fd);
}

void cgroup_remove_left(int parent) {
    struct dirent *entry;
    int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    if (!list && copy >= 0)
        (void)close(copy);
    while (list && (entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) == 0)
            remove_stale(parent, entry->d_name);
    }
    if (list)
        (void)closedir(list);
}

static bool write_depth(int fd) {
    int file = openat(fd, "cgroup.max.depth", O_WRONLY | O_CLOEXEC);
    bool good = file >= 0 && write(file, DEPTH_BELOW, sizeof DEPTH_BELOW - 1) == sizeof DEPTH_BELOW - 1;
    if (file >= 0)
        (void)close(file);
    return good;
}

/* Between making it and locking it, another copp may take it for one that is left, and remove it: another name is tried then. */
static bool try_make(struct cgroup *cgroup) {
    struct stat here;
    struct stat there;
    (void)snprintf(cgroup->name, sizeof cgroup->name, PREFIX "%d-%08x", (int)getpid(), (unsigned)(clock_ns() & UINT32_MAX));
    if (mkdirat(cgroup->parent, cgroup->name, 0755) != 0)
        return false;
    cgroup->fd = openat(cgroup->parent, cgroup->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (cgroup->fd >= 0 && lock(cgroup->fd) && fstat(cgroup->fd, &here) == 0 &&
        fstatat(cgroup->parent, cgroup->name, &there, AT_SYMLINK_NOFOLLOW) == 0 && here.st_ino == there.st_ino)
        return true;
    if (cgroup->fd >= 0)
        (void)close(cgroup->fd);
    cgroup->fd = -1;
    errno = EEXIST;
    return false;
}

/* A kernel before 5.2 has no cgroup.freeze: then it is of no use. */
static bool is_useful(int fd) {
    return faccessat(fd, "cgroup.freeze", W_OK, AT_EACCESS) == 0 && write_depth(fd);
}

bool cgroup_make(struct cgroup *cgroup, int parent) {
    *cgroup = (struct cgroup){.fd = -1, .parent = parent};
    cgroup_remove_left(parent);
    bool made = try_make(cgroup);
    for (unsigned i = 1; !made && errno == EEXIST && i < TRIES_MAX; i++)
        made = try_make(cgroup);
    if (made && is_useful(cgroup->fd))
        return true;
    int error = errno;
    cgroup_remove(cgroup);
    errno = error;
    return false;
}

/* Its own cgroup is never a command's: holding that would hold the caller. A scope's own name has a dot. */
bool cgroup_find(struct cgroup *cgroup, pid_t pid) {
    char path[PATH_SIZE];
    *cgroup = (struct cgroup){.fd = -1, .parent = -1};
    const char *last = process_cgroup(pid, path) ? strrchr(path, '/') + 1 : NULL;
    if (!last || strncmp(last, PREFIX, sizeof PREFIX - 1) != 0 || strchr(last, '.') || strlen(last) >= sizeof cgroup->name)
        return false;
    (void)snprintf(cgroup->name, sizeof cgroup->name, "%s", last);
    cgroup->fd = cgroup_open_of(pid);
    cgroup->parent = cgroup->fd >= 0 ? openat(cgroup->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return cgroup->fd >= 0;
}

void cgroup_close(struct cgroup *cgroup) {
    if (cgroup->fd >= 0)
        (void)close(cgroup->fd);
    if (cgroup->parent >= 0)
        (void)close(cgroup->parent);
    cgroup->fd = -1;
    cgroup->parent = -1;
}

void cgroup_remove(struct cgroup *cgroup) {
    if (cgroup->fd >= 0 && cgroup->parent >= 0)
        remove_dir(cgroup->parent, cgroup->name, cgroup->fd);
    cgroup_close(cgroup);
}
