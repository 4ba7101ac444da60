#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io_system.h"

#define DIRECTORY_MAX 1024u
#ifdef _WIN32
#define SEPARATOR "\\"
#else
#define SEPARATOR "/"
#endif

const char *variable(const char *name) {
    const char *value = system_variable(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

char *state_path(const char *name) {
    char buffer[DIRECTORY_MAX];
    const char *directory = variable("COPP_STATE_DIR");
    if (directory == NULL)
        directory = state_default(buffer, sizeof buffer);
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        (void)snprintf(path, size, "%s" SEPARATOR "%s", directory, name);
    return path;
}

bool file_same(const struct file_identity *a, const struct file_identity *b) {
    if (a->there != b->there || a->regular != b->regular)
        return false;
    for (size_t i = 0; i < sizeof a->parts / sizeof a->parts[0]; i++) {
        if (a->parts[i] != b->parts[i])
            return false;
    }
    return true;
}
