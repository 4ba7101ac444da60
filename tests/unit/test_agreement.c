/*
 * The two crypto libraries against each other in one program: the same input, good, damaged bit by bit or hostile, gets
 * the same answer from libcopp on either. other_NAME is NAME of the other one (src/rename_symbols.sh).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "harness.h"
#include "system_kit.h"

#define ROUNDS 200u

#define OTHER(name) extern __typeof__(name) other_##name
OTHER(copp_chain_validate);
OTHER(copp_dsa_key_read);
OTHER(copp_handshake_open);
OTHER(copp_handshake_open_opm);
OTHER(copp_handshake_seal);
OTHER(copp_pkcs1_verify);
OTHER(copp_private_key_free);
OTHER(copp_private_key_generate);
OTHER(copp_private_key_open);
OTHER(copp_private_key_to_pem);
OTHER(copp_public_key_read);
OTHER(copp_release);
OTHER(copp_revocation_validate);
OTHER(copp_rsa3072_key_read);
OTHER(copp_rsa_encrypt);
OTHER(copp_rsa_public);
OTHER(copp_srm_verify);
OTHER(copp_verifier_check);
OTHER(copp_verifier_free);
OTHER(copp_verifier_new);

/* Repeatable. */
static uint32_t state = 1;
static uint32_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void flip(uint8_t *bytes, size_t size) {
    uint32_t at = next_random();
    bytes[at % size] ^= (uint8_t)(1u << (at >> 16) % 8);
}

struct key_pair {
    struct copp_private_key *mine;
    struct copp_private_key *theirs;
};

static struct key_pair open_pair(const char *name) {
    char vector[64];
    (void)snprintf(vector, sizeof vector, "vectors/%s", name);
    char *path = test_path(vector);
    struct key_pair pair;
    assert_int_equal(copp_private_key_open(path, NULL, &pair.mine), COPP_OK);
    assert_int_equal(other_copp_private_key_open(path, NULL, &pair.theirs), COPP_OK);
    free(path);
    return pair;
}

static void close_pair(struct key_pair *pair) {
    copp_private_key_free(&pair->mine);
    other_copp_private_key_free(&pair->theirs);
}

static enum copp_result check(const struct copp_public_key *key, const uint8_t *digest, const uint8_t *signature, size_t size) {
    struct copp_verifier *mine;
    struct copp_verifier *theirs;
    enum copp_result result = copp_verifier_new(key, &mine, NULL);
    assert_int_equal(other_copp_verifier_new(key, &theirs, NULL), result);
    if (result)
        return result;
    result = copp_verifier_check(mine, digest, signature, size);
    assert_int_equal(other_copp_verifier_check(theirs, digest, signature, size), result);
    copp_verifier_free(&mine);
    other_copp_verifier_free(&theirs);
    return result;
}

static void signatures(void) {
    static const char *const names[] = {"leaf.pem", "root.pem"};
    for (size_t i = 0; i < 2; i++) {
        struct key_pair pair = open_pair(names[i]);
        struct copp_public_key key;
        struct copp_public_key other;
        assert_int_equal(pair.mine->ops->public_key(pair.mine, &key), COPP_OK);
        assert_int_equal(pair.theirs->ops->public_key(pair.theirs, &other), COPP_OK);
        assert_true(copp_public_key_equal(&key, &other));
        for (unsigned round = 0; round < ROUNDS; round++) {
            uint8_t message[4];
            uint8_t digest[COPP_SHA1_SIZE];
            uint8_t signature[COPP_MODULUS_MAX];
            uint8_t theirs[COPP_MODULUS_MAX];
            uint32_t number = next_random();
            memcpy(message, &number, sizeof message);
            assert_int_equal(pair.mine->ops->sign(pair.mine, message, 4, signature, key.modulus_size), COPP_OK);
            assert_int_equal(pair.theirs->ops->sign(pair.theirs, message, 4, theirs, key.modulus_size), COPP_OK);
            assert_memory_equal(signature, theirs, key.modulus_size); /* without a salt there is but one */
            assert_int_equal(copp_sha1(message, 4, digest, NULL), COPP_OK);
            assert_int_equal(check(&key, digest, signature, key.modulus_size), COPP_OK);
            struct copp_public_key damaged = key;
            switch (round % 4) {
            case 0:
                flip(signature, key.modulus_size);
                break;
            case 1:
                flip(digest, sizeof digest);
                break;
            case 2:
                flip(damaged.modulus, damaged.modulus_size);
                break;
            default:
                damaged.exponent ^= 1u << next_random() % 32;
            }
            assert_int_not_equal(check(&damaged, digest, signature, key.modulus_size), COPP_OK);
        }
        close_pair(&pair);
    }
}

