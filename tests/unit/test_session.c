/* The application's side against a driver that may do anything (SES, CMD, QRY). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fake_driver.h"
#include "session/internal.h"

static void free_all(struct copp_session **session, struct fake_driver *driver) {
    copp_session_free(session);
    assert_null(*session);
    fake_driver_end(driver);
}

/* The plaintext in an RSAES-PKCS1-v1_5 block: 00 02, at least eight bytes that are not 0, 00, plaintext. */
static const uint8_t *unpad(const uint8_t *block, size_t *size) {
    assert_int_equal(block[0], 0);
    assert_int_equal(block[1], 2);
    size_t end = 2;
    while (end < COPP_SIGNATURE_SIZE && block[end])
        end++;
    assert_true(end >= 10 && end < COPP_SIGNATURE_SIZE);
    *size = COPP_SIGNATURE_SIZE - end - 1;
    return block + end + 1;
}

/* The two forms: S reversed is all of the plaintext, or its end behind zeros. */
static void check_form(const uint8_t *block, enum copp_handshake_form form, const uint8_t *s) {
    size_t size;
    const uint8_t *plain = unpad(block, &size);
    assert_int_equal(size, form == COPP_FORM_SWAP40 ? 40 : 245);
    for (size_t i = 0; i < size - COPP_HANDSHAKE_SIZE; i++)
        assert_int_equal(plain[i], 0);
    for (size_t i = 0; i < COPP_HANDSHAKE_SIZE; i++)
        assert_int_equal(plain[size - 1 - i], s[i]);
}

static void seal_in(enum copp_handshake_form form) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct fake_random random;
    fake_random_init(&random, 0x31);
    struct copp_session *session = fake_session(
        &driver,
        &(struct copp_session_config){.size = sizeof(struct copp_session_config), .random = &random.random, .form = form});
    uint8_t s[COPP_HANDSHAKE_SIZE];
    memcpy(s, driver.random, sizeof driver.random);
    for (size_t i = 16; i < sizeof s; i++)
        s[i] = (uint8_t)(0x31 + i - 16); /* key, status sequence and command sequence: 24 bytes of the CSPRNG's */
    check_form(driver.block, form, s);
    assert_int_equal(driver.starts, 1);
    assert_int_equal(session->status_sequence, 0x44434241);
    assert_int_equal(session->command_sequence, 0x48474645);
    free_all(&session, &driver);
}

static void seals_swap40(void) {
    seal_in(COPP_FORM_SWAP40);
}

static void seals_swap256(void) {
    seal_in(COPP_FORM_SWAP256);
}

static void sends_swap40_unless_told_otherwise(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    size_t size;
    (void)unpad(driver.block, &size);
    assert_int_equal(size, 40);
    free_all(&session, &driver);
}

static uint32_t member(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return (uint32_t)json_integer_value(value);
}

static size_t hex_member(const json_t *object, const char *name, uint8_t *bytes, size_t capacity) {
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return from_hex(text, bytes, capacity);
}

static void vector_s(const json_t *session, uint8_t *s) {
    assert_int_equal(hex_member(session, "random", s, 16), 16);
    assert_int_equal(hex_member(session, "session_key", s + 16, 16), 16);
    for (unsigned i = 0; i < 4; i++) {
        s[32 + i] = (uint8_t)(member(session, "status_sequence") >> (8 * i));
        s[36 + i] = (uint8_t)(member(session, "command_sequence") >> (8 * i));
    }
}

/* What an independent implementation and CryptoAPI itself have sealed has the form that this suite demands of ours. */
static void forms_are_those_of_the_vectors(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    uint8_t s[COPP_HANDSHAKE_SIZE], block[COPP_SIGNATURE_SIZE], signature[COPP_SIGNATURE_SIZE];
    size_t size;
    char *text = (char *)read_test_file("vectors/sessions.json", &size);
    json_t *root = json_loads(text, 0, NULL);
    const json_t *sessions = json_object_get(root, "sessions");
    assert_true(json_array_size(sessions) >= 2);
    for (size_t i = 0; i < json_array_size(sessions); i++) {
        const json_t *one = json_array_get(sessions, i);
        vector_s(one, s);
        assert_int_equal(hex_member(one, "signature", signature, sizeof signature), sizeof signature);
        fake_driver_open(driver.key, signature, block);
        bool swap40 = strcmp(json_string_value(json_object_get(one, "form")), "swap40") == 0;
        check_form(block, swap40 ? COPP_FORM_SWAP40 : COPP_FORM_SWAP256, s);
    }
    json_decref(root);
    free(text);

    text = (char *)read_test_file("vectors/cryptoapi.json", &size);
    root = json_loads(text, 0, NULL);
    vector_s(root, s);
    static const char *const files[] = {"vectors/cryptoapi-swap40.bin", "vectors/cryptoapi-swap256.bin"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t *bytes = read_test_file(files[i], &size);
        assert_int_equal(size, COPP_SIGNATURE_SIZE);
        fake_driver_open(driver.key, bytes, block);
        check_form(block, i ? COPP_FORM_SWAP256 : COPP_FORM_SWAP40, s);
        free(bytes);
    }
    json_decref(root);
    free(text);
    fake_driver_end(&driver);
}

