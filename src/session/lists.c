/* What a session knows to be revoked: chains (CRL-4) and receivers (APP-2). */
#include "common/sized.h"
#include "session/internal.h"

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

enum copp_result copp_session_set_lists(struct copp_session *session, const struct copp_session_lists *lists,
                                        struct copp_verdict *verdict) {
    struct copp_verdict unwanted;
    if (!verdict)
        verdict = &unwanted;
    *verdict = (struct copp_verdict){COPP_RULE_NONE, COPP_RULE_NONE, -1, ""};
    struct copp_session_lists fresh;
    if (!session || !lists || !copp_sized_read(lists, &fresh, sizeof fresh) || !copp_session_lists_valid(&fresh))
        return COPP_E_ARGUMENT;
    if (session->dead)
        return session->dead;
    session->lists = fresh;
    enum copp_result result = session->chain ? copp_session_check_chain(&fresh, session->chain, verdict) : COPP_OK;
    if (result)
        copp_session_die(session, result);
    return result;
}
