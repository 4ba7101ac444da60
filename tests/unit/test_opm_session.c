/* A session under OPM semantics against a driver that may do anything (OPM-INI, OPM-GET, OPM-SET, OPM-APP). */
#include <stdlib.h>
#include <string.h>

#include "fake_driver.h"
#include "log_kit.h"
#include "session/internal.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define GONE COPP_HR_OPM_OUTPUT_GONE
#define CONFIG .size = sizeof(struct copp_session_config)

static void free_all(struct copp_session **session, struct fake_driver *driver) {
    copp_session_free(session);
    assert_null(*session);
    fake_driver_end(driver);
}

static struct copp_session *begin(struct fake_driver *driver) {
    fake_opm_driver_init(driver);
    return fake_session(driver, NULL);
}

static unsigned count_sent(const struct fake_driver *driver) {
    return driver->exchanges + driver->starts + driver->commands + driver->queries;
}

/* Whatever is called answers result, and nothing is sent. */
static void check_dead(struct copp_session *session, const struct fake_driver *driver, enum copp_result result) {
    unsigned seen = count_sent(driver);
    uint32_t word = 7;
    uint64_t id = 7;
    assert_int_equal(copp_session_local_level(session, HDCP, &word), result);
    assert_int_equal(copp_session_srm_version(session, &word), result);
    assert_int_equal(copp_session_output_id(session, &id), result);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), result);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 0), result);
    assert_true(word == 7 && id == 7);
    assert_int_equal(count_sent(driver), seen);
    assert_null(session->omac); /* OPM-APP-6 */
    static const uint8_t zeros[COPP_RANDOM_SIZE];
    assert_memory_equal(session->random, zeros, sizeof zeros);
    assert_int_equal(session->status_sequence | session->command_sequence, 0);
}

/* --- the handshake --- */

static void seals_s_with_oaep(void) {
    struct fake_driver driver;
    fake_opm_driver_init(&driver);
    struct fake_random random;
    fake_random_init(&random, 0x31);
    struct copp_session *session = fake_session(&driver, &(struct copp_session_config){CONFIG, .random = &random.random});
    for (unsigned i = 0; i < COPP_KEY_SIZE; i++)
        assert_int_equal(driver.session_key[i], 0x31 + i);
    assert_int_equal(driver.status_sequence, 0x44434241);
    assert_int_equal(driver.command_sequence, 0x48474645);
    assert_int_equal(session->status_sequence, 0x44434241);
    assert_int_equal(session->command_sequence, 0x48474645);
    assert_non_null(copp_session_opm_chain(session));
    assert_null(copp_session_chain(session));
    free_all(&session, &driver);
}

static enum copp_result new_session(struct fake_driver *driver, const struct copp_session_config *config) {
    struct copp_session *session = NULL;
    enum copp_result result = copp_session_new(config, &driver->transport, &session);
    assert_true(result ? session == NULL : session != NULL);
    copp_session_free(&session);
    assert_int_equal(count_sent(driver), 0);
    return result;
}

/* OPM-CERT-11: an anchor of one kind is of no use with a driver of the other. */
static void each_semantics_needs_its_anchor(void) {
    struct fake_driver driver;
    const struct copp_public_key copp = test_anchor();
    const struct copp_opm_anchor *opm = copp_opm_anchor_microsoft();
    fake_opm_driver_init(&driver);
    struct kit_log kept = kit_log();
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .anchor = &copp, .log = &kept.log}),
                     COPP_E_UNSUPPORTED);
    kit_log_has(&kept, COPP_LOG_WARNING, "no anchor is given for the transport's protocol: OPM");
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .opm_anchor = opm}), COPP_OK);
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .anchor = &copp, .opm_anchor = opm}), COPP_OK);
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .connector = ""}), COPP_E_ARGUMENT);
    driver.info.semantics = COPP_SEMANTICS_COPP;
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .opm_anchor = opm}), COPP_E_UNSUPPORTED);
    driver.info.semantics = COPP_SEMANTICS_NONE;
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .anchor = &copp, .opm_anchor = opm}),
                     COPP_E_UNSUPPORTED);
    driver.info.semantics = (enum copp_semantics)3;
    assert_int_equal(new_session(&driver, &(struct copp_session_config){CONFIG, .anchor = &copp, .opm_anchor = opm}),
                     COPP_E_UNSUPPORTED);
    fake_driver_end(&driver);
}

