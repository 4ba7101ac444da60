/* ProtectionStatus (QRY). */
#include <string.h>

#include "common/sized.h"
#include "device/internal.h"
#include "wire/answers.h"
#include "wire/binding.h"
#include "wire/cursor.h"
#include "wire/requests.h"

/* What an answer is made from. */
struct question {
    const struct copp_device *device;
    const struct copp_connector *connector;
    const uint8_t *r_app;
    size_t type; /* the one a level query names */
};

static void answer_word(const struct question *question, uint32_t word, uint8_t *answer) {
    struct copp_status status = {.flags = question->device->flags, .data = word};
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    copp_status_encode(&status, answer);
}

static uint32_t connector_type(const struct question *question, uint8_t *answer) {
    answer_word(question, question->connector->config.connector_type, answer);
    return COPP_HR_OK;
}

static uint32_t protection_type(const struct question *question, uint8_t *answer) {
    answer_word(question, question->connector->config.protection_types, answer); /* QRY-6: whatever the mode */
    return COPP_HR_OK;
}

static uint32_t local_level(const struct question *question, uint8_t *answer) {
    answer_word(question, question->device->level[question->type], answer); /* QRY-5 */
    return COPP_HR_OK;
}

static uint32_t global_level(const struct question *question, uint8_t *answer) {
    struct copp_protection global;
    copp_connector_global(question->connector, &global);
    answer_word(question, copp_protection_level(&global, question->type), answer); /* QRY-5 */
    return COPP_HR_OK;
}

static uint32_t bus_data(const struct question *question, uint8_t *answer) {
    answer_word(question, question->connector->config.bus_type, answer);
    return COPP_HR_OK;
}

static uint32_t display_data(const struct question *question, uint8_t *answer) {
    struct copp_output_state state;
    copp_connector_state(question->connector, &state);
    struct copp_status_display status = {.flags = question->device->flags, .display = state.display}; /* QRY-6 */
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    copp_status_display_encode(&status, answer);
    return COPP_HR_OK;
}

static uint32_t hdcp_key_data(const struct question *question, uint8_t *answer) {
    struct copp_output_state state;
    copp_connector_state(question->connector, &state);
    if (!copp_connector_has_type(question->connector, COPP_TYPE_HDCP) || !state.hdcp_receiver)
        return COPP_HR_INVALIDARG; /* QRY-6 */
    struct copp_status_hdcp_key status = {.flags = question->device->flags,
                                          .hdcp_flags = state.repeater ? COPP_HDCP_REPEATER : 0};
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    memcpy(status.bksv, state.bksv, sizeof state.bksv); /* WIRE-9: the first 5 bytes */
    copp_status_hdcp_key_encode(&status, answer);
    return COPP_HR_OK;
}

static uint32_t signaling(const struct question *question, uint8_t *answer) {
    const struct copp_connector *connector = question->connector;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    struct copp_status_signaling status = {.flags = question->device->flags,
                                           .available_standards = connector->config.tv_standards,
                                           .active_standard = connector->applied.tv_standard,
                                           .tv_type = state.tv_type};
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        status.aspect[i] = (struct copp_masked){connector->signaling.aspect[i].mask, connector->applied.aspect[i]};
    copp_status_signaling_encode(&status, answer);
    return COPP_HR_OK;
}

struct query {
    uint32_t data_size; /* cbSizeData of the request, exactly */
    uint32_t answer_size; /* bytes of the answer's structure */
    uint32_t (*answer)(const struct question *question, uint8_t *answer);
};
/* By enum copp_request; a command has no entry. */
static const struct query queries[COPP_REQUEST_COUNT] = {
    [COPP_QUERY_CONNECTOR_TYPE] = {0, COPP_STATUS_SIZE, connector_type},
    [COPP_QUERY_PROTECTION_TYPE] = {0, COPP_STATUS_SIZE, protection_type},
    [COPP_QUERY_LOCAL_PROTECTION_LEVEL] = {sizeof(uint32_t), COPP_STATUS_SIZE, local_level},
    [COPP_QUERY_GLOBAL_PROTECTION_LEVEL] = {sizeof(uint32_t), COPP_STATUS_SIZE, global_level},
    [COPP_QUERY_DISPLAY_DATA] = {0, COPP_STATUS_DISPLAY_SIZE, display_data},
    [COPP_QUERY_HDCP_KEY_DATA] = {0, COPP_STATUS_HDCP_KEY_SIZE, hdcp_key_data},
    [COPP_QUERY_BUS_DATA] = {0, COPP_STATUS_SIZE, bus_data},
    [COPP_QUERY_SIGNALING] = {0, COPP_STATUS_SIGNALING_SIZE, signaling},
};

