#include <string.h>

#include "copp/opm.h"
#include "crypto/crypto.h"
#include "session/internal.h"
#include "wire/answers.h"
#include "wire/binding.h"
#include "wire/cursor.h"

/* QRY-4: 16 fresh bytes from the CSPRNG. What is handed out leaves no copy behind. */
static enum copp_result draw_r_app(struct copp_session *session, uint8_t *r_app) {
    struct pool *pool = &session->pool;
    if (pool->left < COPP_RANDOM_SIZE) {
        enum copp_result result = copp_random_fill(session->config.random, pool->bytes, sizeof pool->bytes, session->config.log);
        if (result)
            return result;
        pool->left = sizeof pool->bytes;
    }
    pool->left -= COPP_RANDOM_SIZE;
    memcpy(r_app, &pool->bytes[pool->left], COPP_RANDOM_SIZE);
    copp_wipe(&pool->bytes[pool->left], COPP_RANDOM_SIZE);
    return COPP_OK;
}

/* A query's answer: its structure, once verified, and the flags that every such structure has. */
struct answer {
    uint8_t bytes[COPP_ANSWER_SIZE_MAX];
    uint32_t size; /* exactly what the structure takes */
    uint32_t flags;
};

/* BIND-4: everything that the driver has bound, the flags apart, is what this side sent, was told and expects. */
static bool binding_holds(struct copp_session *session, const struct copp_status_output *message,
                          const struct copp_status_input_fields *request) {
    const uint8_t *bytes = &message->bytes[COPP_BINDING_AT];
    struct copp_binding told;
    struct copp_binding expected = {.command_sequence = session->command_sequence, .refused = session->history.refused};
    copp_binding_of_request(request, &expected);
    memcpy(expected.record, session->history.record, sizeof expected.record);
    memcpy(expected.connector, session->connector, sizeof expected.connector);
    if (copp_binding_matches(bytes, &expected)) {
        session->bound = true;
        session->bound_flags =
            COPP_BOUND | (expected.flags & (COPP_BOUND_REAL | COPP_BOUND_PLUGGED | COPP_BOUND_RECEIVER)); /* BIND-6 */
        return true;
    }
    if (copp_binding_decode(bytes, &told)) {
        session->other_connector = !copp_equal(told.connector, session->connector, sizeof told.connector);
        COPP_LOG(session->config.log, COPP_LOG_WARNING, "the answer is bound to ",
                 session->other_connector ? "another connector (BIND-7)" : "a state that this side does not know (BIND-4)");
        return false;
    }
    session->not_bound = session->bound || session->config.binding != COPP_BINDING_OPTIONAL; /* BIND-5 */
    if (session->not_bound)
        COPP_LOG(session->config.log, COPP_LOG_WARNING, "the answer is not bound (BIND-5)");
    return !session->not_bound;
}

/* QRY-4, OPM-APP-2, in this order: MAC, size, rApp; then the binding. Then and only then the answer is read. */
static enum copp_result verify(struct copp_session *session, const struct copp_status_output *message,
                               const struct copp_status_input_fields *request, struct answer *answer) {
    uint8_t mac[COPP_MAC_SIZE];
    uint8_t echo[COPP_RANDOM_SIZE];
    enum copp_result result = copp_omac_tag(session->omac, &message->bytes[COPP_MAC_SIZE], COPP_AUTHENTICATED_SIZE, mac);
    if (result)
        return result;
    struct copp_status_output_fields fields;
    copp_status_output_decode(message, &fields);
    if (!copp_equal(mac, fields.mac, COPP_MAC_SIZE) || fields.size != answer->size)
        return COPP_E_AUTHENTICATION;
    struct copp_reader in = {fields.data, answer->size};
    if (!copp_read_bytes(&in, echo, sizeof echo) || !copp_equal(request->r_app, echo, sizeof echo) ||
        !binding_holds(session, message, request) || !copp_read_u32le(&in, &answer->flags))
        return COPP_E_AUTHENTICATION;
    in = (struct copp_reader){fields.data, answer->size};
    return copp_read_bytes(&in, answer->bytes, answer->size) ? COPP_OK : COPP_E_AUTHENTICATION;
}