static void secrets_are_fresh(void) {
    struct fake_driver drivers[2];
    for (size_t i = 0; i < 2; i++) {
        fake_driver_init(&drivers[i]);
        struct copp_session *session = fake_session(&drivers[i], NULL);
        copp_session_free(&session);
        fake_driver_end(&drivers[i]);
    }
    assert_memory_not_equal(drivers[0].session_key, drivers[1].session_key, COPP_KEY_SIZE);
    assert_int_not_equal(drivers[0].status_sequence, drivers[1].status_sequence);
    assert_int_not_equal(drivers[0].command_sequence, drivers[1].command_sequence);
    assert_int_not_equal(drivers[0].command_sequence, drivers[0].status_sequence);
}

static void no_random_no_handshake(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct fake_random random;
    fake_random_init(&random, 0);
    random.good = 0;
    struct copp_session *session = fake_session_new(
        &driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .random = &random.random});
    assert_int_equal(copp_session_exchange(session, NULL), COPP_OK);
    assert_int_equal(copp_session_start(session), COPP_E_RANDOM);
    assert_int_equal(driver.starts, 0);
    free_all(&session, &driver);
}

/* Exchanges with a driver that presents bytes: refused with result, and nothing is ever sealed. */
static struct copp_verdict refuse_chain(const struct copp_session_config *config, const uint8_t *bytes, size_t size,
                                        enum copp_result expected) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    uint8_t *good = driver.chain_bytes;
    driver.chain_bytes = (uint8_t *)(uintptr_t)bytes;
    driver.chain_size = size;
    struct copp_session *session = fake_session_new(&driver, config);
    struct copp_verdict verdict;
    assert_int_equal(copp_session_establish(session, &verdict), expected);
    assert_int_equal(copp_session_start(session), expected);
    assert_int_equal(copp_session_exchange(session, NULL), expected);
    uint32_t word;
    assert_int_equal(copp_session_connector_type(session, &word), expected);
    assert_null(copp_session_chain(session));
    assert_int_equal(driver.exchanges, 1);
    assert_int_equal(driver.starts, 0);
    assert_int_equal(driver.queries, 0);
    copp_session_free(&session);
    driver.chain_bytes = good;
    fake_driver_end(&driver);
    return verdict;
}

static void nothing_is_sealed_to_a_bad_chain(void) {
    size_t size;
    char *text = (char *)read_test_file("vectors/chains.json", &size);
    json_t *root = json_loads(text, 0, NULL);
    json_t *invalid = json_object_get(root, "invalid");
    assert_true(json_object_size(invalid) >= 20);
    const char *name;
    json_t *one;
    json_object_foreach(invalid, name, one) {
        char file[128];
        (void)snprintf(file, sizeof file, "vectors/%s", name);
        uint8_t *bytes = read_test_file(file, &size);
        struct copp_verdict verdict = refuse_chain(NULL, bytes, size, COPP_E_INVALID);
        const char *rules = json_string_value(json_object_get(one, "rule"));
        assert_non_null(strstr(rules, copp_rule_id(verdict.rule)));
        free(bytes);
    }
    json_decref(root);
    free(text);
}

static void nothing_is_sealed_without_a_chain(void) {
    assert_int_equal(refuse_chain(NULL, NULL, 0, COPP_E_INVALID).rule, COPP_RULE_CERT_1);
    assert_int_equal(refuse_chain(NULL, NULL, 6400, COPP_E_INVALID).rule, COPP_RULE_CERT_1);
    assert_int_equal(refuse_chain(NULL, (const uint8_t *)"", 0, COPP_E_INVALID).rule, COPP_RULE_CERT_1);
    uint8_t *large = calloc(1, COPP_CHAIN_SIZE_MAX + 1);
    assert_non_null(large);
    (void)refuse_chain(NULL, large, COPP_CHAIN_SIZE_MAX + 1, COPP_E_TOO_LARGE);
    free(large);
}

static struct copp_revocation_list *test_list(const char *name) {
    size_t size;
    uint8_t *bytes = read_test_file(name, &size);
    struct copp_public_key anchor = test_anchor();
    struct copp_revocation_list *list;
    struct copp_verdict verdict;
    assert_int_equal(copp_revocation_validate(bytes, size, &anchor, &list, &verdict), COPP_OK);
    free(bytes);
    return list;
}

static struct copp_chain *test_chain(void) {
    size_t size;
    uint8_t *bytes = read_test_file("vectors/chain-good.xml", &size);
    struct copp_public_key anchor = test_anchor();
    struct copp_chain *chain;
    struct copp_verdict verdict;
    assert_int_equal(copp_chain_validate(bytes, size, &anchor, &chain, &verdict), COPP_OK);
    free(bytes);
    return chain;
}

