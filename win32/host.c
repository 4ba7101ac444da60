#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#define FILE_SIZE_MAX 65536u
#define WAIT_MS 20u /* how long others may have the adapter while a command is pending */

/* One adapter a process, as there is one display driver. */
static struct {
    CRITICAL_SECTION lock; /* guards all that follows */
    HMODULE module;
    struct copp_sim *sim;
    struct copp_private_key *key;
    struct copp_pump pump;
    struct copp_connector *connector;
    size_t chain_size;
    size_t devices;
} host;

/* A debugger and Wine's debug channels show it: a COM server has no other place to say why there is no driver. */
static void explain(const char *file, const char *why) {
    char text[MAX_PATH + 256];
    (void)snprintf(text, sizeof text, "copp: %s: %s\n", file, why);
    OutputDebugStringA(text);
}

/* A file of the driver's directory: %COPP_DRIVER%, else copp-driver beside this DLL. */
static bool driver_file(const char *name, char *path, size_t size) {
    char directory[MAX_PATH];
    DWORD length = GetEnvironmentVariableA("COPP_DRIVER", directory, sizeof directory);
    if (length >= sizeof directory)
        return false;
    if (length == 0) {
        length = GetModuleFileNameA(host.module, directory, sizeof directory);
        while (length > 0 && directory[length - 1] != '\\' && directory[length - 1] != '/')
            length--;
        if (length + sizeof "copp-driver" > sizeof directory)
            return false;
        memcpy(directory + length, "copp-driver", sizeof "copp-driver");
    }
    return snprintf(path, size, "%s\\%s", directory, name) < (int)size;
}

/* The file's bytes with a NUL beyond them; free with copp_release. NULL if it cannot be read. */
static char *read_driver_file(const char *name, size_t *size) {
    char path[MAX_PATH];
    char *bytes = malloc(FILE_SIZE_MAX + 1);
    FILE *file = bytes && driver_file(name, path, sizeof path) ? fopen(path, "rb") : NULL;
    *size = file ? fread(bytes, 1, FILE_SIZE_MAX + 1, file) : 0;
    if (file)
        (void)fclose(file);
    if (!file || *size > FILE_SIZE_MAX) {
        free(bytes);
        return NULL;
    }
    bytes[*size] = 0;
    return bytes;
}

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return GetTickCount64();
}

/* The other sessions go on meanwhile (CMD-6). */
static void pump_wait(struct copp_pump *pump, uint64_t until_ms) {
    (void)pump;
    uint64_t now = GetTickCount64();
    DWORD pause = until_ms > now + WAIT_MS ? WAIT_MS : until_ms > now ? (DWORD)(until_ms - now) : 0;
    LeaveCriticalSection(&host.lock);
    Sleep(pause);
    EnterCriticalSection(&host.lock);
    copp_sim_advance(host.sim, GetTickCount64());
}

static const struct copp_pump_calls pump_calls = {pump_now, pump_wait};

static void unload(void) {
    copp_sim_free(&host.sim);
    copp_private_key_free(&host.key);
    host.connector = NULL;
}

static bool make_sim(void) {
    char output[32];
    size_t chain_size = 0;
    size_t text_size = 0;
    struct copp_sim_error error = {0, ""};
    char *chain = read_driver_file("chain.xml", &chain_size);
    char *text = read_driver_file("adapter.ini", &text_size);
    const struct copp_sim_config config = {.description = text, /* NULL: the default adapter */
                                           .chain = (const uint8_t *)chain,
                                           .chain_size = chain_size,
                                           .key = host.key,
                                           .now_ms = GetTickCount64()};
    if (!chain)
        explain("chain.xml", "the driver's certificate chain is not there: set COPP_DRIVER to the directory it is in");
    else if (copp_sim_new(&config, &host.sim, &error))
        explain("adapter.ini", error.text);
    copp_release(chain, chain_size);
    copp_release(text, text_size);
    if (!host.sim)
        return false;
    DWORD length = GetEnvironmentVariableA("COPP_OUTPUT", output, sizeof output);
    bool named = length > 0 && length < sizeof output;
    host.chain_size = chain_size;
    host.connector = copp_sim_connector(host.sim, named ? output : copp_sim_name(host.sim, 0));
    if (!host.connector)
        explain("COPP_OUTPUT", "the adapter has no output of that name");
    return host.connector != NULL;
}

/* With the lock held. */
static bool load(void) {
    char path[MAX_PATH];
    if (host.connector)
        return true;
    host.pump.calls = &pump_calls;
    if (!driver_file("leaf.pem", path, sizeof path) || copp_private_key_open(path, NULL, &host.key)) {
        explain("leaf.pem", "the driver's key is not there: set COPP_DRIVER to the directory it is in");
        return false;
    }
    if (make_sim())
        return true;
    unload();
    return false;
}

