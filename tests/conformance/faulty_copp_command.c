#include <string.h>

#include "faulty_copp.h"

uint32_t faulty_get(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void faulty_put(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static bool is(const struct faulty_device *device, enum faulty_copp_fault fault) {
    return faulty(device->driver, fault);
}

void faulty_tag(struct faulty_device *device, const uint8_t *bytes, size_t size, uint8_t *tag) {
    if (copp_omac_tag(device->omac, bytes, size, tag) != COPP_OK)
        memset(tag, 0, COPP_MAC_SIZE);
}

/* BIND-3 */
void faulty_note(struct faulty_device *device, bool command, const uint8_t *message, uint32_t hresult) {
    uint8_t bytes[68];
    bool number = faulty_get(message + 32) == (command ? device->command_sequence : device->status_sequence);
    if (is(device, FAULT_record_without_numbers) && hresult != COPP_HR_OK && !number)
        return;
    if (is(device, FAULT_record_without_arguments) && command && hresult == COPP_HR_INVALIDARG && number)
        return;
    if (hresult != COPP_HR_OK && !is(device, FAULT_refusals_not_counted))
        device->refused++;
    if (!command && hresult == COPP_HR_OK && !is(device, FAULT_record_of_answers))
        return;
    if (is(device, FAULT_record_refusals_only) && hresult == COPP_HR_OK)
        return;
    if (is(device, FAULT_record_frozen))
        return;
    memcpy(bytes, device->record, 16);
    faulty_put(bytes + 16, hresult);
    faulty_put(bytes + 20, command ? 4 : 5);
    memcpy(bytes + 24, message, 44);
    faulty_tag(device, bytes, sizeof bytes, device->record);
}

/* --- commands --- */

static bool mac_is_right(struct faulty_device *device, const uint8_t *message) {
    uint8_t tag[COPP_MAC_SIZE];
    size_t from = 0;
    size_t size = COPP_MAC_SIZE;
    uint8_t changed[COPP_MESSAGE_SIZE];
    memcpy(changed, message, sizeof changed);
    if (is(device, FAULT_mac_ignored))
        return true;
    /* what is not looked at is what a correct application has there: as its MAC is over zeros there, or over what it sends */
    faulty_tag(device, message + 16, COPP_AUTHENTICATED_SIZE, tag);
    if (is(device, FAULT_mac_first_half))
        size = 8;
    if (is(device, FAULT_mac_last_half))
        from = 8, size = 8;
    if (is(device, FAULT_mac_but_middle) && memcmp(tag, message, 4) == 0 && memcmp(tag + 12, message + 12, 4) == 0)
        return true;
    if (is(device, FAULT_mac_but_byte_5))
        tag[5] = message[5];
    if (memcmp(tag + from, message + from, size) == 0)
        return true;
    /* these take a message for authentic that is so once the part has its likely value */
    if (is(device, FAULT_mac_not_size))
        faulty_put(changed + 36, faulty_get(message + 36) - 1);
    if (is(device, FAULT_mac_not_type))
        faulty_put(changed + 40, faulty_get(message + 40) ^ 0x80000000u);
    if (is(device, FAULT_mac_not_level))
        faulty_put(changed + 44, faulty_get(message + 44) ^ 1);
    if (is(device, FAULT_mac_not_behind))
        memset(changed + 56, 0, 44);
    if (is(device, FAULT_mac_not_middle))
        memset(changed + 2048, 0, 16);
    if (is(device, FAULT_mac_not_end))
        memset(changed + 4080, 0, 16);
    if (is(device, FAULT_mac_zero_key)) {
        static const uint8_t zeros[COPP_KEY_SIZE];
        uint8_t key_tag[COPP_MAC_SIZE];
        if (copp_omac_set_key(device->omac, zeros) == COPP_OK)
            faulty_tag(device, message + 16, COPP_AUTHENTICATED_SIZE, key_tag);
        if (copp_omac_set_key(device->omac, device->key) == COPP_OK && memcmp(key_tag, message, COPP_MAC_SIZE) == 0)
            return true;
    }
    faulty_tag(device, changed + 16, COPP_AUTHENTICATED_SIZE, tag);
    return memcmp(tag, message, COPP_MAC_SIZE) == 0;
}

int faulty_type_index(const struct faulty_device *device, uint32_t type) {
    if (is(device, FAULT_type_none_ok) && type == 0)
        return (device->output->types & 1) != 0 ? HDCP : ACP;
    if (is(device, FAULT_type_unknown_ok) && type == 0x80000000u)
        return (device->output->types & 1) != 0 ? HDCP : ACP;
    if (is(device, FAULT_type_dpcp_ok) && type == 0x10)
        return HDCP;
    if (is(device, FAULT_type_opm_hdcp_ok) && type == 8)
        return HDCP;
    if (is(device, FAULT_type_high_ignored))
        type &= 0x8000FFFFu;
    if (is(device, FAULT_type_lowest_bit) && type < 8)
        type &= (uint32_t) - (int32_t)type;
    if (is(device, FAULT_type_unsupported_ok) && (type == 1 || type == 2 || type == 4))
        return type == 1 ? HDCP : type == 2 ? ACP : CGMSA;
    if (type != 1 && type != 2 && type != 4)
        return -1;
    if ((device->output->types & type) == 0)
        return -1;
    return type == 1 ? HDCP : type == 2 ? ACP : CGMSA;
}

static bool level_exists(const struct faulty_device *device, int type, uint32_t level) {
    if (is(device, FAULT_level_minus_one_ok) && level == UINT32_MAX)
        return true;
    if (type == HDCP)
        return level <= 1 || (is(device, FAULT_level_hdcp_2_ok) && level == 2);
    if (type == ACP)
        return level <= 3 || (is(device, FAULT_level_acp_4_ok) && level == 4);
    if (is(device, FAULT_level_cgmsa_any) && level < 32)
        return true;
    if (is(device, FAULT_redistribution_refused) && (level & 8) != 0)
        return false;
    return level <= 12 && (level & 7) <= 4;
}

#define CEA805A 0x7E0u

/* What no mode allows: E_INVALIDARG. */
static bool level_is_wrong(const struct faulty_device *device, int type, const uint8_t *data) {
    const uint32_t level = faulty_get(data + 4);
    const uint32_t standard = device->output->standard;
    if (type < 0 || !level_exists(device, type, level))
        return true;
    if (faulty_get(data + 8) != 0 && !is(device, FAULT_reserved_mask_ok))
        return true;
    if (faulty_get(data + 12) != 0 && !is(device, FAULT_reserved_data_ok))
        return true;
    if (is(device, FAULT_off_needs_hold) && level == 0 && device->level[type] == 0)
        return true;
    if (is(device, FAULT_repeat_refused) && level != 0 && device->level[type] == level)
        return true;
    if (is(device, FAULT_lowering_refused) && level != 0 && device->level[type] > level)
        return true;
    if (level == 0 || type != CGMSA)
        return false;
    if (standard == 0 && !is(device, FAULT_cgmsa_without_standard))
        return true;
    return (level & 8) != 0 && (standard & CEA805A) == 0 && !is(device, FAULT_redistribution_anywhere);
}

/* What the present mode forbids. */
static uint32_t mode_refuses(const struct faulty_device *device, int type, uint32_t level) {
    const struct faulty_output *output = device->output;
    const bool acp = type == ACP && !faulty_carries_acp(device->driver, output);
    if (level == 0)
        return acp && is(device, FAULT_off_needs_resolution) ? COPP_HR_TOOBIGSIZE : COPP_HR_OK;
    if (output->clone && !is(device, FAULT_clone_protects))
        return COPP_HR_UNSUPPORTEDMODE;
    if (acp)
        return is(device, FAULT_resolution_hresult) ? COPP_HR_INVALIDARG : COPP_HR_TOOBIGSIZE;
    if (type == CGMSA && is(device, FAULT_cgmsa_any_resolution))
        return COPP_HR_OK;
    return type == CGMSA && !faulty_fits(output, output->standard) ? COPP_HR_TOOBIGSIZE : COPP_HR_OK;
}

/* HDCP whose display refuses, is not there, or neither comes up nor fails. */
static bool link_refuses(struct faulty_device *device, uint32_t level, uint32_t *hresult) {
    const struct faulty_output *output = device->output;
    *hresult = COPP_HR_UNEXPECTED;
    if (level == 0)
        return output->hanging && is(device, FAULT_hang_refuses_off);
    if (output->hanging) {
        device->level[HDCP] = is(device, FAULT_hang_keeps) ? level : device->level[HDCP];
        *hresult = is(device, FAULT_hang_ok) ? COPP_HR_OK : COPP_HR_UNEXPECTED;
        return true;
    }
    if (is(device, FAULT_loss_is_final) && output->last_flags != 0)
        return true;
    if (!output->link_refused && !output->unplugged)
        return false;
    if (is(device, FAULT_link_failure_keeps))
        device->level[HDCP] = level;
    if (is(device, FAULT_link_failure_ok))
        *hresult = COPP_HR_OK;
    if (is(device, FAULT_link_failure_hresult))
        *hresult = COPP_HR_INVALIDARG;
    return true;
}

/* What is applied in the place of a level. */
static uint32_t applied_level(const struct faulty_device *device, int type, uint32_t level) {
    if (type == ACP && level == 3 && is(device, FAULT_acp_3_is_2))
        return 2;
    if (type == ACP && level == 2 && is(device, FAULT_acp_2_is_1))
        return 1;
    if (type == ACP && level == 1 && is(device, FAULT_acp_1_is_off))
        return 0;
    if (type == CGMSA && level == 4 && is(device, FAULT_cgmsa_never_is_freely))
        return 1;
    if (type == CGMSA && (level == 2 || level == 3) && is(device, FAULT_cgmsa_swapped))
        return level ^ 1;
    if (type == CGMSA && level == 1 && is(device, FAULT_cgmsa_1_is_off))
        return 0;
    return level;
}

static uint32_t set_level(struct faulty_device *device, const uint8_t *data) {
    const uint32_t level = faulty_get(data + 4);
    const int type = faulty_type_index(device, faulty_get(data));
    if (level_is_wrong(device, type, data))
        return COPP_HR_INVALIDARG;
    uint32_t hresult = mode_refuses(device, type, level);
    if (hresult != COPP_HR_OK || (type == HDCP && link_refuses(device, level, &hresult)))
        return hresult;
    if (is(device, FAULT_level_not_applied) || (is(device, FAULT_off_ignored) && level == 0))
        return COPP_HR_OK;
    if ((is(device, FAULT_acp_off_ignored) && type == ACP && level == 0) ||
        (is(device, FAULT_cgmsa_off_ignored) && type == CGMSA && level == 0))
        return COPP_HR_OK;
    for (int other = 0; is(device, FAULT_off_takes_all) && level == 0 && other < TYPES; other++)
        device->level[other] = device->level[other] != UINT32_MAX ? 0 : UINT32_MAX;
    device->level[type] = applied_level(device, type, level);
    return COPP_HR_OK;
}

static uint32_t set_signaling(struct faulty_device *device, const uint8_t *data) {
    struct faulty_output *output = device->output;
    uint32_t standard = faulty_get(data);
    bool one = (standard & (standard - 1)) == 0;
    if (is(device, FAULT_standards_or))
        one = true;
    bool offered = standard == 0 || (one && (output->standards & standard) == standard);
    if (is(device, FAULT_standard_any) && one && standard < 0x8000)
        offered = true;
    if (is(device, FAULT_standard_unknown_ok) && standard == 0x80000000u)
        standard = output->standard, offered = true;
    if (!offered)
        return COPP_HR_INVALIDARG;
    for (int i = 0; i < 4; i++) {
        if (faulty_get(data + 28 + 4 * i) != 0 && !is(device, FAULT_signaling_mask_ok))
            return COPP_HR_INVALIDARG;
    }
    if (faulty_get(data + 60) != 0 && !is(device, FAULT_signaling_reserved_ok))
        return COPP_HR_INVALIDARG;
    bool held = false;
    bool redistribution = false;
    for (const struct faulty_device *other = output->devices; other != NULL; other = other->next) {
        held |= (other->level[CGMSA] & 7) != 0 && other->level[CGMSA] != UINT32_MAX;
        redistribution |= (other->level[CGMSA] & 8) != 0 && other->level[CGMSA] != UINT32_MAX;
    }
    if (standard == 0 && held && !is(device, FAULT_none_while_held))
        return COPP_HR_INVALIDARG;
    if (redistribution && (standard & CEA805A) == 0)
        return COPP_HR_INVALIDARG;
    if (standard == 0 && is(device, FAULT_none_refused))
        return COPP_HR_INVALIDARG;
    if (!faulty_fits(output, standard) && !is(device, FAULT_standard_any_resolution))
        return is(device, FAULT_standard_resolution_hresult) ? COPP_HR_INVALIDARG : COPP_HR_TOOBIGSIZE;
    if (is(device, FAULT_signaling_ignored))
        return COPP_HR_OK;
    output->standard = standard;
    for (int i = 0; i < 3; i++) {
        uint32_t mask = faulty_get(data + 4 + 8 * i);
        uint32_t aspect = faulty_get(data + 8 + 8 * i);
        if (is(device, FAULT_aspect_third_ignored) && i == 2)
            continue;
        if (is(device, FAULT_aspect_overwrites))
            output->aspect[i] = aspect;
        else if (is(device, FAULT_aspect_or))
            output->aspect[i] |= aspect & mask;
        else if (!is(device, FAULT_aspect_ignored))
            output->aspect[i] = (output->aspect[i] & ~mask) | (aspect & mask);
        output->aspect_mask[i] |= mask;
    }
    return COPP_HR_OK;
}

bool faulty_same_guid(const struct faulty_device *device, const uint8_t *guid, enum copp_request request) {
    if (is(device, FAULT_guid_but_middle))
        return memcmp(guid, copp_request_guid(request), 4) == 0 && memcmp(guid + 12, copp_request_guid(request) + 12, 4) == 0;
    return memcmp(guid, copp_request_guid(request), is(device, FAULT_guid_first_half) ? 8 : COPP_GUID_SIZE) == 0;
}

bool faulty_sequence(const struct faulty_device *device, uint32_t got, uint32_t expected, bool command) {
    if (is(device, command ? FAULT_command_sequence_ignored : FAULT_status_sequence_ignored))
        return true;
    if (is(device, command ? FAULT_command_sequence_old_ok : FAULT_status_sequence_old_ok) && got == expected - 1)
        return true;
    if (is(device, command ? FAULT_command_sequence_ahead_ok : FAULT_status_sequence_ahead_ok) && got == expected + 1)
        return true;
    if (is(device, command ? FAULT_command_sequence_16 : FAULT_status_sequence_16))
        return (got & 0xFFFF) == (expected & 0xFFFF);
    return got == expected;
}

uint32_t faulty_next(const struct faulty_device *device, uint32_t number, bool command) {
    if (is(device, command ? FAULT_command_no_wrap : FAULT_status_no_wrap) && number == UINT32_MAX)
        return number;
    if (is(device, command ? FAULT_command_sequence_stays : FAULT_status_sequence_stays))
        return number;
    return number + (is(device, command ? FAULT_command_by_two : FAULT_status_by_two) ? 2 : 1);
}

/* The least size of a known command's data; 0 if it is unknown. */
static uint32_t command_size(const struct faulty_device *device, const uint8_t *guid) {
    if (faulty_same_guid(device, guid, COPP_SET_PROTECTION_LEVEL))
        return COPP_SET_PROTECTION_LEVEL_SIZE;
    if (faulty_same_guid(device, guid, COPP_SET_SIGNALING))
        return COPP_SET_SIGNALING_SIZE;
    if (is(device, FAULT_unknown_command_ok))
        return 1;
    if (is(device, FAULT_query_as_command) && faulty_same_guid(device, guid, COPP_QUERY_CONNECTOR_TYPE))
        return 1;
    return 0;
}

static bool size_is_right(const struct faulty_device *device, uint32_t size, uint32_t least) {
    if (is(device, FAULT_command_size_ignored))
        return true;
    if (is(device, FAULT_command_size_exact))
        return size == least;
    if (is(device, FAULT_command_size_short_ok) && size + 1 == least)
        return true;
    return size >= least && (size <= COPP_COMMAND_DATA_SIZE || is(device, FAULT_command_size_no_limit));
}

static uint32_t check_and_carry_out(struct faulty_device *device, const uint8_t *message) {
    uint32_t least = command_size(device, message + 16);
    if (is(device, FAULT_mac_before_sequence) && !mac_is_right(device, message))
        return COPP_HR_UNEXPECTED;
    if (is(device, FAULT_set_before_mac) && least == COPP_SET_PROTECTION_LEVEL_SIZE)
        (void)set_level(device, message + 40);
    if (!faulty_sequence(device, faulty_get(message + 32), device->command_sequence, true))
        return is(device, FAULT_sequence_hresult) ? COPP_HR_UNEXPECTED : COPP_HR_INVALIDARG;
    if (is(device, FAULT_mac_before_guid) && !mac_is_right(device, message))
        return COPP_HR_UNEXPECTED;
    if (least == 0)
        return is(device, FAULT_guid_hresult) ? COPP_HR_NOTIMPL : COPP_HR_INVALIDARG;
    if (is(device, FAULT_mac_before_size) && !mac_is_right(device, message))
        return COPP_HR_UNEXPECTED;
    if (!size_is_right(device, faulty_get(message + 36), least))
        return COPP_HR_INVALIDARG;
    if (is(device, FAULT_parameters_before_mac) && least == COPP_SET_PROTECTION_LEVEL_SIZE &&
        faulty_type_index(device, faulty_get(message + 40)) < 0)
        return COPP_HR_INVALIDARG;
    if (is(device, FAULT_behind_command_zero) && message[4000] != 0)
        return COPP_HR_INVALIDARG;
    if (!mac_is_right(device, message))
        return is(device, FAULT_mac_hresult) ? COPP_HR_INVALIDARG : COPP_HR_UNEXPECTED;
    if (faulty_same_guid(device, message + 16, COPP_SET_PROTECTION_LEVEL))
        return set_level(device, message + 40);
    if (faulty_same_guid(device, message + 16, COPP_SET_SIGNALING))
        return set_signaling(device, message + 40);
    return COPP_HR_OK;
}

uint32_t faulty_command(struct faulty_device *device, const uint8_t *message) {
    if (device->state == OPENED || (device->state == EXCHANGED && !is(device, FAULT_command_before_start)))
        return is(device, FAULT_command_unopened) ? COPP_HR_INVALIDARG : COPP_HR_UNEXPECTED;
    if (device->state != ACTIVE)
        return COPP_HR_OK;
    if (is(device, FAULT_one_command_counter))
        device->command_sequence = device->driver->last_command_sequence;
    const uint32_t before = device->command_sequence;
    uint32_t hresult = check_and_carry_out(device, message);
    bool counts = hresult == COPP_HR_OK || (is(device, FAULT_count_on_wrong_mac) && hresult == COPP_HR_UNEXPECTED);
    counts |= is(device, FAULT_count_on_refusal) && hresult == COPP_HR_INVALIDARG && faulty_get(message + 32) == before &&
              command_size(device, message + 16) != 0;
    counts |= is(device, FAULT_count_on_unknown) && command_size(device, message + 16) == 0;
    counts |= is(device, FAULT_count_on_mode) && (hresult == COPP_HR_TOOBIGSIZE || hresult == COPP_HR_UNEXPECTED);
    if (counts)
        device->command_sequence = faulty_next(device, before, true);
    device->driver->last_command_sequence = device->command_sequence;
    if (is(device, FAULT_one_counter) && hresult == COPP_HR_OK)
        device->status_sequence++;
    faulty_note(device, true, message, hresult);
    return hresult;
}
