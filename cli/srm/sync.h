/*
 * One card's list and ours made the same: always set first, then get, and what get returns is what counts. Versions never go back
 * (SRM-3), and nothing that does not verify is handed over or taken (SRM-2). Reads no file: the lists are handed in. Linux only.
 */
#ifndef COPP_CLI_SRM_SYNC_H
#define COPP_CLI_SRM_SYNC_H

#include "attribute.h"
#include "cli/srm.h"

#define SRM_KINDS 2u /* HDCP 1.x at 0, 2.x at 1 */
#define SRM_NO_VERSION 0xFFFFu /* the secure processor's word for a refusal: no list can have that version */

/* What became of handing a list over. */
enum srm_set {
    SRM_SET_NOTHING, /* there was none of this kind */
    SRM_SET_TAKEN, /* the driver gave it back, or a newer one of its kind */
    SRM_SET_REFUSED, /* it gave back something else, or nothing */
    SRM_SET_TOO_LARGE, /* more than SRM_ATTRIBUTE_MAX bytes: not tried */
    SRM_SET_NO_VERSION, /* its version is SRM_NO_VERSION: not tried */
    SRM_SET_FAILED /* it could not be written; set_error says why */
};

/* What the driver gave back in the end. */
enum srm_get {
    SRM_GET_NOTHING,
    SRM_GET_LIST, /* a verified one: hdcp, version, count */
    SRM_GET_DAMAGED, /* verdict says why */
    SRM_GET_NO_VERSION, /* one of version SRM_NO_VERSION */
    SRM_GET_FAILED, /* it could not be read; get_error says why */
    SRM_GET_UNKNOWN /* it could not be verified; get_result says why */
};

struct srm_sync_result {
    enum srm_set set[SRM_KINDS]; /* of the newest of each kind */
    unsigned set_version[SRM_KINDS];
    int set_error[SRM_KINDS];
    enum srm_get get;
    unsigned hdcp;
    unsigned version;
    size_t count;
    struct copp_verdict verdict;
    enum copp_result get_result;
    int get_error;
};

/* A verified message of this machine's, or of one of its drivers. */
struct srm_list {
    struct blob bytes;
    struct copp_srm *srm;
    bool given; /* a driver gave this version back */
};

#define SRM_LISTS_MAX 16u

/* By kind, HDCP 2.x first, and by version, the oldest first: so they are handed over. */
struct srm_lists {
    struct srm_list items[SRM_LISTS_MAX];
    size_t count;
};

/* Takes bytes and srm over; each kind and version is kept once. Returns whether it is a new one. */
bool srm_lists_add(struct srm_lists *lists, struct blob bytes, struct copp_srm *srm, bool given);
void srm_lists_free(struct srm_lists *lists);

/* The newest of HDCP hdcp.x that a driver gave back; NULL: none did. */
const struct srm_list *srm_lists_given(const struct srm_lists *lists, unsigned hdcp);

/*
 * Hands all lists over to one card, and reads after each what the card has. What it gives back is added to the lists. Returns whether that
 * was a new one: cards that were asked before have to be asked again.
 */
bool srm_sync(const struct srm_attribute *attribute, const struct srm_key *key, struct srm_lists *lists,
              struct srm_sync_result *result);

#endif
