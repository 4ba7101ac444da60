#include "owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/number.h"

#define CLIENT_NAME_WIDTH 20 /* of a command in the kernel's list */

static struct card_owner *owner_of(struct card_owners *owners, pid_t pid, const char *name) {
    for (size_t i = 0; i < owners->count; i++) {
        if (owners->list[i].pid == pid)
            return &owners->list[i];
    }
    if (owners->count == OWNERS_MAX)
        return NULL;
    struct card_owner *owner = &owners->list[owners->count++];
    *owner = (struct card_owner){.pid = pid};
    (void)snprintf(owner->name, sizeof owner->name, "%s", name);
    return owner;
}

static bool take_column(const char **at, uint64_t *number) {
    *at += strspn(*at, " ");
    return number_take(at, INT_MAX, number);
}

/* A line such as "            sway   812   0   y    y  1000          0": the command ends where its column does, and may hold blanks. */
static void read_client(struct card_owners *owners, const char *line) {
    char name[CLIENT_NAME_WIDTH + 1];
    uint64_t pid;
    uint64_t device;
    if (strlen(line) <= CLIENT_NAME_WIDTH)
        return;
    const char *at = line + CLIENT_NAME_WIDTH;
    if (!take_column(&at, &pid) || pid == 0 || !take_column(&at, &device))
        return;
    (void)snprintf(name, sizeof name, "%.*s", CLIENT_NAME_WIDTH, line);
    struct card_owner *owner = owner_of(owners, (pid_t)pid, name + strspn(name, " "));
    if (owner)
        owner->master = owner->master || at[strspn(at, " ")] == 'y';
}

static void read_clients(const char *debugfs, unsigned minor, struct card_owners *owners) {
    char text[PATH_MAX];
    char line[256];
    (void)snprintf(text, sizeof text, "%s/dri/%u/clients", debugfs, minor);
    FILE *file = fopen(text, "re");
    if (!file)
        return;
    owners->clients_known = true;
    while (fgets(line, sizeof line, file))
        read_client(owners, line);
    (void)fclose(file);
}

static void read_name(int process, char name[OWNER_NAME_SIZE]) {
    int file = openat(process, "comm", O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, name, OWNER_NAME_SIZE - 1) : -1;
    name[size > 0 ? size : 0] = 0;
    name[strcspn(name, "\n")] = 0;
    if (file >= 0)
        (void)close(file);
}

/* Whether the process has the node open; false also where its descriptors are not ours to see. */
static bool has_open(int process, const char *node, bool *seen) {
    int directory = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = directory >= 0 ? fdopendir(directory) : NULL;
    bool found = false;
    *seen = list != NULL;
    for (const struct dirent *entry; list && !found && (entry = readdir(list)) != NULL;) {
        char target[PATH_MAX];
        ssize_t size = readlinkat(dirfd(list), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = 0;
        found = strcmp(target, node) == 0;
    }
    if (list)
        (void)closedir(list);
    else if (directory >= 0)
        (void)close(directory);
    return found;
}

static void look_at_process(struct card_owners *owners, int proc, const char *entry, const char *node) {
    uint32_t pid;
    char name[OWNER_NAME_SIZE];
    bool seen = true;
    int process = number_read_word(entry, 1, INT_MAX, &pid) ? openat(proc, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (process < 0)
        return; /* no process, or one that has ended */
    if ((pid_t)pid != getpid() && has_open(process, node, &seen)) {
        read_name(process, name);
        (void)owner_of(owners, (pid_t)pid, name);
    }
    owners->all_seen = owners->all_seen && seen;
    (void)close(process);
}

static void read_processes(const char *proc, const char *node, struct card_owners *owners) {
    DIR *list = opendir(proc);
    owners->all_seen = list != NULL;
    for (const struct dirent *entry; list && (entry = readdir(list)) != NULL;)
        look_at_process(owners, dirfd(list), entry->d_name, node);
    if (list)
        (void)closedir(list);
}

static bool opens_for_others(const struct card_owner *owner) {
    return strcmp(owner->name, "systemd-logind") == 0 || strcmp(owner->name, "seatd") == 0;
}

/* It has every card open, and is master for the length of a write at most. */
static bool is_coppd(const struct card_owner *owner) {
    return strcmp(owner->name, "coppd") == 0;
}

/* The master that is listed as who opened the card for it is the one of the others, if there is just one. */
static void name_the_real_one(struct card_owners *owners) {
    struct card_owner *opener = NULL;
    struct card_owner *other = NULL;
    size_t others = 0;
    for (size_t i = 0; i < owners->count; i++) {
        struct card_owner *owner = &owners->list[i];
        if (opens_for_others(owner) && owner->master)
            opener = owner;
        if (!opens_for_others(owner) && !is_coppd(owner)) {
            other = owner;
            others++;
        }
    }
    if (!opener || others != 1)
        return;
    other->master = true;
    *opener = owners->list[--owners->count];
}

void card_owners_read(const char *debugfs, const char *proc, unsigned minor, const char *node, struct card_owners *owners) {
    *owners = (struct card_owners){.count = 0};
    read_clients(debugfs, minor, owners);
    read_processes(proc, node, owners);
    name_the_real_one(owners);
}

const struct card_owner *card_owners_master(const struct card_owners *owners) {
    for (size_t i = 0; i < owners->count; i++) {
        if (owners->list[i].master)
            return &owners->list[i];
    }
    return NULL;
}
