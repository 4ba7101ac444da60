#include "crypto_kit.h"

#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>

#define SHA1_SIZE 20u

/* The numbers of the file in their order: 0, n, e, d, p, q and more for RSA; 0, p, q, g, y, x for DSA. */
enum { RSA_N = 1, RSA_E, RSA_D, DSA_P = 1, DSA_Q, DSA_G, DSA_Y, DSA_X, NUMBERS };
struct kit_key {
    gcry_mpi_t numbers[NUMBERS];
};

void kit_cmac(const uint8_t *key, const uint8_t *bytes, size_t size, uint8_t *tag) {
    gcry_mac_hd_t mac;
    size_t written = COPP_MAC_SIZE;
    assert_int_equal(gcry_mac_open(&mac, GCRY_MAC_CMAC_AES, 0, NULL), 0);
    assert_int_equal(gcry_mac_setkey(mac, key, COPP_KEY_SIZE), 0);
    assert_int_equal(gcry_mac_write(mac, bytes, size), 0);
    assert_int_equal(gcry_mac_read(mac, tag, &written), 0);
    assert_int_equal(written, COPP_MAC_SIZE);
    gcry_mac_close(mac);
}

static gcry_mpi_t number_from(const uint8_t *bytes, size_t size) {
    gcry_mpi_t number;
    assert_int_equal(gcry_mpi_scan(&number, GCRYMPI_FMT_USG, bytes, size, NULL), 0);
    return number;
}

/* Right-aligned in exactly size bytes. */
static void number_to(gcry_mpi_t number, uint8_t *bytes, size_t size) {
    size_t length;
    memset(bytes, 0, size);
    assert_int_equal(gcry_mpi_print(GCRYMPI_FMT_USG, NULL, 0, &length, number), 0);
    assert_true(length <= size);
    assert_int_equal(gcry_mpi_print(GCRYMPI_FMT_USG, &bytes[size - length], length, NULL, number), 0);
}

/* What stands between the lines of dashes, six bits a character; returns its size. */
static size_t decode(const char *pem, uint8_t *der, size_t capacity) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned count = 0;
    size_t size = 0;
    for (const char *at = strchr(pem, '\n'); *at != '-' && *at != '='; at++) {
        const char *digit = strchr(digits, *at);
        if (!digit)
            continue;
        bits = bits << 6 | (uint32_t)(digit - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            assert_true(size < capacity);
            der[size++] = (uint8_t)(bits >> count);
        }
    }
    return size;
}

/* The contents of the element at *at, which moves behind its header. */
static size_t element(const uint8_t *der, size_t *at) {
    size_t length = der[*at + 1];
    size_t header = 2;
    if (length > 0x80) {
        header += length & 0x7F;
        length = 0;
        for (size_t i = 2; i < header; i++)
            length = length << 8 | der[*at + i];
    }
    *at += header;
    return length;
}

struct kit_key *kit_key_open(const char *vector) {
    uint8_t der[4096];
    size_t size;
    uint8_t *pem = read_test_vector(vector, &size);
    struct kit_key *key = malloc(sizeof *key);
    size_t at = 0;
    assert_non_null(key);
    size = decode((const char *)pem, der, sizeof der);
    assert_int_equal(element(der, &at) + at, size);
    for (size_t i = 0; i < NUMBERS; i++) {
        size_t length = element(der, &at);
        assert_true(at + length <= size);
        key->numbers[i] = number_from(&der[at], length);
        at += length;
    }
    free(pem);
    return key;
}

void kit_key_free(struct kit_key *key) {
    for (size_t i = 0; i < NUMBERS; i++)
        gcry_mpi_release(key->numbers[i]);
    free(key);
}

static void power(const uint8_t *in, size_t size, gcry_mpi_t exponent, gcry_mpi_t modulus, uint8_t *out) {
    gcry_mpi_t number = number_from(in, size);
    gcry_mpi_powm(number, number, exponent, modulus);
    number_to(number, out, size);
    gcry_mpi_release(number);
}

void kit_rsa_open(struct kit_key *key, const uint8_t *in, uint8_t *out) {
    power(in, COPP_SIGNATURE_SIZE, key->numbers[RSA_D], key->numbers[RSA_N], out);
}

