/* One device: states, commands and queries as an application sees them (SES, CMD, QRY, WIRE). */
#include <jansson.h>
#include <stdlib.h>

#include "device/internal.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED

/* --- sessions --- */

static void assert_no_messages(struct app *app) {
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, NULL, 0);
    assert_int_equal(copp_device_command(app->device, &command, 0), COPP_HR_UNEXPECTED);
    uint8_t answer[32];
    assert_int_equal(app_ask(app, COPP_QUERY_BUS_DATA, NULL, answer, sizeof answer), COPP_HR_UNEXPECTED);
}

static void assert_no_exchange(struct app *app) {
    uint32_t length = 77;
    uint8_t random[COPP_RANDOM_SIZE] = {0};
    uint8_t chain[sizeof rig_chain] = {0};
    static const uint8_t untouched[sizeof rig_chain];
    assert_int_equal(copp_device_get_certificate_length(app->device, &length), COPP_HR_UNEXPECTED);
    assert_int_equal(length, 77);
    assert_int_equal(copp_device_key_exchange(app->device, random, chain), COPP_HR_UNEXPECTED);
    assert_memory_equal(random, untouched, sizeof random);
    assert_memory_equal(chain, untouched, sizeof chain);
}

static void calls_out_of_order_change_nothing(void) {
    struct rig rig;
    struct app app;
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);

    uint8_t random[COPP_RANDOM_SIZE];
    uint8_t chain[sizeof rig_chain];
    uint32_t length;
    assert_int_equal(copp_device_key_exchange(app.device, random, chain), COPP_HR_UNEXPECTED);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    assert_no_messages(&app);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_OK);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_UNEXPECTED);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    assert_no_messages(&app);
    assert_int_equal(copp_device_key_exchange(app.device, app.random, chain), COPP_HR_OK);
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
    uint8_t answer[32];
    assert_int_equal(app_ask(&apps[0], COPP_QUERY_LOCAL_PROTECTION_LEVEL, &(uint32_t){ACP}, answer, 32), COPP_HR_INVALIDARG);
    assert_int_equal(app_ask(&apps[0], COPP_QUERY_GLOBAL_PROTECTION_LEVEL, &(uint32_t){ACP}, answer, 32), COPP_HR_INVALIDARG);
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
    uint8_t chain[sizeof rig_chain] = {0};
    static const uint8_t untouched[sizeof rig_chain];
    rig_init(&rig, NULL);
    app_open(&app, rig.connector);
    assert_int_equal(copp_device_get_certificate_length(app.device, &length), COPP_HR_OK);
    rig.random.fails = true;
    assert_int_equal(copp_device_key_exchange(app.device, random, chain), COPP_HR_UNEXPECTED);
    assert_memory_equal(random, untouched, sizeof random);
    assert_memory_equal(chain, untouched, sizeof chain);
    assert_int_equal(app_start(&app), COPP_HR_UNEXPECTED);
    rig.random.fails = false;
    assert_int_equal(copp_device_key_exchange(app.device, app.random, chain), COPP_HR_OK);
    assert_int_equal(app_start(&app), COPP_HR_OK);
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
    static const struct copp_random_ops ops = {give};
    rig_init(&recorded->rig, NULL);
    recorded->random = (struct given_random){.random = {&ops}};
    assert_int_equal(from_hex(random, recorded->random.bytes, COPP_RANDOM_SIZE), COPP_RANDOM_SIZE);
    recorded->key = test_private_key("leaf.pem");
    recorded->rig.adapter->random = &recorded->random.random;
    recorded->rig.adapter->key = recorded->key;
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

/* --- commands: the order of checks --- */

static const uint8_t hdcp_on[16] = {1, 0, 0, 0, 1};

struct session {
    struct rig rig;
    struct app app;
};

static void begin(struct session *session, const struct copp_connector_config *config) {
    rig_init(&session->rig, config);
    app_begin(&session->app, session->rig.connector);
}

static void end(struct session *session) {
    copp_device_close(&session->app.device);
    rig_end(&session->rig);
}

