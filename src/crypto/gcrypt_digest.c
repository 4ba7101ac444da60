/* Hashes on libgcrypt. */
#include "crypto/gcrypt_keys.h"

static const int hashes[] = {
    [COPP_DIGEST_SHA1] = GCRY_MD_SHA1,
    [COPP_DIGEST_SHA256] = GCRY_MD_SHA256,
    [COPP_DIGEST_SHA384] = GCRY_MD_SHA384,
    [COPP_DIGEST_SHA512] = GCRY_MD_SHA512,
};

enum copp_result copp_digest(enum copp_digest_kind kind, const uint8_t *bytes, size_t size, uint8_t *digest,
                             struct copp_log *log) {
    if (!copp_gcrypt_ready_logged(log))
        return COPP_E_CRYPTO;
    gcry_md_hash_buffer(hashes[kind], digest, bytes, size);
    return COPP_OK;
}