static void srms_have_a_size(void) {
    struct fake_driver driver;
    fake_opm_driver_init(&driver);
    static const uint8_t srm[COPP_OPM_ADDITIONAL_MAX + 1] = {0x80};
    struct copp_session_config config = {CONFIG, .opm_anchor = copp_opm_anchor_microsoft(), .srm_bytes = srm};
    static const struct {
        size_t size;
        enum copp_result result;
    } sizes[] = {{0, COPP_OK},
                 {1, COPP_E_ARGUMENT},
                 {47, COPP_E_ARGUMENT},
                 {48, COPP_OK},
                 {COPP_OPM_ADDITIONAL_MAX, COPP_OK},
                 {COPP_OPM_ADDITIONAL_MAX + 1, COPP_E_ARGUMENT}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        config.srm_size = sizes[i].size;
        assert_int_equal(new_session(&driver, &config), sizes[i].result);
    }
    config.srm_bytes = NULL;
    config.srm_size = 48;
    assert_int_equal(new_session(&driver, &config), COPP_E_ARGUMENT);
    fake_driver_end(&driver);
}

/* Nothing is sealed to a driver with this chain. */
static void refuse_chain(const char *vector, const struct copp_session_config *config, enum copp_rule rule) {
    struct fake_driver driver;
    fake_opm_driver_init(&driver);
    free(driver.chain_bytes);
    driver.chain_bytes = read_test_vector(vector, &driver.chain_size);
    struct copp_session *session = fake_session_new(&driver, config);
    struct copp_verdict verdict;
    assert_int_equal(copp_session_establish(session, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, rule);
    assert_null(copp_session_opm_chain(session));
    assert_int_equal(driver.starts, 0);
    check_dead(session, &driver, COPP_E_INVALID);
    free_all(&session, &driver);
}

static void nothing_is_sealed_to_a_bad_chain(void) {
    refuse_chain("opm/chain-bad-forged-leaf.p7b", NULL, COPP_RULE_OPM_CERT_3);
    refuse_chain("opm/chain-bad-other-root.p7b", NULL, COPP_RULE_OPM_CERT_4);
    refuse_chain("opm/chain-bad-peauth.p7b", NULL, COPP_RULE_OPM_CERT_8);
    refuse_chain("chain-good.xml", NULL, COPP_RULE_OPM_CERT_1); /* OPM-CERT-11 */
    refuse_chain("opm/chain-good-sha1-leaf-root-ca.p7b",
                 &(struct copp_session_config){CONFIG, .opm_purpose = "1.3.6.1.4.1.311.10.5.10"}, COPP_RULE_OPM_CERT_8);
    refuse_chain("opm/chain-good-sha1-leaf-root-ca.p7b",
                 &(struct copp_session_config){CONFIG, .opm_anchor = copp_opm_anchor_microsoft()}, COPP_RULE_OPM_CERT_4);
}

/* The other way round: X.509 from a driver with COPP semantics, for a session that would trust it under OPM's. */
static void copp_drivers_present_xml(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    free(driver.chain_bytes);
    driver.chain_bytes = read_test_vector("opm/chain-good-sha1-leaf-root-ca.p7b", &driver.chain_size);
    struct copp_session *session =
        fake_session_new(&driver, &(struct copp_session_config){CONFIG, .opm_anchor = copp_opm_anchor_microsoft()});
    struct copp_verdict verdict;
    assert_int_equal(copp_session_establish(session, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CERT_1);
    assert_int_equal(driver.starts, 0);
    free_all(&session, &driver);
}

static void a_refused_handshake_ends_it(void) {
    struct fake_driver driver;
    fake_opm_driver_init(&driver);
    struct copp_session *session = fake_session_new(&driver, NULL);
    fake_driver_fault(&driver, FAKE_REFUSES, 1, COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS);
    assert_int_equal(copp_session_establish(session, NULL), COPP_E_REFUSED);
    assert_int_equal(driver.starts, 1);
    assert_int_equal(copp_session_hresult(session), COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS);
    check_dead(session, &driver, COPP_E_REFUSED);
    free_all(&session, &driver);
}

/* --- requests --- */

static void requests_are_signed(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t word;
    for (unsigned i = 0; i < 3; i++) {
        uint8_t mac[COPP_MAC_SIZE];
        assert_int_equal(copp_session_local_level(session, HDCP, &word), COPP_OK);
        kit_cmac(driver.session_key, driver.last_request.bytes, COPP_MESSAGE_SIZE, mac);
        assert_memory_equal(driver.mac, mac, sizeof mac);
        for (size_t at = 44; at < COPP_MESSAGE_SIZE; at++)
            assert_int_equal(driver.last_request.bytes[at], 0);
    }
    free_all(&session, &driver);
}

static void every_request_is_answered(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t word = 0;
    uint64_t id = 0;
    struct copp_display display = {0};
    driver.local[CGMSA] = 2;
    driver.others[CGMSA] = 4;
    driver.srm_version = 9;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    assert_int_equal(word, COPP_CONNECTOR_HDMI);
    assert_int_equal(copp_session_protection_types(session, &word), COPP_OK);
    assert_int_equal(word, driver.types);
    assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
    assert_int_equal(word, driver.bus);
    assert_int_equal(copp_session_local_level(session, CGMSA, &word), COPP_OK);
    assert_int_equal(word, 2);
    assert_int_equal(copp_session_global_level(session, CGMSA, &word), COPP_OK);
    assert_int_equal(word, 4);
    assert_int_equal(copp_session_display(session, &display), COPP_OK);
    assert_memory_equal(&display, &driver.display, sizeof display);
    assert_int_equal(copp_session_srm_version(session, &word), COPP_OK);
    assert_int_equal(word, 9);
    assert_int_equal(copp_session_dvi_characteristics(session, &word), COPP_OK);
    assert_int_equal(word, 2);
    assert_int_equal(copp_session_hardware_protection(session, &word), COPP_OK);
    assert_int_equal(word, 1);
    assert_int_equal(copp_session_output_id(session, &id), COPP_OK);
    assert_true(id == 0x0102030405060708);
    free_all(&session, &driver);
}

/* What belongs to the other semantics is not even sent. */
static void each_semantics_has_its_requests(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    static const uint8_t srm[48];
    uint32_t word;
    uint64_t id;
    unsigned seen = count_sent(&driver);
    assert_int_equal(copp_session_hdcp_key(session, &(struct copp_status_hdcp_key){.flags = 0}), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_signaling(session, &(struct copp_status_signaling){.flags = 0}), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_set_signaling(session, &(struct copp_set_signaling){.standard = 1}), COPP_E_UNSUPPORTED);
    /* nor what the driver would answer with the code that ends the session */
    assert_int_equal(copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level(session, HDCP | CGMSA, 1), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 2), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level(session, 0, 0), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level(session, CGMSA, 8 | 1), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level_css(session, 0x40, 1), COPP_E_ARGUMENT);
    assert_int_equal(count_sent(&driver), seen);
    free_all(&session, &driver);

    fake_driver_init(&driver);
    session = fake_session(&driver, NULL);
    seen = count_sent(&driver);
    assert_int_equal(copp_session_srm_version(session, &word), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_output_id(session, &id), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_dvi_characteristics(session, &word), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_hardware_protection(session, &word), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_set_srm(session, srm, sizeof srm), COPP_E_UNSUPPORTED);
    assert_int_equal(copp_session_set_protection_level_css(session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_E_UNSUPPORTED);
    assert_int_equal(count_sent(&driver), seen);
    free_all(&session, &driver);
}

/* A false answer: nothing of it is believed, and the session is dead. */
static void false_answer(enum fake_fault fault, uint32_t value) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t word = 7;
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_OK);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    word = 7;
    fake_driver_fault(&driver, fault, 0, value);
    assert_int_equal(copp_session_local_level(session, HDCP, &word), COPP_E_AUTHENTICATION);
    assert_int_equal(word, 7);
    check_dead(session, &driver, COPP_E_AUTHENTICATION);
    free_all(&session, &driver);
}

