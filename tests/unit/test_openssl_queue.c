/* OpenSSL's error queue is the caller's as well: whatever fails or succeeds here, what was in it stays in it, and nothing is added. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "crypto/crypto.h"
#include "log_kit.h"

#define CALLERS_REASON 4711

/* The caller's errors: count of them, each with a text of its own. */
static void leave_errors(int count) {
    ERR_clear_error();
    for (int i = 0; i < count; i++) {
        ERR_new();
        ERR_set_debug("caller.c", 100 + i, "caller");
        if (i % 2)
            ERR_set_error(ERR_LIB_USER, CALLERS_REASON + i, NULL);
        else
            ERR_set_error(ERR_LIB_USER, CALLERS_REASON + i, "text %d", i);
    }
}

static void check_errors(const char *what, int count) {
    for (int i = 0; i < count; i++) {
        const char *file;
        const char *function;
        const char *data;
        char text[16];
        int line;
        int flags;
        unsigned long code = ERR_get_error_all(&file, &line, &function, &data, &flags);
        if (ERR_GET_LIB(code) != ERR_LIB_USER || ERR_GET_REASON(code) != CALLERS_REASON + i || line != 100 + i)
            fail_msg("%s: error %d of %d is %lx of line %d", what, i, count, code, line);
        assert_string_equal(file, "caller.c");
        assert_string_equal(function, "caller");
        (void)snprintf(text, sizeof text, "text %d", i);
        assert_string_equal(data, i % 2 ? "" : text);
    }
    if (ERR_peek_error())
        fail_msg("%s: left %lx behind", what, ERR_peek_error());
}

static struct copp_public_key anchor;
static struct copp_private_key *leaf;
static uint8_t *chain_bytes;
static size_t chain_size;
static struct kit_log heard;

static void good_chain(void) {
    assert_int_equal(copp_chain_validate_logged(chain_bytes, chain_size, &anchor, &heard.log, NULL, NULL), COPP_OK);
}

static void bad_signature(void) {
    struct copp_verifier *verifier;
    uint8_t digest[COPP_SHA1_SIZE] = {0};
    uint8_t signature[128] = {1};
    assert_int_equal(copp_verifier_new(&anchor, &verifier, &heard.log), COPP_OK);
    assert_int_equal(copp_verifier_check(verifier, digest, signature, sizeof signature), COPP_E_INVALID);
    assert_int_equal(copp_verifier_check(verifier, digest, signature, sizeof signature), COPP_E_INVALID);
    copp_verifier_free(&verifier);
}

static void bad_message(void) {
    const struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_PRODUCTION};
    size_t size;
    uint8_t *bytes = read_test_vector("srm-facsimile.bin", &size);
    assert_int_equal(copp_srm_verify_logged(bytes, size, &key, &heard.log, NULL, NULL), COPP_E_INVALID);
    free(bytes);
}

static void no_public_key(void) {
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    struct copp_public_key key;
    assert_int_equal(copp_public_key_read(pem, sizeof pem - 1, &key), COPP_E_KEY);
}

static void no_private_key(void) {
    struct copp_private_key *key;
    unsigned before = heard.count;
    assert_int_equal(copp_private_key_open_logged("/nowhere/key.pem", NULL, &heard.log, &key), COPP_E_NOT_FOUND);
    assert_true(heard.count > before);
    assert_int_equal(copp_private_key_open_logged("/dev/null", NULL, &heard.log, &key), COPP_E_KEY);
}

static void a_signature(void) {
    uint8_t signature[256];
    assert_int_equal(leaf->ops->sign(leaf, (const uint8_t *)"abc", 3, signature, sizeof signature), COPP_OK);
}

static void too_much_to_encrypt(void) {
    struct copp_public_key key;
    uint8_t out[256];
    uint8_t in[250] = {0};
    unsigned before = heard.count;
    assert_int_equal(leaf->ops->public_key(leaf, &key), COPP_OK);
    assert_int_equal(copp_rsa_encrypt(&key, in, sizeof in, out, &heard.log), COPP_E_CRYPTO);
    assert_int_equal(heard.count, before + 1);
    kit_log_has(&heard, COPP_LOG_ERROR, "OpenSSL cannot encrypt with RSA: rsa routines: data too large for key size");
}

