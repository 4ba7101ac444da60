#include "device_rig.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

void rig_cmac(const uint8_t *key, const uint8_t *bytes, size_t size, uint8_t *tag) {
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