static void nothing_is_sealed_to_a_revoked_chain(void) {
    static const char *const lists[] = {"vectors/crl-v8-leaf-revoked.bin", "vectors/crl-v9-ihv-revoked.bin"};
    struct copp_revocation_list *empty = test_list("vectors/crl-v7-empty.bin");
    struct copp_chain *known = test_chain();
    size_t size;
    const uint8_t *bytes = copp_chain_bytes(known, &size);
    for (int i = 0; i < 2; i++) {
        struct copp_revocation_list *list = test_list(lists[i]);
        /* one list is enough, whichever it is */
        const struct copp_revocation_list *const both[] = {empty, list, empty};
        const struct copp_session_lists revoking = {.size = sizeof revoking, .revocations = both, .revocation_count = 3};
        struct copp_verdict verdict =
            refuse_chain(&(struct copp_session_config){.size = sizeof(struct copp_session_config), .lists = &revoking}, bytes,
                         size, COPP_E_REVOKED);
        assert_int_equal(verdict.rule, COPP_RULE_CRL_4);
        assert_int_equal(verdict.certificate, i);
        /* to know a chain is not to forgive it */
        verdict = refuse_chain(
            &(struct copp_session_config){.size = sizeof(struct copp_session_config), .lists = &revoking, .known_chain = known},
            bytes, size, COPP_E_REVOKED);
        assert_int_equal(verdict.rule, COPP_RULE_CRL_4);
        copp_revocation_free(&list);
    }
    struct fake_driver driver;
    fake_driver_init(&driver);
    const struct copp_session_lists harmless = {
        .size = sizeof harmless, .revocations = (const struct copp_revocation_list *const[]){empty}, .revocation_count = 1};
    struct copp_session *session =
        fake_session(&driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .lists = &harmless});
    free_all(&session, &driver);
    copp_revocation_free(&empty);
    copp_chain_free(&known);
}

static void a_known_chain_is_not_validated_again(void) {
    struct copp_chain *known = test_chain();
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session =
        fake_session(&driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .known_chain = known});
    assert_ptr_equal(copp_session_chain(session), known);
    free_all(&session, &driver);

    /* other bytes, be they as good, are a chain of their own */
    fake_driver_init(&driver);
    uint8_t *longer = realloc(driver.chain_bytes, driver.chain_size + 1);
    assert_non_null(longer);
    longer[driver.chain_size++] = '\n';
    driver.chain_bytes = longer;
    session =
        fake_session(&driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .known_chain = known});
    assert_non_null(copp_session_chain(session));
    assert_ptr_not_equal(copp_session_chain(session), known);
    free_all(&session, &driver);

    size_t size; /* nor is the beginning of a known chain known */
    const uint8_t *bytes = copp_chain_bytes(known, &size);
    (void)refuse_chain(&(struct copp_session_config){.size = sizeof(struct copp_session_config), .known_chain = known}, bytes,
                       size - 20, COPP_E_INVALID);

    uint8_t *bad = read_test_file("vectors/chain-bad-leaf-bad-signature.xml", &size);
    struct copp_verdict verdict =
        refuse_chain(&(struct copp_session_config){.size = sizeof(struct copp_session_config), .known_chain = known}, bad, size,
                     COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CERT_11);
    free(bad);
    copp_chain_free(&known);
}

static enum copp_result try_new(const struct copp_session_config *config) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = (struct copp_session *)(uintptr_t)1;
    enum copp_result result = copp_session_new(config, &driver.transport, &session);
    assert_true(result == COPP_OK || session == NULL);
    copp_session_free(&session);
    assert_int_equal(driver.exchanges, 0);
    fake_driver_end(&driver);
    return result;
}

static void only_validated_things_are_accepted(void) {
    const struct copp_public_key anchor = test_anchor();
    struct copp_session_config config = {.size = sizeof config};
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT); /* a test anchor is never assumed, nor any other (CERT-12) */
    config.anchor = &anchor;
    assert_int_equal(try_new(&config), COPP_OK);
    config.form = COPP_FORM_OPM; /* of another protocol */
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT);
    config.form = COPP_FORM_SWAP256;

    struct copp_verdict verdict;
    size_t size;
    uint8_t *bytes = read_test_file("vectors/crl-v7-empty.bin", &size);
    struct copp_revocation_list *list;
    assert_int_equal(copp_revocation_parse(bytes, size, &list, &verdict), COPP_OK);
    struct copp_session_lists lists = {
        .size = sizeof lists, .revocations = (const struct copp_revocation_list *const[]){list}, .revocation_count = 1};
    config.lists = &lists;
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT);
    lists.revocations = NULL; /* one is promised, and not there */
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT);
    lists = (struct copp_session_lists){.size = sizeof lists, .srm_count = 1};
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT);
    lists = (struct copp_session_lists){.size = sizeof lists};
    copp_revocation_free(&list);
    free(bytes);

    bytes = read_test_file("vectors/chain-good.xml", &size);
    struct copp_chain *parsed;
    assert_int_equal(copp_chain_parse(bytes, size, &parsed, &verdict), COPP_OK);
    config.known_chain = parsed;
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT);
    copp_chain_free(&parsed);
    free(bytes);

    struct copp_chain *known = test_chain();
    config.known_chain = known;
    assert_int_equal(try_new(&config), COPP_OK);
    config.anchor = copp_anchor_microsoft();
    assert_int_equal(try_new(&config), COPP_E_ARGUMENT);
    copp_chain_free(&known);
}

