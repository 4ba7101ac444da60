#include "crypto/openssl_keys.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/pem.h>

#define NUMBERS_MAX 4u
#define NUMBER_SIZE_MAX COPP_RSA_MODULUS_MAX /* bytes */

/* Named big-endian numbers of a public key. */
struct number {
    const char *name;
    const uint8_t *bytes;
    size_t size;
};

static EVP_PKEY *make(const char *kind, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* BN_bn2nativepad and not a loop: OSSL_PARAM wants the machine's byte order, whichever that is. */
static bool add_number(OSSL_PARAM *parameter, const struct number *number, uint8_t *native) {
    BIGNUM *value = BN_bin2bn(number->bytes, (int)number->size, NULL);
    bool added = value && BN_bn2nativepad(value, native, (int)number->size) == (int)number->size;
    *parameter = OSSL_PARAM_construct_BN(number->name, native, number->size);
    BN_free(value);
    return added;
}

static EVP_PKEY *from_numbers(const char *kind, const struct number *numbers, size_t count) {
    uint8_t native[NUMBERS_MAX][NUMBER_SIZE_MAX];
    OSSL_PARAM parameters[NUMBERS_MAX + 1];
    bool complete = true;
    for (size_t i = 0; complete && i < count; i++)
        complete = numbers[i].size <= NUMBER_SIZE_MAX && add_number(&parameters[i], &numbers[i], native[i]);
    parameters[count] = OSSL_PARAM_construct_end();
    return complete ? make(kind, parameters) : NULL;
}

EVP_PKEY *copp_openssl_rsa(const uint8_t *modulus, size_t size, uint32_t exponent) {
    const uint8_t e[4] = {(uint8_t)(exponent >> 24), (uint8_t)(exponent >> 16), (uint8_t)(exponent >> 8), (uint8_t)exponent};
    const struct number numbers[] = {{OSSL_PKEY_PARAM_RSA_N, modulus, size}, {OSSL_PKEY_PARAM_RSA_E, e, sizeof e}};
    return from_numbers("RSA", numbers, 2);
}

EVP_PKEY *copp_openssl_dsa(const struct copp_dsa_key *key) {
    const struct number numbers[] = {{OSSL_PKEY_PARAM_FFC_P, key->p, sizeof key->p},
                                     {OSSL_PKEY_PARAM_FFC_Q, key->q, sizeof key->q},
                                     {OSSL_PKEY_PARAM_FFC_G, key->g, sizeof key->g},
                                     {OSSL_PKEY_PARAM_PUB_KEY, key->y, sizeof key->y}};
    return from_numbers("DSA", numbers, 4);
}

/* One number of a key, right-aligned in exactly size bytes. */
static bool number_of(EVP_PKEY *key, const char *name, uint8_t *bytes, size_t size) {
    BIGNUM *number = NULL;
    bool got = EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_bn2binpad(number, bytes, (int)size) == (int)size;
    BN_free(number);
    return got;
}

/* The same for a small public exponent. */
static bool exponent_of(EVP_PKEY *key, uint32_t *exponent) {
    uint8_t bytes[4];
    if (!number_of(key, OSSL_PKEY_PARAM_RSA_E, bytes, sizeof bytes))
        return false;
    *exponent = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

enum copp_result copp_openssl_rsa_numbers(EVP_PKEY *key, struct copp_rsa_key *out) {
    int bits = EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
    if (bits <= 0 || bits > 8 * (int)COPP_RSA_MODULUS_MAX)
        return COPP_E_KEY;
    struct copp_rsa_key read = {.modulus_size = (uint32_t)(bits + 7) / 8};
    if (!number_of(key, OSSL_PKEY_PARAM_RSA_N, read.modulus, read.modulus_size) || !exponent_of(key, &read.exponent))
        return COPP_E_KEY;
    if (!copp_rsa_key_strong(&read))
        return COPP_E_KEY;
    *out = read;
    return COPP_OK;
}

static enum copp_result narrow_numbers(EVP_PKEY *key, struct copp_public_key *out) {
    struct copp_rsa_key read;
    enum copp_result result = copp_openssl_rsa_numbers(key, &read);
    return result || copp_rsa_key_narrow(&read, out) ? result : COPP_E_KEY;
}

/* A PEM file may claim to be encrypted: nobody is asked for a passphrase behind the caller's back. */
static int no_passphrase(char *buffer, int size, int writing, void *unused) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

static EVP_PKEY *read_pem(const char *pem, size_t size) {
    BIO *bio = size <= INT_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    return key;
}

#define READ_PUBLIC_KEY "read a public key"

enum copp_result copp_public_key_read_pem(const char *pem, size_t size, struct copp_public_key *key) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, NULL, READ_PUBLIC_KEY);
    EVP_PKEY *read = read_pem(pem, size);
    enum copp_result result = read ? narrow_numbers(read, key) : COPP_E_KEY;
    EVP_PKEY_free(read);
    return copp_openssl_end(&call, !result, COPP_E_KEY);
}

