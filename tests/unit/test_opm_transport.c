/* The transport to a device under OPM semantics in the same process: what goes beside a message (OPM-WIRE-1, OPM-SET-3). */
#include <stdlib.h>

#include "device/internal.h"
#include "opm_rig.h"

static const struct copp_call plain = {.size = sizeof plain, .deadline_ms = COPP_NO_DEADLINE};

static struct copp_call beside(const uint8_t *bytes, size_t size) {
    return (struct copp_call){
        .size = sizeof plain, .deadline_ms = COPP_NO_DEADLINE, .additional = bytes, .additional_size = size};
}

struct scene {
    struct opm_rig rig;
    struct copp_transport *transport;
    struct opm_app app;
};

/* Under a name of the application's, which is not kept by the caller. */
static void scene_begin(struct scene *scene) {
    char name[] = "by another name";
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM, .name = name};
    opm_rig_init(&scene->rig, NULL, true);
    assert_int_equal(copp_local_transport_open_as(scene->rig.connector, &options, NULL, &scene->transport), COPP_OK);
    memset(name, 'X', sizeof name);
}

static void scene_end(struct scene *scene) {
    copp_transport_free(&scene->transport);
    opm_rig_end(&scene->rig);
}

static void shake_hands(struct scene *scene) {
    const struct copp_transport_ops *ops = scene->transport->ops;
    const uint8_t *chain;
    size_t size;
    uint32_t hresult;
    scene->app = (struct opm_app){.status_sequence = 7, .command_sequence = 9};
    assert_int_equal(ops->key_exchange(scene->transport, &plain, scene->app.random, &chain, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    struct copp_signature sealed = opm_sealed(&scene->app, scene->rig.key);
    assert_int_equal(ops->session_sequence_start(scene->transport, &plain, &sealed, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
}

static uint32_t ask(struct scene *scene, struct copp_status_output *output) {
    struct opm_request request = opm_request(&scene->app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    const struct copp_call call = beside(request.mac, sizeof request.mac);
    uint32_t hresult;
    assert_int_equal(scene->transport->ops->protection_status(scene->transport, &call, &request.input, output, &hresult),
                     COPP_OK);
    scene->app.status_sequence += hresult == COPP_HR_OK;
    return hresult;
}

static void set_hdcp(struct scene *scene) {
    const uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {OPM_HDCP, 0, 0, 0, 1};
    struct copp_command command = opm_command(&scene->app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    uint32_t hresult;
    assert_int_equal(scene->transport->ops->protection_command(scene->transport, &plain, &command, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    scene->app.command_sequence++;
    assert_int_equal(scene->rig.output.in_force.hdcp, 1);
}

static void set_srm(struct scene *scene) {
    size_t size;
    uint8_t *list = read_test_vector("opm/srm1-v5.bin", &size);
    const struct copp_call call = beside(list, size);
    struct copp_command command = opm_command(&scene->app, COPP_OPM_SET_HDCP_SRM, (const uint8_t[4]){5}, 4);
    uint32_t hresult;
    assert_int_equal(scene->transport->ops->protection_command(scene->transport, &call, &command, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    free(list);
}

static void a_session_over_the_local_transport(void) {
    struct scene s;
    struct copp_status_output output;
    struct copp_transport_info info = {.size = sizeof info};
    scene_begin(&s);
    assert_int_equal(copp_transport_info(s.transport, &info), COPP_OK);
    assert_int_equal(info.semantics, COPP_SEMANTICS_OPM);
    for (int round = 0; round < 2; round++) {
        shake_hands(&s);
        assert_int_equal(ask(&s, &output), COPP_HR_OK);
        assert_int_equal(get_u32(output.bytes + AT_ANSWER + IN_STATUS_DATA), COPP_CONNECTOR_HDMI);
        assert_string_equal((const char *)output.bytes + COPP_MESSAGE_SIZE - COPP_CONNECTOR_NAME_SIZE, "by another name");
        set_hdcp(&s);
        set_srm(&s);
        assert_int_equal(copp_transport_reopen(s.transport), COPP_OK); /* with the same semantics and name */
        assert_int_equal(s.rig.output.in_force.hdcp, 0);
    }
    scene_end(&s);
}

static void what_does_not_belong_beside_a_message(void) {
    static const uint8_t bytes[COPP_MAC_SIZE + 1];
    struct scene s;
    struct copp_status_output output;
    struct copp_signature signature = {{0}};
    const uint8_t *chain;
    size_t size;
    uint32_t hresult = 0x12345678;
    scene_begin(&s);
    const struct copp_transport_ops *ops = s.transport->ops;
    const struct copp_call some = beside(bytes, 1);
    const struct copp_call missing = beside(NULL, COPP_MAC_SIZE);
    assert_int_equal(ops->key_exchange(s.transport, &some, s.app.random, &chain, &size, &hresult), COPP_E_UNSUPPORTED);
    assert_int_equal(ops->session_sequence_start(s.transport, &some, &signature, &hresult), COPP_E_UNSUPPORTED);
    shake_hands(&s);
    struct opm_request request = opm_request(&s.app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    for (size_t wrong = 0; wrong <= sizeof bytes; wrong++) {
        const struct copp_call call = beside(bytes, wrong);
        if (wrong != COPP_MAC_SIZE)
            assert_int_equal(ops->protection_status(s.transport, &call, &request.input, &output, &hresult), COPP_E_ARGUMENT);
    }
    assert_int_equal(ops->protection_status(s.transport, &missing, &request.input, &output, &hresult), COPP_E_ARGUMENT);
    assert_int_equal(hresult, 0x12345678); /* the device was not asked */
    assert_int_equal(ask(&s, &output), COPP_HR_OK);
    scene_end(&s);
}

static void options_that_cannot_be(void) {
    char name[COPP_CONNECTOR_NAME_SIZE + 1];
    struct opm_rig rig;
    struct copp_transport *transport;
    opm_rig_init(&rig, NULL, true);
    memset(name, 'n', sizeof name);
    name[COPP_CONNECTOR_NAME_SIZE] = 0;
    const struct copp_device_options long_name = {.size = sizeof long_name, .semantics = COPP_SEMANTICS_OPM, .name = name};
    assert_int_equal(copp_local_transport_open_as(rig.connector, &long_name, NULL, &transport), COPP_E_ARGUMENT);
    const struct copp_device_options forgotten = {.semantics = COPP_SEMANTICS_OPM};
    assert_int_equal(copp_local_transport_open_as(rig.connector, &forgotten, NULL, &transport), COPP_E_ARGUMENT);
    const struct copp_device_options none = {.size = sizeof none};
    assert_int_equal(copp_local_transport_open_as(rig.connector, &none, NULL, &transport), COPP_E_ARGUMENT);
    assert_null(transport);
    assert_int_equal(copp_connector_devices(rig.connector), 0);
    opm_rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(a_session_over_the_local_transport, "OPM-WIRE-1 BIND-7 EVT-5"),
    TEST(what_does_not_belong_beside_a_message, "OPM-WIRE-1"),
    TEST(options_that_cannot_be, ""),
};

int main(void) {
    return RUN_SUITE("opm_transport", cases);
}
