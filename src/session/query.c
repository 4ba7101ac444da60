#include <string.h>

#include "crypto/crypto.h"
#include "session/internal.h"
#include "wire/cursor.h"

/* QRY-4: 16 fresh bytes from the CSPRNG. What is handed out leaves no copy behind. */
static enum copp_result draw_r_app(struct copp_session *session, uint8_t *r_app) {
    struct pool *pool = &session->pool;
    if (pool->left < COPP_RANDOM_SIZE) {
        enum copp_result result = copp_random_fill(session->config.random, pool->bytes, sizeof pool->bytes);
        if (result)
            return result;
        pool->left = sizeof pool->bytes;
    }
    pool->left -= COPP_RANDOM_SIZE;
    memcpy(r_app, &pool->bytes[pool->left], COPP_RANDOM_SIZE);
    copp_wipe(&pool->bytes[pool->left], COPP_RANDOM_SIZE);
    return COPP_OK;
}

/* The structure that every answer starts with, whichever query it answers. */
struct answer_head {
    const uint8_t *r_app;
    uint32_t flags;
};

/* QRY-4, in this order: MAC, size, rApp. Then and only then the answer is read. */
static enum copp_result verify(struct copp_session *session, const uint8_t *r_app, uint32_t size, struct answer_head *head) {
    uint8_t mac[COPP_MAC_SIZE];
    enum copp_result result = copp_omac_sign(session->omac, &session->answer.bytes[COPP_MAC_SIZE], COPP_AUTHENTICATED_SIZE, mac);
    if (result)
        return result;
    struct copp_status_output_fields fields;
    copp_status_output_decode(&session->answer, &fields);
    if (!copp_equal(mac, fields.mac, COPP_MAC_SIZE))
        return COPP_E_AUTHENTICATION;
    if (fields.size != size)
        return COPP_E_AUTHENTICATION;
    struct copp_reader in = {fields.data, size};
    if (!copp_read_view(&in, &head->r_app, COPP_RANDOM_SIZE) || !copp_equal(r_app, head->r_app, COPP_RANDOM_SIZE))
        return COPP_E_AUTHENTICATION;
    return copp_read_u32le(&in, &head->flags) ? COPP_OK : COPP_E_AUTHENTICATION;
}

/* An answer tells each event flag once (EVT-2): whoever asked, none may be lost on the other readers. */
static void note_events(struct copp_session *session, uint32_t flags) {
    session->events |= flags;
    session->unwatched |= flags;
    if (flags & COPP_STATUS_LINK_LOST)
        session->link_lost = true;
    if (flags & COPP_STATUS_RENEGOTIATION_REQUIRED)
        session->reconfigured = true;
}

static enum copp_result send_query(struct copp_session *session, const struct copp_status_input_fields *fields) {
    enum copp_result result = copp_status_input_encode(fields, &session->request.status);
    if (result)
        return result;
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    result = transport->calls->protection_status(transport, &session->request.status, &session->answer, &hresult);
    return copp_session_heard(session, result, hresult);
}

/*
 * Asks one thing and verifies the answer, answer_size bytes exactly, which stays at *answer until the next request.
 * Where the driver has moved on and we cannot follow, because its answer is false or cannot be checked, the session
 * is dead.
 */
static enum copp_result ask(struct copp_session *session, enum copp_request request, const struct copp_reader *data,
                            uint32_t answer_size, const uint8_t **answer) {
    enum copp_result result = copp_session_expect(session, SESSION_ACTIVE);
    if (result)
        return result;
    uint8_t r_app[COPP_RANDOM_SIZE]; /* QRY-4: never read back from the message */
    result = draw_r_app(session, r_app);
    if (result)
        return result;
    struct copp_status_input_fields fields = {
        .sequence = session->status_sequence, .size = (uint32_t)data->left, .data = data->next};
    memcpy(fields.r_app, r_app, sizeof r_app);
    memcpy(fields.guid, copp_request_guid(request), sizeof fields.guid);
    result = send_query(session, &fields);
    if (result)
        return result;
    struct answer_head head;
    result = verify(session, r_app, answer_size, &head);
    if (result) {
        copp_session_die(session, result);
        return result;
    }
    session->status_sequence++; /* QRY-3: modulo 2^32 */
    note_events(session, head.flags);
    *answer = head.r_app;
    return COPP_OK;
}

static const struct copp_reader no_data = {NULL, 0};

/* A query answered by WIRE-7. */
static enum copp_result ask_word(struct copp_session *session, enum copp_request request, const struct copp_reader *data,
                                 uint32_t *word) {
    if (!word)
        return COPP_E_ARGUMENT;
    const uint8_t *answer;
    enum copp_result result = ask(session, request, data, COPP_STATUS_SIZE, &answer);
    if (result)
        return result;
    struct copp_status status;
    result = copp_status_decode(answer, COPP_STATUS_SIZE, &status);
    if (!result)
        *word = status.data;
    return result;
}

/* A query about one protection type. */
static enum copp_result ask_level(struct copp_session *session, enum copp_request request, uint32_t type, uint32_t *level) {
    uint8_t data[4];
    struct copp_writer out = {data, sizeof data};
    (void)copp_write_u32le(&out, type);
    return ask_word(session, request, &(struct copp_reader){data, sizeof data}, level);
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
    const uint8_t *answer;
    enum copp_result result = ask(session, COPP_QUERY_DISPLAY_DATA, &no_data, COPP_STATUS_DISPLAY_SIZE, &answer);
    if (result)
        return result;
    struct copp_status_display status;
    result = copp_status_display_decode(answer, COPP_STATUS_DISPLAY_SIZE, &status);
    if (!result)
        *display = status.display;
    return result;
}

enum copp_result copp_session_hdcp_key(struct copp_session *session, struct copp_status_hdcp_key *key) {
    if (!key)
        return COPP_E_ARGUMENT;
    const uint8_t *answer;
    enum copp_result result = ask(session, COPP_QUERY_HDCP_KEY_DATA, &no_data, COPP_STATUS_HDCP_KEY_SIZE, &answer);
    return result ? result : copp_status_hdcp_key_decode(answer, COPP_STATUS_HDCP_KEY_SIZE, key);
}

enum copp_result copp_session_signaling(struct copp_session *session, struct copp_status_signaling *signaling) {
    if (!signaling)
        return COPP_E_ARGUMENT;
    const uint8_t *answer;
    enum copp_result result = ask(session, COPP_QUERY_SIGNALING, &no_data, COPP_STATUS_SIGNALING_SIZE, &answer);
    return result ? result : copp_status_signaling_decode(answer, COPP_STATUS_SIGNALING_SIZE, signaling);
}
