/* The device and the simulator, with every allocation and crypto call failing in turn, and with no memory after open. */
#include <stdlib.h>

#include "device/internal.h"
#include "device_rig.h"
#include "faults.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static void adapter_and_connector(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    const struct copp_adapter_config config = {
        .size = sizeof config, .chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    struct copp_connector_config connector_config = rig_config();
    connector_config.output = &rig.output.output;
    EACH_FAULT(fault) {
        struct copp_adapter *adapter;
        struct copp_connector *connector = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_adapter_new(&config, &adapter);
        if (!result)
            result = copp_connector_add(adapter, &connector_config, &connector);
        if (fault_disarm(&fault)) {
            assert_int_equal(result, COPP_E_MEMORY);
            assert_null(connector);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_adapter_free(&adapter);
    }
    rig_end(&rig);
}

static void renewing(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    static const uint8_t chain_bytes[] = "another one";
    EACH_FAULT(fault) {
        const struct copp_credentials *before = rig.adapter->credentials;
        fault_arm(&fault);
        enum copp_result result = copp_adapter_renew(rig.adapter, chain_bytes, sizeof chain_bytes, &rig.key.key);
        if (fault_disarm(&fault)) {
            assert_int_equal(result, COPP_E_MEMORY);
            assert_ptr_equal(rig.adapter->credentials, before);
        } else {
            assert_int_equal(result, COPP_OK);
        }
    }
    rig_end(&rig);
}

static struct copp_srm_store *open_store(enum copp_result *result) {
    struct copp_srm_store *store;
    size_t pem_size;
    char *pem = (char *)read_test_vector("opm-srm-dsa-public.pem", &pem_size);
    const struct copp_srm_key keys[] = {{.size = sizeof keys[0]}, {sizeof keys[0], COPP_SRM_KEY_PEM, pem, pem_size}};
    *result = copp_srm_store_new(keys, 2, NULL, &store);
    free(pem);
    return store;
}

static void keeping_revocation_lists(void) {
    EACH_FAULT(fault) {
        enum copp_result result;
        fault_arm(&fault);
        struct copp_srm_store *store = open_store(&result);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(store);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_srm_store_free(&store);
    }
}

/* OPM-SRM-4: what is kept, and what an output was given, outlive every failure. None of it is memory of the store's own. */
static void a_revocation_list(void) {
    size_t old_size;
    size_t new_size;
    uint8_t *old_list = read_test_vector("opm/srm1-genuine-v1.bin", &old_size);
    uint8_t *new_list = read_test_vector("opm/srm1-v5.bin", &new_size);
    EACH_FAULT(fault) {
        struct copp_srm_given given = {.ever = false};
        enum copp_result result;
        struct copp_srm_store *store = open_store(&result);
        assert_int_equal(copp_srm_store_offer(store, old_list, old_size, 1, &given), COPP_OK);
        fault_arm(&fault);
        result = copp_srm_store_offer(store, new_list, new_size, 5, &given);
        bool failed = fault_disarm(&fault);
        if (failed) {
            fault_assert_said(&fault, result);
            assert_int_not_equal(result, COPP_E_INVALID); /* it says nothing about the list */
            assert_string_not_equal(fault.name, "malloc");
        } else {
            assert_int_equal(result, COPP_OK);
        }
        assert_int_equal(given.version, failed ? 1 : 5);
        assert_int_equal(copp_srm_version(copp_srm_store_newest(store, 1)), failed ? 1 : 5);
        assert_int_equal(copp_srm_store_offer(store, new_list, new_size, 5, &given), COPP_OK);
        copp_srm_store_free(&store);
    }
    free(old_list);
    free(new_list);
}