/* Each step mends the first thing wrong that is left. */
static void checks_of_a_command_in_order(void) {
    struct session s;
    begin(&s, NULL);
    uint8_t data[16] = {1, 0, 0, 0, 9}; /* level 9 */
    struct copp_command command = app_command(&s.app, COPP_SET_PROTECTION_LEVEL, data, 15);
    memset(command.bytes + 16, 0xEE, 16); /* no GUID */
    put_u32(command.bytes + 32, s.app.command_sequence + 1); /* not the expected one */
    command.bytes[0] ^= 1; /* MAC */

    s.app.device->state = COPP_DEVICE_KEY_EXCHANGED;
    assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED); /* state, before the sequence number */
    s.app.device->state = COPP_DEVICE_ACTIVE;
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the sequence number, before the MAC */
    put_u32(command.bytes + 32, s.app.command_sequence);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the GUID, before the MAC */
    memcpy(command.bytes + 16, rig_guid(COPP_SET_PROTECTION_LEVEL), 16);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the size, before the MAC */
    put_u32(command.bytes + 36, 16);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED); /* the MAC, before the level */
    app_sign(&s.app, &command);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG); /* the level */
    put_u32(command.bytes + 44, 1);
    app_sign(&s.app, &command);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_OK);
    end(&s);
}

static void guids_of_queries_are_no_commands(void) {
    struct session s;
    begin(&s, NULL);
    for (int request = COPP_QUERY_CONNECTOR_TYPE; request < COPP_REQUEST_COUNT; request++) {
        struct copp_command command = app_command(&s.app, (enum copp_request)request, hdcp_on, sizeof hdcp_on);
        assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG);
    }
    end(&s);
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
    struct session s;
    begin(&s, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t data[4056];
        memcpy(data, none, sizeof data);
        if (cases[i].request == COPP_SET_PROTECTION_LEVEL)
            memcpy(data, hdcp_on, sizeof hdcp_on);
        struct copp_command command = app_command(&s.app, cases[i].request, data, cases[i].size);
        assert_int_equal(app_send(&s.app, &command), cases[i].hresult);
    }
    end(&s);
}

static void every_byte_of_a_command_is_authenticated(void) {
    struct session s;
    begin(&s, NULL);
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
    end(&s);
}

static void another_sessions_command_is_refused(void) {
    struct session s;
    struct app other;
    begin(&s, NULL);
    app_open(&other, s.rig.connector);
    other.key[15] ^= 1;
    app_exchange(&other);
    assert_int_equal(app_start(&other), COPP_HR_OK);
    struct copp_command command = app_command(&other, COPP_SET_PROTECTION_LEVEL, hdcp_on, sizeof hdcp_on);
    assert_int_equal(app_send(&s.app, &command), COPP_HR_UNEXPECTED);
    assert_int_equal(app_send(&other, &command), COPP_HR_OK);
    copp_device_close(&other.device);
    end(&s);
}

static void the_command_sequence_grows_on_success_alone(void) {
    struct session s;
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
    end(&s);
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
    struct session s;
    begin(&s, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t data[16];
        put_u32(data, cases[i].type);
        put_u32(data + 4, cases[i].level);
        put_u32(data + 8, cases[i].extended_mask);
        put_u32(data + 12, cases[i].extended_data);
        struct copp_command command = app_command(&s.app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
        assert_int_equal(app_send(&s.app, &command), COPP_HR_INVALIDARG);
    }
    assert_int_equal(s.rig.output.applies, 0);
    end(&s);
}

static void type_missing_on_connector(void) {
    struct session s;
    struct copp_connector_config config = rig_config();
    config.protection_types = ACP;
    begin(&s, &config);
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, CGMSA, 1), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    end(&s);
}

static void every_level_reaches_the_output(void) {
    struct session s;
    begin(&s, NULL);
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
    end(&s);
}

static void a_link_that_fails_is_rolled_back(void) {
    static const enum copp_result answers[] = {COPP_E_FAILED, COPP_E_IO, COPP_E_CRYPTO, COPP_E_UNSUPPORTED};
    struct session s;
    begin(&s, NULL);
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
    end(&s);
}

static void level_0_always_succeeds(void) {
    struct session s;
    begin(&s, NULL);
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
    /* the books are right at once, and what the output still does is told as it is */
    assert_int_equal(app_local(&s.app, HDCP), 0);
    assert_int_equal(app_global(&s.app, HDCP), 1);
    assert_int_equal(app_global(&s.app, ACP), 2);
    assert_int_equal(app_global(&s.app, CGMSA), 4);
    s.rig.output.answer = COPP_OK;
    rig_output_end(&s.rig.output, s.rig.connector, COPP_OK);
    assert_int_equal(app_global(&s.app, HDCP), 0);
    assert_int_equal(app_global(&s.app, ACP), 0);
    assert_int_equal(app_global(&s.app, CGMSA), 0);
    end(&s);
}

