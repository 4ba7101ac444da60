/* Commands that take their time, and what an output is slow or unwilling to take down (CMD-6). */
#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static void begin_pending(struct rig_scene *scene) {
    rig_scene_begin(scene);
    scene->apps[0].now_ms = 1000;
    scene->rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&scene->apps[0], HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(copp_device_command_result(scene->apps[0].device), COPP_HR_PENDING);
    scene->rig.output.answer = COPP_OK;
}

static void a_pending_command_ends_with_its_output(void) {
    struct rig_scene s;
    begin_pending(&s);
    app_levels(&s.apps[0], 0, 0, 0); /* queries go on and tell the truth */
    assert_int_equal(app_global(&s.apps[1], HDCP), 0);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1000 + RIG_PENDING_LIMIT);
    copp_connector_applied(s.rig.connector, COPP_E_PENDING); /* says nothing new */
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_PENDING);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    app_levels(&s.apps[0], 1, 0, 0);
    assert_int_equal(app_global(&s.apps[1], HDCP), 1);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK); /* under the next sequence number (CMD-3) */
    rig_scene_end(&s);
}

static void what_a_host_may_look_at(void) {
    struct rig_scene s;
    struct app opened;
    struct copp_device_view device = {.size = sizeof device};
    struct copp_connector_view connector = {.size = sizeof connector};
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
    rig_scene_end(&s);
}

static void a_pending_command_can_fail(void) {
    static const struct {
        enum copp_result result;
        uint32_t hresult;
    } ends[] = {{COPP_E_FAILED, COPP_HR_UNEXPECTED}, {COPP_E_RESOLUTION, COPP_HR_TOOBIGSIZE}};
    struct rig_scene s;
    for (size_t i = 0; i < 2; i++) {
        begin_pending(&s);
        rig_output_end(&s.rig.output, s.rig.connector, ends[i].result);
        assert_int_equal(app_result(&s.apps[0]), ends[i].hresult);
        app_levels(&s.apps[0], 0, 0, 0);
        rig_scene_levels(&s, 0, 0, 0);
        assert_int_equal(app_flags(&s.apps[0]), 0);
        assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK); /* the sequence number has not moved */
        rig_scene_end(&s);
    }
}

static void a_pending_command_has_a_time_limit(void) {
    struct rig_scene s;
    begin_pending(&s);
    copp_adapter_dispatch(s.rig.adapter, 1000 + RIG_PENDING_LIMIT - 1);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_PENDING);
    assert_int_equal(s.rig.output.cancels, 0);
    copp_adapter_dispatch(s.rig.adapter, 1000 + RIG_PENDING_LIMIT);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_int_equal(s.rig.output.cancels, 1);
    app_levels(&s.apps[0], 0, 0, 0);
    copp_connector_applied(s.rig.connector, COPP_OK); /* too late: it does not count */
    rig_scene_levels(&s, 0, 0, 0);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    rig_scene_end(&s);
}

static void the_time_limit_does_not_wrap(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    s.apps[0].now_ms = UINT64_MAX - 10;
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    copp_adapter_dispatch(s.rig.adapter, UINT64_MAX - 5);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_PENDING);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    s.rig.output.answer = COPP_OK;
    rig_scene_end(&s);
}

static void one_pending_command_a_connector(void) {
    struct rig_scene s;
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
    app_levels(&s.apps[1], 0, 0, 0);
    assert_int_equal(app_set_level(&s.apps[1], HDCP, 1), COPP_HR_OK);
    rig_scene_end(&s);
}

/* A host of several users lets one of them wait. */
static void a_busy_connector_refuses_what_needs_its_output(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 2), COPP_HR_OK);
    copp_connector_set_busy(s.rig.connector, true);
    unsigned applies = s.rig.output.applies;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_UNEXPECTED);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P};
    assert_int_equal(app_set_signaling(&s.apps[0], &arib), COPP_HR_UNEXPECTED);
    assert_int_equal(s.rig.output.applies, applies);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 2), COPP_HR_OK); /* in force */
    assert_int_equal(app_set_level(&s.apps[1], ACP, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], ACP, 0), COPP_HR_OK);
    rig_scene_levels(&s, 0, 0, 0);
    copp_connector_set_busy(s.rig.connector, false);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK); /* under the same sequence number (CMD-3) */
    rig_scene_end(&s);
}