enum copp_result copp_openssl_copy_out(BIO *bio, char **pem, size_t *size) {
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    if (length <= 0)
        return COPP_E_CRYPTO;
    char *copy = malloc((size_t)length + 1);
    if (!copy)
        return COPP_E_MEMORY;
    memcpy(copy, bytes, (size_t)length);
    copy[length] = 0;
    *pem = copy;
    *size = (size_t)length;
    return COPP_OK;
}

enum copp_result copp_public_key_write_pem(const struct copp_public_key *key, char **pem, size_t *size) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, NULL, "");
    EVP_PKEY *made = copp_openssl_rsa(key->modulus, key->modulus_size, key->exponent);
    BIO *bio = made ? BIO_new(BIO_s_mem()) : NULL;
    enum copp_result result = COPP_E_CRYPTO;
    if (bio && PEM_write_bio_PUBKEY(bio, made) == 1)
        result = copp_openssl_copy_out(bio, pem, size);
    BIO_free(bio);
    EVP_PKEY_free(made);
    return copp_openssl_end(&call, !result, result);
}

enum copp_result copp_dsa_key_read(const char *pem, size_t size, struct copp_dsa_key *key, struct copp_log *log) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, log, READ_PUBLIC_KEY);
    EVP_PKEY *read = read_pem(pem, size);
    bool got = read && EVP_PKEY_is_a(read, "DSA") && number_of(read, OSSL_PKEY_PARAM_FFC_P, key->p, sizeof key->p) &&
               number_of(read, OSSL_PKEY_PARAM_FFC_Q, key->q, sizeof key->q) &&
               number_of(read, OSSL_PKEY_PARAM_FFC_G, key->g, sizeof key->g) &&
               number_of(read, OSSL_PKEY_PARAM_PUB_KEY, key->y, sizeof key->y);
    EVP_PKEY_free(read);
    enum copp_result result = copp_openssl_end(&call, got, COPP_E_KEY);
    return result || copp_dsa_key_usable(key) ? result : COPP_E_KEY;
}

enum copp_result copp_rsa3072_key_read(const char *pem, size_t size, struct copp_rsa3072_key *key, struct copp_log *log) {
    struct copp_openssl_call call;
    copp_openssl_begin(&call, log, READ_PUBLIC_KEY);
    EVP_PKEY *read = read_pem(pem, size);
    bool got = read && EVP_PKEY_is_a(read, "RSA") && EVP_PKEY_get_bits(read) == 3072 &&
               number_of(read, OSSL_PKEY_PARAM_RSA_N, key->modulus, sizeof key->modulus) && exponent_of(read, &key->exponent);
    EVP_PKEY_free(read);
    enum copp_result result = copp_openssl_end(&call, got, COPP_E_KEY);
    return result || copp_rsa3072_key_usable(key) ? result : COPP_E_KEY;
}
