#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/transfer.h"
#include "copp/base.h"

#define PATH_SIZE 512u /* a configured path and what is put behind it */

bool file_is_absent(const char *name) {
    return access(name, F_OK) != 0 && errno == ENOENT;
}

bool file_is_ready(const char *name, struct error_text *error) {
    struct stat status;
    if (stat(name, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
        return true;
    return error_set(error, "%s: is not a regular file; coppd waits for a pipe only when it starts", name);
}

/* Keeps errno: the caller may ask what the reason was. */
static bool not_read(struct error_text *error, const char *name, const char *what, int cause) {
    (void)error_set(error, "%s: cannot be %s: %s", name, what, strerror(cause));
    errno = cause;
    return false;
}

bool file_read(const char *name, size_t limit, char **text, size_t *size, struct error_text *error) {
    *text = NULL;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return not_read(error, name, "opened", errno);
    char *bytes = malloc(limit + 2);
    ssize_t got = bytes ? read_all(fd, bytes, limit + 1) : -1;
    int cause = bytes ? errno : ENOMEM;
    (void)close(fd);
    if (got >= 0 && (size_t)got <= limit) {
        bytes[got] = 0;
        *text = bytes;
        *size = (size_t)got;
        return true;
    }
    copp_release(bytes, bytes ? limit + 2 : 0);
    if (got < 0)
        return not_read(error, name, "read", cause);
    (void)error_set(error, "%s: has more than %zu bytes", name, limit);
    errno = EFBIG;
    return false;
}

/* To the disk, or not there. */
static bool write_new(const char *name, const char *bytes, size_t size, mode_t mode, bool lasting) {
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return false;
    bool good = write_all(fd, bytes, size) && fchmod(fd, mode) == 0 && (!lasting || fsync(fd) == 0);
    int cause = errno;
    if (close(fd) != 0 && good) {
        good = false;
        cause = errno;
    }
    if (good)
        return true;
    (void)unlink(name);
    errno = cause;
    return false;
}

bool directory_holds(const char *path, struct error_text *error) {
    char copy[PATH_SIZE];
    struct stat status;
    (void)snprintf(copy, sizeof copy, "%s", path);
    const char *directory = dirname(copy);
    if (stat(directory, &status) != 0)
        return error_set(error, "%s: the directory %s cannot be used: %s; create it (mkdir -p), or name another", path, directory,
                         strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return error_set(error, "%s: %s is not a directory: name another", path, directory);
    return access(directory, W_OK | X_OK) == 0 ||
           error_set(error, "%s: cannot create files in %s: %s; let the user that coppd runs as write there, or name another",
                     path, directory, strerror(errno));
}

bool file_replaceable(const char *name, struct error_text *error) {
    struct stat status;
    if (lstat(name, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "%s: is not a regular file and is not replaced: name another, or remove it", name);
    return directory_holds(name, error);
}

/* A path cut off would be another file's: it is left empty, which none is. */
static void path_of(char *path, const char *directory, const char *name) {
    int length = snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= PATH_SIZE)
        path[0] = 0;
}

static void remove_directory(const char *directory, const struct new_file *files, size_t count) {
    char path[PATH_SIZE];
    for (size_t i = 0; i < count; i++) {
        path_of(path, directory, files[i].name);
        (void)unlink(path);
    }
    (void)rmdir(directory);
}

static bool fill_directory(const char *directory, const struct new_file *files, size_t count, struct error_text *error) {
    char path[PATH_SIZE];
    for (size_t i = 0; i < count; i++) {
        path_of(path, directory, files[i].name);
        if (!write_new(path, files[i].text, files[i].size, files[i].secret ? 0600 : 0644, true))
            return error_set(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    return true;
}

/* What has been made in a directory is there after a power cut too. */
static bool sync_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = fsync(fd) == 0;
    int cause = errno;
    (void)close(fd);
    errno = cause;
    return good;
}

/* Of a name that is there. */
static bool settle_name(const char *name, struct error_text *error) {
    char copy[PATH_SIZE];
    (void)snprintf(copy, sizeof copy, "%s", name);
    return sync_directory(dirname(copy)) || errno == EINVAL || /* EINVAL: this file system needs no such thing */
           error_set(error, "%s: may not have reached the disk: %s", name, strerror(errno));
}

static bool replace(const char *name, const char *text, size_t size, bool lasting, struct error_text *error) {
    char fresh[PATH_SIZE];
    (void)snprintf(fresh, sizeof fresh, "%s.new", name);
    if (!file_replaceable(name, error) || !file_replaceable(fresh, error))
        return false;
    (void)unlink(fresh); /* left by one that was killed */
    if (write_new(fresh, text, size, 0644, lasting) && rename(fresh, name) == 0)
        return !lasting || settle_name(name, error);
    error_set(error, "%s: cannot be written: %s", name, strerror(errno));
    (void)unlink(fresh);
    return false;
}

bool file_replace(const char *name, const char *text, size_t size, struct error_text *error) {
    return replace(name, text, size, false, error);
}

bool file_store(const char *name, const char *text, size_t size, struct error_text *error) {
    return replace(name, text, size, true, error);
}

bool file_settle(const char *name, struct error_text *error) {
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS); /* EROFS: nothing there waits for the disk */
    if (!good)
        (void)error_set(error, "%s: may not have reached the disk: %s", name, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return good && settle_name(name, error);
}

/* Takes its name last: who finds it finds all of it. */
static bool put_in_place(const char *fresh, const char *directory, struct error_text *error) {
    char copy[PATH_SIZE];
    if (chmod(fresh, 0755) != 0 || !sync_directory(fresh) || rename(fresh, directory) != 0)
        return error_set(error, "%s: cannot be created: %s", directory, strerror(errno));
    (void)snprintf(copy, sizeof copy, "%s", directory);
    (void)sync_directory(dirname(copy)); /* without it, a power cut may take away all of it, never a part */
    return true;
}

bool directory_make(const char *directory, const struct new_file *files, size_t count, struct error_text *error) {
    char fresh[PATH_SIZE];
    (void)snprintf(fresh, sizeof fresh, "%s.new", directory);
    remove_directory(fresh, files, count); /* left by one that was killed */
    if (mkdir(fresh, 0700) != 0 || chmod(fresh, 0700) != 0) /* a umask may leave less */
        return error_set(error, "%s: cannot be created: %s", fresh, strerror(errno));
    bool good = fill_directory(fresh, files, count, error) && put_in_place(fresh, directory, error);
    if (!good)
        remove_directory(fresh, files, count);
    return good;
}
