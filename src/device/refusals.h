/* Why a device refuses a request, and by which code each of its interfaces says so (QRY-1, CMD-2, OPM-DDI-6). */
#ifndef COPP_DEVICE_REFUSALS_H
#define COPP_DEVICE_REFUSALS_H

#include <stdint.h>

enum copp_refusal {
    COPP_REFUSAL_NONE = 0, /* it is carried out */
    COPP_REFUSAL_PENDING, /* it is carried out later (CMD-6) */
    COPP_REFUSAL_GONE, /* the output does not exist any more */
    COPP_REFUSAL_STATE, /* there is no session yet, or a command is pending */
    COPP_REFUSAL_MAC,
    COPP_REFUSAL_SEQUENCE,
    COPP_REFUSAL_REQUEST, /* an unknown GUID, or a request that this connector has no answer to */
    COPP_REFUSAL_COPP_ONLY, /* the device, request or type is one of the other semantics */
    COPP_REFUSAL_OPM_ONLY,
    COPP_REFUSAL_PARAMETER, /* a wrong size, type, level or reserved word */
    COPP_REFUSAL_NO_HDCP, /* the connector does not do it, or for a command what is plugged in does not */
    COPP_REFUSAL_NO_ACP,
    COPP_REFUSAL_NO_CGMSA,
    COPP_REFUSAL_NO_SIGNALING,
    COPP_REFUSAL_MODE, /* clone or theatre mode */
    COPP_REFUSAL_RESOLUTION,
    COPP_REFUSAL_ENGINES, /* no HDCP engine is free */
    COPP_REFUSAL_SRM_NEVER_SET,
    COPP_REFUSAL_SRM_INVALID,
    COPP_REFUSAL_LINK, /* COPP: it did not come up */
    COPP_REFUSAL_FAILED, /* OPM: it did not come up */
    COPP_REFUSAL_INTERNAL /* the crypto library failed */
};

/* Whose codes a call answers by. */
enum copp_codes {
    COPP_CODES_COPP = 0, /* those of COPP's own interface */
    COPP_CODES_INFORMATION, /* those of OPM's interface: GetInformation, COPPCompatibleGetInformation */
    COPP_CODES_CONFIGURE /* and Configure */
};

uint32_t copp_refusal_hresult(enum copp_refusal refusal, enum copp_codes codes);

#endif
