/* Stands in for what libcopp calls: see faults.h. The linker turns NAME into __wrap_NAME, and __real_NAME into NAME. */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include <ini.h>
#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "harness.h"

static struct fault *armed;
static unsigned calls;
static bool memory_forbidden;
static unsigned forbidden_calls;

static bool is_memory(const char *name) {
    return strcmp(name, "malloc") == 0 || strcmp(name, "calloc") == 0 || strcmp(name, "realloc") == 0 ||
           strcmp(name, "expat") == 0 || strcmp(name, "ini_parse_stream") == 0;
}

/* True if this call is to fail. */
static bool due(const char *name) {
    if (memory_forbidden && is_memory(name)) {
        forbidden_calls++;
        return true;
    }
    if (!armed)
        return false;
    calls++;
    if (calls != armed->nth && !(armed->mode == FAULT_ALL_ON && calls > armed->nth))
        return false;
    if (!armed->fired++)
        armed->name = name;
    return true;
}

static int negative(void) {
    return armed && armed->mode == FAULT_ONE_NEGATIVE ? -1 : 0;
}

bool fault_next(struct fault *fault) {
    if (fault->nth == 0 || fault->fired) {
        fault->nth++;
        fault->fired = 0;
        return true;
    }
    if (fault->nth == 1)
        fail_msg("nothing was made to fail: this proves nothing");
    fault->nth = 1;
    fault->mode++;
    return fault->mode < FAULT_MODES;
}

void fault_arm(struct fault *fault) {
    fault->fired = 0;
    fault->name = NULL;
    calls = 0;
    armed = fault;
}

bool fault_disarm(struct fault *fault) {
    armed = NULL;
    return fault->fired > 0;
}

bool fault_was_memory(const struct fault *fault) {
    return fault->name && is_memory(fault->name);
}

void fault_forbid_memory(void) {
    forbidden_calls = 0;
    memory_forbidden = true;
}

unsigned fault_allow_memory(void) {
    memory_forbidden = false;
    return forbidden_calls;
}

#define FAULT_VALUE(name, type, value, parameters, arguments)                                                                    \
    type __real_##name parameters;                                                                                               \
    type __wrap_##name parameters;                                                                                               \
    type __wrap_##name parameters {                                                                                              \
        return due(#name) ? (type)(value) : __real_##name arguments;                                                             \
    }
#define FAULT_POINTER(name, type, parameters, arguments) FAULT_VALUE(name, type, NULL, parameters, arguments)
#define FAULT_INT(name, type, parameters, arguments) FAULT_VALUE(name, type, negative(), parameters, arguments)
#define FAULT_SPECIAL(name)
#include "faults.def"

/* Variadic: libcopp calls it as EVP_RSA_gen does. */
EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, size_t bits);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, size_t bits) {
    return due("EVP_PKEY_Q_keygen") ? NULL : __real_EVP_PKEY_Q_keygen(library, properties, type, bits);
}
