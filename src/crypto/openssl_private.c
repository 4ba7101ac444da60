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
    struct copp_rsa_key numbers;
    struct copp_public_key narrow; /* the same; empty with more than 2048 bits */
    struct copp_log *log; /* for signing alone: what decrypts tells nobody anything */
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
    *out = own(key)->narrow;
    return out->modulus_size ? COPP_OK : COPP_E_KEY;
}

static enum copp_result rsa_key(struct copp_private_key *key, struct copp_rsa_key *out) {
    *out = own(key)->numbers;
    return COPP_OK;
}

/* For the raw operation. NULL on failure, and the error queue says why. */
static EVP_PKEY_CTX *raw_context(const struct openssl_key *mine) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, mine->key, mine->properties);
    if (context && EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1)
        return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

static enum copp_result decrypt_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    const struct openssl_key *mine = own(key);
    if (size != mine->numbers.modulus_size)
        return COPP_E_KEY;
    if (!copp_number_below(in, mine->numbers.modulus, size))
        return COPP_E_INVALID;
    size_t written = size;
    struct copp_openssl_call call;
    copp_openssl_begin(&call, NULL, "");
    EVP_PKEY_CTX *context = raw_context(mine);
    bool done = context && EVP_PKEY_decrypt(context, out, &written, in, size) == 1 && written == size;
    EVP_PKEY_CTX_free(context);
    copp_openssl_forget(&call); /* whatever came of it: nothing here may depend on what was in the number */
    if (!done)
        copp_wipe(out, size);
    return done ? COPP_OK : COPP_E_CRYPTO;
}

/* By CERT-11, if the holder of the key lets us choose the padding. */
static enum copp_result sign_pss(const struct openssl_key *mine, const uint8_t *message, size_t size, uint8_t *signature,
                                 size_t signature_size) {
    EVP_PKEY_CTX *parameters = NULL; /* the digest context's own */
    struct copp_openssl_call call;
    copp_openssl_begin(&call, mine->log, "sign by RSA-PSS with SHA-1");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t written = signature_size;
    bool done = context && EVP_DigestSignInit_ex(context, &parameters, "SHA1", NULL, mine->properties, mine->key, NULL) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 0) == 1 &&
                EVP_DigestSign(context, signature, &written, message, size) == 1 && written == signature_size;
    EVP_MD_CTX_free(context);
    return copp_openssl_end(&call, done, COPP_E_CRYPTO);
}

static enum copp_result check_signature(const struct openssl_key *mine, const uint8_t *digest, const uint8_t *signature) {
    struct copp_verifier *verifier = NULL;
    enum copp_result result = copp_verifier_new(&mine->narrow, &verifier, mine->log);
    if (!result)
        result = copp_verifier_check(verifier, digest, signature, mine->narrow.modulus_size);
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
    if (!mine->narrow.modulus_size)
        return COPP_E_KEY;
    if (signature_size != mine->narrow.modulus_size)
        return COPP_E_ARGUMENT;
    enum copp_result result = sign_pss(mine, message, size, signature, signature_size);
    if (!result)
        result = copp_sha1(message, size, digest, mine->log);
    if (!result)
        result = check_signature(mine, digest, signature);
    if (result != COPP_E_INVALID)
        return result;
    result = copp_pss_encode(&mine->narrow, digest, block);
    if (!result)
        result = decrypt_raw(key, block, signature, signature_size);
    if (!result)
        result = check_signature(mine, digest, signature);
    return result == COPP_E_INVALID ? COPP_E_CRYPTO : result;
}

/* Everything up to the operation itself, and a random number, which blinding takes from the same place. */
static enum copp_result check(struct copp_private_key *key) {
    uint8_t any;
    struct copp_openssl_call call;
    copp_openssl_begin(&call, NULL, "");
    EVP_PKEY_CTX *context = raw_context(own(key));
    EVP_PKEY_CTX_free(context);
    enum copp_result result = copp_openssl_end(&call, context, COPP_E_CRYPTO);
    return result ? result : copp_csprng_fill(&any, sizeof any, NULL);
}

static const struct copp_private_key_ops openssl_ops = {sizeof openssl_ops, public_key, decrypt_raw, sign, check, rsa_key};

bool copp_private_key_constant_time(const struct copp_private_key *key) {
    return key != NULL;
}

/*
 * The public half as its encoding has it. Providers are not to be asked for the numbers themselves: tpm2-openssl
 * answers an exponent of 0, as a TPM stores the default one.
 */
