#include "device_rig.h"

#include "crypto_kit.h"

const uint8_t rig_chain[100] = "<chain>";

/* --- the driver's surroundings --- */

static enum copp_result key_operation(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    enum copp_result result = ((struct rig_key *)key)->result;
    assert_int_equal(size, COPP_SIGNATURE_SIZE);
    if (!result)
        memcpy(out, in, size);
    return result;
}

static enum copp_result no_public_key(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    (void)out;
    return COPP_E_KEY;
}

static const struct copp_private_key_ops key_ops = {
    .size = sizeof key_ops, .public_key = no_public_key, .decrypt_raw = key_operation};

static enum copp_result random_fill(struct copp_random *source, uint8_t *bytes, size_t size) {
    struct rig_random *random = (struct rig_random *)source;
    for (size_t i = 0; i < size; i++)
        bytes[i] = random->next++;
    return random->fails ? COPP_E_RANDOM : COPP_OK;
}

static const struct copp_random_ops random_ops = {sizeof random_ops, random_fill};

static void output_state(struct copp_output *output, struct copp_output_state *state) {
    *state = ((struct rig_output *)output)->state;
}

static enum copp_result output_apply(struct copp_output *base, const struct copp_protection *wanted) {
    struct rig_output *output = (struct rig_output *)base;
    assert_false(output->pending); /* output.h: not called while an earlier one is pending */
    output->applies++;
    output->wanted = *wanted;
    enum copp_result answer = output->revokes && wanted->hdcp ? COPP_E_REVOKED : output->answer;
    output->pending = answer == COPP_E_PENDING;
    if (answer == COPP_OK)
        output->in_force = *wanted;
    return answer;
}

static void output_cancel(struct copp_output *base) {
    struct rig_output *output = (struct rig_output *)base;
    assert_true(output->pending);
    output->pending = false;
    output->cancels++;
}

static const struct copp_output_ops output_ops = {
    .size = sizeof output_ops, .state = output_state, .apply = output_apply, .cancel = output_cancel};

void rig_output_init(struct rig_output *output) {
    *output = (struct rig_output){.output = {&output_ops}};
    rig_set_mode(output, 1280, 720, false);
    output->state.tv_type = 1;
    output->state.hdcp_receiver = true;
    memcpy(output->state.bksv, "\x14\xf7\x61\x03\xb7", COPP_KSV_SIZE);
}

void rig_output_end(struct rig_output *output, struct copp_connector *connector, enum copp_result result) {
    assert_true(output->pending);
    output->pending = false;
    if (result == COPP_OK)
        output->in_force = output->wanted;
    copp_connector_applied(connector, result);
}

void rig_set_mode(struct rig_output *output, uint32_t width, uint32_t height, bool interlaced) {
    output->state.display = (struct copp_display){width, height, interlaced ? 3 : 2, 22, 60000, 1001};
}

struct copp_connector_config rig_config(void) {
    return (struct copp_connector_config){
        .size = sizeof(struct copp_connector_config),
        .connector_type = COPP_CONNECTOR_DVI,
        .protection_types = COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA,
        .bus_type = COPP_BUS_PCI_EXPRESS,
        .tv_standards = COPP_TV_STANDARD_MASK,
        .default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P,
    };
}

void rig_init(struct rig *rig, const struct copp_connector_config *config) {
    rig_init_bound(rig, config, false);
}

void rig_init_bound(struct rig *rig, const struct copp_connector_config *config, bool bound) {
    *rig = (struct rig){.key = {.key = {&key_ops}}, .random = {.random = {&random_ops}, .next = 1}};
    rig_output_init(&rig->output);
    const struct copp_adapter_config adapter = {.size = sizeof adapter,
                                                .chain_bytes = rig_chain,
                                                .chain_size = sizeof rig_chain,
                                                .key = &rig->key.key,
                                                .random = &rig->random.random,
                                                .pending_limit_ms = RIG_PENDING_LIMIT,
                                                .unbound = !bound};
    assert_int_equal(copp_adapter_new(&adapter, &rig->adapter), COPP_OK);
    struct copp_connector_config connector = config ? *config : rig_config();
    connector.output = &rig->output.output;
    assert_int_equal(copp_connector_add(rig->adapter, &connector, &rig->connector), COPP_OK);
}

void rig_end(struct rig *rig) {
    copp_adapter_free(&rig->adapter);
    assert_null(rig->adapter);
}

/* --- the application's side --- */

void put_u32(uint8_t *bytes, uint32_t word) {
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (8 * i));
}

uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

