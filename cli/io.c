#include "io.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/transfer.h"
#include "io_system.h"
#include "recognise.h"
#include "report.h"

#define PEEK_SIZE 65536u

void blob_free(struct blob *blob) {
    copp_release(blob->bytes, blob->size);
    *blob = (struct blob){0};
}

int claim_input(const struct invocation *in, const char *name) {
    static const char *const names[] = {"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"};
    static bool claimed;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        if (claimed)
            return fail(in, STATUS_UNKNOWN, name, "standard input can be read only once: give a file");
        claimed = true;
    }
    return STATUS_YES;
}

bool peek_file(const char *name, struct blob *blob) {
    *blob = (struct blob){.bytes = malloc(PEEK_SIZE + 1)};
    int fd = blob->bytes != NULL ? system_open(name) : -1;
    ssize_t size = fd >= 0 ? read_all(fd, blob->bytes, PEEK_SIZE) : -1;
    if (fd >= 0)
        close(fd);
    if (size >= 0)
        blob->size = (size_t)size;
    else
        blob_free(blob);
    return size >= 0;
}

/* More than a command takes: that it is something else may be the reason. head: its first bytes, limit of them. */
static int fail_large(const struct invocation *in, const char *name, const uint8_t *head, size_t limit) {
    struct blob more = {0};
    const char *kind = NULL, *remedy = "";
    if (strcmp(name, "-") != 0 && peek_file(name, &more))
        (void)recognise_other(more.bytes, more.size, KIND(FILE_TEXT), &kind, &remedy);
    else
        (void)recognise_other(head, limit, KIND(FILE_TEXT), &kind, &remedy);
    blob_free(&more);
    return fail_with(in, STATUS_UNKNOWN, name, remedy, "has more than the %zu bytes allowed%s%s", limit,
                     kind != NULL ? "; it is " : "", kind != NULL ? kind : "");
}

int read_file(const struct invocation *in, const char *name, size_t limit, struct blob *blob) {
    bool standard = strcmp(name, "-") == 0;
    *blob = (struct blob){0};
    if (claim_input(in, name) != STATUS_YES)
        return STATUS_UNKNOWN;
    int fd = standard ? STDIN_FILENO : system_open(name);
    if (fd < 0)
        return fail_to_read(in, name, "cannot be opened", errno);
    /* one byte more than allowed, to see that there is more */
    uint8_t *bytes = malloc(limit + 2);
    ssize_t size = bytes != NULL ? read_all(fd, bytes, limit + 1) : -1;
    int error = errno;
    if (!standard)
        close(fd);
    if (size >= 0 && (size_t)size <= limit) {
        bytes[size] = 0;
        *blob = (struct blob){.bytes = bytes, .size = (size_t)size};
        return STATUS_YES;
    }
    int status = size < 0 ? fail_to_read(in, name, "cannot be read", error) : fail_large(in, name, bytes, limit);
    copp_release(bytes, bytes != NULL ? limit : 0);
    return status;
}

int write_file(const struct invocation *in, const char *name, const void *bytes, size_t size) {
    if (strcmp(name, "-") == 0)
        return fwrite(bytes, 1, size, stdout) == size ? STATUS_YES : STATUS_UNKNOWN; /* main complains */
    if (system_replace(name, bytes, size) != 0)
        return fail_to_write(in, name, "cannot be written", errno);
    return STATUS_YES;
}

static int write_new_file(const struct invocation *in, const char *directory, const struct new_file *file) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, file->name);
    if (system_make_file(path, file->bytes, file->size, file->secret) == 0)
        return STATUS_YES;
    if (errno == EEXIST)
        return fail(in, STATUS_UNKNOWN, path, "exists already and is not overwritten; name another directory");
    return fail_to_write(in, path, "cannot be written", errno);
}

void remove_new_files(const char *directory, const struct new_file *files, size_t count) {
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i].name);
        (void)system_remove(path);
    }
}

int write_new_files(const struct invocation *in, const char *directory, const struct new_file *files, size_t count) {
    if (strlen(directory) > PATH_MAX - 64)
        return fail(in, STATUS_UNKNOWN, directory, "cannot be created: %s", strerror(ENAMETOOLONG));
    if (system_make_directory(directory) != 0 && errno != EEXIST)
        return fail_to_write(in, directory, "cannot be created", errno);
    for (size_t i = 0; i < count; i++) {
        int status = write_new_file(in, directory, &files[i]);
        if (status != STATUS_YES) {
            remove_new_files(directory, files, i);
            return status;
        }
    }
    return STATUS_YES;
}
