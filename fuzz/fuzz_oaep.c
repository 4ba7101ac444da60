/*
 * Opening OPM's handshake (OPM-INI-6): the decoder without branches against one that has them, written from RFC 8017. The private operation
 * is the identity, so that the input is the block, or what a sealer would have masked: oaep_ops.h.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "fuzz.h"
#include "oaep_ops.h"

#define BLOCK 256u
#define HASH 64u
#define DATA (BLOCK - 1 - HASH)
#define REST (DATA - HASH)

/* A key of 2048 bits whose operation is the identity. */
struct clear_key {
    struct copp_private_key base;
    bool fails;
    unsigned operations;
};

static enum copp_result clear_public(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = (struct copp_public_key){.modulus_size = BLOCK, .exponent = 65537};
    memset(out->modulus, 0xFF, out->modulus_size);
    return COPP_OK;
}

static enum copp_result clear_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    struct clear_key *mine = (struct clear_key *)key;
    mine->operations++;
    memcpy(out, in, size);
    return mine->fails ? COPP_E_CRYPTO : COPP_OK;
}

/* --- RFC 8017, B.2.1 and 7.1.2, the plain way --- */

static void mask(const uint8_t *seed, size_t seed_size, uint8_t *bytes, size_t size) {
    uint8_t counted[DATA + 4];
    uint8_t digest[HASH];
    memcpy(counted, seed, seed_size);
    for (size_t i = 0; i < size; i++) {
        if (i % HASH == 0) {
            memcpy(counted + seed_size, (const uint8_t[]){0, 0, 0, (uint8_t)(i / HASH)}, 4);
            CHECK(copp_digest(COPP_DIGEST_SHA512, counted, seed_size + 4, digest, NULL) == COPP_OK);
        }
        bytes[i] ^= digest[i % HASH];
    }
}

/* Where the message begins in the block without its masks; NULL: it is not one of 40 bytes or more. */
static const uint8_t *message_in(const uint8_t *plain, const uint8_t *label) {
    size_t at = 1 + HASH + HASH;
    if (plain[0] || memcmp(plain + 1 + HASH, label, HASH) != 0)
        return NULL;
    while (at < BLOCK && plain[at] == 0)
        at++;
    return at < BLOCK && plain[at] == 1 && BLOCK - (at + 1) >= COPP_HANDSHAKE_SIZE ? plain + at + 1 : NULL;
}

/* --- */

static uint32_t number_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void check_opened(const struct copp_handshake *handshake, const uint8_t *message) {
    CHECK(memcmp(handshake->random, message, COPP_RANDOM_SIZE) == 0);
    CHECK(memcmp(handshake->session_key, message + 16, COPP_KEY_SIZE) == 0);
    CHECK(handshake->status_sequence == number_at(message + 32));
    CHECK(handshake->command_sequence == number_at(message + 36));
}

/* Both forms of the block that the input asks for: as it is sealed, and without its masks. */
static void make_block(struct fuzz_input *input, unsigned what, const uint8_t *label, uint8_t *sealed, uint8_t *plain) {
    uint8_t *block = what & OAEP_MASKED ? plain : sealed;
    fuzz_fill(input, block, BLOCK);
    if (what & OAEP_LABEL)
        memcpy(block + 1 + HASH, label, HASH);
    if (what & OAEP_MASKED) {
        memcpy(sealed, plain, BLOCK);
        mask(sealed + 1, HASH, sealed + 1 + HASH, DATA);
        mask(sealed + 1 + HASH, DATA, sealed + 1, HASH);
    } else {
        memcpy(plain, sealed, BLOCK);
        mask(plain + 1 + HASH, DATA, plain + 1, HASH);
        mask(plain + 1, HASH, plain + 1 + HASH, DATA);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct copp_private_key_ops ops = {.size = sizeof ops, .public_key = clear_public, .decrypt_raw = clear_raw};
    static const struct copp_handshake zero;
    struct fuzz_input input = {data, size};
    struct copp_signature sealed;
    struct copp_handshake handshake;
    uint8_t plain[BLOCK];
    uint8_t label[HASH];
    uint8_t random[COPP_RANDOM_SIZE];
    const unsigned what = fuzz_u8(&input);
    struct clear_key key = {.base = {&ops}, .fails = what & OAEP_FAILS};
    CHECK(copp_digest(COPP_DIGEST_SHA512, label, 0, label, NULL) == COPP_OK);
    fuzz_fill(&input, random, sizeof random);
    make_block(&input, what, label, sealed.bytes, plain);
    const uint8_t *message = message_in(plain, label);
    if (what & OAEP_RANDOM && message)
        memcpy(random, message, sizeof random);
    const bool good = message && !key.fails && memcmp(random, message, sizeof random) == 0;
    CHECK(copp_handshake_open_opm(&key.base, &sealed, random, &handshake) == (good ? COPP_OK : COPP_E_INVALID));
    CHECK(key.operations == 1);
    if (good)
        check_opened(&handshake, message);
    else
        CHECK(memcmp(&handshake, &zero, sizeof zero) == 0);
    return 0;
}