const uint8_t *rig_guid(enum copp_request request) {
    static const char *const texts[] = {
        [COPP_SET_PROTECTION_LEVEL] = "7c32b99bb54e27479f00b42b0919c0da",
        [COPP_SET_SIGNALING] = "a531a60984d6604c8e4dd3bb0f0be3ee",
        [COPP_QUERY_CONNECTOR_TYPE] = "d5bfd081fe6ac24899c095a08f97c5da",
        [COPP_QUERY_PROTECTION_TYPE] = "01a8f2386c9abb489107b6696e6f1797",
        [COPP_QUERY_LOCAL_PROTECTION_LEVEL] = "575807b2da3e5d4d88db748f8c1a0549",
        [COPP_QUERY_GLOBAL_PROTECTION_LEVEL] = "0a21571966772a45b99ad27aed54f03a",
        [COPP_QUERY_DISPLAY_DATA] = "a31bbfd713ad8e4faf980dcb3ca204cc",
        [COPP_QUERY_HDCP_KEY_DATA] = "749db50d92a92e49a0bdc23fda564e00",
        [COPP_QUERY_BUS_DATA] = "73d6f4c6746184418e35f6db5200bcba",
        [COPP_QUERY_SIGNALING] = "91a52966793bf34c924a11e8e7811671",
    };
    static uint8_t guid[COPP_GUID_SIZE];
    assert_true((size_t)request < sizeof texts / sizeof texts[0]); /* a new one needs its GUID here */
    assert_int_equal(from_hex(texts[request], guid, sizeof guid), COPP_GUID_SIZE);
    return guid;
}

void app_open(struct app *app, struct copp_connector *connector) {
    *app = (struct app){.status_sequence = 0x10, .command_sequence = 0x20};
    assert_int_equal(copp_device_open(connector, &app->device), COPP_OK);
    for (size_t i = 0; i < sizeof app->key; i++)
        app->key[i] = (uint8_t)(0xA0 + i);
}

void app_exchange(struct app *app) {
    uint32_t length;
    uint8_t chain[sizeof rig_chain];
    assert_int_equal(copp_device_get_certificate_length(app->device, &length), COPP_HR_OK);
    assert_int_equal(length, sizeof rig_chain);
    assert_int_equal(copp_device_key_exchange(app->device, app->random, chain), COPP_HR_OK);
    assert_memory_equal(chain, rig_chain, sizeof rig_chain);
}

/* SES-4: guidRandom, session key, status sequence, command sequence. */
struct copp_signature app_signature(const struct app *app) {
    struct copp_signature signature = {{0}};
    memcpy(signature.bytes, app->random, 16);
    memcpy(signature.bytes + IN_S_KEY, app->key, COPP_KEY_SIZE);
    put_u32(signature.bytes + IN_S_STATUS_SEQUENCE, app->status_sequence);
    put_u32(signature.bytes + IN_S_COMMAND_SEQUENCE, app->command_sequence);
    return signature;
}

uint32_t app_start(struct app *app) {
    struct copp_signature signature = app_signature(app);
    return copp_device_sequence_start(app->device, &signature);
}

void app_begin(struct app *app, struct copp_connector *connector) {
    app_open(app, connector);
    app_exchange(app);
    assert_int_equal(app_start(app), COPP_HR_OK);
}

/* WIRE-2 */
struct copp_command app_command(const struct app *app, enum copp_request request, const uint8_t *data, uint32_t size) {
    struct copp_command command = {{0}};
    memcpy(command.bytes + AT_GUID, rig_guid(request), COPP_GUID_SIZE);
    put_u32(command.bytes + AT_SEQUENCE, app->command_sequence);
    put_u32(command.bytes + AT_SIZE, size);
    if (size)
        memcpy(command.bytes + AT_DATA, data, size < COPP_COMMAND_DATA_SIZE ? size : COPP_COMMAND_DATA_SIZE);
    app_sign(app, &command);
    return command;
}

void app_sign(const struct app *app, struct copp_command *command) {
    kit_cmac(app->key, command->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command->bytes + AT_MAC);
}

uint32_t app_send(struct app *app, const struct copp_command *command) {
    uint32_t hresult = copp_device_command(app->device, command, app->now_ms);
    app->command_sequence += hresult == COPP_HR_OK;
    return hresult;
}

/* WIRE-5 */
uint32_t app_set_level(struct app *app, uint32_t type, uint32_t level) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data + IN_SET_TYPE, type);
    put_u32(data + IN_SET_LEVEL, level);
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    return app_send(app, &command);
}

uint32_t app_result(struct app *app) {
    uint32_t hresult = copp_device_command_result(app->device);
    app->command_sequence += hresult == COPP_HR_OK;
    return hresult;
}

