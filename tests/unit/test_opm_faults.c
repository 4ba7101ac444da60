/* A device under OPM semantics, with every allocation and crypto call failing in turn, and with no memory after open. */
#include <stdlib.h>

#include "device/internal.h"
#include "faults.h"
#include "opm_rig.h"

#define INITIALIZATION 0xC0262503u
#define INTERNAL 0xC026251Eu

static void opening(void) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM};
    struct opm_rig rig;
    opm_rig_init(&rig, NULL, true);
    EACH_FAULT(fault) {
        struct copp_device *device;
        struct copp_transport *transport = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_device_open_as(rig.connector, &options, &device);
        if (!result)
            result = copp_local_transport_open_as(rig.connector, &options, NULL, &transport);
        if (fault_disarm(&fault)) {
            if (fault_was_memory(&fault))
                assert_int_equal(result, COPP_E_MEMORY);
            assert_int_not_equal(result, COPP_OK);
            assert_null(transport);
            assert_int_equal(copp_connector_devices(rig.connector), device ? 1 : 0);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_device_close(&device);
        copp_transport_free(&transport);
        assert_int_equal(copp_connector_devices(rig.connector), 0);
    }
    opm_rig_end(&rig);
}

static void an_adapter_of_both(void) {
    static const uint8_t chain[] = "chain";
    struct opm_rig rig;
    opm_rig_init(&rig, NULL, true);
    const struct copp_adapter_config config = {.size = sizeof config,
                                               .chain_bytes = chain,
                                               .chain_size = sizeof chain,
                                               .key = &rig.copp_key.key,
                                               .opm_chain_bytes = chain,
                                               .opm_chain_size = sizeof chain,
                                               .opm_key = rig.key};
    EACH_FAULT(fault) {
        struct copp_adapter *adapter;
        fault_arm(&fault);
        enum copp_result result = copp_adapter_new(&config, &adapter);
        if (!result)
            result = copp_adapter_renew_opm(adapter, chain, sizeof chain, rig.key);
        if (fault_disarm(&fault))
            assert_true(result == COPP_E_MEMORY || result == COPP_E_KEY); /* OPM-CERT-11: what cannot be compared */
        else
            assert_int_equal(result, COPP_OK);
        copp_adapter_free(&adapter);
    }
    opm_rig_end(&rig);
}

static uint64_t no_time(struct copp_pump *pump) {
    (void)pump;
    return 0;
}

static void no_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    (void)deadline_ms;
}

static void check_driver(uint32_t status, uintptr_t output, const struct fault *fault) {
    if (fault_was_memory(fault))
        assert_int_equal(status, 0xC0000017); /* STATUS_NO_MEMORY */
    assert_true(status && !output); /* OPM-ERR-3 */
}

/* A driver's nine functions: only making a driver, its targets and outputs can fail (OPM-DDI-5). */
static void the_drivers_functions(void) {
    static const struct copp_pump_ops ops = {sizeof ops, no_time, no_wait};
    struct copp_pump pump = {&ops};
    struct opm_rig rig;
    opm_rig_init(&rig, NULL, true);
    const struct copp_ddi_config config = {.size = sizeof config, .adapter = rig.adapter, .pump = &pump};
    EACH_FAULT(fault) {
        struct copp_ddi *ddi;
        uintptr_t output = 0;
        uint32_t status = 0;
        fault_arm(&fault);
        enum copp_result result = copp_ddi_new(&config, &ddi);
        copp_ddi_set_scan(ddi, COPP_DDI_SCAN_PASSED);
        if (!result)
            result = copp_ddi_add_target(ddi, 1, rig.connector);
        if (!result)
            status = copp_ddi_create_protected_output(ddi, 1, COPP_OPM_VOS_OPM, &output);
        if (!fault_disarm(&fault))
            assert_true(!result && !status && output);
        else if (result)
            assert_int_equal(result, COPP_E_MEMORY);
        else
            check_driver(status, output, &fault);
        assert_int_equal(copp_connector_devices(rig.connector), output ? 1 : 0);
        copp_ddi_free(&ddi);
        assert_int_equal(copp_connector_devices(rig.connector), 0);
    }
    opm_rig_end(&rig);
}

