/* ProtectionStatus, GetInformation (QRY, OPM-GET). */
#include <string.h>

#include "common/sized.h"
#include "device/checks.h"
#include "wire/answers.h"
#include "wire/binding.h"
#include "wire/cursor.h"
#include "wire/requests.h"

/* What an answer is made from. */
struct question {
    const struct copp_device *device;
    const struct copp_connector *connector;
    const uint8_t *r_app;
    enum copp_codes codes;
    size_t type; /* the one a level query names, else COPP_TYPES */
};

/* OPM-STA-4: that a device is revoked waits for a question about a level of HDCP. */
static bool tells_revoked(const struct question *question) {
    return question->device->revoked && COPP_HDCP_TYPES & (1u << question->type);
}

static uint32_t flags_of(const struct question *question) {
    uint32_t revoked = COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE; /* OPM-STA-3 */
    return question->device->flags | (tells_revoked(question) ? revoked : 0);
}

static void answer_word(const struct question *question, uint32_t word, uint8_t *answer) {
    struct copp_status status = {.flags = flags_of(question), .data = word};
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    copp_status_encode(&status, answer);
}

static enum copp_refusal connector_type(const struct question *question, uint8_t *answer) {
    answer_word(question, copp_device_connector_type(question->device), answer);
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal protection_type(const struct question *question, uint8_t *answer) {
    answer_word(question, question->device->types, answer); /* QRY-6, OPM-GET-7: whatever the mode */
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal local_level(const struct question *question, uint8_t *answer) {
    answer_word(question, question->device->level[question->type], answer); /* QRY-5, OPM-GET-8 */
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal global_level(const struct question *question, uint8_t *answer) {
    struct copp_protection global;
    copp_connector_global(question->connector, &global);
    answer_word(question, copp_protection_level(&global, question->type), answer); /* QRY-5, OPM-GET-8 */
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal bus_data(const struct question *question, uint8_t *answer) {
    answer_word(question, copp_device_bus_type(question->device), answer);
    return COPP_REFUSAL_NONE;
}

/* OPM-WIRE-7: other kinds of frames have no number. */
static uint32_t interleave(uint32_t format) {
    unsigned sample_format = copp_format_unpack(format).sample_format;
    bool known = sample_format >= COPP_SAMPLE_PROGRESSIVE_FRAME && sample_format <= COPP_SAMPLE_INTERLEAVED_ODD_FIRST;
    return known ? sample_format : COPP_SAMPLE_UNKNOWN;
}

static enum copp_refusal display_data(const struct question *question, uint8_t *answer) {
    struct copp_output_state state;
    copp_connector_state(question->connector, &state);
    if (question->device->semantics == COPP_SEMANTICS_OPM)
        state.display.format = interleave(state.display.format);
    struct copp_status_display status = {.flags = flags_of(question), .display = state.display}; /* QRY-6 */
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    copp_status_display_encode(&status, answer);
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal hdcp_key_data(const struct question *question, uint8_t *answer) {
    struct copp_output_state state;
    copp_connector_state(question->connector, &state);
    if (!copp_connector_has_type(question->connector, COPP_TYPE_HDCP) || !state.hdcp_receiver)
        return COPP_REFUSAL_NO_HDCP; /* QRY-6 */
    struct copp_status_hdcp_key status = {.flags = flags_of(question), .hdcp_flags = state.repeater ? COPP_HDCP_REPEATER : 0};
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    memcpy(status.bksv, state.bksv, sizeof state.bksv); /* WIRE-9: the first 5 bytes */
    copp_status_hdcp_key_encode(&status, answer);
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal signaling(const struct question *question, uint8_t *answer) {
    const struct copp_connector *connector = question->connector;
    if (question->codes != COPP_CODES_COPP && !connector->config.tv_standards)
        return COPP_REFUSAL_NO_SIGNALING; /* OPM-DDI-6 */
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    struct copp_status_signaling status = {.flags = flags_of(question),
                                           .available_standards = connector->config.tv_standards,
                                           .active_standard = connector->applied.tv_standard,
                                           .tv_type = state.tv_type};
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        status.aspect[i] = (struct copp_masked){connector->signaling.aspect[i].mask, connector->applied.aspect[i]};
    copp_status_signaling_encode(&status, answer);
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal output_id(const struct question *question, uint8_t *answer) {
    struct copp_opm_output_id status = {.flags = flags_of(question),
                                        .id = question->connector->config.output_id}; /* OPM-GET-10 */
    memcpy(status.r_app, question->r_app, sizeof status.r_app);
    copp_opm_output_id_encode(&status, answer);
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal dvi_characteristics(const struct question *question, uint8_t *answer) {
    uint32_t version = question->connector->config.dvi_version; /* OPM-GET-10: 0 where it is not DVI, or not known */
    if (version)
        answer_word(question, version, answer);
    return version ? COPP_REFUSAL_NONE : COPP_REFUSAL_REQUEST;
}

static enum copp_refusal hardware_protection(const struct question *question, uint8_t *answer) {
    answer_word(question, question->connector->config.hardware_protection, answer); /* OPM-GET-10 */
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal srm_version(const struct question *question, uint8_t *answer) {
    const struct copp_device *device = question->device;
    if (!copp_device_has_type(device, COPP_TYPE_OPM_HDCP))
        return COPP_REFUSAL_NO_HDCP; /* OPM-GET-9 */
    if (!device->srm.ever)
        return COPP_REFUSAL_SRM_NEVER_SET;
    answer_word(question, device->srm.version, answer);
    return COPP_REFUSAL_NONE;
}

struct query {
    struct copp_request_rule rule; /* the data's size is exact */
    uint32_t answer_size; /* bytes of the answer's structure */
    enum copp_refusal (*answer)(const struct question *question, uint8_t *answer);
};
/* By enum copp_request; a command has no entry. */
static const struct query queries[COPP_OPM_REQUEST_COUNT] = {
    [COPP_QUERY_CONNECTOR_TYPE] = {{true, true, 0}, COPP_STATUS_SIZE, connector_type},
    [COPP_QUERY_PROTECTION_TYPE] = {{true, true, 0}, COPP_STATUS_SIZE, protection_type},
    [COPP_QUERY_LOCAL_PROTECTION_LEVEL] = {{true, true, sizeof(uint32_t)}, COPP_STATUS_SIZE, local_level},
    [COPP_QUERY_GLOBAL_PROTECTION_LEVEL] = {{true, true, sizeof(uint32_t)}, COPP_STATUS_SIZE, global_level},
    [COPP_QUERY_DISPLAY_DATA] = {{true, true, 0}, COPP_STATUS_DISPLAY_SIZE, display_data},
    [COPP_QUERY_HDCP_KEY_DATA] = {{true, false, 0}, COPP_STATUS_HDCP_KEY_SIZE, hdcp_key_data},
    [COPP_QUERY_BUS_DATA] = {{true, true, 0}, COPP_STATUS_SIZE, bus_data},
    [COPP_QUERY_SIGNALING] = {{true, false, 0}, COPP_STATUS_SIGNALING_SIZE, signaling},
    [COPP_OPM_QUERY_SRM_VERSION] = {{false, true, 0}, COPP_STATUS_SIZE, srm_version},
    [COPP_OPM_QUERY_OUTPUT_ID] = {{false, true, 0}, COPP_OPM_OUTPUT_ID_SIZE, output_id},
    [COPP_OPM_QUERY_DVI_CHARACTERISTICS] = {{false, true, 0}, COPP_STATUS_SIZE, dvi_characteristics},
    [COPP_OPM_QUERY_HARDWARE_PROTECTION] = {{false, true, 0}, COPP_STATUS_SIZE, hardware_protection},
};

static const struct copp_request_rule *query_rule(enum copp_request request) {
    return queries[request].answer ? &queries[request].rule : NULL;
}

/* QRY-1; and OPM-GET-2, where nothing is looked at before it is authentic. */
static copp_check *const copp_order[] = {copp_check_sequence, copp_check_request, copp_check_exact_size};
static copp_check *const opm_order[] = {copp_check_mac, copp_check_sequence, copp_check_room, copp_check_request,
                                        copp_check_exact_size};

static enum copp_refusal check(struct copp_asked *asked) {
    if (asked->device->semantics == COPP_SEMANTICS_OPM)
        return copp_checks_run(opm_order, sizeof opm_order / sizeof opm_order[0], asked);
    return copp_checks_run(copp_order, sizeof copp_order / sizeof copp_order[0], asked);
}

static enum copp_refusal read_type(const struct copp_asked *asked, size_t *type) {
    struct copp_reader in = {asked->data, asked->size};
    uint32_t word;
    if (!copp_read_u32le(&in, &word))
        return COPP_REFUSAL_PARAMETER;
    return copp_device_type_index(asked->device, word, type);
}

/* What is left of QRY-1 and OPM-GET-2; the answer is QRY-2's structure. */
static enum copp_refusal ask(const struct copp_asked *asked, struct question *question, uint8_t *answer, uint32_t *size) {
    const struct query *query = &queries[asked->request];
    if (query->rule.size) {
        enum copp_refusal refusal = read_type(asked, &question->type);
        if (refusal != COPP_REFUSAL_NONE)
            return refusal;
    }
    *size = query->answer_size;
    return query->answer(question, answer);
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

/* QRY-2, OPM-GET-4: zeros behind the structure, up to the binding where there is one, and the MAC over all of it. */
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

static enum copp_refusal answer_request(struct copp_asked *asked, const struct copp_status_input_fields *fields,
                                        struct copp_status_output *message, bool *told_revoked) {
    struct copp_device *device = asked->device;
    uint8_t answer[COPP_ANSWER_SIZE_MAX];
    uint32_t size = 0;
    struct question question = {
        .device = device, .connector = device->connector, .r_app = fields->r_app, .codes = asked->codes, .type = COPP_TYPES};
    enum copp_refusal refusal = check(asked);
    if (refusal == COPP_REFUSAL_NONE)
        refusal = ask(asked, &question, answer, &size);
    if (refusal != COPP_REFUSAL_NONE)
        return refusal;
    *told_revoked = tells_revoked(&question);
    return seal(device, fields, answer, size, message) ? COPP_REFUSAL_NONE : COPP_REFUSAL_INTERNAL;
}

/* mac: NULL under COPP semantics. */
static uint32_t status(struct copp_device *device, const uint8_t *mac, const struct copp_status_input *input,
                       enum copp_codes codes, struct copp_status_output *output) {
    struct copp_status_input_fields fields;
    copp_status_input_decode(input, &fields);
    struct copp_asked asked = {.device = device,
                               .message = input->bytes,
                               .mac = mac,
                               .guid = fields.guid,
                               .sequence = fields.sequence,
                               .expected = device->status_sequence,
                               .size = fields.size,
                               .data = fields.data,
                               .codes = codes,
                               .rule = query_rule};
    struct copp_status_output message; /* not in place: on a failure *output is as it was (QRY-3, OPM-ERR-3) */
    bool told_revoked = false;
    enum copp_refusal refusal = answer_request(&asked, &fields, &message, &told_revoked);
    uint32_t hresult = copp_refusal_hresult(refusal, codes);
    if (refusal != COPP_REFUSAL_NONE) {
        copp_device_note(device, COPP_HISTORY_STATUS, input->bytes, hresult);
        return hresult;
    }
    *output = message;
    device->flags = COPP_STATUS_NORMAL; /* EVT-2, OPM-STA-1: delivered */
    device->revoked = device->revoked && !told_revoked;
    device->status_sequence++; /* QRY-3, OPM-GET-3 */
    return COPP_HR_OK;
}

/* Existence, semantics, state (QRY-1, OPM-GET-2). */
static enum copp_refusal reachable(const struct copp_device *device, enum copp_semantics semantics) {
    if (device->state == COPP_DEVICE_GONE || !copp_device_is_ours(device))
        return COPP_REFUSAL_GONE;
    if (device->semantics != semantics)
        return semantics == COPP_SEMANTICS_OPM ? COPP_REFUSAL_OPM_ONLY : COPP_REFUSAL_COPP_ONLY;
    return device->state == COPP_DEVICE_ACTIVE ? COPP_REFUSAL_NONE : COPP_REFUSAL_STATE;
}

uint32_t copp_device_status(struct copp_device *device, const struct copp_status_input *input,
                            struct copp_status_output *output) {
    if (!device || !input || !output)
        return COPP_HR_POINTER;
    enum copp_codes codes = device->semantics == COPP_SEMANTICS_COPP ? COPP_CODES_COPP : COPP_CODES_INFORMATION;
    enum copp_refusal refusal = reachable(device, COPP_SEMANTICS_COPP);
    if (refusal != COPP_REFUSAL_NONE)
        return copp_refusal_hresult(refusal, codes);
    return status(device, NULL, input, codes, output);
}

uint32_t copp_device_get_copp_information(struct copp_device *device, const struct copp_status_input *input,
                                          struct copp_status_output *output) {
    if (!device || !input || !output)
        return COPP_HR_POINTER;
    enum copp_refusal refusal = reachable(device, COPP_SEMANTICS_COPP);
    if (refusal != COPP_REFUSAL_NONE)
        return copp_refusal_hresult(refusal, COPP_CODES_INFORMATION);
    return status(device, NULL, input, COPP_CODES_INFORMATION, output);
}

uint32_t copp_device_get_information(struct copp_device *device, const uint8_t *mac, const struct copp_status_input *input,
                                     struct copp_status_output *output) {
    if (!device || !mac || !input || !output)
        return COPP_HR_POINTER;
    enum copp_refusal refusal = reachable(device, COPP_SEMANTICS_OPM);
    if (refusal != COPP_REFUSAL_NONE)
        return copp_refusal_hresult(refusal, COPP_CODES_INFORMATION);
    return status(device, mac, input, COPP_CODES_INFORMATION, output);
}