/* What nobody waits for is not cancelled by a command that is refused. */
static void a_busy_connector_goes_on_giving_back(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK);
    s.rig.output.answer = COPP_OK;
    copp_connector_set_busy(s.rig.connector, true);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(s.rig.output.cancels, 0);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    rig_scene_levels(&s, 0, 0, 0);
    rig_scene_end(&s);
}

static void what_is_given_back_meanwhile(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
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
    rig_scene_levels(&s, 0, 2, 4); /* as yet */
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    rig_scene_levels(&s, 1, 2, 0); /* the output is free again */
    rig_scene_end(&s);
}

static void closing_the_device_cancels_its_command(void) {
    struct rig_scene s;
    begin_pending(&s);
    copp_device_close(&s.apps[0].device);
    assert_int_equal(s.rig.output.cancels, 1);
    rig_scene_levels(&s, 0, 0, 0);
    assert_int_equal(app_set_level(&s.apps[1], HDCP, 1), COPP_HR_OK);
    rig_scene_end(&s);
}

static void closing_another_device_does_not(void) {
    struct rig_scene s;
    begin_pending(&s);
    copp_device_close(&s.apps[1].device);
    copp_device_close(&s.apps[2].device);
    assert_int_equal(s.rig.output.cancels, 0);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    rig_scene_levels(&s, 1, 0, 0);
    rig_scene_end(&s);
}

static void an_event_ends_a_pending_command(void) {
    struct rig_scene s;
    begin_pending(&s);
    copp_connector_unplugged(s.rig.connector);
    assert_int_equal(s.rig.output.cancels, 1);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_int_equal(app_flags(&s.apps[0]), COPP_STATUS_LINK_LOST);
    rig_scene_end(&s);
    begin_pending(&s);
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    assert_int_equal(app_flags(&s.apps[0]), COPP_STATUS_RENEGOTIATION_REQUIRED);
    rig_scene_end(&s);
    begin_pending(&s);
    copp_connector_protection_lost(s.rig.connector, ACP);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    rig_scene_end(&s);
}

static void signaling_can_be_pending_too(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {1}, .data = {1}};
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_signaling(&s.apps[0], &arib), COPP_HR_PENDING);
    s.rig.output.answer = COPP_OK;
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE];
    assert_int_equal(app_ask(&s.apps[1], COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_SIGNALING_ACTIVE), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_OK);
    assert_int_equal(app_ask(&s.apps[1], COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_SIGNALING_ACTIVE), COPP_TV_STANDARD_ARIBTRB15_750P);
    assert_int_equal(get_u32(answer + IN_SIGNALING_ASPECT + 4), 1);
    rig_scene_end(&s);
}

/* --- what an output is slow or unwilling to take down --- */

static void what_is_refused_is_tried_again(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK);
    app_levels(&s.apps[0], 0, 0, 0);
    assert_int_equal(app_global(&s.apps[0], HDCP), 1); /* what is in force is told */
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 0);
    copp_adapter_dispatch(s.rig.adapter, 500);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1500);
    unsigned applies = s.rig.output.applies;
    copp_adapter_dispatch(s.rig.adapter, 1499); /* an unwilling output is not pestered */
    assert_int_equal(s.rig.output.applies, applies);
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 1500);
    rig_scene_levels(&s, 0, 0, 0);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), UINT64_MAX);
    rig_scene_end(&s);
}

static void a_slow_release_holds_nobody_up(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
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
    rig_scene_levels(&s, 1, 1, 0);
    assert_int_equal(app_set_level(&s.apps[2], HDCP, 0), COPP_HR_OK);
    rig_scene_levels(&s, 0, 1, 0);
    rig_scene_end(&s);
}

