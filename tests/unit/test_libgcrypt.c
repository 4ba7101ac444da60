/* The crypto seam on libgcrypt: seals as it opens them, key files read strictly. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>

#include "crypto/crypto.h"
#include "log_kit.h"
#include "system_kit.h"
#include "wire/base64.h"
#include "wire/pem.h"

#define FILE_NAME "copp-test-key.pem" /* in the directory the test runs in */

#ifndef COPP_TEST_SHOW_MEMORY
/* Also where memory cannot be locked, so that libgcrypt goes on without it: what is there is wiped when freed. */
static void secrets_lie_in_memory_that_is_wiped(void) {
    struct copp_private_key *key = test_private_key("leaf.pem");
    void *blocks[10];
    for (size_t i = 0; i < 10; i++) { /* more than there is to begin with */
        blocks[i] = gcry_malloc_secure(20000);
        assert_true(gcry_is_secure(blocks[i]));
    }
    for (size_t i = 0; i < 10; i++)
        gcry_free(blocks[i]);
    copp_private_key_free(&key);
}
#endif

static void write_key(const char *text, size_t size) {
    FILE *file = fopen(FILE_NAME, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static enum copp_result open_text(const char *text, size_t size) {
    struct copp_private_key *key = NULL;
    write_key(text, size);
    enum copp_result result = copp_private_key_open(FILE_NAME, NULL, &key);
    assert_true(!key == !!result);
    copp_private_key_free(&key);
    assert_int_equal(remove(FILE_NAME), 0);
    return result;
}

static void new_keys_survive_pem(void) {
    struct copp_private_key *key;
    struct copp_private_key *again;
    struct copp_public_key numbers;
    struct copp_public_key again_numbers;
    char *pem;
    size_t size;
    assert_int_equal(copp_private_key_generate(4096, &key), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_generate(1024, &key), COPP_OK);
    assert_int_equal(key->ops->public_key(key, &numbers), COPP_OK);
    assert_int_equal(numbers.modulus_size, 128);
    assert_int_equal(numbers.exponent, 65537);
    assert_int_equal(copp_private_key_to_pem(key, &pem, &size), COPP_OK);
    assert_int_equal(strlen(pem), size);
    write_key(pem, size);
    copp_release(pem, size);
    assert_int_equal(copp_private_key_open(FILE_NAME, NULL, &again), COPP_OK);
    assert_int_equal(remove(FILE_NAME), 0);
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
    memset(signature, 0xFF, sizeof signature); /* not below the modulus */
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 128), COPP_E_INVALID);
    copp_verifier_free(&verifier);
    copp_private_key_free(&again);
    copp_private_key_free(&key);
}

/* The good key's DER with one byte changed is a good key no longer, wherever that byte has a meaning. */
static void damaged_keys_are_refused(void) {
    size_t size;
    uint8_t der[4096];
    uint8_t *pem = read_test_file("vectors/root.pem", &size);
    assert_int_equal(open_text((const char *)pem, size), COPP_OK);
    assert_int_equal(open_text((const char *)pem, size / 2), COPP_E_KEY);
    assert_int_equal(open_text("", 0), COPP_E_KEY);
    size_t der_size = sizeof der;
    assert_true(copp_pem_decode((const char *)pem, size, "RSA PRIVATE KEY", der, &der_size));
    free(pem);
    for (size_t i = 0; i < der_size; i += i < 40 ? 1 : 13) {
        char text[4096] = "-----BEGIN RSA PRIVATE KEY-----\n";
        der[i] ^= 0x01;
        size_t at = strlen(text);
        copp_base64_encode(der, der_size, text + at);
        at += copp_base64_length(der_size);
        memcpy(text + at, "\n-----END RSA PRIVATE KEY-----\n", 31);
        enum copp_result result = open_text(text, strlen(text));
        der[i] ^= 0x01;
        /* the two exponents and the coefficient of CRT are worked out anew, so nothing believes those in the file */
        if (result != COPP_E_KEY && i < der_size * 2 / 3)
            fail_msg("byte %zu: %s", i, copp_strerror(result));
    }
    struct copp_private_key *key;
    char *directory = test_directory_new();
    assert_int_equal(copp_private_key_open(directory, NULL, &key), COPP_E_IO);
#ifdef _WIN32
    assert_int_equal(errno, EACCES);
#else
    assert_int_equal(errno, EISDIR);
#endif
    test_directory_remove(directory);
    assert_int_equal(copp_private_key_open("nowhere.pem", NULL, &key), COPP_E_NOT_FOUND);
    assert_int_equal(copp_private_key_open(NULL, NULL, &key), COPP_E_ARGUMENT);
}

