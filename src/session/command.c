#include <string.h>

#include "copp/opm.h"
#include "session/internal.h"

/* CMD-1: signs and sends one command. It is not retried: what fails has changed nothing (CMD-3). */
static enum copp_result command(struct copp_session *session, enum copp_request request, const uint8_t *data, uint32_t size) {
    enum copp_result result = copp_session_expect_request(session, request);
    if (result)
        return result;
    if (copp_session_over(session) != COPP_STOP_NONE) /* EVT-4 */
        return COPP_E_LINK_LOST;
    struct copp_command_fields fields = {.sequence = session->command_sequence, .size = size, .data = data};
    memcpy(fields.guid, copp_opm_request_guid(request), sizeof fields.guid);
    struct copp_command message;
    result = copp_command_encode(&fields, &message);
    if (!result)
        result = copp_omac_tag(session->omac, &message.bytes[COPP_MAC_SIZE], COPP_AUTHENTICATED_SIZE, message.bytes);
    struct copp_history done = session->history; /* once it is: what fails later would come too late (CMD-3) */
    if (!result)
        result = copp_history_add(&done, session->omac, COPP_HISTORY_COMMAND, message.bytes, COPP_HR_OK);
    if (result)
        return result;
    uint8_t head[COPP_REQUEST_HEAD_SIZE]; /* read before a transport has it in its hands */
    memcpy(head, message.bytes, sizeof head);
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    const struct copp_call call = copp_session_call(session);
    result = transport->ops->protection_command(transport, &call, &message, &hresult);
    result = copp_session_check_request(session, COPP_HISTORY_COMMAND, session->semantics->request_name(request), head, result,
                                        hresult);
    if (result)
        return result;
    session->command_sequence++; /* CMD-3: modulo 2^32 */
    session->history = done; /* BIND-3 */
    return COPP_OK;
}

enum copp_result copp_session_set_protection_level(struct copp_session *session, uint32_t type, uint32_t level) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    copp_set_protection_level_encode(&(struct copp_set_protection_level){.type = type, .level = level}, data);
    enum copp_result result = command(session, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    if (!result && level)
        session->held |= type;
    else if (!result)
        session->held &= ~type;
    return result;
}

enum copp_result copp_session_set_signaling(struct copp_session *session, const struct copp_set_signaling *signaling) {
    if (!signaling)
        return COPP_E_ARGUMENT;
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    copp_set_signaling_encode(signaling, data);
    return command(session, COPP_SET_SIGNALING, data, sizeof data);
}