static void false_answers_end_it(void) {
    for (uint32_t bit = 0; bit < 8 * COPP_MAC_SIZE; bit++)
        false_answer(FAKE_MAC_BIT, bit);
    for (uint32_t bit = 0; bit < 8 * COPP_RANDOM_SIZE; bit++)
        false_answer(FAKE_R_APP_BIT, bit);
    static const uint32_t sizes[] = {0, 28, 31, 33, 44, 4076, 4077, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        false_answer(FAKE_SIZE, sizes[i]);
    /* size, rApp, flags, value, reserved words, what is behind, the very last bit */
    static const uint32_t bits[] = {0, 31, 32, 159, 160, 191, 192, 223, 224, 287, 288, 1000, 8 * COPP_AUTHENTICATED_SIZE - 1};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        false_answer(FAKE_BODY_BIT, bits[i]);
    false_answer(FAKE_REPLAY, 0);
    false_answer(FAKE_REWRITE, 0);
    false_answer(FAKE_REFLECT, 0);
    false_answer(FAKE_SILENT, 0);
}

/* Neither an answer of another session, nor one to the same request there. */
static void answers_of_other_sessions_are_false(void) {
    struct fake_driver drivers[2];
    struct copp_session *sessions[2];
    struct fake_random randoms[2];
    uint32_t word = 7;
    for (size_t i = 0; i < 2; i++) {
        fake_opm_driver_init(&drivers[i]);
        fake_random_init(&randoms[i], (uint8_t)(1 + i));
        sessions[i] = fake_session(&drivers[i], &(struct copp_session_config){CONFIG, .random = &randoms[i].random});
    }
    assert_int_equal(copp_session_connector_type(sessions[0], &word), COPP_OK);
    drivers[1].last_answer = drivers[0].last_answer;
    fake_driver_fault(&drivers[1], FAKE_REPLAY, 0, 0);
    assert_int_equal(copp_session_connector_type(sessions[1], &word), COPP_E_AUTHENTICATION);
    check_dead(sessions[1], &drivers[1], COPP_E_AUTHENTICATION);
    for (size_t i = 0; i < 2; i++)
        free_all(&sessions[i], &drivers[i]);
}

/* QRY-3, OPM-GET-3: what was refused is asked with the same number next. */
static void numbers_grow_after_success_alone(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t number = driver.status_sequence;
    uint32_t word;
    fake_driver_fault(&driver, FAKE_REFUSES, 0, COPP_HR_OPM_NO_HDCP);
    assert_int_equal(copp_session_srm_version(session, &word), COPP_E_REFUSED);
    assert_int_equal(session->status_sequence, number);
    assert_int_equal(copp_session_srm_version(session, &word), COPP_OK);
    assert_int_equal(session->status_sequence, number + 1);
    number = driver.command_sequence;
    fake_driver_fault(&driver, FAKE_REFUSES, 0, COPP_HR_OPM_NO_HDCP);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(session->command_sequence, number);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_OK);
    assert_int_equal(session->command_sequence, number + 1);
    session->command_sequence = driver.command_sequence = UINT32_MAX;
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_OK);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_OK);
    free_all(&session, &driver);
}

