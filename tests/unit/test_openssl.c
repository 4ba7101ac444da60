/* The crypto seam on OpenSSL: keys as its programs write them, seals as it opens them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rsa.h>

#include "crypto/crypto.h"
#include "crypto/pss.h"
#include "harness.h"

static void anchors_are_read_from_text(void) {
    size_t size;
    struct copp_public_key from_pem;
    struct copp_public_key from_base64 = test_anchor();
    struct copp_private_key *root = test_private_key("root.pem");
    assert_int_equal(root->ops->public_key(root, &from_pem), COPP_OK);
    assert_true(copp_public_key_equal(&from_pem, &from_base64));
    copp_private_key_free(&root);

    char *path = test_path("vectors/root.pem");
    char command[4096];
    (void)snprintf(command, sizeof command, "openssl pkey -in '%s' -pubout 2>&1", path);
    free(path);
    char pem[4096];
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size = fread(pem, 1, sizeof pem, pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(copp_public_key_read(pem, size, &from_pem), COPP_OK);
    assert_true(copp_public_key_equal(&from_pem, &from_base64));

    assert_int_equal(copp_public_key_read("", 0, &from_pem), COPP_E_KEY);
    assert_int_equal(copp_public_key_read("AQAB", 4, &from_pem), COPP_E_KEY);
    assert_int_equal(copp_public_key_read(pem, size / 2, &from_pem), COPP_E_KEY);
    assert_int_equal(copp_public_key_read(NULL, 0, &from_pem), COPP_E_ARGUMENT);
    static const char locked[] =
        "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        "AAAA\n-----END PUBLIC KEY-----\n";
    assert_int_equal(copp_public_key_read(locked, strlen(locked), &from_pem), COPP_E_KEY);
}

/* Runs openssl with what follows; the test fails if it does. */
static void openssl(const char *arguments) {
    char command[1024];
    (void)snprintf(command, sizeof command, "openssl %s >/dev/null 2>&1", arguments);
    assert_int_equal(system(command), 0);
}

static void private_keys_by_uri(void) {
    struct copp_private_key *key = NULL;
    char directory[] = "/tmp/copp-keys-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -aes-128-cbc -pass pass:sesame -out locked.pem");
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem");
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out large.pem");
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -outform DER -out good.der");
    openssl("pkey -in good.der -pubout -out public.pem");
    assert_int_equal(symlink("loop.pem", "loop.pem"), 0); /* cannot be read, not even by root */
    static const struct {
        const char *uri;
        const char *passphrase;
        enum copp_result result;
    } cases[] = {
        {"nowhere.pem", NULL, COPP_E_NOT_FOUND},    {"locked.pem", NULL, COPP_E_KEY}, {"locked.pem", "wrong", COPP_E_KEY},
        {"locked.pem", "sesame", COPP_OK},          {"ec.pem", NULL, COPP_E_KEY},     {"large.pem", NULL, COPP_E_KEY},
        {"public.pem", NULL, COPP_E_KEY},           {"good.der", NULL, COPP_OK},      {"/dev/null", NULL, COPP_E_KEY},
        {"nosuchscheme:x", NULL, COPP_E_NOT_FOUND}, {"loop.pem", NULL, COPP_E_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum copp_result result = copp_private_key_open(cases[i].uri, cases[i].passphrase, &key);
        if (result != cases[i].result)
            fail_msg("%s: %s", cases[i].uri, copp_strerror(result));
        assert_true(result != COPP_E_IO || errno == ELOOP);
        assert_true(!key == !!result);
        copp_private_key_free(&key);
    }
    char uri[64]; /* a file URI has an absolute path (RFC 8089) */
    (void)snprintf(uri, sizeof uri, "file:%s/good.der", directory);
    assert_int_equal(copp_private_key_open(uri, NULL, &key), COPP_OK);
    copp_private_key_free(&key);
    char remove[64];
    (void)snprintf(remove, sizeof remove, "rm -rf %s", directory);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(remove), 0);
}

static void new_keys_survive_pem(void) {
    struct copp_private_key *key;
    char *pem;
    size_t size;
    struct copp_public_key numbers;
    assert_int_equal(copp_private_key_generate(4096, &key), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_generate(1024, &key), COPP_OK);
    assert_int_equal(key->ops->public_key(key, &numbers), COPP_OK);
    assert_int_equal(numbers.modulus_size, 128);
    assert_int_equal(numbers.exponent, 65537);
    assert_int_equal(copp_private_key_to_pem(key, &pem, &size), COPP_OK);
    assert_int_equal(strlen(pem), size);
    char path[] = "/tmp/copp-key-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, pem, size), size);
    assert_int_equal(close(file), 0);
    copp_release(pem, size);
    struct copp_private_key *again;
    struct copp_public_key again_numbers;
    assert_int_equal(copp_private_key_open(path, NULL, &again), COPP_OK);
    assert_int_equal(again->ops->public_key(again, &again_numbers), COPP_OK);
    assert_true(copp_public_key_equal(&numbers, &again_numbers));
    uint8_t signature[128];
    uint8_t digest[20];
    assert_int_equal(again->ops->sign(again, (const uint8_t *)"abc", 3, signature, 127), COPP_E_ARGUMENT);
    assert_int_equal(again->ops->sign(again, (const uint8_t *)"abc", 3, signature, 128), COPP_OK);
    struct copp_verifier *verifier;
    assert_int_equal(copp_verifier_new(&numbers, &verifier, NULL), COPP_OK);
    assert_int_equal(copp_sha1((const uint8_t *)"abc", 3, digest, NULL), COPP_OK);
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 128), COPP_OK);
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 127), COPP_E_INVALID);
    signature[5] ^= 1;
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 128), COPP_E_INVALID);
    copp_verifier_free(&verifier);
    copp_private_key_free(&again);
    copp_private_key_free(&key);
    assert_int_equal(unlink(path), 0);
}

