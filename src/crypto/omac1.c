#include "copp/omac.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

#define BLOCK 16u
#define SCRATCH 512u /* ciphertext nobody needs; small enough to stay in the first-level cache */

struct copp_omac {
    struct copp_cbc *cbc;
    bool keyed;
    bool chain_known;
    uint8_t chain[BLOCK]; /* the last block that cbc put out: the IV it would go on with */
    uint8_t k1[BLOCK];
    uint8_t k2[BLOCK];
    uint8_t key[COPP_KEY_SIZE]; /* to start again after a failure of the crypto library */
};

/* Multiplication by x in GF(2^128), in a time that does not depend on the secret (RFC 4493, 2.3). */
static void twice(const uint8_t *in, uint8_t *out) {
    unsigned carry = in[0] >> 7;
    for (size_t i = 0; i + 1 < BLOCK; i++)
        out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
    out[BLOCK - 1] = (uint8_t)((unsigned)in[BLOCK - 1] << 1 ^ (0x87u & (0u - carry)));
}

static void xor_block(uint8_t *out, const uint8_t *a, const uint8_t *b) {
    for (size_t i = 0; i < BLOCK; i++)
        out[i] = a[i] ^ b[i];
}

enum copp_result copp_omac_new(struct copp_omac **omac) {
    return copp_omac_new_logged(omac, NULL);
}

enum copp_result copp_omac_new_logged(struct copp_omac **omac, struct copp_log *log) {
    if (!omac)
        return COPP_E_ARGUMENT;
    *omac = NULL;
    struct copp_omac *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    enum copp_result result = copp_cbc_new(&made->cbc, log);
    if (result)
        free(made);
    else
        *omac = made;
    return result;
}

/* Keys the cipher; L, the encryption of zeros, gives the subkeys and the first chain value. */
static enum copp_result start(struct copp_omac *omac) {
    static const uint8_t zeros[BLOCK];
    enum copp_result result = copp_cbc_set_key(omac->cbc, omac->key);
    if (!result)
        result = copp_cbc_encrypt(omac->cbc, zeros, BLOCK, omac->chain);
    omac->chain_known = !result;
    if (result)
        return result;
    twice(omac->chain, omac->k1);
    twice(omac->k1, omac->k2);
    return COPP_OK;
}

enum copp_result copp_omac_set_key(struct copp_omac *omac, const uint8_t *key) {
    if (!omac || !key)
        return COPP_E_ARGUMENT;
    memcpy(omac->key, key, COPP_KEY_SIZE);
    enum copp_result result = start(omac);
    omac->keyed = !result;
    if (result)
        copp_wipe(omac->key, sizeof omac->key);
    return result;
}

/* The last block, padded if it is not whole, with its subkey. */
static void finish_block(const struct copp_omac *omac, const uint8_t *rest, size_t size, uint8_t *last) {
    if (size == BLOCK) {
        xor_block(last, rest, omac->k1);
        return;
    }
    memset(last, 0, BLOCK);
    if (size)
        memcpy(last, rest, size);
    last[size] = 0x80;
    xor_block(last, last, omac->k2);
}

/* All blocks but the last. The first one has the chain's last value folded in, which makes the IV zero again. */
static enum copp_result run_chain(struct copp_omac *omac, const uint8_t *message, size_t size) {
    uint8_t scratch[SCRATCH];
    uint8_t first[BLOCK];
    xor_block(first, message, omac->chain);
    enum copp_result result = copp_cbc_encrypt(omac->cbc, first, BLOCK, scratch);
    for (size_t at = BLOCK; !result && at < size;) {
        size_t part = size - at < SCRATCH ? size - at : SCRATCH;
        result = copp_cbc_encrypt(omac->cbc, message + at, part, scratch);
        at += part;
    }
    return result;
}

enum copp_result copp_omac_tag(struct copp_omac *omac, const uint8_t *message, size_t size, uint8_t *tag) {
    if (!omac || (!message && size) || !tag)
        return COPP_E_ARGUMENT;
    if (!omac->keyed)
        return COPP_E_STATE;
    enum copp_result result = omac->chain_known ? COPP_OK : start(omac);
    if (result)
        return result;
    uint8_t last[BLOCK];
    size_t rest = size ? (size - 1) % BLOCK + 1 : 0;
    finish_block(omac, size ? message + (size - rest) : NULL, rest, last);
    if (size > rest)
        result = run_chain(omac, message, size - rest);
    else
        xor_block(last, last, omac->chain);
    if (!result)
        result = copp_cbc_encrypt(omac->cbc, last, BLOCK, omac->chain);
    copp_wipe(last, sizeof last);
    omac->chain_known = !result;
    if (!result)
        memcpy(tag, omac->chain, BLOCK);
    return result;
}

void copp_omac_free(struct copp_omac **omac) {
    if (!omac || !*omac)
        return;
    copp_cbc_free(&(*omac)->cbc);
    copp_wipe(*omac, sizeof **omac);
    free(*omac);
    *omac = NULL;
}
