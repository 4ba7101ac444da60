/* What OPM's sessions hold beside COPP's on one connector, what they are told, and when frames are shown (OPM-ARB, OPM-STA, OPM-SRM). */
#include <stdlib.h>

#include "device/internal.h"
#include "opm_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define FAILED 0xC026251Eu
#define CONFIGURATION 0xC0262521u
#define LOST COPP_STATUS_LINK_LOST
#define REVOKED (COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE)

/* Revoked by srm2-v7.bin, in a receiver's order; innocent by all. */
static const uint8_t revoked_id[COPP_KSV_SIZE] = {0xf8, 0x19, 0xf2, 0x35, 0x4a};
static const uint8_t innocent_id[COPP_KSV_SIZE] = {0x14, 0xf7, 0x61, 0x03, 0xb7};

struct scene {
    struct opm_rig rig;
    struct opm_app a, b;
    struct app copp;
};

static void scene_begin(struct scene *scene, bool bound) {
    opm_rig_init(&scene->rig, NULL, bound);
    opm_begin(&scene->a, &scene->rig);
    opm_begin(&scene->b, &scene->rig);
    app_begin(&scene->copp, scene->rig.connector);
}

static void scene_end(struct scene *scene) {
    copp_device_close(&scene->a.device);
    copp_device_close(&scene->b.device);
    copp_device_close(&scene->copp.device);
    opm_rig_end(&scene->rig);
}

static void assert_link(const struct scene *scene, uint32_t hdcp, uint32_t type1) {
    assert_int_equal(scene->rig.output.in_force.hdcp, hdcp);
    assert_int_equal(scene->rig.output.in_force.type1, type1);
}

/* The flags of an answer that is not a level of HDCP. */
static uint32_t plain_flags(struct opm_app *app) {
    (void)opm_word(app, COPP_QUERY_BUS_DATA);
    return app->flags;
}

/* --- three books over one link --- */

static void both_semantics_see_one_truth(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    assert_int_equal(opm_actual(&s.a, OPM_HDCP), 1);
    assert_int_equal(opm_actual(&s.a, OPM_ENFORCEMENT), COPP_ENFORCEMENT_ON); /* OPM-HDCP-2: what the link does */
    assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 0);
    unsigned applies = s.rig.output.applies;
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK); /* in force already */
    assert_int_equal(s.rig.output.applies, applies);
    assert_int_equal(app_set_level(&s.copp, HDCP, 0), COPP_HR_OK);
    assert_link(&s, 1, 0);
    assert_int_equal(app_global(&s.copp, HDCP), 1);
    assert_int_equal(app_local(&s.copp, HDCP), 0);
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 2), COPP_HR_OK);
    assert_link(&s, 1, 1);
    assert_int_equal(opm_actual(&s.a, OPM_ENFORCEMENT), COPP_ENFORCEMENT_TYPE1);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 0), COPP_HR_OK);
    assert_link(&s, 1, 1);
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 1), COPP_HR_OK);
    assert_link(&s, 1, 0);
    copp_device_close(&s.b.device);
    assert_link(&s, 0, 0); /* ARB-4 */
    scene_end(&s);
}

/* OPM-ARB-4 */
static void type1_that_fails_costs_nobody_anything(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    assert_int_equal(opm_set(&s.a, OPM_ENFORCEMENT, 1), COPP_HR_OK);
    s.rig.output.no_type1 = true;
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 2), COPP_HR_OPM_NO_HDCP);
    s.rig.output.no_type1 = false;
    s.rig.output.no_engine = true;
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 2), COPP_HR_OPM_HDCP_HARDWARE_IN_USE);
    s.rig.output.no_engine = false;
    s.rig.output.link_fails = true;
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 2), FAILED);
    assert_link(&s, 1, 0);
    assert_int_equal(opm_virtual(&s.b, OPM_ENFORCEMENT), 0);
    assert_int_equal(s.b.flags, COPP_STATUS_NORMAL);
    assert_int_equal(opm_virtual(&s.a, OPM_ENFORCEMENT), 1);
    assert_int_equal(s.a.flags, COPP_STATUS_NORMAL);
    assert_int_equal(app_local(&s.copp, HDCP), 1);
    assert_int_equal(s.copp.flags, COPP_STATUS_NORMAL);
    scene_end(&s);
}

