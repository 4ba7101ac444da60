/* A display driver's nine functions, with the status codes that Windows' kernel gets (OPM-DDI). */
#include "copp/ddi.h"

#include <stdlib.h>

#include "crypto_kit.h"
#include "device/internal.h"
#include "opm_rig.h"

#define TARGET 7u
#define OTHER_TARGET 8u
#define CHAIN_SIZE 90u /* of opm_rig.c's */

#define INVALID_PARAMETER 0xC000000Du
#define NO_OPM 0xC01E0500u
#define NO_COPP 0xC01E0501u
#define NO_UAB 0xC01E0502u
#define INITIALIZATION 0xC01E0503u
#define INTERNAL 0xC01E050Bu
#define HANDLE 0xC01E050Cu
#define CERTIFICATE_SIZE 0xC01E050Eu
#define SPANNING 0xC01E050Fu
#define THEATRE 0xC01E0510u
#define SCAN 0xC01E0511u
#define SRM 0xC01E0512u
#define GONE 0xC01E051Au
#define NOT_COPP 0xC01E051Cu
#define INFORMATION 0xC01E051Du
#define DRIVER 0xC01E051Eu
#define NOT_OPM 0xC01E051Fu
#define CONFIGURATION 0xC01E0521u

/* A driver with one target, and a clock that jumps to whatever is waited for. */
struct host {
    struct opm_rig rig;
    struct copp_pump pump;
    struct copp_ddi *ddi;
    uint64_t now_ms;
    unsigned waits;
    void (*meanwhile)(struct host *host); /* other calls that come while it waits */
    uintptr_t waiting; /* for the command of this output */
    struct opm_app other_app;
    uintptr_t other;
};

static uint64_t host_now(struct copp_pump *pump) {
    return ((struct host *)(void *)((uint8_t *)pump - offsetof(struct host, pump)))->now_ms;
}

static void host_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct host *host = (struct host *)(void *)((uint8_t *)pump - offsetof(struct host, pump));
    host->waits++;
    if (host->meanwhile)
        host->meanwhile(host);
    else if (deadline_ms != UINT64_MAX)
        host->now_ms = deadline_ms;
}

static const struct copp_pump_ops pump_ops = {sizeof pump_ops, host_now, host_wait};

static void host_begin(struct host *host) {
    *host = (struct host){.pump = {&pump_ops}};
    opm_rig_init(&host->rig, NULL, false);
    const struct copp_ddi_config config = {.size = sizeof config, .adapter = host->rig.adapter, .pump = &host->pump};
    assert_int_equal(copp_ddi_new(&config, &host->ddi), COPP_OK);
    assert_int_equal(copp_ddi_add_target(host->ddi, TARGET, host->rig.connector), COPP_OK);
    copp_ddi_set_scan(host->ddi, COPP_DDI_SCAN_PASSED);
}

static void host_end(struct host *host) {
    copp_ddi_free(&host->ddi);
    assert_null(host->ddi);
    opm_rig_end(&host->rig);
}

static uintptr_t create(struct host *host, uint32_t vos) {
    uintptr_t output = 0;
    assert_int_equal(copp_ddi_create_protected_output(host->ddi, TARGET, vos, &output), 0);
    assert_true(output != 0);
    return output;
}

static uint32_t create_code(struct host *host, uint32_t target, uint32_t vos) {
    uintptr_t output = 0x55;
    uint32_t status = copp_ddi_create_protected_output(host->ddi, target, vos, &output);
    assert_true(status && output == 0x55); /* OPM-ERR-3 */
    return status;
}

static void app_init(struct opm_app *app) {
    *app = (struct opm_app){.status_sequence = 0x30, .command_sequence = 0x40};
    memset(app->key, 0xC3, sizeof app->key);
}

static uint32_t set_key(struct host *host, uintptr_t output, const struct opm_app *app) {
    const struct copp_signature sealed = opm_sealed(app, host->rig.key);
    return copp_ddi_set_signing_key_and_sequence_numbers(host->ddi, output, &sealed);
}

