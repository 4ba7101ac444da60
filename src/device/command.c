/* ProtectionCommand (CMD). */
#include <string.h>

#include "crypto/crypto.h"
#include "device/internal.h"
#include "wire/requests.h"

/* CMD-4: what no mode allows. */
static bool can_be_signalled(const struct copp_connector *connector, size_t type, uint32_t level) {
    if (type != COPP_TYPE_CGMSA)
        return true;
    uint32_t standard = connector->signaling.standard;
    if (standard == COPP_TV_STANDARD_NONE)
        return false;
    return !(level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED) || standard & COPP_TV_STANDARD_CEA805A_MASK;
}

/* CMD-4: what the present mode allows. */
static uint32_t mode_allows(const struct copp_connector *connector, size_t type) {
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (!copp_signal_is_single(&state))
        return COPP_HR_UNSUPPORTEDMODE; /* ARB-6: the mode has come after open */
    if (type == COPP_TYPE_ACP && !copp_signal_carries_acp(connector, &state))
        return COPP_HR_TOOBIGSIZE;
    if (type == COPP_TYPE_CGMSA && !copp_signal_fits_standard(connector, &state, connector->signaling.standard))
        return COPP_HR_TOOBIGSIZE;
    return COPP_HR_OK;
}

static uint32_t carry_out(struct copp_device *device, const struct copp_change *change, uint64_t now_ms) {
    enum copp_result result = copp_connector_change(change, device->connector, now_ms);
    uint32_t hresult = copp_hresult_of(result);
    if (hresult == COPP_HR_OK)
        device->command_sequence++; /* CMD-3 */
    else if (hresult == COPP_HR_PENDING)
        device->result = COPP_HR_PENDING;
    return hresult;
}

static uint32_t set_protection_level(struct copp_device *device, const struct copp_command_fields *fields, uint64_t now_ms) {
    struct copp_set_protection_level set;
    if (copp_set_protection_level_decode(fields->data, fields->size, &set))
        return COPP_HR_INVALIDARG;
    size_t type = copp_connector_type_index(device->connector, set.type);
    if (type == COPP_TYPES || !copp_level_valid(set.type, set.level) || set.extended_info_change_mask || set.extended_info_data)
        return COPP_HR_INVALIDARG;
    if (set.level) {
        if (!can_be_signalled(device->connector, type, set.level))
            return COPP_HR_INVALIDARG;
        uint32_t hresult = mode_allows(device->connector, type);
        if (hresult != COPP_HR_OK)
            return hresult;
    }
    const struct copp_change change = {.kind = COPP_CHANGE_LEVEL, .device = device, .type = type, .level = set.level};
    return carry_out(device, &change, now_ms);
}

/* CMD-4, CMD-5: what sessions hold must go on being signalled. */
static bool carries_what_is_held(const struct copp_connector *connector, uint32_t standard) {
    if (connector->redistribution && !(standard & COPP_TV_STANDARD_CEA805A_MASK))
        return false;
    size_t at_zero = connector->holders[COPP_TYPE_CGMSA][COPP_CGMSA_DISABLED];
    return standard != COPP_TV_STANDARD_NONE || !copp_connector_has_type(connector, COPP_TYPE_CGMSA) ||
           at_zero == connector->device_count;
}

static bool reserved_words_are_zero(const struct copp_set_signaling *set) {
    const uint32_t *mask = set->extended_info_change_mask;
    return !(mask[0] | mask[1] | mask[2] | mask[3] | set->reserved);
}

/* CMD-5: exactly one offered standard, or None. */
static bool is_offered(const struct copp_connector *connector, uint32_t standard) {
    return standard == COPP_TV_STANDARD_NONE || (!(standard & (standard - 1)) && (standard & connector->config.tv_standards));
}