/* OPM-ARB-5: what COPP asks for is in the level that OPM sees, and is not OPM's to ask for. */
static void redistribution_control_is_copps(void) {
    struct opm_rig rig;
    struct opm_app opm;
    struct app copp;
    struct copp_connector_config config = opm_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    config.protection_types = COPP_PROTECTION_TYPE_CGMSA;
    config.type1 = false;
    config.tv_standards = config.default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_1125I;
    opm_rig_init(&rig, &config, false);
    rig.output.state.display.format = COPP_SAMPLE_INTERLEAVED_ODD_FIRST;
    opm_begin(&opm, &rig);
    app_begin(&copp, rig.connector);
    assert_int_equal(opm_set(&opm, COPP_PROTECTION_TYPE_CGMSA, 8), CONFIGURATION);
    assert_int_equal(opm_set(&opm, COPP_PROTECTION_TYPE_CGMSA, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&copp, COPP_PROTECTION_TYPE_CGMSA, 8), COPP_HR_OK);
    assert_int_equal(opm_actual(&opm, COPP_PROTECTION_TYPE_CGMSA), 9);
    assert_int_equal(opm_virtual(&opm, COPP_PROTECTION_TYPE_CGMSA), 1);
    const struct rig_signaling none = {.standard = COPP_TV_STANDARD_NONE};
    assert_int_equal(app_set_level(&copp, COPP_PROTECTION_TYPE_CGMSA, 0), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&copp, &none), COPP_HR_INVALIDARG); /* CMD-5: OPM's session holds CGMS-A */
    copp_device_close(&copp.device);
    copp_device_close(&opm.device);
    opm_rig_end(&rig);
}

/* --- commands that wait for the output (OPM-SET-5) --- */

static void a_slow_link(void) {
    struct scene s;
    scene_begin(&s, false);
    s.rig.output.slow = true;
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 0), CONFIGURATION); /* one command a device */
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 1), FAILED); /* and one that waits a connector */
    assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 0); /* the truth, meanwhile */
    opm_output_end(&s.rig.output, s.rig.connector);
    assert_int_equal(copp_device_command_result(s.a.device), COPP_HR_OK);
    s.a.command_sequence++;
    assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 1);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK); /* a repeated set changes nothing */
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 2), COPP_HR_PENDING);
    copp_adapter_dispatch(s.rig.adapter, RIG_PENDING_LIMIT);
    assert_int_equal(copp_device_command_result(s.b.device), FAILED);
    assert_link(&s, 1, 0);
    assert_int_equal(opm_set_css(&s.b, OPM_ENFORCEMENT, 2), COPP_HR_PENDING);
    s.rig.output.link_fails = true;
    opm_output_end(&s.rig.output, s.rig.connector);
    assert_int_equal(copp_device_command_result(s.b.device), COPP_HR_OK); /* OPM-SET-6 */
    s.b.command_sequence++;
    assert_int_equal(opm_virtual(&s.b, OPM_ENFORCEMENT), 0);
    s.rig.output.link_fails = s.rig.output.slow = false;
    scene_end(&s);
}

/* Through COPP's interface and through OPM's a pending command ends with the codes of the one that took it. */
static void a_pending_command_keeps_its_codes(void) {
    struct scene s;
    scene_begin(&s, false);
    s.rig.output.slow = true;
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_PENDING);
    s.rig.output.link_fails = true;
    opm_output_end(&s.rig.output, s.rig.connector);
    assert_int_equal(copp_device_command_result(s.copp.device), COPP_HR_UNEXPECTED);
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {HDCP, 0, 0, 0, 1};
    s.rig.output.link_fails = false;
    struct copp_command command = app_command(&s.copp, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    assert_int_equal(copp_device_configure(s.copp.device, &command, NULL, 0, 0), COPP_HR_PENDING);
    s.rig.output.link_fails = true;
    opm_output_end(&s.rig.output, s.rig.connector);
    assert_int_equal(copp_device_command_result(s.copp.device), CONFIGURATION);
    s.rig.output.slow = false;
    scene_end(&s);
}

