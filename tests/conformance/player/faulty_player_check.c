/* Whether an answer is authentic: MAC, size, random number, binding, in this order (QRY-4, BIND-4). */
#include <stdlib.h>
#include <string.h>

#include "faulty_player.h"

#define BINDING_AT 3968u

/* Which part of a comparison is left out. */
static bool same(const struct player *p, const uint8_t *a, const uint8_t *b, enum player_fault none, enum player_fault first,
                 enum player_fault last) {
    if (has(p, none))
        return true;
    size_t from = has(p, first) ? 1 : 0;
    size_t to = has(p, last) ? 15 : 16;
    return memcmp(a + from, b + from, to - from) == 0;
}

/* Whether the question is one whose answers are looked at less. */
static bool is_spared(const struct player *p, const uint8_t *input, enum player_fault local, enum player_fault global,
                      enum player_fault receiver) {
    enum copp_request request;
    if (!copp_opm_request_from_guid(input + 16, &request))
        return false;
    return (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL && has(p, local)) ||
           (request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL && has(p, global)) ||
           (request == COPP_QUERY_HDCP_KEY_DATA && has(p, receiver));
}

static bool mac_is_right(struct player *p, const uint8_t *input, const uint8_t *output) {
    uint8_t mac[COPP_MAC_SIZE];
    if (copp_omac_tag(p->omac, output + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) != COPP_OK)
        exit(3);
    if (has(p, FAULT_first_mac_unchecked) && !p->answered)
        return true;
    if (has(p, FAULT_connector_unchecked) &&
        memcmp(input + 16, copp_opm_request_guid(COPP_QUERY_CONNECTOR_TYPE), COPP_GUID_SIZE) == 0)
        return true;
    if (is_spared(p, input, FAULT_local_mac_unchecked, FAULT_global_mac_unchecked, FAULT_receiver_mac_unchecked))
        return true;
    return same(p, mac, output, FAULT_no_mac, FAULT_mac_but_first_byte, FAULT_mac_but_last_byte);
}

static bool size_is_right(const struct player *p, const uint8_t *input, uint32_t size) {
    enum copp_request request;
    uint32_t wanted = COPP_STATUS_SIZE;
    if (!copp_opm_request_from_guid(input + 16, &request))
        return false;
    if (request == COPP_QUERY_HDCP_KEY_DATA)
        wanted = COPP_STATUS_HDCP_KEY_SIZE;
    if (has(p, FAULT_size_at_least))
        return size >= wanted;
    if (has(p, FAULT_size_at_most))
        return size <= wanted;
    return size == wanted;
}

static bool random_is_right(const struct player *p, const uint8_t *input, const uint8_t *output) {
    static const uint8_t zeros[COPP_RANDOM_SIZE];
    if (has(p, FAULT_mac_alone) ||
        is_spared(p, input, FAULT_local_random_unchecked, FAULT_global_random_unchecked, FAULT_receiver_random_unchecked))
        return true;
    if (has(p, FAULT_random_but_middle))
        return memcmp(input, output + 20, 4) == 0 && memcmp(input + 12, output + 32, 4) == 0;
    if (has(p, FAULT_zero_random_accepted) && memcmp(output + 20, zeros, sizeof zeros) == 0)
        return true;
    return same(p, input, output + 20, FAULT_no_random, FAULT_random_but_first_byte, FAULT_random_but_last_byte);
}

/* What an answer has to be bound to, flags apart (BIND-1). */
static void expect_binding(const struct player *p, const uint8_t *input, uint8_t binding[128]) {
    static const uint8_t mark[COPP_GUID_SIZE] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                                 0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};
    memset(binding, 0, 128);
    memcpy(binding, mark, sizeof mark);
    memcpy(binding + 16, input + 16, 16 + 4 + 4);
    if (packets_get(input + 36) == 4)
        memcpy(binding + 40, input + 40, 4);
    packets_put(binding + 44, p->secrets.command_sequence);
    packets_put(binding + 48, p->refused);
    memcpy(binding + 56, p->record, 8);
    strcpy((char *)binding + 64, "HDMI-1");
}

static bool part_matters(const struct player *p, size_t offset) {
    static const struct {
        enum player_fault fault;
        size_t from, to;
    } parts[] = {{FAULT_bound_question, 16, 32}, {FAULT_bound_sequence, 32, 36}, {FAULT_bound_size, 36, 40},
                 {FAULT_bound_data, 40, 44},     {FAULT_bound_command, 44, 48},  {FAULT_bound_refused, 48, 52},
                 {FAULT_bound_record, 56, 64},   {FAULT_bound_name, 64, 128},    {FAULT_binding_unread, 16, 128},
                 {FAULT_mac_alone, 16, 128}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (has(p, parts[i].fault) && offset >= parts[i].from && offset < parts[i].to)
            return false;
    }
    return offset < 52 || offset >= 56;
}

static bool binding_is_right(struct player *p, const uint8_t *input, const uint8_t *output) {
    uint8_t expected[128];
    const uint8_t *binding = output + BINDING_AT;
    if (!way_binds())
        return true;
    expect_binding(p, input, expected);
    if (memcmp(binding, expected, COPP_GUID_SIZE) != 0)
        return has(p, FAULT_unbound_accepted) || (has(p, FAULT_unbound_later_accepted) && p->bound);
    p->bound = true;
    if (is_spared(p, input, FAULT_bound_local, FAULT_bound_global, FAULT_binding_unread))
        return true;
    for (size_t i = COPP_GUID_SIZE; i < sizeof expected; i++) {
        if (binding[i] != expected[i] && part_matters(p, i))
            return false;
    }
    return true;
}

bool check_answer(struct player *p, const uint8_t *input, const uint8_t *output) {
    return mac_is_right(p, input, output) && size_is_right(p, input, packets_get(output + 16)) &&
           random_is_right(p, input, output) && binding_is_right(p, input, output);
}

void check_record(struct player *p, uint32_t hresult, uint32_t kind, const uint8_t *request) {
    uint8_t bytes[68];
    memcpy(bytes, p->record, 16);
    packets_put(bytes + 16, hresult);
    packets_put(bytes + 20, kind);
    memcpy(bytes + 24, request, 44);
    if (copp_omac_tag(p->omac, bytes, sizeof bytes, p->record) != COPP_OK)
        exit(3);
}
