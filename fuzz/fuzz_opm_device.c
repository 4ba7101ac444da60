/*
 * A driver's functions under OPM semantics: GetInformation and Configure with additional bytes, in any order and with any
 * bytes, most of them right but for one thing. What must hold: a wrong message is refused by the code of the first thing that
 * is wrong (OPM-GET-2, OPM-SET-1) and changes nothing; what succeeds is authentic and counted; what a session holds is in
 * force, or the session will be told; revocation lists never go back (OPM-SRM-4).
 */
#include <stdlib.h>
#include <string.h>

#include "copp/ddi.h"
#include "opm_device_world.h"
#include "wire/requests.h"

/* --- the model: what is due --- */

static uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* OPM-GET-6, OPM-SET-4: 0 if the output offers the type; other: 1D or 21. */
static uint32_t due_type(const struct slot *slot, uint32_t type, uint32_t other) {
    if (type == COPP_PROTECTION_TYPE_HDCP)
        return 0x1C;
    if (!type || type & (type - 1) || type & ~0x3Eu)
        return other;
    bool offers = slot->target == 0;
    if (type == COPP_PROTECTION_TYPE_DPCP)
        return other;
    if (offers)
        return 0;
    return type == COPP_PROTECTION_TYPE_ACP ? 0x14 : type == COPP_PROTECTION_TYPE_CGMSA ? 0x15 : 0x13;
}

static bool is_authentic(const struct slot *slot, const uint8_t *bytes, size_t size, const uint8_t *mac) {
    uint8_t tag[COPP_MAC_SIZE];
    CHECK(copp_omac_tag(slot->omac, bytes, size, tag) == COPP_OK);
    return copp_equal(tag, mac, sizeof tag);
}

static bool of_type(enum copp_request request) {
    return request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
}

static bool is_command(enum copp_request request) {
    return request == COPP_SET_PROTECTION_LEVEL || request == COPP_SET_SIGNALING ||
           request == COPP_OPM_SET_PROTECTION_LEVEL_CSS || request == COPP_OPM_SET_HDCP_SRM;
}

/* What a request that is authentic and due has to say. */
static uint32_t due_query(const struct slot *slot, const uint8_t *input) {
    enum copp_request request;
    uint32_t size = get_u32(input + 36);
    if (size > COPP_STATUS_DATA_SIZE || !copp_opm_request_from_guid(input + 16, &request) || is_command(request))
        return 0x1D;
    if (request == COPP_QUERY_HDCP_KEY_DATA || request == COPP_QUERY_SIGNALING)
        return 0x1C; /* OPM-GET-5 */
    if (size != (of_type(request) ? 4 : 0))
        return 0x1D;
    if (of_type(request))
        return due_type(slot, get_u32(input + 40), 0x1D);
    if (request == COPP_OPM_QUERY_SRM_VERSION)
        return slot->target ? 0x13 : slot->given ? 0 : 0x16; /* OPM-GET-9 */
    return request == COPP_OPM_QUERY_DVI_CHARACTERISTICS ? 0x1D : 0; /* OPM-GET-10: it is no DVI */
}

static uint32_t due_information(const struct slot *slot, const uint8_t *parameters) {
    const uint8_t *input = parameters + COPP_MAC_SIZE;
    if (slot->vos == COPP_OPM_VOS_COPP)
        return 0x1F;
    if (!slot->active || !is_authentic(slot, input, COPP_MESSAGE_SIZE, parameters) ||
        get_u32(input + 32) != slot->status_sequence)
        return 0x1D;
    return due_query(slot, input);
}

/* OPM-SET-1 up to the parameters; 0: these are to be looked at. */
static uint32_t due_command(const struct slot *slot, const uint8_t *message, size_t additional, enum copp_request *request) {
    uint32_t size = get_u32(message + 36);
    if (slot->vos == COPP_OPM_VOS_COPP || !slot->active ||
        !is_authentic(slot, message + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, message) ||
        get_u32(message + 32) != slot->command_sequence || size > COPP_COMMAND_DATA_SIZE ||
        !copp_opm_request_from_guid(message + 16, request) || !is_command(*request))
        return 0x21;
    if (*request == COPP_SET_SIGNALING)
        return 0x1C;
    if (*request == COPP_OPM_SET_HDCP_SRM)
        return size >= 4 ? 0 : 0x21;
    return size >= COPP_SET_PROTECTION_LEVEL_SIZE && !additional ? 0 : 0x21; /* OPM-SET-3 */
}