/* --- what falls away --- */

static void a_lost_link_darkens_the_screen(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    s.rig.output.in_force.hdcp = 0;
    copp_connector_unplugged(s.rig.connector);
    assert_false(s.rig.output.dark); /* COPP's sessions never blank */
    assert_int_equal(plain_flags(&s.a), LOST);
    assert_int_equal(opm_set_css(&s.b, OPM_HDCP, 1), COPP_HR_OK);
    s.rig.output.in_force.hdcp = 0;
    copp_connector_unplugged(s.rig.connector);
    assert_false(s.rig.output.dark); /* nor does CSS */
    assert_int_equal(opm_set(&s.a, OPM_ENFORCEMENT, 1), COPP_HR_OK);
    assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), COPP_HR_OK);
    s.rig.output.in_force.hdcp = 0;
    copp_connector_protection_lost(s.rig.connector, HDCP);
    assert_true(s.rig.output.dark);
    struct copp_device_view view = {.size = sizeof view};
    copp_device_inspect(s.a.device, &view);
    assert_true(view.broken);
    assert_int_equal(view.semantics, COPP_SEMANTICS_OPM);
    assert_int_equal(opm_virtual(&s.a, OPM_ENFORCEMENT), 0); /* OPM-STA-5 */
    assert_int_equal(s.a.flags, LOST);
    assert_int_equal(opm_virtual(&s.a, OPM_ENFORCEMENT), 0);
    assert_int_equal(s.a.flags, COPP_STATUS_NORMAL); /* OPM-STA-1: once */
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 0), COPP_HR_OK); /* another type mends nothing */
    assert_true(s.rig.output.dark);
    assert_int_equal(opm_set(&s.a, OPM_ENFORCEMENT, 0), COPP_HR_OK);
    assert_true(s.rig.output.dark); /* the other session is broken */
    copp_device_close(&s.b.device);
    assert_false(s.rig.output.dark);
    scene_end(&s);
}

/* A set that fails mends nothing. */
static void a_failed_set_leaves_it_dark(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
    s.rig.output.in_force.hdcp = 0;
    copp_connector_unplugged(s.rig.connector);
    s.rig.output.link_fails = true;
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), FAILED);
    assert_true(s.rig.output.dark);
    assert_int_equal(opm_set_css(&s.a, OPM_HDCP, 1), COPP_HR_OK); /* which counts as one that succeeded */
    assert_false(s.rig.output.dark);
    scene_end(&s);
}

static void an_output_that_does_not_blank_is_told_again(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
    s.rig.output.cannot_blank = true;
    s.rig.output.in_force.hdcp = 0;
    copp_connector_unplugged(s.rig.connector);
    assert_int_equal(s.rig.output.blanks, 1);
    copp_adapter_dispatch(s.rig.adapter, 0);
    assert_int_equal(s.rig.output.blanks, 2);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1000);
    s.rig.output.cannot_blank = false;
    copp_adapter_dispatch(s.rig.adapter, 1000);
    assert_true(s.rig.output.dark);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    scene_end(&s);
}

/* Frames are shown while something else is under way, so that it is not waited for. */
static void an_output_is_told_to_blank_whatever_is_pending(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
    s.rig.output.cannot_blank = true;
    s.rig.output.in_force.hdcp = 0;
    copp_connector_unplugged(s.rig.connector);
    s.rig.output.slow = true;
    assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), COPP_HR_PENDING);
    unsigned blanks = s.rig.output.blanks;
    copp_adapter_dispatch(s.rig.adapter, 0);
    assert_int_equal(s.rig.output.blanks, blanks + 1);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1000);
    copp_adapter_dispatch(s.rig.adapter, 999);
    assert_int_equal(s.rig.output.blanks, blanks + 1);
    s.rig.output.cannot_blank = false;
    copp_adapter_dispatch(s.rig.adapter, 1000);
    assert_true(s.rig.output.dark && s.rig.output.pending);
    assert_true(copp_adapter_deadline_ms(s.rig.adapter) > 1000); /* the command's own */
    scene_end(&s);
}

