#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"
#include "cli/state.h"
#include "firmware.h"
#include "stored_list.h"

static const char *const names[SRM_KINDS] = {"amdgpu-hdcp1.srm", "amdgpu-hdcp2.srm"};

static void path_of(const struct saved_lists *saved, unsigned kind, char *path, size_t size) {
    (void)snprintf(path, size, "%.*s/%s", PATH_MAX - 32, saved->path, names[kind]);
}

/* Adds a valid list, which it takes over; complains about any other but one that is absent. */
static int add(const char *path, struct stored_list *list, struct srm_lists *lists) {
    switch (list->state) {
    case LIST_ABSENT:
        return STATUS_YES;
    case LIST_VALID:
        (void)srm_lists_add(lists, list->bytes, list->srm, false);
        *list = (struct stored_list){.state = LIST_ABSENT};
        return STATUS_YES;
    case LIST_DAMAGED:
        complain("%s: is not handed to the driver: %s (%s)", path, list->verdict.detail, copp_rule_id(list->verdict.rule));
        complain("remedy: fetch the message again and install it with copp srm install, or remove the file");
        return STATUS_NO;
    case LIST_OTHER:
        complain("%s: is not a regular file, and not read or replaced: remove it", path);
        return STATUS_NO;
    case LIST_UNREADABLE:
        break;
    }
    complain("%s: %s%s%s", path, copp_strerror(list->result), list->result == COPP_E_IO ? ": " : "",
             list->result == COPP_E_IO ? strerror(list->error) : "");
    return STATUS_UNKNOWN;
}

static int worse(int a, int b) {
    return a > b ? a : b;
}

static int load_installed(const char *root, const struct srm_key *key, struct srm_lists *lists) {
    char path[PATH_MAX];
    struct stored_list list = {.state = LIST_ABSENT};
    firmware_path(root, FIRMWARE_DIRECTORY "/" FIRMWARE_LIST, path, sizeof path);
    int directory = directory_open(root, FIRMWARE_DIRECTORY);
    if (directory < 0 && errno == ENOENT)
        return STATUS_YES;
    if (directory < 0) {
        complain("%s: cannot be opened: %s", path, strerror(errno));
        return STATUS_UNKNOWN;
    }
    stored_list_read(directory, FIRMWARE_LIST, key, &list);
    (void)close(directory);
    int status = add(path, &list, lists);
    stored_list_free(&list);
    return status;
}

static int load_saved(struct saved_lists *saved, unsigned kind, const struct srm_key *key, struct srm_lists *lists) {
    char path[PATH_MAX];
    struct stored_list list;
    path_of(saved, kind, path, sizeof path);
    stored_list_read(saved->directory, names[kind], key, &list);
    saved->writable[kind] = list.state != LIST_OTHER && list.state != LIST_UNREADABLE;
    if (list.state == LIST_VALID && copp_srm_hdcp(list.srm) != kind + 1) {
        list.state = LIST_DAMAGED;
        list.verdict = (struct copp_verdict){.rule = COPP_RULE_SRM_1, .certificate = -1, .detail = "it is of the other kind"};
    }
    saved->version[kind] = list.state == LIST_VALID ? (int)copp_srm_version(list.srm) : -1;
    int status = add(path, &list, lists);
    stored_list_free(&list);
    return status;
}

void saved_close(struct saved_lists *saved) {
    if (saved->directory >= 0)
        (void)close(saved->directory);
    saved->directory = -1;
}

/* The directory's name, which is made where it is missing. STATUS_YES, or complains. */
static int open_directory(const struct invocation *in, const char *root, struct saved_lists *saved) {
    char inside[PATH_MAX];
    char unused[PATH_MAX];
    const char *named = variable("COPP_STATE_DIR");
    if (named != NULL)
        (void)snprintf(saved->path, sizeof saved->path, "%s", named);
    else
        firmware_path(root, state_default(unused, sizeof unused), saved->path, sizeof saved->path);
    path_of(saved, 0, inside, sizeof inside);
    if (state_make_public(inside) != 0)
        return fail_to_write(in, saved->path, "cannot be created", errno);
    saved->directory = open(saved->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (saved->directory >= 0 && directory_lock(saved->directory))
        return STATUS_YES;
    int error = errno;
    saved_close(saved);
    return fail_to_read(in, saved->path, "cannot be opened", error);
}

int saved_open(const struct invocation *in, const char *root, const struct srm_key *key, struct srm_lists *lists,
               struct saved_lists *saved) {
    *saved = (struct saved_lists){.directory = -1};
    int status = open_directory(in, root, saved);
    if (status != STATUS_YES)
        return status;
    for (unsigned kind = 0; kind < SRM_KINDS; kind++)
        status = worse(status, load_saved(saved, kind, key, lists));
    return worse(status, load_installed(root, key, lists));
}

int saved_update(struct saved_lists *saved, const struct srm_lists *lists, struct saved_list done[SRM_KINDS], size_t *count) {
    int status = STATUS_YES;
    *count = 0;
    for (unsigned kind = 0; kind < SRM_KINDS; kind++) {
        const struct srm_list *list = srm_lists_given(lists, kind + 1);
        if (list == NULL || !saved->writable[kind] || (int)copp_srm_version(list->srm) <= saved->version[kind])
            continue;
        struct saved_list *entry = &done[*count];
        *entry = (struct saved_list){.hdcp = kind + 1, .version = copp_srm_version(list->srm)};
        path_of(saved, kind, entry->path, sizeof entry->path);
        if (stored_replace(saved->directory, names[kind], list->bytes.bytes, list->bytes.size) == STORED_DONE) {
            (*count)++;
            continue;
        }
        complain("%s: HDCP %u.x, version %u cannot be saved: %s", entry->path, kind + 1, entry->version, strerror(errno));
        status = STATUS_UNKNOWN;
    }
    return status;
}