/* WIRE-6 */
uint32_t app_set_signaling(struct app *app, const struct rig_signaling *signaling) {
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    put_u32(data + IN_SIGNALING_SET_STANDARD, signaling->standard);
    for (size_t i = 0; i < 3; i++) {
        put_u32(data + IN_SIGNALING_SET_ASPECT + 8 * i, signaling->mask[i]);
        put_u32(data + IN_SIGNALING_SET_ASPECT + 4 + 8 * i, signaling->data[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        put_u32(data + IN_SIGNALING_SET_MASK + 4 * i, signaling->extended_mask[i]);
        put_u32(data + IN_SIGNALING_SET_DATA + 4 * i, signaling->extended_data[i]);
    }
    put_u32(data + IN_SIGNALING_SET_RESERVED, signaling->reserved);
    struct copp_command command = app_command(app, COPP_SET_SIGNALING, data, sizeof data);
    return app_send(app, &command);
}

/* WIRE-3 */
struct copp_status_input app_request(const struct app *app, enum copp_request request, const uint8_t *data, uint32_t size) {
    struct copp_status_input input = {{0}};
    for (size_t i = 0; i < 16; i++)
        input.bytes[i] = (uint8_t)(app->status_sequence * 7 + i);
    memcpy(input.bytes + AT_GUID, rig_guid(request), COPP_GUID_SIZE);
    put_u32(input.bytes + AT_SEQUENCE, app->status_sequence);
    put_u32(input.bytes + AT_SIZE, size);
    if (size)
        memcpy(input.bytes + AT_DATA, data, size < COPP_STATUS_DATA_SIZE ? size : COPP_STATUS_DATA_SIZE);
    return input;
}

/* WIRE-4 */
uint32_t app_ask(struct app *app, enum copp_request request, const uint32_t *type, uint8_t *answer, size_t size) {
    uint8_t data[4];
    if (type)
        put_u32(data, *type);
    struct copp_status_input input = app_request(app, request, data, type ? 4 : 0);
    struct copp_status_output output;
    memset(&output, 0x55, sizeof output);
    uint32_t hresult = copp_device_status(app->device, &input, &output);
    if (hresult != COPP_HR_OK) {
        struct copp_status_output untouched;
        memset(&untouched, 0x55, sizeof untouched);
        assert_memory_equal(&output, &untouched, sizeof output); /* QRY-3: no answer is written */
        return hresult;
    }
    app->status_sequence++;
    uint8_t tag[16];
    kit_cmac(app->key, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag);
    assert_memory_equal(output.bytes, tag, 16);
    assert_int_equal(get_u32(output.bytes + AT_ANSWER_SIZE), size);
    assert_memory_equal(output.bytes + AT_ANSWER, input.bytes + AT_R_APP, COPP_RANDOM_SIZE);
    static const uint8_t zeros[4096];
    assert_memory_equal(output.bytes + AT_ANSWER + size, zeros, sizeof output.bytes - AT_ANSWER - size);
    memcpy(answer, output.bytes + AT_ANSWER, size);
    app->flags = get_u32(answer + IN_FLAGS);
    return COPP_HR_OK;
}

uint32_t app_word(struct app *app, enum copp_request request) {
    uint8_t answer[32];
    assert_int_equal(app_ask(app, request, NULL, answer, sizeof answer), COPP_HR_OK);
    return get_u32(answer + IN_STATUS_DATA);
}

static uint32_t level(struct app *app, enum copp_request request, uint32_t type) {
    uint8_t answer[32];
    assert_int_equal(app_ask(app, request, &type, answer, sizeof answer), COPP_HR_OK);
    return get_u32(answer + IN_STATUS_DATA);
}

uint32_t app_local(struct app *app, uint32_t type) {
    return level(app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, type);
}

uint32_t app_global(struct app *app, uint32_t type) {
    return level(app, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type);
}

uint32_t app_flags(struct app *app) {
    (void)app_word(app, COPP_QUERY_BUS_DATA);
    return app->flags;
}

void app_levels(struct app *app, uint32_t hdcp, uint32_t acp, uint32_t cgmsa) {
    assert_int_equal(app_local(app, COPP_PROTECTION_TYPE_HDCP), hdcp);
    assert_int_equal(app_local(app, COPP_PROTECTION_TYPE_ACP), acp);
    assert_int_equal(app_local(app, COPP_PROTECTION_TYPE_CGMSA), cgmsa);
}

void rig_session_begin(struct rig_session *session, const struct copp_connector_config *config) {
    rig_init(&session->rig, config);
    app_begin(&session->app, session->rig.connector);
}

void rig_session_end(struct rig_session *session) {
    copp_device_close(&session->app.device);
    rig_end(&session->rig);
}

void rig_scene_begin_on(struct rig_scene *scene, const struct copp_connector_config *config) {
    rig_init(&scene->rig, config);
    for (size_t i = 0; i < RIG_APPS; i++)
        app_begin(&scene->apps[i], scene->rig.connector);
}

void rig_scene_begin(struct rig_scene *scene) {
    rig_scene_begin_on(scene, NULL);
}

void rig_scene_end(struct rig_scene *scene) {
    for (size_t i = 0; i < RIG_APPS; i++)
        copp_device_close(&scene->apps[i].device);
    rig_end(&scene->rig);
}

void rig_scene_levels(const struct rig_scene *scene, uint32_t hdcp, uint32_t acp, uint32_t cgmsa) {
    struct copp_protection protection = {.size = sizeof protection};
    copp_connector_protection(scene->rig.connector, &protection);
    assert_int_equal(protection.hdcp, hdcp);
    assert_int_equal(protection.acp, acp);
    assert_int_equal(protection.cgmsa, cgmsa);
}
