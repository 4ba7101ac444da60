/* The application's side of bound answers (BIND): a driver that binds what it likes, and has the key to sign it. */
#include <string.h>

#include "fake_driver.h"
#include "log_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define OPTIONAL(...)                                                                                                            \
    (&(struct copp_session_config){.size = sizeof(struct copp_session_config), .binding = COPP_BINDING_OPTIONAL, __VA_ARGS__})

static uint32_t spoilt_bit;

static void spoil_bit(struct fake_driver *driver, uint8_t *answer) {
    answer[KIT_BINDING_AT + spoilt_bit / 8] ^= (uint8_t)(1u << spoilt_bit % 8);
    driver->spoil = NULL;
}

static bool is_flag(uint32_t bit) {
    return bit / 8 >= 52 && bit / 8 < 56;
}

/* Every bit of the binding but those of the flags is compared; nothing of the answer is taken before. */
static void each_difference_ends_the_session(void) {
    for (spoilt_bit = 0; spoilt_bit < 8 * KIT_BINDING_SIZE; spoilt_bit++) {
        struct fake_driver driver;
        uint32_t level = 0xA5A5A5A5;
        fake_driver_init(&driver);
        driver.binding.connector = "HDMI-1";
        struct copp_session *session = fake_session(
            &driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .connector = "HDMI-1"});
        assert_int_equal(copp_session_local_level(session, HDCP, &level), COPP_OK);
        driver.flags = COPP_STATUS_LINK_LOST;
        driver.spoil = spoil_bit;
        level = 0xA5A5A5A5;
        enum copp_result result = copp_session_local_level(session, HDCP, &level);
        assert_int_equal(result, is_flag(spoilt_bit) ? COPP_OK : COPP_E_AUTHENTICATION);
        if (result) {
            assert_int_equal(level, 0xA5A5A5A5);
            assert_int_equal(copp_session_take_events(session), COPP_STATUS_NORMAL);
            assert_int_equal(copp_session_bound(session), 0);
            assert_int_equal(copp_session_local_level(session, HDCP, &level), COPP_E_AUTHENTICATION);
        }
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

/* MAC, size and rApp come first, whatever the binding says. */
static void a_binding_does_not_replace_the_mac(void) {
    static const enum fake_fault faults[] = {FAKE_MAC_BIT, FAKE_BODY_BIT, FAKE_SIZE, FAKE_R_APP_BIT, FAKE_REPLAY, FAKE_SILENT};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct fake_driver driver;
        uint32_t word;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session(&driver, NULL);
        assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
        fake_driver_fault(&driver, faults[i], 0, 8 * (KIT_BINDING_AT - COPP_MAC_SIZE + 52));
        if (faults[i] == FAKE_MAC_BIT || faults[i] == FAKE_R_APP_BIT)
            driver.fault_value = 3;
        assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

static void bound_from_the_first_answer_on(void) {
    struct fake_driver driver;
    uint32_t word;
    char text[512];
    fake_driver_init(&driver);
    driver.unbound = true;
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
    assert_non_null(strstr(copp_session_explain(session, COPP_E_AUTHENTICATION, NULL, COPP_STOP_NONE, text, sizeof text),
                           "does not bind its answers"));
    copp_session_free(&session);
    session = fake_session(&driver, NULL);
    assert_int_equal(
        copp_session_protect(session, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = 1}, 0),
        COPP_STOP_AUTHENTICATION);
    assert_non_null(strstr(copp_session_explain(session, COPP_OK, NULL, COPP_STOP_AUTHENTICATION, text, sizeof text),
                           "does not bind its answers"));
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void where_it_may_be_unbound_it_is_bound_for_good(void) {
    struct fake_driver driver;
    uint32_t word;
    fake_driver_init(&driver);
    driver.unbound = true;
    struct copp_session *session = fake_session(&driver, OPTIONAL(.connector = NULL));
    assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
    assert_int_equal(copp_session_bound(session), 0);
    driver.unbound = false;
    assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
    assert_int_equal(copp_session_bound(session), COPP_BOUND);
    driver.unbound = true;
    assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
    assert_int_equal(copp_session_bound(session), 0);
    copp_session_free(&session);

    driver.unbound = false; /* and one that is bound is compared there too */
    session = fake_session(&driver, OPTIONAL(.connector = NULL));
    driver.binding.refused = 1;
    assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
    copp_session_free(&session);
    fake_driver_end(&driver);

    struct copp_session_config config = {.size = sizeof config, .anchor = NULL};
    const struct copp_public_key anchor = test_anchor();
    config.anchor = &anchor;
    config.binding = (enum copp_binding_demand)2;
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_ARGUMENT);
}

static void flags_are_told_as_they_are_bound(void) {
    struct fake_driver driver;
    uint32_t word;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_bound(session), 0); /* nothing has been said yet */
    static const uint32_t told[] = {0, 1, 2, 4, 7, 0xFFFFFFF8u, 0xFFFFFFFFu};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        driver.binding.flags = told[i];
        assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
        assert_int_equal(copp_session_bound(session), COPP_BOUND | (told[i] & 7));
    }
    copp_session_free(&session);
    fake_driver_end(&driver);
}

