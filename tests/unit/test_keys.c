/* Key files put together byte by byte, good and hostile, and keys in the wrong hands: the same with every crypto library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate/srm_keys.h"
#include "crypto/crypto.h"
#include "harness.h"
#include "system_kit.h"
#include "wire/base64.h"

/* A file being put together from its end: what is written stands before what is there. */
#define FILE_SIZE 2048u
struct file {
    uint8_t bytes[FILE_SIZE];
    size_t at;
};

static struct file empty_file(void) {
    return (struct file){.at = FILE_SIZE};
}

static void put(struct file *file, const void *bytes, size_t size) {
    assert_true(size <= file->at);
    file->at -= size;
    memcpy(&file->bytes[file->at], bytes, size);
}

/* Tag and length of all that was put since there was end behind it. */
static void put_header(struct file *file, uint8_t tag, size_t end) {
    size_t size = end - file->at;
    const uint8_t header[] = {tag, 0x82, (uint8_t)(size >> 8), (uint8_t)size};
    const uint8_t shorter[] = {tag, 0x81, (uint8_t)size};
    const uint8_t shortest[] = {tag, (uint8_t)size};
    if (size > 0xFF)
        put(file, header, sizeof header);
    else if (size > 0x7F)
        put(file, shorter, sizeof shorter);
    else
        put(file, shortest, sizeof shortest);
}

static void put_integer(struct file *file, const uint8_t *number, size_t size) {
    size_t end = file->at;
    put(file, number, size);
    if (number[0] >= 0x80)
        put(file, "", 1);
    put_header(file, 0x02, end);
}

/* SubjectPublicKeyInfo around what was put. */
static void put_around(struct file *file, const void *algorithm, size_t algorithm_size) {
    put(file, "", 1); /* no unused bits */
    put_header(file, 0x03, sizeof file->bytes);
    put(file, algorithm, algorithm_size);
    put_header(file, 0x30, sizeof file->bytes);
}

