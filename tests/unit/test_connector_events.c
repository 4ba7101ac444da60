/* What happens to a connector, and who is told (EVT). */
#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED

static void raise_all(struct rig_scene *scene) {
    assert_int_equal(app_set_level(&scene->apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&scene->apps[0], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&scene->apps[1], ACP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&scene->apps[1], CGMSA, 4 | RC), COPP_HR_OK);
}

static void unplugging_tells_every_device_once(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    unsigned applies = s.rig.output.applies;
    copp_connector_unplugged(s.rig.connector);
    rig_scene_levels(&s, 0, 0, 0);
    assert_true(s.rig.output.applies > applies); /* the output takes down what may be left */
    assert_int_equal(s.rig.output.in_force.acp, 0);
    for (size_t i = 0; i < RIG_APPS; i++) { /* also the one that holds nothing */
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_LINK_LOST);
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_NORMAL);
        app_levels(&s.apps[i], 0, 0, 0);
    }
    struct app late;
    app_begin(&late, s.rig.connector);
    assert_int_equal(app_flags(&late), COPP_STATUS_NORMAL); /* it was not there */
    copp_device_close(&late.device);
    rig_scene_end(&s);
}

/* To COPP's devices it is a loss: they have no flag of its own. */
static void tampering_takes_everything(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    copp_connector_tampered(s.rig.connector);
    rig_scene_levels(&s, 0, 0, 0);
    for (size_t i = 0; i < RIG_APPS; i++) {
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_LINK_LOST);
        app_levels(&s.apps[i], 0, 0, 0);
    }
    rig_scene_end(&s);
}

/* An application asks for the key again; nothing has fallen away. */
static void other_receivers_are_no_loss(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    unsigned applies = s.rig.output.applies;
    copp_connector_receivers_changed(s.rig.connector);
    assert_int_equal(s.rig.output.applies, applies);
    for (size_t i = 0; i < RIG_APPS; i++)
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_NORMAL);
    rig_scene_levels(&s, 1, 2, 4 | RC);
    rig_scene_end(&s);
}

static void only_what_fell_away_is_lost(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    copp_connector_protection_lost(s.rig.connector, ACP);
    rig_scene_levels(&s, 1, 0, 4 | RC);
    for (size_t i = 0; i < RIG_APPS; i++)
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_LINK_LOST);
    app_levels(&s.apps[0], 1, 0, 0);
    app_levels(&s.apps[1], 0, 0, 4 | RC);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 1), COPP_HR_OK); /* the device lives on */
    rig_scene_levels(&s, 1, 1, 4 | RC);
    copp_connector_protection_lost(s.rig.connector, HDCP | CGMSA);
    rig_scene_levels(&s, 0, 1, 0);
    app_levels(&s.apps[1], 0, 0, 0);
    rig_scene_end(&s);
}

static void type_missing_on_connector_cannot_fall_away(void) {
    struct rig_scene s;
    struct copp_connector_config config = rig_config();
    config.protection_types = HDCP;
    rig_scene_begin_on(&s, &config);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    copp_connector_protection_lost(s.rig.connector, ACP | CGMSA);
    assert_int_equal(app_local(&s.apps[0], HDCP), 1);
    assert_int_equal(s.apps[0].flags, COPP_STATUS_LINK_LOST); /* integrity is lost all the same */
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][0], 0);
    rig_scene_end(&s);
}

static void the_desktops_acp_comes_back(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_OK);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK);
    copp_connector_protection_lost(s.rig.connector, ACP);
    assert_int_equal(app_local(&s.apps[0], ACP), 0);
    rig_scene_levels(&s, 0, 1, 0);
    rig_scene_end(&s);
}

static void a_mode_change_keeps_what_can_go_on(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    rig_set_mode(&s.rig.output, 1280, 720, false); /* at another rate, say */
    copp_connector_reconfigured(s.rig.connector);
    rig_scene_levels(&s, 1, 2, 4 | RC);
    for (size_t i = 0; i < RIG_APPS; i++) {
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_RENEGOTIATION_REQUIRED);
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_NORMAL);
    }
    app_levels(&s.apps[0], 1, 2, 0);
    app_levels(&s.apps[1], 0, 1, 4 | RC);
    rig_scene_end(&s);
}