/* OPM-APP-4: return codes that lie put the two sides out of step, and that ends the session. */
static void return_codes_that_lie_end_it(void) {
    static const enum fake_fault lies[] = {FAKE_DENIES, FAKE_PRETENDS};
    for (size_t i = 0; i < 2; i++) {
        struct fake_driver driver;
        struct copp_session *session = begin(&driver);
        fake_driver_fault(&driver, lies[i], 0, COPP_HR_OPM_DRIVER_INTERNAL_ERROR);
        assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), lies[i] == FAKE_DENIES ? COPP_E_REFUSED : COPP_OK);
        assert_int_equal(copp_session_set_protection_level(session, CGMSA, 1), COPP_E_REFUSED);
        assert_int_equal(copp_session_hresult(session), COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
        check_dead(session, &driver, COPP_E_REFUSED);
        free_all(&session, &driver);
    }
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t word;
    driver.status_sequence++; /* it has counted what was said to have failed */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(copp_session_connector_type(session, &word), COPP_E_REFUSED); /* and no number is guessed */
        assert_int_equal(copp_session_hresult(session), COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
    }
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){.size = sizeof(struct copp_requirement)}, 0),
                     COPP_STOP_REFUSED);
    free_all(&session, &driver);
}

/* --- commands that are refused --- */

