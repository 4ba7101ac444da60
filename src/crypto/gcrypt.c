/* The crypto seam on libgcrypt: hashing, ciphers and public-key operations. Keys are in gcrypt_keys.c and gcrypt_private.c. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/gcrypt_keys.h"

#define SECURE_MEMORY_SIZE 65536u /* bytes to begin with: numbers of private keys */

/* On Windows libgcrypt has advice on performance counters for whoever reads standard error. */
static void keep_silent(void *unused, int level, const char *format, va_list arguments) {
    (void)unused;
    (void)level;
    (void)format;
    (void)arguments;
}

bool copp_gcrypt_ready(void) {
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
        return true;
    if (!gcry_check_version(GCRYPT_VERSION))
        return false;
    gcry_set_log_handler(keep_silent, NULL);
    /* private numbers lie in memory that is wiped; that it cannot be locked everywhere is no reason to print warnings */
    (void)gcry_control(GCRYCTL_DISABLE_SECMEM_WARN);
    if (gcry_control(GCRYCTL_INIT_SECMEM, SECURE_MEMORY_SIZE, 0))
        (void)gcry_control(GCRYCTL_DISABLE_SECMEM);
    (void)gcry_control(GCRYCTL_AUTO_EXPAND_SECMEM, SECURE_MEMORY_SIZE, 0);
    return gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0) == 0;
}

void copp_wipe(void *bytes, size_t size) {
    volatile uint8_t *at = bytes; /* stores that may not be left out */
    for (size_t i = 0; i < size; i++)
        at[i] = 0;
}

enum copp_result copp_random_fill(struct copp_random *random, uint8_t *bytes, size_t size) {
    if (random)
        return random->calls->fill(random, bytes, size) ? COPP_E_RANDOM : COPP_OK;
    if (size > INT_MAX || !copp_gcrypt_ready())
        return COPP_E_RANDOM;
    gcry_randomize(bytes, size, GCRY_STRONG_RANDOM); /* ends the process where there is no randomness */
    return COPP_OK;
}

enum copp_result copp_sha1(const uint8_t *bytes, size_t size, uint8_t *digest) {
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    gcry_md_hash_buffer(GCRY_MD_SHA1, digest, bytes, size);
    return COPP_OK;
}

struct copp_cbc {
    gcry_cipher_hd_t cipher;
};

enum copp_result copp_cbc_new(struct copp_cbc **cbc) {
    *cbc = NULL;
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    struct copp_cbc *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    if (gcry_cipher_open(&made->cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, 0)) {
        free(made);
        return COPP_E_CRYPTO;
    }
    *cbc = made;
    return COPP_OK;
}

enum copp_result copp_cbc_set_key(struct copp_cbc *cbc, const uint8_t *key) {
    static const uint8_t zero_iv[16];
    if (gcry_cipher_setkey(cbc->cipher, key, COPP_KEY_SIZE) || gcry_cipher_setiv(cbc->cipher, zero_iv, sizeof zero_iv))
        return COPP_E_CRYPTO;
    return COPP_OK;
}

enum copp_result copp_cbc_encrypt(struct copp_cbc *cbc, const uint8_t *in, size_t size, uint8_t *out) {
    return gcry_cipher_encrypt(cbc->cipher, out, size, in, size) ? COPP_E_CRYPTO : COPP_OK;
}

void copp_cbc_free(struct copp_cbc **cbc) {
    if (!*cbc)
        return;
    gcry_cipher_close((*cbc)->cipher); /* wipes the key schedule */
    free(*cbc);
    *cbc = NULL;
}

/* Whether signature, under key and over data, both of which are taken over. */
static enum copp_result verify(gcry_sexp_t key, gcry_sexp_t data, gcry_sexp_t signature) {
    enum copp_result result = COPP_E_CRYPTO;
    if (key && data && signature)
        result = gcry_pk_verify(signature, data, key) ? COPP_E_INVALID : COPP_OK;
    gcry_sexp_release(data);
    gcry_sexp_release(signature);
    return result;
}

static gcry_sexp_t rsa_signature(const uint8_t *signature, size_t size) {
    gcry_sexp_t made = NULL;
    return gcry_sexp_build(&made, NULL, "(sig-val (rsa (s %b)))", (int)size, signature) ? NULL : made;
}

struct copp_verifier {
    gcry_sexp_t key;
    struct copp_public_key numbers;
};

