#include "opm_rig.h"

#include <stdlib.h>

#include "crypto_kit.h"

static const uint8_t opm_chain[90] = "<X.509>";

/* --- the driver's surroundings --- */

static void output_state(struct copp_output *base, struct copp_output_state *state) {
    const struct opm_output *output = (struct opm_output *)base;
    *state = output->state;
    state->hdcp_receiver = !output->no_hdcp;
}

/* A repeater hands its list over with HDCP. */
static void put_in_force(struct opm_output *output) {
    output->in_force = output->wanted;
    if (!output->behind || !output->in_force.hdcp)
        return;
    output->state.downstream = output->behind;
    output->state.downstream_count = 1;
}

/* Whether wanted asks for more than is in force. */
static enum copp_result can_do(const struct opm_output *output, const struct copp_protection *wanted) {
    bool hdcp = wanted->hdcp && !output->in_force.hdcp;
    bool type1 = wanted->type1 && !output->in_force.type1;
    bool dpcp = wanted->dpcp && !output->in_force.dpcp;
    if ((hdcp && output->no_hdcp) || (type1 && (output->no_hdcp || output->no_type1)) || (dpcp && output->no_dpcp))
        return COPP_E_UNSUPPORTED;
    if ((hdcp || type1) && output->no_engine)
        return COPP_E_STATE;
    if ((hdcp || type1) && output->revokes)
        return COPP_E_REVOKED;
    return (hdcp || type1 || dpcp) && output->link_fails ? COPP_E_FAILED : COPP_OK;
}

static enum copp_result output_apply(struct copp_output *base, const struct copp_protection *wanted) {
    struct opm_output *output = (struct opm_output *)base;
    assert_false(output->pending);
    assert_true(wanted->hdcp || !wanted->type1);
    output->applies++;
    output->wanted = *wanted;
    enum copp_result result = can_do(output, wanted);
    if (!result && output->slow) {
        output->pending = true;
        return COPP_E_PENDING;
    }
    if (!result)
        put_in_force(output);
    return result;
}

static void output_cancel(struct copp_output *base) {
    struct opm_output *output = (struct opm_output *)base;
    assert_true(output->pending);
    output->pending = false;
}

static enum copp_result output_blank(struct copp_output *base, bool blank) {
    struct opm_output *output = (struct opm_output *)base;
    assert_true(output->dark != blank);
    output->blanks++;
    if (output->cannot_blank)
        return COPP_E_FAILED;
    output->dark = blank;
    return COPP_OK;
}

static uint32_t output_presence(struct copp_output *base) {
    const struct opm_output *output = (const struct opm_output *)base;
    return COPP_BOUND_PLUGGED | (output->no_hdcp ? 0 : COPP_BOUND_RECEIVER);
}

static const struct copp_output_ops output_ops = {.size = sizeof output_ops,
                                                  .state = output_state,
                                                  .apply = output_apply,
                                                  .cancel = output_cancel,
                                                  .presence = output_presence,
                                                  .blank = output_blank};

void opm_output_end(struct opm_output *output, struct copp_connector *connector) {
    assert_true(output->pending);
    output->pending = false;
    enum copp_result result = can_do(output, &output->wanted);
    if (!result)
        put_in_force(output);
    copp_connector_applied(connector, result);
}

