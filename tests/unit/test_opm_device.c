/* A device under OPM semantics: opening, the handshake, the order of the checks, and which code says what (OPM-INI, OPM-GET, OPM-DDI-6). */
#include <stdlib.h>

#include "device/internal.h"
#include "log_kit.h"
#include "opm_rig.h"

#define GONE 0xC026251Au
#define INFORMATION 0xC026251Du
#define CONFIGURATION 0xC0262521u
#define NOT_COPP 0xC026251Cu
#define NOT_OPM 0xC026251Fu
#define INITIALIZATION 0xC0262503u

static const struct copp_device_options opm_options = {.size = sizeof opm_options, .semantics = COPP_SEMANTICS_OPM};

/* --- opening --- */

static void without_a_chain_there_are_no_devices(void) {
    struct rig rig;
    struct copp_device *device;
    rig_init(&rig, NULL);
    assert_int_equal(copp_device_open_as(rig.connector, &opm_options, &device), COPP_E_UNSUPPORTED);
    assert_null(device);
    rig_end(&rig);

    struct opm_rig opm;
    opm_rig_init(&opm, NULL, false);
    copp_credentials_drop(opm.adapter->credentials);
    opm.adapter->credentials = NULL;
    assert_int_equal(copp_device_open(opm.connector, &device), COPP_E_UNSUPPORTED);
    assert_null(device);
    assert_int_equal(copp_device_open_as(opm.connector, &opm_options, &device), COPP_OK);
    copp_device_close(&device);
    opm_rig_end(&opm);
}

static void semantics_must_be_said(void) {
    struct opm_rig rig;
    struct copp_device *device;
    struct copp_device_options options = {.size = sizeof options};
    opm_rig_init(&rig, NULL, false);
    assert_int_equal(copp_device_open_as(rig.connector, &options, &device), COPP_E_ARGUMENT);
    options.semantics = (enum copp_semantics)3;
    assert_int_equal(copp_device_open_as(rig.connector, &options, &device), COPP_E_ARGUMENT);
    options = (struct copp_device_options){.semantics = COPP_SEMANTICS_OPM};
    assert_int_equal(copp_device_open_as(rig.connector, &options, &device), COPP_E_ARGUMENT); /* the size was forgotten */
    opm_rig_end(&rig);
}

static void clone_mode_is_allowed(void) {
    struct opm_rig rig;
    struct copp_device *device;
    opm_rig_init(&rig, NULL, false);
    rig.output.state.mode = COPP_MODE_CLONE;
    assert_int_equal(copp_device_open(rig.connector, &device), COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(copp_device_open_as(rig.connector, &opm_options, &device), COPP_OK);
    copp_device_close(&device);
    rig.output.state.mode = COPP_MODE_THEATRE;
    assert_int_equal(copp_device_open_as(rig.connector, &opm_options, &device), COPP_E_UNSUPPORTED_MODE);
    opm_rig_end(&rig);
}

/* OPM-CERT-11 */
static void one_key_is_of_one_protocol(void) {
    static const uint8_t chain[] = "chain";
    struct opm_rig rig;
    struct copp_adapter *adapter;
    struct rig silent; /* its key does not tell its public half */
    opm_rig_init(&rig, NULL, false);
    rig_init(&silent, NULL);
    struct copp_adapter_config config = {.size = sizeof config,
                                         .chain_bytes = chain,
                                         .chain_size = sizeof chain,
                                         .key = rig.key,
                                         .opm_chain_bytes = chain,
                                         .opm_chain_size = sizeof chain,
                                         .opm_key = rig.key};
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_E_KEY);
    assert_null(adapter);
    config.key = &silent.key.key;
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_E_KEY);
    config.key = NULL;
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_E_ARGUMENT); /* a chain without its key */
    config.chain_bytes = NULL;
    config.chain_size = 0;
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_OK); /* OPM alone */
    assert_int_equal(copp_adapter_renew(adapter, chain, sizeof chain, rig.key), COPP_E_KEY);
    assert_int_equal(copp_adapter_renew(adapter, chain, sizeof chain, &rig.copp_key.key), COPP_OK);
    assert_int_equal(copp_adapter_renew_opm(adapter, chain, sizeof chain, &rig.copp_key.key), COPP_E_KEY);
    assert_ptr_equal(adapter->opm_credentials->key, rig.key);
    assert_int_equal(copp_adapter_renew_opm(adapter, chain, sizeof chain, rig.key), COPP_OK);
    copp_adapter_free(&adapter);
    rig_end(&silent);
    opm_rig_end(&rig);
}

