#include "crypto_kit.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

struct kit_key {
    EVP_PKEY *key;
};

void kit_cmac(const uint8_t *key, const uint8_t *bytes, size_t size, uint8_t *tag) {
    static EVP_MAC *mac; /* fetched once: the property tests sign a great deal */
    if (!mac)
        mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    assert_non_null(mac);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    char cipher[] = "AES-128-CBC";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
                                     OSSL_PARAM_construct_end()};
    size_t written;
    assert_int_equal(EVP_MAC_init(context, key, COPP_KEY_SIZE, parameters), 1);
    assert_int_equal(EVP_MAC_update(context, bytes, size), 1);
    assert_int_equal(EVP_MAC_final(context, tag, &written, COPP_MAC_SIZE), 1);
    assert_int_equal(written, COPP_MAC_SIZE);
    EVP_MAC_CTX_free(context);
}

struct kit_key *kit_key_open(const char *vector) {
    size_t size;
    uint8_t *pem = read_test_vector(vector, &size);
    struct kit_key *key = malloc(sizeof *key);
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    assert_non_null(key);
    key->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(key->key);
    BIO_free(bio);
    free(pem);
    return key;
}

void kit_key_free(struct kit_key *key) {
    EVP_PKEY_free(key->key);
    free(key);
}

void kit_rsa_open(struct kit_key *key, const uint8_t *in, uint8_t *out) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->key, NULL);
    size_t size = COPP_SIGNATURE_SIZE;
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, out, &size, in, COPP_SIGNATURE_SIZE), 1);
    assert_int_equal(size, COPP_SIGNATURE_SIZE);
    EVP_PKEY_CTX_free(context);
}

static size_t sign(struct kit_key *key, const EVP_MD *hash, const uint8_t *message, size_t size, uint8_t *signature,
                   size_t signature_size) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, hash, NULL, key->key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &signature_size, message, size), 1);
    EVP_MD_CTX_free(context);
    return signature_size;
}

void kit_rsa3072_sign(struct kit_key *key, const uint8_t *message, size_t size, uint8_t *signature) {
    assert_int_equal(sign(key, EVP_sha256(), message, size, signature, 384), 384);
}

void kit_dsa_sign(struct kit_key *key, const uint8_t *message, size_t size, uint8_t *signature) {
    uint8_t der[64];
    const unsigned char *at = der;
    DSA_SIG *pair = d2i_DSA_SIG(NULL, &at, (long)sign(key, EVP_sha1(), message, size, der, sizeof der));
    const BIGNUM *r;
    const BIGNUM *s;
    assert_non_null(pair);
    DSA_SIG_get0(pair, &r, &s);
    assert_int_equal(BN_bn2binpad(r, signature, 20), 20);
    assert_int_equal(BN_bn2binpad(s, &signature[20], 20), 20);
    DSA_SIG_free(pair);
}

static EVP_PKEY *public_key(const struct copp_public_key *numbers) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = BN_bin2bn(numbers->modulus, (int)numbers->modulus_size, NULL);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_uint32(builder, OSSL_PKEY_PARAM_RSA_E, numbers->exponent), 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    return key;
}

bool kit_pss_verifies(const struct copp_public_key *key, const uint8_t *message, size_t size, const uint8_t *signature) {
    EVP_PKEY *made = public_key(key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    assert_int_equal(EVP_DigestVerifyInit(context, &parameters, EVP_sha1(), NULL, made), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 0), 1);
    bool verifies = EVP_DigestVerify(context, signature, key->modulus_size, message, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(made);
    return verifies;
}