static void raw_decryption(void) {
    struct key_pair pair = open_pair("leaf.pem");
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t number[COPP_SIGNATURE_SIZE];
        uint8_t mine[COPP_SIGNATURE_SIZE] = {0};
        uint8_t theirs[COPP_SIGNATURE_SIZE] = {0};
        memset(number, 0, sizeof number);
        for (size_t i = round % COPP_SIGNATURE_SIZE; i < sizeof number; i++) /* of all lengths, some not below the modulus */
            number[i] = (uint8_t)next_random();
        enum copp_result result = pair.mine->ops->decrypt_raw(pair.mine, number, mine, sizeof mine);
        assert_int_equal(pair.theirs->ops->decrypt_raw(pair.theirs, number, theirs, sizeof theirs), result);
        assert_memory_equal(mine, theirs, sizeof mine);
    }
    close_pair(&pair);
}

static void handshakes(void) {
    static const enum copp_handshake_form forms[] = {COPP_FORM_SWAP40, COPP_FORM_SWAP256};
    struct key_pair pair = open_pair("leaf.pem");
    struct copp_public_key leaf;
    assert_int_equal(pair.mine->ops->public_key(pair.mine, &leaf), COPP_OK);
    for (unsigned round = 0; round < 40; round++) {
        struct copp_handshake sealed = {.status_sequence = next_random(), .command_sequence = next_random()};
        struct copp_handshake mine;
        struct copp_handshake theirs;
        struct copp_signature signature;
        enum copp_handshake_form form = forms[round % 2];
        for (size_t i = 0; i < COPP_RANDOM_SIZE; i++)
            sealed.random[i] = sealed.session_key[i] = (uint8_t)next_random();
        assert_int_equal(round % 4 < 2 ? copp_handshake_seal(&sealed, form, &leaf, &signature)
                                       : other_copp_handshake_seal(&sealed, form, &leaf, &signature),
                         COPP_OK);
        assert_int_equal(copp_handshake_open(pair.mine, &signature, &mine), COPP_OK);
        assert_int_equal(other_copp_handshake_open(pair.theirs, &signature, &theirs), COPP_OK);
        assert_memory_equal(&mine, &sealed, sizeof sealed);
        assert_memory_equal(&theirs, &sealed, sizeof sealed);
        flip(signature.bytes, sizeof signature.bytes);
        enum copp_result result = copp_handshake_open(pair.mine, &signature, &mine);
        assert_int_equal(other_copp_handshake_open(pair.theirs, &signature, &theirs), result);
        assert_memory_equal(&mine, &theirs, sizeof mine);
    }
    uint8_t plain[COPP_SIGNATURE_SIZE] = {0};
    uint8_t cipher[COPP_SIGNATURE_SIZE];
    for (size_t size = 40; size <= sizeof plain; size++)
        assert_int_equal(copp_rsa_encrypt(&leaf, plain, size, cipher, NULL),
                         other_copp_rsa_encrypt(&leaf, plain, size, cipher, NULL));
    close_pair(&pair);
}

