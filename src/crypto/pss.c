#include "crypto/pss.h"

#include <string.h>

#define TRAILER 0xBC
#define ZEROS 8u /* before the digest in what H is the hash of */

/* XORs MGF1's output for seed, of COPP_SHA1_SIZE bytes, into size bytes. */
static enum copp_result mask(const uint8_t *seed, uint8_t *bytes, size_t size) {
    uint8_t counted[COPP_SHA1_SIZE + 4] = {0};
    memcpy(counted, seed, COPP_SHA1_SIZE);
    for (size_t at = 0; at < size; counted[sizeof counted - 1]++) {
        uint8_t digest[COPP_SHA1_SIZE];
        enum copp_result result = copp_sha1(counted, sizeof counted, digest, NULL);
        if (result)
            return result;
        for (size_t i = 0; i < sizeof digest && at < size; i++, at++)
            bytes[at] ^= digest[i];
    }
    return COPP_OK;
}

enum copp_result copp_pss_encode(const struct copp_public_key *key, const uint8_t *digest, uint8_t *block) {
    uint8_t hashed[ZEROS + COPP_SHA1_SIZE] = {0};
    if (!copp_public_key_usable(key))
        return COPP_E_KEY;
    memset(block, 0, key->modulus_size);
    /* one bit less than the modulus has, and so a whole byte less where that begins with a 1 */
    size_t skipped = key->modulus[0] == 1;
    uint8_t top = 0xFF;
    for (unsigned bit = 0x80; !skipped && bit > key->modulus[0] / 2u; bit >>= 1)
        top >>= 1;
    uint8_t *data = block + skipped;
    size_t data_size = key->modulus_size - skipped - COPP_SHA1_SIZE - 1;
    uint8_t *hash = data + data_size;
    memcpy(hashed + ZEROS, digest, COPP_SHA1_SIZE);
    enum copp_result result = copp_sha1(hashed, sizeof hashed, hash, NULL);
    data[data_size - 1] = 1; /* no salt follows */
    if (!result)
        result = mask(hash, data, data_size);
    data[0] &= top;
    hash[COPP_SHA1_SIZE] = TRAILER;
    return result;
}