/* An output of OPM with its key, and the application that shares it. */
static uintptr_t begin(struct host *host, struct opm_app *app) {
    uintptr_t output = create(host, COPP_OPM_VOS_OPM);
    app_init(app);
    assert_int_equal(copp_ddi_get_random_number(host->ddi, output, app->random), 0);
    assert_int_equal(set_key(host, output, app), 0);
    return output;
}

/* The virtual level of OPM's HDCP; the request and its answer share memory. */
static uint32_t ask_level(struct host *host, uintptr_t output, struct opm_app *app, uint32_t *level) {
    uint8_t data[4];
    put_u32(data, OPM_HDCP);
    struct opm_request request = opm_request(app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, data, sizeof data);
    uint8_t *bytes = (uint8_t *)&request;
    uint8_t before[sizeof request];
    memcpy(before, bytes, sizeof before);
    struct copp_status_output *answer = (struct copp_status_output *)(void *)bytes;
    uint32_t status = copp_ddi_get_information(host->ddi, output, bytes, answer);
    if (status) {
        assert_memory_equal(bytes, before, sizeof before); /* OPM-ERR-3 */
        return status;
    }
    uint8_t tag[COPP_MAC_SIZE];
    kit_cmac(app->key, answer->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag);
    assert_memory_equal(answer->bytes, tag, sizeof tag);
    assert_memory_equal(answer->bytes + AT_ANSWER, before + COPP_MAC_SIZE, COPP_RANDOM_SIZE);
    app->status_sequence++;
    app->flags = get_u32(answer->bytes + AT_ANSWER + IN_FLAGS);
    *level = get_u32(answer->bytes + AT_ANSWER + IN_STATUS_DATA);
    return 0;
}

static uint32_t level_of(struct host *host, uintptr_t output, struct opm_app *app) {
    uint32_t level = 0x55;
    assert_int_equal(ask_level(host, output, app, &level), 0);
    return level;
}

static struct copp_command level_command(const struct opm_app *app, uint32_t level) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data + IN_SET_TYPE, OPM_HDCP);
    put_u32(data + IN_SET_LEVEL, level);
    return opm_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
}

static uint32_t set_level(struct host *host, uintptr_t output, struct opm_app *app, uint32_t level) {
    const struct copp_command command = level_command(app, level);
    uint32_t status = copp_ddi_configure_protected_output(host->ddi, output, &command, 0, NULL);
    app->command_sequence += !status;
    return status;
}

/* --- the usual order --- */

static void a_session_in_the_usual_order(void) {
    struct host host;
    struct opm_app app;
    uint32_t size = 0;
    uint8_t certificate[CHAIN_SIZE];
    host_begin(&host);
    uintptr_t output = create(&host, COPP_OPM_VOS_OPM);
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, COPP_OPM_CERTIFICATE_OPM, &size), 0);
    assert_int_equal(size, CHAIN_SIZE);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, COPP_OPM_CERTIFICATE_OPM, size, certificate), 0);
    assert_memory_equal(certificate, "<X.509>", 8);
    app_init(&app);
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, app.random), 0);
    assert_int_equal(set_key(&host, output, &app), 0);
    assert_int_equal(level_of(&host, output, &app), 0);
    assert_int_equal(set_level(&host, output, &app, 1), 0);
    assert_true(host.rig.output.in_force.hdcp);
    assert_int_equal(level_of(&host, output, &app), 1);
    assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, output), 0);
    assert_false(host.rig.output.in_force.hdcp); /* OPM-DDI-5, EVT-5 */
    assert_int_equal(copp_connector_devices(host.rig.connector), 0);
    assert_int_equal(host.waits, 0);
    host_end(&host);
}

