/* Why content must not be shown: in words, by which rule, and which result leads to it. */
#include "session/look.h"

static const struct {
    enum copp_rule rule;
    const char *text;
} stops[] = {
    [COPP_STOP_INTERNAL] = {COPP_RULE_NONE, "this side failed, or has not protected anything"},
    [COPP_STOP_NONE] = {COPP_RULE_NONE, "protected"},
    [COPP_STOP_LINK_LOST] = {COPP_RULE_EVT_4, "the link to the display was lost"},
    [COPP_STOP_LEVEL] = {COPP_RULE_APP_3, "a protection level is not the requested one"},
    [COPP_STOP_REPEATER] = {COPP_RULE_APP_1, "the display is an HDCP repeater"},
    [COPP_STOP_NO_RECEIVER] = {COPP_RULE_APP_2, "the driver does not name an HDCP receiver to check"},
    [COPP_STOP_KSV] = {COPP_RULE_APP_2, "the display's HDCP key selection vector is invalid"},
    [COPP_STOP_REVOKED] = {COPP_RULE_APP_2, "the display is on the HDCP revocation list"},
    [COPP_STOP_UNSUPPORTED] = {COPP_RULE_NONE, "the connector does not offer the protection"},
    [COPP_STOP_REFUSED] = {COPP_RULE_NONE, "the driver refused"},
    [COPP_STOP_AUTHENTICATION] = {COPP_RULE_QRY_4, "an answer from the driver is not authentic"},
    [COPP_STOP_TRANSPORT] = {COPP_RULE_NONE, "the driver cannot be reached"},
    [COPP_STOP_DRIVER_REVOKED] = {COPP_RULE_CRL_4, "the driver's certificate is on a revocation list"},
    [COPP_STOP_RECONFIGURED] = {COPP_RULE_OPM_STA_8, "the connector was reconfigured, or the driver has closed this output"},
    [COPP_STOP_REVOKED_DEVICE] = {COPP_RULE_OPM_STA_8, "a device behind the connector is on the HDCP revocation list"},
    [COPP_STOP_TAMPERING] = {COPP_RULE_OPM_STA_8, "the driver reports tampering with the adapter or itself"},
    [COPP_STOP_SRM] = {COPP_RULE_OPM_APP_1, "the driver does not use the HDCP revocation list it was given"},
    [COPP_STOP_OTHER_OUTPUT] = {COPP_RULE_OPM_APP_7, "the driver answers for an output other than the one named"},
};

static bool known(enum copp_stop stop) {
    return (unsigned)stop < sizeof stops / sizeof stops[0];
}

const char *copp_stop_text(enum copp_stop stop) {
    return known(stop) ? stops[stop].text : "unknown";
}

enum copp_rule copp_stop_rule(enum copp_stop stop) {
    return known(stop) ? stops[stop].rule : COPP_RULE_NONE;
}

enum copp_stop copp_session_stop_for(const struct copp_session *session, enum copp_result result) {
    enum copp_stop over = copp_session_over(session);
    switch (result) {
    case COPP_OK:
        return COPP_STOP_NONE;
    case COPP_E_REFUSED: /* OPM-STA-8: an output that is gone is one that was reconfigured */
        return session->hresult == session->semantics->gone ? COPP_STOP_RECONFIGURED : COPP_STOP_REFUSED;
    case COPP_E_LINK_LOST:
        return over != COPP_STOP_NONE ? over : COPP_STOP_LINK_LOST;
    case COPP_E_AUTHENTICATION:
        return COPP_STOP_AUTHENTICATION;
    case COPP_E_TRANSPORT:
        return COPP_STOP_TRANSPORT;
    case COPP_E_REVOKED:
        return COPP_STOP_DRIVER_REVOKED;
    default:
        return COPP_STOP_INTERNAL;
    }
}

enum copp_stop copp_session_check_answer(const struct copp_session *session, enum purpose purpose, enum copp_result result) {
    if (session->dead)
        return copp_session_stop_for(session, result);
    enum copp_stop over = copp_session_over(session);
    if (over != COPP_STOP_NONE)
        return over;
    if (session->reconfigured && purpose == TO_JUDGE)
        return COPP_STOP_LEVEL;
    return copp_session_stop_for(session, result);
}