/* What the output itself knows of revoked devices counts for all who hold HDCP, whoever made it look. */
static void an_output_that_finds_a_revoked_device_ends_hdcp(void) {
    for (unsigned slow = 0; slow < 2; slow++) {
        struct scene s;
        scene_begin(&s, false);
        assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
        assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
        s.rig.output.revokes = !slow;
        s.rig.output.slow = slow;
        assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, COPP_ENFORCEMENT_TYPE1), slow ? COPP_HR_PENDING : FAILED);
        s.rig.output.slow = false;
        if (slow) {
            s.rig.output.pending = false;
            copp_connector_applied(s.rig.connector, COPP_E_REVOKED);
            assert_int_equal(copp_device_command_result(s.b.device), FAILED);
        }
        assert_link(&s, 0, 0);
        assert_true(s.rig.output.dark);
        assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 0);
        assert_int_equal(s.a.flags, REVOKED);
        assert_int_equal(opm_virtual(&s.b, OPM_HDCP), 0);
        assert_int_equal(s.b.flags, REVOKED);
        scene_end(&s);
    }
}

/* The same after a reconfiguration, at once or later; and where it never says. */
static void what_does_not_go_on_after_a_reconfiguration_is_lost(void) {
    static const enum copp_result ends[] = {COPP_E_FAILED, COPP_E_REVOKED, COPP_E_PENDING, COPP_OK};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const bool goes_on = ends[i] == COPP_OK;
        struct scene s;
        scene_begin(&s, false);
        assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
        s.rig.output.slow = true;
        copp_connector_reconfigured(s.rig.connector);
        assert_true(s.rig.output.pending);
        assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 1);
        s.rig.output.slow = false;
        if (ends[i] == COPP_E_PENDING) {
            copp_adapter_dispatch(s.rig.adapter, 1);
            copp_adapter_dispatch(s.rig.adapter, copp_adapter_deadline_ms(s.rig.adapter));
        } else {
            s.rig.output.pending = false;
            copp_connector_applied(s.rig.connector, ends[i]);
        }
        assert_link(&s, goes_on, 0);
        assert_int_equal(s.rig.output.dark, !goes_on);
        assert_int_equal(opm_virtual(&s.a, OPM_HDCP), goes_on);
        assert_int_equal(s.a.flags, ends[i] == COPP_E_REVOKED ? REVOKED : goes_on ? COPP_STATUS_NORMAL : LOST);
        copp_connector_applied(s.rig.connector, COPP_E_FAILED); /* nothing is pending */
        assert_int_equal(opm_virtual(&s.a, OPM_HDCP), goes_on);
        scene_end(&s);
    }
}

static void tampering_is_told_apart(void) {
    struct scene s;
    scene_begin(&s, false);
    s.rig.output.in_force.hdcp = 0;
    copp_connector_tampered(s.rig.connector);
    assert_int_equal(plain_flags(&s.a), COPP_STATUS_TAMPERING_DETECTED);
    assert_int_equal(app_flags(&s.copp), COPP_STATUS_LINK_LOST);
    scene_end(&s);
}

