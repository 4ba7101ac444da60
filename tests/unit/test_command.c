/* One device: what a command has to be, and SetProtectionLevel (CMD-1..4). */
#include "device/internal.h"
#include "device_rig.h"
#include "wire/requests.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED

static const uint8_t hdcp_on[16] = {1, 0, 0, 0, 1};

/* Each step mends the first thing wrong that is left. */
static void checks_of_a_command_in_order(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {1, 0, 0, 0, 9}; /* level 9 */
    struct copp_command command = app_command(&s.app, COPP_SET_PROTECTION_LEVEL, data, 15);
    memset(command.bytes + AT_GUID, 0xEE, COPP_GUID_SIZE); /* no GUID */
    put_u32(command.bytes + AT_SEQUENCE, s.app.command_sequence + 1); /* not the expected one */
    command.bytes[AT_MAC] ^= 1;

    s.app.device->state = COPP_DEVICE_KEY_EXCHANGED;
    assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED); /* state, before the sequence number */
    s.app.device->state = COPP_DEVICE_ACTIVE;
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the sequence number, before the MAC */
    put_u32(command.bytes + AT_SEQUENCE, s.app.command_sequence);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the GUID, before the MAC */
    memcpy(command.bytes + AT_GUID, rig_guid(COPP_SET_PROTECTION_LEVEL), COPP_GUID_SIZE);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the size, before the MAC */
    put_u32(command.bytes + AT_SIZE, 16);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED); /* the MAC, before the level */
    app_sign(&s.app, &command);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the level */
    put_u32(command.bytes + AT_DATA + IN_SET_LEVEL, 1);
    app_sign(&s.app, &command);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_OK);
    rig_session_end(&s);
}

static void guids_of_queries_are_no_commands(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    for (int request = COPP_QUERY_CONNECTOR_TYPE; request < COPP_REQUEST_COUNT; request++) {
        struct copp_command command = app_command(&s.app, (enum copp_request)request, hdcp_on, sizeof hdcp_on);
        assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG);
    }
    rig_session_end(&s);
}

static void size_of_a_command(void) {
    static const uint8_t none[4056];
    static const struct {
        enum copp_request request;
        uint32_t size;
        uint32_t hresult;
    } cases[] = {
        {COPP_SET_PROTECTION_LEVEL, 0, COPP_HR_INVALIDARG},
        {COPP_SET_PROTECTION_LEVEL, 15, COPP_HR_INVALIDARG},
        {COPP_SET_PROTECTION_LEVEL, 16, COPP_HR_OK},
        {COPP_SET_PROTECTION_LEVEL, 17, COPP_HR_OK},
        {COPP_SET_PROTECTION_LEVEL, 4056, COPP_HR_OK},
        {COPP_SET_PROTECTION_LEVEL, 4057, COPP_HR_INVALIDARG},
        {COPP_SET_PROTECTION_LEVEL, UINT32_MAX, COPP_HR_INVALIDARG},
        {COPP_SET_SIGNALING, 63, COPP_HR_INVALIDARG},
        {COPP_SET_SIGNALING, 64, COPP_HR_OK},
        {COPP_SET_SIGNALING, 4056, COPP_HR_OK},
        {COPP_SET_SIGNALING, 4057, COPP_HR_INVALIDARG},
    };
    struct rig_session s;
    rig_session_begin(&s, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t data[COPP_COMMAND_DATA_SIZE];
        memcpy(data, none, sizeof data);
        if (cases[i].request == COPP_SET_PROTECTION_LEVEL)
            memcpy(data, hdcp_on, sizeof hdcp_on);
        struct copp_command command = app_command(&s.app, cases[i].request, data, cases[i].size);
        assert_int_equal(app_send(&s.app, &command), cases[i].hresult);
    }
    rig_session_end(&s);
}

static void every_byte_of_a_command_is_authenticated(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    struct copp_command command = app_command(&s.app, COPP_SET_PROTECTION_LEVEL, hdcp_on, sizeof hdcp_on);
    for (size_t i = 0; i < sizeof command.bytes; i++) {
        if (i >= 16 && i < 40)
            continue; /* GUID, sequence number and size are refused for what they are, before */
        command.bytes[i] ^= 0x20;
        assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED);
        command.bytes[i] ^= 0x20;
    }
    assert_int_equal(s.rig.output.applies, 0);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_OK);
    rig_session_end(&s);
}

