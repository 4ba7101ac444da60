/* One device: the order of its calls, and how a session begins (SES). */
#include <jansson.h>
#include <stdlib.h>

#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static void assert_no_messages(struct app *app) {
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, NULL, 0);
    assert_int_equal(copp_device_command(app->device, &command, 0), COPP_HR_UNEXPECTED);
    uint8_t answer[COPP_STATUS_SIZE];
    assert_int_equal(app_ask(app, COPP_QUERY_BUS_DATA, NULL, answer, sizeof answer), COPP_HR_UNEXPECTED);
}

static void assert_no_exchange(struct app *app) {
    uint32_t length = 77;
    uint8_t random[COPP_RANDOM_SIZE] = {0};
    uint8_t chain_bytes[sizeof rig_chain] = {0};
    static const uint8_t untouched[sizeof rig_chain];
    assert_int_equal(copp_device_get_certificate_length(app->device, &length), COPP_HR_UNEXPECTED);
    assert_int_equal(length, 77);
    assert_int_equal(copp_device_key_exchange(app->device, random, chain_bytes), COPP_HR_UNEXPECTED);
    assert_memory_equal(random, untouched, sizeof random);
    assert_memory_equal(chain_bytes, untouched, sizeof chain_bytes);
}

static void calls_out_of_order_change_nothing(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);

    uint8_t random[COPP_RANDOM_SIZE];
    uint8_t chain_bytes[sizeof rig_chain];
    uint32_t length;
    assert_int_equal(copp_device_key_exchange(app.device, random, chain_bytes), COPP_HR_UNEXPECTED);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    assert_no_messages(&app);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_OK);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_UNEXPECTED);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    assert_no_messages(&app);
    assert_int_equal(copp_device_key_exchange(app.device, app.random, chain_bytes), COPP_HR_OK);
    assert_no_exchange(&app);
    assert_no_messages(&app);
    assert_int_equal(app_start(&app), COPP_HR_OK);
    assert_no_exchange(&app);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED); /* SES-3 */
    assert_int_equal(app_word(&app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);

    copp_device_close(&app.device);
    assert_null(app.device);
    copp_device_close(&app.device);
    copp_device_close(NULL);
    rig_end(&rig);
}

static void null_pointers_come_first(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);
    uint8_t bytes[sizeof rig_chain];
    uint32_t word;
    struct copp_signature signature = {{0}};
    struct copp_command command = {{0}};
    struct copp_status_input input = {{0}};
    struct copp_status_output output;
    /* each of these is out of order as well */
    assert_int_equal(copp_device_get_certificate_length(NULL, &word), COPP_HR_POINTER);
    assert_int_equal(copp_device_get_certificate_length(app.device, NULL), COPP_HR_POINTER);
    assert_int_equal(copp_device_key_exchange(NULL, bytes, bytes), COPP_HR_POINTER);
    assert_int_equal(copp_device_key_exchange(app.device, NULL, bytes), COPP_HR_POINTER);
    assert_int_equal(copp_device_key_exchange(app.device, bytes, NULL), COPP_HR_POINTER);
    assert_int_equal(copp_device_sequence_start(NULL, &signature), COPP_HR_POINTER);
    assert_int_equal(copp_device_sequence_start(app.device, NULL), COPP_HR_POINTER);
    assert_int_equal(copp_device_command(NULL, &command, 0), COPP_HR_POINTER);
    assert_int_equal(copp_device_command(app.device, NULL, 0), COPP_HR_POINTER);
    assert_int_equal(copp_device_command_result(NULL), COPP_HR_POINTER);
    assert_int_equal(copp_device_status(NULL, &input, &output), COPP_HR_POINTER);
    assert_int_equal(copp_device_status(app.device, NULL, &output), COPP_HR_POINTER);
    assert_int_equal(copp_device_status(app.device, &input, NULL), COPP_HR_POINTER);
    copp_device_close(&app.device);
    assert_int_equal(copp_device_open(NULL, &app.device), COPP_E_ARGUMENT);
    assert_int_equal(copp_device_open(rig.connector, NULL), COPP_E_ARGUMENT);
    rig_end(&rig);
}