/* Type 1 falls away, HDCP goes on: who holds just that has lost it. */
static void type1_may_be_lost_alone(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(opm_set(&s.a, OPM_ENFORCEMENT, 2), COPP_HR_OK);
    assert_int_equal(opm_set(&s.b, OPM_ENFORCEMENT, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    s.rig.output.in_force.type1 = 0;
    copp_connector_protection_lost(s.rig.connector, OPM_ENFORCEMENT);
    assert_int_equal(opm_virtual(&s.a, OPM_ENFORCEMENT), 0);
    assert_int_equal(opm_virtual(&s.b, OPM_ENFORCEMENT), 1);
    assert_int_equal(app_local(&s.copp, HDCP), 1);
    assert_link(&s, 1, 0);
    assert_true(s.rig.output.dark);
    scene_end(&s);
}

static void clone_mode_takes_from_copp_alone(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    assert_int_equal(opm_set(&s.a, OPM_ENFORCEMENT, 2), COPP_HR_OK);
    s.rig.output.state.mode = COPP_MODE_CLONE;
    copp_connector_reconfigured(s.rig.connector);
    assert_link(&s, 1, 1);
    assert_int_equal(opm_virtual(&s.a, OPM_ENFORCEMENT), 2);
    assert_int_equal(s.a.flags, COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(app_local(&s.copp, HDCP), 0);
    assert_int_equal(s.copp.flags, COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), COPP_HR_OK);
    assert_false(s.rig.output.dark);
    s.rig.output.state.mode = COPP_MODE_THEATRE;
    copp_connector_reconfigured(s.rig.connector);
    assert_link(&s, 0, 0);
    assert_int_equal(opm_virtual(&s.a, OPM_ENFORCEMENT), 0);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), CONFIGURATION);
    scene_end(&s);
}

/* OPM-STA-7 */
static void an_output_that_is_gone(void) {
    struct scene s;
    struct opm_request request;
    struct copp_status_output output;
    struct copp_signature sealed = {{0}};
    const uint8_t *chain;
    size_t size;
    scene_begin(&s, false);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
    request = opm_request(&s.a, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    copp_device_abandon(s.a.device);
    copp_device_abandon(s.a.device);
    copp_device_abandon(s.copp.device);
    assert_link(&s, 0, 0); /* EVT-5 */
    assert_int_equal(copp_connector_devices(s.rig.connector), 1);
    assert_int_equal(copp_device_get_information(s.a.device, request.mac, &request.input, &output), COPP_HR_OPM_OUTPUT_GONE);
    assert_int_equal(copp_device_get_copp_information(s.a.device, &request.input, &output), COPP_HR_OPM_OUTPUT_GONE);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OPM_OUTPUT_GONE);
    assert_int_equal(copp_device_exchange(s.a.device, s.a.random, &chain, &size), COPP_HR_OPM_OUTPUT_GONE);
    assert_int_equal(copp_device_sequence_start(s.a.device, &sealed), COPP_HR_OPM_OUTPUT_GONE);
    assert_int_equal(copp_device_command_result(s.a.device), COPP_HR_OPM_OUTPUT_GONE);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(opm_virtual(&s.b, OPM_HDCP), 0); /* another session goes on */
    scene_end(&s);
}

/* --- revocation --- */

/* The list comes with HDCP itself: it is known only once that is up. */
static void a_device_behind_a_repeater(void) {
    for (int slow = 0; slow < 2; slow++) {
        struct scene s;
        scene_begin(&s, false);
        assert_int_equal(opm_set_srm(&s.a, 7, "srm2-v7.bin"), COPP_HR_OK);
        s.rig.output.slow = slow;
        s.rig.output.behind = revoked_id;
        if (slow) {
            assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), COPP_HR_PENDING);
            s.rig.output.slow = false;
            opm_output_end(&s.rig.output, s.rig.connector);
            assert_int_equal(copp_device_command_result(s.b.device), FAILED);
        } else {
            assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), FAILED);
        }
        assert_int_equal(s.rig.output.applies, 2); /* on, and off again */
        assert_link(&s, 0, 0);
        assert_int_equal(plain_flags(&s.b), LOST);
        assert_int_equal(opm_virtual(&s.b, OPM_HDCP), 0);
        assert_int_equal(s.b.flags, REVOKED); /* OPM-STA-3, OPM-STA-4 */
        assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 0);
        assert_int_equal(s.a.flags, COPP_STATUS_NORMAL); /* OPM-SRM-6: it is the other one's */
        assert_false(s.rig.output.dark); /* nobody has lost anything */
        assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), FAILED);
        assert_int_equal(s.rig.output.applies, 2); /* it is known now: the link is not tried */
        scene_end(&s);
    }
}

