#include "host.h"

#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "driver.h"
#include "remote.h"

/* No header has it. True once the process ends: its other threads are gone, whatever they were doing and holding. */
NTSYSAPI BOOLEAN NTAPI RtlDllShutdownInProgress(void);

#define WAIT_MS 20u /* how long others may have the adapter while a command is pending */

/* One adapter a DLL: copp.dll and dxva2.dll in one process have two, which know nothing of each other. */
static struct {
    CRITICAL_SECTION lock; /* guards all that follows */
    HMODULE module;
    struct driver driver;
    WCHAR pipe[REMOTE_PIPE_MAX]; /* of the driver; "": it is that of this process */
} host;

void host_init(HMODULE module) {
    host.module = module;
    InitializeCriticalSection(&host.lock);
}

static HRESULT unsupported(const struct host_device *device) {
    return (HRESULT)(device->opm ? COPP_HR_OPM_NOT_SUPPORTED : COPP_HR_NO_COPP_HW);
}

/* OPM-OUT-4: an adapter without the wanted semantics is found here, and not later. */
static HRESULT open_device(struct host_device *device) {
    const struct copp_device_options options = {.size = sizeof options,
                                                .semantics = device->opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP};
    struct copp_connector *connector = device->connector ? device->connector : host.driver.connector;
    switch (copp_device_open_as(connector, &options, &device->device)) {
    case COPP_OK:
        return S_OK;
    case COPP_E_UNSUPPORTED_MODE: /* ARB-6, OPM-OUT-6 */
        return (HRESULT)COPP_HR_UNSUPPORTEDMODE;
    case COPP_E_MEMORY:
        return E_OUTOFMEMORY;
    default:
        return unsupported(device);
    }
}

/* A lock of a thread that is gone would be waited for for ever, and what it guards may be in any state. */
static bool locks_are_dead(void) {
    return RtlDllShutdownInProgress();
}

static bool lock(struct host_device *device) {
    if (locks_are_dead())
        return false;
    AcquireSRWLockExclusive(&device->lock);
    EnterCriticalSection(&host.lock);
    return true;
}

static void unlock(struct host_device *device) {
    LeaveCriticalSection(&host.lock);
    ReleaseSRWLockExclusive(&device->lock);
}

/* With the adapter's lock: the driver is there, and time has passed. */
static bool prepare_driver(void) {
    if (!host.driver.connector && !host.pipe[0] &&
        (!remote_find(host.module, host.pipe) || (!host.pipe[0] && !driver_load(host.module, &host.driver))))
        return false;
    if (!host.pipe[0])
        copp_sim_dispatch(host.driver.sim, GetTickCount64());
    return true;
}

/* With the locks: the device is open, too. */
static HRESULT prepare(struct host_device *device) {
    if (!prepare_driver())
        return unsupported(device);
    if (host.pipe[0])
        return device->remote ? S_OK : remote_open(host.pipe, device->opm, &device->remote);
    return device->device ? S_OK : open_device(device);
}

/*
 * A driver in another process takes its time: the adapter's lock is not held meanwhile.
 * With the locks: whether the device is ready and another process's. Then the adapter is left, until enter_adapter.
 */
static bool leave_adapter(const struct host_device *device, HRESULT prepared) {
    bool remote = SUCCEEDED(prepared) && device->remote;
    if (remote)
        LeaveCriticalSection(&host.lock);
    return remote;
}

static void enter_adapter(void) {
    EnterCriticalSection(&host.lock);
}

/* With the adapter's lock. The connectors besides the driver's own. */
static size_t add_clones(struct copp_connector **connectors) {
    const char *name;
    size_t count = 0;
    if (copp_connector_mode(host.driver.connector) != COPP_MODE_CLONE)
        return 0;
    for (size_t i = 0; (name = copp_sim_name(host.driver.sim, i)) != NULL; i++) {
        struct copp_connector *connector = copp_sim_connector(host.driver.sim, name);
        if (connector != host.driver.connector && copp_connector_mode(connector) == COPP_MODE_CLONE)
            connectors[count++] = connector;
    }
    return count;
}

