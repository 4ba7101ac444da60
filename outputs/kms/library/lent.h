/* One connector of an open file that is its owner's: what there is to see, and how its property is written. */
#ifndef COPP_OUTPUTS_KMS_LIBRARY_LENT_H
#define COPP_OUTPUTS_KMS_LIBRARY_LENT_H

#include "outputs/kms/card.h"
#include "outputs/kms/library/copp-kms.h"
#include "outputs/kms/library/request.h"

struct kms_lent {
    struct hdcp_link link;
    struct kms_card *card;
    uint32_t id; /* the one that the owner allows; another one of the same name is not meant */
    size_t index; /* on the card */
    bool by_host; /* its commits write */
    struct kms_request request;
    const uint64_t *now_ms; /* as of the last dispatch */
};

/* The rest has been filled in. */
void kms_lent_start(struct kms_lent *lent);

const struct kms_connector *kms_lent_connector(const struct kms_lent *lent);

/* Does what is due, and looks whether a display is there. */
void kms_lent_dispatch(struct kms_lent *lent, bool look);

/* What the host's next commit is to write; no properties: nothing. */
void kms_lent_request(const struct kms_lent *lent, struct copp_kms_request *request);
/* False: that was never asked for. */
bool kms_lent_committed(struct kms_lent *lent, const struct copp_kms_request *request, int error);
/* By when a commit is wanted; COPP_BACKEND_NEVER: none is. */
uint64_t kms_lent_deadline_ms(const struct kms_lent *lent);

#endif
