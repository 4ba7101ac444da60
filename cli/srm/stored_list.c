#include "stored_list.h"

#include <errno.h>

#include "cli/why.h"

static void refuse(struct stored_list *list, enum copp_rule rule, const char *detail) {
    list->state = LIST_DAMAGED;
    list->verdict = (struct copp_verdict){.rule = rule, .certificate = -1, .detail = detail};
}

void stored_list_judge(struct stored_list *list, struct blob bytes, const struct srm_key *key) {
    *list = (struct stored_list){.state = LIST_VALID, .bytes = bytes};
    list->result = copp_srm_verify_logged(bytes.bytes, bytes.size, &key->key, why_log(), &list->srm, &list->verdict);
    if (list->result == COPP_E_INVALID)
        list->state = LIST_DAMAGED;
    else if (list->result == COPP_E_KEY && key->key.kind == COPP_SRM_KEY_PEM)
        refuse(list, COPP_RULE_SRM_2, "the key that was named is not one for its kind");
    else if (list->result != COPP_OK)
        list->state = LIST_UNREADABLE;
}

void stored_list_read(int directory, const char *name, const struct srm_key *key, struct stored_list *list) {
    struct blob bytes;
    *list = (struct stored_list){.state = LIST_ABSENT};
    switch (stored_read(directory, name, COPP_SRM_SIZE_MAX, &bytes)) {
    case STORED_ABSENT:
        break;
    case STORED_READ:
        stored_list_judge(list, bytes, key);
        break;
    case STORED_LARGE:
        refuse(list, COPP_RULE_SRM_1, "it is larger than any message");
        break;
    case STORED_OTHER:
        list->state = LIST_OTHER;
        break;
    case STORED_FAILED:
        list->state = LIST_UNREADABLE;
        list->result = COPP_E_IO;
        list->error = errno;
        break;
    }
}

void stored_list_free(struct stored_list *list) {
    blob_free(&list->bytes);
    copp_srm_free(&list->srm);
    *list = (struct stored_list){.state = LIST_ABSENT};
}