/* Whoever looks for the cause finds it in the log. */
static void the_log_says_what_is_not_bound(void) {
    struct fake_driver driver;
    struct kit_log log = kit_log();
    uint32_t word;
    const struct copp_session_config config = {.size = sizeof config, .log = &log.log};
    fake_driver_init(&driver);
    driver.unbound = true;
    struct copp_session *session = fake_session(&driver, &config);
    assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
    kit_log_has(&log, COPP_LOG_WARNING, "the answer is not bound (BIND-5)");
    copp_session_free(&session);
    driver.unbound = false;
    driver.binding.connector = "HDMI-2";
    session = fake_session(&driver, &config);
    assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
    kit_log_has(&log, COPP_LOG_WARNING, "bound to another connector (BIND-7)");
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static enum copp_result ask_on(const char *expected, const char *bound, char *text, size_t size) {
    struct fake_driver driver;
    uint32_t word;
    fake_driver_init(&driver);
    driver.binding.connector = bound;
    struct copp_session *session =
        fake_session(&driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .connector = expected});
    enum copp_result result = copp_session_bus_type(session, &word);
    (void)copp_session_explain(session, result, NULL, COPP_STOP_NONE, text, size);
    copp_session_free(&session);
    fake_driver_end(&driver);
    return result;
}

static void the_connector_is_the_one_that_was_named(void) {
    char text[512];
    assert_int_equal(ask_on("HDMI-1", "HDMI-1", text, sizeof text), COPP_OK);
    assert_int_equal(ask_on(NULL, "", text, sizeof text), COPP_OK);
    assert_int_equal(ask_on("", NULL, text, sizeof text), COPP_OK);
    static const char *const others[][2] = {{"HDMI-1", "HDMI-2"}, {"HDMI-1", "HDMI-10"}, {"HDMI-1", "HDMI-"},
                                            {"HDMI-1", NULL},     {NULL, "HDMI-1"},      {"hdmi-1", "HDMI-1"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(ask_on(others[i][0], others[i][1], text, sizeof text), COPP_E_AUTHENTICATION);
        assert_non_null(strstr(text, "about another connector"));
    }
    struct fake_driver driver;
    struct copp_session *session;
    const struct copp_public_key anchor = test_anchor();
    struct copp_session_config config = {.size = sizeof config,
                                         .anchor = &anchor,
                                         .connector = "a name of sixty-four bytes, which is one more than there is room"};
    fake_driver_init(&driver);
    assert_int_equal(strlen(config.connector), COPP_CONNECTOR_NAME_SIZE);
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_ARGUMENT);
    assert_null(session);
    config.connector++;
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_OK);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

/* What was really refused is known to both, and nothing else is wrong. */
static void refusals_are_counted_on_both_sides(void) {
    struct fake_driver driver;
    uint32_t word;
    struct copp_status_hdcp_key key;
    fake_driver_init(&driver);
    driver.hdcp_hresult = COPP_HR_INVALIDARG;
    driver.level_hresult[HDCP] = COPP_HR_TOOBIGSIZE;
    struct copp_session *session = fake_session(&driver, NULL);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(copp_session_hdcp_key(session, &key), COPP_E_REFUSED);
        assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_E_REFUSED);
        assert_int_equal(copp_session_local_level(session, 8, &word), COPP_E_REFUSED);
        assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
        assert_int_equal(driver.binding.refused, 3 * i);
    }
    copp_session_free(&session);
    fake_driver_end(&driver);
}

