/* Keys, OMAC-1 and handshakes against RFC 4493, NIST SP 800-38B, OpenSSL's own CMAC and the independent vectors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/crypto.h"
#include "harness.h"

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
            assert_int_equal(copp_omac_sign(omac, message, vectors[i].length, tag), COPP_OK);
            assert_memory_equal(tag, wanted, 16);
        }
    }
    copp_omac_free(&omac);
    assert_null(omac);
}

static void evp_cmac(const uint8_t *key, const uint8_t *message, size_t size, uint8_t *tag) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    char cipher[] = "AES-128-CBC";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0), OSSL_PARAM_construct_end()};
    size_t written = 0;
    assert_int_equal(EVP_MAC_init(context, key, 16, parameters), 1);
    assert_int_equal(EVP_MAC_update(context, message, size), 1);
    assert_int_equal(EVP_MAC_final(context, tag, &written, 16), 1);
    assert_int_equal(written, 16);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
}

static void omac_equals_openssl_cmac_at_every_length(void) {
    enum { LONGEST = 4200 };
    uint8_t message[LONGEST];
    for (size_t i = 0; i < LONGEST; i++)
        message[i] = (uint8_t)(i * 7 + (i >> 8));
    uint8_t key[16] = {0x80, 1, 2, 3};
    struct copp_omac *omac;
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    for (size_t length = 0; length <= LONGEST; length += length < 600 ? 1 : 97) {
        uint8_t ours[16];
        uint8_t theirs[16];
        key[15] = (uint8_t)length;
        if (length % 3 == 0) /* and under a new key now and then */
            assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
        else
            key[15] = (uint8_t)(length - length % 3);
        assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
        assert_int_equal(copp_omac_sign(omac, message, length, ours), COPP_OK);
        evp_cmac(key, message, length, theirs);
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
    assert_int_equal(copp_omac_sign(omac, key, 16, tag), COPP_E_STATE);
    assert_int_equal(copp_omac_set_key(omac, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_omac_set_key(omac, key), COPP_OK);
    assert_int_equal(copp_omac_sign(omac, NULL, 1, tag), COPP_E_ARGUMENT);
    assert_int_equal(copp_omac_sign(omac, NULL, 0, tag), COPP_OK);
    assert_int_equal(copp_omac_sign(omac, key, 16, NULL), COPP_E_ARGUMENT);
    copp_omac_free(&omac);
    copp_omac_free(&omac);
    copp_omac_free(NULL);
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
    assert_int_equal(copp_sha1((const uint8_t *)"abc", 3, digest), COPP_OK);
    assert_memory_equal(digest, wanted, 20);
}

static enum copp_result no_random(struct copp_random *random, uint8_t *bytes, size_t size) {
    (void)random;
    (void)bytes;
    (void)size;
    return COPP_E_FAILED;
}

