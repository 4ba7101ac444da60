#include "remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "conformance/player/packets.h"
#include "driver_file.h"

#define FILE_NAME "conformance.ini"
#define PIPE_PREFIX "\\\\.\\pipe\\copp-test-"
#define BUSY_MS 2000u /* as long as a driver may be busy with another one who comes */

struct remote {
    HANDLE pipe; /* INVALID_HANDLE_VALUE: the driver has gone */
    bool opm;
    size_t size; /* of the answer's body */
    uint8_t packet[PACKETS_MAX]; /* the request, and then its answer */
};

/* --- which one --- */

/* Of a line "name = value": into text. False: the file has no such line, or it is too long. */
static bool value_of(const char *file, const char *name, char *text, size_t size) {
    char start[32];
    (void)snprintf(start, sizeof start, "\n%s = ", name);
    const char *at = strstr(file, start);
    size_t length = at ? strcspn(at + strlen(start), "\r\n") : 0;
    if (length == 0 || length >= size)
        return false;
    memcpy(text, at + strlen(start), length);
    text[length] = '\0';
    return true;
}

/* A pipe of this machine, and not a file or something else that can be opened. */
static bool is_pipe(const char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t prefix = strlen(PIPE_PREFIX);
    return strncmp(name, PIPE_PREFIX, prefix) == 0 && name[prefix] != '\0' &&
           name[prefix + strspn(name + prefix, letters)] == '\0';
}

bool remote_find(HMODULE module, WCHAR pipe[REMOTE_PIPE_MAX]) {
    char name[REMOTE_PIPE_MAX];
    char test[64];
    char text[160];
    char *file = NULL;
    size_t size = 0;
    pipe[0] = L'\0';
    if (!read_driver_file(module, FILE_NAME, &file, &size))
        return false;
    if (!file)
        return true;
    bool good = value_of(file, "pipe", name, sizeof name) && is_pipe(name) && value_of(file, "case", test, sizeof test) &&
                MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, pipe, REMOTE_PIPE_MAX) > 0;
    copp_release(file, size);
    (void)snprintf(text, sizeof text, "the driver is that of copp test player, for %s: what it answers may be wrong on purpose",
                   good ? test : "");
    explain_file(module, FILE_NAME, good ? text : "does not name a case and the pipe of its driver");
    if (!good)
        pipe[0] = L'\0';
    return good;
}

/* --- packets --- */

static void lose(struct remote *remote) {
    if (remote->pipe != INVALID_HANDLE_VALUE)
        CloseHandle(remote->pipe);
    remote->pipe = INVALID_HANDLE_VALUE;
}

static uint8_t *body(struct remote *remote) {
    return remote->packet + PACKETS_HEADER;
}

/* Sends a request, whose body of size bytes is there already, and takes its answer. False: the driver has gone. */
static bool converse(struct remote *remote, uint32_t type, size_t size) {
    DWORD count = 0;
    if (remote->pipe == INVALID_HANDLE_VALUE)
        return false;
    packets_put(remote->packet, PACKETS_VERSION);
    packets_put(remote->packet + 4, type);
    packets_put(remote->packet + 8, 0);
    bool good = WriteFile(remote->pipe, remote->packet, (DWORD)(PACKETS_HEADER + size), &count, NULL) &&
                ReadFile(remote->pipe, remote->packet, sizeof remote->packet, &count, NULL) && count >= PACKETS_HEADER &&
                packets_get(remote->packet) == PACKETS_VERSION && packets_get(remote->packet + 4) == (type | PACKETS_ANSWER);
    if (good)
        remote->size = count - PACKETS_HEADER;
    else
        lose(remote);
    return good;
}

static HRESULT status_of(const struct remote *remote) {
    return (HRESULT)packets_get(remote->packet + 8);
}

/* What a driver that was taken away answers to COPP's calls, and to OPM's (OPM-STA-7). */
static HRESULT gone(bool opm) {
    return (HRESULT)(opm ? COPP_HR_OPM_OUTPUT_GONE : COPP_HR_NO_COPP_HW);
}

/* A call whose answer has least bytes at least and most at most, if it is a success. */
static HRESULT call(struct remote *remote, uint32_t type, size_t size, size_t least, size_t most, bool opm) {
    if (!converse(remote, type, size))
        return gone(opm);
    HRESULT hr = status_of(remote);
    if (hr != S_OK || (remote->size >= least && remote->size <= most))
        return hr;
    lose(remote);
    return gone(opm);
}

/* --- devices --- */