static void a_session_under_copp(void) {
    struct host host;
    struct app app = {.status_sequence = 3, .command_sequence = 5};
    struct copp_status_output answer;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    host_begin(&host);
    uintptr_t output = create(&host, COPP_OPM_VOS_COPP);
    memset(app.key, 0x3C, sizeof app.key);
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, app.random), 0);
    const struct copp_signature signature = app_signature(&app);
    assert_int_equal(copp_ddi_set_signing_key_and_sequence_numbers(host.ddi, output, &signature), 0);
    put_u32(data + IN_SET_TYPE, COPP_PROTECTION_TYPE_HDCP);
    put_u32(data + IN_SET_LEVEL, 1);
    const struct copp_command command = app_command(&app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, 0, NULL), 0);
    const struct copp_status_input request = app_request(&app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    assert_int_equal(copp_ddi_get_copp_compatible_information(host.ddi, output, &request, &answer), 0);
    assert_int_equal(get_u32(answer.bytes + AT_ANSWER + IN_STATUS_DATA), COPP_CONNECTOR_HDMI);
    host_end(&host); /* destroys it */
    assert_false(host.rig.output.in_force.hdcp);
}

/* --- targets and modes --- */

static void a_target_feeds_one_connector(void) {
    struct host host;
    struct copp_connector *second;
    struct copp_connector_config config = opm_config();
    host_begin(&host);
    config.output = &host.rig.output.output;
    config.name = "HDMI-2";
    config.output_id = 0;
    assert_int_equal(copp_connector_add(host.rig.adapter, &config, &second), COPP_OK);
    assert_int_equal(create_code(&host, OTHER_TARGET, COPP_OPM_VOS_OPM), INVALID_PARAMETER);
    assert_int_equal(copp_ddi_add_target(host.ddi, OTHER_TARGET, second), COPP_OK);
    uintptr_t output;
    assert_int_equal(copp_ddi_create_protected_output(host.ddi, OTHER_TARGET, COPP_OPM_VOS_OPM, &output), 0);
    assert_int_equal(copp_connector_devices(second), 1);
    assert_int_equal(copp_ddi_add_target(host.ddi, TARGET, second), COPP_OK);
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_OPM), SPANNING);
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_COPP), SPANNING);
    host_end(&host);
}

static void modes_are_refused_by_their_codes(void) {
    struct host host;
    host_begin(&host);
    host.rig.output.state.mode = COPP_MODE_THEATRE;
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_OPM), THEATRE);
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_COPP), THEATRE);
    host.rig.output.state.mode = COPP_MODE_CLONE;
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_COPP), SPANNING);
    (void)create(&host, COPP_OPM_VOS_OPM); /* OPM-OUT-6 */
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_INDIRECT_DISPLAY), INVALID_PARAMETER);
    host_end(&host);
}

static void another_adapters_connector_is_no_target(void) {
    struct host host;
    struct opm_rig other;
    host_begin(&host);
    opm_rig_init(&other, NULL, false);
    assert_int_equal(copp_ddi_add_target(host.ddi, OTHER_TARGET, other.connector), COPP_E_ARGUMENT);
    opm_rig_end(&other);
    host_end(&host);
}

/* --- certificates --- */

static void certificates_have_their_own_numbers(void) {
    struct host host;
    uint32_t size = 0x55;
    uint8_t certificate[sizeof rig_chain + 1];
    host_begin(&host);
    memset(certificate, 0x55, sizeof certificate);
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, 0, &size), 0);
    assert_int_equal(size, CHAIN_SIZE); /* OPM is 0 here, and 1 among semantics */
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, 1, &size), 0);
    assert_int_equal(size, 100);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, 1, size - 1, certificate), CERTIFICATE_SIZE);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, 1, size + 1, certificate), CERTIFICATE_SIZE);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, 0, size, certificate), CERTIFICATE_SIZE); /* the other's */
    for (size_t i = 0; i < sizeof certificate; i++)
        assert_int_equal(certificate[i], 0x55);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, 1, size, certificate), 0);
    assert_memory_equal(certificate, rig_chain, size);
    assert_int_equal(certificate[size], 0x55);
    size = 0x55;
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, COPP_OPM_CERTIFICATE_UAB, &size), NO_UAB);
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, COPP_OPM_CERTIFICATE_INDIRECT_DISPLAY, &size), INVALID_PARAMETER);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, COPP_OPM_CERTIFICATE_UAB, 1, certificate), NO_UAB);
    assert_int_equal(size, 0x55);
    host_end(&host);
}