static void another_sessions_command_is_refused(void) {
    struct rig_session s;
    struct app other;
    rig_session_begin(&s, NULL);
    app_open(&other, s.rig.connector);
    other.key[15] ^= 1;
    app_exchange(&other);
    assert_int_equal(app_start(&other), COPP_HR_OK);
    struct copp_command command = app_command(&other, COPP_SET_PROTECTION_LEVEL, hdcp_on, sizeof hdcp_on);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED);
    assert_int_equal(app_send(&other, &command), COPP_HR_OK);
    copp_device_close(&other.device);
    rig_session_end(&s);
}

static void the_command_sequence_grows_on_success_alone(void) {
    struct rig_session s;
    rig_init(&s.rig, NULL);
    app_open(&s.app, s.rig.connector);
    app_exchange(&s.app);
    s.app.command_sequence = UINT32_MAX; /* not the status sequence number, and it wraps */
    s.app.status_sequence = 5;
    assert_int_equal(app_start(&s.app), COPP_HR_OK);
    struct copp_command first = app_command(&s.app, COPP_SET_PROTECTION_LEVEL, hdcp_on, sizeof hdcp_on);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_send(&s.app, &first), COPP_HR_UNEXPECTED);
    assert_int_equal(app_set_level(&s.app, HDCP, 2), COPP_HR_INVALIDARG);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_send(&s.app, &first), COPP_HR_OK);
    assert_int_equal(s.app.command_sequence, 0);
    assert_int_equal(app_send(&s.app, &first), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(s.app.command_sequence, 2);
    rig_session_end(&s);
}

/* --- SetProtectionLevel --- */

static void invalid_levels_are_refused(void) {
    static const struct {
        uint32_t type, level, extended_mask, extended_data;
    } cases[] = {
        {0, 0, 0, 0},
        {0, 1, 0, 0},
        {HDCP | ACP, 1, 0, 0},
        {HDCP | ACP, 0, 0, 0},
        {COPP_PROTECTION_TYPE_DPCP, 1, 0, 0},
        {COPP_PROTECTION_TYPE_DPCP, 0, 0, 0},
        {COPP_PROTECTION_TYPE_UNKNOWN, 0, 0, 0},
        {8, 0, 0, 0},
        {HDCP, 2, 0, 0},
        {HDCP, RC, 0, 0},
        {HDCP, COPP_NO_PROTECTION_LEVEL_AVAILABLE, 0, 0},
        {ACP, 4, 0, 0},
        {ACP, COPP_NO_PROTECTION_LEVEL_AVAILABLE, 0, 0},
        {CGMSA, 5, 0, 0},
        {CGMSA, 13, 0, 0},
        {CGMSA, 16, 0, 0},
        {CGMSA, COPP_NO_PROTECTION_LEVEL_AVAILABLE, 0, 0},
        {HDCP, 1, 1, 0},
        {HDCP, 1, 0, 1},
        {HDCP, 0, 0x80000000u, 0},
    };
    struct rig_session s;
    rig_session_begin(&s, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
        put_u32(data, cases[i].type);
        put_u32(data + IN_SET_LEVEL, cases[i].level);
        put_u32(data + IN_SET_EXTENDED_MASK, cases[i].extended_mask);
        put_u32(data + IN_SET_EXTENDED_DATA, cases[i].extended_data);
        struct copp_command command = app_command(&s.app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
        assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG);
    }
    assert_int_equal(s.rig.output.applies, 0);
    rig_session_end(&s);
}

static void type_missing_on_connector(void) {
    struct rig_session s;
    struct copp_connector_config config = rig_config();
    config.protection_types = ACP;
    rig_session_begin(&s, &config);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, CGMSA, 1), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    rig_session_end(&s);
}

static void every_level_reaches_the_output(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    for (uint32_t level = 0; level < 2; level++) {
        assert_int_equal(app_set_level(&s.app, HDCP, 1 - level), COPP_HR_OK);
        assert_int_equal(s.rig.output.in_force.hdcp, 1 - level);
    }
    for (uint32_t level = 0; level < 4; level++) {
        assert_int_equal(app_set_level(&s.app, ACP, level), COPP_HR_OK);
        assert_int_equal(s.rig.output.in_force.acp, level);
        assert_int_equal(app_local(&s.app, ACP), level);
    }
    for (uint32_t level = 0; level < 13; level++) {
        if (level > 4 && level < 8)
            continue;
        assert_int_equal(app_set_level(&s.app, CGMSA, level), COPP_HR_OK);
        assert_int_equal(s.rig.output.in_force.cgmsa, level);
        assert_int_equal(app_local(&s.app, CGMSA), level);
        assert_int_equal(app_global(&s.app, CGMSA), level);
    }
    rig_session_end(&s);
}