static enum copp_result random_fill(struct copp_random *source, uint8_t *bytes, size_t size) {
    struct opm_random *random = (struct opm_random *)source;
    if (random->taken < random->given) {
        assert_int_equal(size, COPP_RANDOM_SIZE);
        memcpy(bytes, random->bytes[random->taken++], size);
        return COPP_OK;
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = random->next++;
    return COPP_OK;
}

static const struct copp_random_ops random_ops = {sizeof random_ops, random_fill};

/* COPP's key leaves the number as it is, and is not OPM's. */
static enum copp_result copp_operation(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    (void)key;
    memcpy(out, in, size);
    return COPP_OK;
}

static enum copp_result copp_public(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = (struct copp_public_key){.modulus_size = COPP_MODULUS_MAX, .exponent = 65537};
    memset(out->modulus, 0xA5, sizeof out->modulus);
    return COPP_OK;
}

static const struct copp_private_key_ops copp_key_ops = {
    .size = sizeof copp_key_ops, .public_key = copp_public, .decrypt_raw = copp_operation};

struct copp_connector_config opm_config(void) {
    return (struct copp_connector_config){.size = sizeof(struct copp_connector_config),
                                          .connector_type = COPP_CONNECTOR_HDMI,
                                          .protection_types = COPP_PROTECTION_TYPE_HDCP,
                                          .bus_type = COPP_BUS_PCI_EXPRESS,
                                          .opm_bus_type = COPP_BUS_PCI_EXPRESS | COPP_OPM_BUS_TRACKS_TO_CHIP,
                                          .type1 = true,
                                          .output_id = 0x0102030405060708,
                                          .hardware_protection = true,
                                          .name = "HDMI-1"};
}

static void keep_srms(struct copp_adapter *adapter) {
    size_t dsa_size;
    size_t rsa_size;
    char *dsa = (char *)read_test_vector("opm-srm-dsa-public.pem", &dsa_size);
    char *rsa = (char *)read_test_vector("opm-srm-rsa3072-public.pem", &rsa_size);
    const struct copp_srm_key keys[] = {{.size = sizeof keys[0], .kind = COPP_SRM_KEY_PRODUCTION},
                                        {sizeof keys[0], COPP_SRM_KEY_PEM, dsa, dsa_size},
                                        {sizeof keys[0], COPP_SRM_KEY_PEM, rsa, rsa_size}};
    assert_int_equal(copp_adapter_keep_srms(adapter, keys, 3), COPP_OK);
    free(dsa);
    free(rsa);
}

static void output_init(struct opm_output *output) {
    *output = (struct opm_output){.output = {&output_ops}};
    output->state.display = (struct copp_display){1920, 1080, COPP_SAMPLE_PROGRESSIVE_FRAME, 22, 60000, 1001};
    output->state.hdcp_version = COPP_HDCP_VERSION_2;
    memcpy(output->state.bksv, "\x14\xf7\x61\x03\xb7", COPP_KSV_SIZE);
}

void opm_rig_init(struct opm_rig *rig, const struct copp_connector_config *config, bool bound) {
    *rig = (struct opm_rig){
        .key = test_private_key("opm/leaf-key.pem"), .copp_key = {.key = {&copp_key_ops}}, .random = {.random = {&random_ops}}};
    output_init(&rig->output);
    const struct copp_adapter_config adapter = {.size = sizeof adapter,
                                                .chain_bytes = rig_chain,
                                                .chain_size = sizeof rig_chain,
                                                .key = &rig->copp_key.key,
                                                .random = &rig->random.random,
                                                .pending_limit_ms = RIG_PENDING_LIMIT,
                                                .unbound = !bound,
                                                .opm_chain_bytes = opm_chain,
                                                .opm_chain_size = sizeof opm_chain,
                                                .opm_key = rig->key};
    assert_int_equal(copp_adapter_new(&adapter, &rig->adapter), COPP_OK);
    keep_srms(rig->adapter);
    struct copp_connector_config connector = config ? *config : opm_config();
    connector.output = &rig->output.output;
    assert_int_equal(copp_connector_add(rig->adapter, &connector, &rig->connector), COPP_OK);
}

void opm_rig_end(struct opm_rig *rig) {
    copp_adapter_free(&rig->adapter);
    copp_private_key_free(&rig->key);
}

/* --- the application's side --- */

void opm_open(struct opm_app *app, struct copp_connector *connector) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM};
    *app = (struct opm_app){.status_sequence = 0x30, .command_sequence = 0x40};
    assert_int_equal(copp_device_open_as(connector, &options, &app->device), COPP_OK);
    for (size_t i = 0; i < sizeof app->key; i++)
        app->key[i] = (uint8_t)(0xC0 + i);
}

void opm_exchange(struct opm_app *app) {
    const uint8_t *chain;
    size_t size;
    assert_int_equal(copp_device_exchange(app->device, app->random, &chain, &size), COPP_HR_OK);
    assert_int_equal(size, sizeof opm_chain);
    assert_memory_equal(chain, opm_chain, size);
}

struct copp_signature opm_sealed(const struct opm_app *app, struct copp_private_key *key) {
    struct copp_handshake handshake = {.status_sequence = app->status_sequence, .command_sequence = app->command_sequence};
    struct copp_public_key leaf;
    struct copp_signature sealed;
    memcpy(handshake.random, app->random, sizeof handshake.random);
    memcpy(handshake.session_key, app->key, sizeof handshake.session_key);
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_OPM, &leaf, &sealed), COPP_OK);
    return sealed;
}

void opm_begin(struct opm_app *app, struct opm_rig *rig) {
    opm_open(app, rig->connector);
    opm_exchange(app);
    struct copp_signature sealed = opm_sealed(app, rig->key);
    assert_int_equal(copp_device_sequence_start(app->device, &sealed), COPP_HR_OK);
}

/* OPM-WIRE-1 */
struct opm_request opm_request(const struct opm_app *app, enum copp_request request, const uint8_t *data, uint32_t size) {
    struct opm_request made = {{0}, {{0}}};
    for (size_t i = 0; i < COPP_RANDOM_SIZE; i++)
        made.input.bytes[i] = (uint8_t)(app->status_sequence * 5 + i);
    memcpy(made.input.bytes + AT_GUID, copp_opm_request_guid(request), COPP_GUID_SIZE);
    put_u32(made.input.bytes + AT_SEQUENCE, app->status_sequence);
    put_u32(made.input.bytes + AT_SIZE, size);
    if (size)
        memcpy(made.input.bytes + AT_DATA, data, size < COPP_STATUS_DATA_SIZE ? size : COPP_STATUS_DATA_SIZE);
    opm_sign_request(app, &made);
    return made;
}