/* The adapter's chain of one kind is taken away. */
static void keep_only(struct host *host, bool opm) {
    static const uint8_t chain[] = "chain";
    struct copp_adapter_config config = {.size = sizeof config};
    if (opm)
        config = (struct copp_adapter_config){
            .size = sizeof config, .opm_chain_bytes = chain, .opm_chain_size = sizeof chain, .opm_key = host->rig.key};
    else
        config = (struct copp_adapter_config){
            .size = sizeof config, .chain_bytes = chain, .chain_size = sizeof chain, .key = &host->rig.copp_key.key};
    assert_int_equal(copp_adapter_renew_all(host->rig.adapter, &config), COPP_OK);
}

static void without_a_chain_there_is_nothing_of_its_kind(void) {
    struct host host;
    uint32_t size;
    uint8_t certificate[6];
    host_begin(&host);
    keep_only(&host, false);
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, COPP_OPM_CERTIFICATE_OPM, &size), NO_OPM);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, COPP_OPM_CERTIFICATE_OPM, 6, certificate), NO_OPM);
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_OPM), NO_OPM);
    (void)create(&host, COPP_OPM_VOS_COPP);
    keep_only(&host, true);
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, COPP_OPM_CERTIFICATE_COPP, &size), NO_COPP);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, COPP_OPM_CERTIFICATE_COPP, 6, certificate), NO_COPP);
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_COPP), NO_COPP);
    (void)create(&host, COPP_OPM_VOS_OPM);
    host_end(&host);
}

static void an_adapter_tells_its_chains(void) {
    struct host host;
    const uint8_t *bytes = rig_chain;
    size_t size = 1;
    host_begin(&host);
    assert_int_equal(copp_adapter_chain(host.rig.adapter, COPP_SEMANTICS_COPP, &bytes, &size), COPP_OK);
    assert_int_equal(size, sizeof rig_chain);
    assert_memory_equal(bytes, rig_chain, size);
    assert_int_equal(copp_adapter_chain(host.rig.adapter, COPP_SEMANTICS_OPM, &bytes, &size), COPP_OK);
    assert_int_equal(size, CHAIN_SIZE);
    assert_int_equal(copp_adapter_chain(host.rig.adapter, COPP_SEMANTICS_NONE, &bytes, &size), COPP_E_ARGUMENT);
    assert_true(!bytes && !size);
    keep_only(&host, true);
    bytes = rig_chain;
    size = 1;
    assert_int_equal(copp_adapter_chain(host.rig.adapter, COPP_SEMANTICS_COPP, &bytes, &size), COPP_E_UNSUPPORTED);
    assert_true(!bytes && !size);
    host_end(&host);
}

/* OPM-INI-6 */
static void a_key_that_tells_lengths_serves_no_real_connector(void) {
    struct host host;
    struct copp_connector *real;
    struct copp_connector_config config = opm_config();
    host_begin(&host);
    config.output = &host.rig.output.output;
    config.real = true;
    config.output_id = 0;
    assert_int_equal(copp_connector_add(host.rig.adapter, &config, &real), COPP_OK);
    assert_int_equal(copp_ddi_add_target(host.ddi, OTHER_TARGET, real), COPP_OK);
    uintptr_t output;
    uint32_t status = copp_ddi_create_protected_output(host.ddi, OTHER_TARGET, COPP_OPM_VOS_OPM, &output);
    assert_int_equal(status, copp_private_key_constant_time(host.rig.key) ? 0 : NO_OPM);
    host_end(&host);
}

/* --- random numbers and keys --- */

