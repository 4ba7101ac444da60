/* Why something failed: what a log is told, and what it must never be told (SES-6..8). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "device/internal.h"
#include "device_rig.h"
#include "fake_driver.h"
#include "log_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

static const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};

static void texts_are_printable_and_end(void) {
    struct kit_log log = kit_log();
    COPP_LOG(&log.log, COPP_LOG_DEBUG, "a\nb\x1b[31m", "\xc3\xa9", NULL, "never");
    assert_string_equal(log.lines[0], "a\\x0ab\\x1b[31m\\xc3\\xa9");
    assert_int_equal(log.levels[0], COPP_LOG_DEBUG);
    char words[2 * COPP_LOG_TEXT_MAX];
    memset(words, 'x', sizeof words);
    words[sizeof words - 1] = '\0';
    COPP_LOG(&log.log, COPP_LOG_INFO, words, "y");
    assert_int_equal(strlen(log.lines[1]), COPP_LOG_TEXT_MAX - 1);
    assert_null(strchr(log.lines[1], 'y'));
    memset(words, '\n', sizeof words - 1);
    COPP_LOG(&log.log, COPP_LOG_INFO, words, "y"); /* cut between what stands for bytes, not within */
    assert_int_equal(strlen(log.lines[2]) % 4, 0);
    assert_null(strchr(log.lines[2], 'y'));
    COPP_LOG(NULL, COPP_LOG_ERROR, "nobody listens");
    const struct copp_log_ops forgotten = {.line = kit_log_ops.line}; /* its size */
    struct copp_log none = {&forgotten};
    COPP_LOG(&none, COPP_LOG_ERROR, "nobody listens");
    none.ops = NULL;
    COPP_LOG(&none, COPP_LOG_ERROR, "nobody listens");
    assert_int_equal(log.count, 3);
}

static void a_broken_rule_is_named(void) {
    struct kit_log log = kit_log();
    const struct copp_public_key anchor = test_anchor();
    struct copp_verdict verdict;
    size_t size;
    uint8_t *bytes = read_test_vector("chain-bad-ihv-bad-signature.xml", &size);
    assert_int_equal(copp_chain_validate_logged(bytes, size, &anchor, &log.log, NULL, &verdict), COPP_E_INVALID);
    assert_int_equal(log.count, 1);
    kit_log_has(&log, COPP_LOG_WARNING, "a certificate chain breaks CERT-11, second certificate: SignatureValue does not verify");
    free(bytes);
    bytes = read_test_vector("crl-bad-signature.bin", &size);
    assert_int_equal(copp_revocation_validate_logged(bytes, size, &anchor, &log.log, NULL, &verdict), COPP_E_INVALID);
    kit_log_has(&log, COPP_LOG_WARNING, "a revocation list breaks CRL-2: its signature does not verify");
    free(bytes);
    bytes = read_test_vector("chain-good.xml", &size);
    log = kit_log();
    assert_int_equal(copp_chain_validate_logged(bytes, size, &anchor, &log.log, NULL, &verdict), COPP_OK);
    assert_int_equal(log.count, 0);
    free(bytes);
}