/* One connector in one mode: what raising a level answers there. */
static uint32_t level_in_mode(uint32_t connector_type, uint32_t width, uint32_t height, bool interlaced, uint32_t type,
                              uint32_t level, uint32_t standard) {
    struct session s;
    struct copp_connector_config config = rig_config();
    config.connector_type = connector_type;
    config.default_standard = standard;
    begin(&s, &config);
    rig_set_mode(&s.rig.output, width, height, interlaced);
    uint32_t hresult = app_set_level(&s.app, type, level);
    assert_int_equal(app_local(&s.app, type), hresult == COPP_HR_OK ? level : 0);
    assert_int_equal(app_set_level(&s.app, type, 0), COPP_HR_OK);
    end(&s);
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
    struct session s;
    begin(&s, NULL);
    for (size_t i = 0; i < 2; i++) {
        s.rig.output.state.mode = modes[i];
        assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_UNSUPPORTEDMODE);
        assert_int_equal(app_set_level(&s.app, HDCP, 2), COPP_HR_INVALIDARG);
        assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    }
    s.rig.output.state.mode = COPP_MODE_DUALVIEW;
    assert_int_equal(app_set_level(&s.app, HDCP, 1), COPP_HR_OK);
    end(&s);
}

/* --- SetSignaling --- */

static uint32_t active_standard(struct app *app) {
    uint8_t answer[88];
    assert_int_equal(app_ask(app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    return get_u32(answer + 24);
}

static void standards_that_are_not_offered(void) {
    struct session s;
    struct copp_connector_config config = rig_config();
    config.tv_standards = COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_CEA805A_TYPEB_750P;
    begin(&s, &config);
    const struct rig_signaling wrong[] = {
        {.standard = COPP_TV_STANDARD_ARIBTRB15_750P},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_CEA805A_TYPEB_750P},
        {.standard = COPP_TV_STANDARD_UNKNOWN},
        {.standard = 0x8000},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .extended_mask = {1}},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .extended_mask = {0, 0, 0, 0x80000000u}},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .reserved = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(app_set_signaling(&s.app, &wrong[i]), COPP_HR_INVALIDARG);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    const struct rig_signaling right = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .extended_data = {5, 6, 7, 8}};
    assert_int_equal(app_set_signaling(&s.app, &right), COPP_HR_OK); /* data behind a mask of 0 is nothing */
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    assert_int_equal(s.rig.output.in_force.tv_standard, COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    assert_int_equal(app_set_signaling(&s.app, &(struct rig_signaling){.standard = COPP_TV_STANDARD_NONE}), COPP_HR_OK);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_NONE);
    end(&s);
}

static void standards_and_the_resolution(void) {
    static const struct {
        uint32_t width, height;
        bool interlaced;
        uint32_t fitting;
    } modes[] = {
        {720, 480, true, 0x1 | 0x2 | 0x8 | 0x800},
        {720, 480, false, 0x20 | 0x100 | 0x1000},
        {720, 576, true, 0x10},
        {720, 576, false, 0x4},
        {1280, 720, false, 0x40 | 0x200 | 0x2000},
        {1280, 720, true, 0},
        {1920, 1080, true, 0x80 | 0x400 | 0x4000},
        {1920, 1080, false, 0},
        {1024, 768, false, 0},
    };
    struct session s;
    begin(&s, NULL);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        rig_set_mode(&s.rig.output, modes[i].width, modes[i].height, modes[i].interlaced);
        for (uint32_t standard = 1; standard & COPP_TV_STANDARD_MASK; standard <<= 1) {
            uint32_t wanted = modes[i].fitting & standard ? COPP_HR_OK : COPP_HR_TOOBIGSIZE;
            assert_int_equal(app_set_signaling(&s.app, &(struct rig_signaling){.standard = standard}), wanted);
        }
        assert_int_equal(app_set_signaling(&s.app, &(struct rig_signaling){.standard = 0}), COPP_HR_OK);
    }
    end(&s);
}

