/* One connector with many sessions: arbitration, events, pending commands (ARB, EVT, CMD-6). */
#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED
#define APPS 3

struct scene {
    struct rig rig;
    struct app apps[APPS];
};

static void begin_on(struct scene *scene, const struct copp_connector_config *config) {
    rig_init(&scene->rig, config);
    for (size_t i = 0; i < APPS; i++)
        app_begin(&scene->apps[i], scene->rig.connector);
}

static void begin(struct scene *scene) {
    begin_on(scene, NULL);
}

static void end(struct scene *scene) {
    for (size_t i = 0; i < APPS; i++)
        copp_device_close(&scene->apps[i].device);
    rig_end(&scene->rig);
}

static void assert_levels(struct scene *scene, uint32_t hdcp, uint32_t acp, uint32_t cgmsa) {
    struct copp_protection protection;
    copp_connector_protection(scene->rig.connector, &protection);
    assert_int_equal(protection.hdcp, hdcp);
    assert_int_equal(protection.acp, acp);
    assert_int_equal(protection.cgmsa, cgmsa);
}

/* --- arbitration --- */

/* ARB-2, highest first, as docs/protocol.md has it. */
static const struct {
    uint32_t type;
    uint32_t levels[5];
    size_t count;
} precedence[] = {{HDCP, {1, 0}, 2}, {ACP, {2, 3, 1, 0}, 4}, {CGMSA, {4, 2, 3, 1, 0}, 5}};

static void the_highest_precedence_wins(void) {
    struct scene s;
    begin(&s);
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
    end(&s);
}

static void devices_at_a_level_are_counted(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], ACP, 1), COPP_HR_OK);
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][2], 2);
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][1], 1);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 0), COPP_HR_OK);
    assert_levels(&s, 0, 2, 0); /* one is left at 2 */
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    assert_levels(&s, 0, 1, 0);
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][1], 2);
    end(&s);
}

static void only_a_new_effective_level_reaches_the_output(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    unsigned applies = s.rig.output.applies;
    s.rig.output.answer = COPP_E_FAILED; /* and would fail there */
    for (uint32_t level = 0; level <= 4; level++)
        assert_int_equal(app_set_level(&s.apps[1], CGMSA, level), COPP_HR_OK);
    copp_device_close(&s.apps[1].device);
    assert_int_equal(s.rig.output.applies, applies);
    s.rig.output.answer = COPP_OK;
    end(&s);
}

static void redistribution_control_of_any_session(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 1 | RC), COPP_HR_OK);
    assert_levels(&s, 0, 0, 1 | RC);
    assert_int_equal(app_set_level(&s.apps[1], CGMSA, 4), COPP_HR_OK);
    assert_levels(&s, 0, 0, 4 | RC);
    assert_int_equal(app_global(&s.apps[1], CGMSA), 4 | RC);
    assert_int_equal(app_local(&s.apps[1], CGMSA), 4);
    assert_int_equal(app_set_level(&s.apps[2], CGMSA, RC), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 1), COPP_HR_OK);
    assert_levels(&s, 0, 0, 4 | RC); /* another one asks for it still */
    assert_int_equal(app_set_level(&s.apps[1], CGMSA, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 0), COPP_HR_OK);
    assert_levels(&s, 0, 0, RC);
    copp_device_close(&s.apps[2].device);
    assert_levels(&s, 0, 0, 0);
    end(&s);
}

static void without_holders_the_protection_goes(void) {
    struct scene s;
    begin(&s);
    for (size_t i = 0; i < APPS; i++) {
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
    assert_levels(&s, 0, 0, 0);
    end(&s);
}

static void the_desktop_is_one_more_holder(void) {
    struct scene s;
    begin(&s);
    struct copp_connector *connector = s.rig.connector;
    assert_int_equal(app_set_level(&s.apps[0], ACP, 3), COPP_HR_OK);
    assert_int_equal(copp_connector_set_desktop_acp(connector, 1), COPP_OK);
    assert_levels(&s, 0, 3, 0); /* it never lowers */
    assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_OK);
    assert_levels(&s, 0, 2, 0); /* it raises */
    assert_int_equal(app_global(&s.apps[1], ACP), 2); /* QRY-5 */
    assert_int_equal(app_local(&s.apps[0], ACP), 3);
    for (size_t i = 0; i < APPS; i++)
        copp_device_close(&s.apps[i].device);
    assert_levels(&s, 0, 2, 0); /* it stays when they leave */
    assert_int_equal(s.rig.output.in_force.acp, 2);
    assert_int_equal(copp_connector_set_desktop_acp(connector, 0), COPP_OK);
    assert_int_equal(s.rig.output.in_force.acp, 0);
    end(&s);
}

