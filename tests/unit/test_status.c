/* One device: queries and their answers, byte by byte (QRY, WIRE-7..10, EVT-2). */
#include "device/internal.h"
#include "device_rig.h"
#include "wire/requests.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static void checks_of_a_query_in_order(void) {
    struct rig_session s;
    struct copp_connector_config config = rig_config();
    config.protection_types = HDCP;
    rig_session_begin(&s, &config);
    uint8_t data[5] = {0};
    put_u32(data, ACP); /* not on this connector */
    struct copp_status_input input = app_request(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, data, 5);
    struct copp_status_output output;
    memset(input.bytes + AT_GUID, 0xEE, COPP_GUID_SIZE);
    put_u32(input.bytes + AT_SEQUENCE, s.app.status_sequence - 1);
    s.app.device->state = COPP_DEVICE_KEY_EXCHANGED;
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_UNEXPECTED);
    s.app.device->state = COPP_DEVICE_ACTIVE;
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    put_u32(input.bytes + AT_SEQUENCE, s.app.status_sequence);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    memcpy(input.bytes + AT_GUID, rig_guid(COPP_QUERY_LOCAL_PROTECTION_LEVEL), COPP_GUID_SIZE);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    put_u32(input.bytes + AT_SIZE, 4);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    put_u32(input.bytes + AT_DATA, HDCP);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_OK);
    rig_session_end(&s);
}

static void sizes_of_queries_are_exact(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    uint8_t data[COPP_COMMAND_DATA_SIZE] = {1};
    static const uint32_t sizes[] = {0, 1, 3, 4, 5, 32, 4056, 4057, UINT32_MAX};
    for (int request = COPP_QUERY_CONNECTOR_TYPE; request < COPP_REQUEST_COUNT; request++) {
        bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct copp_status_input input = app_request(&s.app, (enum copp_request)request, data, sizes[i]);
            struct copp_status_output output;
            uint32_t wanted = sizes[i] == (level ? 4 : 0) ? COPP_HR_OK : COPP_HR_INVALIDARG;
            uint32_t hresult = copp_device_status(s.app.device, &input, &output);
            assert_int_equal(hresult, wanted);
            s.app.status_sequence += hresult == COPP_HR_OK;
        }
    }
    rig_session_end(&s);
}

static void types_a_level_query_refuses(void) {
    static const uint32_t types[] = {
        0, HDCP | ACP, HDCP | ACP | CGMSA, 8, COPP_PROTECTION_TYPE_DPCP, COPP_PROTECTION_TYPE_UNKNOWN, 0x80000001u};
    struct rig_session s;
    uint8_t answer[COPP_STATUS_SIZE];
    rig_session_begin(&s, NULL);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        assert_int_equal(app_ask(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &types[i], answer, COPP_STATUS_SIZE),
                         COPP_HR_INVALIDARG);
        assert_int_equal(app_ask(&s.app, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, &types[i], answer, COPP_STATUS_SIZE),
                         COPP_HR_INVALIDARG);
    }
    rig_session_end(&s);
}

static void guids_of_commands_are_no_queries(void) {
    struct rig_session s;
    uint8_t answer[COPP_STATUS_SIZE];
    rig_session_begin(&s, NULL);
    assert_int_equal(app_ask(&s.app, COPP_SET_PROTECTION_LEVEL, NULL, answer, COPP_STATUS_SIZE), COPP_HR_INVALIDARG);
    assert_int_equal(app_ask(&s.app, COPP_SET_SIGNALING, NULL, answer, COPP_STATUS_SIZE), COPP_HR_INVALIDARG);
    rig_session_end(&s);
}

static void the_status_sequence_grows_on_success_alone(void) {
    struct rig_session s;
    rig_init(&s.rig, NULL);
    app_open(&s.app, s.rig.connector);
    app_exchange(&s.app);
    s.app.status_sequence = UINT32_MAX;
    assert_int_equal(app_start(&s.app), COPP_HR_OK);
    uint8_t answer[COPP_STATUS_SIZE];
    assert_int_equal(app_ask(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &(uint32_t){0}, answer, COPP_STATUS_SIZE),
                     COPP_HR_INVALIDARG);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    assert_int_equal(s.app.status_sequence, 0);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    struct copp_status_input replay = app_request(&s.app, COPP_QUERY_BUS_DATA, NULL, 0);
    put_u32(replay.bytes + AT_SEQUENCE, 0);
    struct copp_status_output output;
    assert_int_equal(copp_device_status(s.app.device, &replay, &output), COPP_HR_INVALIDARG);
    rig_session_end(&s);
}

/* app_ask checks MAC, rApp, cbSizeData and zeros of every answer. */
static void answers_of_words(void) {
    struct rig_session s;
    uint8_t answer[COPP_STATUS_SIZE];
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_LVDS | COPP_CONNECTOR_INTERNAL;
    config.bus_type = COPP_BUS_AGP | COPP_BUS_INTEGRATED;
    rig_session_begin(&s, &config);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_CONNECTOR_TYPE, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_STATUS_DATA), 0x80000006u);
    assert_int_equal(get_u32(answer + IN_STATUS_EXTENDED_MASK), 0);
    assert_int_equal(get_u32(answer + IN_STATUS_EXTENDED_DATA), 0);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), 0x80000004u);
    assert_int_equal(app_word(&s.app, COPP_QUERY_PROTECTION_TYPE), 7);
    rig_session_end(&s);
}