static uint32_t set_signaling(struct copp_device *device, const struct copp_command_fields *fields, uint64_t now_ms) {
    const struct copp_connector *connector = device->connector;
    struct copp_set_signaling set;
    if (copp_set_signaling_decode(fields->data, fields->size, &set))
        return COPP_HR_INVALIDARG;
    if (!is_offered(connector, set.standard) || !reserved_words_are_zero(&set) || !carries_what_is_held(connector, set.standard))
        return COPP_HR_INVALIDARG;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (!copp_signal_fits_standard(connector, &state, set.standard))
        return COPP_HR_TOOBIGSIZE;
    struct copp_change change = {.kind = COPP_CHANGE_SIGNALING, .device = device, .signaling = connector->signaling};
    change.signaling.standard = set.standard;
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++) {
        struct copp_masked *aspect = &change.signaling.aspect[i];
        aspect->data = (aspect->data & ~set.aspect[i].mask) | (set.aspect[i].data & set.aspect[i].mask); /* CMD-5 */
        aspect->mask |= set.aspect[i].mask;
    }
    return carry_out(device, &change, now_ms);
}

struct command {
    uint32_t size; /* bytes of its structure */
    uint32_t (*carry_out)(struct copp_device *device, const struct copp_command_fields *fields, uint64_t now_ms);
};
/* By enum copp_request; a query has no entry. */
static const struct command commands[COPP_REQUEST_COUNT] = {
    [COPP_SET_PROTECTION_LEVEL] = {COPP_SET_PROTECTION_LEVEL_SIZE, set_protection_level},
    [COPP_SET_SIGNALING] = {COPP_SET_SIGNALING_SIZE, set_signaling},
};

static bool is_authentic(struct copp_device *device, const struct copp_command *command, const uint8_t *mac) {
    uint8_t tag[COPP_MAC_SIZE];
    bool authentic = !copp_device_mac(device, command->bytes, tag) && copp_equal(tag, mac, sizeof tag); /* CMD-1 */
    copp_wipe(tag, sizeof tag);
    return authentic;
}

/* CMD-2: this order. A device has one command at a time (CMD-6). */
static uint32_t check_and_carry_out(struct copp_device *device, const struct copp_command *command, uint64_t now_ms,
                                    struct copp_history *done) {
    if (device->result == COPP_HR_PENDING)
        return COPP_HR_UNEXPECTED;
    struct copp_command_fields fields;
    copp_command_decode(command, &fields);
    if (fields.sequence != device->command_sequence)
        return COPP_HR_INVALIDARG;
    enum copp_request request;
    if (!copp_request_from_guid(fields.guid, &request) || !commands[request].carry_out)
        return COPP_HR_INVALIDARG;
    if (fields.size < commands[request].size || fields.size > COPP_COMMAND_DATA_SIZE)
        return COPP_HR_INVALIDARG;
    if (!is_authentic(device, command, fields.mac))
        return COPP_HR_UNEXPECTED;
    if (copp_history_add(done, device->omac, COPP_HISTORY_COMMAND, command->bytes, COPP_HR_OK))
        return COPP_HR_UNEXPECTED; /* once it is carried out, a failure would come too late (CMD-3) */
    return commands[request].carry_out(device, &fields, now_ms);
}

uint32_t copp_device_command(struct copp_device *device, const struct copp_command *command, uint64_t now_ms) {
    if (!device || !command)
        return COPP_HR_POINTER;
    if (device->state != COPP_DEVICE_ACTIVE || !copp_device_is_ours(device))
        return COPP_HR_UNEXPECTED;
    struct copp_history done = device->history; /* as it is after success (BIND-3) */
    uint32_t hresult = check_and_carry_out(device, command, now_ms, &done);
    if (hresult == COPP_HR_OK)
        device->history = done;
    else if (hresult == COPP_HR_PENDING)
        memcpy(device->pending_head, command->bytes, sizeof device->pending_head); /* for when it ends */
    else
        copp_device_note(device, COPP_HISTORY_COMMAND, command->bytes, hresult);
    return hresult;
}

uint32_t copp_device_command_result(struct copp_device *device) {
    if (!device)
        return COPP_HR_POINTER;
    return copp_device_is_ours(device) ? device->result : COPP_HR_UNEXPECTED;
}
