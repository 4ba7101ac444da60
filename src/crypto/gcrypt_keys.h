/* What the files that carry the seam out on libgcrypt share, and nobody else has. */
#ifndef COPP_GCRYPT_KEYS_H
#define COPP_GCRYPT_KEYS_H

#include <gcrypt.h>

#include "crypto/crypto.h"

#define COPP_KEY_FILE_MAX 16384u /* bytes; a PEM file with an RSA-2048 key has about 1,700 */
#define COPP_KEY_DER_MAX 4096u

/* --- gcrypt_start.c --- */

/* Whether libgcrypt has been told that it may start; every function that leads to it asks this first. */
bool copp_gcrypt_ready(void);
/* The same, which also tells log if not. */
bool copp_gcrypt_ready_logged(struct copp_log *log);

/* What an error of libgcrypt's comes to: COPP_E_MEMORY if it ran out of it, else otherwise. */
enum copp_result copp_gcrypt_failure(gcry_error_t error, enum copp_result otherwise);
/* The same, which also tells log what failed ("check a signature") and libgcrypt's word for it. */
enum copp_result copp_gcrypt_failed(gcry_error_t error, enum copp_result otherwise, struct copp_log *log, const char *what);

/* --- gcrypt_numbers.c --- */

/* An RSA public key; free with gcry_sexp_release. */
enum copp_result copp_gcrypt_rsa(const uint8_t *modulus, size_t size, uint32_t exponent, gcry_sexp_t *key, struct copp_log *log);

/* The number of the list (NAME NUMBER), big-endian and right-aligned in exactly size bytes. */
enum copp_result copp_gcrypt_number(gcry_sexp_t list, uint8_t *bytes, size_t size);

/* The same of the list called token in an answer. Nothing secret: what libgcrypt finds it copies into memory that nobody wipes. */
enum copp_result copp_gcrypt_public_number(gcry_sexp_t answer, const char *token, uint8_t *bytes, size_t size);

/* --- gcrypt_keys.c --- */

/* The numbers of an RSA key, as a file has them. COPP_E_KEY unless it has 1024 to 4096 bits and a usable exponent. */
struct copp_gcrypt_view {
    const uint8_t *bytes;
    size_t size;
};
enum copp_result copp_gcrypt_numbers(const struct copp_gcrypt_view *modulus, const struct copp_gcrypt_view *exponent,
                                     struct copp_rsa_key *out);

#endif
