/* The driver's side of bound answers (BIND): each answer's last 128 bytes against binding_kit.h. */
#include "binding_kit.h"
#include "crypto/history.h"
#include "device_rig.h"
#include "wire/binding.h"
#include "wire/requests.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

/* A bound session, and what its application knows of it. */
struct scene {
    struct rig rig;
    struct app app;
    struct kit_binding known;
    struct copp_status_input asked; /* the last request */
    struct copp_status_output told; /* and its answer */
};

static void begin_with(struct scene *s, struct copp_connector_config config) {
    *s = (struct scene){.known = {.connector = config.name}};
    rig_init_bound(&s->rig, &config, true);
    app_begin(&s->app, s->rig.connector);
}

static void begin(struct scene *s) {
    struct copp_connector_config config = rig_config();
    config.name = "DVI-1";
    begin_with(s, config);
}

static void end(struct scene *s) {
    copp_device_close(&s->app.device);
    rig_end(&s->rig);
}

/* Asks, and records a refusal as an application does. */
static uint32_t ask(struct scene *s, enum copp_request request, const uint32_t *type) {
    uint8_t data[4];
    if (type)
        put_u32(data, *type);
    s->asked = app_request(&s->app, request, data, type ? 4 : 0);
    memset(&s->told, 0x55, sizeof s->told);
    uint32_t hresult = copp_device_status(s->app.device, &s->asked, &s->told);
    if (hresult == COPP_HR_OK)
        s->app.status_sequence++;
    else
        kit_note(&s->known, s->app.key, KIT_STATUS, s->asked.bytes, hresult);
    return hresult;
}

/* The last answer is bound to what was asked and to what is known, and authentic. */
static void check_bound(struct scene *s) {
    uint8_t tag[16];
    uint8_t expected[KIT_BINDING_SIZE];
    s->known.command_sequence = s->app.command_sequence;
    kit_bind(&s->known, s->asked.bytes, expected);
    assert_memory_equal(s->told.bytes + KIT_BINDING_AT, expected, sizeof expected);
    kit_cmac(s->app.key, s->told.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag);
    assert_memory_equal(s->told.bytes, tag, sizeof tag);
    static const uint8_t zeros[COPP_MESSAGE_SIZE];
    size_t structure = AT_ANSWER + get_u32(s->told.bytes + AT_ANSWER_SIZE);
    assert_memory_equal(s->told.bytes + structure, zeros, KIT_BINDING_AT - structure);
}

static void ask_bound(struct scene *s, enum copp_request request) {
    assert_int_equal(ask(s, request, NULL), COPP_HR_OK);
    check_bound(s);
}

static uint32_t send(struct scene *s, const struct copp_command *command) {
    uint32_t hresult = app_send(&s->app, command);
    if (hresult != COPP_HR_PENDING)
        kit_note(&s->known, s->app.key, KIT_COMMAND, command->bytes, hresult);
    return hresult;
}

static struct copp_command level_command(const struct scene *s, uint32_t type, uint32_t level) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data + IN_SET_TYPE, type);
    put_u32(data + IN_SET_LEVEL, level);
    return app_command(&s->app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
}

static void every_answer_is_bound(void) {
    struct scene s;
    begin(&s);
    s.rig.output.state.hdcp_receiver = true;
    for (enum copp_request request = COPP_QUERY_CONNECTOR_TYPE; request < COPP_REQUEST_COUNT; request++) {
        bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
        const uint32_t type = CGMSA;
        assert_int_equal(ask(&s, request, level ? &type : NULL), COPP_HR_OK);
        check_bound(&s);
    }
    end(&s);
}

static void an_unbound_adapter_ends_in_zeros(void) {
    struct scene s = {.known = {.connector = NULL}};
    rig_init_bound(&s.rig, NULL, false);
    app_begin(&s.app, s.rig.connector);
    (void)app_word(&s.app, COPP_QUERY_BUS_DATA); /* which checks the zeros */
    end(&s);
}

static void commands_count_where_they_were_carried_out(void) {
    struct scene s;
    begin(&s);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    struct copp_command command = level_command(&s, ACP, 2);
    assert_int_equal(send(&s, &command), COPP_HR_OK);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    assert_int_equal(get_u32(s.told.bytes + KIT_BINDING_AT + 44), s.app.command_sequence);
    assert_int_equal(s.known.refused, 0);
    end(&s);
}

static void refusals_are_recorded(void) {
    struct scene s;
    begin(&s);
    s.rig.output.state.hdcp_receiver = false;
    const uint32_t none = 0;
    const uint32_t two = HDCP | ACP;
    assert_int_equal(ask(&s, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &none), COPP_HR_INVALIDARG);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    assert_int_equal(ask(&s, COPP_QUERY_HDCP_KEY_DATA, NULL), COPP_HR_INVALIDARG); /* no receiver */
    assert_int_equal(ask(&s, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, &two), COPP_HR_INVALIDARG);
    s.app.status_sequence += 5;
    assert_int_equal(ask(&s, COPP_QUERY_BUS_DATA, NULL), COPP_HR_INVALIDARG);
    s.app.status_sequence -= 5;
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    struct copp_command command = level_command(&s, HDCP, 7);
    assert_int_equal(send(&s, &command), COPP_HR_INVALIDARG);
    command = level_command(&s, HDCP, 1);
    command.bytes[AT_MAC] ^= 1;
    assert_int_equal(send(&s, &command), COPP_HR_UNEXPECTED);
    s.rig.output.answer = COPP_E_FAILED;
    command = level_command(&s, HDCP, 1);
    assert_int_equal(send(&s, &command), COPP_HR_UNEXPECTED);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    assert_int_equal(s.known.refused, 7);
    assert_int_equal(get_u32(s.told.bytes + KIT_BINDING_AT + 48), 7);
    end(&s);
}