static void levels_are_zero_and_counted_at_open(void) {
    struct rig rig;
    struct app apps[2];
    struct copp_connector_config config = rig_config();
    config.protection_types = HDCP | CGMSA;
    rig_init(&rig, &config);
    app_begin(&apps[0], rig.connector);
    app_begin(&apps[1], rig.connector);
    assert_int_equal(copp_connector_devices(rig.connector), 2);
    assert_int_equal(app_local(&apps[0], HDCP), 0);
    assert_int_equal(app_local(&apps[0], CGMSA), 0);
    assert_int_equal(rig.connector->holders[COPP_TYPE_HDCP][0], 2);
    assert_int_equal(rig.connector->holders[COPP_TYPE_CGMSA][0], 2);
    /* the other types: no query shows their level */
    assert_int_equal(rig.connector->holders[COPP_TYPE_ACP][0], 0);
    assert_int_equal(apps[0].device->level[COPP_TYPE_ACP], COPP_NO_PROTECTION_LEVEL_AVAILABLE);
    uint8_t answer[COPP_STATUS_SIZE];
    assert_int_equal(app_ask(&apps[0], COPP_QUERY_LOCAL_PROTECTION_LEVEL, &(uint32_t){ACP}, answer, COPP_STATUS_SIZE),
                     COPP_HR_INVALIDARG);
    assert_int_equal(app_ask(&apps[0], COPP_QUERY_GLOBAL_PROTECTION_LEVEL, &(uint32_t){ACP}, answer, COPP_STATUS_SIZE),
                     COPP_HR_INVALIDARG);
    copp_device_close(&apps[0].device);
    assert_int_equal(rig.connector->holders[COPP_TYPE_HDCP][0], 1);
    copp_device_close(&apps[1].device);
    assert_int_equal(copp_connector_devices(rig.connector), 0);
    rig_end(&rig);
}

static void random_numbers_are_drawn_for_each_device(void) {
    struct rig rig;
    struct app apps[2];
    rig_init(&rig, NULL);
    app_open(&apps[0], rig.connector);
    app_open(&apps[1], rig.connector);
    rig.random.next = 0x40;
    app_exchange(&apps[0]);
    app_exchange(&apps[1]);
    for (size_t i = 0; i < COPP_RANDOM_SIZE; i++) {
        assert_int_equal(apps[0].random[i], 0x40 + i); /* all 128 bits come from the source */
        assert_int_equal(apps[1].random[i], 0x50 + i);
    }
    copp_device_close(&apps[0].device);
    copp_device_close(&apps[1].device);
    rig_end(&rig);
}

static void without_random_numbers_there_is_no_exchange(void) {
    struct rig rig;
    struct app app;
    uint32_t length;
    uint8_t random[COPP_RANDOM_SIZE] = {0};
    uint8_t chain_bytes[sizeof rig_chain] = {0};
    static const uint8_t untouched[sizeof rig_chain];
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_OK);
    rig.random.fails = true;
    assert_int_equal(copp_device_key_exchange(app.device, random, chain_bytes), COPP_HR_UNEXPECTED);
    assert_memory_equal(random, untouched, sizeof random);
    assert_memory_equal(chain_bytes, untouched, sizeof chain_bytes);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    rig.random.fails = false;
    assert_int_equal(copp_device_key_exchange(app.device, app.random, chain_bytes), COPP_HR_OK);
    assert_int_equal(app_start(&app), COPP_HR_OK);
    copp_device_close(&app.device);
    rig_end(&rig);
}

static void an_exchange_makes_both_steps_or_none(void) {
    struct rig rig;
    struct app app;
    const uint8_t *chain_bytes = rig_chain;
    size_t size = 1;
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);
    rig.random.fails = true;
    assert_int_equal(copp_device_exchange(app.device, app.random, &chain_bytes, &size), COPP_HR_UNEXPECTED);
    assert_null(chain_bytes);
    assert_int_equal(size, 0);
    rig.random.fails = false;
    assert_int_equal(copp_device_exchange(app.device, app.random, &chain_bytes, &size), COPP_HR_OK);
    assert_int_equal(size, sizeof rig_chain);
    assert_memory_equal(chain_bytes, rig_chain, size);
    assert_int_equal(copp_device_exchange(app.device, app.random, &chain_bytes, &size), COPP_HR_UNEXPECTED);
    assert_no_exchange(&app);
    assert_int_equal(app_start(&app), COPP_HR_OK);
    copp_device_close(&app.device);

    uint32_t length;
    app_open(&app, rig.connector);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_OK);
    assert_int_equal(copp_device_exchange(app.device, app.random, &chain_bytes, &size),
                     COPP_HR_UNEXPECTED); /* half of it is done */
    assert_null(chain_bytes);
    copp_device_close(&app.device);
    rig_end(&rig);
}

static void the_default_source_is_the_crypto_librarys(void) {
    struct rig rig;
    uint8_t random[2][COPP_RANDOM_SIZE] = {{0}};
    static const uint8_t zeros[COPP_RANDOM_SIZE];
    rig_init(&rig, NULL);
    rig.adapter->random = NULL;
    for (size_t i = 0; i < 2; i++) {
        struct app app;
        app_open(&app, rig.connector);
        app_exchange(&app);
        memcpy(random[i], app.random, sizeof app.random);
        copp_device_close(&app.device);
    }
    assert_memory_not_equal(random[0], zeros, sizeof zeros);
    assert_memory_not_equal(random[0], random[1], sizeof zeros);
    rig_end(&rig);
}

