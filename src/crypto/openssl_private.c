/* Private keys on OpenSSL: found by OSSL_STORE URI, so that they may live in a file, a token or a TPM. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include "crypto/openssl_keys.h"
#include "crypto/pss.h"

#define PROPERTIES_MAX 80u

struct openssl_key {
    struct copp_private_key base;
    EVP_PKEY *key;
    struct copp_public_key numbers;
    /*
     * Where operations are to be looked for first: with the provider that holds the key. Left to itself OpenSSL 3.0
     * takes its own RSA, which has only the public half of a key in a token.
     */
    char properties[PROPERTIES_MAX];
};

static struct openssl_key *own(struct copp_private_key *key) {
    return (struct openssl_key *)key; /* base is its first member */
}

static enum copp_result public_key(struct copp_private_key *key, struct copp_public_key *out) {
    *out = own(key)->numbers;
    return COPP_OK;
}

static enum copp_result decrypt_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    const struct openssl_key *mine = own(key);
    if (size != mine->numbers.modulus_size)
        return COPP_E_KEY;
    if (!copp_number_below(in, mine->numbers.modulus, size))
        return COPP_E_INVALID;
    size_t written = size;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, mine->key, mine->properties);
    bool done = context && EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_decrypt(context, out, &written, in, size) == 1 && written == size;
    EVP_PKEY_CTX_free(context);
    if (!done) {
        ERR_clear_error();
        copp_wipe(out, size);
    }
    return done ? COPP_OK : COPP_E_CRYPTO;
}

/* As CERT-11 has it, where whoever holds the key does what it is told. */
static enum copp_result sign_pss(const struct openssl_key *mine, const uint8_t *message, size_t size, uint8_t *signature,
                                 size_t signature_size) {
    EVP_PKEY_CTX *parameters = NULL; /* the digest context's own */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t written = signature_size;
    bool done = context && EVP_DigestSignInit_ex(context, &parameters, "SHA1", NULL, mine->properties, mine->key, NULL) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 0) == 1 &&
                EVP_DigestSign(context, signature, &written, message, size) == 1 && written == signature_size;
    EVP_MD_CTX_free(context);
    return done ? COPP_OK : copp_openssl_failure(COPP_E_CRYPTO);
}

static enum copp_result check_signature(const struct openssl_key *mine, const uint8_t *digest, const uint8_t *signature) {
    struct copp_verifier *verifier = NULL;
    enum copp_result result = copp_verifier_new(&mine->numbers, &verifier);
    if (!result)
        result = copp_verifier_check(verifier, digest, signature, mine->numbers.modulus_size);
    copp_verifier_free(&verifier);
    return result;
}

/*
 * A provider may have a way of its own with the salt: pkcs11-provider takes a length of 0 for the digest's. What it signs is
 * therefore checked (CERT-11), and where that does not hold we do the padding and it the raw operation.
 */
static enum copp_result sign(struct copp_private_key *key, const uint8_t *message, size_t size, uint8_t *signature,
                             size_t signature_size) {
    const struct openssl_key *mine = own(key);
    uint8_t digest[COPP_SHA1_SIZE];
    uint8_t block[COPP_MODULUS_MAX];
    if (signature_size != mine->numbers.modulus_size)
        return COPP_E_ARGUMENT;
    enum copp_result result = sign_pss(mine, message, size, signature, signature_size);
    if (!result)
        result = copp_sha1(message, size, digest);
    if (!result)
        result = check_signature(mine, digest, signature);
    if (result != COPP_E_INVALID)
        return result;
    result = copp_pss_encode(&mine->numbers, digest, block);
    if (!result)
        result = decrypt_raw(key, block, signature, signature_size);
    if (!result)
        result = check_signature(mine, digest, signature);
    return result == COPP_E_INVALID ? COPP_E_CRYPTO : result;
}

static const struct copp_private_key_ops openssl_ops = {sizeof openssl_ops, public_key, decrypt_raw, sign};

/*
 * The public half as its encoding has it. Providers are not to be asked for the numbers themselves: tpm2-openssl
 * answers an exponent of 0, as a TPM stores the default one.
 */
static enum copp_result read_numbers(EVP_PKEY *key, struct copp_public_key *numbers) {
    uint8_t *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    const uint8_t *at = der;
    EVP_PKEY *public_half = size > 0 ? d2i_PUBKEY(NULL, &at, size) : NULL;
    enum copp_result result = public_half ? copp_openssl_rsa_numbers(public_half, numbers) : copp_openssl_failure(COPP_E_KEY);
    EVP_PKEY_free(public_half);
    OPENSSL_free(der);
    return result;
}

