#include "credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/key_uri.h"
#include "files.h"
#include "lock.h"
#include "log.h"

#define PASSPHRASE_MAX 1024u
#define MAKING_MS 60000u /* longer than three keys take on a slow machine */
#define PATH_SIZE 256u /* a configured path and a name */
#define KEY_NAME "leaf.pem"

static bool write_hierarchy(const struct credentials_kind *kind, const struct credentials_made *made, const char *directory,
                            struct error_text *error) {
    char *pem = NULL;
    size_t pem_size = 0;
    enum copp_result result = copp_private_key_to_pem(made->key, &pem, &pem_size);
    if (result)
        return error_set(error, "cannot create a test hierarchy: %s", copp_strerror(result));
    const struct new_file files[] = {{kind->chain_name, made->chain_bytes, made->chain_size, false},
                                     {KEY_NAME, pem, pem_size, true},
                                     {kind->anchor_name, made->anchor, made->anchor_size, false}};
    bool written = directory_make(directory, files, sizeof files / sizeof files[0], error);
    copp_release(pem, pem_size);
    return written;
}

static bool make_hierarchy(const struct credentials_kind *kind, const char *directory, bool keep, struct credentials *credentials,
                           struct error_text *error) {
    struct credentials_made made = {.key = NULL};
    enum copp_result result = kind->make(&made);
    bool good = result ? error_set(error, "cannot create a test hierarchy: %s", copp_strerror(result))
                       : !keep || write_hierarchy(kind, &made, directory, error);
    if (good) {
        credentials->key = made.key;
        credentials->chain_bytes = made.chain_bytes;
        credentials->chain_size = made.chain_size;
    } else {
        copp_private_key_free(&made.key);
        copp_release(made.chain_bytes, made.chain_size);
    }
    copp_release(made.anchor, made.anchor_size);
    if (good && keep)
        log_warning(
            "no [driver] is configured: coppd has created a test hierarchy in %s; players trust it only if they are given its %s",
            directory, kind->anchor_name);
    return good;
}

const char *credentials_key_path(const char *name) {
    static const char scheme[] = "file:";
    return strncmp(name, scheme, sizeof scheme - 1) == 0 ? name + sizeof scheme - 1 : name;
}

/* A group's file is how a service is given what root owns. */
static void warn_if_public(const char *name) {
    const char *path = credentials_key_path(name);
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & S_IROTH)
        log_warning("%s: everyone can read it: run chmod o-r, and replace the key if someone may have read it", path);
}

/* What errno says of a file: COPP_E_IO if it may be as good as any. */
static enum copp_result file_result(int cause) {
    switch (cause) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
        return COPP_E_NOT_FOUND;
    case EISDIR:
    case EFBIG:
        return COPP_E_INVALID;
    case ENOMEM:
        return COPP_E_MEMORY;
    default:
        return COPP_E_IO;
    }
}

static enum copp_result read_passphrase(const char *name, char **passphrase, size_t *size, struct error_text *error) {
    if (!file_read(name, PASSPHRASE_MAX, passphrase, size, error))
        return file_result(errno);
    warn_if_public(name);
    (*passphrase)[strcspn(*passphrase, "\r\n")] = 0;
    return COPP_OK;
}

static void keep_line(struct copp_log *log, enum copp_log_level level, const char *text) {
    struct credentials_log *kept = (struct credentials_log *)log; /* it is its first member */
    if (level == COPP_LOG_ERROR)
        (void)snprintf(kept->why, sizeof kept->why, ": %s", text);
}

struct copp_log *credentials_log_begin(struct credentials_log *log) {
    static const struct copp_log_ops ops = {sizeof ops, keep_line};
    *log = (struct credentials_log){.log = {&ops}};
    return &log->log;
}

static enum copp_result open_key(const char *uri, const char *passphrase_file, struct credentials *credentials,
                                 struct error_text *error) {
    char shown[KEY_URI_SHOWN];
    char *passphrase = NULL;
    size_t size = 0;
    enum copp_result result = passphrase_file[0] ? read_passphrase(passphrase_file, &passphrase, &size, error) : COPP_OK;
    if (result)
        return result;
    result = copp_private_key_open_logged(uri, passphrase, credentials_log_begin(&credentials->log), &credentials->key);
    int cause = errno;
    copp_release(passphrase, size);
    key_uri_without_pin(uri, shown, sizeof shown);
    if (!result)
        warn_if_public(uri);
    else if (result == COPP_E_NOT_FOUND)
        (void)error_set(error, "%s: holds no private key%s", shown, credentials->log.why);
    else if (result == COPP_E_IO)
        (void)error_set(error, "%s: the private key cannot be read: %s; let the user that coppd runs as read it", shown,
                        strerror(cause));
    else if (result == COPP_E_MEMORY)
        (void)error_set(error, "%s: %s", shown, copp_strerror(result));
    else
        (void)error_set(error, "%s: %s; give an RSA key of 2048 bits, and its passphrase if it has one%s", shown,
                        copp_strerror(result), credentials->log.why);
    return result;
}

