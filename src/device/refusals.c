#include "device/refusals.h"

#include "copp/opm.h"

#define OPM_CODES 0xC0262500u

struct codes {
    uint32_t copp;
    uint8_t information; /* the low byte of OPM's codes (OPM-ERR) */
    uint8_t configure;
};
static const struct codes table[] = {
    [COPP_REFUSAL_GONE] = {COPP_HR_UNEXPECTED, 0x1A, 0x1A},
    [COPP_REFUSAL_STATE] = {COPP_HR_UNEXPECTED, 0x1D, 0x21},
    [COPP_REFUSAL_MAC] = {COPP_HR_UNEXPECTED, 0x1D, 0x21},
    [COPP_REFUSAL_SEQUENCE] = {COPP_HR_INVALIDARG, 0x1D, 0x21},
    [COPP_REFUSAL_REQUEST] = {COPP_HR_INVALIDARG, 0x1D, 0x21},
    [COPP_REFUSAL_COPP_ONLY] = {COPP_HR_INVALIDARG, 0x1C, 0x1C},
    [COPP_REFUSAL_OPM_ONLY] = {COPP_HR_INVALIDARG, 0x1F, 0x1F},
    [COPP_REFUSAL_PARAMETER] = {COPP_HR_INVALIDARG, 0x1D, 0x21},
    [COPP_REFUSAL_NO_HDCP] = {COPP_HR_INVALIDARG, 0x13, 0x13},
    [COPP_REFUSAL_NO_ACP] = {COPP_HR_INVALIDARG, 0x14, 0x14},
    [COPP_REFUSAL_NO_CGMSA] = {COPP_HR_INVALIDARG, 0x15, 0x15},
    [COPP_REFUSAL_NO_SIGNALING] = {COPP_HR_INVALIDARG, 0x20, 0x20},
    [COPP_REFUSAL_MODE] = {COPP_HR_UNSUPPORTEDMODE, 0x1D, 0x21},
    [COPP_REFUSAL_RESOLUTION] = {COPP_HR_TOOBIGSIZE, 0x1D, 0x17},
    [COPP_REFUSAL_ENGINES] = {COPP_HR_UNEXPECTED, 0x1D, 0x18},
    [COPP_REFUSAL_SRM_NEVER_SET] = {COPP_HR_INVALIDARG, 0x16, 0x21},
    [COPP_REFUSAL_SRM_INVALID] = {COPP_HR_INVALIDARG, 0x1D, 0x12},
    [COPP_REFUSAL_LINK] = {COPP_HR_UNEXPECTED, 0x1D, 0x21},
    [COPP_REFUSAL_FAILED] = {COPP_HR_UNEXPECTED, 0x1E, 0x1E},
    [COPP_REFUSAL_INTERNAL] = {COPP_HR_UNEXPECTED, 0x1E, 0x1E},
};

uint32_t copp_refusal_hresult(enum copp_refusal refusal, enum copp_codes codes) {
    if (refusal == COPP_REFUSAL_NONE)
        return COPP_HR_OK;
    if (refusal == COPP_REFUSAL_PENDING)
        return COPP_HR_PENDING;
    const struct codes *found = &table[refusal];
    if (codes == COPP_CODES_COPP)
        return found->copp;
    return OPM_CODES | (codes == COPP_CODES_INFORMATION ? found->information : found->configure);
}