/* The same request, refused as a command or as a query, or with another answer, leaves another record. */
static void the_record_tells_histories_apart(void) {
    uint8_t records[4][16];
    static const uint8_t key[16] = {1};
    static const uint8_t message[COPP_MESSAGE_SIZE] = {2};
    static const uint8_t other[COPP_MESSAGE_SIZE] = {[43] = 2};
    struct copp_omac *omac;
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
    const struct {
        uint32_t kind;
        const uint8_t *message;
        uint32_t hresult;
    } cases[4] = {{KIT_STATUS, message, COPP_HR_INVALIDARG},
                  {KIT_COMMAND, message, COPP_HR_INVALIDARG},
                  {KIT_STATUS, other, COPP_HR_INVALIDARG},
                  {KIT_STATUS, message, COPP_HR_UNEXPECTED}};
    for (size_t i = 0; i < 4; i++) {
        struct copp_history history = {.refused = UINT32_MAX};
        struct kit_binding known = {.refused = UINT32_MAX};
        assert_int_equal(
            copp_history_add(&history, omac, (enum copp_history_kind)cases[i].kind, cases[i].message, cases[i].hresult), COPP_OK);
        kit_note(&known, key, cases[i].kind, cases[i].message, cases[i].hresult);
        assert_int_equal(history.refused, 0); /* modulo 2^32 */
        assert_memory_equal(history.record, known.record, 16);
        memcpy(records[i], history.record, 16);
        for (size_t before = 0; before < i; before++)
            assert_memory_not_equal(records[i], records[before], 8);
    }
    copp_omac_free(&omac);
}

static void a_pending_command_counts_when_it_ends(void) {
    struct scene s;
    begin(&s);
    s.rig.output.answer = COPP_E_PENDING;
    struct copp_command command = level_command(&s, HDCP, 1);
    struct copp_command second = level_command(&s, ACP, 1);
    assert_int_equal(send(&s, &command), COPP_HR_PENDING);
    ask_bound(&s, COPP_QUERY_BUS_DATA); /* nothing has been refused yet */
    assert_int_equal(send(&s, &second), COPP_HR_UNEXPECTED); /* one at a time: refused at once, and the first goes on */
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_E_FAILED);
    assert_int_equal(app_result(&s.app), COPP_HR_UNEXPECTED);
    kit_note(&s.known, s.app.key, KIT_COMMAND, command.bytes, COPP_HR_UNEXPECTED);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    command = level_command(&s, HDCP, 1);
    assert_int_equal(send(&s, &command), COPP_HR_PENDING);
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_result(&s.app), COPP_HR_OK);
    kit_note(&s.known, s.app.key, KIT_COMMAND, command.bytes, COPP_HR_OK);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    end(&s);
}

/* What was refused before there was a session is in no record: neither side has a key. */
static void the_record_begins_with_the_session(void) {
    struct scene s = {.known = {.connector = NULL}};
    rig_init_bound(&s.rig, NULL, true);
    app_open(&s.app, s.rig.connector);
    static const struct copp_command command;
    static const struct copp_status_input input;
    struct copp_status_output output;
    assert_int_equal(copp_device_command(s.app.device, &command, 0), COPP_HR_UNEXPECTED);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_UNEXPECTED);
    app_exchange(&s.app);
    assert_int_equal(app_start(&s.app), COPP_HR_OK);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    assert_int_equal(copp_device_command(s.app.device, NULL, 0), COPP_HR_POINTER); /* no request */
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    end(&s);
}

static uint32_t presence;

static uint32_t told_presence(struct copp_output *output) {
    (void)output;
    return presence;
}

static uint32_t flags_with(uint32_t types, bool real, uint32_t known, bool tells) {
    struct scene s;
    struct copp_connector_config config = rig_config();
    config.protection_types = types;
    config.default_standard = COPP_TV_STANDARD_NONE;
    config.real = real;
    begin_with(&s, config);
    struct copp_output_ops ops = *s.rig.output.output.ops;
    ops.presence = tells ? told_presence : NULL;
    s.rig.output.output.ops = &ops;
    presence = known;
    assert_int_equal(ask(&s, COPP_QUERY_BUS_DATA, NULL), COPP_HR_OK);
    uint32_t flags = get_u32(s.told.bytes + KIT_BINDING_AT + 52);
    end(&s);
    return flags;
}

