/* One connector with many sessions: who has a say in what it applies (ARB). */
#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED

/* ARB-2, highest first, as docs/protocol.md has it. */
static const struct {
    uint32_t type;
    uint32_t levels[5];
    size_t count;
} precedence[] = {{HDCP, {1, 0}, 2}, {ACP, {2, 3, 1, 0}, 4}, {CGMSA, {4, 2, 3, 1, 0}, 5}};

static void the_highest_precedence_wins(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    for (size_t t = 0; t < 3; t++) {
        uint32_t type = precedence[t].type;
        for (size_t a = 0; a < precedence[t].count; a++) {
            for (size_t b = 0; b < precedence[t].count; b++) {
                uint32_t wanted = precedence[t].levels[a < b ? a : b];
                assert_int_equal(app_set_level(&s.apps[0], type, precedence[t].levels[a]), COPP_HR_OK);
                assert_int_equal(app_set_level(&s.apps[1], type, precedence[t].levels[b]), COPP_HR_OK);
                assert_int_equal(app_global(&s.apps[2], type), wanted);
                assert_int_equal(copp_protection_level(&s.rig.output.in_force, t), wanted);
                assert_int_equal(app_local(&s.apps[0], type), precedence[t].levels[a]);
                assert_int_equal(app_local(&s.apps[1], type), precedence[t].levels[b]);
                assert_int_equal(app_local(&s.apps[2], type), 0);
            }
        }
    }
    rig_scene_end(&s);
}

static void devices_at_a_level_are_counted(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], ACP, 1), COPP_HR_OK);
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][2], 2);
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][1], 1);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 0), COPP_HR_OK);
    rig_scene_levels(&s, 0, 2, 0); /* one is left at 2 */
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    rig_scene_levels(&s, 0, 1, 0);
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][1], 2);
    rig_scene_end(&s);
}

static void only_a_new_effective_level_reaches_the_output(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    unsigned applies = s.rig.output.applies;
    s.rig.output.answer = COPP_E_FAILED; /* and would fail there */
    for (uint32_t level = 0; level <= 4; level++)
        assert_int_equal(app_set_level(&s.apps[1], CGMSA, level), COPP_HR_OK);
    copp_device_close(&s.apps[1].device);
    assert_int_equal(s.rig.output.applies, applies);
    s.rig.output.answer = COPP_OK;
    rig_scene_end(&s);
}

static void redistribution_control_of_any_session(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 1 | RC), COPP_HR_OK);
    rig_scene_levels(&s, 0, 0, 1 | RC);
    assert_int_equal(app_set_level(&s.apps[1], CGMSA, 4), COPP_HR_OK);
    rig_scene_levels(&s, 0, 0, 4 | RC);
    assert_int_equal(app_global(&s.apps[1], CGMSA), 4 | RC);
    assert_int_equal(app_local(&s.apps[1], CGMSA), 4);
    assert_int_equal(app_set_level(&s.apps[2], CGMSA, RC), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 1), COPP_HR_OK);
    rig_scene_levels(&s, 0, 0, 4 | RC); /* another one asks for it still */
    assert_int_equal(app_set_level(&s.apps[1], CGMSA, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 0), COPP_HR_OK);
    rig_scene_levels(&s, 0, 0, RC);
    copp_device_close(&s.apps[2].device);
    rig_scene_levels(&s, 0, 0, 0);
    rig_scene_end(&s);
}

static void without_holders_the_protection_goes(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    for (size_t i = 0; i < RIG_APPS; i++) {
        assert_int_equal(app_set_level(&s.apps[i], HDCP, 1), COPP_HR_OK);
        assert_int_equal(app_set_level(&s.apps[i], CGMSA, 4), COPP_HR_OK);
    }
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK);
    copp_device_close(&s.apps[1].device);
    assert_int_equal(s.rig.output.in_force.hdcp, 1);
    copp_device_close(&s.apps[2].device);
    assert_int_equal(s.rig.output.in_force.hdcp, 0);
    assert_int_equal(s.rig.output.in_force.cgmsa, 4);
    copp_device_close(&s.apps[0].device); /* EVT-5 */
    assert_int_equal(s.rig.output.in_force.cgmsa, 0);
    rig_scene_levels(&s, 0, 0, 0);
    rig_scene_end(&s);
}

static void the_desktop_is_one_more_holder(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    struct copp_connector *connector = s.rig.connector;
    assert_int_equal(app_set_level(&s.apps[0], ACP, 3), COPP_HR_OK);
    assert_int_equal(copp_connector_set_desktop_acp(connector, 1), COPP_OK);
    rig_scene_levels(&s, 0, 3, 0); /* it never lowers */
    assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_OK);
    rig_scene_levels(&s, 0, 2, 0); /* it raises */
    assert_int_equal(app_global(&s.apps[1], ACP), 2); /* QRY-5 */
    assert_int_equal(app_local(&s.apps[0], ACP), 3);
    for (size_t i = 0; i < RIG_APPS; i++)
        copp_device_close(&s.apps[i].device);
    rig_scene_levels(&s, 0, 2, 0); /* it stays when they leave */
    assert_int_equal(s.rig.output.in_force.acp, 2);
    assert_int_equal(copp_connector_set_desktop_acp(connector, 0), COPP_OK);
    assert_int_equal(s.rig.output.in_force.acp, 0);
    rig_scene_end(&s);
}

