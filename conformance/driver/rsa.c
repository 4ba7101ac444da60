#include "rsa.h"

#include <string.h>

#define WORDS (RSA_SIZE / 4)

/* Least significant word first. */
struct number {
    uint32_t words[WORDS];
};

static void load(const uint8_t *bytes, struct number *n) {
    for (size_t i = 0; i < WORDS; i++) {
        const uint8_t *at = bytes + RSA_SIZE - 4 * (i + 1);
        n->words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
}

static void store(const struct number *n, uint8_t *bytes) {
    for (size_t i = 0; i < WORDS; i++) {
        uint8_t *at = bytes + RSA_SIZE - 4 * (i + 1);
        for (int j = 0; j < 4; j++)
            at[j] = (uint8_t)(n->words[i] >> (24 - 8 * j));
    }
}

/* Returns the carry. */
static uint32_t add(struct number *a, const struct number *b) {
    uint64_t carry = 0;
    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)a->words[i] + b->words[i];
        a->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

static void subtract(struct number *a, const struct number *b) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t difference = (uint64_t)a->words[i] - b->words[i] - borrow;
        a->words[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

static bool below(const struct number *a, const struct number *b) {
    for (size_t i = WORDS; i-- > 0;) {
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i];
    }
    return false;
}

static void add_modulo(struct number *a, const struct number *b, const struct number *n) {
    if (add(a, b) != 0 || !below(a, n))
        subtract(a, n);
}

/* Bit by bit: a handshake needs 17 of these, each of which takes under a millisecond. */
static void multiply(struct number *a, const struct number *b, const struct number *n) {
    struct number product = {{0}};
    for (size_t bit = RSA_SIZE * 8; bit-- > 0;) {
        const struct number twice = product;
        add_modulo(&product, &twice, n);
        if ((b->words[bit / 32] >> (bit % 32) & 1) != 0)
            add_modulo(&product, a, n);
    }
    *a = product;
}

bool rsa_encrypt_raw(const struct copp_public_key *key, const uint8_t *in, uint8_t *out) {
    struct number n;
    struct number base;
    struct number result = {{1}};
    if (key->modulus_size != RSA_SIZE)
        return false;
    load(key->modulus, &n);
    load(in, &base);
    if (!below(&base, &n))
        return false;
    for (int bit = 31; bit >= 0; bit--) {
        const struct number square = result;
        multiply(&result, &square, &n);
        if ((key->exponent >> bit & 1) != 0)
            multiply(&result, &base, &n);
    }
    store(&result, out);
    return true;
}

void rsa_add(const uint8_t *number, int small, uint8_t *out) {
    int carry = small;
    for (size_t i = RSA_SIZE; i-- > 0;) {
        carry += number[i];
        out[i] = (uint8_t)(carry & 0xFF);
        carry >>= 8;
    }
}