/* Zero is simulated, unplugged and unnamed; an output cannot make itself a real one. */
static void flags_promise_what_was_said(void) {
    const uint32_t all = UINT32_MAX;
    assert_int_equal(flags_with(HDCP, false, 0, false), 0);
    assert_int_equal(flags_with(HDCP, true, 0, false), COPP_BOUND_REAL);
    assert_int_equal(flags_with(HDCP, true, 0, true), COPP_BOUND_REAL);
    assert_int_equal(flags_with(HDCP, false, all, true), COPP_BOUND_PLUGGED | COPP_BOUND_RECEIVER);
    assert_int_equal(flags_with(HDCP, true, COPP_BOUND_PLUGGED, true), COPP_BOUND_REAL | COPP_BOUND_PLUGGED);
    assert_int_equal(flags_with(ACP, true, all, true), COPP_BOUND_REAL | COPP_BOUND_PLUGGED); /* no HDCP, no receiver */
}

static void a_pair_is_plugged_where_both_are(void) {
    struct rig_output halves[2];
    struct copp_output_pair pair;
    rig_output_init(&halves[0]);
    rig_output_init(&halves[1]);
    copp_output_pair_init(&pair, &halves[0].output, &halves[1].output);
    assert_int_equal(pair.output.ops->presence(&pair.output), 0);
    struct copp_output_ops ops = *halves[0].output.ops;
    ops.presence = told_presence;
    presence = COPP_BOUND_PLUGGED;
    halves[0].output.ops = &ops;
    assert_int_equal(pair.output.ops->presence(&pair.output), 0);
    halves[1].output.ops = &ops;
    assert_int_equal(pair.output.ops->presence(&pair.output), COPP_BOUND_PLUGGED);
}

static void the_name_is_that_of_the_connector(void) {
    static const char longest[] = "a name of sixty-three bytes ..................................x";
    assert_int_equal(sizeof longest, COPP_CONNECTOR_NAME_SIZE);
    struct scene s;
    struct copp_connector_config config = rig_config();
    char name[COPP_CONNECTOR_NAME_SIZE];
    memcpy(name, longest, sizeof name);
    config.name = name;
    begin_with(&s, config);
    memset(name, 0, sizeof name); /* it was copied */
    s.known.connector = longest;
    assert_string_equal(copp_connector_name(s.rig.connector), longest);
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    struct copp_connector *connector;
    config = rig_config();
    config.output = &s.rig.output.output;
    config.name = "a name of sixty-four bytes, which is one more than there is room";
    assert_int_equal(strlen(config.name), COPP_CONNECTOR_NAME_SIZE);
    assert_int_equal(copp_connector_add(s.rig.adapter, &config, &connector), COPP_E_ARGUMENT);
    assert_null(connector);
    struct copp_device *device;
    assert_int_equal(copp_device_open_named(s.rig.connector, config.name, &device), COPP_E_ARGUMENT);
    assert_null(device);
    end(&s);
}

/* Whatever was there before: the zeros behind a name are compared too. */
static void a_shorter_name_leaves_nothing_of_a_longer_one(void) {
    char name[COPP_CONNECTOR_NAME_SIZE];
    static const char expected[COPP_CONNECTOR_NAME_SIZE] = "DVI-1";
    static const char nothing[COPP_CONNECTOR_NAME_SIZE];
    memset(name, 'x', sizeof name);
    assert_true(copp_connector_name_set(name, "DVI-1"));
    assert_memory_equal(name, expected, sizeof name);
    assert_true(copp_connector_name_set(name, NULL));
    assert_memory_equal(name, nothing, sizeof name);
}

/* ARB-6: a connector of two names is the one that was asked for. */
static void a_device_goes_by_the_name_it_was_opened_under(void) {
    struct scene s;
    begin(&s);
    copp_device_close(&s.app.device);
    assert_int_equal(copp_device_open_named(s.rig.connector, "Composite-1", &s.app.device), COPP_OK);
    app_exchange(&s.app);
    assert_int_equal(app_start(&s.app), COPP_HR_OK);
    s.known.connector = "Composite-1";
    ask_bound(&s, COPP_QUERY_BUS_DATA);
    end(&s);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(every_answer_is_bound, "BIND-1 BIND-2"),
        TEST(an_unbound_adapter_ends_in_zeros, "BIND-2 QRY-2"),
        TEST(commands_count_where_they_were_carried_out, "BIND-1 BIND-3"),
        TEST(refusals_are_recorded, "BIND-3"),
        TEST(the_record_tells_histories_apart, "BIND-3"),
        TEST(a_pending_command_counts_when_it_ends, "BIND-3 CMD-6"),
        TEST(the_record_begins_with_the_session, "BIND-3"),
        TEST(flags_promise_what_was_said, "BIND-6"),
        TEST(a_pair_is_plugged_where_both_are, "BIND-6 ARB-6"),
        TEST(the_name_is_that_of_the_connector, "BIND-7"),
        TEST(a_shorter_name_leaves_nothing_of_a_longer_one, "BIND-7"),
        TEST(a_device_goes_by_the_name_it_was_opened_under, "BIND-7 ARB-6"),
    };
    return RUN_SUITE("bound_status", cases);
}