/* OPM-INI-8: what fails before the private operation is told and spends nothing, and what fails later is a wrong ciphertext. */
static void the_handshake(void) {
    struct opm_rig rig;
    unsigned told = 0;
    unsigned spent = 0;
    opm_rig_init(&rig, NULL, true);
    EACH_FAULT(fault) {
        struct opm_app app;
        opm_open(&app, rig.connector);
        opm_exchange(&app);
        struct copp_signature sealed = opm_sealed(&app, rig.key);
        fault_arm(&fault);
        uint32_t hresult = copp_device_sequence_start(app.device, &sealed);
        if (fault_disarm(&fault)) {
            assert_true(hresult == INTERNAL || hresult == INITIALIZATION);
            told += hresult == INTERNAL;
            spent += hresult == INITIALIZATION;
            assert_int_equal(opm_virtual_code(&app, OPM_HDCP), COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
            uint32_t again = copp_device_sequence_start(app.device, &sealed);
            assert_int_equal(again, hresult == INTERNAL ? COPP_HR_OK : INITIALIZATION);
            hresult = again;
        }
        if (hresult == COPP_HR_OK)
            assert_int_equal(opm_virtual(&app, OPM_HDCP), 0);
        copp_device_close(&app.device);
    }
    assert_true(spent > 0);
    assert_true(told > 0);
    opm_rig_end(&rig);
}

static void commands(void) {
    struct opm_rig rig;
    struct opm_app app;
    opm_rig_init(&rig, NULL, true);
    opm_begin(&app, &rig);
    const uint8_t data[16] = {OPM_HDCP, 0, 0, 0, 1};
    EACH_FAULT(fault) {
        struct copp_command command = opm_command(&app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
        fault_arm(&fault);
        uint32_t hresult = copp_device_configure(app.device, &command, NULL, 0, 0);
        if (fault_disarm(&fault)) {
            assert_true(hresult == INTERNAL || hresult == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
            assert_int_equal(rig.output.in_force.hdcp, 0);
            hresult = copp_device_configure(app.device, &command, NULL, 0, 0);
        }
        assert_int_equal(hresult, COPP_HR_OK);
        assert_int_equal(rig.output.in_force.hdcp, 1);
        app.command_sequence++;
        assert_int_equal(opm_set(&app, OPM_HDCP, 0), COPP_HR_OK);
    }
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* OPM-GET-3, OPM-STA-1: no answer, nothing counts, and the flags wait. */
static void requests(void) {
    struct opm_rig rig;
    struct opm_app app;
    opm_rig_init(&rig, NULL, true);
    opm_begin(&app, &rig);
    EACH_FAULT(fault) {
        uint8_t answer[COPP_STATUS_SIZE];
        struct opm_request request = opm_request(&app, COPP_QUERY_BUS_DATA, NULL, 0);
        struct copp_status_output output, untouched;
        memset(&output, 0x55, sizeof output);
        memset(&untouched, 0x55, sizeof untouched);
        copp_connector_reconfigured(rig.connector);
        fault_arm(&fault);
        uint32_t hresult = copp_device_get_information(app.device, request.mac, &request.input, &output);
        if (fault_disarm(&fault)) {
            assert_true(hresult == INTERNAL || hresult == COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
            assert_memory_equal(&output, &untouched, sizeof output);
            assert_int_equal(opm_get(&app, &request, answer, sizeof answer), COPP_HR_OK);
            assert_int_equal(app.flags, COPP_STATUS_RENEGOTIATION_REQUIRED);
        } else {
            assert_int_equal(hresult, COPP_HR_OK);
            app.status_sequence++;
        }
    }
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

/* OPM-SRM-1: a failure inside is not an invalid list, and nothing is kept. */
static void a_revocation_list(void) {
    struct opm_rig rig;
    size_t size;
    uint8_t *list = read_test_vector("opm/srm1-v5.bin", &size);
    EACH_FAULT(fault) {
        struct opm_app app;
        opm_rig_init(&rig, NULL, true);
        opm_begin(&app, &rig);
        struct copp_command command = opm_command(&app, COPP_OPM_SET_HDCP_SRM, (const uint8_t[4]){5}, 4);
        fault_arm(&fault);
        uint32_t hresult = copp_device_configure(app.device, &command, list, size, 0);
        if (fault_disarm(&fault)) {
            assert_true(hresult == INTERNAL || hresult == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
            uint8_t answer[COPP_STATUS_SIZE];
            assert_int_equal(opm_ask(&app, COPP_OPM_QUERY_SRM_VERSION, NULL, answer, sizeof answer), COPP_HR_OPM_SRM_NEVER_SET);
            hresult = copp_device_configure(app.device, &command, list, size, 0);
        }
        assert_int_equal(hresult, COPP_HR_OK);
        assert_int_equal(opm_word(&app, COPP_OPM_QUERY_SRM_VERSION), 5);
        copp_device_close(&app.device);
        opm_rig_end(&rig);
    }
    free(list);
}

static void no_memory_after_open(void) {
    struct opm_rig rig;
    struct opm_app app;
    opm_rig_init(&rig, NULL, true);
    opm_open(&app, rig.connector);
    fault_forbid_memory();
    opm_exchange(&app);
    assert_int_equal(fault_allow_memory(), 0);
    struct copp_signature sealed = opm_sealed(&app, rig.key);
#ifndef COPP_TEST_LIBGCRYPT /* whose keys try whether there is memory (OPM-INI-8) */
    fault_forbid_memory();
#endif
    assert_int_equal(copp_device_sequence_start(app.device, &sealed), COPP_HR_OK);
    assert_int_equal(fault_allow_memory(), 0);
    fault_forbid_memory();
    assert_int_equal(opm_set(&app, OPM_ENFORCEMENT, 2), COPP_HR_OK);
    assert_int_equal(opm_virtual(&app, OPM_ENFORCEMENT), 2);
    copp_connector_unplugged(rig.connector);
    assert_int_equal(opm_set_css(&app, OPM_HDCP, 1), COPP_HR_OK);
    copp_device_close(&app.device);
    assert_int_equal(fault_allow_memory(), 0);
    opm_rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(an_adapter_of_both, "OPM-CERT-11"),
    TEST(opening, ""),
    TEST(the_drivers_functions, "OPM-DDI-5 OPM-ERR-3"),
    TEST(the_handshake, "OPM-INI-8"),
    TEST(commands, "OPM-SET-2"),
    TEST(requests, "OPM-GET-3 OPM-STA-1"),
    TEST(a_revocation_list, "OPM-SRM-1"),
    TEST(no_memory_after_open, ""),
};

int main(void) {
    return RUN_SUITE("opm_faults", cases);
}