/* All of it or nothing; what is left out is taken away, and open devices keep what they have. */
static void both_are_renewed_or_neither(void) {
    static const uint8_t chain[] = "chain";
    static const uint8_t other[] = "another";
    struct opm_rig rig;
    struct copp_device *device;
    const uint8_t *told;
    size_t size;
    uint8_t random[COPP_RANDOM_SIZE];
    opm_rig_init(&rig, NULL, false);
    const struct copp_credentials *copp = rig.adapter->credentials, *opm = rig.adapter->opm_credentials;
    struct copp_adapter_config config = {.size = sizeof config,
                                         .chain_bytes = chain,
                                         .chain_size = sizeof chain,
                                         .key = rig.key,
                                         .opm_chain_bytes = other,
                                         .opm_chain_size = sizeof other,
                                         .opm_key = rig.key};
    assert_int_equal(copp_adapter_renew_all(rig.adapter, &config), COPP_E_KEY); /* OPM-CERT-11 */
    config.key = NULL;
    assert_int_equal(copp_adapter_renew_all(rig.adapter, &config), COPP_E_ARGUMENT);
    assert_ptr_equal(rig.adapter->credentials, copp);
    assert_ptr_equal(rig.adapter->opm_credentials, opm);
    config.key = &rig.copp_key.key;
    assert_int_equal(copp_adapter_renew_all(rig.adapter, &config), COPP_OK);
    assert_int_equal(copp_device_open_as(rig.connector, &opm_options, &device), COPP_OK);
    config.opm_chain_bytes = NULL;
    config.opm_chain_size = 0;
    config.opm_key = NULL;
    assert_int_equal(copp_adapter_renew_all(rig.adapter, &config), COPP_OK);
    assert_int_equal(copp_device_exchange(device, random, &told, &size), COPP_HR_OK);
    assert_int_equal(size, sizeof other);
    assert_memory_equal(told, other, size);
    copp_device_close(&device);
    assert_int_equal(copp_device_open_as(rig.connector, &opm_options, &device), COPP_E_UNSUPPORTED); /* OPM-OUT-4 */
    assert_int_equal(copp_device_open(rig.connector, &device), COPP_OK);
    copp_device_close(&device);
    opm_rig_end(&rig);
}

/* libgcrypt's keys tell how long a decrypted number is: they are good for simulated connectors alone. */
static void a_real_connector_needs_constant_time(void) {
    struct opm_rig rig;
    struct copp_connector *real;
    struct copp_device *device;
    opm_rig_init(&rig, NULL, false);
    struct copp_connector_config config = opm_config();
    config.output = &rig.output.output;
    config.real = true;
    config.output_id = 0;
    assert_int_equal(copp_connector_add(rig.adapter, &config, &real), COPP_OK);
    bool constant = copp_private_key_constant_time(rig.key);
    assert_int_equal(copp_device_open_as(real, &opm_options, &device), constant ? COPP_OK : COPP_E_KEY);
    copp_device_close(&device);
    assert_int_equal(copp_device_open(real, &device), COPP_OK); /* COPP looks at no padding (SES-6) */
    copp_device_close(&device);
    opm_rig_end(&rig);
}

/* --- the handshake --- */