static void a_release_has_a_time_limit_too(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    copp_device_close(&s.apps[0].device); /* nobody says what time it is */
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 0);
    copp_adapter_dispatch(s.rig.adapter, 100);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 100 + RIG_PENDING_LIMIT);
    copp_adapter_dispatch(s.rig.adapter, 100 + RIG_PENDING_LIMIT);
    assert_int_equal(s.rig.output.cancels, 1);
    rig_scene_levels(&s, 1, 0, 0);
    assert_int_equal(copp_adapter_deadline_ms(s.rig.adapter), 1100 + RIG_PENDING_LIMIT);
    copp_adapter_dispatch(s.rig.adapter, 1100 + RIG_PENDING_LIMIT);
    assert_true(s.rig.output.pending);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_E_FAILED);
    assert_false(s.rig.output.pending); /* not at once again */
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 2100 + RIG_PENDING_LIMIT);
    rig_scene_levels(&s, 0, 0, 0);
    rig_scene_end(&s);
}

/* What other types' leftovers say does not matter to a level that is in force. */
static void leftovers_do_not_fail_a_command(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.apps[1], ACP, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[2], CGMSA, 1), COPP_HR_UNEXPECTED);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[2], CGMSA, 1), COPP_HR_OK);
    rig_scene_levels(&s, 1, 0, 1);
    rig_scene_end(&s);
}

/* A level that still is in force under a standard that is not the chosen one any more. */
static void leftovers_under_another_standard(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {1}, .data = {1}};
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE];
    assert_int_equal(app_set_signaling(&s.apps[0], &arib), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    for (size_t i = 0; i < RIG_APPS; i++)
        copp_device_close(&s.apps[i].device);
    app_begin(&s.apps[0], s.rig.connector);
    rig_scene_levels(&s, 0, 0, 4);
    assert_int_equal(app_ask(&s.apps[0], COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_SIGNALING_ACTIVE), COPP_TV_STANDARD_ARIBTRB15_750P); /* what is in force is told */
    assert_int_equal(get_u32(answer + IN_SIGNALING_ASPECT + 4), 1);
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_UNEXPECTED); /* not as CEA805A_TypeA_750p */
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[0], CGMSA, 4), COPP_HR_OK);
    assert_int_equal(s.rig.output.in_force.tv_standard, COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    rig_scene_end(&s);
}

static void an_output_that_loses_what_it_had(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_LINK_LOST;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_UNEXPECTED);
    rig_scene_levels(&s, 0, 0, 0);
    app_levels(&s.apps[1], 0, 0, 0);
    copp_adapter_dispatch(s.rig.adapter, 1); /* the same again, without end */
    s.rig.output.answer = COPP_OK;
    copp_adapter_dispatch(s.rig.adapter, 2000);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST);
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_LINK_LOST;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 0), COPP_HR_OK); /* and takes the ACP with it */
    app_levels(&s.apps[1], 0, 0, 0);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.apps[1], ACP, 1), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.apps[0], HDCP, 1), COPP_HR_PENDING);
    s.rig.output.answer = COPP_OK;
    rig_output_end(&s.rig.output, s.rig.connector, COPP_E_LINK_LOST);
    assert_int_equal(app_result(&s.apps[0]), COPP_HR_UNEXPECTED);
    rig_scene_levels(&s, 0, 0, 0);
    assert_int_equal(app_flags(&s.apps[2]), COPP_STATUS_LINK_LOST);
    rig_scene_end(&s);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_pending_command_ends_with_its_output, "CMD-6 CMD-3 QRY-5"),
        TEST(what_a_host_may_look_at, "EVT-2"),
        TEST(a_pending_command_can_fail, "CMD-6 CMD-4"),
        TEST(a_pending_command_has_a_time_limit, "CMD-6"),
        TEST(the_time_limit_does_not_wrap, "CMD-6"),
        TEST(one_pending_command_a_connector, "CMD-6 CMD-4"),
        TEST(a_busy_connector_refuses_what_needs_its_output, "CMD-6 CMD-4 CMD-3"),
        TEST(a_busy_connector_goes_on_giving_back, "CMD-6 CMD-4"),
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
    };
    return RUN_SUITE("pending", cases);
}