void opm_sign_request(const struct opm_app *app, struct opm_request *request) {
    kit_cmac(app->key, request->input.bytes, COPP_MESSAGE_SIZE, request->mac);
}

uint32_t opm_get(struct opm_app *app, const struct opm_request *request, uint8_t *answer, size_t size) {
    struct copp_status_output output;
    struct copp_status_output untouched;
    memset(&output, 0x55, sizeof output);
    untouched = output;
    uint32_t hresult = copp_device_get_information(app->device, request->mac, &request->input, &output);
    if (hresult != COPP_HR_OK) {
        assert_memory_equal(&output, &untouched, sizeof output); /* OPM-ERR-3 */
        return hresult;
    }
    app->status_sequence++;
    uint8_t tag[16];
    kit_cmac(app->key, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag);
    assert_memory_equal(output.bytes, tag, sizeof tag);
    assert_int_equal(get_u32(output.bytes + AT_ANSWER_SIZE), size);
    assert_memory_equal(output.bytes + AT_ANSWER, request->input.bytes + AT_R_APP, COPP_RANDOM_SIZE);
    memcpy(answer, output.bytes + AT_ANSWER, size);
    app->flags = get_u32(answer + IN_FLAGS);
    return COPP_HR_OK;
}

uint32_t opm_ask(struct opm_app *app, enum copp_request request, const uint32_t *type, uint8_t *answer, size_t size) {
    uint8_t data[4];
    if (type)
        put_u32(data, *type);
    struct opm_request made = opm_request(app, request, data, type ? 4 : 0);
    return opm_get(app, &made, answer, size);
}

uint32_t opm_word(struct opm_app *app, enum copp_request request) {
    uint8_t answer[COPP_STATUS_SIZE];
    assert_int_equal(opm_ask(app, request, NULL, answer, sizeof answer), COPP_HR_OK);
    return get_u32(answer + IN_STATUS_DATA);
}

static uint32_t level(struct opm_app *app, enum copp_request request, uint32_t type) {
    uint8_t answer[COPP_STATUS_SIZE];
    assert_int_equal(opm_ask(app, request, &type, answer, sizeof answer), COPP_HR_OK);
    return get_u32(answer + IN_STATUS_DATA);
}

uint32_t opm_virtual(struct opm_app *app, uint32_t type) {
    return level(app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, type);
}

uint32_t opm_actual(struct opm_app *app, uint32_t type) {
    return level(app, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type);
}

uint32_t opm_virtual_code(struct opm_app *app, uint32_t type) {
    uint8_t answer[COPP_STATUS_SIZE];
    return opm_ask(app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &type, answer, sizeof answer);
}

/* OPM-WIRE-3 */
struct copp_command opm_command(const struct opm_app *app, enum copp_request request, const uint8_t *data, uint32_t size) {
    struct copp_command command = {{0}};
    memcpy(command.bytes + AT_GUID, copp_opm_request_guid(request), COPP_GUID_SIZE);
    put_u32(command.bytes + AT_SEQUENCE, app->command_sequence);
    put_u32(command.bytes + AT_SIZE, size);
    if (size)
        memcpy(command.bytes + AT_DATA, data, size < COPP_COMMAND_DATA_SIZE ? size : COPP_COMMAND_DATA_SIZE);
    opm_sign_command(app, &command);
    return command;
}

void opm_sign_command(const struct opm_app *app, struct copp_command *command) {
    kit_cmac(app->key, command->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command->bytes + AT_MAC);
}

uint32_t opm_send(struct opm_app *app, const struct copp_command *command, const uint8_t *additional, size_t size) {
    uint32_t hresult = copp_device_configure(app->device, command, additional, size, app->now_ms);
    app->command_sequence += hresult == COPP_HR_OK;
    return hresult;
}

static uint32_t set(struct opm_app *app, enum copp_request request, uint32_t type, uint32_t level_wanted) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data + IN_SET_TYPE, type);
    put_u32(data + IN_SET_LEVEL, level_wanted);
    struct copp_command command = opm_command(app, request, data, sizeof data);
    return opm_send(app, &command, NULL, 0);
}

uint32_t opm_set(struct opm_app *app, uint32_t type, uint32_t level_wanted) {
    return set(app, COPP_SET_PROTECTION_LEVEL, type, level_wanted);
}

uint32_t opm_set_css(struct opm_app *app, uint32_t type, uint32_t level_wanted) {
    return set(app, COPP_OPM_SET_PROTECTION_LEVEL_CSS, type, level_wanted);
}

uint32_t opm_set_srm(struct opm_app *app, uint32_t version, const char *file) {
    char name[64] = "opm/";
    size_t size;
    uint8_t *bytes = read_test_vector(strcat(name, file), &size);
    uint8_t data[COPP_OPM_SET_HDCP_SRM_SIZE];
    put_u32(data, version);
    struct copp_command command = opm_command(app, COPP_OPM_SET_HDCP_SRM, data, sizeof data);
    uint32_t hresult = opm_send(app, &command, bytes, size);
    free(bytes);
    return hresult;
}
