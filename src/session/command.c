#include <string.h>

#include "copp/opm.h"
#include "session/internal.h"
#include "wire/cursor.h"

/* What a command asks for. */
struct order {
    enum copp_request request;
    const uint8_t *data;
    uint32_t size;
    const uint8_t *additional; /* beside the message, which does not cover it (OPM-SET-3) */
    size_t additional_size;
    bool off; /* a level is switched off */
    bool lowers; /* a level that the session holds */
};

/* CMD-1: the message of an order. */
static enum copp_result sign(const struct copp_session *session, const struct order *order, struct copp_command *message) {
    struct copp_command_fields fields = {.sequence = session->command_sequence, .size = order->size, .data = order->data};
    memcpy(fields.guid, copp_opm_request_guid(order->request), sizeof fields.guid);
    enum copp_result result = copp_command_encode(&fields, message);
    return result ? result
                  : copp_omac_tag(session->omac, &message->bytes[COPP_MAC_SIZE], COPP_AUTHENTICATED_SIZE, message->bytes);
}

/* Signs and sends one command. It is not retried: what fails has changed nothing (CMD-3), or ends the session (OPM-APP-5). */
static enum copp_result command(struct copp_session *session, const struct order *order) {
    enum copp_result result = copp_session_expect_request(session, order->request);
    if (result)
        return result;
    if (copp_session_over(session) != COPP_STOP_NONE && !(order->off && session->semantics->off_when_over)) /* EVT-4 */
        return COPP_E_LINK_LOST;
    struct copp_command message;
    result = sign(session, order, &message);
    struct copp_history done = session->history; /* once it is: what fails later would come too late (CMD-3) */
    if (!result)
        result = copp_history_add(&done, session->omac, COPP_HISTORY_COMMAND, message.bytes, COPP_HR_OK);
    if (result)
        return result;
    struct sent sent = {
        .kind = COPP_HISTORY_COMMAND, .name = session->semantics->request_name(order->request), .lowers = order->lowers};
    memcpy(sent.head, message.bytes, sizeof sent.head);
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    struct copp_call call = copp_session_call(session);
    call.additional = order->additional;
    call.additional_size = order->additional_size;
    result = transport->ops->protection_command(transport, &call, &message, &hresult);
    result = copp_session_check_request(session, &sent, result, hresult);
    if (result)
        return result;
    session->command_sequence++; /* CMD-3, OPM-APP-4: modulo 2^32 */
    session->history = done; /* BIND-3 */
    return COPP_OK;
}

/* Where a type's level is kept: those that a session may raise are single bits. */
static uint32_t *level_of(struct copp_session *session, uint32_t type) {
    size_t place = 0;
    while (place < COPP_SESSION_LEVELS - 1 && type != 1u << place)
        place++;
    return &session->levels[place];
}

static enum copp_result set_level(struct copp_session *session, enum copp_request request, uint32_t type, uint32_t level) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    if (!session || !session->semantics->level_sendable(type, level))
        return COPP_E_ARGUMENT;
    copp_set_protection_level_encode(&(struct copp_set_protection_level){.type = type, .level = level}, data);
    uint32_t *held = level_of(session, type);
    const struct order order = {.request = request,
                                .data = data,
                                .size = sizeof data,
                                .off = !level,
                                .lowers = copp_level_rank(type, level) < copp_level_rank(type, *held)};
    enum copp_result result = command(session, &order);
    if (result)
        return result;
    *held = level;
    session->held = level ? session->held | type : session->held & ~type;
    return COPP_OK;
}

enum copp_result copp_session_set_protection_level(struct copp_session *session, uint32_t type, uint32_t level) {
    return set_level(session, COPP_SET_PROTECTION_LEVEL, type, level);
}

enum copp_result copp_session_set_protection_level_css(struct copp_session *session, uint32_t type, uint32_t level) {
    return set_level(session, COPP_OPM_SET_PROTECTION_LEVEL_CSS, type, level);
}

enum copp_result copp_session_set_signaling(struct copp_session *session, const struct copp_set_signaling *signaling) {
    if (!signaling)
        return COPP_E_ARGUMENT;
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    copp_set_signaling_encode(signaling, data);
    return command(session, &(struct order){.request = COPP_SET_SIGNALING, .data = data, .size = sizeof data});
}

enum copp_result copp_session_set_srm(struct copp_session *session, const uint8_t *srm_bytes, size_t srm_size) {
    uint8_t data[COPP_OPM_SET_HDCP_SRM_SIZE];
    if (!copp_session_srm_sendable(srm_bytes, srm_size))
        return COPP_E_ARGUMENT;
    copp_opm_set_hdcp_srm_encode(&(struct copp_opm_set_hdcp_srm){copp_session_srm_number(srm_bytes)}, data);
    const struct order order = {.request = COPP_OPM_SET_HDCP_SRM,
                                .data = data,
                                .size = sizeof data,
                                .additional = srm_bytes,
                                .additional_size = srm_size};
    enum copp_result result = command(session, &order);
    if (!result)
        session->srm_sent = true;
    return result;
}
