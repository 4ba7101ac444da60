/* What OPM asks of the simulated outputs, by their operations: what a description says of it, and what happens on them. */
#include <stdio.h>
#include <string.h>

#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

/* A repeater that does HDCP 2.2 on an output that does Type 1. */
#define REPEATER                                                                                                                 \
    "[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nopm = type1\nksv = b70361f714\nhdcp_version = 2.2\n"          \
    "repeater = yes\ndownstream = 4a35f219f8, ea8c90d793\n"
#define DISPLAYPORT "[output A]\ntype = displayport\nprotections = none\nmodes = 1080p60\nopm = dpcp\n"
#define HDMI "[output A]\ntype = hdmi\nmodes = 1080p60\n"

/* The first output of a description, and a session of COPP's on it. */
struct scene {
    struct rig rig;
    struct copp_sim *sim;
    struct copp_connector_config config;
    struct copp_connector *connector;
    struct app app;
};

static void begin(struct scene *scene, const char *description) {
    const struct copp_sim_config config = {.size = sizeof config, .description = description, .outputs_only = true};
    struct copp_sim_error error;
    rig_init(&scene->rig, NULL);
    if (copp_sim_new(&config, &scene->sim, &error) != COPP_OK)
        fail_msg("line %u: %s", error.line, error.text);
    scene->config = (struct copp_connector_config){.size = sizeof scene->config};
    assert_int_equal(copp_sim_connector_config(scene->sim, 0, &scene->config), COPP_OK);
    assert_int_equal(copp_connector_add(scene->rig.adapter, &scene->config, &scene->connector), COPP_OK);
    copp_sim_attach(scene->sim, 0, scene->connector);
    app_begin(&scene->app, scene->connector);
}

static void end(struct scene *scene) {
    copp_device_close(&scene->app.device);
    copp_adapter_free(&scene->rig.adapter);
    copp_sim_free(&scene->sim);
    rig_end(&scene->rig);
}

static void happen(struct scene *scene, const char *event) {
    struct copp_sim_error error;
    if (copp_sim_event(scene->sim, event, &error) != COPP_OK)
        fail_msg("%s: %s", event, error.text);
}

static struct copp_output_state state_of(const struct scene *scene) {
    struct copp_output_state state = {.size = sizeof state};
    scene->config.output->ops->state(scene->config.output, &state);
    return state;
}

static enum copp_result apply(const struct scene *scene, uint32_t hdcp, uint32_t type1, uint32_t dpcp) {
    const struct copp_protection wanted = {.size = sizeof wanted, .hdcp = hdcp, .type1 = type1, .dpcp = dpcp};
    return scene->config.output->ops->apply(scene->config.output, &wanted);
}

static struct copp_connector_view view_of(const struct scene *scene) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(scene->connector, &view);
    return view;
}

static void what_is_not_said_is_not_there(void) {
    struct scene s;
    begin(&s, HDMI "protections = hdcp\nksv = b70361f714\nrepeater = yes\n");
    const struct copp_connector_view view = view_of(&s);
    assert_false(view.type1 || view.dpcp || view.hardware_protection);
    assert_int_equal(view.dvi_version, 0);
    assert_true(view.output_id != 0);
    const struct copp_output_state state = state_of(&s);
    assert_int_equal(state.hdcp_version, COPP_HDCP_VERSION_1);
    assert_int_equal(state.downstream_count, 0);
    assert_null(state.downstream);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_UNSUPPORTED);
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK);
    end(&s);
}

static void what_a_connector_can_be(void) {
    struct scene s;
    begin(&s, "[output A]\ntype = dvi\nprotections = hdcp\nmodes = 1080p60\nopm = hardware-protection type1\ndvi_version = 1.1\n"
              "output_id = 18446744073709551615\n");
    struct copp_connector_view view = view_of(&s);
    assert_true(view.type1 && view.hardware_protection && !view.dpcp);
    assert_int_equal(view.dvi_version, COPP_DVI_VERSION_1_1);
    assert_true(view.output_id == UINT64_MAX);
    end(&s);
    begin(&s, DISPLAYPORT);
    view = view_of(&s);
    assert_true(view.dpcp && !view.type1);
    end(&s);
    begin(&s, "[output A]\ntype = dvi\nmodes = 1080p60\nopm = none\ndvi_version = 1.0\noutput_id = 0\n");
    view = view_of(&s);
    assert_int_equal(view.dvi_version, COPP_DVI_VERSION_1_0);
    assert_true(view.output_id != 0);
    assert_false(view.type1 || view.dpcp || view.hardware_protection);
    end(&s);
}

