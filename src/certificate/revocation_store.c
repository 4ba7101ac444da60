/*
 * The stored revocation list: one file. A new list is written beside it, forced to the disk and then renamed over it, so
 * that whoever reads sees the one or the other whole. The file itself is the memory of which version was last in force
 * (CRL-3).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certificate/revocation.h"
#include "certificate/store_file.h"
#include "certificate/verdict.h"
#include "common/transfer.h"

/* PATH's first size characters and what is to follow them; free with free. */
static char *join(const char *path, size_t size, const char *end) {
    size_t end_size = strlen(end) + 1;
    char *joined = malloc(size + end_size);
    if (!joined)
        return NULL;
    memcpy(joined, path, size);
    memcpy(&joined[size], end, end_size);
    return joined;
}

/* Closes and keeps errno, which tells of what failed before. */
static void close_quietly(int file) {
    int saved = errno;
    if (file >= 0)
        (void)close(file);
    errno = saved;
}

/* Whether file is a regular one that a list can be in; errno says why not. */
static enum copp_result check_file(int file, size_t *size) {
    struct stat status;
    if (fstat(file, &status))
        return COPP_E_IO;
    if (!S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        return COPP_E_IO;
    }
    if (status.st_size > (off_t)COPP_REVOCATION_SIZE_MAX)
        return COPP_E_TOO_LARGE;
    *size = (size_t)status.st_size;
    return COPP_OK;
}

static enum copp_result load_open(int file, const struct copp_public_key *anchor, struct copp_log *log,
                                  struct copp_revocation_list **list, struct copp_verdict *verdict) {
    size_t size = 0;
    enum copp_result result = check_file(file, &size);
    if (result)
        return result;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return COPP_E_MEMORY;
    ssize_t have = read_all(file, bytes, size);
    result = have < 0 ? COPP_E_IO : copp_revocation_validate_logged(bytes, (size_t)have, anchor, log, list, verdict);
    free(bytes);
    return result;
}

enum copp_result copp_revocation_load(const char *path, const struct copp_public_key *anchor, struct copp_revocation_list **list,
                                      struct copp_verdict *verdict) {
    return copp_revocation_load_logged(path, anchor, NULL, list, verdict);
}

enum copp_result copp_revocation_load_logged(const char *path, const struct copp_public_key *anchor, struct copp_log *log,
                                             struct copp_revocation_list **list, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    if (!verdict)
        verdict = &unused;
    if (list)
        *list = NULL;
    copp_verdict_clear(verdict);
    if (!path || !anchor)
        return COPP_E_ARGUMENT;
    int file = copp_store_open(path);
    if (file < 0)
        return errno == ENOENT ? COPP_E_NOT_FOUND : COPP_E_IO;
    enum copp_result result = load_open(file, anchor, log, list, verdict);
    close_quietly(file);
    return result;
}

/* A new file with the list in it, on the disk. Nothing is left of it if that fails. */
static bool write_new(const char *path, const uint8_t *bytes, size_t size) {
    if (copp_store_remove(path) && errno != ENOENT) /* what a writer that died left there */
        return false;
    int file = copp_store_create(path);
    bool good = file >= 0 && write_all(file, bytes, size) && copp_store_sync(file);
    if (!good)
        close_quietly(file);
    else if (close(file))
        good = false;
    if (!good) {
        int saved = errno;
        (void)copp_store_remove(path);
        errno = saved;
    }
    return good;
}

/* Puts the new file in the old one's place; nothing is left of it if that fails. */
static bool replace(const char *path, const char *new_path, const char *directory) {
    if (copp_store_replace(new_path, path, directory))
        return true;
    int saved = errno;
    (void)copp_store_remove(new_path);
    errno = saved;
    return false;
}

/*
 * CRL-3: only forward. A stored list that is damaged says nothing of which versions there were, so nothing replaces it.
 * *current: the very list is stored already.
 */
static enum copp_result check_version(const char *path, const struct copp_public_key *anchor,
                                      const struct copp_revocation_list *list, bool *current, struct copp_verdict *verdict) {
    struct copp_revocation_list *present = NULL;
    *current = false;
    enum copp_result result = copp_revocation_load(path, anchor, &present, verdict);
    if (result == COPP_E_NOT_FOUND)
        return COPP_OK;
    if (result == COPP_E_INVALID)
        verdict->detail = "the stored list is damaged; remove it before you store another";
    if (!result)
        *current = list->size == present->size && copp_equal(list->storage, present->storage, list->size);
    if (!result && !*current && list->version <= present->version) {
        (void)copp_verdict_refuse(verdict, COPP_RULE_CRL_3, -1,
                                  list->version < present->version
                                      ? "its version is lower than the stored list's"
                                      : "the stored list has the same version but different content");
        result = COPP_E_ROLLBACK;
    }
    copp_revocation_free(&present);
    return result;
}

/* The names a store needs besides the list's own. */
struct names {
    char *lock;
    char *fresh;
    char *directory;
};

static void free_names(struct names *names) {
    free(names->lock);
    free(names->fresh);
    free(names->directory);
}

static bool make_names(const char *path, struct names *names) {
    const char *slash = strrchr(path, '/');
    size_t size = strlen(path);
    names->lock = join(path, size, ".lock");
    names->fresh = join(path, size, ".new");
    names->directory = slash ? join(path, (size_t)(slash - path), "/.") : join("", 0, ".");
    return names->lock && names->fresh && names->directory;
}

static enum copp_result store(const char *path, const struct copp_public_key *anchor, const struct copp_revocation_list *list,
                              struct copp_verdict *verdict) {
    struct names names = {NULL, NULL, NULL};
    enum copp_result result = make_names(path, &names) ? COPP_OK : COPP_E_MEMORY;
    int lock = -1;
    if (!result && (lock = copp_store_lock(names.lock)) < 0)
        result = COPP_E_IO;
    bool current = false;
    if (!result)
        result = check_version(path, anchor, list, &current, verdict);
    if (!result && !current &&
        (!write_new(names.fresh, list->storage, list->size) || !replace(path, names.fresh, names.directory)))
        result = COPP_E_IO;
    close_quietly(lock);
    free_names(&names);
    return result;
}

enum copp_result copp_revocation_store(const char *path, const uint8_t *bytes, size_t size, const struct copp_public_key *anchor,
                                       struct copp_revocation_list **list, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    struct copp_revocation_list *read = NULL;
    if (!verdict)
        verdict = &unused;
    if (list)
        *list = NULL;
    copp_verdict_clear(verdict);
    if (!path)
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_revocation_validate(bytes, size, anchor, &read, verdict);
    if (!result)
        result = store(path, anchor, read, verdict);
    if (result || !list)
        copp_revocation_free(&read);
    if (list)
        *list = read;
    return result;
}