static enum copp_result try_srms(const struct copp_srm *const *srms, size_t count) {
    const struct copp_public_key anchor = test_anchor();
    const struct copp_session_lists lists = {.size = sizeof lists, .srms = srms, .srm_count = count};
    return try_new(&(struct copp_session_config){.size = sizeof(struct copp_session_config), .anchor = &anchor, .lists = &lists});
}

static void only_srms_that_check_receivers_are_accepted(void) {
    static const struct copp_srm_key facsimile = {.size = sizeof facsimile, .kind = COPP_SRM_KEY_FACSIMILE};
    uint8_t bytes[64];
    size_t size = from_hex(facsimile_srm, bytes, sizeof bytes);
    struct copp_srm *parsed;
    struct copp_srm *verified;
    struct copp_srm *second;
    struct copp_verdict verdict;
    assert_int_equal(copp_srm_parse(bytes, size, &parsed, &verdict), COPP_OK);
    assert_int_equal(copp_srm_verify(bytes, size, &facsimile, &verified, &verdict), COPP_OK);
    uint8_t *file = read_test_vector("srm-hdcp2-v1.bin", &size);
    assert_int_equal(copp_srm_verify(file, size, NULL, &second, &verdict), COPP_OK);
    free(file);
    assert_int_equal(try_srms((const struct copp_srm *const[]){verified}, 1), COPP_OK);
    assert_int_equal(try_srms((const struct copp_srm *const[]){parsed}, 1), COPP_E_ARGUMENT);
    assert_int_equal(try_srms((const struct copp_srm *const[]){NULL}, 1), COPP_E_ARGUMENT);
    /* HDCP 2's would check no KSV, alone or beside another */
    assert_int_equal(try_srms((const struct copp_srm *const[]){second}, 1), COPP_E_ARGUMENT);
    assert_int_equal(try_srms((const struct copp_srm *const[]){verified, second}, 2), COPP_E_ARGUMENT);
    copp_srm_free(&parsed);
    copp_srm_free(&verified);
    copp_srm_free(&second);
}

/* CRL-4: a list that comes while the session runs. */
static void new_lists_are_checked_at_once(void) {
    struct copp_revocation_list *empty = test_list("vectors/crl-v7-empty.bin");
    struct copp_revocation_list *revoking = test_list("vectors/crl-v9-ihv-revoked.bin");
    const struct copp_session_lists harmless = {
        .size = sizeof harmless, .revocations = (const struct copp_revocation_list *const[]){empty}, .revocation_count = 1};
    const struct copp_session_lists both = {
        .size = sizeof both, .revocations = (const struct copp_revocation_list *const[]){empty, revoking}, .revocation_count = 2};
    struct copp_verdict verdict;
    struct fake_driver driver;
    uint32_t type;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_set_lists(session, &harmless, &verdict), COPP_OK);
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    assert_int_equal(copp_session_connector_type(session, &type), COPP_OK);
    assert_int_equal(copp_session_set_lists(session, &both, &verdict), COPP_E_REVOKED);
    assert_int_equal(verdict.rule, COPP_RULE_CRL_4);
    assert_int_equal(verdict.certificate, 1);
    unsigned seen = driver.queries + driver.commands;
    assert_int_equal(copp_session_connector_type(session, &type), COPP_E_REVOKED); /* for good */
    assert_int_equal(copp_session_set_lists(session, &harmless, NULL), COPP_E_REVOKED);
    assert_int_equal(copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_E_REVOKED);
    assert_int_equal(driver.queries + driver.commands, seen);
    free_all(&session, &driver);

    /* before the chain is there it is the handshake that refuses it */
    fake_driver_init(&driver);
    session = fake_session_new(&driver, NULL);
    assert_int_equal(copp_session_set_lists(session, &both, NULL), COPP_OK);
    assert_int_equal(copp_session_establish(session, &verdict), COPP_E_REVOKED);
    assert_int_equal(driver.starts, 0);
    free_all(&session, &driver);
    copp_revocation_free(&empty);
    copp_revocation_free(&revoking);
}