static uint32_t due_level(const struct slot *slot, const uint8_t *data) {
    static const uint32_t highest[] = {[2] = 3, [4] = 4, [8] = 1, [0x20] = 2};
    uint32_t type = get_u32(data);
    uint32_t due = due_type(slot, type, 0x21);
    if (due)
        return due;
    return get_u32(data + 4) <= highest[type] && !get_u32(data + 8) && !get_u32(data + 12) ? 0 : 0x21;
}

/* --- GetInformation --- */

static void check_answer(struct slot *slot, const uint8_t *input, const struct copp_status_output *output) {
    enum copp_request request;
    CHECK(is_authentic(slot, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, output->bytes));
    CHECK(copp_equal(output->bytes + 20, input, COPP_RANDOM_SIZE)); /* OPM-GET-4 */
    CHECK(copp_opm_request_from_guid(input + 16, &request));
    uint32_t word = get_u32(output->bytes + 40);
    if (request == COPP_OPM_QUERY_SRM_VERSION)
        CHECK(word == slot->version);
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL)
        CHECK(word == world_level(slot, get_u32(input + 40)));
    slot->status_sequence++;
}

/* Request and answer share memory, at the end of what may be touched. */
static void send_request(struct world *world, struct slot *slot, const uint8_t *parameters) {
    uint8_t *shared = malloc(COPP_OPM_GET_INFO_SIZE);
    CHECK(shared);
    memcpy(shared, parameters, COPP_OPM_GET_INFO_SIZE);
    uint32_t due = slot->handle ? due_information(slot, parameters) : 0x0C;
    uint32_t status = copp_ddi_get_information(world->ddi, slot->handle, shared, (struct copp_status_output *)(void *)shared);
    CHECK(status == (due ? 0xC01E0500u | due : 0));
    if (status)
        CHECK(memcmp(shared, parameters, COPP_OPM_GET_INFO_SIZE) == 0); /* OPM-ERR-3 */
    else
        check_answer(slot, parameters + COPP_MAC_SIZE, (struct copp_status_output *)(void *)shared);
    free(shared);
}

static void get(struct world *world, struct slot *slot, struct fuzz_input *input) {
    uint8_t parameters[COPP_OPM_GET_INFO_SIZE] = {0};
    uint8_t *message = parameters + COPP_MAC_SIZE;
    enum copp_request request = fuzz_one_of(input, COPP_OPM_REQUEST_COUNT);
    put_u32(message + 40, fuzz_u8(input));
    enum opm_device_tamper tamper = fuzz_one_of(input, OPMD_TAMPERS);
    uint32_t argument = fuzz_u16(input);
    memcpy(message, "fresh", 5);
    memcpy(message + 16, copp_opm_request_guid(request), COPP_GUID_SIZE);
    put_u32(message + 32, slot->status_sequence + (tamper == OPMD_BAD_SEQUENCE));
    put_u32(message + 36, tamper == OPMD_BAD_SIZE ? argument : of_type(request) ? 4 : 0);
    if (tamper == OPMD_BAD_GUID)
        message[16 + argument % 16] ^= 1;
    if (slot->omac)
        CHECK(copp_omac_tag(slot->omac, message, COPP_MESSAGE_SIZE, parameters) == COPP_OK);
    if (tamper == OPMD_BAD_MAC)
        parameters[argument % COPP_MAC_SIZE] ^= 1;
    if (tamper == OPMD_BAD_DATA)
        message[argument % COPP_MESSAGE_SIZE] ^= 0x10;
    send_request(world, slot, parameters);
}

/* --- Configure --- */

