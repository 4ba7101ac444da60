/* A renewability message that is stored in a file, and what is wrong with it. Linux only. */
#ifndef COPP_CLI_SRM_STORED_LIST_H
#define COPP_CLI_SRM_STORED_LIST_H

#include "cli/srm.h"
#include "stored_file.h"

enum list_state {
    LIST_ABSENT,
    LIST_VALID,
    LIST_DAMAGED, /* verdict says why: it tells nothing (SRM-4) */
    LIST_OTHER, /* not a regular file */
    LIST_UNREADABLE /* result, and for COPP_E_IO error, say why */
};
struct stored_list {
    enum list_state state;
    struct blob bytes; /* of a valid or damaged one; of a file that is too large: none */
    struct copp_srm *srm; /* of a valid one */
    struct copp_verdict verdict;
    enum copp_result result;
    int error;
};

/* Reads the file name in a directory of directory_open, and verifies it under key. Free in any case. */
void stored_list_read(int directory, const char *name, const struct srm_key *key, struct stored_list *list);
void stored_list_free(struct stored_list *list);

/* Verifies bytes, which the list takes over: LIST_VALID, LIST_DAMAGED or LIST_UNREADABLE. */
void stored_list_judge(struct stored_list *list, struct blob bytes, const struct srm_key *key);

#endif
