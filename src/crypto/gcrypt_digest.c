/* Hashes on libgcrypt. */
#include <stdlib.h>
#include <string.h>

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

struct copp_hash {
    gcry_md_hd_t handle;
    unsigned left;
};

enum copp_result copp_hash_new(struct copp_hash **hash, unsigned uses, struct copp_log *log) {
    *hash = NULL;
    if (uses > COPP_HASH_USES)
        return COPP_E_ARGUMENT;
    if (!copp_gcrypt_ready_logged(log))
        return COPP_E_CRYPTO;
    struct copp_hash *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->left = uses;
    gcry_error_t error = gcry_md_open(&made->handle, GCRY_MD_SHA512, 0);
    if (error) {
        free(made);
        return copp_gcrypt_failed(error, COPP_E_CRYPTO, log, "make SHA-512 ready");
    }
    *hash = made;
    return COPP_OK;
}

enum copp_result copp_hash_digest(struct copp_hash *hash, const uint8_t *bytes, size_t size, uint8_t *digest) {
    if (!hash->left)
        return COPP_E_STATE;
    hash->left--;
    gcry_md_write(hash->handle, bytes, size);
    memcpy(digest, gcry_md_read(hash->handle, GCRY_MD_SHA512), COPP_SHA512_SIZE);
    gcry_md_reset(hash->handle); /* wipes what it has hashed */
    return COPP_OK;
}

void copp_hash_free(struct copp_hash **hash) {
    if (!*hash)
        return;
    gcry_md_close((*hash)->handle);
    free(*hash);
    *hash = NULL;
}