static void a_session_tells_why_it_ends(void) {
    static const struct {
        enum fake_fault fault;
        uint32_t value;
        const char *words;
    } cases[] = {{FAKE_LOST, (uint32_t)COPP_E_IO, "QueryConnectorType: the transport failed: "},
                 {FAKE_MAC_BIT, 3, "QueryConnectorType: "},
                 {FAKE_SILENT, 0, "protection has ended: an answer from the driver is not authentic (QRY-4)"},
                 {FAKE_REFUSES, COPP_HR_UNEXPECTED, "protection has ended: the driver refused"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kit_log log = kit_log();
        struct fake_driver driver;
        struct copp_poll poll = {.size = sizeof poll};
        fake_driver_init(&driver);
        const struct copp_session_config config = {.size = sizeof config, .log = &log.log};
        struct copp_session *session = fake_session(&driver, &config);
        assert_int_equal(copp_session_protect(session, &film, 0), COPP_STOP_NONE);
        copp_session_poll(session, 1, &poll);
        assert_int_equal(log.count, 0);
        fake_driver_fault(&driver, cases[i].fault, 0, cases[i].value);
        copp_session_poll(session, 2, &poll);
        assert_int_equal(poll.state, COPP_POLL_STOP);
        kit_log_has(&log, COPP_LOG_WARNING, cases[i].words);
        kit_log_has(&log, COPP_LOG_WARNING, "protection has ended: ");
        unsigned told = log.count;
        copp_session_poll(session, 3, &poll); /* it has been said */
        assert_int_equal(log.count, told);
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

static void a_level_that_fell_is_named(void) {
    struct kit_log log = kit_log();
    struct fake_driver driver;
    struct copp_poll poll = {.size = sizeof poll};
    fake_driver_init(&driver);
    const struct copp_session_config config = {.size = sizeof config, .log = &log.log};
    struct copp_session *session = fake_session(&driver, &config);
    assert_int_equal(copp_session_protect(session, &film, 0), COPP_STOP_NONE);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    copp_session_poll(session, 1, &poll);
    assert_int_equal(poll.state, COPP_POLL_RENEGOTIATE);
    kit_log_has(&log, COPP_LOG_INFO, "reconfigured");
    copp_session_poll(session, 1, &poll);
    static const uint32_t nothing[FAKE_TYPES];
    driver.global = nothing;
    copp_session_poll(session, 2, &poll);
    assert_int_equal(poll.stop, COPP_STOP_LEVEL);
    kit_log_has(&log, COPP_LOG_WARNING, "HDCP: asked for on, the session holds on, the connector applies off");
    kit_log_has(&log, COPP_LOG_WARNING, "(APP-3)");
    copp_session_free(&session);
    driver.types = 0;
    driver.global = NULL;
    session = fake_session(&driver, &config);
    assert_int_equal(copp_session_protect(session, &film, 0), COPP_STOP_UNSUPPORTED);
    kit_log_has(&log, COPP_LOG_WARNING, "not protected: the connector does not offer the protection");
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void a_chain_is_refused(void) {
    struct kit_log log = kit_log();
    struct fake_driver driver;
    fake_driver_init(&driver);
    free(driver.chain_bytes);
    driver.chain_bytes = read_test_vector("chain-bad-other-root.xml", &driver.chain_size);
    const struct copp_session_config config = {.size = sizeof config, .log = &log.log};
    struct copp_session *session = fake_session_new(&driver, &config);
    assert_int_equal(copp_session_exchange(session, NULL), COPP_E_INVALID);
    kit_log_has(&log, COPP_LOG_WARNING, "breaks CERT-12");
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void a_connector_tells_of_its_output(void) {
    struct kit_log log = kit_log();
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    rig.adapter->log = &log.log;
    app_begin(&app, rig.connector);
    assert_int_equal(app_set_level(&app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(log.count, 0);
    copp_connector_unplugged(rig.connector);
    assert_int_equal(log.count, 1);
    kit_log_has(&log, COPP_LOG_WARNING, "a connector of type DVI: LinkLost");
    rig.output.answer = COPP_E_FAILED;
    assert_int_not_equal(app_set_level(&app, HDCP, 1), COPP_HR_OK);
    kit_log_has(&log, COPP_LOG_WARNING, "its output did not accept the protection: ");
    rig.output.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&app, HDCP, 1), COPP_HR_PENDING);
    rig.output.answer = COPP_OK;
    copp_adapter_dispatch(rig.adapter, RIG_PENDING_LIMIT);
    kit_log_has(&log, COPP_LOG_WARNING, "longer than the time limit (CMD-6)");
    copp_device_close(&app.device);
    rig.random.fails = true;
    app_open(&app, rig.connector);
    uint32_t length;
    uint8_t chain[sizeof rig_chain];
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_OK);
    assert_int_equal(copp_device_key_exchange(app.device, app.random, chain), COPP_HR_UNEXPECTED);
    kit_log_has(&log, COPP_LOG_ERROR, "random numbers");
    copp_device_close(&app.device);
    rig_end(&rig);
}

/* Every way in which a seal can be wrong. */
enum spoiled {
    GOOD,
    WRONG_RANDOM,
    WRONG_PADDING, /* opens to something that begins neither with 0 nor with 2 */
    FLIPPED_BIT,
    ALL_ZERO,
    ONE,
    ABOVE_MODULUS,
    ALL_ONES,
    UNPADDED, /* S as it stands, not encrypted */
    OTHER_FORM,
    WRONG_SEQUENCE, /* of numbers that the session then does not use; the driver cannot tell */
    SPENT_RANDOM,
    SPOILED
};

static struct copp_signature seal(const struct app *app, const struct copp_public_key *leaf, enum spoiled how) {
    struct copp_signature signature;
    struct copp_handshake handshake = {.status_sequence = app->status_sequence, .command_sequence = app->command_sequence};
    memcpy(handshake.random, app->random, sizeof handshake.random);
    memcpy(handshake.session_key, app->key, sizeof handshake.session_key);
    handshake.random[5] ^= how == WRONG_RANDOM || how == SPENT_RANDOM;
    handshake.command_sequence += how == WRONG_SEQUENCE;
    const enum copp_handshake_form form = how == OTHER_FORM ? COPP_FORM_SWAP256 : COPP_FORM_SWAP40;
    assert_int_equal(copp_handshake_seal(&handshake, form, leaf, &signature), COPP_OK);
    if (how == UNPADDED)
        signature = app_signature(app);
    else if (how == WRONG_PADDING)
        memset(signature.bytes, 0x5A, sizeof signature.bytes);
    else if (how == FLIPPED_BIT)
        signature.bytes[77] ^= 4;
    else if (how == ALL_ZERO || how == ONE)
        memset(signature.bytes, 0, sizeof signature.bytes);
    else if (how == ALL_ONES)
        memset(signature.bytes, 0xFF, sizeof signature.bytes);
    if (how == ONE)
        signature.bytes[0] = 1;
    for (size_t i = 0; how == ABOVE_MODULUS && i < sizeof signature.bytes; i++)
        signature.bytes[i] =
            leaf->modulus[sizeof signature.bytes - 1 - i]; /* the modulus itself is the first that is not below it */
    return signature;
}

/* SES-6..8: opening a handshake tells a log nothing, whatever is in it: a difference would be an oracle for the key. */
static void opening_a_handshake_is_silent(void) {
    struct kit_log log = kit_log();
    struct rig rig;
    struct copp_public_key leaf;
    char *path = test_path("vectors/leaf.pem");
    struct copp_private_key *key;
    assert_int_equal(copp_private_key_open_logged(path, NULL, &log.log, &key), COPP_OK);
    free(path);
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    rig_init(&rig, NULL);
    rig.adapter->log = &log.log;
    rig.adapter->credentials->key = key;
    for (enum spoiled how = GOOD; how < SPOILED; how++) {
        struct app app;
        app_open(&app, rig.connector);
        app_exchange(&app);
        struct copp_signature signature = seal(&app, &leaf, how);
        bool good = how == GOOD || how == OTHER_FORM || how == WRONG_SEQUENCE;
        assert_int_equal(copp_device_sequence_start(app.device, &signature), good ? COPP_HR_OK : COPP_HR_UNEXPECTED);
        assert_int_equal(copp_device_sequence_start(app.device, &signature), COPP_HR_UNEXPECTED);
        copp_device_close(&app.device);
        if (log.count)
            fail_msg("seal %d: \"%s\" was logged", how, log.lines[0]);
    }
    rig.adapter->credentials->key = &rig.key.key;
    static const enum copp_result failures[] = {COPP_E_INVALID, COPP_E_KEY, COPP_E_CRYPTO, COPP_E_MEMORY};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct app app;
        rig.key.result = failures[i];
        app_open(&app, rig.connector);
        app_exchange(&app);
        assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
        copp_device_close(&app.device);
        assert_int_equal(log.count, 0);
    }
    rig_end(&rig);
    copp_private_key_free(&key);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(texts_are_printable_and_end, ""),
        TEST(a_broken_rule_is_named, "CERT-11 CRL-2"),
        TEST(a_session_tells_why_it_ends, "QRY-4"),
        TEST(a_level_that_fell_is_named, "APP-3 EVT-4"),
        TEST(a_chain_is_refused, "CERT-12 SES-9"),
        TEST(a_connector_tells_of_its_output, "CMD-6 EVT-3"),
        TEST(opening_a_handshake_is_silent, "SES-6 SES-7 SES-8"),
    };
    return RUN_SUITE("log", cases);
}
