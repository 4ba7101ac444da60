#include <string.h>

#include "faulty_copp.h"

static bool is(const struct faulty_device *device, enum faulty_copp_fault fault) {
    return faulty(device->driver, fault);
}

static const enum copp_request queries[] = {COPP_QUERY_CONNECTOR_TYPE,
                                            COPP_QUERY_PROTECTION_TYPE,
                                            COPP_QUERY_LOCAL_PROTECTION_LEVEL,
                                            COPP_QUERY_GLOBAL_PROTECTION_LEVEL,
                                            COPP_QUERY_DISPLAY_DATA,
                                            COPP_QUERY_HDCP_KEY_DATA,
                                            COPP_QUERY_BUS_DATA,
                                            COPP_QUERY_SIGNALING};

/* UINT32_MAX for what is not a query. */
static uint32_t find_query(const struct faulty_device *device, const uint8_t *guid) {
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        if (faulty_same_guid(device, guid, queries[i]))
            return queries[i];
    }
    if (is(device, FAULT_command_as_query) && faulty_same_guid(device, guid, COPP_SET_PROTECTION_LEVEL))
        return COPP_QUERY_CONNECTOR_TYPE;
    return UINT32_MAX;
}

static bool is_level_query(uint32_t query) {
    return query == COPP_QUERY_LOCAL_PROTECTION_LEVEL || query == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
}

static bool size_is_right(const struct faulty_device *device, uint32_t query, uint32_t size) {
    uint32_t right = is_level_query(query) ? 4 : 0;
    if (is(device, FAULT_status_size_ignored))
        return true;
    if (is(device, FAULT_status_size_less_ok) && size < right)
        return true;
    if (is(device, FAULT_status_size_more_ok) && right == 4 && size > right)
        return true;
    if (is(device, FAULT_status_size_empty_any) && right == 0)
        return true;
    return size == right;
}

static uint32_t level_answer(const struct faulty_device *device, uint32_t query, int type) {
    uint32_t local = device->level[type];
    uint32_t global = faulty_global(device->driver, device->output, type);
    if (is(device, FAULT_local_is_global))
        local = global;
    if (is(device, FAULT_global_is_local))
        global = local;
    if (is(device, FAULT_global_hdcp_off) && type == HDCP)
        global = 0;
    if (is(device, FAULT_local_sees_redistribution) && type == CGMSA)
        local &= ~8u;
    return query == COPP_QUERY_LOCAL_PROTECTION_LEVEL ? local : global;
}

static uint32_t word_answer(const struct faulty_device *device, uint32_t query) {
    const struct faulty_output *output = device->output;
    if (query == COPP_QUERY_CONNECTOR_TYPE)
        return is(device, FAULT_connector_type_wrong) ? 99 : output->connector_type;
    if (query == COPP_QUERY_BUS_DATA)
        return is(device, FAULT_bus_type_wrong) ? 9 : COPP_BUS_PCI_EXPRESS;
    if (is(device, FAULT_types_with_dpcp))
        return output->types | 0x10;
    if (is(device, FAULT_types_of_mode) && (output->types & 4) != 0 && !faulty_fits(output, output->standard))
        return output->types & ~4u;
    return output->types;
}

static uint32_t answer_word(const struct faulty_device *device, uint32_t query, int type, uint8_t *data) {
    faulty_put(data + 20, is_level_query(query) ? level_answer(device, query, type) : word_answer(device, query));
    if (is(device, FAULT_extended_info_set))
        faulty_put(data + 24, 1);
    return COPP_STATUS_SIZE;
}

static uint32_t answer_display(const struct faulty_device *device, uint8_t *data) {
    struct copp_display display;
    bool interlaced;
    faulty_signal(device->output, &display, &interlaced);
    if (is(device, FAULT_display_is_desktop))
        display.height = 600, display.width = 800;
    if (is(device, FAULT_display_rate_rounded))
        display.frequency_denominator = display.frequency_denominator == 1001 ? 1000 : 1;
    if (is(device, FAULT_display_rate_zero))
        display.frequency_denominator = 0;
    if (is(device, FAULT_display_scan_unknown))
        display.format = 0;
    if (is(device, FAULT_display_empty))
        display.width = 0;
    const uint32_t words[] = {display.width,
                              display.height,
                              display.format,
                              display.d3d_format,
                              display.frequency_numerator,
                              display.frequency_denominator};
    for (size_t i = 0; i < 6; i++)
        faulty_put(data + 20 + 4 * i, words[i]);
    return COPP_STATUS_DISPLAY_SIZE;
}

