/* Stands in for what libcopp calls: see faults.h. The linker turns NAME into __wrap_NAME, and __real_NAME into NAME. */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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
static size_t write_limit; /* 0: none */
static char file_calls[256];

static bool is_memory(const char *name) {
    return strcmp(name, "malloc") == 0 || strcmp(name, "calloc") == 0 || strcmp(name, "realloc") == 0 ||
           strcmp(name, "ini_parse_stream") == 0;
}

static void note_file_call(const char *name) {
    static const char *const files[] = {"open64", "close", "write", "read", "fstat64", "fsync", "flock", "rename", "unlink"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(name, files[i]) == 0 && strlen(file_calls) + strlen(name) + 2 <= sizeof file_calls)
            strcat(strcat(file_calls, name), " ");
    }
}

/* True if this call is to fail. */
static bool due(const char *name) {
    note_file_call(name);
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

static int zero_or_negative(void) {
    return armed && armed->mode == FAULT_ONE_OTHERWISE ? -1 : 0;
}

static int file_failure(bool may_be_interrupted) {
    errno = may_be_interrupted && armed && armed->mode == FAULT_ONE_OTHERWISE ? EINTR : EIO;
    return -1;
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

void fault_assert_said(const struct fault *fault, enum copp_result result) {
    if (result == COPP_OK)
        fail_msg("%s failed, and nobody was told", fault->name);
    if (fault_was_memory(fault) && result != COPP_E_MEMORY)
        fail_msg("%s failed, but the answer was \"%s\"", fault->name, copp_strerror(result));
}

void fault_forbid_memory(void) {
    forbidden_calls = 0;
    memory_forbidden = true;
}

unsigned fault_allow_memory(void) {
    memory_forbidden = false;
    return forbidden_calls;
}

const char *fault_file_calls(void) {
    static char told[sizeof file_calls];
    strcpy(told, file_calls);
    file_calls[0] = 0;
    return told;
}

void fault_shorten_writes(size_t size) {
    write_limit = size;
}

#define FAULT_VALUE(name, type, value, parameters, arguments)                                                                    \
    type __real_##name parameters;                                                                                               \
    type __wrap_##name parameters;                                                                                               \
    type __wrap_##name parameters {                                                                                              \
        return due(#name) ? (type)(value) : __real_##name arguments;                                                             \
    }
#define FAULT_POINTER(name, type, parameters, arguments) FAULT_VALUE(name, type, NULL, parameters, arguments)
#define FAULT_INT(name, type, parameters, arguments) FAULT_VALUE(name, type, zero_or_negative(), parameters, arguments)
#define FAULT_IO(name, type, interruptible, parameters, arguments)                                                               \
    FAULT_VALUE(name, type, file_failure(interruptible), parameters, arguments)
#define FAULT_SPECIAL(name)
#include "faults.def"

/* Variadic: libcopp calls it as EVP_RSA_gen does. */
EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, size_t bits);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *library, const char *properties, const char *type, size_t bits) {
    return due("EVP_PKEY_Q_keygen") ? NULL : __real_EVP_PKEY_Q_keygen(library, properties, type, bits);
}

/* Variadic as well. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return due("open64") ? file_failure(false) : __real_open64(path, flags, mode);
}

/* What fails to close is closed all the same. */
int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file) {
    int result = __real_close(file);
    return due("close") ? file_failure(false) : result;
}

ssize_t __real_write(int file, const void *bytes, size_t size);
ssize_t __wrap_write(int file, const void *bytes, size_t size);
ssize_t __wrap_write(int file, const void *bytes, size_t size) {
    if (due("write"))
        return file_failure(true);
    return __real_write(file, bytes, write_limit && write_limit < size ? write_limit : size);
}

/* It succeeds without the disk, which would make the tests last. */
int __wrap_fsync(int file);
int __wrap_fsync(int file) {
    (void)file;
    return due("fsync") ? file_failure(true) : 0;
}
