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
        {14, 0, 0, 0, 0, COPP_E_ARGUMENT},
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

int main(void) {
    static const struct test_case cases[] = {
        TEST(what_no_adapter_can_be, ""),
        TEST(what_no_connector_can_be, ""),
        TEST(an_adapter_can_go_while_an_output_is_slow, ""),
        TEST(connectors_do_not_mix, "ARB-1 EVT-1"),
    };
    return RUN_SUITE("adapter", cases);
}