struct copp_connector **host_shown(size_t *count) {
    if (locks_are_dead())
        return NULL;
    EnterCriticalSection(&host.lock);
    size_t outputs = prepare_driver() && !host.pipe[0] ? copp_sim_count(host.driver.sim) : 1;
    struct copp_connector **connectors = calloc(outputs, sizeof(struct copp_connector *));
    if (connectors) {
        connectors[0] = host.driver.connector;
        *count = 1 + (host.driver.connector ? add_clones(connectors + 1) : 0);
    }
    LeaveCriticalSection(&host.lock);
    return connectors;
}

HRESULT host_open(struct host_device *device) {
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    unlock(device);
    return hr;
}

bool host_is_theatre(void) {
    if (locks_are_dead())
        return false;
    EnterCriticalSection(&host.lock);
    const struct copp_connector *connector = host.driver.connector;
    bool theatre = connector && copp_connector_mode(connector) == COPP_MODE_THEATRE;
    LeaveCriticalSection(&host.lock);
    return theatre;
}

/* With the locks. A NUL beyond the chain, which is not counted: there are players that take COPP's for a string. */
static HRESULT exchange_keys(struct host_device *device, void *random, BYTE **chain_bytes, DWORD *chain_size) {
    uint8_t drawn[COPP_RANDOM_SIZE];
    const uint8_t *bytes = NULL;
    size_t length = 0;
    size_t size = host.driver.chain_size[device->opm ? DRIVER_OPM : DRIVER_COPP];
    BYTE *copy = CoTaskMemAlloc(size + 1); /* before anything has happened (OPM-INI-1) */
    if (!copy)
        return E_OUTOFMEMORY;
    HRESULT hr = (HRESULT)copp_device_exchange(device->device, drawn, &bytes, &length);
    if (hr != S_OK || length != size) {
        CoTaskMemFree(copy);
        return hr;
    }
    memcpy(random, drawn, sizeof drawn);
    memcpy(copy, bytes, length);
    copy[length] = 0;
    *chain_size = (DWORD)length;
    *chain_bytes = copy;
    return hr;
}

HRESULT host_key_exchange(struct host_device *device, void *random, BYTE **chain_bytes, DWORD *chain_size) {
    if (!random || !chain_bytes || !chain_size)
        return E_POINTER;
    *chain_bytes = NULL;
    *chain_size = 0;
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (leave_adapter(device, hr)) {
        hr = remote_key_exchange(device->remote, random, chain_bytes, chain_size);
        enter_adapter();
    } else if (SUCCEEDED(hr)) {
        hr = exchange_keys(device, random, chain_bytes, chain_size);
    }
    unlock(device);
    return hr;
}

HRESULT host_sequence_start(struct host_device *device, const void *signature) {
    struct copp_signature given;
    if (!signature)
        return E_POINTER;
    memcpy(&given, signature, sizeof given);
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (leave_adapter(device, hr)) {
        hr = remote_sequence_start(device->remote, &given);
        enter_adapter();
    } else if (SUCCEEDED(hr)) {
        hr = (HRESULT)copp_device_sequence_start(device->device, &given);
    }
    unlock(device);
    return hr;
}

/* With the locks. The other sessions go on meanwhile (CMD-6). */
static void let_time_pass(void) {
    uint64_t now = GetTickCount64();
    uint64_t due = copp_sim_deadline_ms(host.driver.sim);
    DWORD pause = due > now + WAIT_MS ? WAIT_MS : due > now ? (DWORD)(due - now) : 0;
    LeaveCriticalSection(&host.lock);
    Sleep(pause);
    EnterCriticalSection(&host.lock);
    copp_sim_dispatch(host.driver.sim, GetTickCount64());
}

/* Whoever calls waits as long as it takes. */
static HRESULT command_end(const struct host_device *device, uint32_t hresult) {
    while (hresult == COPP_HR_PENDING) {
        let_time_pass();
        hresult = copp_device_command_result(device->device);
    }
    return (HRESULT)hresult;
}

HRESULT host_command(struct host_device *device, const void *command) {
    struct copp_command given;
    if (!command)
        return E_POINTER;
    memcpy(&given, command, sizeof given); /* the application's threads can write to its own while it is checked */
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (leave_adapter(device, hr)) {
        hr = remote_command(device->remote, &given);
        enter_adapter();
    } else if (SUCCEEDED(hr)) {
        hr = command_end(device, copp_device_command(device->device, &given, GetTickCount64()));
    }
    unlock(device);
    return hr;
}

