/*
 * Sessions that an independent implementation has recorded: given the same random numbers, ours sends the same bytes, and takes
 * out of the answers what is in them. What no session of ours would send (wrong MACs, numbers and sizes, reserved words) is ignored,
 * and so is what ends one of ours (OPM-APP-5, OPM-STA-8).
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_kit.h"
#include "session/internal.h"

enum { AT_GUID = 16, AT_SEQUENCE = 32, AT_SIZE = 36, AT_DATA = 40 }; /* of a command; of a request as well, its MAC included */

/* One output of a recorded session: a driver that says what was recorded, and the application's random numbers. */
struct replay {
    struct copp_transport transport;
    struct copp_random random;
    struct copp_private_key *key;
    uint8_t *chain_bytes;
    size_t chain_size;
    const json_t *output; /* of outputs */
    uint8_t s[COPP_HANDSHAKE_SIZE];
    const json_t *steps;
    json_int_t index; /* of this output, as steps have it */
    const json_t *step; /* under way */
    bool asked; /* it has been sent */
    struct copp_session *session;
};

static struct { unsigned requests, commands; } played;

static size_t hex(const json_t *object, const char *name, uint8_t *bytes, size_t capacity) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? from_hex(text, bytes, capacity) : 0;
}

static uint32_t le32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t recorded_result(const json_t *step) {
    return (uint32_t)strtoul(json_string_value(json_object_get(step, "result")), NULL, 16);
}

static bool is_request(const json_t *step) {
    return strcmp(json_string_value(json_object_get(step, "call")), "GetInformation") == 0;
}

/* The whole message of a step, and its size. */
static size_t message_of(const json_t *step, uint8_t *bytes) {
    memset(bytes, 0, COPP_OPM_GET_INFO_SIZE);
    (void)hex(step, "message", bytes, COPP_OPM_GET_INFO_SIZE);
    return is_request(step) ? COPP_OPM_GET_INFO_SIZE : COPP_MESSAGE_SIZE;
}

/* The additional bytes of a step; freed by the caller. */
static uint8_t *additional_of(const json_t *step, size_t *size) {
    const char *file = json_string_value(json_object_get(step, "additional_file"));
    if (file) {
        char name[128];
        (void)snprintf(name, sizeof name, "opm/%s", file);
        return read_test_vector(name, size);
    }
    uint8_t *bytes = calloc(1, 4096);
    *size = hex(step, "additional", bytes, 4096);
    return bytes;
}

/* --- the driver --- */