static void opening(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    EACH_FAULT(fault) {
        struct copp_device *device;
        struct copp_transport *transport = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_device_open(rig.connector, &device);
        if (!result)
            result = copp_local_transport_open(rig.connector, NULL, &transport);
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
    rig_end(&rig);
}

static void key_exchange(void) {
    static const uint8_t untouched[sizeof rig_chain];
    struct rig rig;
    rig_init(&rig, NULL);
    rig.adapter->random = NULL;
    EACH_FAULT(fault) {
        struct app app;
        uint32_t length;
        uint8_t chain_bytes[sizeof rig_chain] = {0};
        app_open(&app, rig.connector);
        fault_arm(&fault);
        uint32_t hresult = copp_device_get_certificate_length(app.device, &length);
        assert_int_equal(hresult, COPP_HR_OK);
        hresult = copp_device_key_exchange(app.device, app.random, chain_bytes);
        if (fault_disarm(&fault)) {
            assert_int_equal(hresult, COPP_HR_UNEXPECTED);
            assert_memory_equal(app.random, untouched, sizeof app.random);
            assert_memory_equal(chain_bytes, untouched, sizeof chain_bytes);
            assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
            hresult = copp_device_key_exchange(app.device, app.random, chain_bytes);
        }
        assert_int_equal(hresult, COPP_HR_OK);
        assert_int_equal(app_start(&app), COPP_HR_OK);
        copp_device_close(&app.device);
    }
    rig_end(&rig);
}

static struct copp_signature seal(const struct app *app, struct copp_private_key *key) {
    struct copp_handshake handshake = {.status_sequence = app->status_sequence, .command_sequence = app->command_sequence};
    struct copp_public_key leaf;
    struct copp_signature signature;
    memcpy(handshake.random, app->random, sizeof app->random);
    memcpy(handshake.session_key, app->key, sizeof app->key);
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_SWAP40, &leaf, &signature), COPP_OK);
    return signature;
}

