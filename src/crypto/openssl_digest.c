/* Hashes on OpenSSL. */
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