enum copp_result copp_verifier_new(const struct copp_public_key *key, struct copp_verifier **verifier) {
    *verifier = NULL;
    if (key->modulus_size > COPP_MODULUS_MAX)
        return COPP_E_CRYPTO;
    struct copp_verifier *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->numbers = *key;
    made->key = copp_gcrypt_rsa(key->modulus, key->modulus_size, key->exponent);
    if (!made->key) {
        free(made);
        return COPP_E_CRYPTO;
    }
    *verifier = made;
    return COPP_OK;
}

enum copp_result copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest, const uint8_t *signature,
                                     size_t size) {
    if (size != verifier->numbers.modulus_size || !copp_gcrypt_below(signature, verifier->numbers.modulus, size))
        return COPP_E_INVALID;
    gcry_sexp_t data = NULL; /* CERT-11 */
    if (gcry_sexp_build(&data, NULL, "(data (flags pss) (salt-length 1:0) (hash sha1 %b))", (int)COPP_SHA1_SIZE, digest))
        return COPP_E_CRYPTO;
    return verify(verifier->key, data, rsa_signature(signature, size));
}

void copp_verifier_free(struct copp_verifier **verifier) {
    if (!*verifier)
        return;
    gcry_sexp_release((*verifier)->key);
    free(*verifier);
    *verifier = NULL;
}

enum copp_result copp_rsa_encrypt(const struct copp_public_key *key, const uint8_t *in, size_t size, uint8_t *out) {
    if (key->modulus_size != COPP_SIGNATURE_SIZE || size + 11 > key->modulus_size)
        return COPP_E_CRYPTO;
    gcry_sexp_t public_key = copp_gcrypt_rsa(key->modulus, key->modulus_size, key->exponent);
    uint8_t *plain = public_key ? gcry_malloc_secure(size ? size : 1) : NULL; /* so that all made from it is wiped */
    gcry_sexp_t data = NULL;
    gcry_sexp_t cipher = NULL;
    if (plain) {
        memcpy(plain, in, size);
        if (gcry_sexp_build(&data, NULL, "(data (flags pkcs1) (value %b))", (int)size, plain))
            data = NULL;
        copp_wipe(plain, size);
    }
    bool done =
        data && gcry_pk_encrypt(&cipher, data, public_key) == 0 && copp_gcrypt_number(cipher, "a", out, key->modulus_size);
    gcry_sexp_release(cipher);
    gcry_sexp_release(data);
    gcry_free(plain);
    gcry_sexp_release(public_key);
    return done ? COPP_OK : COPP_E_CRYPTO;
}

enum copp_result copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size, const uint8_t *signature) {
    uint8_t digest[COPP_SHA1_SIZE];
    gcry_sexp_t public_key = NULL;
    gcry_sexp_t data = NULL;
    gcry_sexp_t pair = NULL;
    if (copp_sha1(message, size, digest))
        return COPP_E_CRYPTO;
    if (gcry_sexp_build(&public_key, NULL, "(public-key (dsa (p %b) (q %b) (g %b) (y %b)))", (int)sizeof key->p, key->p,
                        (int)sizeof key->q, key->q, (int)sizeof key->g, key->g, (int)sizeof key->y, key->y))
        return COPP_E_KEY;
    if (gcry_sexp_build(&data, NULL, "(data (flags raw) (value %b))", (int)sizeof digest, digest))
        data = NULL;
    if (gcry_sexp_build(&pair, NULL, "(sig-val (dsa (r %b) (s %b)))", 20, signature, 20, signature + 20))
        pair = NULL;
    enum copp_result result = verify(public_key, data, pair);
    gcry_sexp_release(public_key);
    return result;
}

enum copp_result copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                     const uint8_t *signature) {
    uint8_t digest[32]; /* SHA-256 */
    if (!copp_gcrypt_ready())
        return COPP_E_CRYPTO;
    if (!copp_gcrypt_below(signature, key->modulus, sizeof key->modulus))
        return COPP_E_INVALID;
    gcry_sexp_t public_key = copp_gcrypt_rsa(key->modulus, sizeof key->modulus, key->exponent);
    if (!public_key)
        return COPP_E_KEY;
    gcry_md_hash_buffer(GCRY_MD_SHA256, digest, message, size);
    gcry_sexp_t data = NULL;
    if (gcry_sexp_build(&data, NULL, "(data (flags pkcs1) (hash sha256 %b))", (int)sizeof digest, digest))
        data = NULL;
    enum copp_result result = verify(public_key, data, rsa_signature(signature, sizeof key->modulus));
    gcry_sexp_release(public_key);
    return result;
}