static void a_link_that_fails_is_rolled_back(void) {
    static const enum copp_result answers[] = {COPP_E_FAILED, COPP_E_IO, COPP_E_CRYPTO, COPP_E_UNSUPPORTED};
    struct rig_session s;
    rig_session_begin(&s, NULL);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    struct copp_protection before = s.rig.output.in_force;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        s.rig.output.answer = answers[i];
        assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNEXPECTED);
        assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    }
    s.rig.output.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_TOOBIGSIZE);
    assert_int_equal(app_local(&s.app, HDCP), 0);
    assert_int_equal(app_global(&s.app, HDCP), 0);
    assert_int_equal(app_local(&s.app, ACP), 1);
    assert_int_equal(app_global(&s.app, ACP), 1);
    assert_int_equal(app_flags(&s.app), 0);
    assert_memory_equal(&s.rig.output.in_force, &before, sizeof before);
    /* a lowering to another level than 0 is a change that can fail like any other */
    s.rig.output.answer = COPP_OK;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&s.app, ACP), 2);
    rig_session_end(&s);
}

static void level_0_always_succeeds(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_OK);
    assert_int_equal(app_set_level(&s.app, CGMSA, 4), COPP_HR_OK);
    s.rig.output.answer = COPP_E_FAILED;
    s.rig.output.state.mode = COPP_MODE_CLONE;
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    s.rig.output.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_level(&s.app, ACP, 0), COPP_HR_OK);
    s.rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.app, CGMSA, 0), COPP_HR_OK);
    /* what is held is right at once, and what the output still does is told as it is */
    assert_int_equal(app_local(&s.app, HDCP), 0);
    assert_int_equal(app_global(&s.app, HDCP), 1);
    assert_int_equal(app_global(&s.app, ACP), 2);
    assert_int_equal(app_global(&s.app, CGMSA), 4);
    s.rig.output.answer = COPP_OK;
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_global(&s.app, HDCP), 0);
    assert_int_equal(app_global(&s.app, ACP), 0);
    assert_int_equal(app_global(&s.app, CGMSA), 0);
    rig_session_end(&s);
}

/* One connector in one mode: what raising a level answers there. */
static uint32_t level_in_mode(uint32_t connector_type, uint32_t width, uint32_t height, bool interlaced, uint32_t type,
                              uint32_t level, uint32_t standard) {
    struct rig_session s;
    struct copp_connector_config config = rig_config();
    config.connector_type = connector_type;
    config.default_standard = standard;
    rig_session_begin(&s, &config);
    rig_set_mode(&s.rig.output, width, height, interlaced);
    uint32_t hresult = app_set_level(&s.app, type, level);
    assert_int_equal(app_local(&s.app, type), hresult == COPP_HR_OK ? level : 0);
    assert_int_equal(app_set_level(&s.app, type, 0), COPP_HR_OK);
    rig_session_end(&s);
    return hresult;
}

static void acp_and_the_resolution(void) {
    const uint32_t component = COPP_CONNECTOR_COMPONENT;
    assert_int_equal(level_in_mode(component, 720, 480, true, ACP, 1, 0), COPP_HR_OK);
    assert_int_equal(level_in_mode(component, 720, 576, false, ACP, 3, 0), COPP_HR_OK);
    assert_int_equal(level_in_mode(component, 1280, 720, false, ACP, 1, 0), COPP_HR_TOOBIGSIZE);
    assert_int_equal(level_in_mode(component, 1920, 1080, true, ACP, 2, 0), COPP_HR_TOOBIGSIZE);
    assert_int_equal(level_in_mode(component | COPP_CONNECTOR_INTERNAL, 1280, 720, false, ACP, 1, 0), COPP_HR_TOOBIGSIZE);
    assert_int_equal(level_in_mode(COPP_CONNECTOR_D_JPN, 1280, 720, false, ACP, 1, 0), COPP_HR_TOOBIGSIZE);
    assert_int_equal(level_in_mode(COPP_CONNECTOR_SVIDEO, 1920, 1080, false, ACP, 1, 0), COPP_HR_OK);
    assert_int_equal(level_in_mode(COPP_CONNECTOR_COMPOSITE, 1920, 1080, false, ACP, 1, 0), COPP_HR_OK);
    assert_int_equal(level_in_mode(COPP_CONNECTOR_VGA, 1920, 1080, false, ACP, 1, 0), COPP_HR_OK);
    assert_int_equal(level_in_mode(component, 1280, 720, false, ACP, 0, 0), COPP_HR_OK);
    assert_int_equal(level_in_mode(component, 1280, 720, false, HDCP, 1, 0), COPP_HR_OK);
}

