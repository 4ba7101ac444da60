#include "oaep_forms.h"

#include <string.h>

#define WORDS (OAEP_BLOCK_SIZE / 4)

/* --- the block (RFC 8017, 7.1.1) --- */

/* MGF1: changes size bytes by the mask that the seed gives. */
static void mask(enum plain_hash hash, const uint8_t *seed, size_t seed_size, uint8_t *bytes, size_t size) {
    uint8_t input[OAEP_BLOCK_SIZE + 4] = {0};
    uint8_t digest[PLAIN_HASH_MAX];
    size_t step = plain_hash_size(hash);
    memcpy(input, seed, seed_size);
    for (size_t at = 0; at < size; at += step) {
        plain_hash(hash, input, seed_size + 4, digest);
        for (size_t i = 0; i < step && at + i < size; i++)
            bytes[at + i] ^= digest[i];
        input[seed_size + 3]++;
    }
}

static void spoil(enum oaep_flaw flaw, uint8_t *data, size_t hash_size, size_t separator) {
    if (flaw == OAEP_LABEL_HASH)
        data[0] ^= 1;
    if (flaw == OAEP_PADDING)
        data[hash_size] = 2;
    if (flaw == OAEP_SEPARATOR)
        data[separator] = 2;
}

bool oaep_form_block(const struct oaep_form *oaep, uint8_t *block) {
    const size_t hash_size = plain_hash_size(oaep->hash);
    const size_t data_size = OAEP_BLOCK_SIZE - 1 - hash_size;
    const char *label = oaep->label ? oaep->label : "";
    uint8_t *seed = block + 1;
    uint8_t *data = seed + hash_size;
    if (oaep->message_size > data_size - hash_size - 1)
        return false;
    memset(block, 0, OAEP_BLOCK_SIZE);
    block[0] = oaep->flaw == OAEP_FIRST_BYTE;
    memcpy(seed, oaep->seed, hash_size);
    plain_hash(oaep->hash, (const uint8_t *)label, strlen(label), data);
    const size_t separator = data_size - oaep->message_size - 1;
    data[separator] = 1;
    memcpy(data + separator + 1, oaep->message, oaep->message_size);
    spoil(oaep->flaw, data, hash_size, separator);
    mask(oaep->mask_hash, seed, hash_size, data, data_size);
    mask(oaep->mask_hash, data, data_size, seed, hash_size);
    return true;
}

/* --- RSA's public operation, by schoolbook arithmetic on 32-bit words, the least significant first --- */

struct number {
    uint32_t words[WORDS];
};

static void read_number(const uint8_t *bytes, struct number *number) {
    for (size_t i = 0; i < WORDS; i++) {
        const uint8_t *at = bytes + OAEP_BLOCK_SIZE - 4 * (i + 1);
        number->words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
}

static void write_number(const struct number *number, uint8_t *bytes) {
    for (size_t i = 0; i < OAEP_BLOCK_SIZE; i++)
        bytes[OAEP_BLOCK_SIZE - 1 - i] = (uint8_t)(number->words[i / 4] >> 8 * (i % 4));
}

static bool is_below(const struct number *a, const struct number *b) {
    for (size_t i = WORDS; i-- > 0;) {
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i];
    }
    return false;
}

static void subtract(struct number *a, const struct number *b) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t difference = (uint64_t)a->words[i] - b->words[i] - borrow;
        a->words[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

/* a + b mod n; both are below n. */
static void add(struct number *a, const struct number *b, const struct number *n) {
    uint64_t carry = 0;
    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)a->words[i] + b->words[i];
        a->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry || !is_below(a, n))
        subtract(a, n);
}

/* a * b mod n, by doubling and adding. */
static void multiply(struct number *a, const struct number *b, const struct number *n) {
    struct number product = {{0}};
    for (size_t bit = WORDS * 32; bit-- > 0;) {
        const struct number twice = product;
        add(&product, &twice, n);
        if (b->words[bit / 32] >> (bit % 32) & 1)
            add(&product, a, n);
    }
    *a = product;
}

bool rsa_raise(const struct copp_public_key *key, const uint8_t *in, uint8_t *out) {
    struct number n, base, power = {{1}};
    if (key->modulus_size != OAEP_BLOCK_SIZE)
        return false;
    read_number(key->modulus, &n);
    read_number(in, &base);
    if (!is_below(&base, &n))
        return false;
    for (unsigned bit = 32; bit-- > 0;) {
        const struct number root = power;
        multiply(&power, &root, &n);
        if (key->exponent >> bit & 1)
            multiply(&power, &base, &n);
    }
    write_number(&power, out);
    return true;
}