static void a_handshake(void) {
    struct copp_handshake handshake = {.status_sequence = 1};
    struct copp_public_key key;
    struct copp_signature signature;
    unsigned before = heard.count;
    assert_int_equal(leaf->ops->public_key(leaf, &key), COPP_OK);
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_SWAP40, &key, &signature), COPP_OK);
    assert_int_equal(copp_handshake_open(leaf, &signature, &handshake), COPP_OK);
    memset(signature.bytes, 0x55, sizeof signature.bytes);
    assert_int_equal(copp_handshake_open(leaf, &signature, &handshake), COPP_OK); /* no padding is looked at (SES-6) */
    assert_int_equal(heard.count, before);
}

static void an_opm_handshake(void) {
    struct copp_handshake handshake = {.status_sequence = 1};
    struct copp_handshake opened;
    struct copp_public_key key;
    struct copp_signature sealed;
    unsigned before = heard.count;
    assert_int_equal(leaf->ops->public_key(leaf, &key), COPP_OK);
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_OPM, &key, &sealed), COPP_OK);
    assert_int_equal(copp_handshake_open_opm(leaf, &sealed, handshake.random, &opened), COPP_OK);
    sealed.bytes[9] ^= 1;
    assert_int_equal(copp_handshake_open_opm(leaf, &sealed, handshake.random, &opened), COPP_E_INVALID);
    memset(sealed.bytes, 0xFF, sizeof sealed.bytes); /* not below the modulus */
    assert_int_equal(copp_handshake_open_opm(leaf, &sealed, handshake.random, &opened), COPP_E_INVALID);
    assert_int_equal(heard.count, before);
}

static void macs(void) {
    struct copp_omac *omac;
    uint8_t tag[16];
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(omac, tag), COPP_OK);
    assert_int_equal(copp_omac_tag(omac, chain_bytes, 4080, tag), COPP_OK);
    copp_omac_free(&omac);
}

static void the_callers_errors_stay(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } steps[] = {{"a good chain", good_chain},          {"a bad signature", bad_signature}, {"a bad message", bad_message},
                 {"no public key", no_public_key},      {"no private key", no_private_key}, {"a signature", a_signature},
                 {"too much", too_much_to_encrypt},     {"a handshake", a_handshake},       {"MACs", macs},
                 {"an OPM handshake", an_opm_handshake}};
    heard = kit_log();
    anchor = test_anchor();
    leaf = test_private_key("leaf.pem");
    chain_bytes = read_test_vector("chain-good.xml", &chain_size);
    for (int count = 0; count <= 6; count++) {
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            leave_errors(count);
            steps[i].run();
            check_errors(steps[i].name, count);
        }
    }
    copp_private_key_free(&leaf);
    free(chain_bytes);
}

/* The queue holds 15 errors. More than fit are lost as OpenSSL loses them, from the oldest on; nothing of ours is left. */
static void a_full_queue(void) {
    heard = kit_log();
    leave_errors(15);
    no_private_key();
    unsigned left = 0;
    for (unsigned long code; (code = ERR_get_error()) != 0; left++)
        assert_true(ERR_GET_LIB(code) == ERR_LIB_USER && ERR_GET_REASON(code) >= CALLERS_REASON);
    assert_true(left < 15);
}

/* As long as nothing fails the caller's marks stay as well. */
static void marks_stay(void) {
    anchor = test_anchor();
    chain_bytes = read_test_vector("chain-good.xml", &chain_size);
    leave_errors(2);
    assert_int_equal(ERR_set_mark(), 1);
    good_chain();
    ERR_raise(ERR_LIB_USER, CALLERS_REASON);
    assert_int_equal(ERR_pop_to_mark(), 1);
    check_errors("a mark", 2);
    free(chain_bytes);
}

/* What OpenSSL says of a URI with a scheme repeats it, PIN and all. */
static void no_pin_is_told(void) {
    struct copp_private_key *key;
    struct kit_log log = kit_log();
    assert_int_not_equal(copp_private_key_open_logged("pkcs11:token=t;object=o?pin-value=geheim", "sesame", &log.log, &key),
                         COPP_OK);
    kit_log_has(&log, COPP_LOG_ERROR, "unregistered scheme");
    for (unsigned i = 0; i < log.count; i++) {
        assert_null(strstr(log.lines[i], "geheim"));
        assert_null(strstr(log.lines[i], "sesame"));
    }
    assert_int_equal(copp_private_key_open_logged("/nowhere/key.pem", NULL, &log.log, &key), COPP_E_NOT_FOUND);
    kit_log_has(&log, COPP_LOG_ERROR, "No such file or directory (calling stat(/nowhere/key.pem))");
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(the_callers_errors_stay, ""),
        TEST(a_full_queue, ""),
        TEST(marks_stay, ""),
        TEST(no_pin_is_told, ""),
    };
    return RUN_SUITE("openssl_queue", cases);
}