/* "?provider=NAME"; empty, no preference, where there is no name of a usual length. */
static void prefer_provider(EVP_PKEY *key, char *properties) {
    static const char prefix[] = "?provider=";
    const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(key);
    const char *name = provider ? OSSL_PROVIDER_get0_name(provider) : "";
    size_t length = strlen(name);
    properties[0] = 0;
    if (length && length < PROPERTIES_MAX - sizeof prefix) {
        memcpy(properties, prefix, sizeof prefix - 1);
        memcpy(properties + sizeof prefix - 1, name, length + 1);
    }
}

/* Takes key over, also on an error. */
static enum copp_result wrap(EVP_PKEY *key, struct copp_private_key **out) {
    struct openssl_key *made = calloc(1, sizeof *made);
    if (!made) {
        EVP_PKEY_free(key);
        return COPP_E_MEMORY;
    }
    enum copp_result result = read_numbers(key, &made->numbers);
    if (result) {
        EVP_PKEY_free(key);
        free(made);
        return result;
    }
    made->base.ops = &openssl_ops;
    made->key = key;
    prefer_provider(key, made->properties);
    *out = &made->base;
    return COPP_OK;
}

static int give_passphrase(char *buffer, int size, int writing, void *passphrase) {
    (void)writing;
    /* Nothing, where there is none: on an error pkcs11-provider would ask at the terminal, or read standard input. */
    size_t length = passphrase ? strlen(passphrase) : 0;
    if (!length)
        return 0;
    if (size < 0 || length > (size_t)size)
        return -1;
    memcpy(buffer, passphrase, length);
    return (int)length;
}

/* What OpenSSL's error queue says went wrong while looking for a key; empties the queue. */
static enum copp_result store_error(void) {
    enum copp_result result = COPP_E_KEY;
    for (unsigned long error; (error = ERR_get_error()) != 0;) {
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            return copp_openssl_failure(COPP_E_MEMORY);
        if (!ERR_SYSTEM_ERROR(error))
            continue;
        errno = ERR_GET_REASON(error);
        result = errno == ENOENT ? COPP_E_NOT_FOUND : COPP_E_IO;
    }
    return result;
}

static EVP_PKEY *first_private_key(OSSL_STORE_CTX *store) {
    EVP_PKEY *key = NULL;
    if (OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) != 1)
        return NULL;
    while (!key && !OSSL_STORE_eof(store) && !OSSL_STORE_error(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    return key;
}

enum copp_result copp_private_key_open(const char *uri, const char *passphrase, struct copp_private_key **key) {
    if (key)
        *key = NULL;
    if (!uri || !key)
        return COPP_E_ARGUMENT;
    ERR_clear_error();
    UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
    if (!method)
        return copp_openssl_failure(COPP_E_CRYPTO);
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, NULL, NULL, method, (void *)(uintptr_t)passphrase, NULL, NULL, NULL);
    EVP_PKEY *found = store ? first_private_key(store) : NULL;
    enum copp_result result = found ? wrap(found, key) : store_error();
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    ERR_clear_error();
    return result;
}

enum copp_result copp_private_key_generate(unsigned bits, struct copp_private_key **key) {
    if (key)
        *key = NULL;
    if (!key || (bits != 1024 && bits != 2048))
        return COPP_E_ARGUMENT;
    EVP_PKEY *made = EVP_RSA_gen(bits);
    return made ? wrap(made, key) : copp_openssl_failure(COPP_E_CRYPTO);
}

static enum copp_result copy_out(BIO *bio, char **pem, size_t *size) {
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    if (length <= 0)
        return copp_openssl_failure(COPP_E_CRYPTO);
    char *copy = malloc((size_t)length + 1);
    if (!copy)
        return COPP_E_MEMORY;
    memcpy(copy, bytes, (size_t)length);
    copy[length] = 0;
    *pem = copy;
    *size = (size_t)length;
    return COPP_OK;
}

enum copp_result copp_private_key_to_pem(const struct copp_private_key *key, char **pem, size_t *size) {
    if (pem)
        *pem = NULL;
    if (!key || !pem || !size)
        return COPP_E_ARGUMENT;
    if (key->ops != &openssl_ops)
        return COPP_E_KEY;
    const struct openssl_key *mine = (const struct openssl_key *)key;
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    if (!bio)
        return copp_openssl_failure(COPP_E_CRYPTO);
    enum copp_result result = PEM_write_bio_PKCS8PrivateKey(bio, mine->key, NULL, NULL, 0, NULL, NULL) == 1
                                  ? copy_out(bio, pem, size)
                                  : copp_openssl_failure(COPP_E_KEY);
    BIO_free(bio);
    return result;
}

void copp_private_key_destroy(struct copp_private_key *key) {
    if (key->ops != &openssl_ops)
        return;
    EVP_PKEY_free(own(key)->key);
    free(key);
}
