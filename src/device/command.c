/* ProtectionCommand, Configure (CMD, OPM-SET). */
#include <string.h>

#include "device/checks.h"
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
static enum copp_refusal mode_allows(const struct copp_device *device, size_t type) {
    const struct copp_connector *connector = device->connector;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (!copp_signal_is_single(&state, device->semantics))
        return COPP_REFUSAL_MODE; /* ARB-6: the mode has come after open */
    if (type == COPP_TYPE_ACP && !copp_signal_carries_acp(connector, &state))
        return COPP_REFUSAL_RESOLUTION;
    if (type == COPP_TYPE_CGMSA && !copp_signal_fits_standard(connector, &state, connector->signaling.standard))
        return COPP_REFUSAL_RESOLUTION;
    return COPP_REFUSAL_NONE;
}

static enum copp_refusal carry_out(const struct copp_asked *asked, const struct copp_change *change) {
    struct copp_device *device = asked->device;
    enum copp_result result = copp_connector_change(change, device->connector, asked->now_ms);
    enum copp_refusal refusal = copp_command_outcome(change, result);
    if (refusal == COPP_REFUSAL_NONE)
        device->command_sequence++; /* CMD-3, OPM-SET-2 */
    else if (refusal == COPP_REFUSAL_PENDING)
        device->result = COPP_HR_PENDING;
    return refusal;
}

/* CMD-4, OPM-SET-4: under OPM redistribution control is not asked for. */
static bool is_level(const struct copp_device *device, const struct copp_set_protection_level *set) {
    if (!copp_level_valid(set->type, set->level))
        return false;
    return device->semantics != COPP_SEMANTICS_OPM || set->type != COPP_PROTECTION_TYPE_CGMSA ||
           !(set->level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED);
}

static enum copp_refusal set_level(const struct copp_asked *asked, bool css) {
    struct copp_device *device = asked->device;
    struct copp_set_protection_level set;
    size_t type;
    if (copp_set_protection_level_decode(asked->data, asked->size, &set))
        return COPP_REFUSAL_PARAMETER;
    enum copp_refusal refusal = copp_device_type_index(device, set.type, &type);
    if (refusal != COPP_REFUSAL_NONE)
        return refusal;
    if (!is_level(device, &set) || set.extended_info_change_mask || set.extended_info_data)
        return COPP_REFUSAL_PARAMETER;
    if (set.level) {
        if (!can_be_signalled(device->connector, type, set.level))
            return COPP_REFUSAL_PARAMETER;
        refusal = mode_allows(device, type);
        if (refusal != COPP_REFUSAL_NONE)
            return refusal;
    }
    const struct copp_change change = {.kind = COPP_CHANGE_LEVEL, .device = device, .type = type, .level = set.level, .css = css};
    return carry_out(asked, &change);
}

static enum copp_refusal set_protection_level(const struct copp_asked *asked) {
    return set_level(asked, false);
}

static enum copp_refusal set_protection_level_css(const struct copp_asked *asked) {
    return set_level(asked, true); /* OPM-SET-6 */
}

/* CMD-4, CMD-5: what sessions hold must go on being signalled. */
static bool carries_what_is_held(const struct copp_connector *connector, uint32_t standard) {
    if (connector->redistribution && !(standard & COPP_TV_STANDARD_CEA805A_MASK))
        return false;
    size_t held = 0;
    for (size_t level = COPP_CGMSA_DISABLED + 1; level < COPP_LEVELS; level++)
        held += connector->holders[COPP_TYPE_CGMSA][level];
    return standard != COPP_TV_STANDARD_NONE || !held;
}

static bool reserved_words_are_zero(const struct copp_set_signaling *set) {
    const uint32_t *mask = set->extended_info_change_mask;
    return !(mask[0] | mask[1] | mask[2] | mask[3] | set->reserved);
}

/* CMD-5: exactly one offered standard, or None. */
static bool is_offered(const struct copp_connector *connector, uint32_t standard) {
    return standard == COPP_TV_STANDARD_NONE || (!(standard & (standard - 1)) && (standard & connector->config.tv_standards));
}