/* OPM-SET-3: what is copied is what is judged; bytes that are too many are told by their size, and nobody reads them. */
HRESULT host_configure(struct host_device *device, const void *parameters, const void *additional, size_t additional_size) {
    struct copp_command given;
    if (!parameters || (!additional && additional_size))
        return E_POINTER;
    bool readable = additional_size > 0 && additional_size <= COPP_OPM_ADDITIONAL_MAX;
    uint8_t *copy = readable ? malloc(additional_size) : NULL;
    if (readable && !copy)
        return E_OUTOFMEMORY;
    if (readable)
        memcpy(copy, additional, additional_size);
    memcpy(&given, parameters, sizeof given);
    HRESULT hr = E_UNEXPECTED;
    if (lock(device)) {
        hr = prepare(device);
        if (leave_adapter(device, hr)) {
            hr = remote_configure(device->remote, &given, copy, additional_size);
            enter_adapter();
        } else if (SUCCEEDED(hr)) {
            hr = command_end(device, copp_device_configure(device->device, &given, readable ? copy : additional, additional_size,
                                                           GetTickCount64()));
        }
        unlock(device);
    }
    free(copy);
    return hr;
}

/* A request and its answer. An application may hand over the same memory for both. */
typedef uint32_t status_call(struct copp_device *device, const uint8_t *parameters, struct copp_status_output *answer);

struct status_way {
    size_t size; /* of the request */
    status_call *call;
    enum remote_question question;
};

static HRESULT ask(struct host_device *device, const void *parameters, void *answer, const struct status_way *way) {
    uint8_t asked[COPP_OPM_GET_INFO_SIZE];
    struct copp_status_output made;
    if (!parameters || !answer)
        return E_POINTER;
    memcpy(asked, parameters, way->size);
    if (!lock(device))
        return E_UNEXPECTED;
    HRESULT hr = prepare(device);
    if (leave_adapter(device, hr)) {
        hr = remote_ask(device->remote, way->question, asked, &made);
        enter_adapter();
    } else if (SUCCEEDED(hr)) {
        hr = (HRESULT)way->call(device->device, asked, &made);
    }
    if (hr == S_OK)
        memcpy(answer, &made, sizeof made);
    unlock(device);
    return hr;
}

static uint32_t call_status(struct copp_device *device, const uint8_t *parameters, struct copp_status_output *answer) {
    struct copp_status_input input;
    memcpy(&input, parameters, sizeof input);
    return copp_device_status(device, &input, answer);
}

static uint32_t call_copp_information(struct copp_device *device, const uint8_t *parameters, struct copp_status_output *answer) {
    struct copp_status_input input;
    memcpy(&input, parameters, sizeof input);
    return copp_device_get_copp_information(device, &input, answer);
}

/* OPM-WIRE-1: the MAC, and then what COPP asks. */
static uint32_t call_information(struct copp_device *device, const uint8_t *parameters, struct copp_status_output *answer) {
    struct copp_status_input input;
    memcpy(&input, parameters + COPP_MAC_SIZE, sizeof input);
    return copp_device_get_information(device, parameters, &input, answer);
}

HRESULT host_status(struct host_device *device, const void *input, void *output) {
    static const struct status_way way = {sizeof(struct copp_status_input), call_status, REMOTE_STATUS};
    return ask(device, input, output, &way);
}

HRESULT host_copp_information(struct host_device *device, const void *parameters, void *information) {
    static const struct status_way way = {sizeof(struct copp_status_input), call_copp_information, REMOTE_COPP_INFORMATION};
    return ask(device, parameters, information, &way);
}

HRESULT host_information(struct host_device *device, const void *parameters, void *information) {
    static const struct status_way way = {COPP_OPM_GET_INFO_SIZE, call_information, REMOTE_INFORMATION};
    return ask(device, parameters, information, &way);
}

void host_close(struct host_device *device) {
    if (!lock(device))
        return; /* the device goes with the process */
    copp_device_close(&device->device);
    remote_close(&device->remote);
    unlock(device);
}