/* After a change of mode HDCP comes up anew, perhaps with others behind the repeater. */
static void a_new_mode_is_looked_up(void) {
    for (int slow = 0; slow < 2; slow++) {
        struct scene s;
        scene_begin(&s, false);
        assert_int_equal(opm_set_srm(&s.a, 7, "srm2-v7.bin"), COPP_HR_OK);
        s.rig.output.behind = innocent_id;
        assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), COPP_HR_OK);
        s.rig.output.behind = revoked_id;
        s.rig.output.slow = slow;
        copp_connector_reconfigured(s.rig.connector);
        s.rig.output.slow = false;
        if (slow)
            opm_output_end(&s.rig.output, s.rig.connector);
        assert_link(&s, 0, 0);
        assert_true(s.rig.output.dark);
        assert_int_equal(opm_virtual(&s.b, OPM_HDCP), 0);
        assert_int_equal(s.b.flags, REVOKED | COPP_STATUS_RENEGOTIATION_REQUIRED);
        scene_end(&s);
    }
}

static void receivers_that_change_are_looked_up(void) {
    struct scene s;
    scene_begin(&s, false);
    assert_int_equal(opm_set_srm(&s.a, 7, "srm2-v7.bin"), COPP_HR_OK);
    assert_int_equal(opm_set(&s.a, OPM_ENFORCEMENT, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    s.rig.output.state.downstream = innocent_id;
    s.rig.output.state.downstream_count = 1;
    copp_connector_receivers_changed(s.rig.connector);
    assert_link(&s, 1, 0);
    s.rig.output.state.downstream = revoked_id;
    copp_connector_receivers_changed(s.rig.connector);
    assert_link(&s, 0, 0); /* OPM-SRM-5 */
    assert_true(s.rig.output.dark);
    assert_int_equal(app_local(&s.copp, HDCP), 0);
    assert_int_equal(s.copp.flags, COPP_STATUS_LINK_LOST);
    assert_int_equal(opm_virtual(&s.b, OPM_ENFORCEMENT), 0);
    assert_int_equal(s.b.flags, REVOKED);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK); /* APP-2: under COPP the player looks */
    assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), FAILED);
    assert_link(&s, 1, 0);
    assert_int_equal(opm_set_css(&s.b, OPM_HDCP, 1), COPP_HR_OK); /* OPM-SRM-6 */
    assert_int_equal(opm_virtual(&s.b, OPM_HDCP), 0);
    assert_int_equal(s.b.flags, REVOKED);
    scene_end(&s);
}

/* Lists of the hardware's own say the same (OPM-SRM-5, OPM-SRM-6). */
static void an_output_that_looks_itself(void) {
    struct scene s;
    scene_begin(&s, false);
    s.rig.output.revokes = true;
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), FAILED);
    assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 0);
    assert_int_equal(s.a.flags, REVOKED);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_flags(&s.copp), COPP_STATUS_NORMAL);
    s.rig.output.slow = true;
    s.rig.output.revokes = false;
    assert_int_equal(opm_set(&s.b, OPM_HDCP, 1), COPP_HR_PENDING);
    s.rig.output.revokes = true;
    opm_output_end(&s.rig.output, s.rig.connector);
    assert_int_equal(copp_device_command_result(s.b.device), FAILED);
    assert_int_equal(opm_virtual(&s.b, OPM_HDCP), 0);
    assert_int_equal(s.b.flags, REVOKED);
    s.rig.output.slow = s.rig.output.revokes = false;
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.copp, HDCP, 1), COPP_HR_OK);
    s.rig.output.in_force.hdcp = 0;
    copp_connector_revoked(s.rig.connector);
    assert_true(s.rig.output.dark);
    assert_int_equal(opm_virtual(&s.a, OPM_HDCP), 0);
    assert_int_equal(s.a.flags, REVOKED);
    assert_int_equal(app_flags(&s.copp), COPP_STATUS_LINK_LOST);
    scene_end(&s);
}