static enum copp_refusal set_signaling(const struct copp_asked *asked) {
    struct copp_device *device = asked->device;
    const struct copp_connector *connector = device->connector;
    struct copp_set_signaling set;
    if (copp_set_signaling_decode(asked->data, asked->size, &set))
        return COPP_REFUSAL_PARAMETER;
    if (asked->codes != COPP_CODES_COPP && !connector->config.tv_standards)
        return COPP_REFUSAL_NO_SIGNALING; /* OPM-DDI-6 */
    if (!is_offered(connector, set.standard) || !reserved_words_are_zero(&set) || !carries_what_is_held(connector, set.standard))
        return COPP_REFUSAL_PARAMETER;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (!copp_signal_fits_standard(connector, &state, set.standard))
        return COPP_REFUSAL_RESOLUTION;
    struct copp_change change = {.kind = COPP_CHANGE_SIGNALING, .device = device, .signaling = connector->signaling};
    change.signaling.standard = set.standard;
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++) {
        struct copp_masked *aspect = &change.signaling.aspect[i];
        aspect->data = (aspect->data & ~set.aspect[i].mask) | (set.aspect[i].data & set.aspect[i].mask); /* CMD-5 */
        aspect->mask |= set.aspect[i].mask;
    }
    return carry_out(asked, &change);
}

/* The list, judged before it is used (OPM-SRM-1, OPM-SRM-2); one that is too large by its size alone (OPM-SET-3). */
static enum copp_refusal offer_srm(const struct copp_asked *asked, uint32_t version) {
    struct copp_srm_store *store = asked->device->connector->adapter->srms;
    if (!store)
        return COPP_REFUSAL_FAILED; /* nothing here can judge it */
    const uint8_t *bytes = asked->additional_size ? asked->additional : NULL;
    enum copp_result result = copp_srm_store_offer(store, bytes, asked->additional_size, version, &asked->device->srm);
    if (!result)
        return COPP_REFUSAL_NONE;
    return result == COPP_E_INVALID ? COPP_REFUSAL_SRM_INVALID : COPP_REFUSAL_INTERNAL;
}

static enum copp_refusal set_hdcp_srm(const struct copp_asked *asked) {
    struct copp_device *device = asked->device;
    struct copp_opm_set_hdcp_srm set;
    if (!copp_device_has_type(device, COPP_TYPE_OPM_HDCP))
        return COPP_REFUSAL_NO_HDCP;
    if (copp_opm_set_hdcp_srm_decode(asked->data, asked->size, &set))
        return COPP_REFUSAL_PARAMETER;
    enum copp_refusal refusal = offer_srm(asked, set.version);
    if (refusal != COPP_REFUSAL_NONE)
        return refusal;
    device->command_sequence++; /* OPM-SRM-5: it has succeeded, also where it finds a revoked device */
    for (struct copp_connector *other = device->connector->adapter->connectors; other; other = other->next)
        copp_connector_look_up(other); /* OPM-SRM-4: the list is the adapter's */
    return COPP_REFUSAL_NONE;
}

struct command {
    struct copp_request_rule rule; /* the data has at least this size */
    enum copp_refusal (*carry_out)(const struct copp_asked *asked);
};
/* By enum copp_request; a query has no entry. */
static const struct command commands[COPP_OPM_REQUEST_COUNT] = {
    [COPP_SET_PROTECTION_LEVEL] = {{true, true, COPP_SET_PROTECTION_LEVEL_SIZE}, set_protection_level},
    [COPP_SET_SIGNALING] = {{true, false, COPP_SET_SIGNALING_SIZE}, set_signaling},
    [COPP_OPM_SET_PROTECTION_LEVEL_CSS] = {{false, true, COPP_SET_PROTECTION_LEVEL_SIZE}, set_protection_level_css},
    [COPP_OPM_SET_HDCP_SRM] = {{false, true, COPP_OPM_SET_HDCP_SRM_SIZE}, set_hdcp_srm},
};

static const struct copp_request_rule *command_rule(enum copp_request request) {
    return commands[request].carry_out ? &commands[request].rule : NULL;
}

/* CMD-2; and OPM-SET-1, where nothing is looked at before it is authentic. */
static copp_check *const copp_order[] = {copp_check_idle, copp_check_sequence, copp_check_request,   copp_check_least_size,
                                         copp_check_room, copp_check_mac,      copp_check_additional};