static enum copp_result read_numbers(EVP_PKEY *key, struct copp_rsa_key *numbers) {
    uint8_t *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    const uint8_t *at = der;
    EVP_PKEY *public_half = size > 0 ? d2i_PUBKEY(NULL, &at, size) : NULL;
    enum copp_result result = public_half ? copp_openssl_rsa_numbers(public_half, numbers) : COPP_E_KEY;
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

/* Takes key over, also on an error, of which the error queue may say more. largest: bytes that its modulus may have. */
static enum copp_result wrap(EVP_PKEY *key, size_t largest, struct copp_log *log, struct copp_private_key **out) {
    struct openssl_key *made = calloc(1, sizeof *made);
    if (!made) {
        EVP_PKEY_free(key);
        return COPP_E_MEMORY;
    }
    enum copp_result result = read_numbers(key, &made->numbers);
    if (!result && made->numbers.modulus_size > largest)
        result = COPP_E_KEY;
    if (result) {
        EVP_PKEY_free(key);
        free(made);
        return result;
    }
    (void)copp_rsa_key_narrow(&made->numbers, &made->narrow);
    made->base.ops = &openssl_ops;
    made->key = key;
    made->log = log;
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

/* Of a URI with a scheme OpenSSL's words may repeat parts, and those may be a PIN (RFC 7512). */
static bool names_file(const char *uri) {
    return !strchr(uri, ':') || strncmp(uri, "file:", 5) == 0;
}

/* Ends the search for a key, of which result has come. */
static enum copp_result found(struct copp_openssl_call *call, const char *uri, enum copp_result result, bool opened) {
    struct copp_openssl_cause cause;
    struct copp_log_text text = {.used = 0};
    if (!result)
        return copp_openssl_end(call, true, COPP_OK);
    copp_openssl_take(call, &cause, call->log ? &text : NULL, names_file(uri));
    if (!opened && cause.system)
        result = cause.system == ENOENT ? COPP_E_NOT_FOUND : COPP_E_IO;
    result = copp_openssl_failed(call, &cause, &text, result);
    if (cause.system)
        errno = cause.system; /* whatever the log has done */
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

enum copp_result copp_private_key_read(const char *uri, const char *passphrase, size_t largest, struct copp_log *log,
                                       struct copp_private_key **key) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, log, "open a private key");
    UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
    if (!method)
        return copp_openssl_end(&call, false, COPP_E_CRYPTO);
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, NULL, NULL, method, (void *)(uintptr_t)passphrase, NULL, NULL, NULL);
    EVP_PKEY *first = store ? first_private_key(store) : NULL;
    enum copp_result result = first ? wrap(first, largest, log, key) : COPP_E_KEY;
    result = found(&call, uri, result, first != NULL);
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    return result;
}

enum copp_result copp_private_key_generate(unsigned bits, struct copp_private_key **key) {
    struct copp_openssl_call call;
    if (key)
        *key = NULL;
    if (!key || (bits != 1024 && bits != 2048))
        return COPP_E_ARGUMENT;
    copp_openssl_begin(&call, NULL, "");
    EVP_PKEY *made = EVP_RSA_gen(bits);
    enum copp_result result = made ? wrap(made, COPP_MODULUS_MAX, NULL, key) : COPP_E_CRYPTO;
    return copp_openssl_end(&call, !result, result);
}

enum copp_result copp_private_key_to_pem(const struct copp_private_key *key, char **pem, size_t *size) {
    if (pem)
        *pem = NULL;
    if (!key || !pem || !size)
        return COPP_E_ARGUMENT;
    if (key->ops != &openssl_ops)
        return COPP_E_KEY;
    const struct openssl_key *mine = (const struct openssl_key *)key;
    struct copp_openssl_call call;
    copp_openssl_begin(&call, NULL, "");
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    enum copp_result result = bio ? COPP_E_KEY : COPP_E_CRYPTO;
    if (bio && PEM_write_bio_PKCS8PrivateKey(bio, mine->key, NULL, NULL, 0, NULL, NULL) == 1)
        result = copp_openssl_copy_out(bio, pem, size);
    BIO_free(bio);
    return copp_openssl_end(&call, !result, result);
}

void copp_private_key_destroy(struct copp_private_key *key) {
    if (key->ops != &openssl_ops)
        return;
    EVP_PKEY_free(own(key)->key);
    free(key);
}
