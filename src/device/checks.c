#include "device/checks.h"

#include "crypto/crypto.h"

enum copp_refusal copp_check_idle(struct copp_asked *asked) {
    return asked->device->result == COPP_HR_PENDING ? COPP_REFUSAL_STATE : COPP_REFUSAL_NONE;
}

/* CMD-1, OPM-GET-1, OPM-SET-1 */
enum copp_refusal copp_check_mac(struct copp_asked *asked) {
    uint8_t tag[COPP_MAC_SIZE];
    struct copp_omac *omac = asked->device->omac;
    enum copp_result result = asked->mac ? copp_omac_tag(omac, asked->message, COPP_MESSAGE_SIZE, tag)
                                         : copp_device_mac(asked->device, asked->message, tag);
    bool authentic = !result && copp_equal(tag, asked->mac ? asked->mac : asked->message, sizeof tag);
    copp_wipe(tag, sizeof tag);
    return authentic ? COPP_REFUSAL_NONE : COPP_REFUSAL_MAC;
}

enum copp_refusal copp_check_sequence(struct copp_asked *asked) {
    return asked->sequence == asked->expected ? COPP_REFUSAL_NONE : COPP_REFUSAL_SEQUENCE;
}

enum copp_refusal copp_check_room(struct copp_asked *asked) {
    return asked->size <= COPP_STATUS_DATA_SIZE ? COPP_REFUSAL_NONE : COPP_REFUSAL_PARAMETER;
}

/* QRY-1, CMD-2, OPM-GET-5, OPM-DDI-6 */
enum copp_refusal copp_check_request(struct copp_asked *asked) {
    bool opm = asked->device->semantics == COPP_SEMANTICS_OPM;
    if (!copp_opm_request_from_guid(asked->guid, &asked->request))
        return COPP_REFUSAL_REQUEST;
    const struct copp_request_rule *rule = asked->rule(asked->request);
    if (!rule)
        return COPP_REFUSAL_REQUEST;
    if (opm ? rule->opm : rule->copp)
        return COPP_REFUSAL_NONE;
    return opm ? COPP_REFUSAL_COPP_ONLY : COPP_REFUSAL_OPM_ONLY;
}

enum copp_refusal copp_check_exact_size(struct copp_asked *asked) {
    return asked->size == asked->rule(asked->request)->size ? COPP_REFUSAL_NONE : COPP_REFUSAL_PARAMETER;
}

enum copp_refusal copp_check_least_size(struct copp_asked *asked) {
    return asked->size >= asked->rule(asked->request)->size ? COPP_REFUSAL_NONE : COPP_REFUSAL_PARAMETER;
}

/* OPM-SET-3: they carry an SRM and nothing else. COPP's commands have none, not even a pointer to nothing. */
enum copp_refusal copp_check_additional(struct copp_asked *asked) {
    bool opm = asked->device->semantics == COPP_SEMANTICS_OPM;
    bool given = asked->additional_size || (asked->additional && !opm);
    return given && asked->request != COPP_OPM_SET_HDCP_SRM ? COPP_REFUSAL_PARAMETER : COPP_REFUSAL_NONE;
}

enum copp_refusal copp_checks_run(copp_check *const *checks, size_t count, struct copp_asked *asked) {
    enum copp_refusal refusal = COPP_REFUSAL_NONE;
    for (size_t i = 0; i < count && refusal == COPP_REFUSAL_NONE; i++)
        refusal = checks[i](asked);
    return refusal;
}
