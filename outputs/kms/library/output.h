/* One connector of an open file that is its owner's: what there is to see, and how its property is written. */
#ifndef COPP_OUTPUTS_KMS_LIBRARY_OUTPUT_H
#define COPP_OUTPUTS_KMS_LIBRARY_OUTPUT_H

#include "outputs/kms/card.h"
#include "outputs/kms/library/copp-kms.h"
#include "outputs/kms/library/request.h"

struct kms_output {
    struct hdcp_link link;
    struct kms_card *card;
    uint32_t id; /* the one that the owner allows; another one of the same name is not meant */
    size_t index; /* on the card */
    bool by_host; /* its commits write */
    struct kms_request request;
    const uint64_t *now_ms; /* as of the last dispatch */
};

/* The rest has been filled in. */
void kms_output_start(struct kms_output *output);

const struct kms_connector *kms_output_connector(const struct kms_output *output);

/* Does what is due, and looks whether a display is there. */
void kms_output_dispatch(struct kms_output *output, bool look);

/* What the host's next commit is to write; no properties: nothing. */
void kms_output_request(const struct kms_output *output, struct copp_kms_request *request);
/* False: that was never asked for. */
bool kms_output_committed(struct kms_output *output, const struct copp_kms_request *request, int error);
/* By when a commit is wanted; COPP_BACKEND_NEVER: none is. */
uint64_t kms_output_deadline_ms(const struct kms_output *output);

#endif
