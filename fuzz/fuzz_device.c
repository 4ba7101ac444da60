/*
 * The driver's side: any sequence of calls, with any bytes, on devices of one adapter. Most messages are right but for
 * one thing, so that fuzzing gets past the MAC. What must hold after every call stands in device_world.c.
 */
#include <string.h>

#include "device_world.h"
#include "wire/binding.h"
#include "wire/requests.h"

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static size_t type_index(uint32_t type) {
    return type == COPP_PROTECTION_TYPE_CGMSA ? COPP_TYPE_CGMSA
           : type == COPP_PROTECTION_TYPE_ACP ? COPP_TYPE_ACP
                                              : COPP_TYPE_HDCP;
}

/* --- the handshake --- */

static void get_length(struct slot *slot) {
    uint32_t length = 0;
    enum copp_device_state before = slot->device->state;
    uint32_t hresult = copp_device_get_certificate_length(slot->device, &length);
    CHECK(hresult == (before == COPP_DEVICE_OPENED ? COPP_HR_OK : COPP_HR_UNEXPECTED));
    CHECK(hresult == COPP_HR_OK ? length == strlen("<chain/>") : length == 0);
}

static void key_exchange(const struct world *world, struct slot *slot) {
    uint8_t chain_bytes[16] = {0};
    enum copp_device_state before = slot->device->state;
    uint32_t hresult = copp_device_key_exchange(slot->device, slot->random, chain_bytes);
    bool right = before == COPP_DEVICE_CERT_LENGTH_RETURNED && !world->random.fails;
    CHECK(hresult == (right ? COPP_HR_OK : COPP_HR_UNEXPECTED));
    CHECK(slot->device->state == (right ? COPP_DEVICE_KEY_EXCHANGED : before));
    CHECK((chain_bytes[0] == '<') == right);
}

/* S of SES-4, which the cheap key reads in the clear. */
static void write_handshake(const struct slot *slot, uint32_t status_sequence, uint32_t command_sequence,
                            struct copp_signature *signature) {
    memset(signature, 0, sizeof *signature);
    memcpy(signature->bytes, slot->random, COPP_RANDOM_SIZE);
    memcpy(signature->bytes + 16, world_session_key, COPP_KEY_SIZE);
    put_u32(signature->bytes + 32, status_sequence);
    put_u32(signature->bytes + 36, command_sequence);
}

static void sequence_start(struct world *world, struct slot *slot, enum start_kind kind, struct fuzz_input *input) {
    struct copp_signature signature;
    uint32_t near_end = 0u - fuzz_u8(input);
    write_handshake(slot, near_end, near_end + 1, &signature);
    if (kind == START_WRONG_RANDOM)
        signature.bytes[fuzz_one_of(input, COPP_RANDOM_SIZE)] ^= 0x10;
    if (kind == START_NOT_BELOW)
        signature.bytes[255] = FUZZ_NOT_BELOW;
    if (kind == START_BYTES)
        fuzz_fill(input, signature.bytes, sizeof signature.bytes);
    bool expected = slot->device->state == COPP_DEVICE_KEY_EXCHANGED && !slot->device->random_spent;
    bool same_random = copp_equal(signature.bytes, slot->device->random, COPP_RANDOM_SIZE);
    bool opens = kind != START_KEY_FAILS && signature.bytes[255] != FUZZ_NOT_BELOW;
    bool spent = slot->device->random_spent || (expected && kind != START_KEY_FAILS && !(opens && same_random)); /* SES-8 */
    world->key.fails = kind == START_KEY_FAILS;
    uint32_t hresult = copp_device_sequence_start(slot->device, &signature);
    world->key.fails = false;
    CHECK(hresult == (expected && opens && same_random ? COPP_HR_OK : COPP_HR_UNEXPECTED));
    CHECK(slot->device->random_spent == spent);
    if (hresult != COPP_HR_OK)
        return;
    slot->active = true;
    slot->status_sequence = slot->device->status_sequence;
    slot->command_sequence = slot->device->command_sequence;
    CHECK(copp_omac_set_key(slot->omac, signature.bytes + 16) == COPP_OK);
}

