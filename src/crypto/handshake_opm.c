/* S sealed and opened as OPM has it (OPM-INI-3..8); COPP's way is in handshake.c. */
#include <string.h>

#include "common/sized.h"
#include "crypto/oaep.h"
#include "wire/handshake_bytes.h"

/* OPM-CERT-5: a leaf's key has 2048 bits. */
static bool leaf_usable(const struct copp_public_key *leaf, struct copp_rsa_key *key) {
    return leaf->modulus_size == COPP_OAEP_SIZE && copp_rsa_key_widen(leaf, key) && copp_rsa_key_usable(key);
}

static enum copp_result seal_block(struct copp_oaep *oaep, const struct copp_handshake *handshake, struct copp_random *random,
                                   uint8_t *block, struct copp_log *log) {
    uint8_t secret[COPP_HANDSHAKE_SIZE];
    uint8_t seed[COPP_OAEP_SEED_SIZE];
    copp_handshake_encode(handshake, secret); /* OPM-INI-3 */
    enum copp_result result = copp_random_fill(random, seed, sizeof seed, log);
    if (!result)
        result = copp_oaep_encode(oaep, seed, secret, sizeof secret, block); /* OPM-INI-4: the 40 bytes and no more */
    copp_wipe(seed, sizeof seed);
    copp_wipe(secret, sizeof secret);
    return result;
}

enum copp_result copp_handshake_seal_opm(const struct copp_handshake *handshake, const struct copp_public_key *leaf,
                                         struct copp_random *random, struct copp_signature *sealed, struct copp_log *log) {
    struct copp_rsa_key key;
    struct copp_oaep *oaep;
    uint8_t block[COPP_OAEP_SIZE];
    if (!leaf_usable(leaf, &key))
        return COPP_E_KEY;
    enum copp_result result = copp_oaep_new(&oaep, log);
    if (result)
        return result;
    result = seal_block(oaep, handshake, random, block, log);
    if (!result)
        result = copp_rsa_public(&key, block, block, log);
    if (!result)
        memcpy(sealed->bytes, block, sizeof block); /* OPM-INI-5: not reversed */
    copp_wipe(block, sizeof block);
    copp_oaep_free(&oaep);
    return result;
}

/* OPM-INI-8: what no ciphertext has a part in, and so may be told. */
static enum copp_result check_ready(struct copp_private_key *key) {
    struct copp_public_key leaf;
    struct copp_rsa_key numbers;
    if (!COPP_HAS_OP(key->ops, public_key) || !COPP_HAS_OP(key->ops, decrypt_raw))
        return COPP_E_ARGUMENT;
    enum copp_result result = key->ops->public_key(key, &leaf);
    if (!result && !leaf_usable(&leaf, &numbers))
        result = COPP_E_KEY;
    if (!result && COPP_HAS_OP(key->ops, check))
        result = key->ops->check(key);
    return result == COPP_E_INVALID ? COPP_E_CRYPTO : result; /* a word that means the ciphertext */
}

/* Nothing is logged from the private operation on, and nothing told but the verdict (OPM-INI-7, OPM-INI-8). */
enum copp_result copp_handshake_open_ready(struct copp_oaep *oaep, struct copp_private_key *key,
                                           const struct copp_signature *sealed, const uint8_t *random,
                                           struct copp_handshake *handshake) {
    uint8_t block[COPP_OAEP_SIZE];
    uint8_t secret[COPP_HANDSHAKE_SIZE];
    memset(handshake, 0, sizeof *handshake);
    enum copp_result result = check_ready(key);
    if (result)
        return result;
    result = key->ops->decrypt_raw(key, sealed->bytes, block, sizeof block); /* OPM-INI-5: not reversed */
    if (result) {
        /* Not below the modulus, or the operation failed: a wrong block like any other. */
        copp_wipe(block, sizeof block);
        block[0] = 1;
    }
    result = copp_oaep_decode(oaep, block, random, secret);
    copp_handshake_decode(secret, handshake);
    copp_wipe(secret, sizeof secret);
    return result;
}

enum copp_result copp_handshake_open_opm(struct copp_private_key *key, const struct copp_signature *sealed, const uint8_t *random,
                                         struct copp_handshake *handshake) {
    struct copp_oaep *oaep;
    if (handshake)
        memset(handshake, 0, sizeof *handshake);
    if (!key || !sealed || !random || !handshake)
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_oaep_new(&oaep, NULL);
    if (result)
        return result;
    result = copp_handshake_open_ready(oaep, key, sealed, random, handshake);
    copp_oaep_free(&oaep);
    return result;
}
