/* OpenSSL under a policy without SHA-1 (no_sha1.cnf): its own words reach the log, where a result says less. */
#include <stdlib.h>

#include <openssl/err.h>

#include "crypto/crypto.h"
#include "log_kit.h"

static void a_chain_is_not_called_invalid(void) {
    struct kit_log log = kit_log();
    const struct copp_public_key anchor = test_anchor();
    struct copp_verdict verdict;
    size_t size;
    uint8_t *bytes = read_test_vector("chain-good.xml", &size);
    assert_int_equal(copp_chain_validate_logged(bytes, size, &anchor, &log.log, NULL, &verdict), COPP_E_CRYPTO);
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    assert_int_equal(log.count, 1);
    kit_log_has(&log, COPP_LOG_ERROR, "OpenSSL cannot compute SHA-1: digital envelope routines: unsupported");
    kit_log_has(&log, COPP_LOG_ERROR, "(SHA1");
    assert_int_equal(copp_chain_validate(bytes, size, &anchor, NULL, &verdict), COPP_E_CRYPTO);
    log = kit_log();
    struct copp_chain *chain = NULL;
    assert_int_equal(copp_chain_parse_logged(bytes, size, &log.log, &chain, &verdict), COPP_E_CRYPTO);
    kit_log_has(&log, COPP_LOG_ERROR, "SHA-1");
    assert_null(chain);
    assert_int_equal(ERR_peek_error(), 0);
    free(bytes);
}

static void lists_and_messages(void) {
    struct kit_log log = kit_log();
    const struct copp_public_key anchor = test_anchor();
    const struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_FACSIMILE};
    size_t size;
    uint8_t *bytes = read_test_vector("crl-v7-empty.bin", &size);
    assert_int_equal(copp_revocation_validate_logged(bytes, size, &anchor, &log.log, NULL, NULL), COPP_E_CRYPTO);
    kit_log_has(&log, COPP_LOG_ERROR, "SHA-1");
    free(bytes);
    log = kit_log();
    bytes = read_test_vector("srm-facsimile.bin", &size);
    assert_int_equal(copp_srm_verify_logged(bytes, size, &key, &log.log, NULL, NULL), COPP_E_CRYPTO);
    kit_log_has(&log, COPP_LOG_ERROR, "SHA-1");
    free(bytes);
}

static void what_else_it_refuses(void) {
    struct kit_log log = kit_log();
    struct copp_omac *omac = NULL;
    struct copp_verifier *verifier = NULL;
    struct copp_private_key *key = NULL;
    const struct copp_public_key anchor = test_anchor();
    uint8_t bytes[16] = {0};
    uint8_t signature[256];
    assert_int_equal(copp_omac_new_logged(&omac, &log.log), COPP_E_CRYPTO);
    kit_log_has(&log, COPP_LOG_ERROR, "OpenSSL cannot make AES-128-CBC ready");
    assert_int_equal(copp_verifier_new(&anchor, &verifier, &log.log), COPP_E_CRYPTO);
    kit_log_has(&log, COPP_LOG_ERROR, "OpenSSL cannot verify RSA-PSS signatures with SHA-1: ");
    assert_int_equal(copp_random_fill(NULL, bytes, sizeof bytes, &log.log), COPP_E_RANDOM);
    kit_log_has(&log, COPP_LOG_ERROR, "OpenSSL cannot draw random numbers: ");
    char *path = test_path("vectors/leaf.pem");
    assert_int_equal(copp_private_key_open_logged(path, NULL, &log.log, &key), COPP_OK);
    assert_int_equal(key->ops->sign(key, bytes, sizeof bytes, signature, sizeof signature), COPP_E_CRYPTO);
    kit_log_has(&log, COPP_LOG_ERROR, "OpenSSL cannot sign by RSA-PSS with SHA-1: ");
    copp_private_key_free(&key);
    free(path);
    assert_null(omac);
    assert_null(verifier);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_chain_is_not_called_invalid, "CERT-10"),
        TEST(lists_and_messages, "CRL-1 SRM-2"),
        TEST(what_else_it_refuses, ""),
    };
    return RUN_SUITE("openssl_policy", cases);
}
