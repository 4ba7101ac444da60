/* The lists that amdgpu's secure processor forgets, kept in the state directory: one file for each kind. Linux only. */
#ifndef COPP_CLI_SRM_SAVED_H
#define COPP_CLI_SRM_SAVED_H

#include <limits.h>

#include "sync.h"

struct saved_lists {
    char path[PATH_MAX]; /* of the directory */
    int directory; /* locked; -1: there is none */
    bool writable[SRM_KINDS]; /* false: what is there may not be replaced, and a complaint has said why */
    int version[SRM_KINDS]; /* of what is there; -1: nothing that validates */
};

/* A list that was saved. */
struct saved_list {
    char path[PATH_MAX];
    unsigned hdcp;
    unsigned version;
};

/*
 * Opens the directory, which it makes, and adds to lists what is saved there, and what is installed as firmware below root. Complains
 * about lists that do not validate, and goes on without them: STATUS_NO. STATUS_UNKNOWN: something cannot be read. Close in any
 * case.
 */
int saved_open(const struct invocation *in, const char *root, const struct srm_key *key, struct srm_lists *lists,
               struct saved_lists *saved);
void saved_close(struct saved_lists *saved);

/* Saves the lists that drivers gave back and that are newer than what is saved (SRM-3). *count of done were. STATUS_YES, or complains. */
int saved_update(struct saved_lists *saved, const struct srm_lists *lists, struct saved_list done[SRM_KINDS], size_t *count);

#endif