static enum copp_result no_random(struct copp_random *random, uint8_t *bytes, size_t size) {
    (void)random;
    (void)bytes;
    (void)size;
    return COPP_E_CRYPTO;
}

static void a_random_number_is_given_once(void) {
    static const struct copp_random_ops broken = {sizeof broken, no_random};
    static const uint8_t zeros[COPP_RANDOM_SIZE];
    struct host host;
    struct opm_app app;
    uint8_t random[COPP_RANDOM_SIZE] = {0};
    host_begin(&host);
    uintptr_t output = create(&host, COPP_OPM_VOS_OPM);
    app_init(&app);
    const struct copp_random_ops *working = host.rig.random.random.ops;
    host.rig.random.random.ops = &broken;
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, random), DRIVER);
    host.rig.random.random.ops = working;
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, app.random), 0);
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, random), INTERNAL);
    assert_int_equal(set_key(&host, output, &app), 0);
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, random), INTERNAL); /* it has its key */
    assert_memory_equal(random, zeros, sizeof random); /* OPM-ERR-3 */
    assert_int_equal(level_of(&host, output, &app), 0);
    host_end(&host);
}

static void a_wrong_key_is_refused_by_one_code(void) {
    struct host host;
    struct opm_app app;
    struct app copp = {.status_sequence = 3};
    host_begin(&host);
    uintptr_t output = create(&host, COPP_OPM_VOS_OPM);
    app_init(&app);
    assert_int_equal(set_key(&host, output, &app), INITIALIZATION); /* too early */
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, app.random), 0);
    app.random[0] ^= 1;
    assert_int_equal(set_key(&host, output, &app), INITIALIZATION);
    output = create(&host, COPP_OPM_VOS_COPP);
    assert_int_equal(copp_ddi_get_random_number(host.ddi, output, copp.random), 0);
    copp.random[0] ^= 1;
    const struct copp_signature signature = app_signature(&copp);
    assert_int_equal(copp_ddi_set_signing_key_and_sequence_numbers(host.ddi, output, &signature), INITIALIZATION);
    host_end(&host);
}

/* --- handles --- */

/* What every function that takes an output answers for it. */
static void all_answer(struct host *host, uintptr_t output, uint32_t expected) {
    static const struct copp_signature signature;
    static const struct copp_command command;
    static const struct copp_status_input input;
    struct copp_status_output answer;
    struct opm_app app;
    uint32_t level = 0;
    uint8_t random[COPP_RANDOM_SIZE];
    app_init(&app);
    assert_int_equal(copp_ddi_get_random_number(host->ddi, output, random), expected);
    assert_int_equal(copp_ddi_set_signing_key_and_sequence_numbers(host->ddi, output, &signature), expected);
    assert_int_equal(ask_level(host, output, &app, &level), expected);
    assert_int_equal(copp_ddi_get_copp_compatible_information(host->ddi, output, &input, &answer), expected);
    assert_int_equal(copp_ddi_configure_protected_output(host->ddi, output, &command, 0, NULL), expected);
}

static void unknown_handles_are_refused(void) {
    struct host host;
    struct opm_app app;
    host_begin(&host);
    all_answer(&host, 0, HANDLE);
    uintptr_t old = begin(&host, &app);
    assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, old), 0);
    assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, old), HANDLE);
    uintptr_t young = begin(&host, &app);
    assert_true(young != old); /* whoever still has the old one does not speak for the young one */
    all_answer(&host, old, HANDLE);
    assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, old), HANDLE);
    assert_int_equal(level_of(&host, young, &app), 0);
    host_end(&host);
}