/* The default adapter offers OPM more, of which COPP sees nothing. */
static void the_default_adapter(void) {
    struct scene s;
    begin(&s, NULL);
    const struct copp_connector_view view = view_of(&s);
    assert_true(view.type1 && view.hardware_protection && !view.dpcp);
    assert_int_equal(state_of(&s).hdcp_version, COPP_HDCP_VERSION_1);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_UNSUPPORTED);
    happen(&s, "hdcp-version HDMI-1 2.2");
    assert_int_equal(apply(&s, 1, 1, 0), COPP_OK);
    end(&s);
}

static void descriptions_that_are_refused(void) {
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } cases[] = {
        {HDMI "opm = type2\n", 4, "opm: \"type2\" is not one of: none type1 dpcp hardware-protection no-blank"},
        {HDMI "opm = type1\n", 1, "type1 in opm needs hdcp"},
        {HDMI "opm = dpcp\n", 1, "type = displayport"},
        {"[output A]\ntype = edp\nmodes = 1080p60\nopm = dpcp\n", 1, "type = displayport"},
        {HDMI "opm = none\nopm = none\n", 5, "opm is given twice"},
        {HDMI "hdcp_version = 2\n", 4, "hdcp_version: \"2\" is not one of: 1.4 2.2"},
        {HDMI "dvi_version = 1.0\n", 1, "type = dvi"},
        {HDMI "dvi_version = 1.2\n", 4, "dvi_version: \"1.2\" is not one of: 1.0 1.1"},
        {HDMI "output_id = 18446744073709551616\n", 4, "output_id"},
        {HDMI "output_id = -1\n", 4, "output_id"},
        {HDMI "output_id = 7\n[output B]\ntype = vga\nmodes = 720p60\noutput_id = 7\n", 1, "another output has this output_id"},
        {HDMI "downstream = 4a35f219f8\n", 1, "downstream needs repeater = yes"},
        {HDMI "repeater = yes\ndownstream = 4a35f219f8 4a35f219\n", 5, "downstream: \"4a35f219\" is not a KSV"},
        {HDMI "repeater = yes\ndownstream = 4a35f219f8 none\n", 5, "\"none\" is not a KSV"},
        {HDMI "colour = red\n", 4, " opm downstream dvi_version output_id"}, /* they are told whole */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct copp_sim_config config = {.size = sizeof config, .description = cases[i].text, .outputs_only = true};
        struct copp_sim *sim;
        struct copp_sim_error error;
        assert_int_equal(copp_sim_new(&config, &sim, &error), COPP_E_INVALID);
        if (error.line != cases[i].line || !strstr(error.text, cases[i].says))
            fail_msg("%s: line %u: %s", cases[i].text, error.line, error.text);
    }
}

static void assert_bksv(const uint8_t *bksv, const char *hex) {
    uint8_t ksv[COPP_KSV_SIZE];
    assert_int_equal(from_hex(hex, ksv, sizeof ksv), sizeof ksv);
    for (size_t i = 0; i < COPP_KSV_SIZE; i++)
        assert_int_equal(bksv[i], ksv[COPP_KSV_SIZE - 1 - i]);
}

static void a_repeater_names_what_is_behind_it(void) {
    struct scene s;
    begin(&s, REPEATER);
    struct copp_output_state state = state_of(&s);
    assert_int_equal(state.hdcp_version, COPP_HDCP_VERSION_2);
    assert_int_equal(state.downstream_count, 2);
    assert_bksv(state.bksv, "b70361f714");
    assert_bksv(state.downstream, "4a35f219f8");
    assert_bksv(&state.downstream[COPP_KSV_SIZE], "ea8c90d793");
    happen(&s, "downstream A dcd78815e4");
    state = state_of(&s);
    assert_int_equal(state.downstream_count, 1);
    assert_bksv(state.downstream, "dcd78815e4");
    happen(&s, "downstream A 4a35f219f8 ea8c90d793, dcd78815e4 1cbe2256ce");
    assert_int_equal(state_of(&s).downstream_count, 4);
    happen(&s, "repeater A off");
    state = state_of(&s);
    assert_true(!state.downstream_count && !state.downstream);
    happen(&s, "repeater A on");
    assert_int_equal(state_of(&s).downstream_count, 4);
    happen(&s, "unplug A");
    state = state_of(&s);
    assert_int_equal(state.hdcp_version, COPP_HDCP_VERSION_NONE); /* nobody receives */
    assert_int_equal(state.downstream_count, 0);
    happen(&s, "plug A");
    happen(&s, "downstream A none");
    assert_int_equal(state_of(&s).downstream_count, 0);
    end(&s);
}