static copp_check *const opm_order[] = {copp_check_mac,     copp_check_idle,       copp_check_sequence,  copp_check_room,
                                        copp_check_request, copp_check_least_size, copp_check_additional};

static enum copp_refusal check(struct copp_asked *asked) {
    if (asked->device->semantics == COPP_SEMANTICS_OPM)
        return copp_checks_run(opm_order, sizeof opm_order / sizeof opm_order[0], asked);
    return copp_checks_run(copp_order, sizeof copp_order / sizeof copp_order[0], asked);
}

static enum copp_refusal check_and_carry_out(struct copp_asked *asked, struct copp_history *done) {
    enum copp_refusal refusal = check(asked);
    if (refusal != COPP_REFUSAL_NONE)
        return refusal;
    if (copp_history_add(done, asked->device->omac, COPP_HISTORY_COMMAND, asked->message, COPP_HR_OK))
        return COPP_REFUSAL_INTERNAL; /* once it is carried out, a failure would come too late (CMD-3) */
    return commands[asked->request].carry_out(asked);
}

static uint32_t command_device(struct copp_device *device, const struct copp_command *command, struct copp_asked *asked) {
    struct copp_command_fields fields;
    copp_command_decode(command, &fields);
    asked->device = device;
    asked->message = command->bytes;
    asked->guid = fields.guid;
    asked->sequence = fields.sequence;
    asked->expected = device->command_sequence;
    asked->size = fields.size;
    asked->data = fields.data;
    asked->rule = command_rule;
    struct copp_history done = device->history; /* as it is after success (BIND-3) */
    enum copp_refusal refusal = check_and_carry_out(asked, &done);
    uint32_t hresult = copp_refusal_hresult(refusal, asked->codes);
    if (refusal == COPP_REFUSAL_NONE) {
        device->history = done;
    } else if (refusal == COPP_REFUSAL_PENDING) {
        memcpy(device->pending_head, command->bytes, sizeof device->pending_head); /* for when it ends */
        device->pending_codes = asked->codes;
    } else {
        copp_device_note(device, COPP_HISTORY_COMMAND, command->bytes, hresult);
    }
    return hresult;
}

/* Existence and state (CMD-2, OPM-SET-1). */
static enum copp_refusal reachable(const struct copp_device *device) {
    if (device->state == COPP_DEVICE_GONE || !copp_device_is_ours(device))
        return COPP_REFUSAL_GONE;
    return device->state == COPP_DEVICE_ACTIVE ? COPP_REFUSAL_NONE : COPP_REFUSAL_STATE;
}

uint32_t copp_device_command(struct copp_device *device, const struct copp_command *command, uint64_t now_ms) {
    if (!device || !command)
        return COPP_HR_POINTER;
    enum copp_codes codes = device->semantics == COPP_SEMANTICS_COPP ? COPP_CODES_COPP : COPP_CODES_CONFIGURE;
    enum copp_refusal refusal = reachable(device);
    if (refusal != COPP_REFUSAL_NONE)
        return copp_refusal_hresult(refusal, codes);
    return command_device(device, command, &(struct copp_asked){.codes = codes, .now_ms = now_ms});
}

uint32_t copp_device_configure(struct copp_device *device, const struct copp_command *command, const uint8_t *additional,
                               size_t additional_size, uint64_t now_ms) {
    if (!device || !command || (!additional && additional_size))
        return COPP_HR_POINTER;
    enum copp_refusal refusal = reachable(device);
    if (refusal != COPP_REFUSAL_NONE)
        return copp_refusal_hresult(refusal, COPP_CODES_CONFIGURE);
    return command_device(
        device, command,
        &(struct copp_asked){
            .codes = COPP_CODES_CONFIGURE, .additional = additional, .additional_size = additional_size, .now_ms = now_ms});
}

uint32_t copp_device_command_result(struct copp_device *device) {
    if (!device)
        return COPP_HR_POINTER;
    if (copp_device_is_ours(device))
        return device->result;
    return copp_refusal_hresult(COPP_REFUSAL_GONE,
                                device->semantics == COPP_SEMANTICS_COPP ? COPP_CODES_COPP : COPP_CODES_CONFIGURE);
}