static void the_handshake_has_an_order(void) {
    struct opm_rig rig;
    struct opm_app app;
    const uint8_t *chain;
    size_t size;
    opm_rig_init(&rig, NULL, false);
    opm_open(&app, rig.connector);
    struct copp_signature sealed = opm_sealed(&app, rig.key);
    assert_int_equal(copp_device_sequence_start(app.device, &sealed), INITIALIZATION); /* OPM-INI-9 */
    opm_exchange(&app);
    assert_int_equal(copp_device_exchange(app.device, app.random, &chain, &size), COPP_HR_UNEXPECTED); /* OPM-INI-1 */
    assert_int_equal(opm_virtual_code(&app, OPM_HDCP), INFORMATION);
    assert_int_equal(opm_set(&app, OPM_HDCP, 1), CONFIGURATION);
    sealed = opm_sealed(&app, rig.key);
    assert_int_equal(copp_device_sequence_start(app.device, &sealed), COPP_HR_OK);
    assert_int_equal(copp_device_sequence_start(app.device, &sealed), INITIALIZATION); /* OPM-INI-9 */
    assert_int_equal(opm_virtual(&app, OPM_HDCP), 0);
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

static void each_device_has_a_number_of_its_own(void) {
    struct opm_rig rig;
    struct opm_app apps[2];
    opm_rig_init(&rig, NULL, false);
    for (size_t i = 0; i < 2; i++) {
        opm_open(&apps[i], rig.connector);
        opm_exchange(&apps[i]);
    }
    assert_memory_not_equal(apps[0].random, apps[1].random, COPP_RANDOM_SIZE);
    struct copp_signature sealed = opm_sealed(&apps[0], rig.key);
    assert_int_equal(copp_device_sequence_start(apps[1].device, &sealed), INITIALIZATION);
    for (size_t i = 0; i < 2; i++)
        copp_device_close(&apps[i].device);
    opm_rig_end(&rig);
}

/* One guess, whatever was wrong about it (OPM-INI-7, OPM-INI-8). */
static void a_wrong_ciphertext_spends_the_number(void) {
    for (int what = 0; what < 4; what++) {
        struct opm_rig rig;
        struct opm_app app;
        opm_rig_init(&rig, NULL, false);
        opm_open(&app, rig.connector);
        opm_exchange(&app);
        struct copp_signature right = opm_sealed(&app, rig.key);
        struct copp_signature wrong = right;
        if (what == 0)
            wrong.bytes[200] ^= 1; /* of the padding */
        if (what == 1)
            memset(wrong.bytes, 0xFF, sizeof wrong.bytes); /* not below the modulus */
        if (what == 2)
            memset(wrong.bytes, 0, sizeof wrong.bytes);
        if (what == 3) { /* well padded, with another random number */
            app.random[15] ^= 1;
            wrong = opm_sealed(&app, rig.key);
        }
        assert_int_equal(copp_device_sequence_start(app.device, &wrong), INITIALIZATION);
        assert_int_equal(copp_device_sequence_start(app.device, &right), INITIALIZATION); /* SPENT */
        assert_int_equal(opm_virtual_code(&app, OPM_HDCP), INFORMATION);
        copp_device_close(&app.device);
        opm_rig_end(&rig);
    }
}

/* --- the order of the checks --- */

/* What is not authentic is not looked at: a request of COPP's with a wrong OMAC is no more than a wrong one. */
static void a_request_is_authentic_before_all_else(void) {
    struct opm_rig rig;
    struct opm_app app;
    uint8_t answer[COPP_STATUS_SIZE];
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    struct opm_request request = opm_request(&app, COPP_QUERY_HDCP_KEY_DATA, NULL, 0);
    assert_int_equal(opm_get(&app, &request, answer, sizeof answer), NOT_COPP);
    request.mac[0] ^= 1;
    assert_int_equal(opm_get(&app, &request, answer, sizeof answer), INFORMATION);
    request = opm_request(&app, COPP_QUERY_HDCP_KEY_DATA, NULL, 0);
    put_u32(request.input.bytes + AT_SEQUENCE, app.status_sequence + 1);
    opm_sign_request(&app, &request);
    assert_int_equal(opm_get(&app, &request, answer, sizeof answer), INFORMATION); /* the number comes before the GUID */
    request = opm_request(&app, COPP_QUERY_HDCP_KEY_DATA, NULL, 0);
    put_u32(request.input.bytes + AT_SIZE, 4057);
    opm_sign_request(&app, &request);
    assert_int_equal(opm_get(&app, &request, answer, sizeof answer), INFORMATION); /* and so does the size */
    struct copp_command command = opm_command(&app, COPP_SET_SIGNALING, NULL, 0);
    assert_int_equal(opm_send(&app, &command, NULL, 0), NOT_COPP); /* before its size, which is too small */
    command.bytes[100] ^= 1;
    assert_int_equal(opm_send(&app, &command, NULL, 0), CONFIGURATION);
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* OPM-GET-1: each of the 4112 bytes counts. */
static void every_byte_of_a_request_is_authenticated(void) {
    struct opm_rig rig;
    struct opm_app app;
    uint8_t answer[COPP_STATUS_SIZE];
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    struct opm_request request = opm_request(&app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    for (size_t i = 0; i < COPP_MESSAGE_SIZE; i += i < 64 ? 1 : 509) {
        request.input.bytes[i] ^= 0x10;
        assert_int_equal(opm_get(&app, &request, answer, sizeof answer), INFORMATION);
        request.input.bytes[i] ^= 0x10;
    }
    for (size_t i = 0; i < COPP_MAC_SIZE; i++) {
        request.mac[i] ^= 0x10;
        assert_int_equal(opm_get(&app, &request, answer, sizeof answer), INFORMATION);
        request.mac[i] ^= 0x10;
    }
    assert_int_equal(opm_get(&app, &request, answer, sizeof answer), COPP_HR_OK); /* OPM-GET-3: no failure has counted */
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* Messages of one kind are not accepted as another, under one key. */
static void no_kind_of_message_passes_for_another(void) {
    struct opm_rig rig;
    struct opm_app app;
    struct copp_status_output output;
    struct opm_request request;
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    request = opm_request(&app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    assert_int_equal(copp_device_get_information(app.device, request.mac, &request.input, &output), COPP_HR_OK);
    app.status_sequence++;
    struct copp_command command;
    memcpy(command.bytes, output.bytes, sizeof command.bytes); /* an answer, as a command */
    assert_int_equal(opm_send(&app, &command, NULL, 0), CONFIGURATION);
    command = opm_command(&app, COPP_SET_PROTECTION_LEVEL, (const uint8_t[16]){OPM_HDCP}, 16);
    memcpy(request.input.bytes, command.bytes, sizeof request.input.bytes); /* a command, as a request */
    memcpy(request.mac, command.bytes, sizeof request.mac);
    assert_int_equal(opm_get(&app, &request, output.bytes, COPP_STATUS_SIZE), INFORMATION);
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* Request and answer may share memory: read all, then write. */
static void an_answer_may_lie_where_the_request_was(void) {
    struct opm_rig rig;
    struct opm_app app;
    union {
        uint8_t bytes[COPP_OPM_GET_INFO_SIZE];
        struct copp_status_output output;
        struct opm_request request;
    } shared;
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    shared.request = opm_request(&app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    assert_int_equal(copp_device_get_information(app.device, shared.request.mac, &shared.request.input, &shared.output),
                     COPP_HR_OK);
    assert_int_equal(get_u32(shared.bytes + AT_ANSWER + IN_STATUS_DATA), COPP_CONNECTOR_HDMI);
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* OPM-SET-3 */
static void additional_bytes_are_an_srm_or_nothing(void) {
    static const uint8_t byte[1];
    struct opm_rig rig;
    struct opm_app app;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {OPM_HDCP, 0, 0, 0, 1};
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    struct copp_command command = opm_command(&app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    assert_int_equal(opm_send(&app, &command, NULL, 1), COPP_HR_POINTER);
    assert_int_equal(opm_send(&app, &command, byte, 1), CONFIGURATION);
    assert_int_equal(rig.output.in_force.hdcp, 0);
    assert_int_equal(opm_send(&app, &command, byte, 0), COPP_HR_OK); /* a pointer to zero bytes counts as NULL */
    command = opm_command(&app, COPP_OPM_SET_HDCP_SRM, (const uint8_t[4]){1}, 4);
    assert_int_equal(opm_send(&app, &command, byte, SIZE_MAX), COPP_HR_OPM_INVALID_SRM); /* by its size: nothing is read */
    assert_int_equal(opm_send(&app, &command, byte, COPP_OPM_ADDITIONAL_MAX + 1), COPP_HR_OPM_INVALID_SRM);
    assert_int_equal(opm_send(&app, &command, byte, 0), COPP_HR_OPM_INVALID_SRM);
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* --- the other semantics (OPM-DDI-6) --- */

static void a_device_of_the_other_semantics(void) {
    struct opm_rig rig;
    struct opm_app opm;
    struct app copp;
    struct copp_status_output output;
    opm_rig_init(&rig, NULL, false);
    opm_open(&opm, rig.connector);
    assert_int_equal(copp_device_open(rig.connector, &copp.device), COPP_OK);
    struct opm_request request = opm_request(&opm, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    /* whatever their state */
    assert_int_equal(copp_device_get_information(copp.device, request.mac, &request.input, &output), NOT_OPM);
    assert_int_equal(copp_device_status(opm.device, &request.input, &output), NOT_COPP);
    assert_int_equal(copp_device_get_copp_information(opm.device, &request.input, &output), NOT_COPP);
    copp_device_close(&copp.device);
    opm_exchange(&opm);
    struct copp_signature sealed = opm_sealed(&opm, rig.key);
    assert_int_equal(copp_device_sequence_start(opm.device, &sealed), COPP_HR_OK);
    assert_int_equal(copp_device_get_copp_information(opm.device, &request.input, &output), NOT_COPP);
    assert_int_equal(opm_virtual(&opm, OPM_HDCP), 0); /* nothing has counted */
    copp_device_close(&opm.device);
    opm_rig_end(&rig);
}

/* Through OPM's interface to a device of COPP. */
static uint32_t copp_get(struct app *app, const uint8_t *guid, uint32_t size, uint32_t type) {
    struct copp_status_output output;
    uint8_t data[4];
    put_u32(data, type);
    struct copp_status_input input = app_request(app, COPP_QUERY_CONNECTOR_TYPE, data, size);
    memcpy(input.bytes + AT_GUID, guid, COPP_GUID_SIZE);
    uint32_t hresult = copp_device_get_copp_information(app->device, &input, &output);
    app->status_sequence += hresult == COPP_HR_OK;
    return hresult;
}

static uint32_t copp_configure(struct app *app, const uint8_t *guid, uint32_t type, const uint8_t *additional) {
    uint8_t data[COPP_SET_SIGNALING_SIZE] = {0};
    put_u32(data, type);
    put_u32(data + 4, type == COPP_PROTECTION_TYPE_ACP);
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    memcpy(command.bytes + AT_GUID, guid, COPP_GUID_SIZE);
    app_sign(app, &command);
    uint32_t hresult = copp_device_configure(app->device, &command, additional, 0, 0);
    app->command_sequence += hresult == COPP_HR_OK;
    return hresult;
}

static void codes_for_a_copp_device(void) {
    static const uint8_t nobody[COPP_GUID_SIZE] = {1};
    struct rig rig;
    struct app app;
    struct copp_connector_config config = rig_config();
    config.protection_types = COPP_PROTECTION_TYPE_ACP;
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    config.tv_standards = config.default_standard = 0;
    rig_init(&rig, &config);
    app_begin(&app, rig.connector);
    const uint8_t *level = copp_opm_request_guid(COPP_QUERY_LOCAL_PROTECTION_LEVEL);
    assert_int_equal(copp_get(&app, level, 4, COPP_PROTECTION_TYPE_HDCP), COPP_HR_OPM_NO_HDCP);
    assert_int_equal(copp_get(&app, level, 4, COPP_PROTECTION_TYPE_CGMSA), COPP_HR_OPM_NO_CGMSA);
    assert_int_equal(copp_get(&app, level, 4, OPM_HDCP), NOT_OPM);
    assert_int_equal(copp_get(&app, level, 4, OPM_DPCP), NOT_OPM);
    assert_int_equal(copp_get(&app, level, 4, 3), INFORMATION);
    assert_int_equal(copp_get(&app, level, 0, 0), INFORMATION);
    assert_int_equal(copp_get(&app, level, 4, COPP_PROTECTION_TYPE_ACP), COPP_HR_OK);
    assert_int_equal(copp_get(&app, copp_opm_request_guid(COPP_QUERY_HDCP_KEY_DATA), 0, 0), COPP_HR_OPM_NO_HDCP);
    assert_int_equal(copp_get(&app, copp_opm_request_guid(COPP_QUERY_SIGNALING), 0, 0), COPP_HR_OPM_SIGNALING_NOT_SUPPORTED);
    assert_int_equal(copp_get(&app, copp_opm_request_guid(COPP_OPM_QUERY_SRM_VERSION), 0, 0), NOT_OPM);
    assert_int_equal(copp_get(&app, copp_opm_request_guid(COPP_OPM_QUERY_OUTPUT_ID), 0, 0), NOT_OPM);
    assert_int_equal(copp_get(&app, nobody, 0, 0), INFORMATION);
    app.status_sequence++;
    assert_int_equal(copp_get(&app, level, 4, COPP_PROTECTION_TYPE_ACP), INFORMATION);
    const uint8_t *set = copp_opm_request_guid(COPP_SET_PROTECTION_LEVEL);
    assert_int_equal(copp_configure(&app, set, COPP_PROTECTION_TYPE_HDCP, NULL), COPP_HR_OPM_NO_HDCP);
    assert_int_equal(copp_configure(&app, set, OPM_HDCP, NULL), NOT_OPM);
    assert_int_equal(copp_configure(&app, set, OPM_ENFORCEMENT, NULL), NOT_OPM);
    assert_int_equal(copp_configure(&app, set, COPP_PROTECTION_TYPE_ACP, NULL), COPP_HR_OPM_RESOLUTION_TOO_HIGH);
    assert_int_equal(copp_configure(&app, copp_opm_request_guid(COPP_OPM_SET_HDCP_SRM), 1, NULL), NOT_OPM);
    assert_int_equal(copp_configure(&app, copp_opm_request_guid(COPP_OPM_SET_PROTECTION_LEVEL_CSS), 1, NULL), NOT_OPM);
    assert_int_equal(copp_configure(&app, copp_opm_request_guid(COPP_SET_SIGNALING), 1, NULL),
                     COPP_HR_OPM_SIGNALING_NOT_SUPPORTED);
    assert_int_equal(copp_configure(&app, nobody, 1, NULL), CONFIGURATION);
    rig_set_mode(&rig.output, 720, 480, true);
    assert_int_equal(copp_configure(&app, set, COPP_PROTECTION_TYPE_ACP, nobody), CONFIGURATION); /* OPM-SET-3 */
    rig.output.answer = COPP_E_FAILED;
    assert_int_equal(copp_configure(&app, set, COPP_PROTECTION_TYPE_ACP, NULL), CONFIGURATION);
    rig.output.answer = COPP_OK;
    assert_int_equal(copp_configure(&app, set, COPP_PROTECTION_TYPE_ACP, NULL), COPP_HR_OK);
    copp_device_close(&app.device);
    rig_end(&rig);
}

/* --- what a connector is --- */

static void an_embedded_link_offers_nothing(void) {
    static const struct {
        uint32_t type, seen;
    } links[] = {{COPP_CONNECTOR_LVDS, COPP_CONNECTOR_LVDS},
                 {COPP_CONNECTOR_DISPLAYPORT_EMBEDDED | COPP_CONNECTOR_INTERNAL, COPP_CONNECTOR_DISPLAYPORT_EMBEDDED},
                 {COPP_CONNECTOR_UDI_EMBEDDED, COPP_CONNECTOR_UDI_EMBEDDED},
                 {COPP_CONNECTOR_HDMI | COPP_CONNECTOR_INTERNAL, COPP_CONNECTOR_LVDS}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct opm_rig rig;
        struct opm_app app;
        struct copp_connector_config config = opm_config();
        config.connector_type = links[i].type;
        config.bus_type = COPP_BUS_AGP | COPP_BUS_INTEGRATED;
        config.opm_bus_type = 0;
        opm_rig_init(&rig, &config, false);
        opm_begin(&app, &rig);
        assert_int_equal(opm_word(&app, COPP_QUERY_CONNECTOR_TYPE), links[i].seen); /* OPM-CONST-2 */
        assert_int_equal(opm_word(&app, COPP_QUERY_BUS_DATA), COPP_OPM_BUS_IN_CHIPSET); /* OPM-CONST-1 */
        assert_int_equal(opm_word(&app, COPP_QUERY_PROTECTION_TYPE), 0);
        assert_int_equal(opm_virtual_code(&app, OPM_HDCP), COPP_HR_OPM_NO_HDCP);
        assert_int_equal(opm_set(&app, OPM_HDCP, 0), COPP_HR_OPM_NO_HDCP); /* OPM-SET-4: also for level 0 */
        copp_device_close(&app.device);
        opm_rig_end(&rig);
    }
}

static void connectors_of_opm_alone(void) {
    static const uint32_t types[] = {COPP_CONNECTOR_RESERVED, COPP_CONNECTOR_MIRACAST, COPP_CONNECTOR_AGNOSTIC_DIGITAL_A,
                                     COPP_CONNECTOR_AGNOSTIC_DIGITAL_B};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct opm_rig rig;
        struct opm_app app;
        struct app copp;
        struct copp_connector_config config = opm_config();
        config.connector_type = types[i];
        opm_rig_init(&rig, &config, false);
        opm_begin(&app, &rig);
        app_begin(&copp, rig.connector);
        assert_int_equal(opm_word(&app, COPP_QUERY_CONNECTOR_TYPE), types[i]);
        assert_int_equal(opm_set(&app, OPM_HDCP, 1), COPP_HR_OK);
        assert_int_equal(app_word(&copp, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_UNKNOWN);
        copp_device_close(&app.device);
        copp_device_close(&copp.device);
        opm_rig_end(&rig);
    }
}

/* OPM-WIRE-7: a number of its own, and not COPP's whole format; single fields and unknown types do not have one. */
static void interleaving_is_one_number(void) {
    static const unsigned numbers[][2] = {{2, 2}, {3, 3}, {4, 4}, {0, 0}, {1, 0}, {5, 0}, {6, 0}, {255, 0}};
    struct opm_rig rig;
    struct opm_app app;
    uint8_t answer[44];
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        rig.output.state.display.format = 0xABCDEF00u | numbers[i][0];
        assert_int_equal(opm_ask(&app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
        assert_int_equal(get_u32(answer + 28), numbers[i][1]);
    }
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* Real outputs have no such operation: it is said, and not tried for ever. */
static void an_output_that_cannot_blank_says_so(void) {
    struct opm_rig rig;
    struct opm_app app;
    struct kit_log kept = kit_log();
    opm_rig_init(&rig, NULL, false);
    struct copp_output_ops ops = *rig.output.output.ops;
    ops.blank = NULL;
    rig.output.output.ops = &ops;
    rig.adapter->log = &kept.log;
    opm_begin(&app, &rig);
    assert_int_equal(opm_set(&app, OPM_HDCP, 1), COPP_HR_OK);
    rig.output.in_force.hdcp = 0;
    copp_connector_unplugged(rig.connector);
    kit_log_has(&kept, COPP_LOG_WARNING, "its output still shows frames (OPM-STA-6)");
    assert_int_equal(copp_adapter_deadline_ms(rig.adapter), UINT64_MAX);
    assert_int_equal(opm_virtual(&app, OPM_HDCP), 0); /* the session is told all the same */
    assert_int_equal(app.flags, COPP_STATUS_LINK_LOST);
    unsigned said = kept.count;
    assert_int_equal(opm_set(&app, OPM_HDCP, 0), COPP_HR_OK);
    assert_int_equal(kept.count, said);
    copp_device_close(&app.device);
    rig.adapter->log = NULL;
    opm_rig_end(&rig);
}

static void buses_that_cannot_be(void) {
    static const uint32_t wrong[] = {5, 0x60000, 0x10001, 0x80000003, 0x8000};
    static const uint32_t right[] = {4, 0x10000, 0x80010000, 0x50003, 0x80020004};
    struct opm_rig rig;
    struct copp_connector *connector;
    opm_rig_init(&rig, NULL, false);
    struct copp_connector_config config = opm_config();
    config.output = &rig.output.output;
    config.output_id = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        config.opm_bus_type = wrong[i];
        assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_E_ARGUMENT);
        config.opm_bus_type = right[i];
        assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_OK);
    }
    opm_rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(without_a_chain_there_are_no_devices, "OPM-OUT-4"),
    TEST(semantics_must_be_said, ""),
    TEST(clone_mode_is_allowed, "OPM-OUT-6"),
    TEST(one_key_is_of_one_protocol, "OPM-CERT-11"),
    TEST(both_are_renewed_or_neither, "OPM-CERT-11 OPM-OUT-4 SES-2"),
    TEST(a_real_connector_needs_constant_time, "OPM-INI-6"),
    TEST(the_handshake_has_an_order, "OPM-INI-1 OPM-INI-9"),
    TEST(each_device_has_a_number_of_its_own, "OPM-INI-1 OPM-INI-6"),
    TEST(a_wrong_ciphertext_spends_the_number, "OPM-INI-7 OPM-INI-8"),
    TEST(a_request_is_authentic_before_all_else, "OPM-GET-2 OPM-SET-1"),
    TEST(every_byte_of_a_request_is_authenticated, "OPM-GET-1 OPM-GET-3 OPM-ERR-3"),
    TEST(no_kind_of_message_passes_for_another, "OPM-GET-1 OPM-SET-1"),
    TEST(an_answer_may_lie_where_the_request_was, "OPM-GET-4"),
    TEST(additional_bytes_are_an_srm_or_nothing, "OPM-SET-3"),
    TEST(a_device_of_the_other_semantics, "OPM-DDI-6 OPM-GET-2"),
    TEST(codes_for_a_copp_device, "OPM-DDI-6"),
    TEST(an_embedded_link_offers_nothing, "OPM-CONST-1 OPM-CONST-2 OPM-GET-7 OPM-SET-7"),
    TEST(connectors_of_opm_alone, "OPM-CONST-2"),
    TEST(interleaving_is_one_number, "OPM-WIRE-7"),
    TEST(an_output_that_cannot_blank_says_so, "OPM-STA-6"),
    TEST(buses_that_cannot_be, "OPM-CONST-1"),
};

int main(void) {
    return RUN_SUITE("opm_device", cases);
}