static void as_many_devices_as_a_line_holds(void) {
    char text[512] = HDMI "protections = hdcp\nksv = b70361f714\nrepeater = yes\ndownstream =";
    struct scene s;
    for (size_t i = 0; i < 15; i++)
        strcat(text, " 4a35f219f8");
    begin(&s, text);
    assert_int_equal(state_of(&s).downstream_count, 15);
    end(&s);
}

static void type1_is_for_hdcp_2(void) {
    struct scene s;
    begin(&s, REPEATER);
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_OK); /* raised on top of it */
    happen(&s, "hdcp-version A 1.4");
    assert_int_equal(state_of(&s).hdcp_version, COPP_HDCP_VERSION_1);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST); /* what was Type 1 is not any more */
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_UNSUPPORTED);
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_UNSUPPORTED);
    happen(&s, "hdcp-version A 2.2");
    assert_int_equal(app_flags(&s.app), 0); /* HDCP goes on */
    happen(&s, "hdcp-refuse A on");
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_FAILED);
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK); /* which is in force as before */
    happen(&s, "hdcp-refuse A off");
    assert_int_equal(apply(&s, 1, 1, 0), COPP_OK);
    happen(&s, "hdcp-fail A");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    happen(&s, "hdcp-version A 1.4");
    assert_int_equal(app_flags(&s.app), 0); /* it went with HDCP, and cannot be lost again */
    end(&s);
}

static void a_receiver_of_2_2_speaks_1_4_too(void) {
    struct scene s;
    begin(&s, HDMI "protections = hdcp\nksv = b70361f714\nhdcp_version = 2.2\n");
    assert_int_equal(state_of(&s).hdcp_version, COPP_HDCP_VERSION_1); /* with an output that does no more */
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_UNSUPPORTED);
    end(&s);
}

/* Type 1 is an authentication, which takes its time: what was in force stays so meanwhile, and where it comes to nothing. */
static void type1_takes_its_time(void) {
    struct scene s;
    const struct copp_output_ops *ops;
    begin(&s, REPEATER "hdcp_delay = 300\n");
    ops = s.config.output->ops;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_PENDING);
    copp_sim_dispatch(s.sim, 300);
    assert_int_equal(copp_device_command_result(s.app.device), COPP_HR_OK);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_PENDING);
    ops->cancel(s.config.output);
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_E_PENDING);
    assert_int_equal(copp_sim_deadline_ms(s.sim), 600);
    copp_sim_dispatch(s.sim, 600);
    assert_int_equal(apply(&s, 1, 1, 0), COPP_OK); /* it is in force */
    end(&s);
}

static void what_the_hardware_finds_revoked(void) {
    struct scene s;
    begin(&s, REPEATER);
    happen(&s, "revoke A on");
    assert_int_equal(app_flags(&s.app), 0); /* nothing is protected that could be lost */
    assert_int_equal(apply(&s, 1, 0, 0), COPP_E_REVOKED);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNEXPECTED);
    happen(&s, "revoke A off");
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    happen(&s, "revoke A on");
    assert_int_equal(app_local(&s.app, HDCP), 0);
    assert_int_equal(s.app.flags, COPP_STATUS_LINK_LOST); /* COPP has no flag for it */
    assert_int_equal(app_global(&s.app, HDCP), 0);
    assert_int_equal(apply(&s, 1, 0, 0), COPP_E_REVOKED);
    end(&s);
}

static void engines_and_displays_that_cannot(void) {
    struct scene s;
    begin(&s, REPEATER);
    happen(&s, "hdcp-busy A on");
    assert_int_equal(apply(&s, 1, 0, 0), COPP_E_STATE);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNEXPECTED);
    happen(&s, "hdcp-busy A off");
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK);
    happen(&s, "hdcp-busy A on");
    assert_int_equal(apply(&s, 1, 1, 0), COPP_OK); /* it has one */
    end(&s);
    begin(&s, HDMI "protections = hdcp\nreceiver = no\n");
    assert_int_equal(apply(&s, 1, 0, 0), COPP_E_UNSUPPORTED);
    happen(&s, "unplug A");
    assert_int_equal(apply(&s, 1, 0, 0), COPP_E_FAILED);
    end(&s);
}