/* In clone and theatre mode nothing is protected, whoever asked for it. */
static void the_desktop_has_nothing_in_clone_mode(void) {
    static const enum copp_multi_adapter_mode modes[] = {COPP_MODE_CLONE, COPP_MODE_THEATRE};
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        begin(&s);
        struct copp_connector *connector = s.rig.connector;
        assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_OK);
        s.rig.output.state.mode = modes[i];
        copp_connector_reconfigured(connector);
        assert_levels(&s, 0, 0, 0);
        assert_int_equal(s.rig.output.in_force.acp, 0);
        assert_int_equal(app_global(&s.apps[0], ACP), 0); /* QRY-5 */
        assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_E_UNSUPPORTED_MODE);
        assert_int_equal(copp_connector_set_desktop_acp(connector, 0), COPP_OK);
        assert_levels(&s, 0, 0, 0);
        s.rig.output.state.mode = COPP_MODE_SINGLE;
        copp_connector_reconfigured(connector);
        assert_levels(&s, 0, 0, 0); /* it does not come back by itself */
        assert_int_equal(copp_connector_set_desktop_acp(connector, 2), COPP_OK);
        assert_levels(&s, 0, 2, 0);
        end(&s);
    }
}

static void what_the_desktop_cannot_have(void) {
    struct scene s;
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    begin_on(&s, &config);
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
    assert_levels(&s, 0, 1, 0);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[0], ACP, 3), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 0), COPP_HR_OK);
    assert_levels(&s, 0, 1, 0); /* as if the failures had not been */
    end(&s);

    config.protection_types = HDCP;
    begin_on(&s, &config);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_E_UNSUPPORTED);
    end(&s);
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

/* --- S-Video and composite as one --- */

struct pair_scene {
    struct rig rig;
    struct rig_output svideo, composite;
    struct copp_output_pair pair;
    struct copp_connector *connector;
    struct app app;
};

static void begin_pair(struct pair_scene *scene) {
    rig_init(&scene->rig, NULL);
    rig_output_init(&scene->svideo);
    rig_output_init(&scene->composite);
    rig_set_mode(&scene->svideo, 720, 480, true);
    copp_output_pair_init(&scene->pair, &scene->svideo.output, &scene->composite.output);
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_SVIDEO;
    config.protection_types = ACP | CGMSA;
    config.output = &scene->pair.output;
    assert_int_equal(copp_connector_add(scene->rig.adapter, &config, &scene->connector), COPP_OK);
    app_begin(&scene->app, scene->connector);
}

static void end_pair(struct pair_scene *scene) {
    copp_device_close(&scene->app.device);
    rig_end(&scene->rig);
}

static void assert_pair(const struct pair_scene *scene, uint32_t acp) {
    assert_int_equal(scene->svideo.in_force.acp, acp);
    assert_int_equal(scene->composite.in_force.acp, acp);
}

static void both_halves_of_a_pair_are_protected(void) {
    struct pair_scene s;
    uint8_t answer[44];
    begin_pair(&s);
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_OK);
    assert_pair(&s, 2);
    assert_int_equal(app_set_level(&s.app, ACP, 0), COPP_HR_OK);
    assert_pair(&s, 0);
    assert_int_equal(app_word(&s.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_SVIDEO);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 24), 480); /* the S-Video half's signal */
    end_pair(&s);
}

static void a_pair_is_protected_whole_or_not_at_all(void) {
    struct pair_scene s;
    begin_pair(&s);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    s.composite.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_pair(&s, 1); /* undone on the S-Video half */
    s.composite.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_TOOBIGSIZE);
    assert_pair(&s, 1);
    s.composite.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_int_equal(s.composite.cancels, 1);
    assert_pair(&s, 1);
    s.composite.answer = COPP_OK;
    s.svideo.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_int_equal(s.svideo.cancels, 1);
    s.svideo.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_TOOBIGSIZE);
    assert_pair(&s, 1);
    assert_int_equal(app_local(&s.app, ACP), 1);
    assert_int_equal(app_flags(&s.app), 0);
    s.svideo.answer = COPP_OK;
    end_pair(&s);
}

/* An output whose apply works the given number of times and then fails. */
struct tiring_output {
    struct rig_output output;
    unsigned good;
    const struct copp_output_ops *ops;
};

static enum copp_result tiring_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct tiring_output *tiring = (struct tiring_output *)output;
    tiring->output.answer = tiring->good ? COPP_OK : COPP_E_FAILED;
    tiring->good -= tiring->good > 0;
    return tiring->ops->apply(output, wanted);
}

/* The half that has changed cannot be put back: nobody may believe in the old level. */
static void a_pair_that_cannot_be_undone_is_lost(void) {
    struct pair_scene s;
    struct tiring_output tiring = {.good = 2};
    begin_pair(&s);
    rig_output_init(&tiring.output);
    tiring.ops = tiring.output.output.ops;
    struct copp_output_ops ops = *tiring.ops;
    ops.apply = tiring_apply;
    tiring.output.output.ops = &ops;
    s.pair.svideo = &tiring.output.output;
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    s.composite.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&s.app, ACP), 0);
    assert_int_equal(s.app.flags, COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&s.app, ACP), 0);
    /* and both halves are taken down as soon as they let themselves be */
    tiring.good = 10;
    s.composite.answer = COPP_OK;
    assert_int_equal(s.composite.in_force.acp, 1);
    copp_adapter_dispatch(s.rig.adapter, 1);
    assert_int_equal(tiring.output.in_force.acp, 0);
    assert_int_equal(s.composite.in_force.acp, 0);
    end_pair(&s);
}