/* OPM's form: sealed by one, opened by both; then with a bit changed. */
static void opm_handshakes(void) {
    struct key_pair pair = open_pair("opm/leaf-key.pem");
    struct copp_public_key leaf;
    assert_int_equal(pair.mine->ops->public_key(pair.mine, &leaf), COPP_OK);
    for (unsigned round = 0; round < 40; round++) {
        struct copp_handshake sealed = {.status_sequence = next_random(), .command_sequence = next_random()};
        struct copp_handshake mine;
        struct copp_handshake theirs;
        struct copp_signature signature;
        for (size_t i = 0; i < COPP_RANDOM_SIZE; i++)
            sealed.random[i] = sealed.session_key[i] = (uint8_t)next_random();
        assert_int_equal(round % 2 ? copp_handshake_seal(&sealed, COPP_FORM_OPM, &leaf, &signature)
                                   : other_copp_handshake_seal(&sealed, COPP_FORM_OPM, &leaf, &signature),
                         COPP_OK);
        assert_int_equal(copp_handshake_open_opm(pair.mine, &signature, sealed.random, &mine), COPP_OK);
        assert_int_equal(other_copp_handshake_open_opm(pair.theirs, &signature, sealed.random, &theirs), COPP_OK);
        assert_memory_equal(&mine, &sealed, sizeof sealed);
        assert_memory_equal(&theirs, &sealed, sizeof sealed);
        flip(signature.bytes, sizeof signature.bytes);
        assert_int_equal(copp_handshake_open_opm(pair.mine, &signature, sealed.random, &mine), COPP_E_INVALID);
        assert_int_equal(other_copp_handshake_open_opm(pair.theirs, &signature, sealed.random, &theirs), COPP_E_INVALID);
    }
    close_pair(&pair);
}

/* Whatever modulus and exponent a certificate has. */
static void public_operation(void) {
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct copp_rsa_key key = {.modulus_size = COPP_RSA_MODULUS_MIN + next_random() % (COPP_RSA_MODULUS_MIN + 1),
                                   .exponent = next_random() | 3};
        uint8_t number[COPP_RSA_MODULUS_MAX];
        uint8_t mine[COPP_RSA_MODULUS_MAX] = {0};
        uint8_t theirs[COPP_RSA_MODULUS_MAX] = {0};
        memset(number, 0, sizeof number);
        for (size_t i = 0; i < key.modulus_size; i++)
            key.modulus[i] = (uint8_t)next_random();
        for (size_t i = round % 8 ? 0 : round; i < key.modulus_size; i++)
            number[i] = (uint8_t)next_random();
        key.modulus[0] |= 0x80;
        key.modulus[key.modulus_size - 1] |= 1;
        enum copp_result result = copp_rsa_public(&key, number, mine, NULL);
        assert_int_equal(other_copp_rsa_public(&key, number, theirs, NULL), result);
        assert_true(result == COPP_OK || result == COPP_E_INVALID);
        assert_memory_equal(mine, theirs, sizeof mine);
        result = copp_pkcs1_verify(&key, COPP_DIGEST_SHA256, number, 4, number, key.modulus_size, NULL);
        assert_int_equal(result, COPP_E_INVALID);
        assert_int_equal(other_copp_pkcs1_verify(&key, COPP_DIGEST_SHA256, number, 4, number, key.modulus_size, NULL), result);
    }
}

/* What either says of a document and of the same with bits changed. */
typedef enum copp_result judge(const uint8_t *bytes, size_t size, struct copp_verdict *mine, struct copp_verdict *theirs);

static void damage(const char *name, judge *both, unsigned rounds) {
    size_t size;
    uint8_t *bytes = read_test_vector(name, &size);
    uint8_t *damaged = malloc(size);
    assert_non_null(damaged);
    for (unsigned round = 0; round < rounds; round++) {
        struct copp_verdict mine;
        struct copp_verdict theirs;
        memcpy(damaged, bytes, size);
        if (round) /* the first time as it is */
            flip(damaged, size);
        enum copp_result result = both(damaged, size, &mine, &theirs);
        assert_int_equal(mine.rule, theirs.rule);
        assert_int_equal(mine.because, theirs.because);
        assert_int_equal(mine.certificate, theirs.certificate);
        assert_string_equal(mine.detail, theirs.detail);
        assert_int_equal(result == COPP_E_INVALID, mine.rule != COPP_RULE_NONE);
    }
    free(damaged);
    free(bytes);
}