/* An answer tells each event flag once (EVT-2): whoever asked, none may be lost on the other readers. */
static void note_events(struct copp_session *session, uint32_t flags) {
    session->events |= flags;
    session->unreported |= flags;
    session->told |= flags;
    if (flags & COPP_STATUS_RENEGOTIATION_REQUIRED && session->semantics->renegotiates)
        session->reconfigured = true;
}

/* OPM-GET-1: over all of the message, whose beginning is no MAC. Where requests are not signed, nothing goes along. */
static enum copp_result sign_request(struct copp_session *session, const struct copp_status_input *input, uint8_t *mac,
                                     struct copp_call *call) {
    if (!session->semantics->signs_requests)
        return COPP_OK;
    call->additional = mac;
    call->additional_size = COPP_MAC_SIZE;
    return copp_omac_tag(session->omac, input->bytes, sizeof input->bytes, mac);
}

/* The messages live here alone: ten thousand sessions polled in turn find them in the cache. */
static enum copp_result request(struct copp_session *session, const char *name, const struct copp_status_input_fields *fields,
                                struct answer *answer) {
    struct copp_status_input input;
    struct copp_status_output output = {{0}}; /* bytes that a transport leaves out must not show memory of this process */
    uint8_t mac[COPP_MAC_SIZE];
    struct copp_call call = copp_session_call(session);
    enum copp_result result = copp_status_input_encode(fields, &input);
    if (!result)
        result = sign_request(session, &input, mac, &call);
    if (result)
        return result;
    struct sent sent = {.kind = COPP_HISTORY_STATUS, .name = name};
    memcpy(sent.head, input.bytes, sizeof sent.head);
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    result = transport->ops->protection_status(transport, &call, &input, &output, &hresult);
    result = copp_session_check_request(session, &sent, result, hresult);
    if (result)
        return result;
    result = verify(session, &output, fields, answer);
    if (!result)
        return COPP_OK;
    COPP_LOG(session->config.log, COPP_LOG_WARNING, name, ": ", copp_strerror(result));
    copp_session_die(session, result);
    return result;
}

/*
 * Asks one thing; answer->size says how many bytes are expected, exactly. Where the driver has moved on and we cannot
 * follow, because its answer is false or cannot be checked, the session is dead.
 */
static enum copp_result ask(struct copp_session *session, enum copp_request question, const struct copp_reader *data,
                            struct answer *answer) {
    enum copp_result result = copp_session_expect_request(session, question);
    if (result)
        return result;
    /* QRY-4: rApp is never read back from the message, which a transport has in its hands */
    struct copp_status_input_fields fields = {
        .sequence = session->status_sequence, .size = (uint32_t)data->left, .data = data->next};
    result = draw_r_app(session, fields.r_app);
    if (result)
        return result;
    memcpy(fields.guid, copp_opm_request_guid(question), sizeof fields.guid);
    result = request(session, session->semantics->request_name(question), &fields, answer);
    if (result)
        return result;
    session->status_sequence++; /* QRY-3, OPM-APP-4: modulo 2^32, and only after the answer was verified */
    note_events(session, answer->flags);
    return COPP_OK;
}

static const struct copp_reader no_data = {NULL, 0};

/* A query answered by WIRE-7. */
static enum copp_result ask_word(struct copp_session *session, enum copp_request question, const struct copp_reader *data,
                                 uint32_t *word) {
    if (!word)
        return COPP_E_ARGUMENT;
    struct answer answer = {.size = COPP_STATUS_SIZE};
    enum copp_result result = ask(session, question, data, &answer);
    if (result)
        return result;
    struct copp_status status;
    result = copp_status_decode(answer.bytes, answer.size, &status);
    if (!result)
        *word = status.data;
    return result;
}