/* --- handshakes of others --- */

struct given_random {
    struct copp_random random;
    uint8_t bytes[COPP_RANDOM_SIZE];
};

static enum copp_result give(struct copp_random *random, uint8_t *bytes, size_t size) {
    assert_int_equal(size, COPP_RANDOM_SIZE);
    memcpy(bytes, ((struct given_random *)random)->bytes, size);
    return COPP_OK;
}

/* A device whose key is leaf.pem and whose random number is given, up to KEY_EXCHANGED. */
struct recorded {
    struct rig rig;
    struct given_random random;
    struct copp_private_key *key;
    struct app app;
};

static void recorded_init(struct recorded *recorded, const char *random) {
    static const struct copp_random_ops ops = {sizeof ops, give};
    rig_init(&recorded->rig, NULL);
    recorded->random = (struct given_random){.random = {&ops}};
    assert_int_equal(from_hex(random, recorded->random.bytes, COPP_RANDOM_SIZE), COPP_RANDOM_SIZE);
    recorded->key = test_private_key("leaf.pem");
    recorded->rig.adapter->random = &recorded->random.random;
    recorded->rig.adapter->credentials->key = recorded->key;
    app_open(&recorded->app, recorded->rig.connector);
    app_exchange(&recorded->app);
    assert_memory_equal(recorded->app.random, recorded->random.bytes, COPP_RANDOM_SIZE);
}

static void recorded_end(struct recorded *recorded) {
    copp_device_close(&recorded->app.device);
    copp_private_key_free(&recorded->key);
    rig_end(&recorded->rig);
}

