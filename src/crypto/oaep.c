#include "crypto/oaep.h"

#include <stdlib.h>
#include <string.h>

#include "copp/handshake.h"

#define HASH COPP_SHA512_SIZE
#define COUNTER 4u /* bytes that MGF1 puts behind its seed */
#define DATA_SIZE (COPP_OAEP_SIZE - 1u - HASH) /* lHash, zeros, 01, message */
#define REST (DATA_SIZE - HASH) /* of it behind lHash */
#define LAST_MARK (REST - 1u - COPP_HANDSHAKE_SIZE) /* where in the rest the 01 stands at the latest */
#define DIGESTS (1u + 1u + (DATA_SIZE + HASH - 1u) / HASH) /* lHash, the seed's mask, the data's mask */

_Static_assert(LAST_MARK == 86, "OPM-INI-6");
_Static_assert(DIGESTS <= COPP_HASH_USES, "copp_hash_new makes them ready");

struct copp_oaep {
    struct copp_hash *hash;
    uint8_t label[HASH]; /* lHash: the digest of nothing (OPM-INI-4) */
};

enum copp_result copp_oaep_new(struct copp_oaep **oaep, struct copp_log *log) {
    *oaep = NULL;
    struct copp_oaep *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    enum copp_result result = copp_hash_new(&made->hash, DIGESTS, log);
    if (!result)
        result = copp_hash_digest(made->hash, made->label, 0, made->label);
    if (result)
        copp_oaep_free(&made);
    *oaep = made;
    return result;
}

void copp_oaep_free(struct copp_oaep **oaep) {
    if (!*oaep)
        return;
    copp_hash_free(&(*oaep)->hash);
    free(*oaep);
    *oaep = NULL;
}

/* XORs MGF1's output for a seed into size bytes. COUNTER bytes behind the seed are written. */
static enum copp_result mask(struct copp_oaep *oaep, uint8_t *seed, size_t seed_size, uint8_t *bytes, size_t size) {
    uint8_t digest[HASH];
    enum copp_result result = COPP_OK;
    memset(seed + seed_size, 0, COUNTER);
    for (size_t at = 0; !result && at < size; seed[seed_size + COUNTER - 1]++) {
        result = copp_hash_digest(oaep->hash, seed, seed_size + COUNTER, digest);
        for (size_t i = 0; !result && i < HASH && at < size; i++, at++)
            bytes[at] ^= digest[i];
    }
    copp_wipe(digest, sizeof digest);
    return result;
}

/* A block in its parts, each with room for MGF1's counter. */
struct parts {
    uint8_t seed[HASH + COUNTER];
    uint8_t data[DATA_SIZE + COUNTER];
};

enum copp_result copp_oaep_encode(struct copp_oaep *oaep, const uint8_t *seed, const uint8_t *message, size_t size,
                                  uint8_t *block) {
    struct parts parts = {{0}, {0}};
    if (size > COPP_OAEP_MESSAGE_MAX)
        return COPP_E_ARGUMENT;
    memcpy(parts.seed, seed, HASH);
    memcpy(parts.data, oaep->label, HASH);
    parts.data[DATA_SIZE - size - 1] = 1;
    memcpy(parts.data + DATA_SIZE - size, message, size);
    enum copp_result result = mask(oaep, parts.seed, HASH, parts.data, DATA_SIZE);
    if (!result)
        result = mask(oaep, parts.data, DATA_SIZE, parts.seed, HASH);
    block[0] = 0;
    memcpy(block + 1, parts.seed, HASH);
    memcpy(block + 1 + HASH, parts.data, DATA_SIZE);
    copp_wipe(&parts, sizeof parts);
    return result;
}

/*
 * From here on nothing may be branched on or indexed by what comes of the block (OPM-INI-7): truth is a word of ones or of zeros, and the
 * compiler is kept from seeing that. tests/unit/test_oaep_time.c proves it.
 */
static uint32_t unseen(uint32_t word) {
    __asm__("" : "+r"(word));
    return word;
}

/* Ones if the word, which is below 2^31, is 0. */
static uint32_t is_zero(uint32_t word) {
    return unseen(0u - ((word - 1u) >> 31));
}

/* 0 if the bytes are equal. */
static uint32_t difference(const uint8_t *a, const uint8_t *b, size_t size) {
    uint32_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint32_t)(a[i] ^ b[i]);
    return unseen(bits);
}

/* Ors into secret what stands behind the mark in the rest of the data; 0 if there is a mark, no later than it may be, and only zeros
 * before it. */
static uint32_t take_message(const uint8_t *rest, uint8_t *secret) {
    uint32_t looking = ~0u;
    uint32_t bad = 0;
    for (size_t at = 0; at <= LAST_MARK; at++) {
        uint32_t here = looking & is_zero(rest[at] ^ 1u);
        bad |= looking & ~here & rest[at];
        looking &= ~here;
        for (size_t i = 0; i < COPP_HANDSHAKE_SIZE; i++)
            secret[i] |= (uint8_t)(rest[at + 1 + i] & here);
    }
    return bad | (looking & 1u);
}

/* OPM-INI-6 */
enum copp_result copp_oaep_decode(struct copp_oaep *oaep, uint8_t *block, const uint8_t *random, uint8_t *secret) {
    struct parts parts;
    memcpy(parts.seed, block + 1, HASH);
    memcpy(parts.data, block + 1 + HASH, DATA_SIZE);
    memset(secret, 0, COPP_HANDSHAKE_SIZE);
    enum copp_result result = mask(oaep, parts.data, DATA_SIZE, parts.seed, HASH);
    if (!result)
        result = mask(oaep, parts.seed, HASH, parts.data, DATA_SIZE);
    uint32_t bad = result != COPP_OK; /* nothing of the block's: all that hashing needs was made ready before */
    bad |= block[0];
    bad |= difference(parts.data, oaep->label, HASH);
    bad |= take_message(parts.data + HASH, secret);
    bad |= difference(secret, random, COPP_RANDOM_SIZE);
    uint32_t good = is_zero(bad);
    for (size_t i = 0; i < COPP_HANDSHAKE_SIZE; i++)
        secret[i] &= (uint8_t)good;
    copp_wipe(&parts, sizeof parts);
    copp_wipe(block, COPP_OAEP_SIZE);
    return (enum copp_result)((int)~good & COPP_E_INVALID); /* COPP_OK is 0 */
}
