/* A session under OPM's semantics. */
#include "copp/opm.h"

#include "copp/x509.h"
#include "crypto/crypto.h"
#include "session/internal.h"

#define BIT(request) (1u << (request))
#define REQUESTS                                                                                                                 \
    (BIT(COPP_SET_PROTECTION_LEVEL) | BIT(COPP_QUERY_CONNECTOR_TYPE) | BIT(COPP_QUERY_PROTECTION_TYPE) |                         \
     BIT(COPP_QUERY_LOCAL_PROTECTION_LEVEL) | BIT(COPP_QUERY_GLOBAL_PROTECTION_LEVEL) | BIT(COPP_QUERY_DISPLAY_DATA) |           \
     BIT(COPP_QUERY_BUS_DATA) | BIT(COPP_OPM_QUERY_SRM_VERSION) | BIT(COPP_OPM_QUERY_OUTPUT_ID) |                                \
     BIT(COPP_OPM_QUERY_DVI_CHARACTERISTICS) | BIT(COPP_OPM_QUERY_HARDWARE_PROTECTION) |                                         \
     BIT(COPP_OPM_SET_PROTECTION_LEVEL_CSS) | BIT(COPP_OPM_SET_HDCP_SRM))

static const uint32_t types[] = {COPP_PROTECTION_TYPE_OPM_HDCP, COPP_PROTECTION_TYPE_ENFORCEMENT, COPP_PROTECTION_TYPE_DPCP,
                                 COPP_PROTECTION_TYPE_ACP, COPP_PROTECTION_TYPE_CGMSA};
#define TYPES (sizeof types / sizeof types[0])

/* OPM-CERT-11: a COPP chain's anchor is of no use here, and never becomes one. */
static bool trusts(const struct copp_session_config *config) {
    return config->opm_anchor != NULL;
}

/* OPM-INI-2 */
static enum copp_result validate_chain(struct copp_session *session, const uint8_t *chain_bytes, size_t chain_size,
                                       struct copp_verdict *verdict) {
    const struct copp_opm_trust demanded = {.size = sizeof demanded,
                                            .anchor = session->config.opm_anchor,
                                            .purpose = session->config.opm_purpose,
                                            .log = session->config.log};
    return copp_opm_chain_validate(chain_bytes, chain_size, &demanded, &session->opm_chain, verdict);
}

/* OPM-INI-4, OPM-INI-5 */
static enum copp_result seal(const struct copp_session *session, const struct copp_handshake *handshake,
                             struct copp_signature *signature) {
    return copp_handshake_seal_logged(handshake, COPP_FORM_OPM, copp_opm_chain_leaf_key(session->opm_chain),
                                      session->config.random, signature, session->config.log);
}

/*
 * OPM-APP-4, OPM-APP-5. A command that was refused may still be in somebody's hand, with the number of the next one: if it lowers a level, it
 * could be slipped in between two looks. So no content is shown on this output again: closing the device is what is left.
 */
static bool refusal_ends(uint32_t hresult, bool command, bool lowers) {
    return hresult == COPP_HR_OPM_OUTPUT_GONE || (command && (lowers || hresult == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST));
}

static bool known_type(uint32_t type) {
    for (size_t i = 0; i < TYPES; i++) {
        if (types[i] == type)
            return true;
    }
    return false;
}

/* A type that OPM does not have would be answered with the code that ends the session; redistribution control is COPP's alone (OPM-SET-4). */
static bool level_sendable(uint32_t type, uint32_t level) {
    bool redistribution = type == COPP_PROTECTION_TYPE_CGMSA && level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED;
    return known_type(type) && copp_level_valid(type, level) && !redistribution;
}

static uint32_t level_in(const struct copp_requirement *requirement, uint32_t type) {
    switch (type) {
    case COPP_PROTECTION_TYPE_OPM_HDCP:
        return requirement->hdcp;
    case COPP_PROTECTION_TYPE_ENFORCEMENT:
        return requirement->type1 ? COPP_ENFORCEMENT_TYPE1 : COPP_ENFORCEMENT_OFF; /* OPM-HDCP-2 */
    case COPP_PROTECTION_TYPE_DPCP:
        return requirement->dpcp;
    case COPP_PROTECTION_TYPE_ACP:
        return requirement->acp;
    default:
        return requirement->cgmsa;
    }
}

static bool requirement_valid(const struct copp_requirement *requirement) {
    for (size_t i = 0; i < TYPES; i++) {
        if (!level_sendable(types[i], level_in(requirement, types[i])))
            return false;
    }
    return true;
}

/* OPM-SET-7; OPM-CONST-2: compared as a whole. */
static bool embedded(uint32_t connector) {
    return connector == COPP_CONNECTOR_LVDS || connector == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED ||
           connector == COPP_CONNECTOR_UDI_EMBEDDED;
}

/* OPM-STA-8, the gravest first. A flag that nobody has defined says nothing good. */
static enum copp_stop event_stop(uint32_t flags) {
    if (flags & COPP_STATUS_TAMPERING_DETECTED)
        return COPP_STOP_TAMPERING;
    if (flags & COPP_STATUS_REVOKED_HDCP_DEVICE)
        return COPP_STOP_REVOKED_DEVICE;
    if (flags & ~COPP_STATUS_RENEGOTIATION_REQUIRED)
        return COPP_STOP_LINK_LOST;
    return flags ? COPP_STOP_RECONFIGURED : COPP_STOP_NONE;
}

const struct copp_session_semantics copp_session_opm = {.name = "OPM",
                                                        .exchange_name = "StartInitialization",
                                                        .start_name = "FinishInitialization",
                                                        .request_name = copp_opm_request_name,
                                                        .requests = REQUESTS,
                                                        .trusts = trusts,
                                                        .validate_chain = validate_chain,
                                                        .seal = seal,
                                                        .signs_requests = true,
                                                        .refusal_ends = refusal_ends,
                                                        .off_when_over = true,
                                                        .types = types,
                                                        .type_count = TYPES,
                                                        .level_sendable = level_sendable,
                                                        .level_in = level_in,
                                                        .requirement_valid = requirement_valid,
                                                        .link_types =
                                                            COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ENFORCEMENT,
                                                        .embedded = embedded,
                                                        .event_stop = event_stop,
                                                        .driver_judges = true,
                                                        .gone = COPP_HR_OPM_OUTPUT_GONE};