/* Whoever listens there learns nothing of us, and cannot act in our name. */
static HANDLE open_pipe(const WCHAR *name) {
    const DWORD flags = SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS;
    DWORD mode = PIPE_READMODE_MESSAGE;
    HANDLE pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    if (pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY && WaitNamedPipeW(name, BUSY_MS))
        pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    if (pipe == INVALID_HANDLE_VALUE || SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
        return pipe;
    CloseHandle(pipe);
    return INVALID_HANDLE_VALUE;
}

HRESULT remote_open(const WCHAR *pipe, bool opm, struct remote **remote) {
    const uint32_t unsupported = opm ? COPP_HR_OPM_NOT_SUPPORTED : COPP_HR_NO_COPP_HW;
    *remote = NULL;
    struct remote *made = calloc(1, sizeof *made);
    if (!made)
        return E_OUTOFMEMORY;
    made->opm = opm;
    made->pipe = open_pipe(pipe);
    packets_put(body(made), PACKETS_OPENING);
    packets_put(body(made) + 8, opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP);
    memcpy(body(made) + 12, PACKETS_PLAYER_OUTPUT, sizeof PACKETS_PLAYER_OUTPUT);
    if (call(made, PACKETS_OPEN, PACKETS_OPENING, PACKETS_OPENED, PACKETS_OPENED + PACKETS_GROWTH, opm) == S_OK) {
        *remote = made;
        return S_OK;
    }
    remote_close(&made);
    return (HRESULT)unsupported;
}

void remote_close(struct remote **remote) {
    if (!*remote)
        return;
    lose(*remote);
    SecureZeroMemory(*remote, sizeof **remote);
    free(*remote);
    *remote = NULL;
}

HRESULT remote_key_exchange(struct remote *remote, void *random, BYTE **chain_bytes, DWORD *chain_size) {
    HRESULT hr = call(remote, PACKETS_KEY_EXCHANGE, 0, COPP_RANDOM_SIZE, sizeof remote->packet, remote->opm);
    size_t size = hr == S_OK ? remote->size - COPP_RANDOM_SIZE : 0;
    BYTE *copy = hr == S_OK ? CoTaskMemAlloc(size + 1) : NULL;
    if (hr != S_OK)
        return hr;
    if (!copy)
        return E_OUTOFMEMORY;
    memcpy(random, body(remote), COPP_RANDOM_SIZE);
    memcpy(copy, body(remote) + COPP_RANDOM_SIZE, size);
    copy[size] = 0; /* as host_key_exchange has it */
    *chain_bytes = copy;
    *chain_size = (DWORD)size;
    return S_OK;
}

HRESULT remote_sequence_start(struct remote *remote, const struct copp_signature *signature) {
    memcpy(body(remote), signature, sizeof *signature);
    return call(remote, PACKETS_SEQUENCE_START, sizeof *signature, 0, 0, remote->opm);
}

HRESULT remote_command(struct remote *remote, const struct copp_command *command) {
    memcpy(body(remote), command, sizeof *command);
    return call(remote, PACKETS_COMMAND, sizeof *command, 0, 0, false);
}

/* Bytes that are too many are told by their size (OPM-SET-3). */
HRESULT remote_configure(struct remote *remote, const struct copp_command *parameters, const uint8_t *additional,
                         size_t additional_size) {
    size_t along = additional_size <= COPP_OPM_ADDITIONAL_MAX ? additional_size : 0;
    packets_put(body(remote), (uint32_t)(PACKETS_CONFIGURE_BODY + along));
    packets_put(body(remote) + 4, additional_size <= UINT32_MAX ? (uint32_t)additional_size : UINT32_MAX);
    memcpy(body(remote) + 8, parameters, sizeof *parameters);
    if (along > 0)
        memcpy(body(remote) + PACKETS_CONFIGURE_BODY, additional, along);
    return call(remote, PACKETS_CONFIGURE, PACKETS_CONFIGURE_BODY + along, 0, 0, true);
}

HRESULT remote_ask(struct remote *remote, enum remote_question question, const uint8_t *parameters,
                   struct copp_status_output *answer) {
    static const uint32_t types[] = {[REMOTE_STATUS] = PACKETS_STATUS,
                                     [REMOTE_COPP_INFORMATION] = PACKETS_COPP_INFORMATION,
                                     [REMOTE_INFORMATION] = PACKETS_INFORMATION};
    bool opm = question == REMOTE_INFORMATION;
    uint8_t *to = body(remote);
    size_t size = opm ? COPP_OPM_GET_INFO_SIZE : COPP_MESSAGE_SIZE;
    if (opm)
        packets_put(to, PACKETS_INFORMATION_BODY);
    memcpy(to + (opm ? 4 : 0), parameters, size);
    HRESULT hr = call(remote, types[question], size + (opm ? 4 : 0), sizeof *answer, sizeof *answer, question != REMOTE_STATUS);
    if (hr == S_OK)
        memcpy(answer, body(remote), sizeof *answer);
    return hr;
}
