/* A session under COPP's semantics. */
#include "crypto/crypto.h"
#include "session/internal.h"

#define BIT(request) (1u << (request))
#define REQUESTS                                                                                                                 \
    (BIT(COPP_SET_PROTECTION_LEVEL) | BIT(COPP_SET_SIGNALING) | BIT(COPP_QUERY_CONNECTOR_TYPE) |                                 \
     BIT(COPP_QUERY_PROTECTION_TYPE) | BIT(COPP_QUERY_LOCAL_PROTECTION_LEVEL) | BIT(COPP_QUERY_GLOBAL_PROTECTION_LEVEL) |        \
     BIT(COPP_QUERY_DISPLAY_DATA) | BIT(COPP_QUERY_HDCP_KEY_DATA) | BIT(COPP_QUERY_BUS_DATA) | BIT(COPP_QUERY_SIGNALING))

static const uint32_t types[] = {COPP_PROTECTION_TYPE_HDCP, COPP_PROTECTION_TYPE_ACP, COPP_PROTECTION_TYPE_CGMSA};
#define TYPES (sizeof types / sizeof types[0])

static bool trusts(const struct copp_session_config *config) {
    return config->anchor != NULL;
}

/* CMD-3: what was refused has changed nothing, and BIND-3 shows what was not. */
static bool refusal_ends(uint32_t hresult, bool command, bool lowers) {
    (void)hresult;
    (void)command;
    (void)lowers;
    return false;
}

/* The driver says what it does not know (CMD-4). */
static bool level_sendable(uint32_t type, uint32_t level) {
    (void)type;
    (void)level;
    return true;
}

/* True if the driver presents the very bytes that config.known_chain was validated from. */
static bool already_known(const struct copp_session *session, const uint8_t *chain_bytes, size_t chain_size) {
    if (!session->config.known_chain)
        return false;
    size_t known_size;
    const uint8_t *known = copp_chain_bytes(session->config.known_chain, &known_size);
    return known_size == chain_size && copp_equal(known, chain_bytes, chain_size);
}

static enum copp_result validate_chain(struct copp_session *session, const uint8_t *chain_bytes, size_t chain_size,
                                       struct copp_verdict *verdict) {
    const struct copp_chain *chain = session->config.known_chain;
    if (!already_known(session, chain_bytes, chain_size)) {
        enum copp_result result = copp_chain_validate_logged(chain_bytes, chain_size, session->config.anchor, session->config.log,
                                                             &session->own_chain, verdict);
        if (result)
            return result;
        chain = session->own_chain;
    }
    /* also for a known chain: a list may be newer than the acquaintance */
    enum copp_result result = copp_session_check_chain(&session->lists, chain, verdict);
    if (!result)
        session->chain = chain;
    else
        COPP_LOG(session->config.log, COPP_LOG_WARNING, "the driver's certificate chain is refused: ", verdict->detail);
    return result;
}

/* SES-5 */
static enum copp_result seal(const struct copp_session *session, const struct copp_handshake *handshake,
                             struct copp_signature *signature) {
    return copp_handshake_seal_logged(handshake, session->config.form, copp_chain_leaf_key(session->chain),
                                      session->config.random, signature, session->config.log);
}

static uint32_t level_in(const struct copp_requirement *requirement, uint32_t type) {
    switch (type) {
    case COPP_PROTECTION_TYPE_HDCP:
        return requirement->hdcp;
    case COPP_PROTECTION_TYPE_ACP:
        return requirement->acp;
    default:
        return requirement->cgmsa;
    }
}

static bool requirement_valid(const struct copp_requirement *requirement) {
    if (requirement->dpcp || requirement->type1) /* OPM's alone */
        return false;
    for (size_t i = 0; i < TYPES; i++) {
        if (!copp_level_valid(types[i], level_in(requirement, types[i])))
            return false;
    }
    return true;
}

/* APP-4. An unknown connector, which has every bit set, is not one. */
static bool embedded(uint32_t connector) {
    if (connector == COPP_CONNECTOR_UNKNOWN)
        return false;
    if (connector & COPP_CONNECTOR_INTERNAL)
        return true;
    return connector == COPP_CONNECTOR_LVDS || connector == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED ||
           connector == COPP_CONNECTOR_UDI_EMBEDDED;
}

/* EVT-4 */
static enum copp_stop event_stop(uint32_t flags) {
    return flags & COPP_STATUS_LINK_LOST ? COPP_STOP_LINK_LOST : COPP_STOP_NONE;
}

const struct copp_session_semantics copp_session_copp = {.name = "COPP",
                                                         .exchange_name = "KeyExchange",
                                                         .start_name = "SessionSequenceStart",
                                                         .request_name = copp_request_name,
                                                         .requests = REQUESTS,
                                                         .trusts = trusts,
                                                         .validate_chain = validate_chain,
                                                         .seal = seal,
                                                         .refusal_ends = refusal_ends,
                                                         .level_sendable = level_sendable,
                                                         .types = types,
                                                         .type_count = TYPES,
                                                         .level_in = level_in,
                                                         .requirement_valid = requirement_valid,
                                                         .link_types = COPP_PROTECTION_TYPE_HDCP,
                                                         .embedded = embedded,
                                                         .event_stop = event_stop,
                                                         .renegotiates = true,
                                                         .checks_receiver = true};
