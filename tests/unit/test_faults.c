/* Keys, OMAC-1 and handshakes, with every allocation and crypto call failing in turn. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "faults.h"
#include "harness.h"

static const uint8_t session_key[COPP_KEY_SIZE] = {1, 2, 3};
static const uint8_t message[1000] = {4, 5, 6};

static void omac_from_nothing(void) {
    EACH_FAULT(fault) {
        static const uint8_t untouched[COPP_MAC_SIZE];
        uint8_t tag[COPP_MAC_SIZE] = {0};
        struct copp_omac *omac = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_omac_new(&omac);
        if (!result)
            result = copp_omac_set_key(omac, session_key);
        if (!result)
            result = copp_omac_tag(omac, message, sizeof message, tag);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_memory_equal(tag, untouched, sizeof tag);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_omac_free(&omac);
    }
}

/* A tag that could not be made leaves no trace in the next one. */
static void omac_goes_on(void) {
    struct copp_omac *omac;
    uint8_t wanted[COPP_MAC_SIZE];
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(omac, session_key), COPP_OK);
    assert_int_equal(copp_omac_tag(omac, message, sizeof message, wanted), COPP_OK);
    EACH_FAULT(fault) {
        uint8_t tag[COPP_MAC_SIZE];
        fault_arm(&fault);
        enum copp_result result = copp_omac_tag(omac, message, sizeof message, tag);
        if (fault_disarm(&fault))
            fault_assert_said(&fault, result);
        assert_int_equal(copp_omac_tag(omac, message, sizeof message, tag), COPP_OK);
        assert_memory_equal(tag, wanted, sizeof tag);
    }
    copp_omac_free(&omac);
}

/* A key that could not be set leaves none. */
static void omac_without_key(void) {
    EACH_FAULT(fault) {
        uint8_t tag[COPP_MAC_SIZE];
        struct copp_omac *omac;
        assert_int_equal(copp_omac_new(&omac), COPP_OK);
        fault_arm(&fault);
        enum copp_result result = copp_omac_set_key(omac, session_key);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_int_equal(copp_omac_tag(omac, message, sizeof message, tag), COPP_E_STATE);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_omac_free(&omac);
    }
}

static void random_numbers(void) {
    EACH_FAULT(fault) {
        uint8_t bytes[16];
        fault_arm(&fault);
        enum copp_result result = copp_random_fill(NULL, bytes, sizeof bytes, NULL);
        assert_int_equal(result, fault_disarm(&fault) ? COPP_E_RANDOM : COPP_OK);
    }
}

static void key_open(void) {
    char *path = test_path("vectors/leaf.pem");
    EACH_FAULT(fault) {
        struct copp_private_key *key = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_private_key_open(path, NULL, &key);
        if (!fault_disarm(&fault)) {
            assert_int_equal(result, COPP_OK);
        } else if (result == COPP_OK) {
            /* what is in a store and cannot be loaded is stepped over, and a file that was read need not close well */
            if (strcmp(fault.name, "OSSL_STORE_load") != 0)
                assert_string_equal(fault.name, "close");
            assert_non_null(key);
        } else {
            fault_assert_said(&fault, result);
            assert_null(key);
        }
        copp_private_key_free(&key);
    }
    free(path);
}

static void key_generate(void) {
    EACH_FAULT(fault) {
        struct copp_private_key *key = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_private_key_generate(1024, &key);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(key);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_private_key_free(&key);
    }
}

static void key_to_pem(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    EACH_FAULT(fault) {
        char *pem = NULL;
        size_t size = 0;
        fault_arm(&fault);
        enum copp_result result = copp_private_key_to_pem(key, &pem, &size);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(pem);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_release(pem, size);
    }
    copp_private_key_free(&key);
}

static void public_key_to_pem(void) {
    const struct copp_public_key key = test_anchor();
    EACH_FAULT(fault) {
        char *pem = NULL;
        size_t size = 0;
        fault_arm(&fault);
        enum copp_result result = copp_public_key_to_pem(&key, &pem, &size);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_null(pem);
        } else {
            assert_int_equal(result, COPP_OK);
        }
        copp_release(pem, size);
    }
}