/* --- events --- */

static void raise_all(struct scene *scene) {
    assert_int_equal(app_set_level(&scene->apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&scene->apps[0], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&scene->apps[1], ACP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&scene->apps[1], CGMSA, 4 | RC), COPP_HR_OK);
}

static void assert_locals(struct app *app, uint32_t hdcp, uint32_t acp, uint32_t cgmsa) {
    assert_int_equal(app_local(app, HDCP), hdcp);
    assert_int_equal(app_local(app, ACP), acp);
    assert_int_equal(app_local(app, CGMSA), cgmsa);
}

static void unplugging_tells_every_device_once(void) {
    struct scene s;
    begin(&s);
    raise_all(&s);
    unsigned applies = s.rig.output.applies;
    copp_connector_unplugged(s.rig.connector);
    assert_levels(&s, 0, 0, 0);
    assert_true(s.rig.output.applies > applies); /* the output takes down what may be left */
    assert_int_equal(s.rig.output.in_force.acp, 0);
    for (size_t i = 0; i < APPS; i++) { /* also the one that holds nothing */
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_LINK_LOST);
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_NORMAL);
        assert_locals(&s.apps[i], 0, 0, 0);
    }
    struct app late;
    app_begin(&late, s.rig.connector);
    assert_int_equal(app_flags(&late), COPP_STATUS_NORMAL); /* it was not there */
    copp_device_close(&late.device);
    end(&s);
}

static void only_what_fell_away_is_lost(void) {
    struct scene s;
    begin(&s);
    raise_all(&s);
    copp_connector_protection_lost(s.rig.connector, ACP);
    assert_levels(&s, 1, 0, 4 | RC);
    for (size_t i = 0; i < APPS; i++)
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_LINK_LOST);
    assert_locals(&s.apps[0], 1, 0, 0);
    assert_locals(&s.apps[1], 0, 0, 4 | RC);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 1), COPP_HR_OK); /* the device lives on */
    assert_levels(&s, 1, 1, 4 | RC);
    copp_connector_protection_lost(s.rig.connector, HDCP | CGMSA);
    assert_levels(&s, 0, 1, 0);
    assert_locals(&s.apps[1], 0, 0, 0);
    end(&s);
}

static void a_type_the_connector_has_not_cannot_fall_away(void) {
    struct scene s;
    struct copp_connector_config config = rig_config();
    config.protection_types = HDCP;
    begin_on(&s, &config);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    copp_connector_protection_lost(s.rig.connector, ACP | CGMSA);
    assert_int_equal(app_local(&s.apps[0], HDCP), 1);
    assert_int_equal(s.apps[0].flags, COPP_STATUS_LINK_LOST); /* integrity is lost all the same */
    assert_int_equal(s.rig.connector->holders[COPP_TYPE_ACP][0], 0);
    end(&s);
}

static void the_desktops_acp_comes_back(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_OK);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK);
    copp_connector_protection_lost(s.rig.connector, ACP);
    assert_int_equal(app_local(&s.apps[0], ACP), 0);
    assert_levels(&s, 0, 1, 0);
    end(&s);
}

static void a_mode_change_keeps_what_can_go_on(void) {
    struct scene s;
    begin(&s);
    raise_all(&s);
    rig_set_mode(&s.rig.output, 1280, 720, false); /* at another rate, say */
    copp_connector_reconfigured(s.rig.connector);
    assert_levels(&s, 1, 2, 4 | RC);
    for (size_t i = 0; i < APPS; i++) {
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_RENEGOTIATION_REQUIRED);
        assert_int_equal(app_flags(&s.apps[i]), COPP_STATUS_NORMAL);
    }
    assert_locals(&s.apps[0], 1, 2, 0);
    assert_locals(&s.apps[1], 0, 1, 4 | RC);
    end(&s);
}

