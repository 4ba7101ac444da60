/* The crypto seam on OpenSSL 3: ciphers and public-key operations. Hashes are in openssl_digest.c, keys in openssl_keys.c and openssl_private.c. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "crypto/openssl_keys.h"

enum copp_result copp_csprng_fill(uint8_t *bytes, size_t size, struct copp_log *log) {
    struct copp_openssl_call call;
    if (size > INT_MAX)
        return COPP_E_RANDOM;
    copp_openssl_begin(&call, log, "draw random numbers");
    bool done = RAND_bytes(bytes, (int)size) == 1;
    return copp_openssl_end(&call, done, COPP_E_RANDOM) ? COPP_E_RANDOM : COPP_OK;
}

struct copp_cbc {
    EVP_CIPHER_CTX *context;
};

enum copp_result copp_cbc_new(struct copp_cbc **cbc, struct copp_log *log) {
    struct copp_openssl_call call;
    *cbc = NULL;
    struct copp_cbc *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    copp_openssl_begin(&call, log, "make AES-128-CBC ready");
    made->context = EVP_CIPHER_CTX_new();
    bool done = made->context && EVP_EncryptInit_ex(made->context, EVP_aes_128_cbc(), NULL, NULL, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(made->context, 0) == 1;
    if (!done)
        copp_cbc_free(&made);
    *cbc = made;
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

enum copp_result copp_cbc_set_key(struct copp_cbc *cbc, const uint8_t *key) {
    static const uint8_t zero_iv[16];
    struct copp_openssl_call call;
    copp_openssl_begin(&call, NULL, "");
    bool done = EVP_EncryptInit_ex(cbc->context, NULL, NULL, key, zero_iv) == 1;
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

/* A MAC for each message: to look at the error queue first would cost it a twentieth. Should this ever fail, the caller's errors go too. */
enum copp_result copp_cbc_encrypt(struct copp_cbc *cbc, const uint8_t *in, size_t size, uint8_t *out) {
    int written = 0;
    struct copp_openssl_call call = {.log = NULL};
    if (size <= INT_MAX && EVP_EncryptUpdate(cbc->context, out, &written, in, (int)size) == 1 && (size_t)written == size)
        return COPP_OK;
    return copp_openssl_end(&call, false, COPP_E_CRYPTO);
}

void copp_cbc_free(struct copp_cbc **cbc) {
    if (!*cbc)
        return;
    EVP_CIPHER_CTX_free((*cbc)->context); /* wipes the key schedule */
    free(*cbc);
    *cbc = NULL;
}

/* A context for one operation on key, made ready by init. */
static EVP_PKEY_CTX *context_for(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *)) {
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    if (context && init(context) != 1) {
        EVP_PKEY_CTX_free(context);
        context = NULL;
    }
    return context;
}

#define CHECK_SIGNATURE "check a signature"
#define NO_COMPLAINT 0 /* what ERR_GET_LIB makes of an empty queue */
#ifndef EVP_R_PROVIDER_SIGNATURE_FAILURE
#define EVP_R_PROVIDER_SIGNATURE_FAILURE 234 /* of younger releases than these headers, which may be what runs */
#endif

/* The first error is of that library. Younger releases put one behind it for every signature that fails. */
static bool complains(unsigned long first, int library) {
    bool added = ERR_GET_LIB(first) == ERR_LIB_EVP && ERR_GET_REASON(first) == EVP_R_PROVIDER_SIGNATURE_FAILURE;
    return ERR_GET_LIB(first) == library || (library == NO_COMPLAINT && added);
}

/*
 * Ends a verification by what it answered: 1, 0 or a negative number. 0 alone does not tell that the signature was looked at and
 * is wrong: it comes as well where memory ran out on the way. The one comes with complaint, the library of the first error (DSA
 * says nothing), the other does not.
 */
static enum copp_result verified(struct copp_openssl_call *call, int answer, int complaint) {
    struct copp_openssl_cause cause;
    struct copp_log_text text = {.used = 0};
    if (answer == 1)
        return copp_openssl_end(call, true, COPP_OK);
    copp_openssl_take(call, &cause, call->log ? &text : NULL, true);
    if (answer == 0 && complains(cause.first, complaint))
        return cause.memory ? COPP_E_MEMORY : COPP_E_INVALID; /* which the verdict tells */
    return copp_openssl_failed(call, &cause, &text, COPP_E_CRYPTO);
}

struct copp_verifier {
    EVP_PKEY *key;
    EVP_PKEY_CTX *context;
    size_t size;
    struct copp_log *log;
};

/* CERT-11, in one call: each has its price. MGF1 follows the signature's hash. */
static bool init_pss_verification(EVP_PKEY_CTX *context) {
    char padding[] = OSSL_PKEY_RSA_PAD_MODE_PSS;
    char hash[] = OSSL_DIGEST_NAME_SHA1;
    int salt_size = 0;
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, padding, 0),
                                     OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, hash, 0),
                                     OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt_size),
                                     OSSL_PARAM_construct_end()};
    return EVP_PKEY_verify_init_ex(context, parameters) == 1;
}

