/* How libgcrypt begins, and what its errors come to. */
#include <stdarg.h>

#ifdef _WIN32
#include <windows.h>
#endif

#include "crypto/gcrypt_keys.h"

#define SECURE_MEMORY_SIZE 65536u /* bytes to begin with: numbers of private keys */

/* On Windows libgcrypt has advice on performance counters for whoever reads standard error. */
static void keep_silent(void *unused, int level, const char *format, va_list arguments) {
    (void)unused;
    (void)level;
    (void)format;
    (void)arguments;
}

/*
 * As a DLL is unloaded libgcrypt gives back neither its memory nor its place in the thread local storage, of which a process has
 * about a thousand: a DLL that has it inside stays until the process ends, whoever frees it.
 */
static bool stay_loaded(void) {
#ifdef _WIN32
    HMODULE pinned;
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                              (LPCWSTR)(const void *)&stay_loaded, &pinned);
#else
    return true;
#endif
}

/*
 * Before main and before any thread: libgcrypt's beginning is nothing that two threads may make at once. Where the program
 * has started libgcrypt itself, that stands.
 */
__attribute__((constructor)) static void start(void) {
    if (!stay_loaded() || gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P) || !gcry_check_version(GCRYPT_VERSION))
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* as of 1.11, which has nothing in its place */
    gcry_set_log_handler(keep_silent, NULL);
#pragma GCC diagnostic pop
    /*
     * Private numbers lie in memory that is wiped. We use it even where it cannot be locked: it is
     * the one thing that libgcrypt answers an error for.
     */
    (void)gcry_control(GCRYCTL_DISABLE_SECMEM_WARN);
    (void)gcry_control(GCRYCTL_INIT_SECMEM, SECURE_MEMORY_SIZE, 0);
    (void)gcry_control(GCRYCTL_AUTO_EXPAND_SECMEM, SECURE_MEMORY_SIZE, 0);
    (void)gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

bool copp_gcrypt_ready(void) {
    return gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P) != 0;
}

enum copp_result copp_gcrypt_failure(gcry_error_t error, enum copp_result otherwise) {
    return gcry_err_code(error) == GPG_ERR_ENOMEM ? COPP_E_MEMORY : otherwise;
}

enum copp_result copp_gcrypt_failed(gcry_error_t error, enum copp_result otherwise, struct copp_log *log, const char *what) {
    COPP_LOG(log, COPP_LOG_ERROR, "libgcrypt cannot ", what, ": ", gcry_strerror(error));
    return copp_gcrypt_failure(error, otherwise);
}

bool copp_gcrypt_ready_logged(struct copp_log *log) {
    bool ready = copp_gcrypt_ready();
    if (!ready)
        COPP_LOG(log, COPP_LOG_ERROR, "libgcrypt has not been initialized");
    return ready;
}
