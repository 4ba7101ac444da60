/* The crypto seam on libgcrypt: ciphers and public-key operations. Hashes are in gcrypt_digest.c, keys in gcrypt_keys.c and
 * gcrypt_private.c; it begins in gcrypt_start.c. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/gcrypt_keys.h"

enum copp_result copp_csprng_fill(uint8_t *bytes, size_t size, struct copp_log *log) {
    if (size > INT_MAX || !copp_gcrypt_ready_logged(log))
        return COPP_E_RANDOM;
    gcry_randomize(bytes, size, GCRY_STRONG_RANDOM); /* ends the process where there is no randomness */
    return COPP_OK;
}

struct copp_cbc {
    gcry_cipher_hd_t cipher;
};

enum copp_result copp_cbc_new(struct copp_cbc **cbc, struct copp_log *log) {
    *cbc = NULL;
    if (!copp_gcrypt_ready_logged(log))
        return COPP_E_CRYPTO;
    struct copp_cbc *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    gcry_error_t error = gcry_cipher_open(&made->cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CBC, 0);
    if (error) {
        free(made);
        return copp_gcrypt_failed(error, COPP_E_CRYPTO, log, "make AES-128-CBC ready");
    }
    /* the process's first key has libgcrypt test its AES, which allocates: now, and not when the session's key is set */
    static const uint8_t any_key[COPP_KEY_SIZE];
    enum copp_result result = copp_cbc_set_key(made, any_key);
    if (result)
        copp_cbc_free(&made);
    *cbc = made;
    return result;
}

enum copp_result copp_cbc_set_key(struct copp_cbc *cbc, const uint8_t *key) {
    static const uint8_t zero_iv[16];
    gcry_error_t error = gcry_cipher_setkey(cbc->cipher, key, COPP_KEY_SIZE);
    if (!error)
        error = gcry_cipher_setiv(cbc->cipher, zero_iv, sizeof zero_iv);
    return error ? copp_gcrypt_failure(error, COPP_E_CRYPTO) : COPP_OK;
}

enum copp_result copp_cbc_encrypt(struct copp_cbc *cbc, const uint8_t *in, size_t size, uint8_t *out) {
    gcry_error_t error = gcry_cipher_encrypt(cbc->cipher, out, size, in, size);
    return error ? copp_gcrypt_failure(error, COPP_E_CRYPTO) : COPP_OK;
}

void copp_cbc_free(struct copp_cbc **cbc) {
    if (!*cbc)
        return;
    gcry_cipher_close((*cbc)->cipher); /* wipes the key schedule */
    free(*cbc);
    *cbc = NULL;
}

/* A signature to check: what was signed, and the signature itself. */
struct claim {
    gcry_sexp_t data;
    gcry_sexp_t signature;
};

/* Whether the claim, which is taken over, holds under key. error: of making the claim. */
static enum copp_result verify(gcry_sexp_t key, struct claim *claim, gcry_error_t error, struct copp_log *log) {
    enum copp_result result = COPP_OK;
    if (!error)
        error = gcry_pk_verify(claim->signature, claim->data, key);
    if (gcry_err_code(error) == GPG_ERR_BAD_SIGNATURE)
        result = COPP_E_INVALID; /* which the verdict tells */
    else if (error)
        result = copp_gcrypt_failed(error, COPP_E_CRYPTO, log, "check a signature");
    gcry_sexp_release(claim->data);
    gcry_sexp_release(claim->signature);
    return result;
}

static gcry_error_t rsa_signature(const uint8_t *signature, size_t size, gcry_sexp_t *made) {
    return gcry_sexp_build(made, NULL, "(sig-val (rsa (s %b)))", (int)size, signature);
}

struct copp_verifier {
    gcry_sexp_t key;
    struct copp_public_key numbers;
    struct copp_log *log;
};

enum copp_result copp_verifier_new(const struct copp_public_key *key, struct copp_verifier **verifier, struct copp_log *log) {
    *verifier = NULL;
    if (!copp_public_key_usable(key))
        return COPP_E_KEY;
    struct copp_verifier *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->numbers = *key;
    made->log = log;
    enum copp_result result = copp_gcrypt_rsa(key->modulus, key->modulus_size, key->exponent, &made->key, log);
    if (result) {
        free(made);
        return result;
    }
    *verifier = made;
    return COPP_OK;
}

enum copp_result copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest, const uint8_t *signature,
                                     size_t size) {
    struct claim claim = {NULL, NULL};
    if (size != verifier->numbers.modulus_size || !copp_number_below(signature, verifier->numbers.modulus, size))
        return COPP_E_INVALID;
    gcry_error_t error = gcry_sexp_build(&claim.data, NULL, "(data (flags pss) (salt-length 1:0) (hash sha1 %b))",
                                         (int)COPP_SHA1_SIZE, digest); /* CERT-11 */
    if (!error)
        error = rsa_signature(signature, size, &claim.signature);
    return verify(verifier->key, &claim, error, verifier->log);
}

void copp_verifier_free(struct copp_verifier **verifier) {
    if (!*verifier)
        return;
    gcry_sexp_release((*verifier)->key);
    free(*verifier);
    *verifier = NULL;
}