/* 0: there is no receiver. */
static uint32_t answer_key(const struct faulty_device *device, uint8_t *data) {
    const struct faulty_output *output = device->output;
    bool there = output->ksv != NULL && (!output->unplugged || is(device, FAULT_key_stays));
    if (!there && !is(device, FAULT_key_of_nobody))
        return 0;
    if (there)
        memcpy(data + 24, output->ksv, COPP_KSV_SIZE);
    if (is(device, FAULT_key_reversed_garbled))
        data[24] ^= 1;
    if (is(device, FAULT_key_tail))
        data[30] = 1;
    if (is(device, FAULT_key_reserved))
        data[45] = 1;
    if (is(device, FAULT_key_flags))
        data[20] |= 2;
    return COPP_STATUS_HDCP_KEY_SIZE;
}

static uint32_t answer_signaling(const struct faulty_device *device, uint8_t *data) {
    const struct faulty_output *output = device->output;
    faulty_put(data + 20, output->standards);
    faulty_put(data + 24, is(device, FAULT_active_standard_stale) ? output->default_standard : output->standard);
    if (is(device, FAULT_active_not_offered))
        faulty_put(data + 24, 0x4000);
    faulty_put(data + 28, output->tv_type);
    for (size_t i = 0; i < 3; i++) {
        faulty_put(data + 32 + 8 * i, output->aspect_mask[i]);
        faulty_put(data + 36 + 8 * i, output->aspect[i]);
    }
    if (is(device, FAULT_signaling_extended_set))
        faulty_put(data + 56, 1);
    return COPP_STATUS_SIGNALING_SIZE;
}

/* The structure behind the header; 0: refused. */
static uint32_t make_answer(const struct faulty_device *device, uint32_t query, int type, uint8_t *data) {
    if (query == COPP_QUERY_DISPLAY_DATA)
        return answer_display(device, data);
    if (query == COPP_QUERY_HDCP_KEY_DATA)
        return answer_key(device, data);
    if (query == COPP_QUERY_SIGNALING)
        return answer_signaling(device, data);
    return answer_word(device, query, type, data);
}

/* BIND-1 */
static void bind_answer(struct faulty_device *device, const uint8_t *request, uint8_t *answer) {
    static const uint8_t mark[16] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                     0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};
    uint8_t *to = answer + 3968;
    uint32_t size = faulty_get(request + 36);
    const char *name = is(device, FAULT_bind_other_name) ? "HDMI-9" : device->output->name;
    memcpy(to, mark, sizeof mark);
    memcpy(to + 16, request + 16, 16);
    if (is(device, FAULT_bind_guid))
        memset(to + 16, 0, 16);
    faulty_put(to + 32, faulty_get(request + 32) + (is(device, FAULT_bind_sequence) ? 1 : 0));
    faulty_put(to + 36, is(device, FAULT_bind_size) ? 4 : size);
    memcpy(to + 40, request + 40, size <= 4 && !is(device, FAULT_bind_data) ? size : 0);
    faulty_put(to + 44, device->command_sequence - (is(device, FAULT_bind_command_sequence) ? 1 : 0));
    faulty_put(to + 48, device->refused);
    faulty_put(to + 52, (device->output->unplugged && !is(device, FAULT_bind_always_plugged) ? 0u : 2u) |
                            ((device->output->types & 1) != 0 && device->output->ksv != NULL && !device->output->unplugged &&
                                     !is(device, FAULT_bind_no_receiver)
                                 ? 4u
                                 : 0u) |
                            (is(device, FAULT_bind_always_receiver) ? 4u : 0u));
    memcpy(to + 56, device->record, 8);
    memset(to + 64, is(device, FAULT_bind_name_tail) ? 1 : 0, 64);
    memcpy(to + 64, name, strlen(name) + 1);
}

static void finish_answer(struct faulty_device *device, const uint8_t *request, uint32_t query, uint32_t size, uint8_t *answer) {
    memcpy(answer + 20, request, COPP_RANDOM_SIZE);
    if (is(device, FAULT_r_app_short))
        memset(answer + 28, 0, 8);
    if (is(device, FAULT_r_app_missing))
        memset(answer + 20, 0, 16);
    faulty_put(answer + 16, is(device, FAULT_answer_size_message) ? COPP_STATUS_ANSWER_SIZE : size);
    if (is(device, FAULT_answer_size_32))
        faulty_put(answer + 16, 32);
    faulty_put(answer + 36, device->flags);
    if (is(device, FAULT_flags_not_in_display) && query == COPP_QUERY_DISPLAY_DATA)
        faulty_put(answer + 36, 0);
    if (is(device, FAULT_flags_always))
        faulty_put(answer + 36, COPP_STATUS_RENEGOTIATION_REQUIRED);
    if (is(device, FAULT_answer_rubbish_behind))
        answer[1000] = 0xAA;
    if (is(device, FAULT_answer_rubbish_near))
        answer[20 + size] = 0xAA;
    if (device->driver->bound && !(is(device, FAULT_bind_some) && query == COPP_QUERY_BUS_DATA))
        bind_answer(device, request, answer);
    size_t covered = is(device, FAULT_answer_mac_short) ? 4 + size : COPP_AUTHENTICATED_SIZE;
    faulty_tag(device, answer + 16, covered, answer);
    if (is(device, FAULT_answer_mac_before_flags) && device->flags != 0) {
        uint8_t copy[COPP_MESSAGE_SIZE];
        memcpy(copy, answer, sizeof copy);
        faulty_put(copy + 36, 0);
        faulty_tag(device, copy + 16, COPP_AUTHENTICATED_SIZE, answer);
    }
    if (is(device, FAULT_answer_mac_missing))
        memset(answer, 0, COPP_MAC_SIZE);
}