static void new_lists_must_be_valid(void) {
    struct copp_revocation_list *empty = test_list("vectors/crl-v7-empty.bin");
    struct copp_revocation_list *parsed;
    struct copp_verdict verdict;
    size_t size;
    uint8_t *bytes = read_test_file("vectors/crl-v7-empty.bin", &size);
    assert_int_equal(copp_revocation_parse(bytes, size, &parsed, &verdict), COPP_OK);
    free(bytes);
    const struct copp_session_lists bad = {
        .size = sizeof bad, .revocations = (const struct copp_revocation_list *const[]){empty, parsed}, .revocation_count = 2};
    struct fake_driver driver;
    uint32_t type;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_set_lists(session, &bad, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_lists(session, NULL, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_lists(NULL, &bad, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_connector_type(session, &type), COPP_OK); /* nothing has changed */
    free_all(&session, &driver);
    copp_revocation_free(&empty);
    copp_revocation_free(&parsed);
}

static void calls_out_of_order(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session_new(&driver, NULL);
    uint32_t word = 77;
    assert_int_equal(copp_session_start(session), COPP_E_STATE);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_E_STATE);
    assert_int_equal(copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_E_STATE);
    assert_null(copp_session_chain(session));
    assert_int_equal(copp_session_exchange(session, NULL), COPP_OK);
    assert_non_null(copp_session_chain(session));
    assert_int_equal(copp_session_exchange(session, NULL), COPP_E_STATE);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_E_STATE);
    assert_int_equal(copp_session_start(session), COPP_OK);
    assert_int_equal(copp_session_start(session), COPP_E_STATE);
    assert_int_equal(copp_session_establish(session, NULL), COPP_E_STATE);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    assert_int_equal(word, COPP_CONNECTOR_HDMI);
    assert_int_equal(driver.exchanges, 1);
    assert_int_equal(driver.starts, 1);
    assert_int_equal(driver.queries, 1);
    free_all(&session, &driver);
}