/* What the public operation is for. */
struct purpose {
    const char *form; /* of the data that libgcrypt takes */
    const char *what; /* for the log */
};
static const struct purpose padding = {"(data (flags pkcs1) (value %b))", "encrypt with RSA"};
static const struct purpose no_padding = {"(data (flags raw) (value %b))", "compute with an RSA public key"};

/* In memory that is wiped, so that all made from it is too. */
static gcry_error_t secret_data(const char *form, const uint8_t *in, size_t size, gcry_sexp_t *data) {
    uint8_t *plain = gcry_malloc_secure(size);
    if (!plain)
        return gcry_error(GPG_ERR_ENOMEM);
    memcpy(plain, in, size);
    gcry_error_t error = gcry_sexp_build(data, NULL, form, (int)size, plain);
    copp_wipe(plain, size);
    gcry_free(plain);
    return error;
}

static enum copp_result encrypt(gcry_sexp_t public_key, const struct purpose *purpose, const uint8_t *in, size_t size,
                                uint8_t *out, size_t out_size, struct copp_log *log) {
    gcry_sexp_t data = NULL;
    gcry_sexp_t cipher = NULL;
    gcry_error_t error = secret_data(purpose->form, in, size, &data);
    if (!error)
        error = gcry_pk_encrypt(&cipher, data, public_key);
    enum copp_result result = error ? copp_gcrypt_failed(error, COPP_E_CRYPTO, log, purpose->what)
                                    : copp_gcrypt_public_number(cipher, "a", out, out_size);
    gcry_sexp_release(cipher);
    gcry_sexp_release(data);
    return result;
}

enum copp_result copp_rsa_encrypt(const struct copp_public_key *key, const uint8_t *in, size_t size, uint8_t *out,
                                  struct copp_log *log) {
    gcry_sexp_t public_key = NULL;
    if (!copp_public_key_usable(key))
        return COPP_E_KEY;
    if (size + 11 > key->modulus_size) /* libgcrypt would make do with less padding than the standard wants */
        return COPP_E_CRYPTO;
    enum copp_result result = copp_gcrypt_rsa(key->modulus, key->modulus_size, key->exponent, &public_key, log);
    if (!result)
        result = encrypt(public_key, &padding, in, size, out, key->modulus_size, log);
    gcry_sexp_release(public_key);
    return result;
}

enum copp_result copp_rsa_public(const struct copp_rsa_key *key, const uint8_t *in, uint8_t *out, struct copp_log *log) {
    gcry_sexp_t public_key = NULL;
    if (!copp_rsa_key_usable(key))
        return COPP_E_KEY;
    if (!copp_number_below(in, key->modulus, key->modulus_size))
        return COPP_E_INVALID;
    enum copp_result result = copp_gcrypt_rsa(key->modulus, key->modulus_size, key->exponent, &public_key, log);
    if (!result)
        result = encrypt(public_key, &no_padding, in, key->modulus_size, out, key->modulus_size, log);
    gcry_sexp_release(public_key);
    return result;
}

enum copp_result copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size, const uint8_t *signature,
                                 struct copp_log *log) {
    uint8_t digest[COPP_SHA1_SIZE];
    gcry_sexp_t public_key = NULL;
    struct claim claim = {NULL, NULL};
    enum copp_result result = copp_sha1(message, size, digest, log);
    if (result)
        return result;
    gcry_error_t error =
        gcry_sexp_build(&public_key, NULL, "(public-key (dsa (p %b) (q %b) (g %b) (y %b)))", (int)sizeof key->p, key->p,
                        (int)sizeof key->q, key->q, (int)sizeof key->g, key->g, (int)sizeof key->y, key->y);
    if (!error)
        error = gcry_sexp_build(&claim.data, NULL, "(data (flags raw) (value %b))", (int)sizeof digest, digest);
    if (!error)
        error = gcry_sexp_build(&claim.signature, NULL, "(sig-val (dsa (r %b) (s %b)))", 20, signature, 20, signature + 20);
    result = verify(public_key, &claim, error, log);
    gcry_sexp_release(public_key);
    return result;
}

enum copp_result copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                     const uint8_t *signature, struct copp_log *log) {
    uint8_t digest[32]; /* SHA-256 */
    gcry_sexp_t public_key = NULL;
    struct claim claim = {NULL, NULL};
    if (!copp_number_below(signature, key->modulus, sizeof key->modulus))
        return COPP_E_INVALID;
    enum copp_result result = copp_gcrypt_rsa(key->modulus, sizeof key->modulus, key->exponent, &public_key, log);
    if (result)
        return result;
    gcry_md_hash_buffer(GCRY_MD_SHA256, digest, message, size);
    gcry_error_t error = gcry_sexp_build(&claim.data, NULL, "(data (flags pkcs1) (hash sha256 %b))", (int)sizeof digest, digest);
    if (!error)
        error = rsa_signature(signature, sizeof key->modulus, &claim.signature);
    result = verify(public_key, &claim, error, log);
    gcry_sexp_release(public_key);
    return result;
}