/* Where our result says that a key is not usable, the log has libgcrypt's word for it. */
static void libgcrypts_word_is_told(void) {
    struct kit_log log = kit_log();
    struct copp_private_key *key = NULL;
    uint8_t der[4096];
    char text[4096] = "-----BEGIN RSA PRIVATE KEY-----\n";
    size_t size;
    size_t der_size = sizeof der;
    uint8_t *pem = read_test_file("vectors/root.pem", &size);
    assert_true(copp_pem_decode((const char *)pem, size, "RSA PRIVATE KEY", der, &der_size));
    free(pem);
    der[100] ^= 0x01; /* of the modulus */
    copp_base64_encode(der, der_size, text + strlen(text));
    strcat(text, "\n-----END RSA PRIVATE KEY-----\n");
    write_key(text, strlen(text));
    assert_int_equal(copp_private_key_open_logged(FILE_NAME, NULL, &log.log, &key), COPP_E_KEY);
    assert_int_equal(remove(FILE_NAME), 0);
    assert_int_equal(log.count, 1);
    kit_log_has(&log, COPP_LOG_ERROR, "libgcrypt cannot open a private key: ");
}

/* What may stand behind the key in a PKCS #8 file. */
static void nothing_follows_a_key_but_attributes(void) {
    static const struct {
        uint8_t bytes[3];
        size_t size;
        enum copp_result result;
    } cases[] = {
        {{0}, 0, COPP_OK},
        {{0xA0, 0x00}, 2, COPP_OK},
        {{0xA0, 0x01}, 2, COPP_E_KEY}, /* cut short */
        {{0xA0, 0x00, 0x00}, 3, COPP_E_KEY},
        {{0x04, 0x00}, 2, COPP_E_KEY},
    };
    struct copp_private_key *key = test_private_key("leaf.pem");
    char *pem;
    size_t size;
    assert_int_equal(copp_private_key_to_pem(key, &pem, &size), COPP_OK);
    copp_private_key_free(&key);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t der[2048];
        char text[4096] = "-----BEGIN PRIVATE KEY-----\n";
        size_t der_size = sizeof der;
        size_t at = strlen(text);
        assert_true(copp_pem_decode(pem, size, "PRIVATE KEY", der, &der_size));
        memcpy(&der[der_size], cases[i].bytes, cases[i].size);
        der_size += cases[i].size;
        assert_int_equal(der[1], 0x82); /* the whole's length has two bytes */
        der[2] = (uint8_t)((der_size - 4) >> 8);
        der[3] = (uint8_t)(der_size - 4);
        copp_base64_encode(der, der_size, &text[at]);
        strcat(text, "\n-----END PRIVATE KEY-----\n");
        assert_int_equal(open_text(text, strlen(text)), cases[i].result);
    }
    copp_release(pem, size);
}

static void sealed_forms_have_their_shape(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct copp_public_key key;
    struct copp_handshake handshake = {.status_sequence = 0x01020304, .command_sequence = 0xFFFFFFFF};
    assert_int_equal(leaf->ops->public_key(leaf, &key), COPP_OK);
    for (uint8_t i = 0; i < 16; i++) {
        handshake.random[i] = i;
        handshake.session_key[i] = (uint8_t)(0x80 + i);
    }
    static const struct {
        enum copp_handshake_form form;
        size_t plain;
    } forms[] = {{COPP_FORM_SWAP40, 40}, {COPP_FORM_SWAP256, 245}};
    for (size_t f = 0; f < 2; f++) {
        struct copp_signature signature;
        struct copp_handshake opened;
        uint8_t big_endian[256];
        uint8_t padded[256];
        assert_int_equal(copp_handshake_seal(&handshake, forms[f].form, &key, &signature), COPP_OK);
        for (size_t i = 0; i < 256; i++)
            big_endian[i] = signature.bytes[255 - i];
        assert_int_equal(leaf->ops->decrypt_raw(leaf, big_endian, padded, 256), COPP_OK);
        assert_int_equal(padded[0], 0); /* PKCS #1 type 2, the padding ending where the plaintext begins */
        assert_int_equal(padded[1], 2);
        for (size_t i = 2; i < 255 - forms[f].plain; i++)
            assert_int_not_equal(padded[i], 0);
        assert_int_equal(padded[255 - forms[f].plain], 0);
        assert_int_equal(padded[255], 0); /* the random number's first byte comes last */
        assert_int_equal(padded[254], 1);
        assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_OK);
        assert_memory_equal(&opened, &handshake, sizeof opened);
    }
    copp_private_key_free(&leaf);
}

int main(void) {
    static const struct test_case cases[] = {
#ifndef COPP_TEST_SHOW_MEMORY
        TEST(secrets_lie_in_memory_that_is_wiped, ""),
#endif
        TEST(new_keys_survive_pem, ""),
        TEST(damaged_keys_are_refused, ""),
        TEST(libgcrypts_word_is_told, ""),
        TEST(nothing_follows_a_key_but_attributes, ""),
        TEST(sealed_forms_have_their_shape, "SES-4 SES-5"),
    };
    return RUN_SUITE("libgcrypt", cases);
}