static void null_arguments(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    const struct copp_public_key anchor = test_anchor();
    const struct copp_session_config config = {.size = sizeof config, .anchor = &anchor};
    struct copp_session *none = NULL;
    assert_int_equal(copp_session_new(NULL, &driver.transport, &none), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_new(&config, NULL, &none), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_new(&config, &driver.transport, NULL), COPP_E_ARGUMENT);
    struct copp_verdict verdict;
    uint32_t word;
    assert_int_equal(copp_session_exchange(NULL, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_start(NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_establish(NULL, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_connector_type(NULL, &word), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_protection_level(NULL, 1, 1), COPP_E_ARGUMENT);
    assert_null(copp_session_chain(NULL));
    assert_int_equal(copp_session_hresult(NULL), COPP_HR_POINTER);
    assert_int_equal(copp_session_take_events(NULL), COPP_STATUS_LINK_LOST);
    copp_session_free(NULL);
    copp_session_free(&none);

    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_connector_type(session, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_local_level(session, 1, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_display(session, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_hdcp_key(session, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_signaling(session, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_session_set_signaling(session, NULL), COPP_E_ARGUMENT);
    assert_int_equal(driver.queries + driver.commands, 0);
    free_all(&session, &driver);
}

static void frees_a_transport(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_transport *transport = &driver.transport;
    copp_transport_free(&transport);
    assert_null(transport);
    assert_true(driver.freed);
    copp_transport_free(&transport);
    copp_transport_free(NULL);
    fake_driver_end(&driver);
}

static void a_driver_may_refuse_to_begin(void) {
    static const uint32_t answers[] = {COPP_HR_NO_COPP_HW, COPP_HR_NO_MONITOR, COPP_HR_UNEXPECTED, 1 /* S_FALSE is no S_OK */};
    for (unsigned i = 0; i < 8; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session_new(&driver, NULL);
        fake_driver_fault(&driver, FAKE_REFUSES, i / 4, answers[i % 4]);
        assert_int_equal(copp_session_establish(session, NULL), COPP_E_REFUSED);
        assert_int_equal(copp_session_hresult(session), answers[i % 4]);
        assert_int_equal(driver.starts, i / 4);
        assert_int_equal(copp_session_start(session), COPP_E_REFUSED);
        assert_int_equal(copp_session_exchange(session, NULL), COPP_E_REFUSED);
        assert_int_equal(driver.starts, i / 4);
        assert_int_equal(driver.exchanges, 1);
        free_all(&session, &driver);
    }
}

/* One call of each kind, in turn: 0 and 1 are the handshake's. */
static enum copp_result call(struct copp_session *session, unsigned index) {
    uint32_t word;
    struct copp_display display;
    struct copp_status_hdcp_key key;
    struct copp_status_signaling signaling;
    switch (index) {
    case 0:
        return copp_session_exchange(session, NULL);
    case 1:
        return copp_session_start(session);
    case 2:
        return copp_session_connector_type(session, &word);
    case 3:
        return copp_session_protection_types(session, &word);
    case 4:
        return copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL2);
    case 5:
        return copp_session_local_level(session, COPP_PROTECTION_TYPE_ACP, &word);
    case 6:
        return copp_session_global_level(session, COPP_PROTECTION_TYPE_ACP, &word);
    case 7:
        return copp_session_display(session, &display);
    case 8:
        return copp_session_set_signaling(session, &(struct copp_set_signaling){.standard = COPP_TV_STANDARD_IEC61880_525I});
    case 9:
        return copp_session_hdcp_key(session, &key);
    case 10:
        return copp_session_bus_type(session, &word);
    default:
        return copp_session_signaling(session, &signaling);
    }
}
#define CALLS 12u

static bool is_query(unsigned index) {
    return index >= 2 && index != 4 && index != 8;
}

static unsigned calls_seen(const struct fake_driver *driver) {
    return driver->exchanges + driver->starts + driver->commands + driver->queries;
}

/* The session is dead of error: it says so to everything, asks the driver for nothing, and has no key any more. */
static void check_dead(struct copp_session *session, const struct fake_driver *driver, enum copp_result error) {
    static const uint8_t zero[COPP_RANDOM_SIZE] = {0};
    unsigned seen = calls_seen(driver);
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(call(session, i), error);
    assert_int_equal(calls_seen(driver), seen);
    assert_null(session->omac);
    assert_memory_equal(session->random, zero, sizeof zero);
    assert_int_equal(session->pool.left, 0);
}

/* Calls in turn, with the fault at call `at`. */
static void fail_at(unsigned at, enum fake_fault fault, uint32_t value, enum copp_result error) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session_new(&driver, NULL);
    fake_driver_fault(&driver, fault, at, value);
    for (unsigned i = 0; i < at; i++)
        assert_int_equal(call(session, i), COPP_OK);
    driver.flags = COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED;
    assert_int_equal(call(session, at), error);
    assert_int_equal(copp_session_take_events(session), 0); /* no flag of an unproven answer is believed */
    check_dead(session, &driver, error);
    free_all(&session, &driver);
}

static void a_lost_call_ends_the_session(void) {
    for (unsigned at = 0; at < CALLS; at++) {
        fail_at(at, FAKE_LOST, (uint32_t)COPP_E_TRANSPORT, COPP_E_TRANSPORT);
        fail_at(at, FAKE_LOST, (uint32_t)COPP_E_REFUSED, COPP_E_TRANSPORT); /* it must not pass for "nothing has changed" */
    }
}

static void each_false_answer_ends_the_session(void) {
    for (unsigned at = 2; at < CALLS; at++) {
        if (!is_query(at))
            continue;
        fail_at(at, FAKE_MAC_BIT, at, COPP_E_AUTHENTICATION);
        fail_at(at, FAKE_BODY_BIT, 999, COPP_E_AUTHENTICATION);
        fail_at(at, FAKE_SIZE, 0, COPP_E_AUTHENTICATION);
        fail_at(at, FAKE_R_APP_BIT, 8 * at, COPP_E_AUTHENTICATION);
        if (at > 2) { /* there is an answer to say again */
            fail_at(at, FAKE_REPLAY, 0, COPP_E_AUTHENTICATION);
            fail_at(at, FAKE_REWRITE, 0, COPP_E_AUTHENTICATION);
        }
        fail_at(at, FAKE_SILENT, 0, COPP_E_AUTHENTICATION);
        if (at > 4)
            fail_at(at, FAKE_REFLECT, 0, COPP_E_AUTHENTICATION);
    }
}

static void each_bit_of_the_mac_counts(void) {
    for (uint32_t bit = 0; bit < 8 * COPP_MAC_SIZE; bit += 1)
        fail_at(2, FAKE_MAC_BIT, bit, COPP_E_AUTHENTICATION);
}

static void the_mac_covers_all_behind_it(void) {
    static const uint32_t bits[] = {0, 31, 32, 159, 160, 191, 192, 300, 4 * 4080, 8 * 4080 - 129, 8 * 4080 - 128, 8 * 4080 - 1};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        fail_at(2, FAKE_BODY_BIT, bits[i], COPP_E_AUTHENTICATION);
}

static void the_size_is_exact(void) {
    static const uint32_t sizes[] = {0, 16, 20, 31, 33, 44, 72, 88, 4076, 4077, 0x20000000, 0x80000020, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        fail_at(2, FAKE_SIZE, sizes[i], COPP_E_AUTHENTICATION);
}

static void each_bit_of_r_app_counts(void) {
    for (uint32_t bit = 0; bit < 8 * COPP_RANDOM_SIZE; bit += 1)
        fail_at(2, FAKE_R_APP_BIT, bit, COPP_E_AUTHENTICATION);
}

static void r_app_is_fresh_for_each_request(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    enum { count = 70 }; /* more than the pool holds, several times over */
    uint32_t word;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(driver.asked[i].r_app, driver.asked[k].r_app, COPP_RANDOM_SIZE);
    }
    free_all(&session, &driver);
}

/* Every random byte is served once, also for a request that the driver refuses, and none stays behind. */
static void r_app_is_used_once(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct fake_random random;
    fake_random_init(&random, 1);
    struct copp_session *session = fake_session(
        &driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .random = &random.random});
    uint32_t word;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    fake_driver_fault(&driver, FAKE_REFUSES, 0, COPP_HR_UNEXPECTED);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_E_REFUSED);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    assert_memory_not_equal(driver.asked[0].r_app, driver.asked[2].r_app, COPP_RANDOM_SIZE);
    assert_int_equal(session->pool.left, POOL_SIZE - 3 * COPP_RANDOM_SIZE);
    for (size_t i = session->pool.left; i < POOL_SIZE; i++)
        assert_int_equal(session->pool.bytes[i], 0);
    free_all(&session, &driver);
}

static void a_query_without_random_numbers_changes_nothing(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct fake_random random;
    fake_random_init(&random, 1);
    struct copp_session *session = fake_session(
        &driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .random = &random.random});
    random.good = 0;
    uint32_t word = 77;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_E_RANDOM);
    assert_int_equal(word, 77);
    assert_int_equal(driver.queries, 0);
    random.good = -1;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    free_all(&session, &driver);
}

static void a_refusal_changes_nothing(void) {
    for (unsigned at = 2; at < CALLS; at++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session_new(&driver, NULL);
        fake_driver_fault(&driver, FAKE_REFUSES, at, COPP_HR_INVALIDARG);
        for (unsigned i = 0; i < at; i++)
            assert_int_equal(call(session, i), COPP_OK);
        uint32_t status = session->status_sequence;
        uint32_t command = session->command_sequence;
        driver.flags = COPP_STATUS_LINK_LOST;
        assert_int_equal(call(session, at), COPP_E_REFUSED);
        assert_int_equal(copp_session_hresult(session), COPP_HR_INVALIDARG);
        assert_int_equal(copp_session_take_events(session), 0); /* whatever stands in the answer that came along */
        assert_int_equal(session->status_sequence, status);
        assert_int_equal(session->command_sequence, command);
        driver.flags = 0;
        for (unsigned i = at; i < CALLS; i++)
            assert_int_equal(call(session, i), COPP_OK);
        assert_int_equal(copp_session_hresult(session), COPP_HR_OK);
        free_all(&session, &driver);
    }
}

/* The driver of this suite takes no other sequence number than the one it expects (CMD-2, QRY-1). */
static void sequence_numbers_grow_by_one(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    uint32_t status = driver.status_sequence;
    uint32_t command = driver.command_sequence;
    for (unsigned i = 2; i < CALLS; i++) {
        assert_int_equal(call(session, i), COPP_OK);
        status += is_query(i);
        command += !is_query(i);
        assert_int_equal(session->status_sequence, status);
        assert_int_equal(session->command_sequence, command);
        assert_int_equal(driver.status_sequence, status);
        assert_int_equal(driver.command_sequence, command);
    }
    free_all(&session, &driver);
}

static enum copp_result all_ones(struct copp_random *random, uint8_t *bytes, size_t size) {
    (void)random;
    memset(bytes, 0xFF, size);
    return COPP_OK;
}

static void sequence_numbers_wrap(void) {
    static const struct copp_random_ops ops = {sizeof ops, all_ones};
    struct copp_random random = {&ops};
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session =
        fake_session(&driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .random = &random});
    assert_int_equal(driver.status_sequence, 0xFFFFFFFF);
    assert_int_equal(driver.command_sequence, 0xFFFFFFFF);
    for (unsigned i = 2; i < CALLS; i++)
        assert_int_equal(call(session, i), COPP_OK);
    assert_int_equal(session->status_sequence, 7);
    assert_int_equal(session->command_sequence, 1);
    free_all(&session, &driver);
}