static void aspect_words_change_by_their_masks(void) {
    struct session s;
    begin(&s, NULL);
    struct rig_signaling signaling = {
        .standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P, .mask = {0x7, 0xFFFFFFFF, 0}, .data = {0xFD, 0x12345678, 0xFFFFFFFF}};
    assert_int_equal(app_set_signaling(&s.app, &signaling), COPP_HR_OK);
    assert_int_equal(s.rig.output.in_force.aspect[0], 0x5);
    assert_int_equal(s.rig.output.in_force.aspect[1], 0x12345678);
    assert_int_equal(s.rig.output.in_force.aspect[2], 0);
    signaling = (struct rig_signaling){
        .standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P, .mask = {0x12, 0xFF00, 0x80000000u}, .data = {0x10, 0, 0xFFFFFFFF}};
    assert_int_equal(app_set_signaling(&s.app, &signaling), COPP_HR_OK);
    assert_int_equal(s.rig.output.in_force.aspect[0], 0x15);
    assert_int_equal(s.rig.output.in_force.aspect[1], 0x12340078);
    assert_int_equal(s.rig.output.in_force.aspect[2], 0x80000000u);
    uint8_t answer[88];
    assert_int_equal(app_ask(&s.app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    /* AspectRatioValidMask: the bits that somebody has chosen by now; AspectRatioData */
    static const uint32_t words[] = {0x17, 0x15, 0xFFFFFFFF, 0x12340078, 0x80000000u, 0x80000000u};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(get_u32(answer + 32 + 4 * i), words[i]);
    end(&s);
}

static void a_held_protection_must_go_on_being_signalled(void) {
    const struct rig_signaling none = {.standard = COPP_TV_STANDARD_NONE};
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P};
    const struct rig_signaling type_b = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P};
    struct session s;
    struct app other;
    begin(&s, NULL);
    app_begin(&other, s.rig.connector);
    assert_int_equal(app_set_level(&other, CGMSA, 1), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_INVALIDARG); /* CMD-5: whichever session holds it */
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &type_b), COPP_HR_OK);
    assert_int_equal(app_set_level(&other, CGMSA, 1 | RC), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_INVALIDARG); /* CMD-4 */
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&other, CGMSA, RC), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_INVALIDARG);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    assert_int_equal(app_set_level(&other, CGMSA, 0), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_OK);
    copp_device_close(&other.device);
    end(&s);
}

static void signaling_that_fails_is_rolled_back(void) {
    struct session s;
    begin(&s, NULL);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {1}, .data = {1}};
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_UNEXPECTED);
    s.rig.output.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_TOOBIGSIZE);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    assert_int_equal(app_set_level(&s.app, CGMSA, 4 | RC), COPP_HR_OK); /* as if nothing had been */
    assert_int_equal(s.rig.output.in_force.aspect[0], 0);
    end(&s);
}

static void signaling_belongs_to_the_connector(void) {
    struct session s;
    struct app other;
    begin(&s, NULL);
    app_begin(&other, s.rig.connector);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {3}, .data = {3}};
    const struct rig_signaling type_b = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P};
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_OK);
    assert_int_equal(active_standard(&other), COPP_TV_STANDARD_ARIBTRB15_750P);
    assert_int_equal(app_set_signaling(&other, &type_b), COPP_HR_OK); /* the last success wins */
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    copp_device_close(&other.device);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    copp_device_close(&s.app.device);
    assert_int_equal(s.rig.output.in_force.tv_standard, COPP_TV_STANDARD_CEA805A_TYPEA_750P); /* the default */
    assert_int_equal(s.rig.output.in_force.aspect[0], 0);
    app_begin(&s.app, s.rig.connector);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    end(&s);
}

/* --- queries --- */

static void checks_of_a_query_in_order(void) {
    struct session s;
    struct copp_connector_config config = rig_config();
    config.protection_types = HDCP;
    begin(&s, &config);
    uint8_t data[5] = {0};
    put_u32(data, ACP); /* not on this connector */
    struct copp_status_input input = app_request(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, data, 5);
    struct copp_status_output output;
    memset(input.bytes + 16, 0xEE, 16);
    put_u32(input.bytes + 32, s.app.status_sequence - 1);
    s.app.device->state = COPP_DEVICE_KEY_EXCHANGED;
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_UNEXPECTED);
    s.app.device->state = COPP_DEVICE_ACTIVE;
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    put_u32(input.bytes + 32, s.app.status_sequence);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    memcpy(input.bytes + 16, rig_guid(COPP_QUERY_LOCAL_PROTECTION_LEVEL), 16);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    put_u32(input.bytes + 36, 4);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_INVALIDARG);
    put_u32(input.bytes + 40, HDCP);
    assert_int_equal(copp_device_status(s.app.device, &input, &output), COPP_HR_OK);
    end(&s);
}

