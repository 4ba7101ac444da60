/* libgcrypt's expressions from numbers and back. */
#include <string.h>

#include "crypto/gcrypt_keys.h"

enum copp_result copp_gcrypt_rsa(const uint8_t *modulus, size_t size, uint32_t exponent, gcry_sexp_t *key, struct copp_log *log) {
    const uint8_t e[4] = {(uint8_t)(exponent >> 24), (uint8_t)(exponent >> 16), (uint8_t)(exponent >> 8), (uint8_t)exponent};
    *key = NULL;
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    gcry_error_t error = gcry_sexp_build(key, NULL, "(public-key (rsa (n %b) (e %b)))", (int)size, modulus, (int)sizeof e, e);
    return error ? copp_gcrypt_failed(error, COPP_E_CRYPTO, log, "make an RSA key ready") : COPP_OK;
}

enum copp_result copp_gcrypt_number(gcry_sexp_t list, uint8_t *bytes, size_t size) {
    gcry_mpi_t number = gcry_sexp_nth_mpi(list, 1, GCRYMPI_FMT_USG);
    enum copp_result result = COPP_E_CRYPTO;
    size_t length = number ? (gcry_mpi_get_nbits(number) + 7) / 8 : SIZE_MAX;
    if (length <= size) {
        memset(bytes, 0, size - length);
        gcry_error_t error = gcry_mpi_print(GCRYMPI_FMT_USG, bytes + (size - length), length, NULL, number);
        result = error ? copp_gcrypt_failure(error, COPP_E_CRYPTO) : COPP_OK;
    }
    gcry_mpi_release(number);
    return result;
}

enum copp_result copp_gcrypt_public_number(gcry_sexp_t answer, const char *token, uint8_t *bytes, size_t size) {
    gcry_sexp_t list = gcry_sexp_find_token(answer, token, 0);
    enum copp_result result = list ? copp_gcrypt_number(list, bytes, size) : COPP_E_CRYPTO;
    gcry_sexp_release(list);
    return result;
}
