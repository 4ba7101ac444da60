#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "common/wide_windows.h"

/* No header has it. True once the process ends: its other threads are gone, whatever they were doing and holding. */
NTSYSAPI BOOLEAN NTAPI RtlDllShutdownInProgress(void);

#define FILE_SIZE_MAX 65536u
#define PATH_SIZE 4096u /* bytes of UTF-8 */
#define WAIT_MS 20u /* how long others may have the adapter while a command is pending */

/* One adapter a DLL: copp.dll and dxva2.dll in one process have two, which know nothing of each other. */
static struct {
    CRITICAL_SECTION lock; /* guards all that follows */
    HMODULE module;
    struct copp_sim *sim;
    struct copp_private_key *key;
    struct copp_pump pump;
    struct copp_connector *connector;
    size_t chain_size;
} host;

/* A debugger and Wine's debug channels show it: a COM server has no other place to say why there is no driver. They get bytes,
 * whose code page may have no place for a letter: what is not ASCII is told by its number. */
static void explain(const char *file, const char *why) {
    char text[PATH_SIZE + 256];
    WCHAR wide[PATH_SIZE + 256];
    char shown[6 * sizeof text];
    size_t used = 0;
    (void)snprintf(text, sizeof text, "copp: %s: %s\n", file, why);
    if (MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, PATH_SIZE + 256) == 0)
        return;
    for (const WCHAR *c = wide; *c; c++)
        used += (size_t)snprintf(shown + used, sizeof shown - used, *c < 0x80 ? "%c" : "\\u%04x", *c);
    OutputDebugStringA(shown);
}

/* An environment variable in UTF-8; "" if it is not set. False: it is too long. */
static bool variable(const WCHAR *name, char *text, size_t size) {
    WCHAR wide[PATH_SIZE];
    DWORD length = GetEnvironmentVariableW(name, wide, PATH_SIZE);
    text[0] = '\0';
    return length == 0 || (length < PATH_SIZE && WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0);
}

/* copp-driver beside this DLL. */
static bool default_directory(char *text, size_t size) {
    WCHAR wide[PATH_SIZE];
    DWORD length = GetModuleFileNameW(host.module, wide, PATH_SIZE);
    while (length > 0 && wide[length - 1] != L'\\' && wide[length - 1] != L'/')
        length--;
    if (length + sizeof "copp-driver" > PATH_SIZE)
        return false;
    memcpy(wide + length, L"copp-driver", sizeof L"copp-driver");
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0;
}

/* A file of the driver's directory: %COPP_DRIVER%, else copp-driver beside this DLL. */
static bool driver_file(const char *name, char *path, size_t size) {
    char directory[PATH_SIZE];
    if (!variable(L"COPP_DRIVER", directory, sizeof directory) ||
        (!directory[0] && !default_directory(directory, sizeof directory)))
        return false;
    return snprintf(path, size, "%s\\%s", directory, name) < (int)size;
}

/* For reading bytes; NULL with errno set. */
static FILE *open_file(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) ? _wfopen(wide, L"rb") : NULL;
}

static void explain_driver(const char *name, const char *why) {
    char path[PATH_SIZE];
    explain(driver_file(name, path, sizeof path) ? path : name, why);
}

/* *bytes, with a NUL beyond them, are the file's, or NULL if there is no such file; free with copp_release. False, said why,
 * if it is there and not to be used. */
static bool read_driver_file(const char *name, char **bytes, size_t *size) {
    char path[PATH_SIZE];
    *bytes = NULL;
    *size = 0;
    bool named = driver_file(name, path, sizeof path);
    FILE *file = named ? open_file(path) : NULL;
    if (named && !file && errno == ENOENT)
        return true;
    char *read = file ? malloc(FILE_SIZE_MAX + 1) : NULL;
    size_t length = read ? fread(read, 1, FILE_SIZE_MAX + 1, file) : 0;
    bool good = read && length <= FILE_SIZE_MAX && !ferror(file);
    if (file)
        (void)fclose(file);
    if (!good) {
        explain(named ? path : name, "cannot be read, or has more than 65536 bytes");
        free(read);
        return false;
    }
    read[length] = 0;
    *bytes = read;
    *size = length;
    return true;
}

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return GetTickCount64();
}

/* The other sessions go on meanwhile (CMD-6). */
static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    uint64_t now = GetTickCount64();
    DWORD pause = deadline_ms > now + WAIT_MS ? WAIT_MS : deadline_ms > now ? (DWORD)(deadline_ms - now) : 0;
    LeaveCriticalSection(&host.lock);
    Sleep(pause);
    EnterCriticalSection(&host.lock);
    copp_sim_dispatch(host.sim, GetTickCount64());
}

static const struct copp_pump_ops pump_ops = {sizeof pump_ops, pump_now, pump_wait};