enum copp_result copp_verifier_new(const struct copp_public_key *key, struct copp_verifier **verifier, struct copp_log *log) {
    struct copp_openssl_call call;
    *verifier = NULL;
    if (!copp_public_key_usable(key))
        return COPP_E_KEY;
    struct copp_verifier *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    copp_openssl_begin(&call, log, "verify RSA-PSS signatures with SHA-1");
    made->log = log;
    made->size = key->modulus_size;
    made->key = copp_openssl_rsa(key->modulus, key->modulus_size, key->exponent);
    made->context = made->key ? EVP_PKEY_CTX_new_from_pkey(NULL, made->key, NULL) : NULL;
    bool done = made->context && init_pss_verification(made->context);
    if (!done)
        copp_verifier_free(&made);
    *verifier = made;
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

enum copp_result copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest, const uint8_t *signature,
                                     size_t size) {
    struct copp_openssl_call call;
    if (size != verifier->size)
        return COPP_E_INVALID;
    copp_openssl_begin(&call, verifier->log, CHECK_SIGNATURE);
    return verified(&call, EVP_PKEY_verify(verifier->context, signature, size, digest, COPP_SHA1_SIZE), ERR_LIB_RSA);
}

void copp_verifier_free(struct copp_verifier **verifier) {
    if (!*verifier)
        return;
    EVP_PKEY_CTX_free((*verifier)->context);
    EVP_PKEY_free((*verifier)->key);
    free(*verifier);
    *verifier = NULL;
}

enum copp_result copp_rsa_encrypt(const struct copp_public_key *key, const uint8_t *in, size_t size, uint8_t *out,
                                  struct copp_log *log) {
    struct copp_openssl_call call;
    if (!copp_public_key_usable(key))
        return COPP_E_KEY;
    copp_openssl_begin(&call, log, "encrypt with RSA");
    EVP_PKEY *public_key = copp_openssl_rsa(key->modulus, key->modulus_size, key->exponent);
    EVP_PKEY_CTX *context = context_for(public_key, EVP_PKEY_encrypt_init);
    size_t written = key->modulus_size;
    bool done = context && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_encrypt(context, out, &written, in, size) == 1 && written == key->modulus_size;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public_key);
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

enum copp_result copp_rsa_public(const struct copp_rsa_key *key, const uint8_t *in, uint8_t *out, struct copp_log *log) {
    struct copp_openssl_call call;
    uint8_t made[COPP_RSA_MODULUS_MAX];
    if (!copp_rsa_key_usable(key))
        return COPP_E_KEY;
    if (!copp_number_below(in, key->modulus, key->modulus_size))
        return COPP_E_INVALID;
    copp_openssl_begin(&call, log, "compute with an RSA public key");
    EVP_PKEY *public_key = copp_openssl_rsa(key->modulus, key->modulus_size, key->exponent);
    EVP_PKEY_CTX *context = context_for(public_key, EVP_PKEY_encrypt_init);
    size_t written = sizeof made;
    bool done = context && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_encrypt(context, made, &written, in, key->modulus_size) == 1 && written == key->modulus_size;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public_key);
    if (done)
        memcpy(out, made, key->modulus_size);
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

/* R and S, 20 bytes each, as the DER that EVP wants. NULL on failure; free with OPENSSL_free. */
static uint8_t *dsa_signature_der(const uint8_t *signature, int *size) {
    uint8_t *der = NULL;
    DSA_SIG *pair = DSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 20, NULL);
    BIGNUM *s = BN_bin2bn(signature + 20, 20, NULL);
    if (pair && r && s && DSA_SIG_set0(pair, r, s) == 1) {
        *size = i2d_DSA_SIG(pair, &der);
        r = s = NULL; /* they are pair's now */
    }
    BN_free(r);
    BN_free(s);
    DSA_SIG_free(pair);
    return der && *size > 0 ? der : NULL;
}

enum copp_result copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size, const uint8_t *signature,
                                 struct copp_log *log) {
    uint8_t digest[COPP_SHA1_SIZE];
    struct copp_openssl_call call;
    enum copp_result result = copp_sha1(message, size, digest, log);
    if (result)
        return result;
    int der_size = 0;
    copp_openssl_begin(&call, log, "make a DSA key ready");
    uint8_t *der = dsa_signature_der(signature, &der_size);
    EVP_PKEY *public_key = der ? copp_openssl_dsa(key) : NULL;
    EVP_PKEY_CTX *context = context_for(public_key, EVP_PKEY_verify_init);
    result = copp_openssl_end(&call, context, der && !public_key ? COPP_E_KEY : COPP_E_CRYPTO);
    if (!result) {
        copp_openssl_begin(&call, log, CHECK_SIGNATURE);
        result = verified(&call, EVP_PKEY_verify(context, der, (size_t)der_size, digest, sizeof digest), NO_COMPLAINT);
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public_key);
    OPENSSL_free(der);
    return result;
}

enum copp_result copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                     const uint8_t *signature, struct copp_log *log) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, log, "make an RSA-3072 key ready");
    EVP_PKEY *public_key = copp_openssl_rsa(key->modulus, sizeof key->modulus, key->exponent);
    enum copp_result result = copp_openssl_end(&call, public_key, COPP_E_KEY);
    if (result)
        return result;
    copp_openssl_begin(&call, log, CHECK_SIGNATURE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int answer = -1;
    if (context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public_key) == 1)
        answer = EVP_DigestVerify(context, signature, sizeof key->modulus, message, size);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    return verified(&call, answer, ERR_LIB_RSA);
}
