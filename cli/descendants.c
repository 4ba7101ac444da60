#include "descendants.h"

#ifdef __linux__

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "wait.h"

/* As long as they are told, milliseconds: who starts others faster than that is not caught up with. */
#define TELL_MS 100u
#define STOP_MS 1000u

struct family {
    pid_t *members;
    size_t count;
    size_t room;
    bool incomplete; /* memory has run out */
};

static bool has(const struct family *family, pid_t pid) {
    for (size_t i = 0; i < family->count; i++) {
        if (family->members[i] == pid)
            return true;
    }
    return false;
}

static void add(struct family *family, pid_t pid) {
    if (has(family, pid))
        return;
    if (family->count == family->room) {
        size_t room = family->room ? 2 * family->room : 64;
        pid_t *more = realloc(family->members, room * sizeof *more);
        if (!more) {
            family->incomplete = true;
            return;
        }
        family->members = more;
        family->room = room;
    }
    family->members[family->count++] = pid;
}

/* A thread's children. */
static void add_children(struct family *family, pid_t pid, const char *thread) {
    char name[128];
    char *number = NULL;
    size_t room = 0;
    (void)snprintf(name, sizeof name, "/proc/%d/task/%.32s/children", (int)pid, thread);
    FILE *list = fopen(name, "re");
    if (!list)
        return;
    while (getdelim(&number, &room, ' ', list) > 1)
        add(family, (pid_t)strtol(number, NULL, 10));
    free(number);
    (void)fclose(list);
}

static void add_children_of(struct family *family, pid_t pid) {
    char name[64];
    struct dirent *entry;
    (void)snprintf(name, sizeof name, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(name);
    if (!threads)
        return;
    while ((entry = readdir(threads)) != NULL) {
        if (entry->d_name[0] != '.')
            add_children(family, pid, entry->d_name);
    }
    (void)closedir(threads);
}

/* Free its members. Whoever loses its parent meanwhile becomes our child, behind those that we have: so ours are read last,
 * until there is nobody new. */
static struct family find(void) {
    struct family family = {.members = NULL};
    size_t seen = 0;
    add_children_of(&family, getpid());
    while (seen < family.count) {
        for (; seen < family.count; seen++)
            add_children_of(&family, family.members[seen]);
        add_children_of(&family, getpid());
    }
    return family;
}

void descendants_adopt(void) {
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* A process's state as proc(5) has it; X for one that is no more. */
static char state(pid_t pid) {
    char name[64];
    char text[1024];
    (void)snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(name, "re");
    if (!file)
        return 'X';
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = 0;
    const char *behind = strrchr(text, ')'); /* the program's name, which may hold brackets itself */
    return behind && behind[1] && behind[2] ? behind[2] : 'X';
}

/* Whether anybody's state is none of these. */
static bool any_but(const struct family *family, const char *states) {
    for (size_t i = 0; i < family->count; i++) {
        if (!strchr(states, state(family->members[i])))
            return true;
    }
    return family->incomplete;
}

/* Tells those who have not been told; whether there were any. *reached becomes false if one was not reached, *still is whether
 * nobody is expected to come. */
static bool tell(struct family *told, int number, bool *reached, bool *still) {
    struct family family = find();
    bool news = false;
    for (size_t i = 0; i < family.count; i++) {
        if (has(told, family.members[i]))
            continue;
        news = true;
        add(told, family.members[i]);
        *reached = (kill(family.members[i], number) == 0 || errno != EPERM) && *reached;
    }
    *reached = *reached && !family.incomplete && !told->incomplete;
    *still = !news && (number != SIGSTOP || !any_but(&family, "TtZX"));
    free(family.members);
    return news;
}

/* Who is told to stop may start one more before it does: nobody is new once all have been seen to be still. */
bool descendants_signal(int number) {
    uint64_t start = clock_ms();
    struct family told = {.members = NULL};
    bool reached = true;
    bool still = false;
    bool before;
    do {
        before = still;
        if (!tell(&told, number, &reached, &still) && !still)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    } while (!(before && still) && clock_ms() - start < (number == SIGSTOP && reached ? STOP_MS : TELL_MS));
    free(told.members);
    return reached && before && still;
}

bool descendants_left(void) {
    struct family family = find();
    bool left = any_but(&family, "ZX");
    free(family.members);
    return left;
}

#else

void descendants_adopt(void) {
}

bool descendants_signal(int number) {
    (void)number;
    return true;
}

bool descendants_left(void) {
    return false;
}

#endif