/* In clone and theatre mode nothing is protected, whoever asked for it. */
static void the_desktop_has_nothing_in_clone_mode(void) {
    static const enum copp_multi_adapter_mode modes[] = {COPP_MODE_CLONE, COPP_MODE_THEATRE};
    for (size_t i = 0; i < 2; i++) {
        struct rig_scene s;
        rig_scene_begin(&s);
        struct copp_connector *connector = s.rig.connector;
        assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_OK);
        s.rig.output.state.mode = modes[i];
        copp_connector_reconfigured(connector);
        rig_scene_levels(&s, 0, 0, 0);
        assert_int_equal(s.rig.output.in_force.acp, 0);
        assert_int_equal(app_global(&s.apps[0], ACP), 0); /* QRY-5 */
        assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_E_UNSUPPORTED_MODE);
        assert_int_equal(copp_connector_set_desktop_acp(connector, 0), COPP_OK);
        rig_scene_levels(&s, 0, 0, 0);
        s.rig.output.state.mode = COPP_MODE_SINGLE;
        copp_connector_reconfigured(connector);
        rig_scene_levels(&s, 0, 0, 0); /* it does not come back by itself */
        assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_OK);
        rig_scene_levels(&s, 0, 2, 0);
        rig_scene_end(&s);
    }
}

static void what_the_desktop_cannot_have(void) {
    struct rig_scene s;
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    rig_scene_begin_on(&s, &config);
    struct copp_connector *connector = s.rig.connector;
    assert_int_equal(copp_connector_set_desktop_acp(connector, 4), COPP_E_ARGUMENT);
    assert_int_equal(copp_connector_set_desktop_acp(connector, 1), COPP_E_RESOLUTION); /* 720p */
    assert_int_equal(copp_connector_set_desktop_acp(connector, 0), COPP_OK);
    rig_set_mode(&s.rig.output, 720, 480, true);
    assert_int_equal(copp_connector_set_desktop_acp(connector, 1), COPP_OK);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_E_FAILED);
    s.rig.output.answer = COPP_E_RESOLUTION;
    assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_E_RESOLUTION);
    s.rig.output.answer = COPP_E_PENDING; /* the desktop does not wait */
    assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_E_FAILED);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_false(s.rig.output.pending);
    rig_scene_levels(&s, 0, 1, 0);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[0], ACP, 3), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 0), COPP_HR_OK);
    rig_scene_levels(&s, 0, 1, 0); /* as if the failures had not been */
    rig_scene_end(&s);

    config.protection_types = HDCP;
    rig_scene_begin_on(&s, &config);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_E_UNSUPPORTED);
    rig_scene_end(&s);
}

static void clone_and_theatre_mode_at_open(void) {
    struct rig rig;
    struct copp_device *device;
    struct copp_transport *transport;
    rig_init(&rig, NULL);
    for (int mode = COPP_MODE_CLONE; mode <= COPP_MODE_THEATRE; mode++) {
        rig.output.state.mode = (enum copp_multi_adapter_mode)mode;
        assert_int_equal(copp_device_open(rig.connector, &device), COPP_E_UNSUPPORTED_MODE);
        assert_null(device);
        assert_int_equal(copp_local_transport_open(rig.connector, NULL, &transport), COPP_E_UNSUPPORTED_MODE);
        assert_null(transport);
    }
    assert_int_equal(copp_connector_devices(rig.connector), 0);
    rig.output.state.mode = COPP_MODE_DUALVIEW;
    assert_int_equal(copp_device_open(rig.connector, &device), COPP_OK);
    copp_device_close(&device);
    rig_end(&rig);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_highest_precedence_wins, "ARB-2 QRY-5"),
        TEST(devices_at_a_level_are_counted, "ARB-1"),
        TEST(only_a_new_effective_level_reaches_the_output, "ARB-1 CMD-6"),
        TEST(redistribution_control_of_any_session, "ARB-3"),
        TEST(without_holders_the_protection_goes, "ARB-4 EVT-5"),
        TEST(the_desktop_is_one_more_holder, "ARB-5 QRY-5"),
        TEST(the_desktop_has_nothing_in_clone_mode, "ARB-5 ARB-6"),
        TEST(what_the_desktop_cannot_have, "ARB-5"),
        TEST(clone_and_theatre_mode_at_open, "ARB-6"),
    };
    return RUN_SUITE("connector", cases);
}