static void a_command_is_signed_over_4080_bytes(void) {
    struct fake_driver driver; /* it compares all 16 bytes with CMAC as OpenSSL makes it */
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    struct copp_set_signaling signaling = {.standard = COPP_TV_STANDARD_IEC61880_525I,
                                           .aspect = {{1, 2}, {3, 4}, {5, 6}},
                                           .extended_info_change_mask = {7, 8, 9, 10},
                                           .extended_info_data = {11, 12, 13, 14},
                                           .reserved = 15};
    assert_int_equal(copp_session_set_signaling(session, &signaling), COPP_OK);
    assert_memory_equal(&driver.signaling, &signaling, sizeof signaling);
    assert_int_equal(copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_COPY_NEVER), COPP_OK);
    assert_int_equal(driver.local[COPP_PROTECTION_TYPE_CGMSA], COPP_CGMSA_COPY_NEVER);
    struct copp_command_fields fields;
    copp_command_decode(&driver.last_command, &fields);
    assert_int_equal(fields.size, COPP_SET_PROTECTION_LEVEL_SIZE);
    for (size_t i = fields.size; i < COPP_COMMAND_DATA_SIZE; i++)
        assert_int_equal(fields.data[i], 0); /* nothing of the command before is left */
    uint32_t level;
    assert_int_equal(copp_session_local_level(session, COPP_PROTECTION_TYPE_CGMSA, &level), COPP_OK);
    assert_int_equal(level, COPP_CGMSA_COPY_NEVER);
    free_all(&session, &driver);
}