static json_t *read_json(const char *name) {
    size_t size;
    uint8_t *text = read_test_file(name, &size);
    json_t *root = json_loadb((const char *)text, size, 0, NULL);
    assert_non_null(root);
    free(text);
    return root;
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static void take_secrets(struct app *app, const json_t *session) {
    assert_int_equal(from_hex(text_of(session, "session_key"), app->key, sizeof app->key), COPP_KEY_SIZE);
    app->status_sequence = (uint32_t)json_integer_value(json_object_get(session, "status_sequence"));
    app->command_sequence = (uint32_t)json_integer_value(json_object_get(session, "command_sequence"));
}

static void replay_session(const json_t *session) {
    struct recorded recorded;
    struct copp_signature signature;
    struct copp_command command = {{0}};
    recorded_init(&recorded, text_of(session, "random"));
    assert_int_equal(from_hex(text_of(session, "signature"), signature.bytes, sizeof signature.bytes), COPP_SIGNATURE_SIZE);
    assert_int_equal(from_hex(text_of(session, "set_hdcp_1_command"), command.bytes, sizeof command.bytes), COPP_MESSAGE_SIZE);
    take_secrets(&recorded.app, session);
    assert_int_equal(copp_device_sequence_start(recorded.app.device, &signature), COPP_HR_OK);
    assert_int_equal(app_send(&recorded.app, &command), COPP_HR_OK);
    assert_int_equal(recorded.rig.output.in_force.hdcp, 1);
    assert_int_equal(app_local(&recorded.app, HDCP), 1);
    assert_int_equal(app_send(&recorded.app, &command), COPP_HR_INVALIDARG); /* a replay */
    assert_int_equal(app_set_level(&recorded.app, HDCP, 0), COPP_HR_OK);
    recorded_end(&recorded);
}

static void recorded_sessions_are_accepted(void) {
    json_t *root = read_json("vectors/sessions.json");
    const json_t *sessions = json_object_get(root, "sessions");
    assert_true(json_array_size(sessions) >= 2); /* both forms */
    for (size_t i = 0; i < json_array_size(sessions); i++)
        replay_session(json_array_get(sessions, i));
    json_decref(root);
}

static struct copp_signature read_signature(const char *file) {
    char name[128];
    size_t size;
    struct copp_signature signature;
    assert_true(strlen(file) + sizeof "vectors/" <= sizeof name);
    strcpy(name, "vectors/");
    strcat(name, file);
    uint8_t *bytes = read_test_file(name, &size);
    assert_int_equal(size, sizeof signature.bytes);
    memcpy(signature.bytes, bytes, sizeof signature.bytes);
    free(bytes);
    return signature;
}

static void cryptoapi_handshakes(void) {
    json_t *root = read_json("vectors/cryptoapi.json");
    const json_t *files = json_object_get(root, "files");
    assert_int_equal(json_array_size(files), 2);
    for (size_t i = 0; i < json_array_size(files); i++) {
        struct recorded recorded;
        recorded_init(&recorded, text_of(root, "random"));
        struct copp_signature signature = read_signature(json_string_value(json_array_get(files, i)));
        take_secrets(&recorded.app, root);
        assert_int_equal(copp_device_sequence_start(recorded.app.device, &signature), COPP_HR_OK);
        assert_int_equal(app_word(&recorded.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_DVI);
        assert_int_equal(app_set_level(&recorded.app, HDCP, 1), COPP_HR_OK);
        recorded_end(&recorded);
    }
    const json_t *refused = json_object_get(root, "must_be_refused");
    assert_int_equal(json_array_size(refused), 1);
    struct recorded recorded;
    recorded_init(&recorded, text_of(root, "random"));
    struct copp_signature signature = read_signature(json_string_value(json_array_get(refused, 0)));
    assert_int_equal(copp_device_sequence_start(recorded.app.device, &signature), COPP_HR_UNEXPECTED);
    recorded_end(&recorded);
    json_decref(root);
}

static void nothing_but_s_is_looked_at(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);
    app_exchange(&app);
    struct copp_signature signature = app_signature(&app);
    for (size_t i = 40; i < sizeof signature.bytes; i++)
        signature.bytes[i] = (uint8_t)(i * 11); /* no padding looks like this */
    assert_int_equal(copp_device_sequence_start(app.device, &signature), COPP_HR_OK);
    assert_int_equal(app_word(&app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    copp_device_close(&app.device);
    rig_end(&rig);
}

/* A handshake that is refused at first; whether the right one is accepted afterwards. */
static void assert_refused(size_t wrong_byte, enum copp_result operation, uint32_t right_one_then) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);
    app_exchange(&app);
    struct copp_signature signature = app_signature(&app);
    if (wrong_byte < COPP_RANDOM_SIZE)
        signature.bytes[wrong_byte] ^= 0x10;
    rig.key.result = operation;
    assert_int_equal(copp_device_sequence_start(app.device, &signature), COPP_HR_UNEXPECTED);
    assert_no_messages(&app); /* no key is kept */
    rig.key.result = COPP_OK;
    assert_int_equal(app_start(&app), right_one_then);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    copp_device_close(&app.device);
    rig_end(&rig);
}

static void every_byte_of_the_random_number_counts(void) {
    for (size_t i = 0; i < COPP_RANDOM_SIZE; i++)
        assert_refused(i, COPP_OK, COPP_HR_UNEXPECTED);
}

static void a_wrong_guess_spends_the_random_number(void) {
    assert_refused(0, COPP_OK, COPP_HR_UNEXPECTED);
    assert_refused(COPP_RANDOM_SIZE, COPP_E_INVALID, COPP_HR_UNEXPECTED); /* not below the modulus */
}

static void an_internal_failure_spends_nothing(void) {
    assert_refused(COPP_RANDOM_SIZE, COPP_E_CRYPTO, COPP_HR_OK);
}

/* The number itself, under a real key. */
static void a_ciphertext_not_below_the_modulus(void) {
    struct recorded recorded;
    recorded_init(&recorded, "000102030405060708090a0b0c0d0e0f");
    struct copp_signature signature;
    memset(&signature, 0xFF, sizeof signature);
    assert_int_equal(copp_device_sequence_start(recorded.app.device, &signature), COPP_HR_UNEXPECTED);
    assert_true(recorded.app.device->random_spent);
    recorded_end(&recorded);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(calls_out_of_order_change_nothing, "SES-3"),
        TEST(null_pointers_come_first, ""),
        TEST(levels_are_zero_and_counted_at_open, "SES-1 ARB-1"),
        TEST(random_numbers_are_drawn_for_each_device, "SES-2"),
        TEST(without_random_numbers_there_is_no_exchange, "SES-2"),
        TEST(an_exchange_makes_both_steps_or_none, "SES-2"),
        TEST(the_default_source_is_the_crypto_librarys, "SES-2"),
        TEST(recorded_sessions_are_accepted, "SES-4 SES-5 SES-6 SES-7 CMD-1 WIRE-1 WIRE-2 WIRE-5"),
        TEST(cryptoapi_handshakes, "SES-5 SES-6 SES-7"),
        TEST(nothing_but_s_is_looked_at, "SES-6"),
        TEST(every_byte_of_the_random_number_counts, "SES-7 SES-8"),
        TEST(a_wrong_guess_spends_the_random_number, "SES-8"),
        TEST(an_internal_failure_spends_nothing, "SES-8"),
        TEST(a_ciphertext_not_below_the_modulus, "SES-8"),
    };
    return RUN_SUITE("device", cases);
}