/* OPM-GET-9, OPM-SRM-1: an adapter that keeps no lists cannot judge one, and says so. */
static void an_adapter_without_lists(void) {
    struct scene s;
    scene_begin(&s, false);
    copp_srm_store_free(&s.rig.adapter->srms);
    assert_int_equal(opm_set_srm(&s.a, 7, "srm2-v7.bin"), FAILED);
    s.rig.output.state.downstream = revoked_id;
    s.rig.output.state.downstream_count = 1;
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 1), COPP_HR_OK); /* OPM-SRM-7 */
    scene_end(&s);
}

/* --- bound answers --- */

static void answers_are_bound(void) {
    static const uint8_t mark[16] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                     0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};
    struct scene s;
    struct copp_status_output output;
    scene_begin(&s, true);
    assert_int_equal(opm_set(&s.a, OPM_HDCP, 3), CONFIGURATION); /* it counts as refused (BIND-3) */
    struct opm_request request = opm_request(&s.a, COPP_QUERY_LOCAL_PROTECTION_LEVEL, (const uint8_t[4]){OPM_HDCP}, 4);
    assert_int_equal(copp_device_get_information(s.a.device, request.mac, &request.input, &output), COPP_HR_OK);
    const uint8_t *binding = output.bytes + COPP_MESSAGE_SIZE - 128;
    assert_memory_equal(binding, mark, sizeof mark);
    assert_memory_equal(binding + 16, request.input.bytes + AT_GUID, COPP_GUID_SIZE);
    assert_int_equal(get_u32(binding + 32), 0x30);
    assert_int_equal(get_u32(binding + 36), 4);
    assert_int_equal(get_u32(binding + 40), OPM_HDCP);
    assert_int_equal(get_u32(binding + 44), 0x40);
    assert_int_equal(get_u32(binding + 48), 1);
    assert_string_equal((const char *)binding + 64, "HDMI-1");
    scene_end(&s);
}

static const struct test_case cases[] = {
    TEST(both_semantics_see_one_truth, "OPM-ARB-1 OPM-ARB-2 OPM-GET-8 OPM-HDCP-2"),
    TEST(type1_that_fails_costs_nobody_anything, "OPM-ARB-4 OPM-SET-4 OPM-ERR-1"),
    TEST(redistribution_control_is_copps, "OPM-ARB-5 OPM-SET-4"),
    TEST(a_slow_link, "OPM-SET-5 OPM-SET-6 CMD-6"),
    TEST(a_pending_command_keeps_its_codes, "OPM-DDI-6"),
    TEST(a_lost_link_darkens_the_screen, "OPM-STA-1 OPM-STA-5 OPM-STA-6"),
    TEST(a_failed_set_leaves_it_dark, "OPM-STA-6 OPM-SET-6"),
    TEST(an_output_that_does_not_blank_is_told_again, "OPM-STA-6"),
    TEST(an_output_is_told_to_blank_whatever_is_pending, "OPM-STA-6"),
    TEST(an_output_that_finds_a_revoked_device_ends_hdcp, "OPM-SRM-5 OPM-SRM-6"),
    TEST(what_does_not_go_on_after_a_reconfiguration_is_lost, "EVT-1 OPM-STA-5 OPM-SRM-5"),
    TEST(tampering_is_told_apart, "OPM-STA-2"),
    TEST(type1_may_be_lost_alone, "OPM-ARB-2 OPM-STA-5"),
    TEST(clone_mode_takes_from_copp_alone, "OPM-OUT-6 ARB-6"),
    TEST(an_output_that_is_gone, "OPM-STA-7 EVT-5"),
    TEST(a_device_behind_a_repeater, "OPM-SRM-6 OPM-SRM-7 OPM-STA-3 OPM-STA-4 OPM-HDCP-1"),
    TEST(a_new_mode_is_looked_up, "OPM-SRM-5 OPM-SRM-7"),
    TEST(receivers_that_change_are_looked_up, "OPM-SRM-3 OPM-SRM-5 OPM-SRM-6"),
    TEST(an_output_that_looks_itself, "OPM-SRM-5 OPM-SRM-6"),
    TEST(an_adapter_without_lists, "OPM-SRM-7"),
    TEST(answers_are_bound, "BIND-1 BIND-3"),
};

int main(void) {
    return RUN_SUITE("opm_books", cases);
}
