#include "state.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *state_default(char *buffer, size_t size) {
    (void)buffer;
    (void)size;
    return COPP_STATE_DIRECTORY;
}

int state_make_public(const char *path) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)umask(022);
    if (slash == NULL || slash == path)
        return 0;
    if (snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path) >= (int)sizeof directory) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *at = strchr(directory + 1, '/'); at != NULL; at = strchr(at + 1, '/')) { /* below /usr/local none is there yet */
        *at = '\0';
        if (mkdir(directory, 0755) != 0 && errno != EEXIST)
            return -1;
        *at = '/';
    }
    return mkdir(directory, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

static uint64_t nanoseconds(struct timespec t) {
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nothing is there: neither a file, nor a link that leads nowhere, which somebody meant to lead to one, be it the file's own or
 * its directory's. Keeps errno. */
static bool is_absent(const char *name) {
    char copy[PATH_MAX];
    struct stat s;
    bool link = lstat(name, &s) == 0;
    int length = snprintf(copy, sizeof copy, "%s", name);
    if (!link && length > 0 && (size_t)length < sizeof copy) {
        const char *directory = dirname(copy);
        link = stat(directory, &s) != 0 && lstat(directory, &s) == 0;
    }
    errno = ENOENT;
    return !link;
}

int file_identify(const char *name, struct file_identity *identity) {
    struct stat s;
    *identity = (struct file_identity){.there = false};
    if (stat(name, &s) != 0)
        return errno == ENOENT && is_absent(name) ? 0 : -1;
    *identity = (struct file_identity){
        .there = true,
        .regular = S_ISREG(s.st_mode),
        .parts = {(uint64_t)s.st_dev, (uint64_t)s.st_ino, (uint64_t)s.st_size, nanoseconds(s.st_mtim), nanoseconds(s.st_ctim)}};
    return 0;
}