void host_init(HMODULE module) {
    host.module = module;
    InitializeCriticalSection(&host.lock);
}

void host_end(void) {
    unload();
    DeleteCriticalSection(&host.lock);
}

/* Enters the lock, with the device open and time passed; leave with LeaveCriticalSection, whatever the answer. */
static HRESULT enter(struct host_device *device) {
    EnterCriticalSection(&host.lock);
    if (!load())
        return (HRESULT)COPP_HR_NO_COPP_HW;
    copp_sim_advance(host.sim, GetTickCount64());
    if (device->transport)
        return S_OK;
    switch (copp_local_transport_open(host.connector, &host.pump, &device->transport)) {
    case COPP_OK:
        host.devices++;
        return S_OK;
    case COPP_E_UNSUPPORTED_MODE: /* ARB-6 */
        return (HRESULT)COPP_HR_UNSUPPORTEDMODE;
    case COPP_E_MEMORY:
        return E_OUTOFMEMORY;
    default:
        return (HRESULT)COPP_HR_NO_COPP_HW;
    }
}

/* What a transport's call, which writes *hresult, means to the application. */
static HRESULT answer(enum copp_result result, const uint32_t *hresult) {
    return result ? (HRESULT)COPP_HR_UNEXPECTED : (HRESULT)*hresult;
}

HRESULT host_key_exchange(struct host_device *device, GUID *random, BYTE **chain, DWORD *size) {
    if (!random || !chain || !size)
        return E_POINTER;
    HRESULT hr = enter(device);
    BYTE *copy = SUCCEEDED(hr) ? CoTaskMemAlloc(host.chain_size) : NULL; /* before anything has happened */
    if (SUCCEEDED(hr) && !copy)
        hr = E_OUTOFMEMORY;
    if (SUCCEEDED(hr)) {
        uint8_t drawn[COPP_RANDOM_SIZE];
        uint32_t hresult = COPP_HR_UNEXPECTED;
        const uint8_t *bytes = NULL;
        size_t length = 0;
        hr = answer(device->transport->calls->key_exchange(device->transport, drawn, &bytes, &length, &hresult), &hresult);
        if (hr == S_OK && length == host.chain_size) {
            memcpy(random, drawn, sizeof drawn);
            memcpy(copy, bytes, length);
            *size = (DWORD)length;
            *chain = copy;
            copy = NULL;
        }
    }
    LeaveCriticalSection(&host.lock);
    CoTaskMemFree(copy);
    return hr;
}

HRESULT host_sequence_start(struct host_device *device, const void *signature) {
    if (!signature)
        return E_POINTER;
    HRESULT hr = enter(device);
    if (SUCCEEDED(hr)) {
        uint32_t hresult = COPP_HR_UNEXPECTED;
        hr = answer(device->transport->calls->session_sequence_start(device->transport, signature, &hresult), &hresult);
    }
    LeaveCriticalSection(&host.lock);
    return hr;
}

HRESULT host_command(struct host_device *device, const void *command) {
    if (!command)
        return E_POINTER;
    HRESULT hr = enter(device);
    if (SUCCEEDED(hr)) {
        uint32_t hresult = COPP_HR_UNEXPECTED;
        hr = answer(device->transport->calls->protection_command(device->transport, command, &hresult), &hresult);
    }
    LeaveCriticalSection(&host.lock);
    return hr;
}

HRESULT host_status(struct host_device *device, const void *input, void *output) {
    if (!input || !output)
        return E_POINTER;
    HRESULT hr = enter(device);
    if (SUCCEEDED(hr)) {
        struct copp_status_output made;
        struct copp_status_input asked;
        uint32_t hresult = COPP_HR_UNEXPECTED;
        memcpy(&asked, input, sizeof asked); /* an application may hand over the same memory twice */
        hr = answer(device->transport->calls->protection_status(device->transport, &asked, &made, &hresult), &hresult);
        if (hr == S_OK)
            memcpy(output, &made, sizeof made);
    }
    LeaveCriticalSection(&host.lock);
    return hr;
}

void host_close(struct host_device *device) {
    EnterCriticalSection(&host.lock);
    if (device->transport) {
        copp_transport_free(&device->transport);
        host.devices--;
    }
    LeaveCriticalSection(&host.lock);
}

size_t host_devices(void) {
    EnterCriticalSection(&host.lock);
    size_t devices = host.devices;
    LeaveCriticalSection(&host.lock);
    return devices;
}