/* Above level 0, and what is plugged in and the mode may refuse it (OPM-SET-4). */
static void check_set(struct slot *slot, uint32_t low, const uint8_t *data, bool css) {
    uint32_t type = get_u32(data);
    uint32_t wanted = get_u32(data + 4);
    bool link = type == COPP_PROTECTION_TYPE_OPM_HDCP || type == COPP_PROTECTION_TYPE_ENFORCEMENT;
    if (!wanted)
        CHECK(low == 0);
    bool best_effort = css && link; /* OPM-SET-6 */
    CHECK(low == 0 || low == 0x17 || ((low == 0x1E || low == 0x18) && !best_effort) || (low == 0x13 && link && !css) ||
          (low == 0x21 && type == COPP_PROTECTION_TYPE_CGMSA));
    if (low)
        return;
    uint32_t level = world_level(slot, type);
    CHECK(level == wanted || best_effort || (level == 0 && world_will_tell(slot)));
    world_note(slot, type, level);
}

/* OPM-SRM-1, OPM-SRM-2, OPM-SRM-4 */
static void check_srm(struct slot *slot, uint32_t low, uint32_t version, const uint8_t *list, size_t size) {
    if (slot->target)
        CHECK(low == 0x13);
    CHECK(low == 0 || low == 0x12 || low == 0x13);
    if (low)
        return;
    CHECK(size >= 48 && size <= COPP_OPM_ADDITIONAL_MAX);
    CHECK(version == ((uint32_t)list[2] << 8 | list[3]));
    size_t kind = list[0] >> 4 == 9;
    CHECK(!slot->has[kind] || version >= slot->newest[kind]);
    slot->has[kind] = slot->given = true;
    slot->newest[kind] = slot->version = version;
}

static void check_configured(struct slot *slot, uint32_t status, const struct copp_command *command, const uint8_t *additional,
                             size_t size) {
    enum copp_request request = COPP_SET_SIGNALING;
    const uint8_t *data = command->bytes + 40;
    uint32_t due = due_command(slot, command->bytes, size, &request);
    if (!due && request != COPP_OPM_SET_HDCP_SRM)
        due = due_level(slot, data);
    CHECK(status == 0 || status >> 8 == 0xC01E05);
    uint32_t low = status & 0xFF;
    if (due) {
        CHECK(low == due);
        return;
    }
    slot->command_sequence += !status; /* OPM-SET-2 */
    if (request == COPP_OPM_SET_HDCP_SRM)
        check_srm(slot, low, get_u32(data), additional, size);
    else
        check_set(slot, low, data, request == COPP_OPM_SET_PROTECTION_LEVEL_CSS);
}

/* additional is handed over in memory of exactly its size. What is too large is a size alone: none of it may be read (OPM-SET-3). */
static void send_command(struct world *world, struct slot *slot, const struct copp_command *command, const uint8_t *additional,
                         size_t size) {
    bool large = size > COPP_OPM_ADDITIONAL_MAX;
    uint8_t *copy = malloc(size && !large ? size : 1);
    CHECK(copy);
    if (size && !large)
        memcpy(copy, additional, size);
    uint32_t status = copp_ddi_configure_protected_output(world->ddi, slot->handle, command, (uint32_t)size,
                                                          size || !slot->command_sequence ? copy : NULL);
    if (slot->handle)
        check_configured(slot, status, command, copy, size);
    else
        CHECK(status == 0xC01E050C);
    free(copy);
}

static void encode_and_send(struct world *world, struct slot *slot, enum copp_request request, const uint8_t *data, uint32_t size,
                            const struct fuzz_bytes *additional) {
    struct copp_command_fields fields = {.sequence = slot->command_sequence, .size = size, .data = data};
    struct copp_command command;
    memcpy(fields.guid, copp_opm_request_guid(request), sizeof fields.guid);
    CHECK(copp_command_encode(&fields, &command) == COPP_OK);
    if (slot->omac)
        CHECK(copp_omac_tag(slot->omac, command.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command.bytes) == COPP_OK);
    send_command(world, slot, &command, additional ? additional->bytes : NULL, additional ? additional->size : 0);
}

static void set_level(struct world *world, struct slot *slot, struct fuzz_input *input) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data, fuzz_u8(input));
    uint8_t level = fuzz_u8(input);
    put_u32(data + 4, level & 0x7Fu);
    enum copp_request request = level & 0x80u ? COPP_OPM_SET_PROTECTION_LEVEL_CSS : COPP_SET_PROTECTION_LEVEL;
    encode_and_send(world, slot, request, data, sizeof data, NULL);
}