static void dpcp_is_of_the_display_too(void) {
    struct scene s;
    begin(&s, DISPLAYPORT);
    assert_int_equal(apply(&s, 0, 0, 1), COPP_OK);
    happen(&s, "dpcp-refuse A on");
    assert_int_equal(apply(&s, 0, 0, 1), COPP_OK); /* what is on stays on */
    happen(&s, "dpcp-fail A");
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST);
    assert_int_equal(apply(&s, 0, 0, 1), COPP_E_UNSUPPORTED);
    happen(&s, "dpcp-refuse A off");
    assert_int_equal(apply(&s, 0, 0, 1), COPP_OK);
    happen(&s, "unplug A");
    assert_int_equal(apply(&s, 0, 0, 1), COPP_E_FAILED); /* it went with the cable */
    happen(&s, "plug A");
    assert_int_equal(apply(&s, 0, 0, 1), COPP_OK);
    happen(&s, "tamper A");
    happen(&s, "dpcp-refuse A on");
    assert_int_equal(apply(&s, 0, 0, 1), COPP_E_UNSUPPORTED); /* it fell away */
    end(&s);
}

static enum copp_result blank(const struct scene *scene, bool on) {
    return scene->config.output->ops->blank(scene->config.output, on);
}

static void the_picture_stops_and_comes_back(void) {
    struct scene s;
    begin(&s, REPEATER);
    assert_false(copp_sim_blank(s.sim, "A"));
    assert_int_equal(blank(&s, true), COPP_OK);
    assert_true(copp_sim_blank(s.sim, "A"));
    assert_false(copp_sim_blank(s.sim, "B")); /* there is no such output */
    assert_int_equal(apply(&s, 1, 0, 0), COPP_OK); /* it depends on nothing else */
    happen(&s, "tamper A");
    assert_true(copp_sim_blank(s.sim, "A"));
    happen(&s, "refuse A on");
    assert_int_equal(blank(&s, false), COPP_E_FAILED);
    assert_true(copp_sim_blank(s.sim, "A"));
    happen(&s, "refuse A off");
    assert_int_equal(blank(&s, false), COPP_OK);
    assert_false(copp_sim_blank(s.sim, "A"));
    end(&s);
    begin(&s, HDMI "opm = no-blank\n");
    assert_int_equal(blank(&s, true), COPP_E_UNSUPPORTED);
    assert_false(copp_sim_blank(s.sim, "A"));
    end(&s);
    begin(&s, "[output S]\ntype = svideo\nprotections = acp\nmodes = 480i59.94\npair = C\n[output C]\ntype = composite\n");
    assert_int_equal(blank(&s, true), COPP_OK);
    assert_true(copp_sim_blank(s.sim, "S") && copp_sim_blank(s.sim, "C"));
    end(&s);
}

static void events_that_are_refused(void) {
    static const struct {
        const char *event, *says;
    } cases[] = {
        {"downstream A", "write: downstream NAME HEX...|none"}, {"downstream A 4a35f219f8 4a35", "\"4a35\" is not a KSV"},
        {"hdcp-version A", "write: hdcp-version NAME 1.4|2.2"}, {"hdcp-version A 2.0", "not one of: 1.4 2.2"},
        {"hdcp-version A 2.2 2.2", "unexpected \"2.2\""},       {"revoke A", "write: revoke NAME on|off"},
        {"hdcp-busy A perhaps", "not one of: on off"},          {"dpcp-fail A", "output A has no DPCP"},
        {"dpcp-refuse A on", "output A has no DPCP"},
    };
    struct scene s;
    begin(&s, REPEATER);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copp_sim_error error;
        assert_int_equal(copp_sim_event(s.sim, cases[i].event, &error), COPP_E_INVALID);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s: %s", cases[i].event, error.text);
    }
    assert_int_equal(state_of(&s).downstream_count, 2); /* nothing has happened */
    end(&s);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(what_is_not_said_is_not_there, ""),
        TEST(what_a_connector_can_be, "OPM-GET-10"),
        TEST(the_default_adapter, "OPM-HDCP-2"),
        TEST(descriptions_that_are_refused, ""),
        TEST(a_repeater_names_what_is_behind_it, "OPM-SRM-7"),
        TEST(as_many_devices_as_a_line_holds, ""),
        TEST(type1_is_for_hdcp_2, "OPM-HDCP-2"),
        TEST(a_receiver_of_2_2_speaks_1_4_too, "OPM-HDCP-2"),
        TEST(type1_takes_its_time, "OPM-HDCP-2 CMD-6"),
        TEST(what_the_hardware_finds_revoked, "EVT-3"),
        TEST(engines_and_displays_that_cannot, ""),
        TEST(dpcp_is_of_the_display_too, "OPM-HDCP-3 OPM-STA-2"),
        TEST(the_picture_stops_and_comes_back, "OPM-STA-6"),
        TEST(events_that_are_refused, ""),
    };
    return RUN_SUITE("sim_opm", cases);
}
