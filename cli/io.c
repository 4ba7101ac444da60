#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

void blob_free(struct blob *blob) {
    copp_release(blob->bytes, blob->size);
    *blob = (struct blob){0};
}

void io_init(void) {
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            continue;
        /* the wrong way round on purpose: reading and writing fail as they would on a closed descriptor */
        if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_UNKNOWN);
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error like any other */
}

bool random_bytes(void *bytes, size_t size) {
    return getentropy(bytes, size) == 0;
}

/* Reads up to capacity bytes; -1 with errno set. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t capacity) {
    size_t size = 0;
    while (size < capacity) {
        ssize_t got = read(fd, bytes + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

static int write_all(int fd, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        bytes += put;
        size -= (size_t)put;
    }
    return 0;
}

int read_file(const struct invocation *in, const char *name, size_t limit, struct blob *blob) {
    bool standard = strcmp(name, "-") == 0;
    *blob = (struct blob){0};
    int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
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

/* Makes a file beside path, writes it and gives it to finish, which links or renames it. 0 or -1 with errno set. */
static int write_beside(const char *path, const void *bytes, size_t size, mode_t mode,
                        int (*finish)(const char *, const char *)) {
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(beside, O_CLOEXEC); /* of mode 0600 */
    if (fd < 0)
        return -1;
    int failed = write_all(fd, bytes, size) != 0 || (mode != 0600 && fchmod(fd, mode) != 0) || fsync(fd) != 0;
    int error = errno;
    if (close(fd) != 0 && !failed) {
        failed = 1;
        error = errno;
    }
    if (!failed && finish(beside, path) != 0) {
        failed = 1;
        error = errno;
    }
    unlink(beside);
    errno = error;
    return failed ? -1 : 0;
}

static int rename_over(const char *from, const char *to) {
    return rename(from, to);
}

/* Unlike rename, link fails if the name is taken. */
static int link_new(const char *from, const char *to) {
    return link(from, to);
}

static int write_in_place(const char *name, const void *bytes, size_t size) {
    int fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -1;
    int failed = write_all(fd, bytes, size);
    int error = errno;
    if (close(fd) != 0 && failed == 0)
        return -1;
    errno = error;
    return failed;
}

static mode_t plain_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int replace(const char *name, const void *bytes, size_t size) {
    struct stat old;
    if (stat(name, &old) != 0) {
        if (errno != ENOENT)
            return -1;
        return write_beside(name, bytes, size, plain_mode(), rename_over);
    }
    if (S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (!S_ISREG(old.st_mode))
        return write_in_place(name, bytes, size);
    char *path = realpath(name, NULL); /* a link goes on pointing where it points */
    if (path == NULL)
        return -1;
    int failed = write_beside(path, bytes, size, old.st_mode & 07777, rename_over);
    int error = errno;
    free(path);
    errno = error;
    return failed;
}

int write_file(const struct invocation *in, const char *name, const void *bytes, size_t size) {
    if (strcmp(name, "-") == 0)
        return fwrite(bytes, 1, size, stdout) == size ? STATUS_YES : STATUS_UNKNOWN; /* main complains */
    if (replace(name, bytes, size) != 0)
        return fail(in, STATUS_UNKNOWN, name, "cannot be written: %s", strerror(errno));
    return STATUS_YES;
}

static int write_new_file(const struct invocation *in, const char *directory, const struct new_file *file) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, file->name);
    if (write_beside(path, file->bytes, file->size, file->secret ? 0600 : plain_mode(), link_new) == 0)
        return STATUS_YES;
    if (errno == EEXIST)
        return fail(in, STATUS_UNKNOWN, path, "exists already and is not overwritten; name another directory");
    return fail(in, STATUS_UNKNOWN, path, "cannot be written: %s", strerror(errno));
}

void remove_new_files(const char *directory, const struct new_file *files, size_t count) {
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i].name);
        unlink(path);
    }
}

int write_new_files(const struct invocation *in, const char *directory, const struct new_file *files, size_t count) {
    if (strlen(directory) > PATH_MAX - 64)
        return fail(in, STATUS_UNKNOWN, directory, "cannot be made: %s", strerror(ENAMETOOLONG));
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fail(in, STATUS_UNKNOWN, directory, "cannot be made: %s", strerror(errno));
    for (size_t i = 0; i < count; i++) {
        int status = write_new_file(in, directory, &files[i]);
        if (status != STATUS_YES) {
            remove_new_files(directory, files, i);
            return status;
        }
    }
    return STATUS_YES;
}
