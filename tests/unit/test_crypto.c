/* OMAC-1 and handshakes against RFC 4493, NIST SP 800-38B and the independent vectors, whatever the crypto library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "certificate/srm_keys.h"
#include "crypto/crypto.h"
#include "crypto_kit.h"

static struct copp_omac *omac_with(const char *key_hex) {
    uint8_t key[16];
    assert_int_equal(from_hex(key_hex, key, 16), 16);
    struct copp_omac *omac;
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
    return omac;
}

/* RFC 4493 section 4, which are the AES-128 examples of NIST SP 800-38B (D.1) too. */
static void omac_published_vectors(void) {
    static const char message_hex[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    static const struct {
        size_t length;
        const char *tag;
    } vectors[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},  {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"}, {64, "51f0bebf7e3b9d92fc49741779363cfe"},
        {20, "7d85449ea6ea19c823a7bf78837dfade"}, /* SP 800-38B examples, AES-128, Mlen = 160 */
    };
    uint8_t message[64];
    assert_int_equal(from_hex(message_hex, message, 64), 64);
    struct copp_omac *omac = omac_with("2b7e151628aed2a6abf7158809cf4f3c");
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
            uint8_t tag[16];
            uint8_t wanted[16];
            from_hex(vectors[i].tag, wanted, 16);
            assert_int_equal(copp_omac_tag(omac, message, vectors[i].length, tag), COPP_OK);
            assert_memory_equal(tag, wanted, 16);
        }
    }
    copp_omac_free(&omac);
    assert_null(omac);
}

static void omac_equals_anothers_cmac_at_every_length(void) {
    enum { LONGEST = 4200 };
    static uint8_t message[LONGEST];
    uint8_t key[16] = {0x80, 1, 2, 3};
    struct copp_omac *omac;
    for (size_t i = 0; i < LONGEST; i++)
        message[i] = (uint8_t)(i * 7 + (i >> 8));
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    for (size_t length = 0; length <= LONGEST; length += length < 600 ? 1 : 97) {
        uint8_t ours[16];
        uint8_t theirs[16];
        if (length % 3 == 0) { /* a new key now and then */
            key[15] = (uint8_t)length;
            assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
        }
        assert_int_equal(copp_omac_tag(omac, message, length, ours), COPP_OK);
        kit_cmac(key, message, length, theirs);
        assert_memory_equal(ours, theirs, 16);
    }
    copp_omac_free(&omac);
}