static void each_handle_has_a_session_of_its_own(void) {
    struct host host;
    struct opm_app apps[3];
    uintptr_t outputs[3];
    host_begin(&host);
    for (size_t i = 0; i < 3; i++)
        outputs[i] = begin(&host, &apps[i]);
    assert_int_equal(set_level(&host, outputs[1], &apps[1], 1), 0);
    assert_int_equal(set_level(&host, outputs[2], &apps[2], 1), 0);
    assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, outputs[1]), 0); /* from the middle */
    assert_int_equal(level_of(&host, outputs[0], &apps[0]), 0);
    assert_int_equal(level_of(&host, outputs[2], &apps[2]), 1);
    assert_true(host.rig.output.in_force.hdcp);
    assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, outputs[2]), 0);
    assert_false(host.rig.output.in_force.hdcp);
    host_end(&host);
}

static void outputs_that_are_gone_say_so(void) {
    static const uint32_t kinds[] = {COPP_OPM_VOS_COPP, COPP_OPM_VOS_OPM};
    for (size_t i = 0; i < 2; i++) {
        struct host host;
        host_begin(&host);
        uintptr_t output = create(&host, kinds[i]);
        copp_device_abandon(host.rig.connector->devices); /* OPM-STA-7 */
        all_answer(&host, output, GONE);
        assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, output), 0);
        host_end(&host);
    }
}

/* --- the hardware functionality scan --- */

static void nothing_answers_before_the_scan(void) {
    struct host host;
    struct opm_app app;
    uint32_t size;
    uint8_t certificate[CHAIN_SIZE];
    host_begin(&host);
    uintptr_t output = begin(&host, &app);
    assert_int_equal(set_level(&host, output, &app, 1), 0);
    copp_ddi_set_scan(host.ddi, COPP_DDI_SCAN_RUNNING);
    all_answer(&host, output, SCAN);
    all_answer(&host, 0, SCAN);
    assert_int_equal(copp_ddi_get_certificate_size(host.ddi, COPP_OPM_CERTIFICATE_OPM, &size), SCAN);
    assert_int_equal(copp_ddi_get_certificate(host.ddi, COPP_OPM_CERTIFICATE_OPM, CHAIN_SIZE, certificate), SCAN);
    assert_int_equal(create_code(&host, TARGET, COPP_OPM_VOS_OPM), SCAN);
    copp_ddi_set_scan(host.ddi, COPP_DDI_SCAN_PASSED);
    assert_int_equal(level_of(&host, output, &app), 1); /* full power again: nothing was lost */
    host_end(&host);
}

static void a_driver_begins_unscanned(void) {
    struct host host;
    uint32_t size;
    struct copp_ddi *fresh;
    host_begin(&host);
    const struct copp_ddi_config config = {.size = sizeof config, .adapter = host.rig.adapter, .pump = &host.pump};
    assert_int_equal(copp_ddi_new(&config, &fresh), COPP_OK);
    assert_int_equal(copp_ddi_get_certificate_size(fresh, COPP_OPM_CERTIFICATE_OPM, &size), SCAN);
    copp_ddi_free(&fresh);
    host_end(&host);
}

static void a_failed_scan_protects_nothing(void) {
    static const enum copp_ddi_scan failed[] = {COPP_DDI_SCAN_FAILED, (enum copp_ddi_scan)3};
    for (size_t i = 0; i < 2; i++) {
        struct host host;
        struct opm_app app;
        host_begin(&host);
        uintptr_t output = begin(&host, &app);
        assert_int_equal(set_level(&host, output, &app, 1), 0);
        copp_ddi_set_scan(host.ddi, failed[i]);
        assert_false(host.rig.output.in_force.hdcp);
        all_answer(&host, output, SCAN);
        copp_ddi_set_scan(host.ddi, COPP_DDI_SCAN_PASSED);
        assert_int_equal(level_of(&host, output, &app), 0);
        assert_true(app.flags & COPP_STATUS_TAMPERING_DETECTED);
        copp_ddi_set_scan(host.ddi, failed[i]);
        assert_int_equal(copp_ddi_destroy_protected_output(host.ddi, output), 0);
        host_end(&host);
    }
}

/* --- requests and commands --- */