static void what_cannot_go_on_in_the_new_mode_is_lost(void) {
    const uint32_t both = COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED;
    struct scene s;
    begin(&s);
    raise_all(&s);
    rig_set_mode(&s.rig.output, 1920, 1080, false); /* no standard fits */
    copp_connector_reconfigured(s.rig.connector);
    assert_levels(&s, 1, 2, 0);
    assert_int_equal(app_flags(&s.apps[2]), both);
    assert_locals(&s.apps[0], 1, 2, 0);
    assert_locals(&s.apps[1], 0, 1, 0);
    s.rig.output.state.mode = COPP_MODE_CLONE;
    copp_connector_reconfigured(s.rig.connector);
    assert_levels(&s, 0, 0, 0);
    assert_int_equal(app_flags(&s.apps[2]), both);
    assert_locals(&s.apps[0], 0, 0, 0);
    end(&s);

    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    begin_on(&s, &config);
    rig_set_mode(&s.rig.output, 720, 480, true);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_OK);
    rig_set_mode(&s.rig.output, 1280, 720, false);
    copp_connector_reconfigured(s.rig.connector);
    assert_levels(&s, 1, 0, 0); /* the desktop's own cannot go on either */
    assert_int_equal(app_flags(&s.apps[1]), both);
    assert_locals(&s.apps[0], 1, 0, 0);
    end(&s);
}

static void the_output_has_the_last_word_on_the_new_mode(void) {
    struct scene s;
    begin(&s);
    raise_all(&s);
    s.rig.output.answer = COPP_E_RESOLUTION;
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_levels(&s, 0, 0, 0);
    assert_locals(&s.apps[0], 0, 0, 0);
    assert_locals(&s.apps[1], 0, 0, 0);
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 1);
    assert_int_equal(s.rig.output.in_force.hdcp, 0);

    s.rig.output.answer = COPP_E_FAILED; /* with nothing in force there is nothing to lose */
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_RENEGOTIATION_REQUIRED);
    s.rig.output.answer = COPP_OK;
    end(&s);
}

/* --- pending commands --- */

static void begin_pending(struct scene *scene) {
    begin(scene);
    scene->apps[0].now_ms = 1000;
    scene->rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&scene->apps[0], HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(copp_device_command_result(scene->apps[0].device), COPP_HR_PENDING);
    scene->rig.output.answer = COPP_OK;
}

static void a_pending_command_ends_with_its_output(void) {
    struct scene s;
    begin_pending(&s);
    assert_locals(&s.apps[0], 0, 0, 0); /* queries go on and tell the truth */
    assert_int_equal(app_global(&s.apps[1], HDCP), 0);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1000 + RIG_PENDING_LIMIT);
    copp_connector_applied(s.rig.connector, COPP_E_PENDING); /* says nothing new */
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_PENDING);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_locals(&s.apps[0], 1, 0, 0);
    assert_int_equal(app_global(&s.apps[1], HDCP), 1);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK); /* under the next sequence number (CMD-3) */
    end(&s);
}

static void what_a_host_may_look_at(void) {
    struct scene s;
    struct app opened;
    struct copp_device_view device;
    struct copp_connector_view connector;
    begin_pending(&s);
    app_open(&opened, s.rig.connector);
    copp_device_inspect(opened.device, &device);
    assert_false(device.active);
    assert_false(device.pending);
    copp_device_inspect(s.apps[0].device, &device);
    assert_true(device.active);
    assert_true(device.pending);
    assert_int_equal(device.hdcp, 0);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    copp_device_inspect(s.apps[0].device, &device);
    assert_false(device.pending);
    assert_int_equal(device.hdcp, 1);
    assert_int_equal(device.acp, 0);
    assert_int_equal(device.cgmsa, 4);
    assert_int_equal(device.events, COPP_STATUS_NORMAL);
    copp_connector_unplugged(s.rig.connector);
    copp_connector_reconfigured(s.rig.connector);
    copp_connector_protection_lost(s.rig.connector, HDCP);
    copp_device_inspect(s.apps[0].device, &device);
    assert_int_equal(device.hdcp, 0);
    assert_int_equal(device.events, COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    copp_connector_inspect(s.rig.connector, &connector);
    assert_int_equal(connector.connector_type, COPP_CONNECTOR_DVI);
    assert_int_equal(connector.protection_types, HDCP | ACP | CGMSA);
    assert_int_equal(connector.losses, 2);
    assert_int_equal(connector.reconfigurations, 1);
    assert_int_equal(copp_connector_mode(s.rig.connector), COPP_MODE_SINGLE);
    s.rig.output.state.mode = COPP_MODE_THEATRE; /* as it is now, and not as it was */
    assert_int_equal(copp_connector_mode(s.rig.connector), COPP_MODE_THEATRE);
    assert_int_equal(app_flags(&s.apps[0]),
                     COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED); /* looking delivers nothing */
    copp_device_inspect(s.apps[0].device, &device);
    assert_int_equal(device.events, COPP_STATUS_NORMAL);
    copp_device_close(&opened.device);
    end(&s);
}

static void a_pending_command_can_fail(void) {
    static const struct {
        enum copp_result result;
        uint32_t hresult;
    } ends[] = {{COPP_E_FAILED, COPP_HR_UNEXPECTED}, {COPP_E_RESOLUTION, COPP_HR_TOOBIGSIZE}};
    struct scene s;
    for (size_t i = 0; i < 2; i++) {
        begin_pending(&s);
        rig_output_end(&s.rig.output, s.rig.connector, ends[i].result);
        assert_int_equal(app_result(&s.apps[0]), ends[i].hresult);
        assert_locals(&s.apps[0], 0, 0, 0);
        assert_levels(&s, 0, 0, 0);
        assert_int_equal(app_flags(&s.apps[0]), 0);
        assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK); /* the sequence number has not moved */
        end(&s);
    }
}