static void omac_refuses_misuse(void) {
    struct copp_omac *omac;
    uint8_t tag[16];
    uint8_t key[16] = {0};
    assert_int_equal(copp_omac_new(NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_tag(omac, key, 16, tag), COPP_E_STATE);
    assert_int_equal(copp_omac_set_key(omac, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
    assert_int_equal(copp_omac_tag(omac, NULL, 1, tag), COPP_E_ARGUMENT);
    assert_int_equal(copp_omac_tag(omac, NULL, 0, tag), COPP_OK);
    assert_int_equal(copp_omac_tag(omac, key, 16, NULL), COPP_E_ARGUMENT);
    copp_omac_free(&omac);
    copp_omac_free(&omac);
    copp_omac_free(NULL);
    struct copp_cbc *none = NULL;
    copp_cbc_free(&none);
}

static void equal_compares_all(void) {
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_true(copp_equal(a, b, 32));
    assert_true(copp_equal(a, b, 0));
    for (size_t i = 0; i < 32; i++) {
        b[i] = 0x80;
        assert_false(copp_equal(a, b, 32));
        assert_true(copp_equal(a, b, i));
        b[i] = 0;
    }
}

static void sha1_vector(void) {
    uint8_t digest[20];
    uint8_t wanted[20];
    from_hex("a9993e364706816aba3e25717850c26c9cd0d89d", wanted, 20); /* FIPS 180-4, "abc" */
    assert_int_equal(copp_sha1((const uint8_t *)"abc", 3, digest, NULL), COPP_OK);
    assert_memory_equal(digest, wanted, 20);
}

static enum copp_result no_random(struct copp_random *random, uint8_t *bytes, size_t size) {
    (void)random;
    (void)bytes;
    (void)size;
    return COPP_E_FAILED;
}

static void random_comes_from_where_it_is_told(void) {
    static const struct copp_random_ops none = {sizeof none, no_random};
    struct copp_random random = {&none};
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_int_equal(copp_random_fill(&random, a, sizeof a, NULL), COPP_E_RANDOM);
    assert_int_equal(copp_random_fill(NULL, a, sizeof a, NULL), COPP_OK);
    assert_int_equal(copp_random_fill(NULL, b, sizeof b, NULL), COPP_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(copp_random_fill(NULL, a, SIZE_MAX, NULL), COPP_E_RANDOM);
}

static void microsoft_anchor(void) {
    static const char printed[] = "pjoeWLSTLDonQG8She6QhkYbYott9fPZ8tHdB128ZETcghn5KHoyin7HkJEcPJ0Eg4UdSva0KDIYDjA3EXd69R3CN2Wp/"
                                  "QyOo0ZPYWYp3NXpJ700tKPgIplzo5wVd/69g7j+j8M66W7VNmDwaNs9mDc1p2+VVMsDhOsV/Au6E+E=";
    struct copp_public_key key;
    assert_int_equal(copp_public_key_read(printed, strlen(printed), &key), COPP_OK);
    assert_int_equal(key.modulus_size, 128);
    assert_int_equal(key.exponent, 65537);
    assert_true(copp_public_key_equal(&key, copp_anchor_microsoft()));
    key.exponent = 3;
    assert_false(copp_public_key_equal(&key, copp_anchor_microsoft()));
    key.exponent = 65537;
    key.modulus[127] ^= 2;
    assert_false(copp_public_key_equal(&key, copp_anchor_microsoft()));
    assert_false(copp_public_key_equal(NULL, copp_anchor_microsoft()));
}

static json_t *load(const char *name) {
    size_t size;
    uint8_t *text = read_test_file(name, &size);
    json_error_t error;
    json_t *root = json_loadb((const char *)text, size, 0, &error);
    assert_non_null(root);
    free(text);
    return root;
}

static void check_secrets(const struct copp_handshake *opened, json_t *wanted) {
    uint8_t bytes[16];
    from_hex(json_string_value(json_object_get(wanted, "random")), bytes, 16);
    assert_memory_equal(opened->random, bytes, 16);
    from_hex(json_string_value(json_object_get(wanted, "session_key")), bytes, 16);
    assert_memory_equal(opened->session_key, bytes, 16);
    assert_int_equal(opened->status_sequence, json_integer_value(json_object_get(wanted, "status_sequence")));
    assert_int_equal(opened->command_sequence, json_integer_value(json_object_get(wanted, "command_sequence")));
}

static void handshakes_of_others_open(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    json_t *root = load("vectors/sessions.json");
    json_t *sessions = json_object_get(root, "sessions");
    assert_int_equal(json_array_size(sessions), 2);
    for (size_t i = 0; i < json_array_size(sessions); i++) {
        json_t *session = json_array_get(sessions, i);
        struct copp_signature signature;
        struct copp_handshake opened;
        assert_int_equal(from_hex(json_string_value(json_object_get(session, "signature")), signature.bytes, 256), 256);
        assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_OK);
        check_secrets(&opened, session);
        /* and the MAC of the command that followed */
        struct copp_command command;
        struct copp_omac *omac;
        uint8_t tag[16];
        assert_int_equal(from_hex(json_string_value(json_object_get(session, "set_hdcp_1_command")), command.bytes, 4096), 4096);
        assert_int_equal(copp_omac_new(&omac), COPP_OK);
        assert_int_equal(copp_omac_set_key(omac, opened.session_key), COPP_OK);
        assert_int_equal(copp_omac_tag(omac, command.bytes + 16, 4080, tag), COPP_OK);
        assert_memory_equal(tag, command.bytes, 16);
        copp_omac_free(&omac);
    }
    json_decref(root);
    copp_private_key_free(&leaf);
}

static void cryptoapi_handshakes_open(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    json_t *root = load("vectors/cryptoapi.json");
    static const char *const good[] = {"vectors/cryptoapi-swap40.bin", "vectors/cryptoapi-swap256.bin"};
    for (size_t i = 0; i < 3; i++) {
        size_t size;
        uint8_t *bytes = read_test_file(i < 2 ? good[i] : "vectors/cryptoapi-as-printed-arguments-mended.bin", &size);
        assert_int_equal(size, 256);
        struct copp_signature signature;
        struct copp_handshake opened;
        memcpy(signature.bytes, bytes, 256);
        free(bytes);
        assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_OK);
        if (i < 2) {
            check_secrets(&opened, root);
            continue;
        }
        uint8_t random[16]; /* SES-5: eleven bytes of the random number are lost, so SES-7 refuses it */
        from_hex(json_string_value(json_object_get(root, "random")), random, 16);
        assert_memory_not_equal(opened.random, random, 16);
    }
    json_decref(root);
    copp_private_key_free(&leaf);
}

static void open_refuses_numbers_not_below_the_modulus(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct copp_public_key key;
    struct copp_handshake opened;
    struct copp_signature signature;
    assert_int_equal(leaf->ops->public_key(leaf, &key), COPP_OK);
    for (size_t i = 0; i < 256; i++)
        signature.bytes[i] = key.modulus[255 - i]; /* the modulus itself */
    assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_E_INVALID);
    memset(signature.bytes, 0xFF, 256);
    assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_E_INVALID);
    for (size_t i = 0; i < sizeof opened; i++)
        assert_int_equal(((uint8_t *)&opened)[i], 0);
    for (size_t i = 0; i < 256; i++)
        signature.bytes[i] = key.modulus[255 - i];
    signature.bytes[0] -= 1; /* one below: the padding is nonsense, and nobody looks (SES-6) */
    assert_int_equal(copp_handshake_open(leaf, &signature, &opened), COPP_OK);
    assert_int_equal(copp_handshake_open(NULL, &signature, &opened), COPP_E_ARGUMENT);
    uint8_t out[128];
    assert_int_equal(leaf->ops->decrypt_raw(leaf, signature.bytes, out, sizeof out), COPP_E_KEY);
    copp_private_key_free(&leaf);
}

