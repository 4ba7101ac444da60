/* Private keys that are opened by name: how large each may be. The crypto library reads them. */
#include "copp/key.h"
#include "crypto/crypto.h"

static enum copp_result open_key(const char *uri, const char *passphrase, size_t largest, struct copp_log *log,
                                 struct copp_private_key **key) {
    if (key)
        *key = NULL;
    return uri && key ? copp_private_key_read(uri, passphrase, largest, log, key) : COPP_E_ARGUMENT;
}

enum copp_result copp_private_key_open(const char *uri, const char *passphrase, struct copp_private_key **key) {
    return open_key(uri, passphrase, COPP_MODULUS_MAX, NULL, key);
}

enum copp_result copp_private_key_open_logged(const char *uri, const char *passphrase, struct copp_log *log,
                                              struct copp_private_key **key) {
    return open_key(uri, passphrase, COPP_MODULUS_MAX, log, key);
}

enum copp_result copp_private_key_open_issuer(const char *uri, const char *passphrase, struct copp_log *log,
                                              struct copp_private_key **key) {
    return open_key(uri, passphrase, COPP_RSA_MODULUS_MAX, log, key);
}