static void a_pending_command_has_a_time_limit(void) {
    struct scene s;
    begin_pending(&s);
    copp_adapter_dispatch(s.rig.adapter, 1000 + RIG_PENDING_LIMIT - 1);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_PENDING);
    assert_int_equal(s.rig.output.cancels, 0);
    copp_adapter_dispatch(s.rig.adapter, 1000 + RIG_PENDING_LIMIT);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_locals(&s.apps[0], 0, 0, 0);
    copp_connector_applied(s.rig.connector, COPP_OK); /* too late: it does not count */
    assert_levels(&s, 0, 0, 0);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    end(&s);
}

static void the_time_limit_does_not_wrap(void) {
    struct scene s;
    begin(&s);
    s.apps[0].now_ms = UINT64_MAX - 10;
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    copp_adapter_dispatch(s.rig.adapter, UINT64_MAX - 5);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_PENDING);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    s.rig.output.answer = COPP_OK;
    end(&s);
}

static void one_pending_command_a_connector(void) {
    struct scene s;
    begin_pending(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_UNEXPECTED); /* a device has one command at a time */
    assert_int_equal(app_set_level(&s.apps[0], ACP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_set_level(&s.apps[1], HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_UNEXPECTED);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P};
    assert_int_equal(app_set_signaling(&s.apps[1], &arib), COPP_HR_UNEXPECTED);
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 1), COPP_E_FAILED);
    assert_int_equal(app_set_level(&s.apps[1], HDCP, 0), COPP_HR_OK); /* level 0 always succeeds */
    assert_int_equal(copp_connector_set_desktop_acp(s.rig.connector, 0), COPP_OK);
    const struct rig_signaling same = {.standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P};
    assert_int_equal(app_set_signaling(&s.apps[1], &same), COPP_HR_OK); /* nothing for the output to do */
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_locals(&s.apps[1], 0, 0, 0);
    assert_int_equal(app_set_level(&s.apps[1], HDCP, 1), COPP_HR_OK);
    end(&s);
}

static void what_is_given_back_meanwhile(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], ACP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[1], CGMSA, 4), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_PENDING);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[1], ACP, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], ACP, 2), COPP_HR_OK); /* in force, and stays so */
    assert_int_equal(app_set_level(&s.apps[2], ACP, 1), COPP_HR_UNEXPECTED); /* the output would have to change */
    copp_device_close(&s.apps[1].device);
    assert_levels(&s, 0, 2, 4); /* as yet */
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_levels(&s, 1, 2, 0); /* the output is free again */
    end(&s);
}

static void closing_the_device_cancels_its_command(void) {
    struct scene s;
    begin_pending(&s);
    copp_device_close(&s.apps[0].device);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_levels(&s, 0, 0, 0);
    assert_int_equal(app_set_level(&s.apps[1], HDCP, 1), COPP_HR_OK);
    end(&s);
}

static void closing_another_device_does_not(void) {
    struct scene s;
    begin_pending(&s);
    copp_device_close(&s.apps[1].device);
    copp_device_close(&s.apps[2].device);
    assert_int_equal(s.rig.output.cancels, 0);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_levels(&s, 1, 0, 0);
    end(&s);
}

static void an_event_ends_a_pending_command(void) {
    struct scene s;
    begin_pending(&s);
    copp_connector_unplugged(s.rig.connector);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_int_equal(app_flags(&s.apps[0]), COPP_STATUS_LINK_LOST);
    end(&s);
    begin_pending(&s);
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_int_equal(app_flags(&s.apps[0]), COPP_STATUS_RENEGOTIATION_REQUIRED);
    end(&s);
    begin_pending(&s);
    copp_connector_protection_lost(s.rig.connector, ACP);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    end(&s);
}

static void signaling_can_be_pending_too(void) {
    struct scene s;
    begin(&s);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {1}, .data = {1}};
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_signaling(&s.apps[0], &arib), COPP_HR_PENDING);
    s.rig.output.answer = COPP_OK;
    uint8_t answer[88];
    assert_int_equal(app_ask(&s.apps[1], COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 24), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_int_equal(app_ask(&s.apps[1], COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 24), COPP_TV_STANDARD_ARIBTRB15_750P);
    assert_int_equal(get_u32(answer + 36), 1);
    end(&s);
}

/* --- what an output is slow or unwilling to take down --- */

