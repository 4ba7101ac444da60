#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_SIZE 128u

/* No process has the number, whatever /proc shows: a zombie has it. */
static bool is_gone(pid_t pid) {
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* Whether its numbers are those that we know: it may be mounted for another namespace. */
static bool proc_is_ours(void) {
    char self[32];
    ssize_t size = readlink("/proc/self", self, sizeof self - 1);
    if (size <= 0)
        return false;
    self[size] = '\0';
    return strtol(self, NULL, 10) == getpid();
}

static void thread_file(char name[static NAME_SIZE], pid_t pid, const char *thread, const char *file) {
    (void)snprintf(name, NAME_SIZE, "/proc/%d/task/%.32s%s%s", (int)pid, thread, file[0] != '\0' ? "/" : "", file);
}

/* A thread that has ended has no directory any more. */
static bool thread_is_gone(pid_t pid, const char *thread) {
    char name[NAME_SIZE];
    thread_file(name, pid, thread, "");
    return access(name, F_OK) != 0 && (errno == ENOENT || errno == ESRCH);
}

/* Calls look for each thread until it answers false. False: /proc does not tell all of them. */
static bool each_thread(pid_t pid, bool (*look)(void *context, pid_t pid, const char *thread), void *context) {
    char name[NAME_SIZE];
    struct dirent *entry;
    bool told = true;
    (void)snprintf(name, sizeof name, "/proc/%d/task", (int)pid);
    DIR *threads = proc_is_ours() ? opendir(name) : NULL;
    if (!threads)
        return is_gone(pid);
    errno = 0;
    while (told && (entry = readdir(threads)) != NULL) {
        if (entry->d_name[0] != '.')
            told = look(context, pid, entry->d_name);
        errno = 0;
    }
    told = told && (errno == 0 || errno == ENOENT || errno == ESRCH);
    (void)closedir(threads);
    return told;
}

struct listing {
    void (*child)(void *context, pid_t pid);
    void *context;
};

static bool read_children(void *context, pid_t pid, const char *thread) {
    const struct listing *listing = context;
    char name[NAME_SIZE];
    char *number = NULL;
    size_t room = 0;
    thread_file(name, pid, thread, "children");
    FILE *list = fopen(name, "re");
    if (!list)
        return thread_is_gone(pid, thread);
    while (getdelim(&number, &room, ' ', list) > 1)
        listing->child(listing->context, (pid_t)strtol(number, NULL, 10));
    bool told = feof(list) || thread_is_gone(pid, thread);
    free(number);
    (void)fclose(list);
    return told;
}

bool process_children(pid_t pid, void (*child)(void *context, pid_t pid), void *context) {
    struct listing listing = {child, context};
    return each_thread(pid, read_children, &listing);
}

struct states {
    bool any_running;
    bool any_stopped;
};

static bool read_state(void *context, pid_t pid, const char *thread) {
    struct states *states = context;
    char name[NAME_SIZE];
    char text[1024];
    thread_file(name, pid, thread, "stat");
    FILE *file = fopen(name, "re");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        (void)fclose(file);
    text[size] = '\0';
    const char *behind = strrchr(text, ')'); /* the program's name, which may hold brackets itself */
    if (!behind || !behind[1] || !behind[2])
        return thread_is_gone(pid, thread);
    states->any_stopped = states->any_stopped || strchr("Tt", behind[2]) != NULL;
    states->any_running = states->any_running || strchr("TtZXx", behind[2]) == NULL;
    return true;
}

enum process_state process_state(pid_t pid) {
    struct states states = {false, false};
    if (!each_thread(pid, read_state, &states))
        return PROCESS_UNKNOWN;
    if (states.any_running)
        return PROCESS_RUNNING;
    return states.any_stopped ? PROCESS_STOPPED : PROCESS_ENDED;
}

bool process_cgroup(pid_t pid, char path[static PROCESS_CGROUP_SIZE]) {
    char name[NAME_SIZE];
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    (void)snprintf(name, sizeof name, "/proc/%d/cgroup", (int)pid);
    FILE *list = proc_is_ours() ? fopen(name, "re") : NULL;
    while (list && !found && getline(&line, &room, list) > 0) {
        size_t size = strcspn(line, "\n");
        found = strncmp(line, "0::/", 4) == 0 && size - 3 < PROCESS_CGROUP_SIZE;
        if (found)
            (void)snprintf(path, PROCESS_CGROUP_SIZE, "%.*s", (int)(size - 3), line + 3);
    }
    free(line);
    if (list)
        (void)fclose(list);
    return found;
}

/* No libc before 2022 has these calls. EPERM is what a sandbox answers for a call that it does not know. */
int process_open(pid_t pid) {
    long process = syscall(SYS_pidfd_open, pid, 0);
    if (process >= 0)
        return (int)process;
    return errno == ESRCH ? PROCESS_NONE : PROCESS_BY_NUMBER;
}

void process_close(int process) {
    if (process >= 0)
        (void)close(process);
}

enum process_signalled process_signal(int process, pid_t pid, int number) {
    long done = process >= 0 ? syscall(SYS_pidfd_send_signal, process, number, NULL, 0) : kill(pid, number);
    if (done == 0)
        return PROCESS_SIGNALLED;
    return errno == ESRCH ? PROCESS_GONE : PROCESS_REFUSED;
}