static void sizes_of_queries_are_exact(void) {
    struct session s;
    begin(&s, NULL);
    uint8_t data[4056] = {1};
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
    end(&s);
}

static void types_a_level_query_refuses(void) {
    static const uint32_t types[] = {
        0, HDCP | ACP, HDCP | ACP | CGMSA, 8, COPP_PROTECTION_TYPE_DPCP, COPP_PROTECTION_TYPE_UNKNOWN, 0x80000001u};
    struct session s;
    uint8_t answer[32];
    begin(&s, NULL);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        assert_int_equal(app_ask(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &types[i], answer, 32), COPP_HR_INVALIDARG);
        assert_int_equal(app_ask(&s.app, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, &types[i], answer, 32), COPP_HR_INVALIDARG);
    }
    end(&s);
}

static void guids_of_commands_are_no_queries(void) {
    struct session s;
    uint8_t answer[32];
    begin(&s, NULL);
    assert_int_equal(app_ask(&s.app, COPP_SET_PROTECTION_LEVEL, NULL, answer, 32), COPP_HR_INVALIDARG);
    assert_int_equal(app_ask(&s.app, COPP_SET_SIGNALING, NULL, answer, 32), COPP_HR_INVALIDARG);
    end(&s);
}

static void the_status_sequence_grows_on_success_alone(void) {
    struct session s;
    rig_init(&s.rig, NULL);
    app_open(&s.app, s.rig.connector);
    app_exchange(&s.app);
    s.app.status_sequence = UINT32_MAX;
    assert_int_equal(app_start(&s.app), COPP_HR_OK);
    uint8_t answer[32];
    assert_int_equal(app_ask(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &(uint32_t){0}, answer, 32), COPP_HR_INVALIDARG);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    assert_int_equal(s.app.status_sequence, 0);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    struct copp_status_input replay = app_request(&s.app, COPP_QUERY_BUS_DATA, NULL, 0);
    put_u32(replay.bytes + 32, 0);
    struct copp_status_output output;
    assert_int_equal(copp_device_status(s.app.device, &replay, &output), COPP_HR_INVALIDARG);
    end(&s);
}

/* app_ask checks MAC, rApp, cbSizeData and zeros of every answer. */
static void answers_of_words(void) {
    struct session s;
    uint8_t answer[32];
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_LVDS | COPP_CONNECTOR_INTERNAL;
    config.bus_type = COPP_BUS_AGP | COPP_BUS_INTEGRATED;
    begin(&s, &config);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_CONNECTOR_TYPE, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), 0x80000006u);
    assert_int_equal(get_u32(answer + 24), 0);
    assert_int_equal(get_u32(answer + 28), 0);
    assert_int_equal(app_word(&s.app, COPP_QUERY_BUS_DATA), 0x80000004u);
    assert_int_equal(app_word(&s.app, COPP_QUERY_PROTECTION_TYPE), 7);
    end(&s);
}

static void protection_types_whatever_the_mode(void) {
    struct session s;
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_COMPONENT;
    begin(&s, &config);
    rig_set_mode(&s.rig.output, 1920, 1080, true); /* no ACP here */
    s.rig.output.state.mode = COPP_MODE_CLONE;
    assert_int_equal(app_word(&s.app, COPP_QUERY_PROTECTION_TYPE), HDCP | ACP | CGMSA);
    end(&s);
}

static void answer_of_display_data(void) {
    struct session s;
    uint8_t answer[44];
    begin(&s, NULL);
    s.rig.output.state.display = (struct copp_display){720, 480, 0x01020304, 22, 60000, 1001};
    assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    static const uint32_t words[] = {0, 720, 480, 0x01020304, 22, 60000, 1001};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(get_u32(answer + 16 + 4 * i), words[i]);
    end(&s);
}

static void answer_of_hdcp_key_data(void) {
    struct session s;
    uint8_t answer[72];
    static const uint8_t zeros[43];
    begin(&s, NULL);
    s.rig.output.state.repeater = true;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), COPP_HDCP_REPEATER);
    assert_memory_equal(answer + 24, "\x14\xf7\x61\x03\xb7", 5); /* WIRE-9: least significant byte first */
    assert_memory_equal(answer + 29, zeros, sizeof zeros);
    s.rig.output.state.repeater = false;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), 0);
    s.rig.output.state.hdcp_receiver = false;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    end(&s);

    struct copp_connector_config config = rig_config();
    config.protection_types = ACP;
    begin(&s, &config);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    end(&s);
}

