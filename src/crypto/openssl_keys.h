/* OpenSSL's key objects from numbers and back: shared by the files that carry the seam out, and by nobody else. */
#ifndef COPP_OPENSSL_KEYS_H
#define COPP_OPENSSL_KEYS_H

#include <openssl/bio.h>
#include <openssl/evp.h>

#include "crypto/openssl_errors.h"

/* NULL on failure, and the error queue says why; free with EVP_PKEY_free. */
EVP_PKEY *copp_openssl_rsa(const uint8_t *modulus, size_t size, uint32_t exponent);
EVP_PKEY *copp_openssl_dsa(const struct copp_dsa_key *key);

/* The public half of any RSA key object. COPP_E_KEY unless it is RSA of 1024 to 4096 bits; the error queue may say more. */
enum copp_result copp_openssl_rsa_numbers(EVP_PKEY *key, struct copp_rsa_key *out);

/* What a memory BIO holds, as a text of *size bytes and a NUL; free with free. On failure *text is untouched. */
enum copp_result copp_openssl_copy_out(BIO *bio, char **text, size_t *size);

#endif