static void queries_tell_what_the_driver_says(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    driver.signaling.standard = COPP_TV_STANDARD_IEC61880_525I;
    driver.local[COPP_PROTECTION_TYPE_ACP] = COPP_ACP_LEVEL1;
    driver.others[COPP_PROTECTION_TYPE_ACP] = COPP_ACP_LEVEL2;
    driver.hdcp_flags = COPP_HDCP_REPEATER;
    struct copp_session *session = fake_session(&driver, NULL);
    uint32_t word;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    assert_int_equal(word, COPP_CONNECTOR_HDMI);
    assert_int_equal(copp_session_protection_types(session, &word), COPP_OK);
    assert_int_equal(word, 7);
    assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
    assert_int_equal(word, COPP_BUS_PCI_EXPRESS | COPP_BUS_INTEGRATED);
    assert_int_equal(copp_session_local_level(session, COPP_PROTECTION_TYPE_ACP, &word), COPP_OK);
    assert_int_equal(word, COPP_ACP_LEVEL1);
    assert_int_equal(copp_session_global_level(session, COPP_PROTECTION_TYPE_ACP, &word), COPP_OK);
    assert_int_equal(word, COPP_ACP_LEVEL2);
    assert_int_equal(copp_session_local_level(session, 0, &word), COPP_E_REFUSED);
    struct copp_display display;
    assert_int_equal(copp_session_display(session, &display), COPP_OK);
    assert_memory_equal(&display, &driver.display, sizeof display);
    struct copp_status_hdcp_key key;
    assert_int_equal(copp_session_hdcp_key(session, &key), COPP_OK);
    assert_int_equal(key.hdcp_flags, COPP_HDCP_REPEATER);
    assert_memory_equal(key.bksv, driver.bksv, COPP_KSV_SIZE);
    struct copp_status_signaling signaling;
    assert_int_equal(copp_session_signaling(session, &signaling), COPP_OK);
    assert_int_equal(signaling.available_standards, COPP_TV_STANDARD_IEC61880_525I);
    assert_int_equal(signaling.active_standard, COPP_TV_STANDARD_IEC61880_525I);
    assert_int_equal(signaling.tv_type, 7);
    free_all(&session, &driver);
}

static void events_are_kept_until_taken(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    uint32_t word;
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    struct copp_display display;
    assert_int_equal(copp_session_display(session, &display), COPP_OK);
    driver.flags = COPP_STATUS_LINK_LOST;
    struct copp_status_hdcp_key key;
    assert_int_equal(copp_session_hdcp_key(session, &key), COPP_OK);
    assert_int_equal(copp_session_take_events(session), COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(copp_session_take_events(session), 0);
    free_all(&session, &driver);
}

static void after_link_lost_no_command_is_sent(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    uint32_t word;
    driver.flags = COPP_STATUS_LINK_LOST;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    assert_int_equal(copp_session_take_events(session), COPP_STATUS_LINK_LOST);
    assert_int_equal(copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_E_LINK_LOST);
    assert_int_equal(copp_session_set_signaling(session, &(struct copp_set_signaling){0}), COPP_E_LINK_LOST);
    assert_int_equal(driver.commands, 0);
    assert_int_equal(copp_session_local_level(session, COPP_PROTECTION_TYPE_HDCP, &word), COPP_OK); /* one can still look */
    assert_int_equal(word, 0);
    free_all(&session, &driver);
}

static const struct test_case cases[] = {
    TEST(seals_swap40, "SES-4 SES-5"),
    TEST(seals_swap256, "SES-4 SES-5"),
    TEST(sends_swap40_unless_told_otherwise, "SES-5"),
    TEST(forms_are_those_of_the_vectors, "SES-5"),
    TEST(secrets_are_fresh, "SES-4"),
    TEST(no_random_no_handshake, "SES-4"),
    TEST(nothing_is_sealed_to_a_bad_chain, "SES-9"),
    TEST(nothing_is_sealed_without_a_chain, "SES-9"),
    TEST(nothing_is_sealed_to_a_revoked_chain, "SES-9 CRL-4"),
    TEST(a_known_chain_is_not_validated_again, "SES-9"),
    TEST(only_validated_things_are_accepted, "SES-9 CERT-12"),
    TEST(new_lists_are_checked_at_once, "CRL-4 SES-9"),
    TEST(new_lists_must_be_valid, "CRL-1"),
    TEST(only_srms_that_check_receivers_are_accepted, "SRM-2"),
    TEST(calls_out_of_order, ""),
    TEST(null_arguments, ""),
    TEST(frees_a_transport, ""),
    TEST(a_driver_may_refuse_to_begin, ""),
    TEST(a_lost_call_ends_the_session, ""),
    TEST(each_false_answer_ends_the_session, "QRY-4"),
    TEST(each_bit_of_the_mac_counts, "QRY-4"),
    TEST(the_mac_covers_all_behind_it, "QRY-2 QRY-4"),
    TEST(the_size_is_exact, "QRY-4"),
    TEST(each_bit_of_r_app_counts, "QRY-4"),
    TEST(r_app_is_fresh_for_each_request, "QRY-4"),
    TEST(r_app_is_used_once, "QRY-4"),
    TEST(a_query_without_random_numbers_changes_nothing, "QRY-3"),
    TEST(a_refusal_changes_nothing, "CMD-3 QRY-3"),
    TEST(sequence_numbers_grow_by_one, "CMD-3 QRY-3"),
    TEST(sequence_numbers_wrap, "CMD-3 QRY-3"),
    TEST(a_command_is_signed_over_4080_bytes, "CMD-1"),
    TEST(queries_tell_what_the_driver_says, ""),
    TEST(events_are_kept_until_taken, "EVT-2"),
    TEST(after_link_lost_no_command_is_sent, "EVT-4"),
};

int main(void) {
    return RUN_SUITE("session", cases);
}