static void set_srm(struct world *world, struct slot *slot, struct fuzz_input *input) {
    uint8_t data[COPP_OPM_SET_HDCP_SRM_SIZE];
    put_u32(data, fuzz_u16(input));
    const struct fuzz_bytes *list = &world_lists()[fuzz_one_of(input, OPMD_LISTS)];
    struct fuzz_bytes changed = {malloc(list->size), list->size};
    CHECK(changed.bytes);
    memcpy(changed.bytes, list->bytes, list->size);
    size_t at = fuzz_u16(input);
    uint8_t value = fuzz_u8(input);
    if (at < list->size)
        changed.bytes[at] = value;
    uint8_t short_by = fuzz_u8(input);
    changed.size -= short_by < list->size ? short_by : list->size;
    encode_and_send(world, slot, COPP_OPM_SET_HDCP_SRM, data, sizeof data, &changed);
    free(changed.bytes);
}

/* Right but for what tamper says. */
static void configure(struct world *world, struct slot *slot, struct fuzz_input *input) {
    struct copp_command command = {{0}};
    uint8_t additional[256];
    enum copp_request request = fuzz_one_of(input, COPP_OPM_REQUEST_COUNT);
    enum opm_device_tamper tamper = fuzz_one_of(input, OPMD_TAMPERS);
    uint32_t argument = fuzz_u16(input);
    size_t size = fuzz_u8(input);
    memcpy(command.bytes + 16, copp_opm_request_guid(request), COPP_GUID_SIZE);
    put_u32(command.bytes + 32, slot->command_sequence + (tamper == OPMD_BAD_SEQUENCE));
    put_u32(command.bytes + 36, tamper == OPMD_BAD_SIZE ? argument : COPP_SET_PROTECTION_LEVEL_SIZE);
    if (tamper == OPMD_BAD_GUID)
        command.bytes[16 + argument % 16] ^= 1;
    fuzz_fill(input, command.bytes + 40, COPP_SET_PROTECTION_LEVEL_SIZE);
    fuzz_fill(input, additional, size);
    if (slot->omac)
        CHECK(copp_omac_tag(slot->omac, command.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command.bytes) == COPP_OK);
    if (tamper == OPMD_BAD_MAC)
        command.bytes[argument % COPP_MAC_SIZE] ^= 1;
    if (tamper == OPMD_BAD_DATA)
        command.bytes[COPP_MAC_SIZE + argument % COPP_AUTHENTICATED_SIZE] ^= 0x10;
    send_command(world, slot, &command, additional, size == 255 ? COPP_OPM_ADDITIONAL_MAX + 1 : size);
}

static void bytes_alone(struct world *world, struct slot *slot, bool command, struct fuzz_input *input) {
    static uint8_t additional[UINT16_MAX];
    uint8_t message[COPP_OPM_GET_INFO_SIZE];
    struct copp_command made;
    size_t size = command ? fuzz_u16(input) : 0;
    fuzz_fill(input, message, sizeof message);
    memcpy(made.bytes, message, sizeof made.bytes);
    if (!command) {
        send_request(world, slot, message);
        return;
    }
    fuzz_fill(input, additional, size);
    send_command(world, slot, &made, additional, size);
}

/* --- all of it --- */

static void on_slot(struct world *world, enum opm_device_op op, struct fuzz_input *input) {
    struct slot *slot = &world->slots[fuzz_one_of(input, OPMD_SLOTS)];
    switch (op) {
    case OPMD_GET:
        get(world, slot, input);
        break;
    case OPMD_SET:
        set_level(world, slot, input);
        break;
    case OPMD_SRM:
        set_srm(world, slot, input);
        break;
    case OPMD_CONFIGURE:
        configure(world, slot, input);
        break;
    case OPMD_GET_BYTES:
    case OPMD_CONFIGURE_BYTES:
        bytes_alone(world, slot, op == OPMD_CONFIGURE_BYTES, input);
        break;
    default:
        world_on_slot(world, slot, op, input);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    static struct world world;
    world_begin(&world, &input);
    while (input.left) {
        enum opm_device_op op = fuzz_one_of(&input, OPMD_COUNT);
        if (op == OPMD_EVENT || op == OPMD_OUTPUT || op == OPMD_CERTIFICATE)
            world_changes(&world, op, &input);
        else
            on_slot(&world, op, &input);
        world_check(&world);
    }
    world_end(&world);
    return 0;
}
