/* Adapters and their connectors: which can be, and what one has to do with another. */
#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP

static void what_no_adapter_can_be(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    struct copp_adapter *adapter = NULL;
    const struct copp_adapter_config good = {
        .size = sizeof good, .chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    struct copp_adapter_config config = good;
    config.chain_bytes = NULL;
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_E_ARGUMENT);
    config = good;
    config.chain_size = 0;
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_E_ARGUMENT);
    config = good;
    config.key = NULL;
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_new(NULL, &adapter), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_new(&good, NULL), COPP_E_ARGUMENT);
    assert_null(adapter);
    assert_int_equal(copp_adapter_new(&good, &adapter), COPP_OK);
    assert_int_equal(adapter->pending_limit_ms, COPP_PENDING_LIMIT_MS);
    assert_int_equal(copp_adapter_deadline_ms(adapter), UINT64_MAX);
    copp_adapter_dispatch(adapter, 0);
    copp_adapter_free(&adapter);
    copp_adapter_free(&adapter);
    copp_adapter_free(NULL);
    copp_adapter_dispatch(NULL, 0);
    assert_int_equal(copp_adapter_deadline_ms(NULL), UINT64_MAX);
    rig_end(&rig);
}

static void what_no_connector_can_be(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    static const struct {
        uint32_t connector_type, bus_type, protection_types, tv_standards, default_standard;
        enum copp_result result;
    } cases[] = {
        {COPP_CONNECTOR_UDI_EMBEDDED, 0, 7, 0x7FFF, 0x4000, COPP_OK},
        {COPP_CONNECTOR_UDI_EMBEDDED | COPP_CONNECTOR_INTERNAL, COPP_BUS_AGP | COPP_BUS_INTEGRATED, 0, 0, 0, COPP_OK},
        {COPP_CONNECTOR_UNKNOWN, 0, 0, 0, 0, COPP_OK},
        {COPP_CONNECTOR_RESERVED, 0, 0, 0, 0, COPP_OK},
        {COPP_CONNECTOR_AGNOSTIC_DIGITAL_B, 0, 0, 0, 0, COPP_OK},
        {COPP_CONNECTOR_MIRACAST | COPP_CONNECTOR_INTERNAL, 0, 0, 0, 0, COPP_E_ARGUMENT},
        {COPP_CONNECTOR_AGNOSTIC_DIGITAL_B + 1, 0, 0, 0, 0, COPP_E_ARGUMENT},
        {14 | COPP_CONNECTOR_INTERNAL, 0, 0, 0, 0, COPP_E_ARGUMENT},
        {0, 5, 0, 0, 0, COPP_E_ARGUMENT},
        {0, 0, 8, 0, 0, COPP_E_ARGUMENT},
        {0, 0, COPP_PROTECTION_TYPE_DPCP, 0, 0, COPP_E_ARGUMENT},
        {0, 0, COPP_PROTECTION_TYPE_UNKNOWN, 0, 0, COPP_E_ARGUMENT},
        {0, 0, 4, 0x8000, 0, COPP_E_ARGUMENT},
        {0, 0, 4, 1, 2, COPP_E_ARGUMENT},
        {0, 0, 4, 3, 3, COPP_E_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct copp_connector_config config = {.size = sizeof config,
                                                     .output = &rig.output.output,
                                                     .connector_type = cases[i].connector_type,
                                                     .protection_types = cases[i].protection_types,
                                                     .bus_type = cases[i].bus_type,
                                                     .tv_standards = cases[i].tv_standards,
                                                     .default_standard = cases[i].default_standard};
        struct copp_connector *connector;
        assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), cases[i].result);
        assert_int_equal(connector != NULL, cases[i].result == COPP_OK);
    }
    struct copp_connector_config config = rig_config();
    struct copp_connector *connector;
    assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_E_ARGUMENT); /* no output */
    const struct copp_output_ops *ops = rig.output.output.ops;
    const struct copp_output_ops missing[] = {
        {.size = sizeof *ops, .apply = ops->apply, .cancel = ops->cancel},
        {.size = sizeof *ops, .state = ops->state, .cancel = ops->cancel},
        {.size = sizeof *ops, .state = ops->state, .apply = ops->apply},
        {.state = ops->state, .apply = ops->apply, .cancel = ops->cancel}, /* nobody says that it has any */
    };
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        struct copp_output output = {&missing[i]};
        config.output = &output;
        assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_E_ARGUMENT);
    }
    config.output = &(struct copp_output){NULL};
    assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_E_ARGUMENT);
    config.output = &rig.output.output;
    assert_int_equal(copp_connector_add(NULL, &config, &connector), COPP_E_ARGUMENT);
    assert_int_equal(copp_connector_add(rig.adapter, NULL, &connector), COPP_E_ARGUMENT);
    assert_int_equal(copp_connector_add(rig.adapter, &config, NULL), COPP_E_ARGUMENT);
    rig_end(&rig);
}