static void key_sign(void) {
    struct copp_private_key *key = test_private_key("root.pem");
    EACH_FAULT(fault) {
        uint8_t signature[128];
        fault_arm(&fault);
        enum copp_result result = key->ops->sign(key, message, sizeof message, signature, sizeof signature);
        if (fault_disarm(&fault))
            fault_assert_said(&fault, result);
        else
            assert_int_equal(result, COPP_OK);
    }
    copp_private_key_free(&key);
}

#ifdef COPP_TEST_OPENSSL /* without it nothing outside libcopp is asked to read a public key */
/* The anchor of tests/vectors as PEM. */
static const char anchor_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCmN5wxxiTM7uaJX5VhVYaJe6Zx\n"
                                 "wTbdkcdyfqxtjwDQiCeyK42qBimu52dW5bFrtcEU9JF8MS+uNoZ3sF5RvtN4HOop\n"
                                 "sOBB7AI5cfjSej2L7lee2Z/Q7AKV/JJYNbO15GJzHjEJgnA1I3cO/Z6jiADwa71H\n"
                                 "ymfgdnb8qRlosdpFcwIDAQAB\n"
                                 "-----END PUBLIC KEY-----\n";

static void anchor_read(void) {
    const struct copp_public_key wanted = test_anchor();
    EACH_FAULT(fault) {
        struct copp_public_key key = {.modulus_size = 0};
        fault_arm(&fault);
        enum copp_result result = copp_public_key_read(anchor_pem, sizeof anchor_pem - 1, &key);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_int_equal(key.modulus_size, 0); /* untouched */
        } else {
            assert_int_equal(result, COPP_OK);
            assert_true(copp_public_key_equal(&key, &wanted));
        }
    }
}
#endif

/* "Could not be told", and never "does not verify". */
static void signature_check(void) {
    static uint8_t block[COPP_RSA_MODULUS_MAX]; /* 1, its own power: no signature */
    struct copp_rsa_key key = {.modulus_size = sizeof key.modulus, .exponent = 3};
    memset(key.modulus, 0xFF, sizeof key.modulus);
    block[sizeof block - 1] = 1;
    EACH_FAULT(fault) {
        fault_arm(&fault);
        enum copp_result result = copp_pkcs1_verify(&key, COPP_DIGEST_SHA512, message, sizeof message, block, sizeof block, NULL);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_int_not_equal(result, COPP_E_INVALID);
        } else {
            assert_int_equal(result, COPP_E_INVALID);
        }
    }
}

static const struct copp_handshake secrets = {
    .random = {7, 8}, .session_key = {9, 10}, .status_sequence = 11, .command_sequence = 12};

static void handshake_seal(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    struct copp_public_key leaf;
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    EACH_FAULT(fault) {
        static const struct copp_signature untouched;
        struct copp_signature signature = untouched;
        fault_arm(&fault);
        enum copp_result result = copp_handshake_seal(&secrets, COPP_FORM_SWAP256, &leaf, &signature);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_memory_equal(&signature, &untouched, sizeof signature);
        } else {
            assert_int_equal(result, COPP_OK);
        }
    }
    copp_private_key_free(&key);
}

static void handshake_open(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    struct copp_public_key leaf;
    struct copp_signature signature;
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_SWAP40, &leaf, &signature), COPP_OK);
    EACH_FAULT(fault) {
        static const struct copp_handshake zero;
        struct copp_handshake opened;
        fault_arm(&fault);
        enum copp_result result = copp_handshake_open(key, &signature, &opened);
        if (fault_disarm(&fault)) {
            assert_int_equal(result, COPP_E_CRYPTO); /* not COPP_E_INVALID, which would spend the random number (SES-8) */
            assert_memory_equal(&opened, &zero, sizeof opened);
        } else {
            assert_int_equal(result, COPP_OK);
            assert_memory_equal(&opened, &secrets, sizeof opened);
        }
    }
    copp_private_key_free(&key);
}

static void handshake_seal_opm(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    struct copp_public_key leaf;
    assert_int_equal(key->ops->public_key(key, &leaf), COPP_OK);
    EACH_FAULT(fault) {
        static const struct copp_signature untouched;
        struct copp_signature sealed = untouched;
        fault_arm(&fault);
        enum copp_result result = copp_handshake_seal(&secrets, COPP_FORM_OPM, &leaf, &sealed);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            assert_memory_equal(&sealed, &untouched, sizeof sealed);
        } else {
            assert_int_equal(result, COPP_OK);
        }
    }
    copp_private_key_free(&key);
}

