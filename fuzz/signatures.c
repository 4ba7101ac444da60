/* Stands in for the seam's verifications and SHA-1: see fuzz.h. */
#include <string.h>

#include "crypto/crypto.h"
#include "fuzz.h"

bool fuzz_believe;
struct fuzz_signature fuzz_verified[FUZZ_SIGNATURES_MAX];
size_t fuzz_verified_count;

void fuzz_forget_signatures(void) {
    fuzz_verified_count = 0;
}

enum copp_result __real_copp_sha1(const uint8_t *bytes, size_t size, uint8_t *digest, struct copp_log *log);
enum copp_result __wrap_copp_sha1(const uint8_t *bytes, size_t size, uint8_t *digest, struct copp_log *log);
enum copp_result __wrap_copp_sha1(const uint8_t *bytes, size_t size, uint8_t *digest, struct copp_log *log) {
    if (!fuzz_believe)
        return __real_copp_sha1(bytes, size, digest, log);
    memset(digest, 0, COPP_SHA1_SIZE);
    return COPP_OK;
}

enum copp_result __real_copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest, const uint8_t *signature,
                                            size_t size);
enum copp_result __wrap_copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest, const uint8_t *signature,
                                            size_t size);
enum copp_result __wrap_copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest, const uint8_t *signature,
                                            size_t size) {
    if (fuzz_believe)
        return COPP_OK;
    enum copp_result result = __real_copp_verifier_check(verifier, digest, signature, size);
    if (result)
        return result;
    CHECK(size <= COPP_MODULUS_MAX);
    struct fuzz_signature *seen = &fuzz_verified[fuzz_verified_count++ % FUZZ_SIGNATURES_MAX];
    *seen = (struct fuzz_signature){.size = size};
    memcpy(seen->digest, digest, sizeof seen->digest);
    memcpy(seen->signature, signature, size);
    return COPP_OK;
}

enum copp_result __real_copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size,
                                        const uint8_t *signature, struct copp_log *log);
enum copp_result __wrap_copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size,
                                        const uint8_t *signature, struct copp_log *log);
enum copp_result __wrap_copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size,
                                        const uint8_t *signature, struct copp_log *log) {
    return fuzz_believe ? COPP_OK : __real_copp_dsa_verify(key, message, size, signature, log);
}

enum copp_result __real_copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                            const uint8_t *signature, struct copp_log *log);
enum copp_result __wrap_copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                            const uint8_t *signature, struct copp_log *log);
enum copp_result __wrap_copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                            const uint8_t *signature, struct copp_log *log) {
    return fuzz_believe ? COPP_OK : __real_copp_rsa3072_verify(key, message, size, signature, log);
}

enum copp_result __real_copp_pkcs1_verify(const struct copp_rsa_key *key, enum copp_digest_kind kind, const uint8_t *message,
                                          size_t size, const uint8_t *signature, size_t signature_size, struct copp_log *log);
enum copp_result __wrap_copp_pkcs1_verify(const struct copp_rsa_key *key, enum copp_digest_kind kind, const uint8_t *message,
                                          size_t size, const uint8_t *signature, size_t signature_size, struct copp_log *log);
enum copp_result __wrap_copp_pkcs1_verify(const struct copp_rsa_key *key, enum copp_digest_kind kind, const uint8_t *message,
                                          size_t size, const uint8_t *signature, size_t signature_size, struct copp_log *log) {
    CHECK(copp_rsa_key_usable(key));
    return fuzz_believe ? COPP_OK : __real_copp_pkcs1_verify(key, kind, message, size, signature, signature_size, log);
}