/* The padding that a key with raw RSA alone is given, for moduli of every number of bits over whole bytes. */
static void padding_of_our_own_verifies(void) {
    char path[] = "/tmp/copp-key-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    for (unsigned bits = 1024; bits <= 1033; bits++) {
        char arguments[128];
        struct copp_private_key *key;
        struct copp_public_key numbers;
        struct copp_verifier *verifier;
        uint8_t digest[20];
        uint8_t block[COPP_MODULUS_MAX];
        uint8_t signature[COPP_MODULUS_MAX];
        (void)snprintf(arguments, sizeof arguments, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:%u -out %s", bits, path);
        openssl(arguments);
        assert_int_equal(copp_private_key_open(path, NULL, &key), COPP_OK);
        assert_int_equal(key->ops->public_key(key, &numbers), COPP_OK);
        assert_int_equal(numbers.modulus_size, (bits + 7) / 8);
        assert_int_equal(copp_sha1((const uint8_t *)"abc", 3, digest, NULL), COPP_OK);
        assert_int_equal(copp_pss_encode(&numbers, digest, block), COPP_OK);
        assert_int_equal(key->ops->decrypt_raw(key, block, signature, numbers.modulus_size), COPP_OK);
        assert_int_equal(copp_verifier_new(&numbers, &verifier, NULL), COPP_OK);
        assert_int_equal(copp_verifier_check(verifier, digest, signature, numbers.modulus_size), COPP_OK);
        uint8_t same[COPP_MODULUS_MAX]; /* without salt there is one signature alone */
        assert_int_equal(key->ops->sign(key, (const uint8_t *)"abc", 3, same, numbers.modulus_size), COPP_OK);
        assert_memory_equal(same, signature, numbers.modulus_size);
        copp_verifier_free(&verifier);
        copp_private_key_free(&key);
    }
    assert_int_equal(unlink(path), 0);
}

/* Decrypts as a driver would, with nothing but OpenSSL: reversed, raw, reversed again; with PKCS #1 taken off too. */
static size_t decrypt_independently(const struct copp_signature *signature, int padding, uint8_t *out) {
    char *path = test_path("vectors/leaf.pem");
    char command[4096];
    char in_path[] = "/tmp/copp-seal-XXXXXX";
    int file = mkstemp(in_path);
    assert_true(file >= 0);
    uint8_t big_endian[256];
    for (size_t i = 0; i < 256; i++)
        big_endian[i] = signature->bytes[255 - i];
    assert_int_equal(write(file, big_endian, 256), 256);
    assert_int_equal(close(file), 0);
    (void)snprintf(command, sizeof command, "openssl pkeyutl -decrypt -inkey '%s' -in %s -pkeyopt rsa_padding_mode:%s", path,
                   in_path, padding == RSA_PKCS1_PADDING ? "pkcs1" : "none");
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(out, 1, 256, pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(unlink(in_path), 0);
    free(path);
    return size;
}

static void sealed_forms_are_what_openssl_reads(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct copp_public_key key;
    assert_int_equal(leaf->ops->public_key(leaf, &key), COPP_OK);
    struct copp_handshake handshake = {.status_sequence = 0x01020304, .command_sequence = 0xFFFFFFFF};
    for (uint8_t i = 0; i < 16; i++) {
        handshake.random[i] = i;
        handshake.session_key[i] = (uint8_t)(0x80 + i);
    }
    const uint8_t secret[40] = {0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,
                                14,   15,   0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
                                0x8c, 0x8d, 0x8e, 0x8f, 4,    3,    2,    1,    0xFF, 0xFF, 0xFF, 0xFF};
    static const struct {
        enum copp_handshake_form form;
        size_t plain;
    } forms[] = {{COPP_FORM_SWAP40, 40}, {COPP_FORM_SWAP256, 245}};
    for (size_t f = 0; f < 2; f++) {
        struct copp_signature signature;
        struct copp_handshake opened;
        uint8_t plain[256];
        assert_int_equal(copp_handshake_seal(&handshake, forms[f].form, &key, &signature), COPP_OK);
        assert_int_equal(decrypt_independently(&signature, RSA_PKCS1_PADDING, plain), forms[f].plain);
        for (size_t i = 0; i < forms[f].plain; i++)
            assert_int_equal(plain[forms[f].plain - 1 - i], i < 40 ? secret[i] : 0);
        assert_int_equal(decrypt_independently(&signature, RSA_NO_PADDING, plain), 256);
        assert_int_equal(plain[0], 0);
        assert_int_equal(plain[1], 2);
        assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_OK);
        assert_memory_equal(&opened, &handshake, sizeof opened);
        copp_handshake_wipe(&opened);
        for (size_t i = 0; i < sizeof opened; i++)
            assert_int_equal(((uint8_t *)&opened)[i], 0);
    }
    struct copp_signature signature;
    assert_int_equal(copp_handshake_seal(&handshake, (enum copp_handshake_form)3, &key, &signature), COPP_E_ARGUMENT);
    key.modulus_size = 128;
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_SWAP40, &key, &signature), COPP_E_KEY);
    copp_private_key_free(&leaf);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(anchors_are_read_from_text, ""),
        TEST(private_keys_by_uri, ""),
        TEST(new_keys_survive_pem, ""),
        TEST(padding_of_our_own_verifies, "CERT-11"),
        TEST(sealed_forms_are_what_openssl_reads, "SES-4 SES-5"),
    };
    return RUN_SUITE("openssl", cases);
}