/* SES-8: an internal failure answers E_UNEXPECTED and changes nothing. */
static void sequence_start(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    struct copp_private_key *key = test_private_key("leaf.pem");
    rig.adapter->credentials->key = key;
    EACH_FAULT(fault) {
        struct app app;
        app_open(&app, rig.connector);
        app_exchange(&app);
        struct copp_signature signature = seal(&app, key);
        fault_arm(&fault);
        uint32_t hresult = copp_device_sequence_start(app.device, &signature);
        if (fault_disarm(&fault)) {
            assert_int_equal(hresult, COPP_HR_UNEXPECTED);
            uint8_t answer[32];
            assert_int_equal(app_ask(&app, COPP_QUERY_BUS_DATA, NULL, answer, sizeof answer), COPP_HR_UNEXPECTED);
            hresult = copp_device_sequence_start(app.device, &signature);
        }
        assert_int_equal(hresult, COPP_HR_OK);
        assert_int_equal(app_word(&app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
        copp_device_close(&app.device);
    }
    copp_private_key_free(&key);
    rig_end(&rig);
}

static void commands(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_begin(&app, rig.connector);
    const uint8_t data[16] = {1, 0, 0, 0, 1};
    EACH_FAULT(fault) {
        struct copp_command command = app_command(&app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
        fault_arm(&fault);
        uint32_t hresult = copp_device_command(app.device, &command, 0);
        if (fault_disarm(&fault)) {
            assert_int_equal(hresult, COPP_HR_UNEXPECTED);
            assert_int_equal(rig.output.in_force.hdcp, 0);
            hresult = copp_device_command(app.device, &command, 0);
        }
        assert_int_equal(hresult, COPP_HR_OK);
        assert_int_equal(rig.output.in_force.hdcp, 1);
        app.command_sequence++;
        assert_int_equal(app_set_level(&app, HDCP, 0), COPP_HR_OK);
    }
    copp_device_close(&app.device);
    rig_end(&rig);
}

/* QRY-3, EVT-2: no answer, and the flags wait for the next one. */
static void queries(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_begin(&app, rig.connector);
    EACH_FAULT(fault) {
        struct copp_status_input input = app_request(&app, COPP_QUERY_BUS_DATA, NULL, 0);
        struct copp_status_output output, untouched;
        memset(&output, 0x55, sizeof output);
        memset(&untouched, 0x55, sizeof untouched);
        copp_connector_reconfigured(rig.connector);
        fault_arm(&fault);
        uint32_t hresult = copp_device_status(app.device, &input, &output);
        if (fault_disarm(&fault)) {
            assert_int_equal(hresult, COPP_HR_UNEXPECTED);
            assert_memory_equal(&output, &untouched, sizeof output);
            assert_int_equal(app_flags(&app), COPP_STATUS_RENEGOTIATION_REQUIRED);
        } else {
            assert_int_equal(hresult, COPP_HR_OK);
            app.status_sequence++;
            assert_int_equal(app_flags(&app), COPP_STATUS_NORMAL);
        }
    }
    copp_device_close(&app.device);
    rig_end(&rig);
}

static void live(struct rig *rig, struct app *app) {
    static const enum copp_request words[] = {COPP_QUERY_CONNECTOR_TYPE, COPP_QUERY_PROTECTION_TYPE, COPP_QUERY_BUS_DATA};
    uint8_t answer[88];
    assert_int_equal(app_set_level(app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(app, ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(app, CGMSA, 4), COPP_HR_OK);
    assert_int_equal(app_set_signaling(app, &(struct rig_signaling){.standard = COPP_TV_STANDARD_ARIBTRB15_750P}), COPP_HR_OK);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        (void)app_word(app, words[i]);
    (void)app_local(app, ACP);
    (void)app_global(app, ACP);
    assert_int_equal(app_ask(app, COPP_QUERY_DISPLAY_DATA, NULL, answer, 44), COPP_HR_OK);
    assert_int_equal(app_ask(app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, 72), COPP_HR_OK);
    assert_int_equal(app_ask(app, COPP_QUERY_SIGNALING, NULL, answer, 88), COPP_HR_OK);
    assert_int_equal(copp_connector_set_desktop_acp(rig->connector, 1), COPP_OK);
    copp_connector_reconfigured(rig->connector);
    copp_connector_unplugged(rig->connector);
    rig->output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(app, HDCP, 1), COPP_HR_PENDING);
    rig->output.answer = COPP_OK;
    copp_adapter_dispatch(rig->adapter, RIG_PENDING_LIMIT);
    assert_int_equal(app_result(app), COPP_HR_UNEXPECTED);
}

/* A driver may live where memory is not available: nothing is allocated once the device is open. */
static void no_memory_after_open(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    for (int real = 0; real < 2; real++) {
        struct rig rig;
        struct app app;
        rig_init(&rig, NULL);
        rig.adapter->random = real ? NULL : rig.adapter->random;
        rig.adapter->credentials->key = real ? leaf : rig.adapter->credentials->key;
        app_open(&app, rig.connector);
        fault_forbid_memory();
        app_exchange(&app);
        assert_int_equal(fault_allow_memory(), 0);
        struct copp_signature signature = real ? seal(&app, leaf) : app_signature(&app);
        fault_forbid_memory();
        assert_int_equal(copp_device_sequence_start(app.device, &signature), COPP_HR_OK);
        live(&rig, &app);
        copp_device_close(&app.device);
        assert_int_equal(fault_allow_memory(), 0);
        rig_end(&rig);
    }
    copp_private_key_free(&leaf);
}

static void simulated_adapter(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    const struct copp_sim_config config = {
        .size = sizeof config, .chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    EACH_FAULT(fault) {
        struct copp_sim *sim;
        struct copp_sim_error error;
        fault_arm(&fault);
        enum copp_result result = copp_sim_new(&config, &sim, &error);
        if (fault_disarm(&fault)) {
            assert_int_equal(result, COPP_E_MEMORY);
            assert_null(sim);
        } else {
            assert_int_equal(result, COPP_OK);
            assert_int_equal(copp_sim_count(sim), 5);
        }
        copp_sim_free(&sim);
    }
    rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(keeping_revocation_lists, ""),
    TEST(a_revocation_list, "OPM-SRM-4"),
    TEST(adapter_and_connector, ""),
    TEST(renewing, ""),
    TEST(opening, "SES-1"),
    TEST(key_exchange, "SES-2"),
    TEST(sequence_start, "SES-8"),
    TEST(commands, "CMD-3"),
    TEST(queries, "QRY-3 EVT-2"),
    TEST(no_memory_after_open, ""),
    TEST(simulated_adapter, ""),
};

int main(void) {
    return RUN_SUITE("device_faults", cases);
}