static bool read_type(const struct copp_connector *connector, const struct copp_status_input_fields *fields, size_t *type) {
    struct copp_reader in = {fields->data, fields->size};
    uint32_t word;
    if (!copp_read_u32le(&in, &word))
        return false;
    *type = copp_connector_type_index(connector, word);
    return *type != COPP_TYPES;
}

/* QRY-1, from the GUID on; the answer is QRY-2's structure. */
static uint32_t ask(const struct copp_device *device, const struct copp_status_input_fields *fields, uint8_t *answer,
                    uint32_t *size) {
    enum copp_request request;
    if (!copp_request_from_guid(fields->guid, &request) || !queries[request].answer)
        return COPP_HR_INVALIDARG;
    const struct query *query = &queries[request];
    if (fields->size != query->data_size)
        return COPP_HR_INVALIDARG;
    struct question question = {.device = device, .connector = device->connector, .r_app = fields->r_app};
    if (query->data_size && !read_type(device->connector, fields, &question.type))
        return COPP_HR_INVALIDARG;
    *size = query->answer_size;
    return query->answer(&question, answer);
}

/* BIND-6: what the host has configured and the output knows; a bit that nobody has set promises nothing. */
static uint32_t bound_flags(const struct copp_connector *connector) {
    struct copp_output *output = connector->config.output;
    uint32_t known = COPP_HAS_OP(output->ops, presence) ? output->ops->presence(output) : 0;
    uint32_t flags = known & COPP_BOUND_PLUGGED;
    if (copp_connector_has_type(connector, COPP_TYPE_HDCP))
        flags |= known & COPP_BOUND_RECEIVER;
    return flags | (connector->config.real ? COPP_BOUND_REAL : 0);
}

/* BIND-1: what was received and done goes under the MAC with the answer. */
static void bind_answer(const struct copp_device *device, const struct copp_status_input_fields *request,
                        struct copp_status_output *message) {
    struct copp_binding binding;
    copp_binding_of_request(request, &binding);
    binding.command_sequence = device->command_sequence;
    binding.refused = device->history.refused; /* BIND-3 */
    binding.flags = bound_flags(device->connector);
    memcpy(binding.record, device->history.record, sizeof binding.record);
    memcpy(binding.connector, device->name, sizeof binding.connector); /* BIND-7 */
    copp_binding_encode(&binding, &message->bytes[COPP_BINDING_AT]);
}

/* QRY-2: zeros behind the structure, up to the binding where there is one, and the MAC over all of it. */
static bool seal(struct copp_device *device, const struct copp_status_input_fields *request, const uint8_t *answer, uint32_t size,
                 struct copp_status_output *message) {
    const struct copp_status_output_fields fields = {.size = size, .data = answer};
    uint8_t tag[COPP_MAC_SIZE];
    struct copp_writer out = {message->bytes, COPP_MAC_SIZE};
    if (copp_status_output_encode(&fields, message))
        return false;
    if (!device->connector->adapter->unbound) /* BIND-2 */
        bind_answer(device, request, message);
    return !copp_device_mac(device, message->bytes, tag) && copp_write_bytes(&out, tag, sizeof tag);
}

static uint32_t answer_request(struct copp_device *device, const struct copp_status_input *input,
                               struct copp_status_output *message) {
    struct copp_status_input_fields fields;
    copp_status_input_decode(input, &fields);
    if (fields.sequence != device->status_sequence)
        return COPP_HR_INVALIDARG;
    uint8_t answer[COPP_ANSWER_SIZE_MAX];
    uint32_t size = 0;
    uint32_t hresult = ask(device, &fields, answer, &size);
    if (hresult != COPP_HR_OK)
        return hresult;
    return seal(device, &fields, answer, size, message) ? COPP_HR_OK : COPP_HR_UNEXPECTED;
}

uint32_t copp_device_status(struct copp_device *device, const struct copp_status_input *input,
                            struct copp_status_output *output) {
    if (!device || !input || !output)
        return COPP_HR_POINTER;
    if (device->state != COPP_DEVICE_ACTIVE || !copp_device_is_ours(device))
        return COPP_HR_UNEXPECTED;
    struct copp_status_output message; /* not in place: on a failure *output is as it was (QRY-3) */
    uint32_t hresult = answer_request(device, input, &message);
    if (hresult != COPP_HR_OK) {
        copp_device_note(device, COPP_HISTORY_STATUS, input->bytes, hresult);
        return hresult;
    }
    *output = message;
    device->flags = COPP_STATUS_NORMAL; /* EVT-2: delivered */
    device->status_sequence++; /* QRY-3 */
    return COPP_HR_OK;
}