static const uint8_t rsa_encryption[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                         0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

static struct file rsa_file(const uint8_t *modulus, size_t size, const uint8_t *exponent, size_t exponent_size) {
    struct file file = empty_file();
    put_integer(&file, exponent, exponent_size);
    put_integer(&file, modulus, size);
    put_header(&file, 0x30, sizeof file.bytes);
    put_around(&file, rsa_encryption, sizeof rsa_encryption);
    return file;
}

static size_t to_pem(const struct file *file, char *text) {
    static const char begin[] = "-----BEGIN PUBLIC KEY-----\r\n";
    static const char end[] = "-----END PUBLIC KEY-----\r\n";
    size_t size = sizeof begin - 1;
    memcpy(text, begin, size);
    for (size_t at = file->at; at < sizeof file->bytes; at += 48) {
        size_t now = sizeof file->bytes - at < 48 ? sizeof file->bytes - at : 48;
        copp_base64_encode(&file->bytes[at], now, &text[size]);
        size += copp_base64_length(now);
        memcpy(&text[size], "\r\n", 2);
        size += 2;
    }
    memcpy(&text[size], end, sizeof end);
    return size + sizeof end - 1;
}

static enum copp_result read_file(const struct file *file, struct copp_public_key *key) {
    char text[4096];
    size_t size = to_pem(file, text);
    return copp_public_key_read(text, size, key);
}

static void anchors_are_read_from_text(void) {
    static const uint8_t exponent[] = {1, 0, 1};
    const struct copp_public_key wanted = test_anchor();
    struct copp_public_key key;
    struct file file = rsa_file(wanted.modulus, wanted.modulus_size, exponent, sizeof exponent);
    assert_int_equal(read_file(&file, &key), COPP_OK);
    assert_true(copp_public_key_equal(&key, &wanted));
    char text[4096];
    size_t size = to_pem(&file, text);
    assert_int_equal(copp_public_key_read(text, size / 2, &key), COPP_E_KEY);
    text[size / 2] = '*';
    assert_int_equal(copp_public_key_read(text, size, &key), COPP_E_KEY);
    assert_int_equal(copp_public_key_read("", 0, &key), COPP_E_KEY);
    assert_int_equal(copp_public_key_read("AQAB", 4, &key), COPP_E_KEY);
    assert_int_equal(copp_public_key_read("AQ*B", 4, &key), COPP_E_KEY);
    assert_int_equal(copp_public_key_read(NULL, 0, &key), COPP_E_ARGUMENT);
}

static void hostile_numbers_are_refused(void) {
    uint8_t modulus[400];
    memset(modulus, 0xC5, sizeof modulus);
    static const struct {
        size_t size;
        uint8_t first, last;
        uint8_t exponent[5];
        size_t exponent_size;
        bool good;
    } cases[] = {
        {128, 0xC5, 0xC5, {3}, 1, true},
        {256, 0xC5, 0xC5, {1, 0, 1}, 3, true},
        {256, 0xC5, 0xC5, {0xFF, 0xFF, 0xFF, 0xFF}, 4, true},
        {127, 0xC5, 0xC5, {3}, 1, false},
        {128, 0x7F, 0xC5, {3}, 1, false}, /* 1023 bits */
        {257, 0xC5, 0xC5, {3}, 1, false},
        {384, 0xC5, 0xC5, {3}, 1, false},
        {1, 0x01, 0x01, {3}, 1, false},
        {1, 0x00, 0x00, {3}, 1, false},
        {128, 0xC5, 0xC4, {3}, 1, false}, /* even */
        {128, 0xC5, 0xC5, {0}, 1, false},
        {128, 0xC5, 0xC5, {1}, 1, false},
        {128, 0xC5, 0xC5, {2}, 1, false},
        {128, 0xC5, 0xC5, {1, 0, 0}, 3, false},
        {128, 0xC5, 0xC5, {1, 0, 0, 0, 1}, 5, false}, /* more than the field holds */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copp_public_key key;
        modulus[0] = cases[i].first;
        modulus[cases[i].size - 1] = cases[i].last;
        struct file file = rsa_file(modulus, cases[i].size, cases[i].exponent, cases[i].exponent_size);
        if (read_file(&file, &key) != (cases[i].good ? COPP_OK : COPP_E_KEY))
            fail_msg("case %zu", i);
        memset(modulus, 0xC5, sizeof modulus);
    }
    struct copp_public_key even = test_anchor();
    char text[200] = "";
    even.modulus[127] &= 0xFE;
    copp_base64_encode(even.modulus, 128, text);
    assert_int_equal(copp_public_key_read(text, strlen(text), &even), COPP_E_KEY);
    struct copp_public_key small = test_anchor();
    small.modulus[0] = 0x7F; /* 1023 bits, in base64 as in PEM */
    copp_base64_encode(small.modulus, 128, text);
    assert_int_equal(copp_public_key_read(text, strlen(text), &small), COPP_E_KEY);
}

static void negative_and_misplaced_numbers_are_refused(void) {
    static const uint8_t exponent[] = {3};
    static const uint8_t rsa_pss[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
    struct copp_public_key key;
    uint8_t modulus[128];
    memset(modulus, 0xC5, sizeof modulus);
    struct file file = empty_file(); /* a negative modulus */
    put_integer(&file, exponent, 1);
    size_t end = file.at;
    put(&file, modulus, sizeof modulus);
    put_header(&file, 0x02, end);
    put_header(&file, 0x30, sizeof file.bytes);
    put_around(&file, rsa_encryption, sizeof rsa_encryption);
#ifdef COPP_TEST_OPENSSL /* which knows no sign here: it is the number that it would be with a zero before it */
    assert_int_equal(read_file(&file, &key), COPP_OK);
    assert_memory_equal(key.modulus, modulus, sizeof modulus);
#else
    assert_int_equal(read_file(&file, &key), COPP_E_KEY);
#endif
    file = empty_file(); /* no exponent */
    put_integer(&file, modulus, sizeof modulus);
    put_header(&file, 0x30, sizeof file.bytes);
    put_around(&file, rsa_encryption, sizeof rsa_encryption);
    assert_int_equal(read_file(&file, &key), COPP_E_KEY);
    file = empty_file(); /* no sequence */
    put_integer(&file, exponent, 1);
    put_integer(&file, modulus, sizeof modulus);
    put_around(&file, rsa_encryption, sizeof rsa_encryption);
    assert_int_equal(read_file(&file, &key), COPP_E_KEY);
    file = empty_file(); /* a key for another use */
    put_integer(&file, exponent, 1);
    put_integer(&file, modulus, sizeof modulus);
    put_header(&file, 0x30, sizeof file.bytes);
    put_around(&file, rsa_pss, sizeof rsa_pss);
    assert_int_equal(read_file(&file, &key), COPP_E_KEY);
    file = empty_file(); /* nothing at all */
    assert_int_equal(read_file(&file, &key), COPP_E_KEY);
}

static enum copp_result read_dsa(const struct copp_dsa_key *numbers, size_t y_size, struct copp_dsa_key *key) {
    static const uint8_t dsa[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01};
    uint8_t y[200];
    char text[4096];
    struct file algorithm = empty_file();
    struct file file = empty_file();
    put_integer(&algorithm, numbers->g, sizeof numbers->g);
    put_integer(&algorithm, numbers->q, sizeof numbers->q);
    put_integer(&algorithm, numbers->p, sizeof numbers->p);
    put_header(&algorithm, 0x30, sizeof algorithm.bytes);
    put(&algorithm, dsa, sizeof dsa);
    put_header(&algorithm, 0x30, sizeof algorithm.bytes);
    memset(y, 0xC5, sizeof y);
    memcpy(y, numbers->y, sizeof numbers->y);
    put_integer(&file, y, y_size);
    put_around(&file, &algorithm.bytes[algorithm.at], sizeof algorithm.bytes - algorithm.at);
    size_t size = to_pem(&file, text);
    return copp_dsa_key_read(text, size, key, NULL);
}

static void keys_of_messages_are_read_from_text(void) {
    struct copp_dsa_key numbers = copp_srm_hdcp1_facsimile;
    struct copp_dsa_key key;
    assert_int_equal(read_dsa(&numbers, sizeof numbers.y, &key), COPP_OK);
    assert_memory_equal(&key, &numbers, sizeof key);
    assert_int_equal(read_dsa(&numbers, sizeof numbers.y + 1, &key), COPP_E_KEY);
    numbers.p[sizeof numbers.p - 1] ^= 1;
    assert_int_equal(read_dsa(&numbers, sizeof numbers.y, &key), COPP_E_KEY);
    const struct copp_rsa3072_key *rsa = &copp_srm_hdcp2_production;
    struct copp_rsa3072_key read;
    char text[4096];
    for (uint8_t exponent = 1; exponent <= 5; exponent += 2) {
        struct file file = rsa_file(rsa->modulus, sizeof rsa->modulus, &exponent, 1);
        size_t size = to_pem(&file, text);
        assert_int_equal(copp_rsa3072_key_read(text, size, &read, NULL), exponent > 1 ? COPP_OK : COPP_E_KEY);
        assert_int_equal(copp_dsa_key_read(text, size, &key, NULL), COPP_E_KEY);
    }
    /* a signature that is not a number below the modulus */
    uint8_t signature[384];
    memset(signature, 0xFF, sizeof signature);
    assert_int_equal(copp_rsa3072_verify(rsa, signature, 4, signature, NULL), COPP_E_INVALID);
}

#ifndef _WIN32
/* What openssl makes of a PEM public key. */
static size_t by_openssl(const char *pem, size_t size, char *text, size_t room) {
    char *directory = test_directory_new();
    char name[512];
    char command[640];
    (void)snprintf(name, sizeof name, "%s/key.pem", directory);
    (void)snprintf(command, sizeof command, "openssl pkey -pubin -in %s", name);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(pem, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    file = popen(command, "r");
    assert_non_null(file);
    size_t got = fread(text, 1, room, file);
    assert_int_equal(pclose(file), 0);
    assert_int_equal(remove(name), 0);
    test_directory_remove(directory);
    return got;
}
#endif

static void public_keys_are_written_as_others_write_them(void) {
    static const struct {
        uint32_t size;
        uint8_t first;
        uint32_t exponent;
    } cases[] = {{128, 0x80, 3},     {128, 0xC5, 127},        {128, 0xC5, 129},       {129, 0x01, 257},
                 {200, 0x7F, 65537}, {256, 0xC5, 0x7FFFFFFF}, {256, 0xC5, UINT32_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copp_public_key key = {.modulus_size = cases[i].size, .exponent = cases[i].exponent};
        struct copp_public_key read;
        char *pem;
        size_t size;
        memset(key.modulus, 0xC5, key.modulus_size);
        key.modulus[0] = cases[i].first;
        assert_int_equal(copp_public_key_to_pem(&key, &pem, &size), COPP_OK);
        assert_int_equal(strlen(pem), size);
        assert_int_equal(copp_public_key_read(pem, size, &read), COPP_OK);
        assert_true(copp_public_key_equal(&key, &read));
#ifndef _WIN32
        char text[2048];
        assert_int_equal(by_openssl(pem, size, text, sizeof text), size);
        assert_memory_equal(text, pem, size);
#endif
        copp_release(pem, size);
    }
}

static void what_is_no_public_key_is_not_written(void) {
    struct copp_public_key keys[] = {test_anchor(), test_anchor(), test_anchor(), test_anchor(), {.modulus_size = 0}};
    char *pem;
    size_t size;
    keys[0].exponent = 2;
    keys[1].modulus[0] = 0x7F; /* 1023 bits */
    keys[2].modulus[127] &= 0xFE;
    keys[3].modulus_size = COPP_MODULUS_MAX + 1;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        pem = (char *)keys;
        assert_int_equal(copp_public_key_to_pem(&keys[i], &pem, &size), COPP_E_KEY);
        assert_null(pem);
    }
}

/* The same for keys in files: what is not the library's own is neither written nor freed by it. */
static void keys_of_others_are_left_alone(void) {
    static const struct copp_private_key_ops ops = {.size = sizeof ops};
    struct copp_private_key foreign = {&ops};
    struct copp_private_key *key = &foreign;
    char *pem = (char *)&foreign;
    size_t size;
    assert_int_equal(copp_private_key_to_pem(&foreign, &pem, &size), COPP_E_KEY);
    assert_null(pem);
    copp_private_key_free(&key);
    assert_null(key);
    copp_private_key_free(&key);
    copp_private_key_free(NULL);
    assert_int_equal(copp_private_key_to_pem(NULL, &pem, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_to_pem(&foreign, NULL, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_to_pem(&foreign, &pem, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_open(NULL, NULL, &key), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_open("nowhere.pem", NULL, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_open("nowhere.pem", NULL, &key), COPP_E_NOT_FOUND);
    assert_int_equal(copp_private_key_generate(1024, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_private_key_generate(3072, &key), COPP_E_ARGUMENT);
}

/* What they do with a file: those of more than 2048 bits issue certificates and are good for nothing else. */
static void larger_keys_issue_and_do_nothing_else(void) {
    static const struct {
        const char *file;
        uint32_t size;
    } keys[] = {{"leaf.pem", 256}, {"root.pem", 128}, {"srm-rsa3072.pem", 384}, {"opm/root-key.pem", 512}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char name[64];
        uint8_t block[COPP_RSA_MODULUS_MAX] = {0};
        uint8_t signature[COPP_RSA_MODULUS_MAX];
        struct copp_public_key narrow;
        struct copp_rsa_key key;
        struct copp_private_key *opened;
        const bool larger = keys[i].size > COPP_MODULUS_MAX;
        (void)snprintf(name, sizeof name, "vectors/%s", keys[i].file);
        char *path = test_path(name);
        assert_int_equal(copp_private_key_open(path, NULL, &opened), larger ? COPP_E_KEY : COPP_OK);
        assert_true(!opened == larger);
        copp_private_key_free(&opened);
        assert_int_equal(copp_private_key_open_issuer(path, NULL, NULL, &opened), COPP_OK);
        assert_int_equal(opened->ops->rsa_key(opened, &key), COPP_OK);
        assert_true(key.modulus_size == keys[i].size && key.modulus[0] >= 0x80 && key.exponent == 65537);
        assert_int_equal(opened->ops->public_key(opened, &narrow), larger ? COPP_E_KEY : COPP_OK);
        assert_int_equal(opened->ops->check(opened), COPP_OK);
        block[key.modulus_size - 1] = 2;
        assert_int_equal(opened->ops->decrypt_raw(opened, block, signature, key.modulus_size), COPP_OK);
        if (larger)
            assert_int_equal(copp_rsa_public(&key, signature, signature, NULL), COPP_OK);
        if (larger)
            assert_memory_equal(signature, block, key.modulus_size);
        assert_int_equal(opened->ops->decrypt_raw(opened, key.modulus, signature, key.modulus_size), COPP_E_INVALID);
        assert_int_equal(opened->ops->sign(opened, block, 1, signature, key.modulus_size), larger ? COPP_E_KEY : COPP_OK);
        copp_private_key_free(&opened);
        free(path);
    }
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(anchors_are_read_from_text, ""),
        TEST(hostile_numbers_are_refused, ""),
        TEST(negative_and_misplaced_numbers_are_refused, ""),
        TEST(keys_of_messages_are_read_from_text, "SRM-2"),
        TEST(public_keys_are_written_as_others_write_them, ""),
        TEST(what_is_no_public_key_is_not_written, ""),
        TEST(keys_of_others_are_left_alone, ""),
        TEST(larger_keys_issue_and_do_nothing_else, "OPM-CERT-5"),
    };
    return RUN_SUITE("keys", cases);
}