static uint32_t check_and_answer(struct faulty_device *device, const uint8_t *request, uint8_t *answer) {
    int type = 0;
    if (!faulty_sequence(device, faulty_get(request + 32), device->status_sequence, false))
        return is(device, FAULT_status_sequence_hresult) ? COPP_HR_UNEXPECTED : COPP_HR_INVALIDARG;
    uint32_t query = find_query(device, request + 16);
    if (query == UINT32_MAX && is(device, FAULT_unknown_query_ok)) {
        faulty_put(answer + 16, COPP_STATUS_SIZE);
        memcpy(answer + 20, request, COPP_RANDOM_SIZE);
        faulty_tag(device, answer + 16, COPP_AUTHENTICATED_SIZE, answer);
        return COPP_HR_OK; /* as the WDK's sample */
    }
    if (query == UINT32_MAX)
        return is(device, FAULT_unknown_query_hresult) ? COPP_HR_NOTIMPL : COPP_HR_INVALIDARG;
    if (!size_is_right(device, query, faulty_get(request + 36)))
        return is(device, FAULT_status_size_hresult) ? COPP_HR_UNEXPECTED : COPP_HR_INVALIDARG;
    if (is(device, FAULT_behind_query_zero) && request[4000] != 0)
        return COPP_HR_INVALIDARG;
    if (is(device, FAULT_r_app_remembered) && memcmp(device->driver->last_r_app, request, COPP_RANDOM_SIZE) == 0)
        return COPP_HR_INVALIDARG;
    memcpy(device->driver->last_r_app, request, COPP_RANDOM_SIZE);
    if (is_level_query(query))
        type = faulty_type_index(device, faulty_get(request + 40));
    if (type < 0)
        return COPP_HR_INVALIDARG;
    uint8_t data[COPP_STATUS_SIGNALING_SIZE] = {0};
    uint32_t size = make_answer(device, query, type, data);
    if (size == 0)
        return is(device, FAULT_no_receiver_hresult) ? COPP_HR_UNEXPECTED : COPP_HR_INVALIDARG;
    memset(answer, 0, COPP_MESSAGE_SIZE);
    memcpy(answer + 20, data, size);
    finish_answer(device, request, query, size, answer);
    return COPP_HR_OK;
}

uint32_t faulty_status(struct faulty_device *device, const uint8_t *request, uint8_t *answer) {
    if (device->state == EXCHANGED && is(device, FAULT_status_before_start))
        return COPP_HR_OK;
    if (device->state != ACTIVE)
        return is(device, FAULT_status_unopened) && device->state == OPENED ? COPP_HR_INVALIDARG : COPP_HR_UNEXPECTED;
    if (device->driver->over)
        return COPP_HR_UNEXPECTED;
    if (is(device, FAULT_one_key) && copp_omac_set_key(device->omac, device->driver->last_key) != COPP_OK)
        return COPP_HR_UNEXPECTED;
    const uint32_t before = device->status_sequence;
    uint32_t hresult = check_and_answer(device, request, answer);
    if (hresult == COPP_HR_OK || is(device, FAULT_refusal_takes_flags))
        device->flags = is(device, FAULT_flags_stay) ? device->flags : 0; /* EVT-2 */
    if (hresult == COPP_HR_OK && is(device, FAULT_flags_shared)) {
        for (struct faulty_device *other = device->output->devices; other != NULL; other = other->next)
            other->flags = 0;
    }
    bool counts = hresult == COPP_HR_OK;
    if (is(device, FAULT_status_counts_on_size) && hresult == COPP_HR_INVALIDARG &&
        find_query(device, request + 16) != UINT32_MAX)
        counts = faulty_get(request + 32) == before;
    if (is(device, FAULT_status_counts_on_unknown) && find_query(device, request + 16) == UINT32_MAX)
        counts = true;
    if (counts)
        device->status_sequence = faulty_next(device, before, false);
    if (hresult != COPP_HR_OK && is(device, FAULT_answer_on_refusal))
        memcpy(answer, request, COPP_RANDOM_SIZE);
    faulty_note(device, false, request, hresult);
    return hresult;
}
