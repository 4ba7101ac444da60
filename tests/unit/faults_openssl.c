#include "fault_calls.h"

#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>

/* Says why as OpenSSL does, in its error queue. */
static int failure(void) {
    if (fault_otherwise())
        return -1;
    ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
    fault_is_memory();
    return 0;
}

static void *no_pointer(void) {
    (void)failure();
    return NULL;
}

#define FAULT_POINTER(name, type, parameters, arguments) FAULT_VALUE(name, type, no_pointer(), parameters, arguments)
#define FAULT_INT(name, type, parameters, arguments) FAULT_VALUE(name, type, failure(), parameters, arguments)
#include "faults_openssl.def"

/* Variadic: libcopp calls it as EVP_RSA_gen does. */
EVP_PKEY *faulty_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, size_t bits);
EVP_PKEY *faulty_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, size_t bits) {
    return fault_due("EVP_PKEY_Q_keygen") ? no_pointer() : EVP_PKEY_Q_keygen(library, properties, type, bits);
}