/* What is recorded is what was sent, and not what a transport has made of it in this side's memory. */
static void a_request_is_recorded_as_it_was_sent(void) {
    for (uint32_t i = 0; i < 4; i++) {
        struct fake_driver driver;
        uint32_t word;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session(&driver, NULL);
        const uint32_t bit = i < 2 ? 0 : 8 * 44 - 1; /* the first and the last of those recorded */
        fake_driver_fault(&driver, FAKE_REFUSES_ANOTHER, 0, bit);
        enum copp_result result =
            i % 2 ? copp_session_set_protection_level(session, HDCP, 1) : copp_session_bus_type(session, &word);
        assert_int_equal(result, COPP_E_REFUSED);
        assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

struct embedded_case {
    bool unbound;
    bool allowed;
    uint32_t types;
    enum copp_stop stop;
    bool skipped;
};

/* APP-4 is carried out where nobody in between can have brought it about. */
static void hdcp_is_left_out_where_that_is_vouched_for(void) {
    static const struct embedded_case cases[] = {
        {false, false, 0, COPP_STOP_NONE, true},        {false, true, 0, COPP_STOP_NONE, true},
        {true, false, 0, COPP_STOP_UNSUPPORTED, false}, {true, true, 0, COPP_STOP_NONE, true},
        {true, false, HDCP, COPP_STOP_NONE, false},     {true, true, HDCP, COPP_STOP_NONE, true},
    };
    static const uint32_t embedded[] = {COPP_CONNECTOR_LVDS, COPP_CONNECTOR_DISPLAYPORT_EMBEDDED,
                                        COPP_CONNECTOR_HDMI | COPP_CONNECTOR_INTERNAL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_driver driver;
        struct copp_poll poll = {.size = sizeof poll};
        fake_driver_init(&driver);
        driver.connector_type = embedded[i % 3];
        driver.types = cases[i].types;
        driver.unbound = cases[i].unbound;
        struct copp_session *session = fake_session(&driver, OPTIONAL(.connector = NULL));
        const struct copp_requirement required = {.size = sizeof required, .hdcp = 1, .embedded_unbound = cases[i].allowed};
        assert_int_equal(copp_session_protect(session, &required, 0), cases[i].stop);
        copp_session_poll(session, 1, &poll);
        assert_int_equal(poll.stop, cases[i].stop);
        assert_int_equal(poll.hdcp_skipped, cases[i].skipped);
        assert_int_equal(driver.local[HDCP], cases[i].stop == COPP_STOP_NONE && !cases[i].skipped);
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

static void bind_but_the_type(struct fake_driver *driver, enum copp_request request) {
    driver->unbound = request == COPP_QUERY_CONNECTOR_TYPE;
}

/* Where the type's answer alone is not bound, the next one's binding does not vouch for it. */
static void another_answer_does_not_vouch_for_the_type(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    driver.connector_type = COPP_CONNECTOR_LVDS;
    driver.types = 0;
    driver.before = bind_but_the_type;
    struct copp_session *session = fake_session(&driver, OPTIONAL(.connector = NULL));
    const struct copp_requirement required = {.size = sizeof required, .hdcp = 1};
    assert_int_equal(copp_session_protect(session, &required, 0), COPP_STOP_UNSUPPORTED);
    assert_int_equal(copp_session_bound(session), COPP_BOUND);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(each_difference_ends_the_session, "BIND-1 BIND-4"),
        TEST(a_binding_does_not_replace_the_mac, "BIND-4 QRY-4"),
        TEST(bound_from_the_first_answer_on, "BIND-5"),
        TEST(where_it_may_be_unbound_it_is_bound_for_good, "BIND-5"),
        TEST(flags_are_told_as_they_are_bound, "BIND-6"),
        TEST(the_log_says_what_is_not_bound, "BIND-5 BIND-7"),
        TEST(the_connector_is_the_one_that_was_named, "BIND-7"),
        TEST(refusals_are_counted_on_both_sides, "BIND-3"),
        TEST(a_request_is_recorded_as_it_was_sent, "BIND-3"),
        TEST(hdcp_is_left_out_where_that_is_vouched_for, "BIND-8 APP-4"),
        TEST(another_answer_does_not_vouch_for_the_type, "BIND-8"),
    };
    return RUN_SUITE("bound_session", cases);
}