static void what_cannot_go_on_in_the_new_mode_is_lost(void) {
    const uint32_t both = COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED;
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    rig_set_mode(&s.rig.output, 1920, 1080, false); /* no standard fits */
    copp_connector_reconfigured(s.rig.connector);
    rig_scene_levels(&s, 1, 2, 0);
    assert_int_equal(app_flags(&s.apps[2]), both);
    app_levels(&s.apps[0], 1, 2, 0);
    app_levels(&s.apps[1], 0, 1, 0);
    s.rig.output.state.mode = COPP_MODE_CLONE;
    copp_connector_reconfigured(s.rig.connector);
    rig_scene_levels(&s, 0, 0, 0);
    assert_int_equal(app_flags(&s.apps[2]), both);
    app_levels(&s.apps[0], 0, 0, 0);
    rig_scene_end(&s);

    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    rig_scene_begin_on(&s, &config);
    rig_set_mode(&s.rig.output, 720, 480, true);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_OK);
    rig_set_mode(&s.rig.output, 1280, 720, false);
    copp_connector_reconfigured(s.rig.connector);
    rig_scene_levels(&s, 1, 0, 0); /* the desktop's own cannot go on either */
    assert_int_equal(app_flags(&s.apps[1]), both);
    app_levels(&s.apps[0], 1, 0, 0);
    rig_scene_end(&s);
}

static void the_output_has_the_last_word_on_the_new_mode(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    raise_all(&s);
    s.rig.output.answer = COPP_E_RESOLUTION;
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    rig_scene_levels(&s, 0, 0, 0);
    app_levels(&s.apps[0], 0, 0, 0);
    app_levels(&s.apps[1], 0, 0, 0);
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 1);
    assert_int_equal(s.rig.output.in_force.hdcp, 0);

    s.rig.output.answer = COPP_E_FAILED; /* with nothing in force there is nothing to lose */
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_RENEGOTIATION_REQUIRED);
    s.rig.output.answer = COPP_OK;
    rig_scene_end(&s);
}

/* At once or later, and whether what is left can go on, cannot, or takes its time. */
static void a_revoked_device_in_the_new_mode_costs_hdcp_alone(void) {
    static const enum copp_result others[] = {COPP_OK, COPP_E_PENDING, COPP_E_FAILED};
    const uint32_t both = COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED;
    for (size_t i = 0; i < 2 * sizeof others / sizeof others[0]; i++) {
        const enum copp_result other = others[i / 2];
        const bool late = i % 2;
        struct rig_scene s;
        rig_scene_begin(&s);
        raise_all(&s);
        s.rig.output.revokes = !late;
        s.rig.output.answer = late ? COPP_E_PENDING : other;
        copp_connector_reconfigured(s.rig.connector);
        if (late) {
            app_levels(&s.apps[0], 1, 2, 0);
            s.rig.output.answer = other;
            rig_output_end(&s.rig.output, s.rig.connector, COPP_E_REVOKED);
        }
        assert_int_equal(s.rig.output.wanted.hdcp, 0);
        if (other == COPP_E_PENDING) {
            app_levels(&s.apps[0], 0, 2, 0);
            app_levels(&s.apps[1], 0, 1, 4 | RC);
            s.rig.output.answer = COPP_OK;
            rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
        }
        const bool goes_on = other != COPP_E_FAILED;
        rig_scene_levels(&s, 0, goes_on ? 2 : 0, goes_on ? 4 | RC : 0);
        app_levels(&s.apps[0], 0, goes_on ? 2 : 0, 0);
        app_levels(&s.apps[1], 0, goes_on ? 1 : 0, goes_on ? 4 | RC : 0);
        struct copp_connector_view view = {.size = sizeof view};
        copp_connector_inspect(s.rig.connector, &view);
        assert_int_equal(view.revocations, 1);
        assert_int_equal(view.losses, goes_on ? 1 : 2);
        assert_int_equal(app_flags(&s.apps[2]), both);
        s.rig.output.answer = COPP_OK;
        rig_scene_end(&s);
    }
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(unplugging_tells_every_device_once, "EVT-1 EVT-2 EVT-3"),
        TEST(tampering_takes_everything, "OPM-STA-2 EVT-3"),
        TEST(other_receivers_are_no_loss, "EVT-1"),
        TEST(only_what_fell_away_is_lost, "EVT-1 EVT-3"),
        TEST(type_missing_on_connector_cannot_fall_away, "EVT-1"),
        TEST(the_desktops_acp_comes_back, "ARB-5 EVT-3"),
        TEST(a_mode_change_keeps_what_can_go_on, "EVT-1 EVT-2"),
        TEST(what_cannot_go_on_in_the_new_mode_is_lost, "EVT-1 EVT-3 ARB-6"),
        TEST(the_output_has_the_last_word_on_the_new_mode, "EVT-1 EVT-3"),
        TEST(a_revoked_device_in_the_new_mode_costs_hdcp_alone, "EVT-1 EVT-3 OPM-SRM-5"),
    };
    return RUN_SUITE("connector_events", cases);
}