static void unload(void) {
    copp_sim_free(&host.sim);
    copp_private_key_free(&host.key);
    host.connector = NULL;
}

static void explain_sim(enum copp_result result, const struct copp_sim_error *error) {
    char text[sizeof error->text + 32];
    (void)snprintf(text, sizeof text, "line %u: %s", error->line, error->text);
    explain_driver("adapter.ini", error->line > 0 ? text : error->text[0] ? error->text : copp_strerror(result));
}

/* A chain may be any: players are tested with those that they must refuse. But one whose key is another's is a mistake, as a
 * rule, and hard to find. */
static void check_key(const char *bytes, size_t size) {
    struct copp_chain *chain = NULL;
    struct copp_certificate leaf = {.size = sizeof leaf};
    struct copp_public_key key;
    struct copp_verdict verdict;
    char why[256];
    enum copp_result result = copp_chain_parse((const uint8_t *)bytes, size, &chain, &verdict);
    if (result) {
        bool told = result == COPP_E_INVALID;
        (void)snprintf(why, sizeof why, "is no certificate chain: %s%s%s; no handshake will succeed",
                       told ? copp_rule_id(verdict.rule) : "", told ? ": " : "", told ? verdict.detail : copp_strerror(result));
        explain_driver("chain.xml", why);
        return;
    }
    bool same = copp_chain_certificate(chain, 0, &leaf) == COPP_OK && host.key->ops->public_key(host.key, &key) == COPP_OK &&
                key.modulus_size == leaf.subject.modulus_size && copp_equal(key.modulus, leaf.subject.modulus, key.modulus_size);
    if (!same)
        explain_driver("leaf.pem", "is not the key of the chain beside it: no handshake will succeed");
    copp_chain_free(&chain);
}

static bool make_sim(void) {
    size_t chain_size = 0;
    size_t text_size = 0;
    char *chain_bytes = NULL;
    char *text = NULL;
    struct copp_sim_error error = {0, ""};
    enum copp_result result;
    if (read_driver_file("chain.xml", &chain_bytes, &chain_size) && read_driver_file("adapter.ini", &text, &text_size)) {
        const struct copp_sim_config config = {.size = sizeof config,
                                               .description = text, /* NULL: the default adapter */
                                               .chain_bytes = (const uint8_t *)chain_bytes,
                                               .chain_size = chain_size,
                                               .key = host.key,
                                               .now_ms = GetTickCount64(),
                                               .unbound = true}; /* BIND-2: as a real driver's answers are */
        if (!chain_bytes)
            explain_driver("chain.xml", "no certificate chain is there: is COPP_DRIVER the driver's directory?");
        else if (chain_size == 0)
            explain_driver("chain.xml", "is empty");
        else if ((result = copp_sim_new(&config, &host.sim, &error)))
            explain_sim(result, &error);
        else
            check_key(chain_bytes, chain_size);
    }
    copp_release(chain_bytes, chain_size);
    copp_release(text, text_size);
    host.chain_size = chain_size;
    return host.sim != NULL;
}

static bool choose_output(void) {
    char output[256];
    bool named = variable(L"COPP_OUTPUT", output, sizeof output);
    if (named)
        host.connector = copp_sim_connector(host.sim, output[0] ? output : copp_sim_name(host.sim, 0));
    if (!host.connector)
        explain("COPP_OUTPUT", "the adapter has no output of that name");
    return host.connector != NULL;
}

static const char *why_no_key(enum copp_result result) {
    switch (result) {
    case COPP_E_NOT_FOUND:
        return "no key is there: is COPP_DRIVER the driver's directory?";
    case COPP_E_KEY:
        return "is no unencrypted RSA key of 1024 to 2048 bits";
    default:
        return copp_strerror(result);
    }
}

/* With the lock held. */
static bool load(void) {
    char path[PATH_SIZE];
    if (host.connector)
        return true;
    host.pump.ops = &pump_ops;
    if (!driver_file("leaf.pem", path, sizeof path)) {
        explain("COPP_DRIVER", "the directory's name is too long");
        return false;
    }
    enum copp_result result = copp_private_key_open(path, NULL, &host.key);
    if (result) {
        explain(path, why_no_key(result));
        return false;
    }
    if (make_sim() && choose_output())
        return true;
    unload();
    return false;
}

void host_init(HMODULE module) {
    host.module = module;
    InitializeCriticalSection(&host.lock);
}

static HRESULT open_device(struct host_device *device) {
    switch (copp_local_transport_open(host.connector, &host.pump, &device->transport)) {
    case COPP_OK:
        return S_OK;
    case COPP_E_UNSUPPORTED_MODE: /* ARB-6 */
        return (HRESULT)COPP_HR_UNSUPPORTEDMODE;
    case COPP_E_MEMORY:
        return E_OUTOFMEMORY;
    default:
        return (HRESULT)COPP_HR_NO_COPP_HW;
    }
}