/* Sets a level, which is refused with hresult, after another one was held. */
static bool survives(uint32_t held, uint32_t level, uint32_t hresult) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t word;
    assert_int_equal(copp_session_set_protection_level(session, CGMSA, held), COPP_OK);
    fake_driver_fault(&driver, FAKE_REFUSES, 0, hresult);
    assert_int_equal(copp_session_set_protection_level(session, CGMSA, level), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(session), hresult);
    bool alive = copp_session_connector_type(session, &word) == COPP_OK;
    if (!alive)
        check_dead(session, &driver, COPP_E_REFUSED);
    free_all(&session, &driver);
    return alive;
}

/* OPM-APP-5 */
static void a_refused_lowering_ends_it(void) {
    const uint32_t busy = COPP_HR_OPM_DRIVER_INTERNAL_ERROR;
    assert_false(survives(4, 0, busy));
    assert_false(survives(4, 3, busy));
    assert_false(survives(3, 1, busy));
    assert_false(survives(2, 3, busy)); /* copy-no-more is above copy-one-generation */
    assert_true(survives(1, 4, busy));
    assert_true(survives(3, 2, busy));
    assert_true(survives(4, 4, busy));
    assert_true(survives(0, 0, busy)); /* nothing is lowered */
    assert_false(survives(1, 4, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST));
    assert_false(survives(0, 1, GONE));
}

static void copp_sessions_survive_refusals(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    uint32_t word;
    assert_int_equal(copp_session_set_protection_level(session, CGMSA, 4), COPP_OK);
    fake_driver_fault(&driver, FAKE_REFUSES, 0, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    assert_int_equal(copp_session_set_protection_level(session, CGMSA, 0), COPP_E_REFUSED);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    free_all(&session, &driver);
}

/* OPM-STA-7 */
static void a_closed_output_ends_it(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t word;
    fake_driver_fault(&driver, FAKE_REFUSES, 0, GONE);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_E_REFUSED);
    check_dead(session, &driver, COPP_E_REFUSED);
    free_all(&session, &driver);
}

