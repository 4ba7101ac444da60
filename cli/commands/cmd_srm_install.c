/* copp srm install: the list that the kernel's HDCP helper loads as firmware, replaced by a newer one alone (SRM-2, SRM-3). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/report.h"
#include "cli/srm/cards.h"
#include "cli/srm/firmware.h"
#include "cli/srm/stored_list.h"
#include "cli/why.h"

struct install_options {
    const char *key;
    const char *root;
    bool replace_kind;
};

static const struct option_spec options[] = {
    SRM_KEY_OPTION(struct install_options, key),
    {.name = "root",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct install_options, root),
     .argument = "DIR",
     .help = "install below DIR, such as the tree of an image\n(default: /)"},
    {.name = "replace-kind",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct install_options, replace_kind),
     .help = "replace a list of HDCP 1.x with one of 2.x, or the\n"
             "other way round: receivers of the replaced kind\n"
             "are no longer checked"},
    {.name = NULL},
};

struct install {
    const struct invocation *in;
    const struct install_options *options;
    const char *root;
    char path[PATH_MAX]; /* of the stored list */
    struct srm_key key;
    struct blob message;
    struct copp_srm *srm;
    int directory;
    struct stored_list stored; /* as it was */
    bool changed;
};

/* --- where it goes --- */

static const char *remedy_of(int error) {
    switch (error) {
    case EACCES:
    case EPERM:
        return "run it as root: sudo copp srm install FILE";
    case EROFS:
        return "make the file system writable while it is installed (mount -o remount,rw), or install it into the tree that the "
               "image is made of: --root DIR";
    case ENOSPC:
    case EDQUOT:
        return "make room on that file system and install it again";
    case ENOSYS:
        return "--root needs Linux 5.6 or later";
    default:
        return "";
    }
}

static int fail_there(const struct install *install, const char *what, int error) {
    return fail_with(install->in, STATUS_UNKNOWN, install->path, remedy_of(error), "%s: %s", what, strerror(error));
}

/* The directory is made if the one above it is there: without that, root is not one. */
static int open_directory(struct install *install) {
    install->directory = directory_open(install->root, FIRMWARE_DIRECTORY);
    if (install->directory < 0 && errno == ENOENT) {
        int above = directory_open(install->root, "/lib");
        if (above < 0)
            return fail_with(install->in, STATUS_UNKNOWN, install->root, "name the tree of a system with --root",
                             "does not have a directory lib for firmware: %s", strerror(errno));
        int made = mkdirat(above, "firmware", 0755);
        int error = errno;
        (void)close(above);
        if (made != 0 && error != EEXIST)
            return fail_there(install, "its directory cannot be created", error);
        if (made == 0)
            complain("%s: its directory was missing and has been created", install->path);
        install->directory = directory_open(install->root, FIRMWARE_DIRECTORY);
    }
    if (install->directory < 0)
        return fail_there(install, "its directory cannot be opened", errno);
    return directory_lock(install->directory) ? STATUS_YES : fail_there(install, "its directory cannot be locked", errno);
}

/* --- what is there --- */

/* A list that the licensing body has signed is not damaged because a test key was named. */
static int check_test_key(const struct install *install) {
    struct copp_srm *srm = NULL;
    const struct blob *bytes = &install->stored.bytes;
    bool genuine = install->key.key.kind != COPP_SRM_KEY_PRODUCTION && bytes->bytes != NULL &&
                   copp_srm_verify_logged(bytes->bytes, bytes->size, NULL, why_log(), &srm, NULL) == COPP_OK;
    copp_srm_free(&srm);
    if (!genuine)
        return STATUS_YES;
    return fail_with(install->in, STATUS_NO, install->path, "remove it first, if this machine is for tests alone",
                     "is signed by the licensing body, and no list under another key replaces it (SRM-2)");
}

/* Whether another writer, the kernel, or whoever put it there could have a use for it: a list that does not verify has none. */
static int look(struct install *install) {
    stored_list_read(install->directory, FIRMWARE_LIST, &install->key, &install->stored);
    const struct stored_list *stored = &install->stored;
    switch (stored->state) {
    case LIST_ABSENT:
    case LIST_VALID:
        return STATUS_YES;
    case LIST_DAMAGED:
        return check_test_key(install);
    case LIST_OTHER:
        return fail_with(install->in, STATUS_UNKNOWN, install->path, "remove it, or install where it leads to",
                         "is not a regular file: a link, directory, pipe or device is not replaced");
    case LIST_UNREADABLE:
        break;
    }
    errno = stored->error;
    return stored->result == COPP_E_IO ? fail_there(install, "cannot be read", stored->error)
                                       : fail_result(install->in, install->path, stored->result);
}

/* SRM-3, and that a kind of receivers does not go unchecked by mistake. */
static int compare(const struct install *install) {
    const struct copp_srm *stored = install->stored.srm;
    const char *file = install->in->operands[0];
    unsigned hdcp = copp_srm_hdcp(install->srm);
    unsigned version = copp_srm_version(install->srm);
    if (stored == NULL)
        return STATUS_YES;
    if (copp_srm_hdcp(stored) != hdcp && !install->options->replace_kind)
        return fail_with(install->in, STATUS_NO, file,
                         "keep the stored one, or use --replace-kind if no such receiver has to be checked",
                         "is for HDCP %u.x, but the stored list, version %u, is for HDCP %u.x: the kernel reads one list, so "
                         "receivers of HDCP %u.x would go unchecked",
                         hdcp, copp_srm_version(stored), copp_srm_hdcp(stored), copp_srm_hdcp(stored));
    if (copp_srm_hdcp(stored) != hdcp || copp_srm_may_replace(stored, install->srm) == COPP_OK)
        return STATUS_YES;
    return fail_with(install->in, STATUS_NO, file, "keep the stored list, or install a newer one",
                     "is for HDCP %u.x, version %u, which is older than the stored list, version %u (SRM-3)", hdcp, version,
                     copp_srm_version(stored));
}