static void random_comes_from_where_it_is_told(void) {
    static const struct copp_random_calls none = {no_random};
    struct copp_random random = {&none};
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    assert_int_equal(copp_random_fill(&random, a, sizeof a), COPP_E_RANDOM);
    assert_int_equal(copp_random_fill(NULL, a, sizeof a), COPP_OK);
    assert_int_equal(copp_random_fill(NULL, b, sizeof b), COPP_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(copp_random_fill(NULL, a, SIZE_MAX), COPP_E_RANDOM);
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

static void anchors_are_read_from_text(void) {
    size_t size;
    struct copp_public_key from_pem;
    struct copp_public_key from_base64 = test_anchor();
    struct copp_private_key *root = test_private_key("root.pem");
    assert_int_equal(root->calls->public_key(root, &from_pem), COPP_OK);
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
    static const struct {
        const char *uri;
        const char *passphrase;
        enum copp_result result;
    } cases[] = {
        {"nowhere.pem", NULL, COPP_E_NOT_FOUND},    {"locked.pem", NULL, COPP_E_KEY}, {"locked.pem", "wrong", COPP_E_KEY},
        {"locked.pem", "sesame", COPP_OK},          {"ec.pem", NULL, COPP_E_KEY},     {"large.pem", NULL, COPP_E_KEY},
        {"public.pem", NULL, COPP_E_KEY},           {"good.der", NULL, COPP_OK},      {"/dev/null", NULL, COPP_E_KEY},
        {"nosuchscheme:x", NULL, COPP_E_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum copp_result result = copp_private_key_open(cases[i].uri, cases[i].passphrase, &key);
        if (result != cases[i].result)
            fail_msg("%s: %s", cases[i].uri, copp_strerror(result));
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
    assert_int_equal(key->calls->public_key(key, &numbers), COPP_OK);
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
    assert_int_equal(again->calls->public_key(again, &again_numbers), COPP_OK);
    assert_true(copp_public_key_equal(&numbers, &again_numbers));
    uint8_t signature[128];
    uint8_t digest[20];
    assert_int_equal(again->calls->sign(again, (const uint8_t *)"abc", 3, signature, 127), COPP_E_ARGUMENT);
    assert_int_equal(again->calls->sign(again, (const uint8_t *)"abc", 3, signature, 128), COPP_OK);
    struct copp_verifier *verifier;
    assert_int_equal(copp_verifier_new(&numbers, &verifier), COPP_OK);
    assert_int_equal(copp_sha1((const uint8_t *)"abc", 3, digest), COPP_OK);
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 128), COPP_OK);
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 127), COPP_E_INVALID);
    signature[5] ^= 1;
    assert_int_equal(copp_verifier_check(verifier, digest, signature, 128), COPP_E_INVALID);
    copp_verifier_free(&verifier);
    copp_private_key_free(&again);
    copp_private_key_free(&key);
    assert_int_equal(unlink(path), 0);
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
        assert_int_equal(copp_omac_sign(omac, command.bytes + 16, 4080, tag), COPP_OK);
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
    assert_int_equal(leaf->calls->public_key(leaf, &key), COPP_OK);
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
    assert_int_equal(copp_handshake_seal(&handshake, (enum copp_handshake_form)2, &key, &signature), COPP_E_ARGUMENT);
    key.modulus_size = 128;
    assert_int_equal(copp_handshake_seal(&handshake, COPP_FORM_SWAP40, &key, &signature), COPP_E_KEY);
    copp_private_key_free(&leaf);
}

static void open_refuses_numbers_not_below_the_modulus(void) {
    struct copp_private_key *leaf = test_private_key("leaf.pem");
    struct copp_public_key key;
    struct copp_handshake opened;
    struct copp_signature signature;
    assert_int_equal(leaf->calls->public_key(leaf, &key), COPP_OK);
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
    assert_int_equal(leaf->calls->decrypt_raw(leaf, signature.bytes, out, sizeof out), COPP_E_KEY);
    copp_private_key_free(&leaf);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(omac_published_vectors, "CMD-1 QRY-2"),
        TEST(omac_equals_openssl_cmac_at_every_length, "CMD-1 QRY-2"),
        TEST(omac_refuses_misuse, ""),
        TEST(equal_compares_all, ""),
        TEST(sha1_vector, ""),
        TEST(random_comes_from_where_it_is_told, ""),
        TEST(microsoft_anchor, "CERT-12"),
        TEST(anchors_are_read_from_text, ""),
        TEST(private_keys_by_uri, ""),
        TEST(new_keys_survive_pem, ""),
        TEST(handshakes_of_others_open, "SES-5 SES-6 CMD-1"),
        TEST(cryptoapi_handshakes_open, "SES-5 SES-6"),
        TEST(sealed_forms_are_what_openssl_reads, "SES-4 SES-5"),
        TEST(open_refuses_numbers_not_below_the_modulus, "SES-6 SES-8"),
    };
    return RUN_SUITE("crypto", cases);
}
