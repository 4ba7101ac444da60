#include "srm_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copp/opm.h"
#include "files.h"
#include "lock.h"

#define WRITING_MS 30000u /* another coppd's write takes less */
#define LOCK_PATH_SIZE (sizeof((struct srm_file *)NULL)->path + sizeof LOCK_SUFFIX)

void srm_file_name(const char *state_directory, unsigned hdcp, const struct srm_keys *keys, struct srm_file *file) {
    *file = (struct srm_file){.hdcp = hdcp, .keys = keys};
    (void)snprintf(file->path, sizeof file->path, "%s/hdcp%u.srm", state_directory, hdcp);
}

void srm_list_free(struct srm_list *list) {
    copp_release(list->bytes, list->size);
    *list = (struct srm_list){.bytes = NULL};
}

size_t srm_list_kind(const uint8_t *bytes) {
    return bytes[0] >> 4 == 9 ? 1 : 0;
}

unsigned srm_list_version(const struct srm_list *list) {
    return (unsigned)list->bytes[2] << 8 | list->bytes[3];
}

/* Whether a regular file is there: *there. What is neither that nor absent is refused, a link that leads nowhere too. */
static bool look(const struct srm_file *file, bool *there, struct error_text *error) {
    struct stat status;
    *there = lstat(file->path, &status) == 0;
    if (!*there)
        return errno == ENOENT || error_set(error, "%s: cannot be examined: %s; let the user that coppd runs as read it",
                                            file->path, strerror(errno));
    return S_ISREG(status.st_mode) ||
           error_set(error, "%s: is not a regular file, so it cannot be a list of revoked HDCP devices: remove it", file->path);
}

/* OPM-SRM-4: a list that cannot be believed is not taken for none, which would revoke nobody. */
static bool refuse(const struct srm_file *file, const char *why, const char *rule, struct error_text *error) {
    return error_set(error,
                     "%s: cannot be trusted: %s (%s): restore the list, or remove the file; without it no device counts as "
                     "revoked until a player brings a list",
                     file->path, why, rule);
}

static bool judge(const struct srm_file *file, const struct srm_list *list, struct copp_srm **srm, struct error_text *error) {
    struct copp_verdict verdict;
    enum copp_result result = srm_keys_verify(file->keys, list->bytes, list->size, srm, &verdict);
    if (result == COPP_E_INVALID)
        return refuse(file, verdict.detail, copp_rule_id(verdict.rule), error);
    if (result)
        return error_set(error, "%s: %s", file->path, copp_strerror(result));
    return copp_srm_hdcp(*srm) == file->hdcp ||
           refuse(file, "it is a list of the other kind of HDCP", copp_rule_id(COPP_RULE_SRM_1), error);
}

static bool read_list(const struct srm_file *file, struct srm_list *list, struct copp_srm **srm, struct error_text *error) {
    bool there;
    char *text;
    *list = (struct srm_list){.bytes = NULL};
    *srm = NULL;
    if (!look(file, &there, error))
        return false;
    if (!there)
        return true;
    if (!file_read(file->path, COPP_OPM_ADDITIONAL_MAX, &text, &list->size, error)) {
        list->size = 0;
        return false;
    }
    list->bytes = (uint8_t *)text;
    if (judge(file, list, srm, error))
        return true;
    srm_list_free(list);
    copp_srm_free(srm);
    return false;
}

bool srm_file_read(const struct srm_file *file, struct srm_list *list, struct error_text *error) {
    struct copp_srm *srm;
    bool good = read_list(file, list, &srm, error);
    copp_srm_free(&srm);
    return good;
}

/* SRM-3, under the lock. What is as new may still be on its way to the disk. */
static bool put(const struct srm_file *file, const struct srm_list *list, const struct copp_srm *new, const struct copp_srm *old,
                struct error_text *error) {
    if (old && !copp_srm_newer(new, old))
        return file_settle(file->path, error);
    return file_store(file->path, (const char *)list->bytes, list->size, error);
}

static bool replace(const struct srm_file *file, const struct srm_list *list, struct error_text *error) {
    struct srm_list stored;
    struct copp_srm *old;
    struct copp_srm *new = NULL;
    if (!read_list(file, &stored, &old, error))
        return false;
    bool good = judge(file, list, &new, error) && put(file, list, new, old, error);
    copp_srm_free(&new);
    copp_srm_free(&old);
    srm_list_free(&stored);
    return good;
}

bool srm_file_write(const struct srm_file *file, const struct srm_list *list, struct error_text *error) {
    char name[LOCK_PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s" LOCK_SUFFIX, file->path);
    int lock = lock_wait(name, WRITING_MS, error);
    if (lock == LOCK_HELD)
        return error_set(error, "%s: another coppd has been writing the list for %u s: stop it", name, WRITING_MS / 1000u);
    if (lock < 0)
        return false;
    bool good = replace(file, list, error);
    (void)close(lock);
    return good;
}