/* RFC 8017, 9.2 */
void kit_rsa3072_sign(struct kit_key *key, const uint8_t *message, size_t size, uint8_t *signature) {
    static const uint8_t sha256[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    uint8_t encoded[384];
    memset(encoded, 0xFF, sizeof encoded);
    encoded[0] = 0;
    encoded[1] = 1;
    encoded[sizeof encoded - 32 - sizeof sha256 - 1] = 0;
    memcpy(&encoded[sizeof encoded - 32 - sizeof sha256], sha256, sizeof sha256);
    gcry_md_hash_buffer(GCRY_MD_SHA256, &encoded[sizeof encoded - 32], message, size);
    power(encoded, sizeof encoded, key->numbers[RSA_D], key->numbers[RSA_N], signature);
}

/* FIPS 186-4, 4.6. The secret number is not a secret: nor is the key. */
void kit_dsa_sign(struct kit_key *key, const uint8_t *message, size_t size, uint8_t *signature) {
    uint8_t digest[SHA1_SIZE];
    uint8_t secret[SHA1_SIZE];
    gcry_mpi_t q = key->numbers[DSA_Q];
    gcry_mpi_t r = gcry_mpi_new(0);
    gcry_mpi_t s = gcry_mpi_new(0);
    gcry_mpi_t inverse = gcry_mpi_new(0);
    gcry_md_hash_buffer(GCRY_MD_SHA1, digest, message, size);
    gcry_md_hash_buffer(GCRY_MD_SHA1, secret, digest, sizeof digest);
    gcry_mpi_t z = number_from(digest, sizeof digest);
    gcry_mpi_t k = number_from(secret, sizeof secret);
    gcry_mpi_mod(k, k, q);
    gcry_mpi_powm(r, key->numbers[DSA_G], k, key->numbers[DSA_P]);
    gcry_mpi_mod(r, r, q);
    gcry_mpi_mulm(s, key->numbers[DSA_X], r, q);
    gcry_mpi_addm(s, s, z, q);
    assert_int_equal(gcry_mpi_invm(inverse, k, q), 1);
    gcry_mpi_mulm(s, s, inverse, q);
    number_to(r, signature, 20);
    number_to(s, &signature[20], 20);
    gcry_mpi_release(k);
    gcry_mpi_release(z);
    gcry_mpi_release(inverse);
    gcry_mpi_release(s);
    gcry_mpi_release(r);
}

/* Takes MGF1 with SHA-1 (RFC 8017, B.2.1) off the bytes. */
static void unmask(uint8_t *bytes, size_t size, const uint8_t *seed) {
    uint8_t input[SHA1_SIZE + 4];
    uint8_t mask[SHA1_SIZE];
    memcpy(input, seed, SHA1_SIZE);
    memset(&input[SHA1_SIZE], 0, 3);
    for (size_t i = 0; i < size; i++) {
        input[SHA1_SIZE + 3] = (uint8_t)(i / SHA1_SIZE);
        if (i % SHA1_SIZE == 0)
            gcry_md_hash_buffer(GCRY_MD_SHA1, mask, input, sizeof input);
        bytes[i] ^= mask[i % SHA1_SIZE];
    }
}

/* RFC 8017, 9.1.2, for a modulus whose highest bit is set and a salt of no bytes. */
bool kit_pss_verifies(const struct copp_public_key *key, const uint8_t *message, size_t size, const uint8_t *signature) {
    const uint8_t e[] = {(uint8_t)(key->exponent >> 24), (uint8_t)(key->exponent >> 16), (uint8_t)(key->exponent >> 8),
                         (uint8_t)key->exponent};
    uint8_t encoded[COPP_MODULUS_MAX];
    uint8_t hashed[8 + SHA1_SIZE] = {0};
    uint8_t hash[SHA1_SIZE];
    gcry_mpi_t modulus = number_from(key->modulus, key->modulus_size);
    gcry_mpi_t exponent = number_from(e, sizeof e);
    power(signature, key->modulus_size, exponent, modulus, encoded);
    gcry_mpi_release(exponent);
    gcry_mpi_release(modulus);
    size_t block = key->modulus_size - SHA1_SIZE - 1; /* zeros and a one */
    bool padded = encoded[0] < 0x80 && encoded[key->modulus_size - 1] == 0xBC;
    unmask(encoded, block, &encoded[block]);
    padded = padded && encoded[block - 1] == 1;
    for (size_t i = 0; i + 1 < block; i++)
        padded = padded && (encoded[i] & (i ? 0xFF : 0x7F)) == 0;
    gcry_md_hash_buffer(GCRY_MD_SHA1, &hashed[8], message, size);
    gcry_md_hash_buffer(GCRY_MD_SHA1, hash, hashed, sizeof hashed);
    return padded && memcmp(hash, &encoded[block], sizeof hash) == 0;
}
