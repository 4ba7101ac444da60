/*
 * What the host's commits are to write to one connector: one value at a time, asked for until a commit has ended.
 *
 * A link expects that its write happens in the call, or not at all. The host's happens later. So the link is answered
 * COPP_E_PENDING until the host has reported its commit; it then repeats the call, and is shown what the commit has done only from
 * there on (kms_request_cover).
 */
#ifndef COPP_OUTPUTS_KMS_LIBRARY_REQUEST_H
#define COPP_OUTPUTS_KMS_LIBRARY_REQUEST_H

#include "outputs/link/link.h"

enum kms_request_state {
    KMS_REQUEST_NONE = 0,
    KMS_REQUEST_OPEN, /* a commit is wanted */
    KMS_REQUEST_WRITTEN,
    KMS_REQUEST_REFUSED
};

struct kms_request {
    enum kms_request_state state;
    enum hdcp_value value;
    unsigned busy; /* commits that were */
    uint64_t deadline_ms; /* by when a commit is wanted */
};

/* As the write of struct hdcp_link_ops: COPP_E_PENDING until a commit of that value has ended. */
COPP_NODISCARD enum copp_result kms_request_write(struct kms_request *request, enum hdcp_value value, uint64_t now_ms);
/* What the link is to see in place of what was read. */
enum hdcp_value kms_request_cover(const struct kms_request *request, enum hdcp_value read);
/* A commit of that value has ended: 0 or an errno. False: it is out of date, nobody waits for it. */
bool kms_request_committed(struct kms_request *request, enum hdcp_value value, int error, uint64_t now_ms);
/* Nobody asks for it any more. True if it has set the property before. */
bool kms_request_drop(struct kms_request *request);

#endif