static void what_is_refused_is_tried_again(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK);
    assert_locals(&s.apps[0], 0, 0, 0);
    assert_int_equal(app_global(&s.apps[0], HDCP), 1); /* what is in force is told */
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 0);
    copp_adapter_dispatch(s.rig.adapter, 500);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1500);
    unsigned applies = s.rig.output.applies;
    copp_adapter_dispatch(s.rig.adapter, 1499); /* an unwilling output is not pestered */
    assert_int_equal(s.rig.output.applies, applies);
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 1500);
    assert_levels(&s, 0, 0, 0);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    end(&s);
}

static void a_slow_release_holds_nobody_up(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK);
    s.rig.output.answer = COPP_OK;
    assert_true(s.rig.output.pending);
    assert_int_equal(app_set_level(&s.apps[2], ACP, 1), COPP_HR_OK); /* in force before and after: it may go on */
    assert_true(s.rig.output.pending);
    unsigned applies = s.rig.output.applies;
    assert_int_equal(app_set_level(&s.apps[2], HDCP, 1), COPP_HR_OK); /* in force now, but about to go */
    assert_false(s.rig.output.pending);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_int_equal(s.rig.output.applies, applies);
    assert_levels(&s, 1, 1, 0);
    assert_int_equal(app_set_level(&s.apps[2], HDCP, 0), COPP_HR_OK);
    assert_levels(&s, 0, 1, 0);
    end(&s);
}

static void a_release_has_a_time_limit_too(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    copp_device_close(&s.apps[0].device); /* nobody says what time it is */
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 0);
    copp_adapter_dispatch(s.rig.adapter, 100);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 100 + RIG_PENDING_LIMIT);
    copp_adapter_dispatch(s.rig.adapter, 100 + RIG_PENDING_LIMIT);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_levels(&s, 1, 0, 0);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1100 + RIG_PENDING_LIMIT);
    copp_adapter_dispatch(s.rig.adapter, 1100 + RIG_PENDING_LIMIT);
    assert_true(s.rig.output.pending);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_E_FAILED);
    assert_false(s.rig.output.pending); /* not at once again */
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 2100 + RIG_PENDING_LIMIT);
    assert_levels(&s, 0, 0, 0);
    end(&s);
}

/* What other types' leftovers say does not matter to a level that is in force. */
static void leftovers_do_not_fail_a_command(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.apps[1], ACP, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], CGMSA, 1), COPP_HR_UNEXPECTED);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[2], CGMSA, 1), COPP_HR_OK);
    assert_levels(&s, 1, 0, 1);
    end(&s);
}

/* A level that still is in force under a standard that is not the chosen one any more. */
static void leftovers_under_another_standard(void) {
    struct scene s;
    begin(&s);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {1}, .data = {1}};
    uint8_t answer[88];
    assert_int_equal(app_set_signaling(&s.apps[0], &arib), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    for (size_t i = 0; i < APPS; i++)
        copp_device_close(&s.apps[i].device);
    app_begin(&s.apps[0], s.rig.connector);
    assert_levels(&s, 0, 0, 4);
    assert_int_equal(app_ask(&s.apps[0], COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 24), COPP_TV_STANDARD_ARIBTRB15_750P); /* what is in force is told */
    assert_int_equal(get_u32(answer + 36), 1);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_UNEXPECTED); /* not as CEA805A_TypeA_750p */
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    assert_int_equal(s.rig.output.in_force.tv_standard, COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    end(&s);
}

static void an_output_that_loses_what_it_had(void) {
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_LINK_LOST;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_UNEXPECTED);
    assert_levels(&s, 0, 0, 0);
    assert_locals(&s.apps[1], 0, 0, 0);
    copp_adapter_dispatch(s.rig.adapter, 1); /* the same again, without end */
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 2000);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_LINK_LOST;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK); /* and takes the ACP with it */
    assert_locals(&s.apps[1], 0, 0, 0);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_PENDING);
    s.rig.output.answer = COPP_OK;
    rig_output_end(&s.rig.output, s.rig.connector, COPP_E_LINK_LOST);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_levels(&s, 0, 0, 0);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST);
    end(&s);
}

/* --- adapters and connectors --- */

static void what_no_adapter_can_be(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    struct copp_adapter *adapter = NULL;
    const struct copp_adapter_config good = {.chain = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    struct copp_adapter_config config = good;
    config.chain = NULL;
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
        const struct copp_connector_config config = {&rig.output.output, cases[i].connector_type, cases[i].protection_types,
                                                     cases[i].bus_type,  cases[i].tv_standards,   cases[i].default_standard};
        struct copp_connector *connector;
        assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), cases[i].result);
        assert_int_equal(connector != NULL, cases[i].result == COPP_OK);
    }
    struct copp_connector_config config = rig_config();
    struct copp_connector *connector;
    assert_int_equal(copp_connector_add(rig.adapter, &config, &connector), COPP_E_ARGUMENT); /* no output */
    const struct copp_output_ops *ops = rig.output.output.ops;
    const struct copp_output_ops missing[] = {
        {NULL, ops->apply, ops->cancel}, {ops->state, NULL, ops->cancel}, {ops->state, ops->apply, NULL}};
    for (size_t i = 0; i < 3; i++) {
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
    struct scene s;
    begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    end(&s);
    assert_int_equal(s.rig.output.cancels, 1); /* it does not answer to what is gone */
}

