/* RSA and DSA keys as numbers: which are usable. */
#include "copp/key.h"

#include <string.h>

#include "common/sized.h"
#include "crypto/crypto.h"

const struct copp_public_key *copp_anchor_microsoft(void) {
    /* CERT-12, without the two stray spaces of the printed page */
    static const struct copp_public_key anchor = {
        .modulus = {0xa6, 0x3a, 0x1e, 0x58, 0xb4, 0x93, 0x2c, 0x3a, 0x27, 0x40, 0x6f, 0x12, 0x85, 0xee, 0x90, 0x86,
                    0x46, 0x1b, 0x62, 0x8b, 0x6d, 0xf5, 0xf3, 0xd9, 0xf2, 0xd1, 0xdd, 0x07, 0x5d, 0xbc, 0x64, 0x44,
                    0xdc, 0x82, 0x19, 0xf9, 0x28, 0x7a, 0x32, 0x8a, 0x7e, 0xc7, 0x90, 0x91, 0x1c, 0x3c, 0x9d, 0x04,
                    0x83, 0x85, 0x1d, 0x4a, 0xf6, 0xb4, 0x28, 0x32, 0x18, 0x0e, 0x30, 0x37, 0x11, 0x77, 0x7a, 0xf5,
                    0x1d, 0xc2, 0x37, 0x65, 0xa9, 0xfd, 0x0c, 0x8e, 0xa3, 0x46, 0x4f, 0x61, 0x66, 0x29, 0xdc, 0xd5,
                    0xe9, 0x27, 0xbd, 0x34, 0xb4, 0xa3, 0xe0, 0x22, 0x99, 0x73, 0xa3, 0x9c, 0x15, 0x77, 0xfe, 0xbd,
                    0x83, 0xb8, 0xfe, 0x8f, 0xc3, 0x3a, 0xe9, 0x6e, 0xd5, 0x36, 0x60, 0xf0, 0x68, 0xdb, 0x3d, 0x98,
                    0x37, 0x35, 0xa7, 0x6f, 0x95, 0x54, 0xcb, 0x03, 0x84, 0xeb, 0x15, 0xfc, 0x0b, 0xba, 0x13, 0xe1},
        .modulus_size = 128,
        .exponent = 65537,
    };
    return &anchor;
}

bool copp_exponent_usable(uint32_t exponent) {
    return exponent >= 3 && (exponent & 1);
}

static bool rsa_usable(const uint8_t *modulus, size_t size, uint32_t exponent) {
    return size >= COPP_MODULUS_MIN && modulus[0] && (modulus[size - 1] & 1) && copp_exponent_usable(exponent);
}

bool copp_public_key_usable(const struct copp_public_key *key) {
    return key->modulus_size <= COPP_MODULUS_MAX && rsa_usable(key->modulus, key->modulus_size, key->exponent);
}

bool copp_public_key_strong(const struct copp_public_key *key) {
    return copp_public_key_usable(key) && (key->modulus_size > COPP_MODULUS_MIN || key->modulus[0] >= 0x80);
}

bool copp_rsa_key_strong(const struct copp_rsa_key *key) {
    return key->modulus_size <= COPP_RSA_MODULUS_MAX && rsa_usable(key->modulus, key->modulus_size, key->exponent) &&
           (key->modulus_size > COPP_MODULUS_MIN || key->modulus[0] >= 0x80);
}

bool copp_rsa_key_narrow(const struct copp_rsa_key *key, struct copp_public_key *out) {
    *out = (struct copp_public_key){.modulus_size = 0};
    if (key->modulus_size > COPP_MODULUS_MAX)
        return false;
    memcpy(out->modulus, key->modulus, key->modulus_size);
    out->modulus_size = key->modulus_size;
    out->exponent = key->exponent;
    return true;
}

bool copp_rsa_key_widen(const struct copp_public_key *key, struct copp_rsa_key *out) {
    *out = (struct copp_rsa_key){.modulus_size = 0};
    if (key->modulus_size > COPP_MODULUS_MAX)
        return false;
    memcpy(out->modulus, key->modulus, key->modulus_size);
    out->modulus_size = key->modulus_size;
    out->exponent = key->exponent;
    return true;
}

bool copp_rsa_key_usable(const struct copp_rsa_key *key) {
    return key->modulus_size >= COPP_RSA_MODULUS_MIN && key->modulus_size <= COPP_RSA_MODULUS_MAX &&
           (key->modulus_size > COPP_RSA_MODULUS_MIN || key->modulus[0] >= 0x80) &&
           rsa_usable(key->modulus, key->modulus_size, key->exponent);
}

bool copp_dsa_key_usable(const struct copp_dsa_key *key) {
    static const uint8_t zero[sizeof key->p];
    if (key->p[0] < 0x80 || !(key->p[sizeof key->p - 1] & 1) || key->q[0] < 0x80 || !(key->q[sizeof key->q - 1] & 1))
        return false;
    return copp_number_below(key->g, key->p, sizeof key->p) && copp_number_below(zero, key->g, sizeof key->g) &&
           copp_number_below(key->y, key->p, sizeof key->p) && copp_number_below(zero, key->y, sizeof key->y);
}

bool copp_rsa3072_key_usable(const struct copp_rsa3072_key *key) {
    return key->modulus[0] >= 0x80 && rsa_usable(key->modulus, sizeof key->modulus, key->exponent);
}

bool copp_number_below(const uint8_t *number, const uint8_t *modulus, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (number[i] != modulus[i])
            return number[i] < modulus[i];
    }
    return false;
}

enum copp_result copp_private_keys_same(struct copp_private_key *a, struct copp_private_key *b, bool *same) {
    struct copp_public_key halves[2];
    *same = false;
    if (!COPP_HAS_OP(a->ops, public_key) || !COPP_HAS_OP(b->ops, public_key))
        return COPP_E_ARGUMENT;
    enum copp_result result = a->ops->public_key(a, &halves[0]);
    if (!result)
        result = b->ops->public_key(b, &halves[1]);
    if (!result && halves[0].modulus_size <= COPP_MODULUS_MAX)
        *same = halves[0].modulus_size == halves[1].modulus_size &&
                copp_equal(halves[0].modulus, halves[1].modulus, halves[0].modulus_size);
    return result;
}