/* --- putting it there --- */

static int store(struct install *install) {
    const struct blob *bytes = &install->stored.bytes;
    install->changed = install->stored.state != LIST_VALID || bytes->size != install->message.size ||
                       memcmp(bytes->bytes, install->message.bytes, bytes->size) != 0;
    if (!install->changed)
        return STATUS_YES;
    switch (stored_replace(install->directory, FIRMWARE_LIST, install->message.bytes, install->message.size)) {
    case STORED_DONE:
        return STATUS_YES;
    case STORED_UNTOUCHED:
        return fail_there(install, "cannot be written, and is as it was", errno);
    case STORED_UNSYNCED:
        break;
    }
    return fail_there(install, "is the new list, which a power cut may undo", errno);
}

/* Under whatever name: one directory may be reached by several. */
static bool is_stored(const struct install *install, const struct firmware_file *file) {
    struct stat a, b;
    int fd = open_below(install->root, file->below, O_PATH);
    bool same = fd >= 0 && fstat(fd, &a) == 0 && fstatat(install->directory, FIRMWARE_LIST, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
                a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    if (fd >= 0)
        (void)close(fd);
    return same;
}

/* What somebody should know beside the list itself. Returns whether the kernel will load it. */
static bool warn(const struct install *install, const char *loaded) {
    const struct stored_list *stored = &install->stored;
    if (stored->state == LIST_DAMAGED)
        complain("%s: replaces a stored file that is not valid: %s (%s)", install->path, stored->verdict.detail,
                 copp_rule_id(stored->verdict.rule));
    if (stored->state == LIST_VALID && copp_srm_hdcp(stored->srm) != copp_srm_hdcp(install->srm))
        complain("%s: from now on, receivers of HDCP %u.x are not checked against any list", install->path,
                 copp_srm_hdcp(stored->srm));
    size_t read = firmware_reads(install->srm, install->message.bytes);
    if (read < copp_srm_count(install->srm))
        complain("%s: the kernel reads %zu of its %zu receivers: it knows neither later generations nor reserved bits",
                 install->path, read, copp_srm_count(install->srm));
    if (strcmp(loaded, install->path) != 0) {
        complain("%s: the kernel loads %s instead", install->path, loaded);
        complain("remedy: remove that file");
        return false;
    }
    if (srm_cards_count(install->root) > 0)
        complain("amdgpu does not load this file: hand it over with systemctl reload copp-srm.service, or copp srm sync");
    return true;
}

static json_t *json_install(const struct install *install, const char *loaded) {
    const struct copp_srm *stored = install->stored.srm;
    json_t *answer = json_srm(install->path, install->srm, true);
    json_put(&answer, "changed", json_boolean(install->changed));
    json_put(&answer, "previous",
             stored != NULL ? json_pack("{si si}", "hdcp", (int)copp_srm_hdcp(stored), "version", (int)copp_srm_version(stored))
                            : json_null());
    json_put(&answer, "loaded", json_text(loaded));
    json_put(&answer, "read", json_integer((json_int_t)firmware_reads(install->srm, install->message.bytes)));
    return answer;
}

static int tell(const struct install *install) {
    struct firmware_file file;
    const char *loaded = firmware_find(install->root, &file) && !is_stored(install, &file) ? file.path : install->path;
    int status = warn(install, loaded) ? STATUS_YES : STATUS_NO;
    if (install->in->json)
        return print_json(json_install(install, loaded)) == STATUS_YES ? status : STATUS_UNKNOWN;
    say("%s: HDCP %u.x, version %u is installed%s, %zu revoked, signed by the %s key", install->path, copp_srm_hdcp(install->srm),
        copp_srm_version(install->srm), install->changed ? "" : " already", copp_srm_count(install->srm), install->key.name);
    return status;
}

static int install_message(struct install *install) {
    struct copp_verdict verdict;
    const char *file = install->in->operands[0];
    int status = srm_key_open(install->in, install->options->key, &install->key);
    if (status == STATUS_YES)
        status = read_file(install->in, file, COPP_SRM_SIZE_MAX, &install->message);
    if (status == STATUS_YES)
        status = srm_verify(install->in, file, &install->message, &install->key, &install->srm, &verdict);
    if (status == STATUS_YES)
        status = open_directory(install);
    if (status == STATUS_YES)
        status = look(install);
    if (status == STATUS_YES)
        status = compare(install);
    if (status == STATUS_YES)
        status = store(install);
    return status == STATUS_YES ? tell(install) : status;
}

static int run_install(const struct invocation *in) {
    struct install install = {.in = in, .options = in->options, .directory = -1};
    install.root = install.options->root != NULL ? install.options->root : "/";
    firmware_path(install.root, FIRMWARE_DIRECTORY "/" FIRMWARE_LIST, install.path, sizeof install.path);
    int status = install_message(&install);
    if (install.directory >= 0)
        (void)close(install.directory);
    stored_list_free(&install.stored);
    copp_srm_free(&install.srm);
    blob_free(&install.message);
    srm_key_close(&install.key);
    return status;
}

const struct command command_srm_install = {
    .name = "srm install",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Replace the list that the kernel loads with a newer message",
    .details =
        "Verifies FILE and puts it where the kernel's HDCP drivers load their list of revoked receivers:\n" FIRMWARE_DIRECTORY
        "/" FIRMWARE_LIST ". Versions never go back. Exit status 0 if the same\nversion is stored already, 1 if FILE is older, "
        "does not verify or is of the other kind.",
    .options = options,
    .options_size = sizeof(struct install_options),
    .run = run_install,
};