enum copp_result credentials_open(const struct credentials_kind *kind, const char *chain, const char *key,
                                  const char *passphrase_file, struct credentials *credentials, struct error_text *error) {
    (void)snprintf(credentials->name, sizeof credentials->name, "%s", chain);
    if (!file_read(chain, kind->chain_max, &credentials->chain_bytes, &credentials->chain_size, error))
        return file_result(errno);
    enum copp_result result = open_key(key, passphrase_file, credentials, error);
    return result ? result : kind->belongs(credentials, error);
}

/* An older coppd made it as its umask said. */
static void warn_if_hidden(const char *directory, const char *anchor) {
    struct stat status;
    if (file_is_absent(anchor))
        log_warning("%s: does not exist, and players need it: remove %s, and coppd creates another test hierarchy", anchor,
                    directory);
    else if (stat(directory, &status) == 0 && (status.st_mode & (S_IROTH | S_IXOTH)) != (S_IROTH | S_IXOTH))
        log_warning("%s: players of other users cannot read it: chmod 755 %s", anchor, directory);
    else if (stat(anchor, &status) == 0 && !(status.st_mode & S_IROTH))
        log_warning("%s: players of other users cannot read it: chmod 644 %s", anchor, anchor);
}

/* Another one is made only where this one is of no use: one that we merely cannot read may be in use. */
static bool open_hierarchy(const struct credentials_kind *kind, const char *directory, struct credentials *credentials,
                           struct error_text *error) {
    char chain[DRIVER_NAME];
    char key[DRIVER_NAME];
    char anchor[DRIVER_NAME];
    (void)snprintf(chain, sizeof chain, "%s/%s", directory, kind->chain_name);
    (void)snprintf(key, sizeof key, "%s/" KEY_NAME, directory);
    (void)snprintf(anchor, sizeof anchor, "%s/%s", directory, kind->anchor_name);
    enum copp_result result = credentials_open(kind, chain, key, "", credentials, error);
    if (!result)
        warn_if_hidden(directory, anchor);
    else if (result == COPP_E_IO)
        (void)fault_add(error, "; start coppd as the user that owns %s, or name another [daemon] state_directory", directory);
    else if (result == COPP_E_NOT_FOUND || result == COPP_E_INVALID || result == COPP_E_KEY)
        (void)fault_add(error, "; remove %s, and coppd creates another test hierarchy", directory);
    return !result;
}

/* Daemons with sockets of their own may share the directory: one makes the hierarchy, the others use it. */
static bool make_or_wait(const struct credentials_kind *kind, const char *directory, struct credentials *credentials,
                         struct error_text *error) {
    char name[DRIVER_NAME];
    (void)snprintf(name, sizeof name, "%s" LOCK_SUFFIX, directory);
    int lock = lock_wait(name, MAKING_MS, error);
    if (lock == LOCK_HELD)
        return error_set(error, "%s: another coppd has been creating the test hierarchy for %u s: stop it", name,
                         MAKING_MS / 1000u);
    if (lock < 0)
        return false;
    bool made = file_is_absent(directory) ? make_hierarchy(kind, directory, true, credentials, error)
                                          : open_hierarchy(kind, directory, credentials, error);
    (void)close(lock);
    return made;
}

bool credentials_hierarchy(const struct credentials_kind *kind, const char *state_directory, bool keep,
                           struct credentials *credentials, struct error_text *error) {
    char directory[PATH_SIZE];
    struct stat status;
    (void)snprintf(directory, sizeof directory, "%s/%s", state_directory, kind->hierarchy);
    if (lstat(directory, &status) == 0)
        return open_hierarchy(kind, directory, credentials, error);
    if (errno != ENOENT && errno != ENOTDIR)
        return error_set(
            error,
            "%s: cannot be searched: %s; let the user that coppd runs as search it, or name another [daemon] state_directory",
            state_directory, strerror(errno));
    if (!directory_holds(directory, error))
        return false;
    return keep ? make_or_wait(kind, directory, credentials, error) : make_hierarchy(kind, directory, false, credentials, error);
}

void credentials_close(struct credentials *credentials) {
    copp_private_key_free(&credentials->key);
    copp_release(credentials->chain_bytes, credentials->chain_size);
    credentials->chain_bytes = NULL;
}
