#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/why.h"

/* --- the lists --- */

static void list_free(struct srm_list *list) {
    blob_free(&list->bytes);
    copp_srm_free(&list->srm);
}

void srm_lists_free(struct srm_lists *lists) {
    for (size_t i = 0; i < lists->count; i++)
        list_free(&lists->items[i]);
    lists->count = 0;
}

/* Less than 0 if a is handed over before b: the last one of a kind is what a driver keeps, and HDCP 1.x's is the one it has shown. */
static int compare(const struct copp_srm *a, const struct copp_srm *b) {
    if (copp_srm_hdcp(a) != copp_srm_hdcp(b))
        return copp_srm_hdcp(a) > copp_srm_hdcp(b) ? -1 : 1;
    return (int)copp_srm_version(a) - (int)copp_srm_version(b);
}

bool srm_lists_add(struct srm_lists *lists, struct blob bytes, struct copp_srm *srm, bool given) {
    struct srm_list list = {.bytes = bytes, .srm = srm, .given = given};
    size_t at = 0;
    while (at < lists->count && compare(lists->items[at].srm, srm) < 0)
        at++;
    bool known = at < lists->count && compare(lists->items[at].srm, srm) == 0;
    if (known || lists->count == SRM_LISTS_MAX) {
        if (known)
            lists->items[at].given = lists->items[at].given || given;
        list_free(&list);
        return false;
    }
    memmove(&lists->items[at + 1], &lists->items[at], (lists->count - at) * sizeof lists->items[0]);
    lists->items[at] = list;
    lists->count++;
    return true;
}

const struct srm_list *srm_lists_given(const struct srm_lists *lists, unsigned hdcp) {
    const struct srm_list *newest = NULL;
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->items[i].given && copp_srm_hdcp(lists->items[i].srm) == hdcp)
            newest = &lists->items[i];
    }
    return newest;
}

/* --- one card --- */

/* Judges what the driver gave back. A verified list goes to *srm. */
static void judge(const uint8_t *bytes, size_t size, const struct srm_key *key, struct copp_srm **srm,
                  struct srm_sync_result *result) {
    result->get_result = copp_srm_verify_logged(bytes, size, &key->key, why_log(), srm, &result->verdict);
    if (result->get_result != COPP_OK) {
        result->get = result->get_result == COPP_E_INVALID ? SRM_GET_DAMAGED : SRM_GET_UNKNOWN;
        return;
    }
    result->hdcp = copp_srm_hdcp(*srm);
    result->version = copp_srm_version(*srm);
    result->count = copp_srm_count(*srm);
    result->get = result->version == SRM_NO_VERSION ? SRM_GET_NO_VERSION : SRM_GET_LIST;
}

/* Reads what the driver has. Returns whether that is a list that was not known. */
static bool get(const struct srm_attribute *attribute, const struct srm_key *key, struct srm_lists *lists,
                struct srm_sync_result *result) {
    struct copp_srm *srm = NULL;
    uint8_t *bytes = malloc(SRM_ATTRIBUTE_MAX + 1); /* and a NUL, as every blob has */
    ssize_t size = bytes != NULL ? srm_attribute_get(attribute, bytes) : -1;
    result->get = size < 0 ? SRM_GET_FAILED : SRM_GET_NOTHING;
    result->get_error = size < 0 ? errno : 0;
    if (size > 0) {
        bytes[size] = 0;
        judge(bytes, (size_t)size, key, &srm, result);
    }
    if (result->get == SRM_GET_LIST)
        return srm_lists_add(lists, (struct blob){.bytes = bytes, .size = (size_t)size}, srm, true);
    copp_srm_free(&srm);
    free(bytes);
    return false;
}

static enum srm_set set(const struct srm_attribute *attribute, const struct srm_list *list, int *error) {
    if (list->bytes.size > SRM_ATTRIBUTE_MAX) /* a part of it would be another message */
        return SRM_SET_TOO_LARGE;
    if (copp_srm_version(list->srm) == SRM_NO_VERSION)
        return SRM_SET_NO_VERSION;
    if (srm_attribute_set(attribute, list->bytes.bytes, list->bytes.size))
        return SRM_SET_REFUSED; /* unless it is read afterwards */
    *error = errno;
    return SRM_SET_FAILED;
}

static bool has_at_least(const struct srm_sync_result *result, unsigned hdcp, unsigned version) {
    return result->get == SRM_GET_LIST && result->hdcp == hdcp && result->version >= version;
}

bool srm_sync(const struct srm_attribute *attribute, const struct srm_key *key, struct srm_lists *lists,
              struct srm_sync_result *result) {
    bool found = false;
    *result = (struct srm_sync_result){.get = SRM_GET_NOTHING};
    if (lists->count == 0)
        return get(attribute, key, lists, result);
    for (size_t i = 0; i < lists->count; i++) {
        const struct srm_list *list = &lists->items[i];
        unsigned hdcp = copp_srm_hdcp(list->srm);
        unsigned kind = hdcp - 1;
        result->set_version[kind] = copp_srm_version(list->srm);
        result->set[kind] = set(attribute, list, &result->set_error[kind]);
        found =
            get(attribute, key, lists, result) || found; /* which may move the lists: i stays the place, and some are set twice */
        if (result->set[kind] == SRM_SET_REFUSED && has_at_least(result, hdcp, result->set_version[kind]))
            result->set[kind] = SRM_SET_TAKEN;
    }
    return found;
}