static void answer_of_signaling(void) {
    struct session s;
    uint8_t answer[88];
    struct copp_connector_config config = rig_config();
    config.tv_standards = COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_ARIBTRB15_750P;
    begin(&s, &config);
    s.rig.output.state.tv_type = 0x10;
    const struct rig_signaling signaling = {
        .standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {3, 0, 0xF0}, .data = {2, 0, 0x50}};
    assert_int_equal(app_set_signaling(&s.app, &signaling), COPP_HR_OK);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    static const uint32_t words[] = {0, 0x2040, 0x2000, 0x10, 3, 2, 0, 0, 0xF0, 0x50, 0, 0, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(get_u32(answer + 16 + 4 * i), words[i]);
    end(&s);
}

static void flags_come_in_every_structure(void) {
    static const struct {
        enum copp_request request;
        size_t size;
    } queries[] = {{COPP_QUERY_CONNECTOR_TYPE, 32},
                   {COPP_QUERY_DISPLAY_DATA, 44},
                   {COPP_QUERY_HDCP_KEY_DATA, 72},
                   {COPP_QUERY_SIGNALING, 88}};
    struct session s;
    uint8_t answer[88];
    begin(&s, NULL);
    for (size_t i = 0; i < 4; i++) {
        copp_connector_reconfigured(s.rig.connector);
        assert_int_equal(app_ask(&s.app, queries[i].request, NULL, answer, queries[i].size), COPP_HR_OK);
        assert_int_equal(s.app.flags, COPP_STATUS_RENEGOTIATION_REQUIRED);
        assert_int_equal(app_ask(&s.app, queries[i].request, NULL, answer, queries[i].size), COPP_HR_OK);
        assert_int_equal(s.app.flags, COPP_STATUS_NORMAL);
    }
    end(&s);
}

/* EVT-2: a request that fails delivers nothing. */
static void flags_wait_for_a_successful_answer(void) {
    struct session s;
    uint8_t answer[72];
    begin(&s, NULL);
    copp_connector_unplugged(s.rig.connector);
    s.rig.output.state.hdcp_receiver = false;
    assert_int_equal(app_ask(&s.app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, sizeof answer), COPP_HR_INVALIDARG);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &(uint32_t){0}, answer, 32), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&s.app, HDCP, 0), COPP_HR_OK);
    copp_connector_reconfigured(s.rig.connector);
    assert_int_equal(app_flags(&s.app), COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(app_flags(&s.app), 0);
    end(&s);
}

static const struct test_case cases[] = {
    TEST(calls_out_of_order_change_nothing, "SES-3"),
    TEST(null_pointers_come_first, ""),
    TEST(levels_are_zero_and_counted_at_open, "SES-1 ARB-1"),
    TEST(random_numbers_are_drawn_for_each_device, "SES-2"),
    TEST(without_random_numbers_there_is_no_exchange, "SES-2"),
    TEST(the_default_source_is_the_crypto_librarys, "SES-2"),
    TEST(recorded_sessions_are_accepted, "SES-4 SES-5 SES-6 SES-7 CMD-1 WIRE-1 WIRE-2 WIRE-5"),
    TEST(cryptoapi_handshakes, "SES-5 SES-6 SES-7"),
    TEST(nothing_but_s_is_looked_at, "SES-6"),
    TEST(every_byte_of_the_random_number_counts, "SES-7 SES-8"),
    TEST(a_wrong_guess_spends_the_random_number, "SES-8"),
    TEST(an_internal_failure_spends_nothing, "SES-8"),
    TEST(a_ciphertext_not_below_the_modulus, "SES-8"),
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
    TEST(standards_that_are_not_offered, "CMD-5 WIRE-6"),
    TEST(standards_and_the_resolution, "CMD-5"),
    TEST(aspect_words_change_by_their_masks, "CMD-5 WIRE-6 WIRE-10"),
    TEST(a_held_protection_must_go_on_being_signalled, "CMD-4 CMD-5"),
    TEST(signaling_that_fails_is_rolled_back, "CMD-5 CMD-3"),
    TEST(signaling_belongs_to_the_connector, "CMD-5"),
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

int main(void) {
    return RUN_SUITE("device", cases);
}