static void connectors_do_not_mix(void) {
    struct scene s;
    struct rig_output output;
    struct copp_connector *connector;
    struct app app;
    begin(&s);
    rig_output_init(&output);
    struct copp_connector_config config = rig_config();
    config.output = &output.output;
    assert_int_equal(copp_connector_add(s.rig.adapter, &config, &connector), COPP_OK);
    app_begin(&app, connector);
    assert_int_equal(app_set_level(&app, ACP, 2), COPP_HR_OK);
    assert_levels(&s, 0, 0, 0);
    copp_connector_unplugged(s.rig.connector);
    assert_int_equal(app_flags(&app), 0);
    assert_int_equal(output.in_force.acp, 2);
    output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&app, ACP, 0), COPP_HR_OK);
    copp_adapter_dispatch(s.rig.adapter, 7);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1007); /* the first of both */
    copp_device_close(&app.device);
    end(&s);
}

/* --- the transport in one process --- */

struct test_pump {
    struct copp_pump pump;
    struct rig *rig;
    uint64_t now_ms;
    uint64_t ready_ms; /* when the output ends what is pending */
};

static uint64_t pump_now(struct copp_pump *pump) {
    return ((struct test_pump *)pump)->now_ms;
}

static void pump_wait(struct copp_pump *base, uint64_t deadline_ms) {
    struct test_pump *pump = (struct test_pump *)base;
    bool ready = pump->ready_ms <= deadline_ms;
    pump->now_ms = ready ? pump->ready_ms : deadline_ms;
    if (ready)
        rig_output_end(&pump->rig->output, pump->rig->connector, COPP_OK);
}

static const struct copp_pump_ops pump_ops = {pump_now, pump_wait};