static void cgmsa_needs_a_standard_that_fits(void) {
    const uint32_t component = COPP_CONNECTOR_COMPONENT;
    assert_int_equal(level_in_mode(component, 720, 480, true, CGMSA, 4, COPP_TV_STANDARD_NONE), COPP_HR_INVALIDARG);
    assert_int_equal(level_in_mode(component, 720, 480, true, CGMSA, 0, COPP_TV_STANDARD_NONE), COPP_HR_OK);
    assert_int_equal(level_in_mode(component, 720, 480, true, CGMSA, 4, COPP_TV_STANDARD_IEC61880_525I), COPP_HR_OK);
    assert_int_equal(level_in_mode(component, 720, 480, false, CGMSA, 4, COPP_TV_STANDARD_IEC61880_525I), COPP_HR_TOOBIGSIZE);
    assert_int_equal(level_in_mode(component, 720, 576, true, CGMSA, 4, COPP_TV_STANDARD_IEC61880_525I), COPP_HR_TOOBIGSIZE);
    assert_int_equal(level_in_mode(component, 720, 576, false, CGMSA, 0, COPP_TV_STANDARD_IEC61880_525I), COPP_HR_OK);
    assert_int_equal(level_in_mode(COPP_CONNECTOR_SVIDEO, 1920, 1080, false, CGMSA, 1, COPP_TV_STANDARD_IEC61880_525I),
                     COPP_HR_OK);
}

static void redistribution_control_needs_cea_805_a(void) {
    for (uint32_t standard = 1; standard & COPP_TV_STANDARD_MASK; standard <<= 1) {
        /* S-Video, whose signal every standard fits */
        bool cea = standard >= COPP_TV_STANDARD_CEA805A_TYPEA_525P && standard <= COPP_TV_STANDARD_CEA805A_TYPEB_1125I;
        uint32_t wanted = cea ? COPP_HR_OK : COPP_HR_INVALIDARG;
        assert_int_equal(level_in_mode(COPP_CONNECTOR_SVIDEO, 720, 480, true, CGMSA, 4 | RC, standard), wanted);
        assert_int_equal(level_in_mode(COPP_CONNECTOR_SVIDEO, 720, 480, true, CGMSA, RC, standard), wanted);
        assert_int_equal(level_in_mode(COPP_CONNECTOR_SVIDEO, 720, 480, true, CGMSA, 4, standard), COPP_HR_OK);
    }
}

/* ARB-6 after open: nothing can be raised. */
static void clone_and_theatre_mode_after_open(void) {
    static const enum copp_multi_adapter_mode modes[] = {COPP_MODE_CLONE, COPP_MODE_THEATRE};
    struct rig_session s;
    rig_session_begin(&s, NULL);
    for (size_t i = 0; i < 2; i++) {
        s.rig.output.state.mode = modes[i];
        assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNSUPPORTEDMODE);
        assert_int_equal(app_set_level(&s.app, HDCP, 2), COPP_HR_INVALIDARG);
        assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    }
    s.rig.output.state.mode = COPP_MODE_DUALVIEW;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    rig_session_end(&s);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(checks_of_a_command_in_order, "CMD-2"),
        TEST(guids_of_queries_are_no_commands, "CMD-2"),
        TEST(size_of_a_command, "CMD-2"),
        TEST(every_byte_of_a_command_is_authenticated, "CMD-1 CMD-2"),
        TEST(another_sessions_command_is_refused, "CMD-1"),
        TEST(the_command_sequence_grows_on_success_alone, "CMD-3"),
        TEST(invalid_levels_are_refused, "CMD-4 WIRE-5"),
        TEST(type_missing_on_connector, "CMD-4"),
        TEST(every_level_reaches_the_output, "CMD-4 QRY-5"),
        TEST(a_link_that_fails_is_rolled_back, "CMD-4 CMD-3"),
        TEST(level_0_always_succeeds, "CMD-4 CMD-6 QRY-5"),
        TEST(acp_and_the_resolution, "CMD-4"),
        TEST(cgmsa_needs_a_standard_that_fits, "CMD-4 CMD-5"),
        TEST(redistribution_control_needs_cea_805_a, "CMD-4"),
        TEST(clone_and_theatre_mode_after_open, "ARB-6"),
    };
    return RUN_SUITE("command", cases);
}
