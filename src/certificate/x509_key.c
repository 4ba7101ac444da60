/* The key of a certificate (OPM-CERT-5). */
#include <string.h>

#include "certificate/x509.h"
#include "crypto/crypto.h"

/* rsaEncryption, 1.2.840.113549.1.1.1, with parameters NULL */
static const uint8_t rsa_encryption[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

#define EXPONENT_MAX 4u /* bytes */

static const char *store_modulus(const uint8_t *bytes, size_t size, struct copp_rsa_key *key) {
    if (size > COPP_RSA_MODULUS_MAX)
        return "its modulus has more than 4096 bits";
    memcpy(key->modulus, bytes, size);
    key->modulus_size = (uint32_t)size;
    return (bytes[size - 1] & 1) ? NULL : "its modulus is even";
}

static const char *store_exponent(const uint8_t *bytes, size_t size, struct copp_rsa_key *key) {
    if (size > EXPONENT_MAX)
        return "its exponent has more than 4 bytes";
    for (size_t i = 0; i < size; i++)
        key->exponent = key->exponent << 8 | bytes[i];
    return copp_exponent_usable(key->exponent) ? NULL : "its exponent is not an odd number of 3 or more";
}

static const char *read_key(const struct copp_x509 *certificate, struct copp_rsa_key *key) {
    struct copp_reader in = certificate->key_bits;
    struct copp_reader numbers;
    const uint8_t *modulus;
    const uint8_t *exponent;
    size_t modulus_size;
    size_t exponent_size;
    if (!copp_der_is(&certificate->key_algorithm, rsa_encryption, sizeof rsa_encryption))
        return "its key's algorithm is not rsaEncryption with NULL";
    if (!copp_der_read(&in, COPP_DER_SEQUENCE, &numbers) || in.left || !copp_der_number(&numbers, &modulus, &modulus_size) ||
        !copp_der_number(&numbers, &exponent, &exponent_size) || numbers.left)
        return "its key is not an RSAPublicKey of two positive INTEGERs in DER, or bytes follow it";
    const char *flaw = store_modulus(modulus, modulus_size, key);
    return flaw ? flaw : store_exponent(exponent, exponent_size, key);
}

void copp_x509_read_key(struct copp_x509 *certificate) {
    struct copp_rsa_key key = {.modulus_size = 0};
    certificate->key_flaw = read_key(certificate, &key);
    if (!certificate->key_flaw)
        certificate->key = key;
}