/* Keys as a peer may send them: each has its own answer, before any number is worked with. */
static void unusable_keys_are_refused(void) {
    const struct copp_public_key good = test_anchor();
    static const uint8_t digest[COPP_SHA1_SIZE];
    static const uint8_t bytes[COPP_MODULUS_MAX];
    uint8_t cipher[COPP_MODULUS_MAX];
    struct copp_public_key keys[9];
    for (size_t i = 0; i < 9; i++)
        keys[i] = good;
    memset(keys[0].modulus, 0, sizeof keys[0].modulus);
    keys[1].modulus[127] &= 0xFE; /* even */
    keys[2].modulus[0] = 0; /* shorter than its size says */
    keys[3].modulus_size = 127;
    keys[4].modulus_size = COPP_MODULUS_MAX + 1;
    keys[5].exponent = 0;
    keys[6].exponent = 1;
    keys[7].exponent = 65536;
    keys[8].modulus_size = 0;
    for (size_t i = 0; i < 9; i++) {
        struct copp_verifier *verifier;
        assert_int_equal(copp_verifier_new(&keys[i], &verifier, NULL), COPP_E_KEY);
        assert_null(verifier);
        assert_int_equal(copp_rsa_encrypt(&keys[i], bytes, 40, cipher, NULL), COPP_E_KEY);
    }
    struct copp_verifier *verifier;
    assert_int_equal(copp_verifier_new(&good, &verifier, NULL), COPP_OK);
    assert_int_equal(copp_verifier_check(verifier, digest, bytes, 128), COPP_E_INVALID);
    assert_int_equal(copp_verifier_check(verifier, digest, good.modulus, 128), COPP_E_INVALID);
    assert_int_equal(copp_verifier_check(verifier, digest, bytes, 0), COPP_E_INVALID);
    copp_verifier_free(&verifier);
}

