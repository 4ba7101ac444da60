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
#include <unistd.h>

#define ROUNDS_MAX 64u /* who starts others faster than they are signalled is not caught up with */

struct family {
    pid_t *members;
    size_t count;
    size_t room;
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
        if (!more)
            return;
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

/* Free its members. */
static struct family find(void) {
    struct family family = {.members = NULL};
    add_children_of(&family, getpid());
    for (size_t i = 0; i < family.count; i++)
        add_children_of(&family, family.members[i]);
    return family;
}

void descendants_adopt(void) {
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The lists may miss somebody while processes come and go: they are read until nobody is new. */
bool descendants_signal(int number) {
    struct family told = {.members = NULL};
    bool permitted = true;
    bool news = true;
    for (unsigned round = 0; round < ROUNDS_MAX && news; round++) {
        struct family family = find();
        news = false;
        for (size_t i = 0; i < family.count; i++) {
            if (has(&told, family.members[i]))
                continue;
            news = true;
            add(&told, family.members[i]);
            permitted = (kill(family.members[i], number) == 0 || errno != EPERM) && permitted;
        }
        free(family.members);
    }
    free(told.members);
    return permitted;
}

static bool runs(pid_t pid) {
    char name[64];
    char text[1024];
    (void)snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(name, "re");
    if (!file)
        return false;
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = 0;
    const char *behind = strrchr(text, ')'); /* the program's name, which may hold brackets itself */
    return behind && behind[1] && !strchr("ZX", behind[2]);
}

bool descendants_left(void) {
    struct family family = find();
    bool left = false;
    for (size_t i = 0; i < family.count && !left; i++)
        left = runs(family.members[i]);
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
