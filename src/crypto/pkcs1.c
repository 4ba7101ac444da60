/* RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2), over the raw public operation of whichever crypto library. */
#include <string.h>

#include "crypto/crypto.h"

#define PREFIX_SIZE 19u /* at most: DigestInfo before the digest itself */

/* DigestInfo { { hash, NULL }, digest } as far as the digest: the one encoding that counts (OPM-CERT-6). */
struct prefix {
    uint8_t size;
    uint8_t bytes[PREFIX_SIZE];
};
static const struct prefix prefixes[] = {
    [COPP_DIGEST_SHA1] = {15, {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
    [COPP_DIGEST_SHA256] = {19,
                            {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
                             0x04, 0x20}},
    [COPP_DIGEST_SHA384] = {19,
                            {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00,
                             0x04, 0x30}},
    [COPP_DIGEST_SHA512] = {19,
                            {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00,
                             0x04, 0x40}},
};

enum copp_result copp_pkcs1_encode(enum copp_digest_kind kind, const uint8_t *message, size_t size, uint8_t *block,
                                   size_t block_size, struct copp_log *log) {
    const struct prefix *prefix = &prefixes[kind];
    size_t digest_at = block_size - copp_digest_size(kind);
    size_t prefix_at = digest_at - prefix->size;
    block[0] = 0;
    block[1] = 1;
    memset(block + 2, 0xFF, prefix_at - 3);
    block[prefix_at - 1] = 0;
    memcpy(block + prefix_at, prefix->bytes, prefix->size);
    return copp_digest(kind, message, size, block + digest_at, log);
}

/* OPM-CERT-3: what must have been signed is rebuilt and compared as a whole. To parse what was signed from the left lets anybody
 * forge it where the exponent is 3. */
enum copp_result copp_pkcs1_verify(const struct copp_rsa_key *key, enum copp_digest_kind kind, const uint8_t *message,
                                   size_t size, const uint8_t *signature, size_t signature_size, struct copp_log *log) {
    uint8_t wanted[COPP_RSA_MODULUS_MAX];
    uint8_t signed_block[COPP_RSA_MODULUS_MAX];
    if (!copp_rsa_key_usable(key))
        return COPP_E_KEY;
    if (signature_size != key->modulus_size)
        return COPP_E_INVALID;
    enum copp_result result = copp_rsa_public(key, signature, signed_block, log);
    if (!result)
        result = copp_pkcs1_encode(kind, message, size, wanted, key->modulus_size, log);
    if (!result && !copp_equal(wanted, signed_block, key->modulus_size))
        result = COPP_E_INVALID;
    return result;
}
