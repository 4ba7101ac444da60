/* Hashes, RSA's public operation and PKCS #1 signatures against the openssl command line's (tests/vectors/pkcs1.json), whatever the crypto library. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "crypto/crypto.h"
#include "harness.h"

static json_t *load(const char *name) {
    size_t size;
    uint8_t *text = read_test_vector(name, &size);
    json_error_t error;
    json_t *root = json_loadb((const char *)text, size, 0, &error);
    assert_non_null(root);
    free(text);
    return root;
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

/* The key that the vector names. */
static struct copp_rsa_key key_of(const json_t *root, const json_t *vector) {
    const json_t *numbers = json_object_get(json_object_get(root, "keys"), text_of(vector, "key"));
    struct copp_rsa_key key = {.exponent = (uint32_t)json_integer_value(json_object_get(numbers, "exponent"))};
    key.modulus_size = (uint32_t)from_hex(text_of(numbers, "modulus"), key.modulus, sizeof key.modulus);
    return key;
}

static enum copp_digest_kind hash_of(const json_t *vector) {
    static const char *const names[] = {"sha1", "sha256", "sha384", "sha512"};
    size_t kind = 0;
    while (strcmp(names[kind], text_of(vector, "hash")) != 0)
        assert_in_range(++kind, 0, 3);
    return (enum copp_digest_kind)kind;
}