/* What OPM is offered must be possible on such a connector; what is not said is not there. */
static void what_opm_cannot_be_offered(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    static const struct {
        uint32_t connector_type, protection_types;
        bool type1, dpcp;
        uint32_t dvi_version;
        enum copp_result result;
    } cases[] = {
        {COPP_CONNECTOR_HDMI, HDCP, true, false, 0, COPP_OK},
        {COPP_CONNECTOR_HDMI, ACP, true, false, 0, COPP_E_ARGUMENT},
        {COPP_CONNECTOR_HDMI, HDCP, false, true, 0, COPP_E_ARGUMENT},
        {COPP_CONNECTOR_DISPLAYPORT_EXTERNAL, 0, false, true, 0, COPP_OK},
        {COPP_CONNECTOR_DISPLAYPORT_EMBEDDED, 0, false, true, 0, COPP_E_ARGUMENT},
        {COPP_CONNECTOR_UNKNOWN, 0, false, true, 0, COPP_E_ARGUMENT},
        {COPP_CONNECTOR_DVI, 0, false, false, COPP_DVI_VERSION_1_0, COPP_OK},
        {COPP_CONNECTOR_DVI, 0, false, false, COPP_DVI_VERSION_1_1, COPP_OK},
        {COPP_CONNECTOR_DVI, 0, false, false, 3, COPP_E_ARGUMENT},
        {COPP_CONNECTOR_HDMI, 0, false, false, COPP_DVI_VERSION_1_0, COPP_E_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct copp_connector_config config = {.size = sizeof config,
                                                     .output = &rig.output.output,
                                                     .connector_type = cases[i].connector_type,
                                                     .protection_types = cases[i].protection_types,
                                                     .type1 = cases[i].type1,
                                                     .dpcp = cases[i].dpcp,
                                                     .dvi_version = cases[i].dvi_version};
        struct copp_connector *connector;
        assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), cases[i].result);
        if (!connector)
            continue;
        struct copp_connector_view view = {.size = sizeof view};
        copp_connector_inspect(connector, &view);
        assert_int_equal(view.type1, cases[i].type1);
        assert_int_equal(view.dpcp, cases[i].dpcp);
        assert_int_equal(view.dvi_version, cases[i].dvi_version);
        assert_false(view.hardware_protection);
    }
    rig_end(&rig);
}

static uint64_t id_of(struct rig *rig, const char *name, uint64_t id) {
    struct copp_connector_config config = rig_config();
    struct copp_connector *connector;
    struct copp_connector_view view = {.size = sizeof view};
    config.output = &rig->output.output;
    config.name = name;
    config.output_id = id;
    config.hardware_protection = true;
    if (copp_connector_add(rig->adapter, &config, &connector))
        return 0;
    copp_connector_inspect(connector, &view);
    assert_true(view.hardware_protection);
    return view.output_id;
}