static struct replay *replay_of(struct copp_transport *transport) {
    return (struct replay *)(void *)transport;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct replay *replay = replay_of(transport);
    (void)call;
    memcpy(random, replay->s, COPP_RANDOM_SIZE);
    *chain_bytes = replay->chain_bytes;
    *chain_size = replay->chain_size;
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

/* OAEP's seed is not recorded, so that what is compared is what the driver reads. */
static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct replay *replay = replay_of(transport);
    (void)call;
    struct copp_handshake ours, recorded;
    struct copp_signature encrypted;
    assert_int_equal(hex(replay->output, "encrypted", encrypted.bytes, sizeof encrypted.bytes), sizeof encrypted.bytes);
    assert_int_equal(copp_handshake_open_opm(replay->key, signature, replay->s, &ours), COPP_OK);
    assert_int_equal(copp_handshake_open_opm(replay->key, &encrypted, replay->s, &recorded), COPP_OK);
    assert_memory_equal(&ours, &recorded, sizeof ours);
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

static void compare(struct replay *replay, const uint8_t *sent, size_t size) {
    uint8_t message[COPP_OPM_GET_INFO_SIZE];
    assert_false(replay->asked);
    replay->asked = true;
    assert_int_equal(message_of(replay->step, message), size);
    assert_memory_equal(message, sent, size);
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct replay *replay = replay_of(transport);
    size_t size;
    uint8_t *additional = additional_of(replay->step, &size);
    compare(replay, message->bytes, sizeof message->bytes);
    assert_int_equal(call->additional_size, size);
    assert_memory_equal(call->additional ? call->additional : additional, additional, size);
    free(additional);
    *hresult = recorded_result(replay->step);
    return COPP_OK;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct replay *replay = replay_of(transport);
    uint8_t sent[COPP_OPM_GET_INFO_SIZE];
    assert_int_equal(call->additional_size, COPP_MAC_SIZE);
    memcpy(sent, call->additional, COPP_MAC_SIZE);
    memcpy(sent + COPP_MAC_SIZE, input->bytes, sizeof input->bytes);
    compare(replay, sent, sizeof sent);
    *hresult = recorded_result(replay->step);
    if (*hresult == COPP_HR_OK)
        (void)hex(replay->step, "answer", output->bytes, sizeof output->bytes);
    return COPP_OK;
}

static void set_free(struct copp_transport *transport) {
    (void)transport;
}

static void info(const struct copp_transport *transport, struct copp_transport_info *info) {
    (void)transport;
    info->semantics = COPP_SEMANTICS_OPM;
}

/* --- the application --- */

/* What the step asks for, if a session of ours would: authentic, with the next number, and nothing where nothing belongs. */
static bool playable(const struct replay *replay, const json_t *step, enum copp_request *request, uint8_t *fields) {
    uint8_t message[COPP_OPM_GET_INFO_SIZE], mac[COPP_MAC_SIZE];
    if (!json_is_integer(json_object_get(step, "output")) || json_integer_value(json_object_get(step, "output")) != replay->index)
        return false;
    bool asks = is_request(step);
    size_t size = message_of(step, message);
    kit_cmac(replay->s + COPP_RANDOM_SIZE, message + COPP_MAC_SIZE, size - COPP_MAC_SIZE, mac);
    memcpy(fields, asks ? message + COPP_MAC_SIZE : message, COPP_MESSAGE_SIZE);
    uint32_t data = le32(fields + AT_SIZE);
    uint32_t number = asks ? replay->session->status_sequence : replay->session->command_sequence;
    if (memcmp(mac, message, sizeof mac) != 0 || le32(fields + AT_SEQUENCE) != number || data > 16 ||
        !copp_opm_request_from_guid(fields + AT_GUID, request) || !(replay->session->semantics->requests >> *request & 1u))
        return false;
    for (size_t at = AT_DATA + data; at < COPP_MESSAGE_SIZE; at++) {
        if (fields[at])
            return false;
    }
    bool level = *request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || *request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    bool asking = *request != COPP_SET_PROTECTION_LEVEL && *request != COPP_OPM_SET_PROTECTION_LEVEL_CSS &&
                  *request != COPP_OPM_SET_HDCP_SRM;
    return asks ? asking && data == (level ? 4 : 0) : !asking && data == (*request == COPP_OPM_SET_HDCP_SRM ? 4 : 16);
}

/* The word, or the output's id, that the recorded answer holds. */
static uint64_t recorded_value(const json_t *step, enum copp_request request) {
    uint8_t answer[COPP_MESSAGE_SIZE] = {0};
    (void)hex(step, "answer", answer, sizeof answer);
    uint64_t low = le32(answer + 40);
    return request == COPP_OPM_QUERY_OUTPUT_ID ? low | (uint64_t)le32(answer + 44) << 32 : low;
}

static enum copp_result ask(struct copp_session *session, enum copp_request request, const uint8_t *fields, uint64_t *value) {
    uint32_t word = 0, type = le32(fields + AT_DATA);
    enum copp_result result;
    struct copp_display display = {0};
    switch (request) {
    case COPP_OPM_QUERY_OUTPUT_ID:
        return copp_session_output_id(session, value);
    case COPP_QUERY_DISPLAY_DATA:
        result = copp_session_display(session, &display);
        word = display.width;
        break;
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
        result = copp_session_local_level(session, type, &word);
        break;
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        result = copp_session_global_level(session, type, &word);
        break;
    case COPP_QUERY_CONNECTOR_TYPE:
        result = copp_session_connector_type(session, &word);
        break;
    case COPP_QUERY_PROTECTION_TYPE:
        result = copp_session_protection_types(session, &word);
        break;
    case COPP_QUERY_BUS_DATA:
        result = copp_session_bus_type(session, &word);
        break;
    case COPP_OPM_QUERY_SRM_VERSION:
        result = copp_session_srm_version(session, &word);
        break;
    case COPP_OPM_QUERY_DVI_CHARACTERISTICS:
        result = copp_session_dvi_characteristics(session, &word);
        break;
    default:
        assert_int_equal(request, COPP_OPM_QUERY_HARDWARE_PROTECTION);
        result = copp_session_hardware_protection(session, &word);
        break;
    }
    *value = word;
    return result;
}

static void play_request(struct replay *replay, enum copp_request request, const uint8_t *fields) {
    uint64_t value = 0;
    bool refused = recorded_result(replay->step) != COPP_HR_OK;
    assert_int_equal(ask(replay->session, request, fields, &value), refused ? COPP_E_REFUSED : COPP_OK);
    assert_true(replay->asked);
    assert_int_equal(copp_session_hresult(replay->session), recorded_result(replay->step));
    played.requests++;
    if (refused)
        return;
    assert_true(value == recorded_value(replay->step, request));
    uint8_t answer[COPP_MESSAGE_SIZE] = {0};
    (void)hex(replay->step, "answer", answer, sizeof answer);
    assert_int_equal(copp_session_take_events(replay->session), le32(answer + 36));
}

static enum copp_result order(const struct replay *replay, enum copp_request request, const uint8_t *fields) {
    uint32_t type = le32(fields + AT_DATA), level = le32(fields + AT_DATA + 4);
    size_t size;
    if (request == COPP_SET_PROTECTION_LEVEL)
        return copp_session_set_protection_level(replay->session, type, level);
    if (request == COPP_OPM_SET_PROTECTION_LEVEL_CSS)
        return copp_session_set_protection_level_css(replay->session, type, level);
    uint8_t *additional = additional_of(replay->step, &size);
    enum copp_result result = copp_session_set_srm(replay->session, additional, size);
    free(additional);
    return result;
}

/* Whether ours would give this command, and live on. */
static bool would_order(const struct replay *replay, const json_t *step, enum copp_request request, const uint8_t *fields) {
    size_t size;
    if (recorded_result(step) == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST) /* OPM-APP-5 */
        return false;
    if (request != COPP_OPM_SET_HDCP_SRM) {
        uint32_t type = le32(fields + AT_DATA), level = le32(fields + AT_DATA + 4);
        bool over = copp_session_over(replay->session) != COPP_STOP_NONE;
        return replay->session->semantics->level_sendable(type, level) && !(over && level) && !le32(fields + AT_DATA + 8) &&
               !le32(fields + AT_DATA + 12);
    }
    uint8_t *srm = additional_of(step, &size); /* what SRM and command say may differ there */
    bool same = copp_session_srm_sendable(srm, size) && copp_session_srm_number(srm) == le32(fields + AT_DATA);
    free(srm);
    return same;
}

static void play_command(struct replay *replay, enum copp_request request, const uint8_t *fields) {
    bool refused = recorded_result(replay->step) != COPP_HR_OK;
    assert_int_equal(order(replay, request, fields), refused ? COPP_E_REFUSED : COPP_OK);
    assert_true(replay->asked);
    assert_int_equal(copp_session_hresult(replay->session), recorded_result(replay->step));
    played.commands++;
}

/* What the application draws: its secrets, and a seed for OAEP. */
static enum copp_result fill(struct copp_random *random, uint8_t *bytes, size_t size) {
    struct replay *replay = (struct replay *)(void *)((uint8_t *)random - offsetof(struct replay, random));
    memset(bytes, 0x5A, size);
    if (size == COPP_KEY_SIZE + 8)
        memcpy(bytes, replay->s + COPP_RANDOM_SIZE, size);
    return COPP_OK;
}

/* Makes the step's random number the next that the session takes. */
static void preset(struct replay *replay, const uint8_t *fields) {
    struct pool *pool = &replay->session->pool;
    memcpy(pool->bytes, fields, COPP_RANDOM_SIZE);
    pool->left = COPP_RANDOM_SIZE;
}

static void play(struct replay *replay) {
    size_t i;
    const json_t *step;
    json_array_foreach((json_t *)(uintptr_t)replay->steps, i, step) {
        uint8_t fields[COPP_MESSAGE_SIZE];
        enum copp_request request;
        if (!playable(replay, step, &request, fields))
            continue;
        replay->step = step;
        replay->asked = false;
        preset(replay, fields);
        if (is_request(step))
            play_request(replay, request, fields);
        else if (would_order(replay, step, request, fields))
            play_command(replay, request, fields);
    }
}

static const struct copp_opm_anchor *anchor(void) {
    static struct copp_opm_anchor root = {.size = sizeof root};
    size_t size;
    uint8_t *bytes = read_test_vector("opm/root.pem", &size);
    assert_int_equal(copp_opm_anchor_read(bytes, size, &root), COPP_OK);
    free(bytes);
    return &root;
}

static void play_output(const json_t *recorded, size_t index, const json_t *output) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = set_free,
                                                  .info = info};
    static const struct copp_random_ops random_ops = {sizeof random_ops, fill};
    struct replay replay = {.transport = {&ops},
                            .random = {&random_ops},
                            .key = test_private_key("opm/leaf-key.pem"),
                            .output = output,
                            .steps = json_object_get(recorded, "steps"),
                            .index = (json_int_t)index};
    replay.chain_bytes = read_test_vector("opm/chain-good-sha1-leaf-root-ca.p7b", &replay.chain_size);
    assert_int_equal(hex(output, "s", replay.s, sizeof replay.s), sizeof replay.s);
    const struct copp_session_config config = {
        .size = sizeof config, .opm_anchor = anchor(), .random = &replay.random, .binding = COPP_BINDING_OPTIONAL};
    assert_int_equal(copp_session_new(&config, &replay.transport, &replay.session), COPP_OK);
    assert_int_equal(copp_session_establish(replay.session, NULL), COPP_OK);
    play(&replay);
    copp_session_free(&replay.session);
    copp_private_key_free(&replay.key);
    free(replay.chain_bytes);
}

static void recorded_sessions_are_sent_again(void) {
    size_t size, i, j;
    char *text = (char *)read_test_vector("opm/sessions.json", &size);
    json_t *root = json_loads(text, 0, NULL);
    json_t *sessions = json_object_get(root, "sessions");
    const json_t *recorded, *output;
    json_array_foreach(sessions, i, recorded) {
        json_array_foreach(json_object_get(recorded, "outputs"), j, output) play_output(recorded, j, output);
    }
    assert_true(json_array_size(sessions) >= 15);
    assert_int_equal(played.requests, 87); /* of 111 */
    assert_int_equal(played.commands, 56); /* of 91 */
    json_decref(root);
    free(text);
}

static const struct test_case cases[] = {
    TEST(recorded_sessions_are_sent_again, "OPM-INI-3 OPM-INI-4 OPM-GET-1 OPM-GET-4 OPM-SET-1 OPM-SRM-2 OPM-APP-2 OPM-APP-4"),
};

int main(void) {
    return RUN_SUITE("opm_transcripts", cases);
}
