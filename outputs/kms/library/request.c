#include "outputs/kms/library/request.h"

#include <errno.h>

#include "outputs/kms/library/copp-kms.h"

enum copp_result kms_request_write(struct kms_request *request, enum hdcp_value value, uint64_t now_ms) {
    if (request->state == KMS_REQUEST_NONE || request->value != value)
        *request = (struct kms_request){.state = KMS_REQUEST_OPEN, .value = value, .deadline_ms = now_ms + COPP_KMS_COMMIT_MS};
    if (request->state == KMS_REQUEST_OPEN)
        return COPP_E_PENDING;
    bool written = request->state == KMS_REQUEST_WRITTEN;
    request->state = KMS_REQUEST_NONE;
    return written ? COPP_OK : COPP_E_FAILED;
}

/* Before the commit it was the other one; Enabled is not claimed for what may have been switched off. */
enum hdcp_value kms_request_cover(const struct kms_request *request, enum hdcp_value read) {
    if (request->state != KMS_REQUEST_WRITTEN)
        return read;
    return request->value == HDCP_DESIRED ? HDCP_UNDESIRED : HDCP_DESIRED;
}

bool kms_request_committed(struct kms_request *request, enum hdcp_value value, int error, uint64_t now_ms) {
    if (request->state != KMS_REQUEST_OPEN || request->value != value)
        return false;
    bool again = (error == EBUSY || error == EAGAIN) && ++request->busy < COPP_KMS_BUSY_MAX;
    if (again)
        request->deadline_ms = now_ms + COPP_KMS_COMMIT_MS;
    else
        request->state = error ? KMS_REQUEST_REFUSED : KMS_REQUEST_WRITTEN;
    return true;
}

bool kms_request_drop(struct kms_request *request) {
    bool set = request->state == KMS_REQUEST_WRITTEN && request->value == HDCP_DESIRED;
    request->state = KMS_REQUEST_NONE;
    return set;
}