/* A query about one protection type. */
static enum copp_result ask_level(struct copp_session *session, enum copp_request question, uint32_t type, uint32_t *level) {
    uint8_t data[4];
    struct copp_writer out = {data, sizeof data};
    (void)copp_write_u32le(&out, type);
    return ask_word(session, question, &(struct copp_reader){data, sizeof data}, level);
}

enum copp_result copp_session_connector_type(struct copp_session *session, uint32_t *type) {
    return ask_word(session, COPP_QUERY_CONNECTOR_TYPE, &no_data, type);
}

enum copp_result copp_session_protection_types(struct copp_session *session, uint32_t *types) {
    return ask_word(session, COPP_QUERY_PROTECTION_TYPE, &no_data, types);
}

enum copp_result copp_session_bus_type(struct copp_session *session, uint32_t *type) {
    return ask_word(session, COPP_QUERY_BUS_DATA, &no_data, type);
}

enum copp_result copp_session_local_level(struct copp_session *session, uint32_t type, uint32_t *level) {
    return ask_level(session, COPP_QUERY_LOCAL_PROTECTION_LEVEL, type, level);
}

enum copp_result copp_session_global_level(struct copp_session *session, uint32_t type, uint32_t *level) {
    return ask_level(session, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type, level);
}

enum copp_result copp_session_display(struct copp_session *session, struct copp_display *display) {
    if (!display)
        return COPP_E_ARGUMENT;
    struct answer answer = {.size = COPP_STATUS_DISPLAY_SIZE};
    enum copp_result result = ask(session, COPP_QUERY_DISPLAY_DATA, &no_data, &answer);
    if (result)
        return result;
    struct copp_status_display status;
    result = copp_status_display_decode(answer.bytes, answer.size, &status);
    if (!result)
        *display = status.display;
    return result;
}

enum copp_result copp_session_hdcp_key(struct copp_session *session, struct copp_status_hdcp_key *key) {
    if (!key)
        return COPP_E_ARGUMENT;
    struct answer answer = {.size = COPP_STATUS_HDCP_KEY_SIZE};
    enum copp_result result = ask(session, COPP_QUERY_HDCP_KEY_DATA, &no_data, &answer);
    return result ? result : copp_status_hdcp_key_decode(answer.bytes, answer.size, key);
}

enum copp_result copp_session_signaling(struct copp_session *session, struct copp_status_signaling *signaling) {
    if (!signaling)
        return COPP_E_ARGUMENT;
    struct answer answer = {.size = COPP_STATUS_SIGNALING_SIZE};
    enum copp_result result = ask(session, COPP_QUERY_SIGNALING, &no_data, &answer);
    return result ? result : copp_status_signaling_decode(answer.bytes, answer.size, signaling);
}

enum copp_result copp_session_srm_version(struct copp_session *session, uint32_t *version) {
    return ask_word(session, COPP_OPM_QUERY_SRM_VERSION, &no_data, version);
}

enum copp_result copp_session_dvi_characteristics(struct copp_session *session, uint32_t *characteristics) {
    return ask_word(session, COPP_OPM_QUERY_DVI_CHARACTERISTICS, &no_data, characteristics);
}

enum copp_result copp_session_hardware_protection(struct copp_session *session, uint32_t *supported) {
    return ask_word(session, COPP_OPM_QUERY_HARDWARE_PROTECTION, &no_data, supported);
}

enum copp_result copp_session_output_id(struct copp_session *session, uint64_t *id) {
    if (!id)
        return COPP_E_ARGUMENT;
    struct answer answer = {.size = COPP_OPM_OUTPUT_ID_SIZE};
    enum copp_result result = ask(session, COPP_OPM_QUERY_OUTPUT_ID, &no_data, &answer);
    if (result)
        return result;
    struct copp_opm_output_id told;
    result = copp_opm_output_id_decode(answer.bytes, answer.size, &told);
    if (!result)
        *id = told.id;
    return result;
}