/* FIPS 180-4's examples. */
static void digests(void) {
    static const struct {
        enum copp_digest_kind kind;
        const char *abc;
    } wanted[] = {
        {COPP_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {COPP_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {COPP_DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
        {COPP_DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                             "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        uint8_t digest[COPP_DIGEST_MAX + 1];
        uint8_t bytes[COPP_DIGEST_MAX];
        size_t size = copp_digest_size(wanted[i].kind);
        assert_int_equal(from_hex(wanted[i].abc, bytes, sizeof bytes), size);
        memset(digest, 0xA5, sizeof digest);
        assert_int_equal(copp_digest(wanted[i].kind, (const uint8_t *)"abc", 3, digest, NULL), COPP_OK);
        assert_memory_equal(digest, bytes, size);
        assert_int_equal(digest[size], 0xA5);
    }
}

static void signatures_of_others(void) {
    json_t *root = load("pkcs1.json");
    const json_t *signatures = json_object_get(root, "signatures");
    size_t valid = 0;
    assert_true(json_array_size(signatures) > 80);
    for (size_t i = 0; i < json_array_size(signatures); i++) {
        const json_t *vector = json_array_get(signatures, i);
        const json_t *own = json_object_get(vector, "message");
        const struct copp_rsa_key key = key_of(root, vector);
        uint8_t message[64];
        uint8_t signature[COPP_RSA_MODULUS_MAX + 1];
        size_t message_size = from_hex(own ? json_string_value(own) : text_of(root, "message"), message, sizeof message);
        size_t size = from_hex(text_of(vector, "signature"), signature, sizeof signature);
        bool wanted = json_is_true(json_object_get(vector, "valid"));
        enum copp_result result = copp_pkcs1_verify(&key, hash_of(vector), message, message_size, signature, size, NULL);
        if (result != (wanted ? COPP_OK : COPP_E_INVALID))
            fail_msg("%s, %s, %s: %d", text_of(vector, "key"), text_of(vector, "hash"), text_of(vector, "why"), result);
        valid += wanted;
        message[0] ^= 1;
        assert_int_equal(copp_pkcs1_verify(&key, hash_of(vector), message, message_size, signature, size, NULL), COPP_E_INVALID);
    }
    assert_int_equal(valid, 21);
    json_decref(root);
}

/* One that reads the block from the left and stops behind the digest takes it for signed. */
static void forgery_is_one_to_whoever_parses(void) {
    static const uint8_t head[] = {0,    1,    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0,    0x30, 0x31, 0x30, 0x0d,
                                   0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    json_t *root = load("pkcs1.json");
    const json_t *signatures = json_object_get(root, "signatures");
    const json_t *vector = json_array_get(signatures, json_array_size(signatures) - 1);
    const struct copp_rsa_key key = key_of(root, vector);
    uint8_t message[64];
    uint8_t block[COPP_RSA_MODULUS_MAX];
    uint8_t digest[32];
    size_t size = from_hex(text_of(root, "message"), message, sizeof message);
    assert_int_equal(key.exponent, 3);
    assert_int_equal(copp_digest(COPP_DIGEST_SHA256, message, size, digest, NULL), COPP_OK);
    assert_int_equal(from_hex(text_of(vector, "signature"), block, sizeof block), key.modulus_size);
    assert_int_equal(copp_rsa_public(&key, block, block, NULL), COPP_OK);
    assert_memory_equal(block, head, sizeof head);
    assert_memory_equal(block + sizeof head, digest, sizeof digest);
    json_decref(root);
}

/* Exactly as many bytes as the modulus has, whatever the number. */
static void public_operation(void) {
    json_t *root = load("pkcs1.json");
    const json_t *vectors = json_object_get(root, "raw");
    size_t zeros = 0;
    assert_true(json_array_size(vectors) >= 40);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        const struct copp_rsa_key key = key_of(root, vector);
        uint8_t in[COPP_RSA_MODULUS_MAX];
        uint8_t wanted[COPP_RSA_MODULUS_MAX];
        uint8_t out[COPP_RSA_MODULUS_MAX + 1];
        assert_int_equal(from_hex(text_of(vector, "in"), in, sizeof in), key.modulus_size);
        assert_int_equal(from_hex(text_of(vector, "out"), wanted, sizeof wanted), key.modulus_size);
        memset(out, 0xA5, sizeof out);
        assert_int_equal(copp_rsa_public(&key, in, out, NULL), COPP_OK);
        assert_memory_equal(out, wanted, key.modulus_size);
        assert_int_equal(out[key.modulus_size], 0xA5);
        assert_int_equal(copp_rsa_public(&key, in, in, NULL), COPP_OK); /* in place */
        assert_memory_equal(in, wanted, key.modulus_size);
        zeros += wanted[0] == 0;
    }
    assert_true(zeros > 10);
    json_decref(root);
}

static void numbers_not_below_the_modulus(void) {
    json_t *root = load("pkcs1.json");
    const struct copp_rsa_key key = key_of(root, json_array_get(json_object_get(root, "raw"), 0));
    uint8_t number[COPP_RSA_MODULUS_MAX];
    memcpy(number, key.modulus, sizeof number);
    assert_int_equal(copp_rsa_public(&key, number, number, NULL), COPP_E_INVALID);
    memset(number, 0xFF, sizeof number);
    assert_int_equal(copp_rsa_public(&key, number, number, NULL), COPP_E_INVALID);
    json_decref(root);
}

static void unusable_keys(void) {
    json_t *root = load("pkcs1.json");
    const struct copp_rsa_key good = key_of(root, json_array_get(json_object_get(root, "raw"), 0));
    struct copp_rsa_key keys[10];
    uint8_t bytes[COPP_RSA_MODULUS_MAX + 1] = {0};
    for (size_t i = 0; i < 10; i++)
        keys[i] = good;
    keys[0].modulus[0] &= 0x7F; /* 2047 bits */
    keys[1].modulus[255] &= 0xFE; /* even */
    keys[2].modulus[0] = 0;
    keys[3].modulus_size = 255;
    keys[4].modulus_size = COPP_RSA_MODULUS_MAX + 1;
    keys[5].modulus_size = 0;
    keys[6].exponent = 0;
    keys[7].exponent = 1;
    keys[8].exponent = 65536;
    memset(keys[9].modulus, 0, sizeof keys[9].modulus);
    assert_true(copp_rsa_key_usable(&good));
    for (size_t i = 0; i < 10; i++) {
        assert_false(copp_rsa_key_usable(&keys[i]));
        assert_int_equal(copp_rsa_public(&keys[i], bytes, bytes, NULL), COPP_E_KEY);
        assert_int_equal(copp_pkcs1_verify(&keys[i], COPP_DIGEST_SHA1, bytes, 1, bytes, keys[i].modulus_size, NULL), COPP_E_KEY);
    }
    json_decref(root);
}

static const struct test_case cases[] = {
    TEST(digests, ""),
    TEST(signatures_of_others, "OPM-CERT-3 OPM-CERT-6"),
    TEST(forgery_is_one_to_whoever_parses, "OPM-CERT-3"),
    TEST(public_operation, ""),
    TEST(numbers_not_below_the_modulus, ""),
    TEST(unusable_keys, "OPM-CERT-5"),
};

int main(void) {
    return RUN_SUITE("rsa", cases);
}