static void protection_types_whatever_the_mode(void) {
    struct rig_session s;
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    rig_session_begin(&s, &config);
    rig_set_mode(&s.rig.output, 1920, 1080, true); /* no ACP here */
    s.rig.output.state.mode = COPP_MODE_CLONE;
    assert_int_equal(app_word(&s.app, COPP_QUERY_PROTECTION_TYPE), HDCP | ACP | CGMSA);
    rig_session_end(&s);
}

static void answer_of_display_data(void) {
    struct rig_session s;
    uint8_t answer[COPP_STATUS_DISPLAY_SIZE];
    rig_session_begin(&s, NULL);
    s.rig.output.state.display = (struct copp_display){720, 480, 0x01020304, 22, 60000, 1001};
    assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    static const uint32_t words[] = {0, 720, 480, 0x01020304, 22, 60000, 1001};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(get_u32(answer + IN_FLAGS + 4 * i), words[i]);
    rig_session_end(&s);
}

static void answer_of_hdcp_key_data(void) {
    struct rig_session s;
    uint8_t answer[COPP_STATUS_HDCP_KEY_SIZE];
    static const uint8_t zeros[43];
    rig_session_begin(&s, NULL);
    s.rig.output.state.repeater = true;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_HDCP_FLAGS), COPP_HDCP_REPEATER);
    assert_memory_equal(answer + IN_HDCP_BKSV, "\x14\xf7\x61\x03\xb7", COPP_KSV_SIZE); /* WIRE-9: least significant byte first */
    assert_memory_equal(answer + IN_HDCP_BKSV + COPP_KSV_SIZE, zeros, sizeof zeros);
    s.rig.output.state.repeater = false;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_HDCP_FLAGS), 0);
    s.rig.output.state.hdcp_receiver = false;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    rig_session_end(&s);

    struct copp_connector_config config = rig_config();
    config.protection_types = ACP;
    rig_session_begin(&s, &config);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    rig_session_end(&s);
}

static void answer_of_signaling(void) {
    struct rig_session s;
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE];
    struct copp_connector_config config = rig_config();
    config.tv_standards = COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_ARIBTRB15_750P;
    rig_session_begin(&s, &config);
    s.rig.output.state.tv_type = 0x10;
    const struct rig_signaling signaling = {
        .standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {3, 0, 0xF0}, .data = {2, 0, 0x50}};
    assert_int_equal(app_set_signaling(&s.app, &signaling), COPP_HR_OK);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    static const uint32_t words[] = {0, 0x2040, 0x2000, 0x10, 3, 2, 0, 0, 0xF0, 0x50, 0, 0, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(get_u32(answer + IN_FLAGS + 4 * i), words[i]);
    rig_session_end(&s);
}

static void flags_come_in_every_structure(void) {
    static const struct {
        enum copp_request request;
        size_t size;
    } queries[] = {{COPP_QUERY_CONNECTOR_TYPE, 32},
                   {COPP_QUERY_DISPLAY_DATA, 44},
                   {COPP_QUERY_HDCP_KEY_DATA, 72},
                   {COPP_QUERY_SIGNALING, 88}};
    struct rig_session s;
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE];
    rig_session_begin(&s, NULL);
    for (size_t i = 0; i < 4; i++) {
        copp_connector_reconfigured(s.rig.connector);
        assert_int_equal(app_ask(&s.app, queries[i].request, NULL, answer, queries[i].size), COPP_HR_OK);
        assert_int_equal(s.app.flags, COPP_STATUS_RENEGOTIATION_REQUIRED);
        assert_int_equal(app_ask(&s.app, queries[i].request, NULL, answer, queries[i].size), COPP_HR_OK);
        assert_int_equal(s.app.flags, COPP_STATUS_NORMAL);
    }
    rig_session_end(&s);
}

/* EVT-2: a request that fails delivers nothing. */
static void flags_wait_for_a_successful_answer(void) {
    struct rig_session s;
    uint8_t answer[COPP_STATUS_HDCP_KEY_SIZE];
    rig_session_begin(&s, NULL);
    copp_connector_unplugged(s.rig.connector);
    s.rig.output.state.hdcp_receiver = false;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &(uint32_t){0}, answer, COPP_STATUS_SIZE),
                     COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(app_flags(&s.app), 0);
    rig_session_end(&s);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(checks_of_a_query_in_order, "QRY-1"),
        TEST(sizes_of_queries_are_exact, "QRY-1"),
        TEST(types_a_level_query_refuses, "QRY-1"),
        TEST(guids_of_commands_are_no_queries, "QRY-1"),
        TEST(the_status_sequence_grows_on_success_alone, "QRY-3 WIRE-3"),
        TEST(answers_of_words, "QRY-2 WIRE-3 WIRE-4 WIRE-7"),
        TEST(protection_types_whatever_the_mode, "QRY-6"),
        TEST(answer_of_display_data, "QRY-2 QRY-6 WIRE-8"),
        TEST(answer_of_hdcp_key_data, "QRY-2 QRY-6 WIRE-9"),
        TEST(answer_of_signaling, "QRY-2 WIRE-10"),
        TEST(flags_come_in_every_structure, "EVT-2 QRY-2"),
        TEST(flags_wait_for_a_successful_answer, "EVT-2 QRY-3"),
    };
    return RUN_SUITE("status", cases);
}