/* The same for keys of renewability messages, as somebody's file may have them. */
static void unusable_message_keys_are_refused(void) {
    const struct copp_dsa_key dsa = copp_srm_hdcp1_facsimile;
    const struct copp_rsa3072_key rsa = copp_srm_hdcp2_production;
    assert_true(copp_dsa_key_usable(&dsa));
    assert_true(copp_rsa3072_key_usable(&rsa));
    struct copp_dsa_key bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = dsa;
    bad[0].p[0] &= 0x7F; /* another size */
    bad[1].p[127] &= 0xFE; /* even */
    bad[2].q[0] &= 0x7F;
    bad[3].q[19] &= 0xFE;
    memset(bad[4].g, 0, sizeof bad[4].g);
    memcpy(bad[5].g, bad[5].p, sizeof bad[5].g); /* not below p */
    memset(bad[6].y, 0, sizeof bad[6].y);
    memset(bad[7].y, 0xFF, sizeof bad[7].y);
    for (size_t i = 0; i < 8; i++)
        assert_false(copp_dsa_key_usable(&bad[i]));
    struct copp_rsa3072_key worse[4] = {rsa, rsa, rsa, rsa};
    worse[0].modulus[0] &= 0x7F;
    worse[1].modulus[383] &= 0xFE;
    worse[2].exponent = 1;
    worse[3].exponent = 65536;
    for (size_t i = 0; i < 4; i++)
        assert_false(copp_rsa3072_key_usable(&worse[i]));
}

/* Small numbers have zeros before them, to the modulus's size. */
static void numbers_keep_their_width(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct kit_key *other = kit_key_open("leaf.pem");
    for (unsigned small = 0; small < 40; small++) {
        uint8_t number[256] = {0};
        uint8_t opened[256];
        uint8_t wanted[256];
        number[255] = (uint8_t)small;
        memset(opened, 0xA5, sizeof opened);
        assert_int_equal(leaf->ops->decrypt_raw(leaf, number, opened, sizeof opened), COPP_OK);
        kit_rsa_open(other, number, wanted);
        assert_memory_equal(opened, wanted, sizeof wanted);
        assert_true(small > 1 || opened[255] == small);
    }
    kit_key_free(other);
    copp_private_key_free(&leaf);
}

static void wiping_clears_exactly_what_it_is_given(void) {
    uint8_t bytes[16];
    memset(bytes, 0xA5, sizeof bytes);
    copp_wipe(bytes + 4, 0);
    copp_wipe(NULL, 0);
    assert_int_equal(bytes[4], 0xA5);
    copp_wipe(bytes + 4, 8);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], i >= 4 && i < 12 ? 0 : 0xA5);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(wiping_clears_exactly_what_it_is_given, ""),
        TEST(omac_published_vectors, "CMD-1 QRY-2"),
        TEST(omac_equals_anothers_cmac_at_every_length, "CMD-1 QRY-2"),
        TEST(omac_refuses_misuse, ""),
        TEST(unusable_keys_are_refused, "CERT-6 CERT-7"),
        TEST(unusable_message_keys_are_refused, "SRM-2"),
        TEST(numbers_keep_their_width, "SES-6"),
        TEST(equal_compares_all, ""),
        TEST(sha1_vector, ""),
        TEST(random_comes_from_where_it_is_told, ""),
        TEST(microsoft_anchor, "CERT-12"),
        TEST(handshakes_of_others_open, "SES-5 SES-6 CMD-1"),
        TEST(cryptoapi_handshakes_open, "SES-5 SES-6"),
        TEST(open_refuses_numbers_not_below_the_modulus, "SES-6 SES-8"),
    };
    return RUN_SUITE("crypto", cases);
}
