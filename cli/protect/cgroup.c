#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "process.h"

#define DEPTH_MAX 40u /* more than cgroup_make allows below a cgroup of ours */
#define FREEZE_MS 100u /* as long as freezing is waited for before each process is killed by itself */

static bool write_file(int fd, const char *name, const char *text) {
    int file = openat(fd, name, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t size = (ssize_t)strlen(text);
    bool good = write(file, text, (size_t)size) == size;
    int error = errno;
    (void)close(file);
    errno = error;
    return good;
}

/* --- what the kernel says of it --- */

struct happening {
    enum cgroup_life life;
    bool frozen;
};

static struct happening read_events(int file) {
    char text[256];
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    struct happening happening = {CGROUP_UNKNOWN, false};
    if (size < 0 && errno == ENODEV)
        happening.life = CGROUP_EMPTY;
    text[size > 0 ? size : 0] = '\0';
    if (strstr(text, "populated 0\n"))
        happening.life = CGROUP_EMPTY;
    else if (strstr(text, "populated 1\n"))
        happening.life = CGROUP_POPULATED;
    happening.frozen = strstr(text, "frozen 1\n") != NULL;
    return happening;
}

/* Only the root, which is never a command's, has no such file. One that has been removed has nothing, and only what is empty is. */
static int open_events(int fd, struct happening *happening) {
    int file = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
    bool removed = file < 0 && (errno == ENOENT || errno == ENODEV);
    *happening = file >= 0 ? read_events(file) : (struct happening){removed ? CGROUP_EMPTY : CGROUP_UNKNOWN, false};
    return file;
}

enum cgroup_life cgroup_life(int fd) {
    struct happening happening;
    int file = open_events(fd, &happening);
    if (file >= 0)
        (void)close(file);
    return happening.life;
}

/* The kernel reports each change to whoever polls for an exception. */
static bool wait_frozen(int fd, unsigned limit_ms) {
    uint64_t limit = clock_ms() + limit_ms;
    struct happening happening;
    int file = open_events(fd, &happening);
    while (file >= 0 && !happening.frozen && happening.life == CGROUP_POPULATED) {
        uint64_t now = clock_ms();
        struct pollfd change = {.fd = file, .events = POLLPRI};
        if (now >= limit)
            break;
        (void)poll(&change, 1, (int)(limit - now));
        happening = read_events(file);
    }
    if (file >= 0)
        (void)close(file);
    return happening.frozen || happening.life == CGROUP_EMPTY;
}

bool cgroup_hold(int fd, unsigned limit_ms) {
    bool asked = write_file(fd, "cgroup.freeze", "1");
    return asked ? wait_frozen(fd, limit_ms) : cgroup_life(fd) == CGROUP_EMPTY;
}

bool cgroup_encloses(int fd) {
    static const char domain[] = "domain";
    char text[sizeof domain - 1];
    int file = openat(fd, "cgroup.type", O_RDONLY | O_CLOEXEC);
    bool encloses = file >= 0 && read(file, text, sizeof text) == sizeof text && memcmp(text, domain, sizeof text) == 0;
    if (file >= 0)
        (void)close(file);
    return encloses;
}

bool cgroup_resume(int fd) {
    return write_file(fd, "cgroup.freeze", "0");
}

bool cgroup_add(int fd, pid_t pid) {
    char text[32];
    (void)snprintf(text, sizeof text, "%d", (int)pid);
    return write_file(fd, "cgroup.procs", text);
}

/* --- each of its processes --- */

/* Calls process for each. False: the kernel does not tell all of them. */
static bool each_process(int fd, void (*process)(void *context, pid_t pid), void *context) {
    char *number = NULL;
    size_t room = 0;
    int file = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    FILE *list = file >= 0 ? fdopen(file, "r") : NULL;
    if (!list) {
        bool removed = file < 0 && (errno == ENOENT || errno == ENODEV);
        if (file >= 0)
            (void)close(file);
        return removed;
    }
    while (getline(&number, &room, list) > 0)
        process(context, (pid_t)strtol(number, NULL, 10));
    bool told = feof(list) || errno == ENODEV;
    free(number);
    (void)fclose(list);
    return told;
}

bool cgroup_has(int fd, pid_t pid) {
    struct process_search search = {pid, false};
    return each_process(fd, process_search, &search) && search.found;
}

struct telling {
    int fd; /* of the cgroup that is being read */
    int number;
    bool missed;
};

/* Whether the number is still that of a process in it is made sure of once it has been opened. 0 is one that is outside of our
 * namespace of numbers. */
static void tell(void *context, pid_t pid) {
    struct telling *telling = context;
    int process = pid > 0 ? process_open(pid) : PROCESS_NONE;
    if (process != PROCESS_NONE && cgroup_has(telling->fd, pid))
        telling->missed = process_signal(process, pid, telling->number) == PROCESS_REFUSED || telling->missed;
    telling->missed = telling->missed || pid <= 0;
    process_close(process);
}

/* Calls visit for each directory in this one; it gets a descriptor, which is closed after it. */
static void each_below(int fd, void (*visit)(void *context, int below, const char *name), void *context) {
    struct dirent *entry;
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    if (!list && copy >= 0)
        (void)close(copy);
    while (list && (entry = readdir(list)) != NULL) {
        int below = entry->d_name[0] == '.' || entry->d_type != DT_DIR
                        ? -1
                        : openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0)
            continue;
        visit(context, below, entry->d_name);
        (void)close(below);
    }
    if (list)
        (void)closedir(list);
}

struct walk {
    int number;
    unsigned depth;
    bool missed;
};

static void signal_below(void *context, int fd, const char *name) {
    struct walk *walk = context;
    struct telling telling = {fd, walk->number, false};
    (void)name;
    bool told = each_process(fd, tell, &telling);
    walk->missed = walk->missed || !told || telling.missed || walk->depth == DEPTH_MAX;
    if (walk->depth == DEPTH_MAX)
        return;
    walk->depth++;
    each_below(fd, signal_below, walk);
    walk->depth--;
}

bool cgroup_signal(int fd, int number) {
    struct walk walk = {.number = number};
    signal_below(&walk, fd, "");
    return !walk.missed;
}

/* Kernels before 5.14 have no cgroup.kill. What is frozen starts nobody, so that all are told who are there. */
bool cgroup_kill(int fd) {
    if (write_file(fd, "cgroup.kill", "1") || cgroup_life(fd) == CGROUP_EMPTY)
        return true;
    if (errno != ENOENT)
        return false;
    (void)cgroup_hold(fd, FREEZE_MS);
    return cgroup_signal(fd, SIGKILL);
}

struct removal {
    int parent;
    unsigned depth;
};

static void remove_one(void *context, int fd, const char *name) {
    const struct removal *removal = context;
    struct removal below = {fd, removal->depth + 1};
    if (removal->depth < DEPTH_MAX)
        each_below(fd, remove_one, &below);
    (void)unlinkat(removal->parent, name, AT_REMOVEDIR);
}

void cgroup_remove_below(int fd) {
    struct removal removal = {fd, 0};
    each_below(fd, remove_one, &removal);
}