static void each_output_has_an_id_of_its_own(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    const uint64_t hdmi = 0x3C7C7F54B3A5A6A6u;
    uint64_t made = id_of(&rig, "HDMI-1", 0);
    assert_true(made != 0);
    assert_int_equal(id_of(&rig, "HDMI-1", 0), made + 1); /* another one of that name */
    assert_true(id_of(&rig, NULL, 0) != 0);
    assert_true(id_of(&rig, "HDMI-2", 0) != made);
    assert_int_equal(id_of(&rig, "A", hdmi), hdmi);
    assert_int_equal(id_of(&rig, "B", hdmi), 0); /* taken */
    assert_int_equal(id_of(&rig, "B", made), 0);
    rig_end(&rig);
    rig_init(&rig, NULL);
    assert_true(id_of(&rig, "HDMI-2", 0) != made);
    assert_int_equal(id_of(&rig, "HDMI-1", 0), made); /* whatever was added before it */
    rig_end(&rig);
}

static void an_adapter_can_go_while_an_output_is_slow(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    rig_scene_end(&s);
    assert_int_equal(s.rig.output.cancels, 1); /* it does not answer to what is gone */
}

static void connectors_do_not_mix(void) {
    struct rig_scene s;
    struct rig_output output;
    struct copp_connector *connector;
    struct app app;
    rig_scene_begin(&s);
    rig_output_init(&output);
    struct copp_connector_config config = rig_config();
    config.output = &output.output;
    assert_int_equal(copp_connector_add(s.rig.adapter, &config, &connector), COPP_OK);
    app_begin(&app, connector);
    assert_int_equal(app_set_level(&app, ACP, 2), COPP_HR_OK);
    rig_scene_levels(&s, 0, 0, 0);
    copp_connector_unplugged(s.rig.connector);
    assert_int_equal(app_flags(&app), 0);
    assert_int_equal(output.in_force.acp, 2);
    output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&app, ACP, 0), COPP_HR_OK);
    copp_adapter_dispatch(s.rig.adapter, 7);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1007); /* the first of both */
    copp_device_close(&app.device);
    rig_scene_end(&s);
}

/* Another driver's key, which counts what it is asked. */
struct counted_key {
    struct copp_private_key key;
    unsigned asked;
};

static enum copp_result count_and_copy(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    ((struct counted_key *)key)->asked++;
    memcpy(out, in, size);
    return COPP_OK;
}

static const struct copp_private_key_ops counted_ops = {.size = sizeof counted_ops, .decrypt_raw = count_and_copy};