/* A lock of a thread that is gone would be waited for for ever, and what it guards is nobody knows what. */
static bool lock(struct host_device *device) {
    if (RtlDllShutdownInProgress())
        return false;
    AcquireSRWLockExclusive(&device->lock);
    EnterCriticalSection(&host.lock);
    return true;
}

static void unlock(struct host_device *device) {
    LeaveCriticalSection(&host.lock);
    ReleaseSRWLockExclusive(&device->lock);
}

/* With the locks: the device is open and time has passed. */
static HRESULT prepare(struct host_device *device) {
    if (!load())
        return (HRESULT)COPP_HR_NO_COPP_HW;
    copp_sim_dispatch(host.sim, GetTickCount64());
    return device->transport ? S_OK : open_device(device);
}

/* What a transport's call, which writes *hresult, means to the application. */
static HRESULT answer(enum copp_result result, const uint32_t *hresult) {
    return result ? (HRESULT)COPP_HR_UNEXPECTED : (HRESULT)*hresult;
}

HRESULT host_open(struct host_device *device) {
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    unlock(device);
    return hr;
}

bool host_is_theatre(void) {
    EnterCriticalSection(&host.lock);
    bool theatre = host.connector && copp_connector_mode(host.connector) == COPP_MODE_THEATRE;
    LeaveCriticalSection(&host.lock);
    return theatre;
}

/* Whoever calls waits as long as it takes. */
static const struct copp_call no_deadline = {.size = sizeof no_deadline, .deadline_ms = COPP_NO_DEADLINE};

HRESULT host_key_exchange(struct host_device *device, GUID *random, BYTE **chain_bytes, DWORD *chain_size) {
    if (!random || !chain_bytes || !chain_size)
        return E_POINTER;
    *chain_bytes = NULL;
    *chain_size = 0;
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    /* before anything has happened; and a NUL beyond the chain, which is not counted: there are players that take it for a string */
    BYTE *copy = SUCCEEDED(hr) ? CoTaskMemAlloc(host.chain_size + 1) : NULL;
    if (SUCCEEDED(hr) && !copy)
        hr = E_OUTOFMEMORY;
    if (SUCCEEDED(hr)) {
        uint8_t drawn[COPP_RANDOM_SIZE];
        uint32_t hresult = COPP_HR_UNEXPECTED;
        const uint8_t *bytes = NULL;
        size_t length = 0;
        hr = answer(device->transport->ops->key_exchange(device->transport, &no_deadline, drawn, &bytes, &length, &hresult),
                    &hresult);
        if (hr == S_OK && length == host.chain_size) {
            memcpy(random, drawn, sizeof drawn);
            memcpy(copy, bytes, length);
            copy[length] = 0;
            *chain_size = (DWORD)length;
            *chain_bytes = copy;
            copy = NULL;
        }
    }
    unlock(device);
    CoTaskMemFree(copy);
    return hr;
}

HRESULT host_sequence_start(struct host_device *device, const void *signature) {
    if (!signature)
        return E_POINTER;
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (SUCCEEDED(hr)) {
        struct copp_signature given;
        uint32_t hresult = COPP_HR_UNEXPECTED;
        memcpy(&given, signature, sizeof given);
        hr = answer(device->transport->ops->session_sequence_start(device->transport, &no_deadline, &given, &hresult), &hresult);
    }
    unlock(device);
    return hr;
}

HRESULT host_command(struct host_device *device, const void *command) {
    if (!command)
        return E_POINTER;
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (SUCCEEDED(hr)) {
        struct copp_command given;
        uint32_t hresult = COPP_HR_UNEXPECTED;
        memcpy(&given, command, sizeof given); /* the application's threads can write to its own while it is checked */
        hr = answer(device->transport->ops->protection_command(device->transport, &no_deadline, &given, &hresult), &hresult);
    }
    unlock(device);
    return hr;
}

HRESULT host_status(struct host_device *device, const void *input, void *output) {
    if (!input || !output)
        return E_POINTER;
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (SUCCEEDED(hr)) {
        struct copp_status_output made;
        struct copp_status_input asked;
        uint32_t hresult = COPP_HR_UNEXPECTED;
        memcpy(&asked, input, sizeof asked); /* an application may hand over the same memory twice */
        hr =
            answer(device->transport->ops->protection_status(device->transport, &no_deadline, &asked, &made, &hresult), &hresult);
        if (hr == S_OK)
            memcpy(output, &made, sizeof made);
    }
    unlock(device);
    return hr;
}

void host_close(struct host_device *device) {
    if (!lock(device))
        return; /* the device goes with the process */
    copp_transport_free(&device->transport);
    unlock(device);
}
