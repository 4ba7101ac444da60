/* Hashes on OpenSSL. */
#include <stdlib.h>

#include <openssl/evp.h>

#include "crypto/openssl_errors.h"

struct hash {
    const EVP_MD *(*get)(void);
    const char *what; /* for the log */
};

static const struct hash hashes[] = {
    [COPP_DIGEST_SHA1] = {EVP_sha1, "compute SHA-1"},
    [COPP_DIGEST_SHA256] = {EVP_sha256, "compute SHA-256"},
    [COPP_DIGEST_SHA384] = {EVP_sha384, "compute SHA-384"},
    [COPP_DIGEST_SHA512] = {EVP_sha512, "compute SHA-512"},
};

enum copp_result copp_digest(enum copp_digest_kind kind, const uint8_t *bytes, size_t size, uint8_t *digest,
                             struct copp_log *log) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, log, hashes[kind].what);
    bool done = EVP_Digest(bytes, size, digest, NULL, hashes[kind].get(), NULL) == 1;
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

/* A context for each digest: OpenSSL allocates when one begins, and not from there to its end. */
struct copp_hash {
    unsigned uses;
    unsigned used;
    EVP_MD_CTX *contexts[COPP_HASH_USES];
};

enum copp_result copp_hash_new(struct copp_hash **hash, unsigned uses, struct copp_log *log) {
    struct copp_openssl_call call;
    *hash = NULL;
    if (uses > COPP_HASH_USES)
        return COPP_E_ARGUMENT;
    struct copp_hash *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    copp_openssl_begin(&call, log, "make SHA-512 ready");
    bool done = true;
    for (; done && made->uses < uses; made->uses++) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        made->contexts[made->uses] = context;
        done = context && EVP_DigestInit_ex(context, EVP_sha512(), NULL) == 1;
    }
    if (!done)
        copp_hash_free(&made);
    *hash = made;
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

/* As in copp_cbc_encrypt, the error queue is not looked at first: that could allocate. */
enum copp_result copp_hash_digest(struct copp_hash *hash, const uint8_t *bytes, size_t size, uint8_t *digest) {
    struct copp_openssl_call call = {.log = NULL};
    if (hash->used == hash->uses)
        return COPP_E_STATE;
    EVP_MD_CTX *context = hash->contexts[hash->used++];
    if (EVP_DigestUpdate(context, bytes, size) == 1 && EVP_DigestFinal_ex(context, digest, NULL) == 1)
        return COPP_OK;
    return copp_openssl_end(&call, false, COPP_E_CRYPTO);
}

void copp_hash_free(struct copp_hash **hash) {
    if (!*hash)
        return;
    for (unsigned i = 0; i < COPP_HASH_USES; i++)
        EVP_MD_CTX_free((*hash)->contexts[i]); /* wipes what it has hashed */
    free(*hash);
    *hash = NULL;
}