/* OPM-STA-8: after an event that ends it nothing is raised any more, but everything can be switched off. */
static void after_an_event_levels_can_be_switched_off(void) {
    static const uint32_t flags[] = {COPP_STATUS_LINK_LOST,
                                     COPP_STATUS_RENEGOTIATION_REQUIRED,
                                     COPP_STATUS_TAMPERING_DETECTED,
                                     COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE,
                                     0x10,
                                     0x80000000u};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct fake_driver driver;
        struct copp_session *session = begin(&driver);
        uint32_t word;
        assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_OK);
        driver.flags = flags[i];
        assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
        assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_E_LINK_LOST);
        assert_int_equal(copp_session_set_protection_level(session, CGMSA, 1), COPP_E_LINK_LOST);
        assert_int_equal(driver.sets, 1);
        assert_int_equal(copp_session_unprotect(session), COPP_OK);
        assert_int_equal(driver.sets, 2);
        assert_int_equal(driver.local[HDCP], 0);
        assert_int_equal(copp_session_take_events(session), flags[i]);
        free_all(&session, &driver);
    }
}

/* --- what goes beside a command --- */

static void an_srm_goes_beside_its_command(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint8_t srm[48] = {0x80, 0, 0x12, 0x34};
    uint32_t word;
    assert_int_equal(copp_session_set_srm(session, srm, sizeof srm), COPP_OK);
    assert_int_equal(driver.additional_size, sizeof srm);
    assert_memory_equal(driver.additional, srm, sizeof srm);
    assert_int_equal(driver.srm_version, 0x1234); /* OPM-SRM-2: big-endian in the message, little-endian in the command */
    assert_int_equal(copp_session_srm_version(session, &word), COPP_OK);
    assert_int_equal(word, 0x1234);
    assert_int_equal(copp_session_set_srm(session, srm, 47), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_OK);
    assert_int_equal(driver.additional_size, 0); /* OPM-SET-3 */
    free_all(&session, &driver);
}

/* OPM-SET-6 */
static void css_levels_are_best_effort(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver);
    uint32_t level = 7;
    driver.level_hresult[HDCP] = COPP_HR_OPM_NO_HDCP;
    assert_int_equal(copp_session_set_protection_level(session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_set_protection_level_css(session, HDCP, 1), COPP_OK);
    assert_int_equal(copp_session_local_level(session, HDCP, &level), COPP_OK);
    assert_int_equal(level, 0);
    assert_int_equal(copp_session_unprotect(session), COPP_OK);
    free_all(&session, &driver);
}

static const struct test_case cases[] = {
    TEST(seals_s_with_oaep, "OPM-INI-3 OPM-INI-4 OPM-INI-5"),
    TEST(each_semantics_needs_its_anchor, "OPM-CERT-10 OPM-CERT-11"),
    TEST(srms_have_a_size, "OPM-SRM-1"),
    TEST(nothing_is_sealed_to_a_bad_chain, "OPM-INI-2 OPM-CERT-11"),
    TEST(copp_drivers_present_xml, "OPM-CERT-11"),
    TEST(a_refused_handshake_ends_it, "OPM-INI-9"),
    TEST(requests_are_signed, "OPM-GET-1"),
    TEST(every_request_is_answered, "OPM-GET-8 OPM-GET-9 OPM-GET-10"),
    TEST(each_semantics_has_its_requests, "OPM-GET-5 OPM-SET-4"),
    TEST(false_answers_end_it, "OPM-APP-2 OPM-APP-6"),
    TEST(answers_of_other_sessions_are_false, "OPM-APP-2"),
    TEST(numbers_grow_after_success_alone, "OPM-APP-4 OPM-GET-3 OPM-SET-2"),
    TEST(return_codes_that_lie_end_it, "OPM-APP-4"),
    TEST(a_refused_lowering_ends_it, "OPM-APP-5"),
    TEST(copp_sessions_survive_refusals, "CMD-3"),
    TEST(a_closed_output_ends_it, "OPM-STA-7"),
    TEST(after_an_event_levels_can_be_switched_off, "OPM-STA-8"),
    TEST(an_srm_goes_beside_its_command, "OPM-SRM-2 OPM-SET-3"),
    TEST(css_levels_are_best_effort, "OPM-SET-6"),
};

int main(void) {
    return RUN_SUITE("opm_session", cases);
}
