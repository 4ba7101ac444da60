/* The transport to a device in the same process. */
#include "device/internal.h"
#include "device_rig.h"

static const struct copp_call no_deadline = {.size = sizeof no_deadline, .deadline_ms = COPP_NO_DEADLINE};

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

static const struct copp_pump_ops pump_ops = {sizeof pump_ops, pump_now, pump_wait};

/* Sends hdcp level 1 over a new transport; the device behind it is app's afterwards. */
static enum copp_result over_transport(struct rig *rig, struct copp_pump *pump, struct app *app,
                                       struct copp_transport **transport, uint32_t *hresult) {
    const uint8_t *chain_bytes;
    size_t size;
    assert_int_equal(copp_local_transport_open(rig->connector, pump, transport), COPP_OK);
    const struct copp_transport_ops *ops = (*transport)->ops;
    *app = (struct app){.status_sequence = 1, .command_sequence = 2};
    assert_int_equal(ops->key_exchange(*transport, &no_deadline, app->random, &chain_bytes, &size, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_OK);
    assert_int_equal(size, sizeof rig_chain);
    assert_memory_equal(chain_bytes, rig_chain, size);
    assert_int_equal(ops->key_exchange(*transport, &no_deadline, app->random, &chain_bytes, &size, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_UNEXPECTED); /* one KeyExchange makes both steps */
    struct copp_signature signature = app_signature(app);
    assert_int_equal(ops->session_sequence_start(*transport, &no_deadline, &signature, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_OK);
    struct copp_status_input input = app_request(app, COPP_QUERY_BUS_DATA, NULL, 0);
    struct copp_status_output output;
    assert_int_equal(ops->protection_status(*transport, &no_deadline, &input, &output, hresult), COPP_OK);
    assert_int_equal(*hresult, COPP_HR_OK);
    assert_int_equal(get_u32(output.bytes + AT_ANSWER + IN_STATUS_DATA), COPP_BUS_PCI_EXPRESS);
    const uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {1, 0, 0, 0, 1};
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    return ops->protection_command(*transport, &no_deadline, &command, hresult);
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
    const uint8_t *chain_bytes = NULL;
    size_t size;
    uint32_t hresult;
    rig_init(&rig, NULL);
    assert_int_equal(copp_local_transport_open(rig.connector, NULL, &transport), COPP_OK);
    const struct copp_transport_ops *ops = transport->ops;
    assert_int_equal(ops->key_exchange(transport, &no_deadline, NULL, &chain_bytes, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_POINTER);
    assert_int_equal(ops->key_exchange(transport, &no_deadline, random, NULL, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_POINTER);
    assert_int_equal(ops->key_exchange(transport, &no_deadline, random, &chain_bytes, NULL, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_POINTER);
    rig.random.fails = true;
    assert_int_equal(ops->key_exchange(transport, &no_deadline, random, &chain_bytes, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_UNEXPECTED);
    assert_null(chain_bytes);
    rig.random.fails = false; /* neither of the two steps has been made */
    assert_int_equal(ops->key_exchange(transport, &no_deadline, random, &chain_bytes, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    assert_non_null(chain_bytes);
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

/* CMD-6: the output would be ready at 1500, the driver's own limit comes later still. */
static void a_command_misses_its_deadline(void) {
    static const struct copp_command command;
    struct rig rig;
    struct app app;
    struct copp_transport *transport;
    uint32_t hresult;
    rig_init(&rig, NULL);
    struct test_pump pump = {{&pump_ops}, &rig, 1000, 1500};
    assert_int_equal(over_transport(&rig, &pump.pump, &app, &transport, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);
    const struct copp_transport_ops *ops = transport->ops;
    assert_true(ops->now_ms(transport) == 1000);
    rig.output.answer = COPP_E_PENDING;
    const uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {2, 0, 0, 0, 1};
    app.command_sequence++;
    struct copp_command acp = app_command(&app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    struct copp_call call = {.size = sizeof call, .deadline_ms = 1200};
    assert_int_equal(ops->protection_command(transport, &call, &acp, &hresult), COPP_E_TRANSPORT);
    assert_int_equal(pump.now_ms, 1200);
    assert_true(rig.output.pending);
    pump.now_ms = 1201; /* what begins after it is not even asked */
    hresult = 77;
    assert_int_equal(ops->protection_command(transport, &call, &command, &hresult), COPP_E_TRANSPORT);
    assert_int_equal(hresult, 77);
    rig.output.answer = COPP_OK;
    copp_transport_free(&transport);
    assert_false(rig.output.pending); /* EVT-5 */
    rig_end(&rig);
}

static void calls_that_cannot_be_made_are_not(void) {
    static const struct copp_command command;
    static const struct copp_status_input input;
    static const struct copp_signature signature;
    const struct {
        struct copp_call call;
        enum copp_result result;
    } refused[] = {
        {{.size = 0, .deadline_ms = COPP_NO_DEADLINE}, COPP_E_ARGUMENT},
        {{.size = sizeof(struct copp_call), .deadline_ms = 0}, COPP_E_TRANSPORT},
        {{sizeof(struct copp_call), COPP_NO_DEADLINE, command.bytes, 1}, COPP_E_UNSUPPORTED}, /* OPM's alone */
    };
    struct rig rig;
    struct copp_transport *transport;
    struct copp_status_output output;
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain_bytes;
    size_t size;
    uint32_t hresult = 77;
    rig_init(&rig, NULL);
    assert_int_equal(copp_local_transport_open(rig.connector, NULL, &transport), COPP_OK);
    const struct copp_transport_ops *ops = transport->ops;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct copp_call *call = &refused[i].call;
        assert_int_equal(ops->key_exchange(transport, call, random, &chain_bytes, &size, &hresult), refused[i].result);
        assert_int_equal(ops->session_sequence_start(transport, call, &signature, &hresult), refused[i].result);
        assert_int_equal(ops->protection_command(transport, call, &command, &hresult), refused[i].result);
        assert_int_equal(ops->protection_status(transport, call, &input, &output, &hresult), refused[i].result);
    }
    assert_int_equal(hresult, 77);
    assert_int_equal(ops->key_exchange(transport, NULL, random, &chain_bytes, &size, &hresult), COPP_E_ARGUMENT);
    copp_transport_free(&transport);
    const struct copp_pump_ops no_wait = {.size = offsetof(struct copp_pump_ops, wait), .now_ms = pump_now, .wait = pump_wait};
    assert_int_equal(copp_local_transport_open(rig.connector, &(struct copp_pump){&no_wait}, &transport), COPP_E_ARGUMENT);
    assert_null(transport);
    rig_end(&rig);
}

/* EVT-5: what the old device held is given back, and the new one knows nothing of its session. */
static void a_new_device_on_the_same_connector(void) {
    struct rig rig;
    struct app app;
    struct copp_transport *transport;
    struct copp_status_output output;
    struct copp_transport_info info = {.size = sizeof info};
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain_bytes;
    size_t size;
    uint32_t hresult;
    rig_init(&rig, NULL);
    assert_int_equal(over_transport(&rig, NULL, &app, &transport, &hresult), COPP_OK);
    assert_int_equal(rig.output.in_force.hdcp, 1);
    assert_int_equal(copp_transport_info(transport, &info), COPP_OK);
    assert_int_equal(info.semantics, COPP_SEMANTICS_COPP);
    assert_int_equal(info.pending_limit_ms, RIG_PENDING_LIMIT);
    assert_int_equal(copp_transport_reopen(transport), COPP_OK);
    assert_int_equal(rig.output.in_force.hdcp, 0);
    assert_int_equal(copp_connector_devices(rig.connector), 1);
    const struct copp_transport_ops *ops = transport->ops;
    struct copp_status_input input = app_request(&app, COPP_QUERY_BUS_DATA, NULL, 0);
    assert_int_equal(ops->protection_status(transport, &no_deadline, &input, &output, &hresult), COPP_OK);
    assert_int_not_equal(hresult, COPP_HR_OK);
    assert_int_equal(ops->key_exchange(transport, &no_deadline, random, &chain_bytes, &size, &hresult), COPP_OK);
    assert_int_equal(hresult, COPP_HR_OK);

    rig.output.state.mode = COPP_MODE_CLONE; /* ARB-6: there is no device then */
    assert_int_equal(copp_transport_reopen(transport), COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(copp_connector_devices(rig.connector), 0);
    assert_int_equal(ops->protection_status(transport, &no_deadline, &input, &output, &hresult), COPP_E_TRANSPORT);
    rig.output.state.mode = COPP_MODE_SINGLE;
    assert_int_equal(copp_transport_reopen(transport), COPP_OK);
    assert_int_equal(copp_connector_devices(rig.connector), 1);
    copp_transport_free(&transport);
    rig_end(&rig);
}

/* Time passes by the pump, and what is due then is done. */
static void waiting_lets_time_pass(void) {
    struct rig rig;
    struct copp_transport *transport;
    struct test_pump pump = {.pump = {&pump_ops}, .rig = &rig, .now_ms = 100, .ready_ms = UINT64_MAX};
    struct app app;
    rig_init(&rig, NULL);
    app_begin(&app, rig.connector);
    rig.output.answer = COPP_E_PENDING;
    app.now_ms = 100;
    assert_int_equal(app_set_level(&app, 1, 1), COPP_HR_PENDING);
    assert_int_equal(copp_local_transport_open(rig.connector, &pump.pump, &transport), COPP_OK);
    transport->ops->wait(transport, 100 + RIG_PENDING_LIMIT);
    assert_true(pump.now_ms == 100 + RIG_PENDING_LIMIT);
    assert_int_equal(app_result(&app), COPP_HR_UNEXPECTED); /* its time was up */
    copp_transport_free(&transport);
    assert_int_equal(copp_local_transport_open(rig.connector, NULL, &transport), COPP_OK);
    transport->ops->wait(transport, 9999); /* nobody lets time pass */
    copp_transport_free(&transport);
    copp_device_close(&app.device);
    rig_end(&rig);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_session_over_the_local_transport, "SES-2 EVT-5"),
        TEST(key_exchange_over_the_local_transport, "SES-2"),
        TEST(the_local_transport_waits_for_pending_commands, "CMD-6"),
        TEST(without_a_pump_nobody_waits, "CMD-6"),
        TEST(a_command_misses_its_deadline, "CMD-6"),
        TEST(calls_that_cannot_be_made_are_not, ""),
        TEST(waiting_lets_time_pass, "CMD-6 OPM-SET-5"),
        TEST(a_new_device_on_the_same_connector, "EVT-5 ARB-6"),
    };
    return RUN_SUITE("local_transport", cases);
}