static enum copp_result judge_chain(const uint8_t *bytes, size_t size, struct copp_verdict *mine, struct copp_verdict *theirs) {
    const struct copp_public_key anchor = test_anchor();
    enum copp_result result = copp_chain_validate(bytes, size, &anchor, NULL, mine);
    assert_int_equal(other_copp_chain_validate(bytes, size, &anchor, NULL, theirs), result);
    return result;
}

static enum copp_result judge_list(const uint8_t *bytes, size_t size, struct copp_verdict *mine, struct copp_verdict *theirs) {
    const struct copp_public_key anchor = test_anchor();
    enum copp_result result = copp_revocation_validate(bytes, size, &anchor, NULL, mine);
    assert_int_equal(other_copp_revocation_validate(bytes, size, &anchor, NULL, theirs), result);
    return result;
}

static enum copp_result judge_message(const uint8_t *bytes, size_t size, struct copp_verdict *mine, struct copp_verdict *theirs) {
    const struct copp_srm_key key = {.size = sizeof key, .kind = size > 200 ? COPP_SRM_KEY_PRODUCTION : COPP_SRM_KEY_FACSIMILE};
    enum copp_result result = copp_srm_verify(bytes, size, &key, NULL, mine);
    assert_int_equal(other_copp_srm_verify(bytes, size, &key, NULL, theirs), result);
    return result;
}

static void chains(void) {
    static const char *const hostile[] = {"chain-bad-leaf-salted.xml",        "chain-bad-leaf-pkcs1-signature.xml",
                                          "chain-bad-leaf-bad-signature.xml", "chain-bad-ihv-bad-signature.xml",
                                          "chain-bad-root-bad-signature.xml", "chain-bad-other-root.xml"};
    damage("chain-good.xml", judge_chain, 3 * ROUNDS);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
        damage(hostile[i], judge_chain, 20);
}

static void lists(void) {
    damage("crl-v8-leaf-revoked.bin", judge_list, ROUNDS);
    damage("crl-bad-signature.bin", judge_list, 20);
}

static void messages(void) {
    damage("srm-facsimile.bin", judge_message, ROUNDS);
    damage("srm-hdcp2-v1.bin", judge_message, ROUNDS);
}

/* A key made by either is read by the other. */
static void new_keys(void) {
    char *directory = test_directory_new();
    char path[512];
    (void)snprintf(path, sizeof path, "%s/key.pem", directory);
    for (int mine = 0; mine < 2; mine++) {
        struct copp_private_key *made;
        struct copp_private_key *read = NULL;
        char *pem;
        size_t size;
        assert_int_equal(mine ? copp_private_key_generate(1024, &made) : other_copp_private_key_generate(1024, &made), COPP_OK);
        assert_int_equal(mine ? copp_private_key_to_pem(made, &pem, &size) : other_copp_private_key_to_pem(made, &pem, &size),
                         COPP_OK);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(pem, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
        copp_release(pem, size);
        assert_int_equal(mine ? other_copp_private_key_open(path, NULL, &read) : copp_private_key_open(path, NULL, &read),
                         COPP_OK);
        assert_int_equal(remove(path), 0);
        struct copp_public_key a;
        struct copp_public_key b;
        assert_int_equal(made->ops->public_key(made, &a), COPP_OK);
        assert_int_equal(read->ops->public_key(read, &b), COPP_OK);
        assert_true(copp_public_key_equal(&a, &b));
        mine ? copp_private_key_free(&made) : other_copp_private_key_free(&made);
        mine ? other_copp_private_key_free(&read) : copp_private_key_free(&read);
    }
    test_directory_remove(directory);
}

static const struct test_case cases[] = {
    TEST(signatures, "CERT-11"),
    TEST(raw_decryption, "SES-6"),
    TEST(handshakes, "SES-4 SES-5"),
    TEST(opm_handshakes, "OPM-INI-4 OPM-INI-6"),
    TEST(public_operation, "OPM-CERT-6"),
    TEST(chains, "CERT-11"),
    TEST(lists, "CRL-2"),
    TEST(messages, "SRM-2"),
    TEST(new_keys, ""),
};

int main(void) {
    return RUN_SUITE("agreement", cases);
}