static void requests_answer_by_the_table(void) {
    struct host host;
    struct opm_app app;
    struct app copp = {.status_sequence = 3};
    struct copp_status_output answer;
    uint32_t level;
    host_begin(&host);
    uintptr_t output = begin(&host, &app);
    const struct copp_status_input input = app_request(&copp, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    assert_int_equal(copp_ddi_get_copp_compatible_information(host.ddi, output, &input, &answer), NOT_COPP);
    app.status_sequence++;
    assert_int_equal(ask_level(&host, output, &app, &level), INFORMATION);
    app.status_sequence--;
    app.key[0] ^= 1;
    assert_int_equal(ask_level(&host, output, &app, &level), INFORMATION);
    assert_int_equal(set_level(&host, output, &app, 1), CONFIGURATION);
    app.key[0] ^= 1;
    assert_int_equal(level_of(&host, output, &app), 0);
    output = create(&host, COPP_OPM_VOS_COPP);
    assert_int_equal(ask_level(&host, output, &app, &level), NOT_OPM);
    host_end(&host);
}

static void additional_bytes_carry_a_list(void) {
    struct host host;
    struct opm_app app;
    uint8_t data[COPP_OPM_SET_HDCP_SRM_SIZE];
    size_t size;
    uint8_t *srm = read_test_vector("opm/srm1-v5.bin", &size);
    host_begin(&host);
    uintptr_t output = begin(&host, &app);
    put_u32(data, 5);
    struct copp_command command = opm_command(&app, COPP_OPM_SET_HDCP_SRM, data, sizeof data);
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, 4, NULL), INVALID_PARAMETER);
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, (uint32_t)size - 1, srm), SRM);
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, COPP_OPM_ADDITIONAL_MAX + 1, srm), SRM);
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, (uint32_t)size, srm), 0);
    app.command_sequence++;
    command = level_command(&app, 1);
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, 4, srm), CONFIGURATION); /* OPM-SET-3 */
    assert_int_equal(copp_ddi_configure_protected_output(host.ddi, output, &command, 0, srm), 0);
    free(srm);
    host_end(&host);
}

/* --- a command that waits --- */

static void the_output_lands(struct host *host) {
    host->meanwhile = NULL;
    opm_output_end(&host->rig.output, host->rig.connector);
}

static void a_command_waits_for_its_output(void) {
    struct host host;
    struct opm_app app;
    host_begin(&host);
    uintptr_t output = begin(&host, &app);
    host.rig.output.slow = true;
    host.meanwhile = the_output_lands;
    assert_int_equal(set_level(&host, output, &app, 1), 0);
    assert_int_equal(host.waits, 1);
    host.rig.output.slow = false;
    assert_int_equal(level_of(&host, output, &app), 1);
    host_end(&host);
}

static void a_command_ends_with_its_time(void) {
    struct host host;
    struct opm_app app;
    host_begin(&host);
    uintptr_t output = begin(&host, &app);
    host.now_ms = 1000;
    host.rig.output.slow = true;
    assert_int_equal(set_level(&host, output, &app, 1), DRIVER); /* OPM-SET-4 */
    assert_int_equal(host.now_ms, 1000 + RIG_PENDING_LIMIT); /* CMD-6 */
    assert_int_equal(level_of(&host, output, &app), 0);
    host_end(&host);
}

/* Another application's calls, which the host lets in. */
static void others_go_on(struct host *host) {
    assert_int_equal(level_of(host, host->other, &host->other_app), 0);
    assert_int_equal(copp_ddi_destroy_protected_output(host->ddi, host->other), 0);
    (void)create(host, COPP_OPM_VOS_OPM);
    the_output_lands(host);
}

static void other_calls_may_come_meanwhile(void) {
    struct host host;
    struct opm_app app;
    host_begin(&host);
    uintptr_t output = begin(&host, &app);
    host.other = begin(&host, &host.other_app);
    host.rig.output.slow = true;
    host.meanwhile = others_go_on;
    assert_int_equal(set_level(&host, output, &app, 1), 0);
    host.rig.output.slow = false;
    assert_int_equal(level_of(&host, output, &app), 1);
    host_end(&host);
}