/* All that an operation takes before it computes, where that can be told. */
static void key_check(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    bool seen = false;
#ifdef COPP_TEST_OPENSSL
    static const char last[] = "EVP_PKEY_CTX_set_rsa_padding";
#else
    static const char last[] = "gcry_malloc_secure";
#endif
    EACH_FAULT(fault) {
        fault_arm(&fault);
        enum copp_result result = key->ops->check(key);
        if (fault_disarm(&fault)) {
            fault_assert_said(&fault, result);
            seen = seen || strcmp(fault.name, last) == 0;
        } else {
            assert_int_equal(result, COPP_OK);
        }
    }
    assert_true(seen);
    copp_private_key_free(&key);
}

/* A key of the library's that tells whether its operation has begun. */
struct watched_key {
    struct copp_private_key base;
    struct copp_private_key *real;
    bool begun;
};

static enum copp_result watched_public(struct copp_private_key *key, struct copp_public_key *out) {
    struct watched_key *mine = (struct watched_key *)key;
    return mine->real->ops->public_key(mine->real, out);
}

static enum copp_result watched_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    struct watched_key *mine = (struct watched_key *)key;
    mine->begun = true;
    return mine->real->ops->decrypt_raw(mine->real, in, out, size);
}

static enum copp_result watched_check(struct copp_private_key *key) {
    struct watched_key *mine = (struct watched_key *)key;
    return mine->real->ops->check(mine->real);
}

/* OPM-INI-8: what fails before the operation is told, and spends nothing; what fails from there on looks like a wrong seal. */
static void handshake_open_opm(void) {
    static const struct copp_private_key_ops ops = {
        .size = sizeof ops, .public_key = watched_public, .decrypt_raw = watched_raw, .check = watched_check};
    struct watched_key key = {.base = {&ops}, .real = test_private_key("leaf.pem")};
    struct copp_public_key leaf;
    struct copp_signature sealed;
    unsigned told = 0;
    unsigned refused = 0;
    assert_int_equal(key.real->ops->public_key(key.real, &leaf), COPP_OK);
    assert_int_equal(copp_handshake_seal(&secrets, COPP_FORM_OPM, &leaf, &sealed), COPP_OK);
    EACH_FAULT(fault) {
        static const struct copp_handshake zero;
        struct copp_handshake opened;
        key.begun = false;
        fault_arm(&fault);
        enum copp_result result = copp_handshake_open_opm(&key.base, &sealed, secrets.random, &opened);
        if (!fault_disarm(&fault)) {
            assert_int_equal(result, COPP_OK);
            assert_memory_equal(&opened, &secrets, sizeof opened);
            continue;
        }
        assert_memory_equal(&opened, &zero, sizeof opened);
        if (key.begun) {
            assert_int_equal(result, COPP_E_INVALID);
            refused++;
        } else {
            assert_int_not_equal(result, COPP_E_INVALID);
            fault_assert_said(&fault, result);
            told++;
        }
    }
    assert_true(told > 0);
    assert_true(refused > 0);
    copp_private_key_free(&key.real);
}

static const struct test_case cases[] = {
    TEST(omac_from_nothing, ""),
    TEST(omac_goes_on, ""),
    TEST(omac_without_key, ""),
    TEST(random_numbers, ""),
    TEST(key_open, ""),
    TEST(key_generate, ""),
    TEST(key_to_pem, ""),
    TEST(public_key_to_pem, ""),
    TEST(key_sign, ""),
    TEST(signature_check, "OPM-CERT-3"),
#ifdef COPP_TEST_OPENSSL
    TEST(anchor_read, ""),
#endif
    TEST(handshake_seal, ""),
    TEST(handshake_open, ""),
    TEST(handshake_seal_opm, "OPM-INI-4"),
    TEST(handshake_open_opm, "OPM-INI-8"),
    TEST(key_check, "OPM-INI-8"),
};

int main(void) {
    return RUN_SUITE("faults", cases);
}