static void start(struct world *world, struct slot *slot, struct fuzz_input *input) {
    if (slot->device->state == COPP_DEVICE_OPENED)
        get_length(slot);
    if (slot->device->state == COPP_DEVICE_CERT_LENGTH_RETURNED)
        key_exchange(world, slot);
    sequence_start(world, slot, START_RIGHT, input);
}

/* --- commands --- */

static void sign(const struct slot *slot, uint8_t *message) {
    CHECK(copp_omac_tag(slot->omac, message + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, message) == COPP_OK);
}

/* By what is wrong with it, in the order of CMD-2; COPP_HR_OK: nothing as far as that. */
static uint32_t due_answer(const struct slot *slot, const struct copp_command *command) {
    struct copp_command_fields fields;
    enum copp_request request;
    uint8_t mac[COPP_MAC_SIZE];
    copp_command_decode(command, &fields);
    if (!slot->active || slot->pending)
        return COPP_HR_UNEXPECTED;
    if (fields.sequence != slot->command_sequence || !copp_request_from_guid(fields.guid, &request) ||
        request > COPP_SET_SIGNALING)
        return COPP_HR_INVALIDARG;
    uint32_t least = request == COPP_SET_SIGNALING ? COPP_SET_SIGNALING_SIZE : COPP_SET_PROTECTION_LEVEL_SIZE;
    if (fields.size < least || fields.size > COPP_COMMAND_DATA_SIZE)
        return COPP_HR_INVALIDARG;
    CHECK(copp_omac_tag(slot->omac, command->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    return copp_equal(mac, fields.mac, sizeof mac) ? COPP_HR_OK : COPP_HR_UNEXPECTED;
}

static bool is_one(uint32_t bits, uint32_t offered) {
    return bits && !(bits & (bits - 1)) && (bits & offered);
}

/* Whether a standard can carry what the sessions of a connector hold (CMD-4, CMD-5). */
static bool carries(uint32_t standard, uint32_t cgmsa) {
    bool redistribution = cgmsa & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED;
    return (standard || !cgmsa) && (!redistribution || standard & COPP_TV_STANDARD_CEA805A_MASK);
}

static bool signaling_sound(const struct world *world, const struct slot *slot, const struct copp_set_signaling *set) {
    uint32_t held[WORLD_TYPES];
    const uint32_t *mask = set->extended_info_change_mask;
    world_held(world, slot->connector, held);
    return !(mask[0] | mask[1] | mask[2] | mask[3] | set->reserved) && carries(set->standard, held[COPP_TYPE_CGMSA]) &&
           (set->standard == 0 || is_one(set->standard, world->connector[slot->connector]->config.tv_standards));
}

static bool level_sound(const struct world *world, const struct slot *slot, const struct copp_set_protection_level *set) {
    if (!is_one(set->type, world->connector[slot->connector]->config.protection_types) ||
        !world_level_valid(type_index(set->type), set->level) || set->extended_info_change_mask || set->extended_info_data)
        return false;
    return set->type != COPP_PROTECTION_TYPE_CGMSA || carries(world->signaling[slot->connector].tv_standard, set->level);
}

/* What the command, which is authentic, asks for. False: its parameters are such that it must not succeed. */
static bool note_wish(const struct world *world, struct slot *slot, const struct copp_command *command) {
    struct copp_command_fields fields;
    struct copp_set_protection_level set;
    copp_command_decode(command, &fields);
    slot->pending_signaling = copp_equal(fields.guid, copp_request_guid(COPP_SET_SIGNALING), COPP_GUID_SIZE);
    if (slot->pending_signaling) {
        CHECK(copp_set_signaling_decode(fields.data, COPP_SET_SIGNALING_SIZE, &slot->pending_set) == COPP_OK);
        return signaling_sound(world, slot, &slot->pending_set);
    }
    CHECK(copp_set_protection_level_decode(fields.data, COPP_SET_PROTECTION_LEVEL_SIZE, &set) == COPP_OK);
    slot->pending_type = type_index(set.type);
    slot->pending_level = set.level;
    return level_sound(world, slot, &set);
}

static bool is_single(const struct copp_connector *connector) {
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    return state.mode == COPP_MODE_SINGLE || state.mode == COPP_MODE_DUALVIEW;
}

static void send_command(struct world *world, struct slot *slot, const struct copp_command *command) {
    uint32_t due = due_answer(slot, command);
    bool sound = due == COPP_HR_OK && note_wish(world, slot, command);
    uint32_t hresult = copp_device_command(slot->device, command, world->now_ms);
    if (due != COPP_HR_OK) {
        CHECK(hresult == due);
        return;
    }
    if (!sound)
        CHECK(hresult == COPP_HR_INVALIDARG);
    else if (!slot->pending_signaling && slot->pending_level == 0)
        CHECK(hresult == COPP_HR_OK); /* CMD-4 */
    else if (!slot->pending_signaling && !is_single(slot->device->connector))
        CHECK(hresult == COPP_HR_UNSUPPORTEDMODE); /* ARB-6 */
    else
        CHECK(hresult == COPP_HR_OK || hresult == COPP_HR_PENDING || hresult == COPP_HR_TOOBIGSIZE ||
              hresult == COPP_HR_UNEXPECTED);
    slot->pending = hresult == COPP_HR_PENDING;
    if (hresult == COPP_HR_OK)
        world_succeeded(world, slot);
}

static void encode_and_send(struct world *world, struct slot *slot, enum copp_request request, const uint8_t *data,
                            uint32_t size) {
    struct copp_command_fields fields = {.sequence = slot->command_sequence, .size = size, .data = data};
    struct copp_command command;
    memcpy(fields.guid, copp_request_guid(request), sizeof fields.guid);
    CHECK(copp_command_encode(&fields, &command) == COPP_OK);
    sign(slot, command.bytes);
    send_command(world, slot, &command);
}

static void set_level(struct world *world, struct slot *slot, struct fuzz_input *input) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    uint32_t type = fuzz_u8(input);
    copp_set_protection_level_encode(&(struct copp_set_protection_level){.type = type, .level = fuzz_u8(input)}, data);
    encode_and_send(world, slot, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
}

static void set_signaling(struct world *world, struct slot *slot, struct fuzz_input *input) {
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    uint8_t bit = fuzz_u8(input);
    struct copp_set_signaling set = {.standard = bit < 15 ? 1u << bit : 0};
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++) {
        set.aspect[i].mask = fuzz_u8(input);
        set.aspect[i].data = fuzz_u8(input);
    }
    copp_set_signaling_encode(&set, data);
    encode_and_send(world, slot, COPP_SET_SIGNALING, data, sizeof data);
}

/* Right but for what tamper says. */
static void command(struct world *world, struct slot *slot, struct fuzz_input *input) {
    enum copp_request request = fuzz_one_of(input, COPP_REQUEST_COUNT);
    enum tamper tamper = fuzz_one_of(input, TAMPER_KINDS);
    uint32_t size = fuzz_u16(input);
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    struct copp_command_fields fields = {
        .sequence = slot->command_sequence + (tamper == TAMPER_SEQUENCE), .size = sizeof data, .data = data};
    struct copp_command message;
    fuzz_fill(input, data, fuzz_one_of(input, sizeof data + 1));
    memcpy(fields.guid, copp_request_guid(request), sizeof fields.guid);
    CHECK(copp_command_encode(&fields, &message) == COPP_OK);
    if (tamper == TAMPER_GUID)
        message.bytes[16 + size % 16] ^= 1;
    if (tamper == TAMPER_SIZE)
        put_u32(message.bytes + 36, size);
    sign(slot, message.bytes);
    if (tamper == TAMPER_MAC)
        message.bytes[size % COPP_MAC_SIZE] ^= 1;
    if (tamper == TAMPER_DATA)
        message.bytes[40 + size % COPP_COMMAND_DATA_SIZE] ^= 1;
    send_command(world, slot, &message);
}

static void command_bytes(struct world *world, struct slot *slot, struct fuzz_input *input) {
    struct copp_command message;
    fuzz_fill(input, message.bytes, sizeof message.bytes);
    send_command(world, slot, &message);
}

/* --- queries --- */

/* QRY-1, QRY-6 */
static uint32_t due_status(const struct slot *slot, const struct copp_status_input_fields *fields) {
    enum copp_request request;
    if (!slot->active)
        return COPP_HR_UNEXPECTED;
    if (fields->sequence != slot->status_sequence || !copp_request_from_guid(fields->guid, &request) ||
        request < COPP_QUERY_CONNECTOR_TYPE)
        return COPP_HR_INVALIDARG;
    const struct copp_connector *connector = slot->device->connector;
    bool of_type = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    if (fields->size != (of_type ? 4 : 0))
        return COPP_HR_INVALIDARG;
    uint32_t type = (uint32_t)fields->data[0] | (uint32_t)fields->data[1] << 8 | (uint32_t)fields->data[2] << 16 |
                    (uint32_t)fields->data[3] << 24;
    bool one = type && !(type & (type - 1));
    if (of_type && !(one && type & connector->config.protection_types))
        return COPP_HR_INVALIDARG;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    bool receiver = connector->config.protection_types & COPP_PROTECTION_TYPE_HDCP && state.hdcp_receiver;
    return request == COPP_QUERY_HDCP_KEY_DATA && !receiver ? COPP_HR_INVALIDARG : COPP_HR_OK;
}

/* BIND-1: bound to what was asked and to what this device has done. */
static void check_binding(const struct slot *slot, const struct copp_status_input_fields *asked,
                          const struct copp_status_output *output) {
    struct copp_binding told;
    CHECK(copp_binding_decode(output->bytes + COPP_BINDING_AT, &told));
    CHECK(copp_equal(told.guid, asked->guid, COPP_GUID_SIZE) && told.sequence == asked->sequence && told.size == asked->size);
    CHECK(copp_equal(told.data, asked->data, asked->size));
    CHECK(told.command_sequence == slot->device->command_sequence && told.refused == slot->device->history.refused);
    CHECK(!(told.flags & COPP_BOUND_REAL)); /* nothing of this world is */
    CHECK(copp_equal(told.connector, slot->device->connector->name, sizeof told.connector));
}

/* QRY-2, QRY-5, EVT-2 */
static void check_answer(const struct slot *slot, const struct copp_status_input_fields *asked, uint32_t flags,
                         const struct copp_status_output *output) {
    static const uint32_t sizes[COPP_REQUEST_COUNT] = {0,
                                                       0,
                                                       COPP_STATUS_SIZE,
                                                       COPP_STATUS_SIZE,
                                                       COPP_STATUS_SIZE,
                                                       COPP_STATUS_SIZE,
                                                       COPP_STATUS_DISPLAY_SIZE,
                                                       COPP_STATUS_HDCP_KEY_SIZE,
                                                       COPP_STATUS_SIZE,
                                                       COPP_STATUS_SIGNALING_SIZE};
    struct copp_status_output_fields fields;
    struct copp_status status;
    enum copp_request request;
    uint8_t mac[COPP_MAC_SIZE];
    copp_status_output_decode(output, &fields);
    CHECK(copp_omac_tag(slot->omac, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    CHECK(copp_equal(mac, fields.mac, sizeof mac) && copp_request_from_guid(asked->guid, &request));
    CHECK(fields.size == sizes[request] && copp_status_decode(fields.data, fields.size, &status) == COPP_OK);
    CHECK(copp_equal(status.r_app, asked->r_app, sizeof status.r_app) && status.flags == flags);
    for (size_t i = fields.size; i < COPP_STATUS_ANSWER_SIZE - COPP_BINDING_SIZE; i++)
        CHECK(fields.data[i] == 0);
    check_binding(slot, asked, output);
    size_t type = type_index(asked->data[0]);
    struct copp_protection applied = {.size = sizeof applied};
    copp_connector_protection(slot->device->connector, &applied);
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL)
        CHECK(status.data == slot->level[type]);
    if (request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL)
        CHECK(status.data == copp_protection_level(&applied, type));
}

static void send_status(struct slot *slot, const struct copp_status_input *input) {
    struct copp_status_input_fields fields;
    struct copp_status_output output;
    struct copp_status_output untouched;
    memset(&untouched, 0xA5, sizeof untouched);
    output = untouched;
    copp_status_input_decode(input, &fields);
    uint32_t flags = slot->device->flags;
    uint32_t hresult = copp_device_status(slot->device, input, &output);
    CHECK(hresult == due_status(slot, &fields));
    if (hresult != COPP_HR_OK) {
        CHECK(copp_equal(&output, &untouched, sizeof output) && slot->device->flags == flags); /* QRY-3 */
        return;
    }
    slot->status_sequence++;
    CHECK(slot->device->flags == COPP_STATUS_NORMAL);
    check_answer(slot, &fields, flags, &output);
}

static void query(struct slot *slot, struct fuzz_input *input) {
    enum copp_request request = fuzz_one_of(input, COPP_REQUEST_COUNT);
    uint8_t data[4] = {fuzz_u8(input)};
    enum tamper tamper = fuzz_one_of(input, TAMPER_KINDS);
    bool of_type = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    struct copp_status_input_fields fields = {.r_app = {0x4a, data[0]},
                                              .sequence = slot->status_sequence - (tamper == TAMPER_SEQUENCE),
                                              .size = of_type ? 4 : 0,
                                              .data = data};
    struct copp_status_input message;
    memcpy(fields.guid, copp_request_guid(request), sizeof fields.guid);
    CHECK(copp_status_input_encode(&fields, &message) == COPP_OK);
    if (tamper == TAMPER_GUID)
        message.bytes[16 + data[0] % 16] ^= 1;
    if (tamper == TAMPER_SIZE)
        put_u32(message.bytes + 36, fuzz_u32(input));
    send_status(slot, &message);
}

static void status_bytes(struct slot *slot, struct fuzz_input *input) {
    struct copp_status_input message;
    fuzz_fill(input, message.bytes, sizeof message.bytes);
    send_status(slot, &message);
}

/* --- events --- */

static void event(struct world *world, struct fuzz_input *input) {
    unsigned at = fuzz_one_of(input, CONNECTORS);
    enum event_kind kind = fuzz_one_of(input, EVENT_KINDS);
    uint8_t argument = fuzz_u8(input);
    struct copp_connector *connector = world->connector[at];
    switch (kind) {
    case EVENT_UNPLUGGED:
        if (at == OWN_CONNECTOR)
            world_own_drops(world, COPP_ALL_TYPES);
        copp_connector_unplugged(connector);
        break;
    case EVENT_LOST:
        if (at == OWN_CONNECTOR)
            world_own_drops(world, argument);
        copp_connector_protection_lost(connector, argument);
        break;
    case EVENT_RECONFIGURED:
        world->desktop_unsure[at] = true;
        if (at == OWN_CONNECTOR) {
            world->own.height = argument & 1 ? 1080 : 480;
            world->own.mode = argument & 2 ? COPP_MODE_CLONE : COPP_MODE_SINGLE;
        }
        copp_connector_reconfigured(connector);
        break;
    default:
        if (copp_connector_set_desktop_acp(connector, argument) == COPP_OK)
            world->desktop_acp[at] = argument;
        break;
    }
}

static void sim_event(struct world *world, struct fuzz_input *input) {
    char text[128];
    size_t length = fuzz_one_of(input, sizeof text);
    fuzz_fill(input, (uint8_t *)text, length);
    text[length] = 0;
    struct copp_sim_error error;
    enum copp_result result = copp_sim_event(world->sim, text, &error);
    CHECK(result == COPP_OK ? !error.text[0] : result == COPP_E_INVALID && error.text[0]);
    for (unsigned i = 0; i < OWN_CONNECTOR; i++)
        world->desktop_acp[i] = world->connector[i]->desktop_acp; /* "desktop-acp DVI 1" */
}

static void nulls(struct world *world, struct slot *slot) {
    struct copp_status_input input = {{0}};
    struct copp_status_output output;
    struct copp_command message = {{0}};
    uint8_t bytes[16];
    CHECK(copp_device_get_certificate_length(slot->device, NULL) == COPP_HR_POINTER);
    CHECK(copp_device_key_exchange(slot->device, NULL, bytes) == COPP_HR_POINTER);
    CHECK(copp_device_key_exchange(slot->device, bytes, NULL) == COPP_HR_POINTER);
    CHECK(copp_device_sequence_start(slot->device, NULL) == COPP_HR_POINTER);
    CHECK(copp_device_command(slot->device, NULL, world->now_ms) == COPP_HR_POINTER);
    CHECK(copp_device_command(NULL, &message, world->now_ms) == COPP_HR_POINTER);
    CHECK(copp_device_status(slot->device, NULL, &output) == COPP_HR_POINTER);
    CHECK(copp_device_status(slot->device, &input, NULL) == COPP_HR_POINTER);
    CHECK(copp_device_status(NULL, &input, &output) == COPP_HR_POINTER);
}

/* --- all of it --- */

static void on_device(struct world *world, struct slot *slot, enum device_op op, struct fuzz_input *input) {
    switch (op) {
    case OP_START:
        start(world, slot, input);
        break;
    case OP_LENGTH:
        get_length(slot);
        break;
    case OP_EXCHANGE:
        key_exchange(world, slot);
        break;
    case OP_SEQUENCE_START:
        sequence_start(world, slot, fuzz_one_of(input, START_KINDS), input);
        break;
    case OP_SET_LEVEL:
        set_level(world, slot, input);
        break;
    case OP_SET_SIGNALING:
        set_signaling(world, slot, input);
        break;
    case OP_COMMAND:
        command(world, slot, input);
        break;
    case OP_COMMAND_BYTES:
        command_bytes(world, slot, input);
        break;
    case OP_QUERY:
        query(slot, input);
        break;
    case OP_STATUS_BYTES:
        status_bytes(slot, input);
        break;
    default:
        nulls(world, slot);
        break;
    }
}

static void one_call(struct world *world, enum device_op op, struct fuzz_input *input) {
    struct slot *slot;
    switch (op) {
    case OP_EVENT:
        event(world, input);
        break;
    case OP_SIM_EVENT:
        sim_event(world, input);
        break;
    case OP_ADVANCE:
        world_advance(world, 10 * (uint64_t)fuzz_u16(input));
        break;
    case OP_OUTPUT:
        world->own.answer = fuzz_one_of(input, ANSWER_KINDS);
        break;
    case OP_LAND:
        world_own_lands(world, fuzz_one_of(input, ANSWER_KINDS));
        break;
    case OP_RANDOM_FAILS:
        world->random.fails = fuzz_u8(input) & 1;
        break;
    case OP_OPEN:
        slot = &world->slots[fuzz_one_of(input, SLOTS)];
        world_open(world, slot, fuzz_one_of(input, CONNECTORS));
        break;
    case OP_CLOSE:
        world_close(world, &world->slots[fuzz_one_of(input, SLOTS)]);
        break;
    default:
        slot = &world->slots[fuzz_one_of(input, SLOTS)];
        if (slot->device)
            on_device(world, slot, op, input);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world world;
    struct fuzz_input input = {data, size};
    world_begin(&world);
    while (input.left) {
        one_call(&world, fuzz_one_of(&input, OP_COUNT), &input);
        world_check(&world);
    }
    world_end(&world);
    return 0;
}