static void it_is_destroyed(struct host *host) {
    host->meanwhile = NULL;
    host->rig.output.slow = false;
    assert_int_equal(copp_ddi_destroy_protected_output(host->ddi, host->waiting), 0);
}

static void a_command_of_a_destroyed_output_ends(void) {
    struct host host;
    struct opm_app app;
    host_begin(&host);
    host.waiting = begin(&host, &app);
    host.rig.output.slow = true;
    host.meanwhile = it_is_destroyed;
    assert_int_equal(set_level(&host, host.waiting, &app, 1), HANDLE);
    assert_int_equal(host.waits, 1);
    assert_false(host.rig.output.pending);
    host_end(&host);
}

/* --- making it --- */

static void a_config_must_be_complete(void) {
    struct host host;
    struct copp_ddi *ddi = host.ddi;
    struct copp_pump without = {NULL};
    host_begin(&host);
    struct copp_ddi_config config = {.adapter = host.rig.adapter, .pump = &host.pump};
    assert_int_equal(copp_ddi_new(&config, &ddi), COPP_E_ARGUMENT); /* the size was forgotten */
    assert_null(ddi);
    config.size = sizeof config;
    config.pump = &without;
    assert_int_equal(copp_ddi_new(&config, &ddi), COPP_E_ARGUMENT);
    config.pump = NULL;
    assert_int_equal(copp_ddi_new(&config, &ddi), COPP_E_ARGUMENT);
    config.pump = &host.pump;
    config.adapter = NULL;
    assert_int_equal(copp_ddi_new(&config, &ddi), COPP_E_ARGUMENT);
    host_end(&host);
}

static const struct test_case cases[] = {
    TEST(a_session_in_the_usual_order, "OPM-DDI-1 OPM-DDI-5 OPM-INI-3"),
    TEST(a_session_under_copp, "OPM-DDI-1 EVT-5"),
    TEST(a_target_feeds_one_connector, "OPM-DDI-1"),
    TEST(modes_are_refused_by_their_codes, "OPM-DDI-1 OPM-OUT-6 OPM-OUT-3"),
    TEST(another_adapters_connector_is_no_target, ""),
    TEST(certificates_have_their_own_numbers, "OPM-DDI-4"),
    TEST(without_a_chain_there_is_nothing_of_its_kind, "OPM-DDI-4 OPM-OUT-4"),
    TEST(an_adapter_tells_its_chains, "OPM-OUT-4"),
    TEST(a_key_that_tells_lengths_serves_no_real_connector, "OPM-INI-6"),
    TEST(a_random_number_is_given_once, "OPM-DDI-5 OPM-INI-1"),
    TEST(a_wrong_key_is_refused_by_one_code, "OPM-INI-7"),
    TEST(unknown_handles_are_refused, "OPM-DDI-5"),
    TEST(each_handle_has_a_session_of_its_own, "OPM-DDI-5 EVT-5"),
    TEST(outputs_that_are_gone_say_so, "OPM-STA-7"),
    TEST(nothing_answers_before_the_scan, "OPM-DDI-3"),
    TEST(a_driver_begins_unscanned, "OPM-DDI-3"),
    TEST(a_failed_scan_protects_nothing, "OPM-DDI-3 OPM-STA-2"),
    TEST(requests_answer_by_the_table, "OPM-DDI-6"),
    TEST(additional_bytes_carry_a_list, "OPM-SET-3 OPM-SRM-1"),
    TEST(a_command_waits_for_its_output, "CMD-6"),
    TEST(a_command_ends_with_its_time, "CMD-6 OPM-SET-4"),
    TEST(other_calls_may_come_meanwhile, "OPM-DDI-2"),
    TEST(a_command_of_a_destroyed_output_ends, "OPM-DDI-2 OPM-DDI-5"),
    TEST(a_config_must_be_complete, ""),
};

int main(void) {
    return RUN_SUITE("ddi", cases);
}