/* The steps of KeyExchange that are left, and SequenceStart; the chain's bytes must be these. */
static void finish(struct app *app, const uint8_t *wanted, size_t size) {
    uint8_t chain_bytes[sizeof rig_chain];
    uint32_t length = 0;
    if (app->device->state == COPP_DEVICE_OPENED) {
        assert_int_equal(copp_device_get_certificate_length(app->device, &length), COPP_HR_OK);
        assert_int_equal(length, size);
    }
    if (app->device->state == COPP_DEVICE_CERT_LENGTH_RETURNED) {
        assert_int_equal(copp_device_key_exchange(app->device, app->random, chain_bytes), COPP_HR_OK);
        assert_memory_equal(chain_bytes, wanted, size);
    }
    assert_int_equal(app_start(app), COPP_HR_OK);
    assert_int_equal(app_word(app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
}

/* At whatever step of its handshake a device is, it ends with what it began with, and the old key is not asked after that. */
static void devices_that_are_open_keep_chain_and_key(void) {
    static const uint8_t other_chain[] = {7, 6, 5, 4};
    struct counted_key keys[2] = {{.key = {&counted_ops}}, {.key = {&counted_ops}}};
    struct rig rig;
    struct app apps[6];
    uint32_t length;
    rig_init(&rig, NULL);
    assert_int_equal(copp_adapter_renew(rig.adapter, rig_chain, sizeof rig_chain, &keys[0].key), COPP_OK);
    for (size_t i = 0; i < 4; i++)
        app_open(&apps[i], rig.connector);
    assert_int_equal(copp_device_get_certificate_length(apps[1].device, &length), COPP_HR_OK);
    app_exchange(&apps[2]);
    app_exchange(&apps[3]);
    assert_int_equal(app_start(&apps[3]), COPP_HR_OK);
    assert_int_equal(keys[0].asked, 1);

    assert_int_equal(copp_adapter_renew(rig.adapter, other_chain, sizeof other_chain, &keys[1].key), COPP_OK);
    for (size_t i = 0; i < 3; i++)
        finish(&apps[i], rig_chain, sizeof rig_chain);
    app_open(&apps[4], rig.connector);
    finish(&apps[4], other_chain, sizeof other_chain);
    assert_int_equal(keys[0].asked, 4);
    assert_int_equal(keys[1].asked, 1);
    assert_int_equal(app_set_level(&apps[3], HDCP, 1), COPP_HR_OK); /* as before */
    assert_int_equal(app_global(&apps[4], HDCP), 1);

    for (size_t i = 0; i < 4; i++)
        copp_device_close(&apps[i].device);
    keys[0].key.ops = NULL; /* the host has freed it */
    app_open(&apps[5], rig.connector);
    finish(&apps[5], other_chain, sizeof other_chain);
    assert_int_equal(keys[1].asked, 2);
    copp_device_close(&apps[4].device);
    copp_device_close(&apps[5].device);
    rig_end(&rig);
}

static void in_one_step_as_well(void) {
    static const uint8_t other_chain[] = {7, 6, 5, 4};
    const uint8_t *chain_bytes;
    size_t size;
    struct rig rig;
    struct app apps[2];
    rig_init(&rig, NULL);
    app_open(&apps[0], rig.connector);
    assert_int_equal(copp_adapter_renew(rig.adapter, other_chain, sizeof other_chain, &rig.key.key), COPP_OK);
    app_open(&apps[1], rig.connector);
    assert_int_equal(copp_adapter_renew(rig.adapter, rig_chain, 1, &rig.key.key), COPP_OK);
    assert_int_equal(copp_device_exchange(apps[0].device, apps[0].random, &chain_bytes, &size), COPP_HR_OK);
    assert_int_equal(size, sizeof rig_chain);
    assert_memory_equal(chain_bytes, rig_chain, size);
    assert_int_equal(copp_device_exchange(apps[1].device, apps[1].random, &chain_bytes, &size), COPP_HR_OK);
    assert_int_equal(size, sizeof other_chain);
    assert_memory_equal(chain_bytes, other_chain, size); /* which the adapter itself no longer has */
    copp_device_close(&apps[0].device);
    copp_device_close(&apps[1].device);
    rig_end(&rig);
}

static void what_no_renewal_can_be(void) {
    static const struct copp_private_key_ops nothing = {.size = sizeof nothing};
    struct copp_private_key useless = {&nothing};
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    struct copp_private_key *key = &rig.key.key;
    assert_int_equal(copp_adapter_renew(NULL, rig_chain, 1, key), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_renew(rig.adapter, NULL, 1, key), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_renew(rig.adapter, rig_chain, 0, key), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_renew(rig.adapter, rig_chain, 1, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_adapter_renew(rig.adapter, rig_chain, 1, &useless), COPP_E_ARGUMENT);
#if SIZE_MAX > UINT32_MAX
    assert_int_equal(copp_adapter_renew(rig.adapter, rig_chain, (size_t)UINT32_MAX + 1, key), COPP_E_ARGUMENT);
#endif
    app_begin(&app, rig.connector); /* with the whole chain */
    copp_device_close(&app.device);
    rig_end(&rig);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(what_no_adapter_can_be, ""),
        TEST(what_no_connector_can_be, ""),
        TEST(what_opm_cannot_be_offered, "OPM-HDCP-2 OPM-HDCP-3 OPM-GET-10"),
        TEST(each_output_has_an_id_of_its_own, "OPM-GET-10"),
        TEST(an_adapter_can_go_while_an_output_is_slow, ""),
        TEST(connectors_do_not_mix, "ARB-1 EVT-1"),
        TEST(devices_that_are_open_keep_chain_and_key, "SES-2 SES-6"),
        TEST(in_one_step_as_well, "SES-2"),
        TEST(what_no_renewal_can_be, ""),
    };
    return RUN_SUITE("adapter", cases);
}
