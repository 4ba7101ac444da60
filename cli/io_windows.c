#include "io.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <windows.h>
/* after windows.h, which it needs */
#include <bcrypt.h>

#include "report.h"

void blob_free(struct blob *blob) {
    copp_release(blob->bytes, blob->size);
    *blob = (struct blob){0};
}

void io_init(void) {
    (void)_setmode(STDIN_FILENO, _O_BINARY); /* what is read and written are bytes */
    (void)_setmode(STDOUT_FILENO, _O_BINARY);
}

bool random_bytes(void *bytes, size_t size) {
    return BCryptGenRandom(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

/* Reads up to capacity bytes; -1 with errno set. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t capacity) {
    size_t size = 0;
    while (size < capacity) {
        int got = read(fd, bytes + size, (unsigned)(capacity - size));
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

int read_file(const struct invocation *in, const char *name, size_t limit, struct blob *blob) {
    bool standard = strcmp(name, "-") == 0;
    *blob = (struct blob){0};
    int fd = standard ? STDIN_FILENO : open(name, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
    if (fd < 0)
        return fail(in, STATUS_UNKNOWN, name, "cannot be opened: %s", strerror(errno));
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
    copp_release(bytes, bytes != NULL ? limit : 0);
    if (size < 0)
        return fail(in, STATUS_UNKNOWN, name, "cannot be read: %s", strerror(error));
    return fail(in, STATUS_UNKNOWN, name, "has more than the %zu bytes that are allowed", limit);
}

/* A new file with these bytes on the disk. 0 or -1 with errno set. */
static int write_new(const char *path, const void *bytes, size_t size) {
    int fd = open(path, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
    if (fd < 0)
        return -1;
    bool good = size <= INT_MAX && write(fd, bytes, (unsigned)size) == (int)size && _commit(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (!good)
        unlink(path);
    errno = error;
    return good ? 0 : -1;
}

int write_file(const struct invocation *in, const char *name, const void *bytes, size_t size) {
    if (strcmp(name, "-") == 0)
        return fwrite(bytes, 1, size, stdout) == size ? STATUS_YES : STATUS_UNKNOWN; /* main complains */
    char beside[MAX_PATH];
    if (snprintf(beside, sizeof beside, "%s.%lu.new", name, (unsigned long)GetCurrentProcessId()) >= (int)sizeof beside)
        return fail(in, STATUS_UNKNOWN, name, "cannot be written: %s", strerror(ENAMETOOLONG));
    if (write_new(beside, bytes, size) != 0)
        return fail(in, STATUS_UNKNOWN, name, "cannot be written: %s", strerror(errno));
    if (MoveFileExA(beside, name, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return STATUS_YES;
    unlink(beside);
    return fail(in, STATUS_UNKNOWN, name, "cannot be replaced: is it open in another program, or a directory?");
}

void remove_new_files(const char *directory, const struct new_file *files, size_t count) {
    char path[MAX_PATH];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i].name);
        unlink(path);
    }
}

int write_new_files(const struct invocation *in, const char *directory, const struct new_file *files, size_t count) {
    if (strlen(directory) > MAX_PATH - 64)
        return fail(in, STATUS_UNKNOWN, directory, "cannot be made: %s", strerror(ENAMETOOLONG));
    if (_mkdir(directory) != 0 && errno != EEXIST)
        return fail(in, STATUS_UNKNOWN, directory, "cannot be made: %s", strerror(errno));
    for (size_t i = 0; i < count; i++) {
        char path[MAX_PATH];
        snprintf(path, sizeof path, "%s/%s", directory, files[i].name);
        if (write_new(path, files[i].bytes, files[i].size) == 0)
            continue;
        int error = errno;
        remove_new_files(directory, files, i);
        if (error == EEXIST)
            return fail(in, STATUS_UNKNOWN, path, "exists already and is not overwritten; name another directory");
        return fail(in, STATUS_UNKNOWN, path, "cannot be written: %s", strerror(error));
    }
    return STATUS_YES;
}
