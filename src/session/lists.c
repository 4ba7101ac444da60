/* What a session knows to be revoked: chains (CRL-4) and receivers (APP-2), and what it hands to a driver that judges receivers. */
#include "copp/opm.h"
#include "session/internal.h"
#include "wire/cursor.h"

/* HDCP 2 has ids of its own, and a driver names its receiver by HDCP 1's KSV: such a message would seem to be checked. */
static bool checks_receivers(const struct copp_srm *srm) {
    return copp_srm_valid(srm) && copp_srm_hdcp(srm) == 1;
}

bool copp_session_lists_valid(const struct copp_session_lists *lists) {
    if ((lists->revocation_count && !lists->revocations) || (lists->srm_count && !lists->srms))
        return false;
    for (size_t i = 0; i < lists->revocation_count; i++) {
        if (!copp_revocation_valid(lists->revocations[i]))
            return false;
    }
    for (size_t i = 0; i < lists->srm_count; i++) {
        if (!checks_receivers(lists->srms[i]))
            return false;
    }
    return true;
}

enum copp_result copp_session_check_chain(const struct copp_session_lists *lists, const struct copp_chain *chain,
                                          struct copp_verdict *verdict) { /* CRL-4 */
    for (size_t i = 0; i < lists->revocation_count; i++) {
        enum copp_result result = copp_revocation_check(lists->revocations[i], chain, verdict);
        if (result)
            return result;
    }
    return COPP_OK;
}

bool copp_session_receiver_revoked(const struct copp_session_lists *lists, const uint8_t *ksv) { /* APP-2 */
    for (size_t i = 0; i < lists->srm_count; i++) {
        if (copp_srm_revoked(lists->srms[i], ksv))
            return true;
    }
    return false;
}

#define SRM_SIZE_MIN 48u /* of HDCP 1's; one of HDCP 2's has more */

bool copp_session_srm_sendable(const uint8_t *srm_bytes, size_t srm_size) { /* OPM-SRM-1 */
    return srm_bytes && srm_size >= SRM_SIZE_MIN && srm_size <= COPP_OPM_ADDITIONAL_MAX;
}

uint32_t copp_session_srm_number(const uint8_t *srm_bytes) { /* OPM-SRM-2: big-endian there */
    struct copp_reader in = {srm_bytes, SRM_SIZE_MIN};
    uint8_t head[4] = {0};
    (void)copp_read_bytes(&in, head, sizeof head);
    return (uint32_t)head[2] << 8 | head[3];
}