/* Sends hdcp level 1 over a new transport; the device behind it is app's afterwards. */
static enum copp_result over_transport(struct rig *rig, struct copp_pump *pump, struct app *app,
                                       struct copp_transport **transport, uint32_t *hresult) {
    const uint8_t *chain;
    size_t size;
    assert_int_equal(copp_local_transport_open(rig->connector, pump, transport), COPP_OK);
    const struct copp_transport_ops *ops = (*transport)->ops;
    *app = (struct app){.status_sequence = 1, .command_sequence = 2};
    assert_int_equal(ops->key_exchange(*transport, app->random, &chain, &size, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_OK);
    assert_int_equal(size, sizeof rig_chain);
    assert_memory_equal(chain, rig_chain, size);
    assert_int_equal(ops->key_exchange(*transport, app->random, &chain, &size, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_UNEXPECTED); /* one KeyExchange makes both steps */
    struct copp_signature signature = app_signature(app);
    assert_int_equal(ops->session_sequence_start(*transport, &signature, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_OK);
    struct copp_status_input input = app_request(app, COPP_QUERY_BUS_DATA, NULL, 0);
    struct copp_status_output output;
    assert_int_equal(ops->protection_status(*transport, &input, &output, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_OK);
    assert_int_equal(get_u32(output.bytes + 40), COPP_BUS_PCI_EXPRESS);
    const uint8_t data[16] = {1, 0, 0, 0, 1};
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    return ops->protection_command(*transport, &command, hresult);
}

static void a_session_over_the_local_transport(void) {
    struct rig rig;
    struct app app;
    struct copp_transport *transport;
    uint32_t hresult;
    rig_init(&rig, NULL);
    assert_int_equal(over_transport(&rig, NULL, &app, &transport, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    assert_int_equal(rig.output.in_force.hdcp, 1);
    copp_transport_free(&transport);
    assert_null(transport);
    assert_int_equal(copp_connector_devices(rig.connector), 0); /* EVT-5 */
    assert_int_equal(rig.output.in_force.hdcp, 0);
    assert_int_equal(copp_local_transport_open(NULL, NULL, &transport), COPP_E_ARGUMENT);
    assert_int_equal(copp_local_transport_open(rig.connector, NULL, NULL), COPP_E_ARGUMENT);
    rig_end(&rig);
}

static void key_exchange_over_the_local_transport(void) {
    struct rig rig;
    struct copp_transport *transport;
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain = NULL;
    size_t size;
    uint32_t hresult;
    rig_init(&rig, NULL);
    assert_int_equal(copp_local_transport_open(rig.connector, NULL, &transport), COPP_OK);
    const struct copp_transport_ops *ops = transport->ops;
    assert_int_equal(ops->key_exchange(transport, NULL, &chain, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_POINTER);
    assert_int_equal(ops->key_exchange(transport, random, NULL, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_POINTER);
    assert_int_equal(ops->key_exchange(transport, random, &chain, NULL, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_POINTER);
    rig.random.fails = true;
    assert_int_equal(ops->key_exchange(transport, random, &chain, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_UNEXPECTED);
    assert_null(chain);
    rig.random.fails = false; /* neither of the two steps has been made */
    assert_int_equal(ops->key_exchange(transport, random, &chain, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    assert_non_null(chain);
    copp_transport_free(&transport);
    rig_end(&rig);
}

static void the_local_transport_waits_for_pending_commands(void) {
    static const struct {
        uint64_t ready_ms;
        uint32_t hresult;
    } cases[] = {{1500, COPP_HR_OK}, {UINT64_MAX, COPP_HR_UNEXPECTED}};
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct app app;
        struct copp_transport *transport;
        uint32_t hresult;
        rig_init(&rig, NULL);
        struct test_pump pump = {{&pump_ops}, &rig, 1000, cases[i].ready_ms};
        rig.output.answer = COPP_E_PENDING;
        assert_int_equal(over_transport(&rig, &pump.pump, &app, &transport, &hresult), COPP_OK);
        assert_int_equal(hresult, cases[i].hresult);
        assert_int_equal(pump.now_ms, i == 0 ? 1500 : 1000 + RIG_PENDING_LIMIT);
        rig.output.answer = COPP_OK;
        copp_transport_free(&transport);
        rig_end(&rig);
    }
}

static void without_a_pump_nobody_waits(void) {
    struct rig rig;
    struct app app;
    struct copp_transport *transport;
    uint32_t hresult;
    rig_init(&rig, NULL);
    rig.output.answer = COPP_E_PENDING;
    assert_int_equal(over_transport(&rig, NULL, &app, &transport, &hresult), COPP_E_TRANSPORT);
    copp_transport_free(&transport);
    assert_int_equal(rig.output.cancels, 1);
    rig_end(&rig);
}

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
    TEST(both_halves_of_a_pair_are_protected, "ARB-6"),
    TEST(a_pair_is_protected_whole_or_not_at_all, "ARB-6 CMD-4"),
    TEST(a_pair_that_cannot_be_undone_is_lost, "ARB-6 EVT-3"),
    TEST(unplugging_tells_every_device_once, "EVT-1 EVT-2 EVT-3"),
    TEST(only_what_fell_away_is_lost, "EVT-1 EVT-3"),
    TEST(a_type_the_connector_has_not_cannot_fall_away, "EVT-1"),
    TEST(the_desktops_acp_comes_back, "ARB-5 EVT-3"),
    TEST(a_mode_change_keeps_what_can_go_on, "EVT-1 EVT-2"),
    TEST(what_cannot_go_on_in_the_new_mode_is_lost, "EVT-1 EVT-3 ARB-6"),
    TEST(the_output_has_the_last_word_on_the_new_mode, "EVT-1 EVT-3"),
    TEST(a_pending_command_ends_with_its_output, "CMD-6 CMD-3 QRY-5"),
    TEST(what_a_host_may_look_at, "EVT-2"),
    TEST(a_pending_command_can_fail, "CMD-6 CMD-4"),
    TEST(a_pending_command_has_a_time_limit, "CMD-6"),
    TEST(the_time_limit_does_not_wrap, "CMD-6"),
    TEST(one_pending_command_a_connector, "CMD-6 CMD-4"),
    TEST(what_is_given_back_meanwhile, "CMD-6 ARB-1"),
    TEST(closing_the_device_cancels_its_command, "EVT-5 CMD-6"),
    TEST(closing_another_device_does_not, "CMD-6"),
    TEST(an_event_ends_a_pending_command, "CMD-6 EVT-1"),
    TEST(signaling_can_be_pending_too, "CMD-5 CMD-6"),
    TEST(what_is_refused_is_tried_again, "CMD-4 ARB-4 QRY-5"),
    TEST(a_slow_release_holds_nobody_up, "CMD-6"),
    TEST(a_release_has_a_time_limit_too, "CMD-6 EVT-5"),
    TEST(leftovers_do_not_fail_a_command, "CMD-4"),
    TEST(leftovers_under_another_standard, "CMD-4 CMD-5"),
    TEST(an_output_that_loses_what_it_had, "EVT-3 CMD-4"),
    TEST(what_no_adapter_can_be, ""),
    TEST(what_no_connector_can_be, ""),
    TEST(an_adapter_can_go_while_an_output_is_slow, ""),
    TEST(connectors_do_not_mix, "ARB-1 EVT-1"),
    TEST(a_session_over_the_local_transport, "SES-2 EVT-5"),
    TEST(key_exchange_over_the_local_transport, "SES-2"),
    TEST(the_local_transport_waits_for_pending_commands, "CMD-6"),
    TEST(without_a_pump_nobody_waits, "CMD-6"),
};

int main(void) {
    return RUN_SUITE("connector", cases);
}
