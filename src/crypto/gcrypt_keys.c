/* Public keys from PEM files, which libgcrypt does not read. */
#include "crypto/gcrypt_keys.h"

#include <string.h>

#include "wire/der.h"
#include "wire/pem.h"

static bool read_exponent(const struct copp_gcrypt_view *view, uint32_t *exponent) {
    if (view->size > 4)
        return false;
    *exponent = 0;
    for (size_t i = 0; i < view->size; i++)
        *exponent = *exponent << 8 | view->bytes[i];
    return true;
}

enum copp_result copp_gcrypt_numbers(const struct copp_gcrypt_view *modulus, const struct copp_gcrypt_view *exponent,
                                     struct copp_rsa_key *out) {
    struct copp_rsa_key read = {.modulus_size = (uint32_t)modulus->size};
    if (modulus->size > COPP_RSA_MODULUS_MAX || !read_exponent(exponent, &read.exponent))
        return COPP_E_KEY;
    memcpy(read.modulus, modulus->bytes, modulus->size);
    if (!copp_rsa_key_strong(&read))
        return COPP_E_KEY;
    *out = read;
    return COPP_OK;
}

/* Algorithms by their object identifiers. */
static const uint8_t rsa_object[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t dsa_object[] = {0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01};

/*
 * SubjectPublicKeyInfo (RFC 5280): SEQUENCE { SEQUENCE { OBJECT, parameters }, BIT STRING }. *key reads what is in the bit
 * string.
 */
static bool read_spki(const char *pem, size_t pem_size, uint8_t *der, const uint8_t *object, size_t object_size,
                      struct copp_reader *parameters, struct copp_reader *key) {
    size_t size = COPP_KEY_DER_MAX;
    struct copp_reader in = {der, 0};
    struct copp_reader outer;
    struct copp_reader name;
    uint8_t unused_bits;
    if (!copp_pem_decode(pem, pem_size, "PUBLIC KEY", der, &size))
        return false;
    in.left = size;
    return copp_der_read(&in, COPP_DER_SEQUENCE, &outer) && in.left == 0 &&
           copp_der_read(&outer, COPP_DER_SEQUENCE, parameters) && copp_der_read(parameters, COPP_DER_OBJECT, &name) &&
           name.left == object_size && copp_equal(name.next, object, object_size) &&
           copp_der_read(&outer, COPP_DER_BIT_STRING, key) && outer.left == 0 && copp_read_u8(key, &unused_bits) &&
           unused_bits == 0;
}

/* SEQUENCE { INTEGER n, INTEGER e } of an RSA key in PEM; both point into der, which has COPP_KEY_DER_MAX bytes. */
static bool read_rsa(const char *pem, size_t size, uint8_t *der, struct copp_gcrypt_view *n, struct copp_gcrypt_view *e) {
    struct copp_reader parameters;
    struct copp_reader none;
    struct copp_reader key;
    struct copp_reader numbers;
    return read_spki(pem, size, der, rsa_object, sizeof rsa_object, &parameters, &key) &&
           copp_der_read(&parameters, COPP_DER_NULL, &none) && none.left == 0 && parameters.left == 0 &&
           copp_der_read(&key, COPP_DER_SEQUENCE, &numbers) && key.left == 0 && copp_der_number(&numbers, &n->bytes, &n->size) &&
           copp_der_number(&numbers, &e->bytes, &e->size) && numbers.left == 0;
}

enum copp_result copp_public_key_read_pem(const char *pem, size_t size, struct copp_public_key *key) {
    uint8_t der[COPP_KEY_DER_MAX];
    struct copp_gcrypt_view n;
    struct copp_gcrypt_view e;
    struct copp_rsa_key numbers;
    if (!read_rsa(pem, size, der, &n, &e))
        return COPP_E_KEY;
    enum copp_result result = copp_gcrypt_numbers(&n, &e, &numbers);
    return result || copp_rsa_key_narrow(&numbers, key) ? result : COPP_E_KEY;
}

enum copp_result copp_rsa3072_key_read(const char *pem, size_t size, struct copp_rsa3072_key *key, struct copp_log *log) {
    (void)log; /* libgcrypt has no part in reading a key */
    uint8_t der[COPP_KEY_DER_MAX];
    struct copp_gcrypt_view n;
    struct copp_gcrypt_view e;
    if (!read_rsa(pem, size, der, &n, &e) || n.size != sizeof key->modulus || !read_exponent(&e, &key->exponent))
        return COPP_E_KEY;
    memcpy(key->modulus, n.bytes, sizeof key->modulus);
    return copp_rsa3072_key_usable(key) ? COPP_OK : COPP_E_KEY;
}

/* What copp_der_number reads: a zero stands before a highest bit that is set. The first byte is not zero. */
static size_t integer_size(const uint8_t *number, size_t size) {
    return size + (number[0] >= 0x80);
}

static bool write_integer(struct copp_writer *out, const uint8_t *number, size_t size) {
    return copp_der_header(out, COPP_DER_INTEGER, integer_size(number, size)) && (number[0] < 0x80 || copp_write_u8(out, 0)) &&
           copp_write_bytes(out, number, size);
}

/* The size of a whole element with contents of size bytes. */
static size_t element(size_t size) {
    return copp_der_header_size(size) + size;
}

static bool write_spki(struct copp_writer *out, const struct copp_public_key *key) {
    const uint8_t bytes[] = {(uint8_t)(key->exponent >> 24), (uint8_t)(key->exponent >> 16), (uint8_t)(key->exponent >> 8),
                             (uint8_t)key->exponent};
    const uint8_t *e = bytes;
    size_t e_size = sizeof bytes;
    for (; *e == 0; e++)
        e_size--; /* it is at least 3 */
    size_t numbers = element(integer_size(key->modulus, key->modulus_size)) + element(integer_size(e, e_size));
    size_t algorithm = element(sizeof rsa_object) + element(0);
    size_t bit_string = 1 + element(numbers);
    return copp_der_header(out, COPP_DER_SEQUENCE, element(algorithm) + element(bit_string)) &&
           copp_der_header(out, COPP_DER_SEQUENCE, algorithm) && copp_der_header(out, COPP_DER_OBJECT, sizeof rsa_object) &&
           copp_write_bytes(out, rsa_object, sizeof rsa_object) && copp_der_header(out, COPP_DER_NULL, 0) &&
           copp_der_header(out, COPP_DER_BIT_STRING, bit_string) && copp_write_u8(out, 0) /* no bits are unused */ &&
           copp_der_header(out, COPP_DER_SEQUENCE, numbers) && write_integer(out, key->modulus, key->modulus_size) &&
           write_integer(out, e, e_size);
}

enum copp_result copp_public_key_write_pem(const struct copp_public_key *key, char **pem, size_t *size) {
    uint8_t der[COPP_KEY_DER_MAX];
    struct copp_writer out = {der, sizeof der};
    return write_spki(&out, key) ? copp_pem_encode("PUBLIC KEY", der, sizeof der - out.left, pem, size) : COPP_E_CRYPTO;
}

/* The next number, right-aligned in exactly size bytes. */
static bool take_number(struct copp_reader *in, uint8_t *bytes, size_t size) {
    const uint8_t *number;
    size_t length;
    if (!copp_der_number(in, &number, &length) || length > size)
        return false;
    memset(bytes, 0, size - length);
    memcpy(bytes + (size - length), number, length);
    return true;
}

/* The parameters are SEQUENCE { p, q, g }, the key is INTEGER y (RFC 3279). */
enum copp_result copp_dsa_key_read(const char *pem, size_t size, struct copp_dsa_key *key, struct copp_log *log) {
    (void)log;
    uint8_t der[COPP_KEY_DER_MAX];
    struct copp_reader parameters;
    struct copp_reader domain;
    struct copp_reader public_key;
    bool got = read_spki(pem, size, der, dsa_object, sizeof dsa_object, &parameters, &public_key) &&
               copp_der_read(&parameters, COPP_DER_SEQUENCE, &domain) && take_number(&domain, key->p, sizeof key->p) &&
               take_number(&domain, key->q, sizeof key->q) && take_number(&domain, key->g, sizeof key->g) && domain.left == 0 &&
               parameters.left == 0 && take_number(&public_key, key->y, sizeof key->y) && public_key.left == 0;
    return got && copp_dsa_key_usable(key) ? COPP_OK : COPP_E_KEY;
}
