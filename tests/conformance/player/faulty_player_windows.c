/* The calls of a driver on Windows, by Windows' own interfaces: IOPMVideoOutput of dxva2.dll, IAMCertifiedOutputProtection of copp.dll. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <d3d9.h>
#define NO_DSHOW_STRSAFE /* it forbids the C library's */
#include <dshow.h>
#include <ntsecapi.h>
#include <opmapi.h>

#include "faulty_player.h"

/* What the DLL has made; one session at a time. */
static struct {
    IOPMVideoOutput *output;
    IAMCertifiedOutputProtection *protection;
} made;

typedef HRESULT(WINAPI *get_class_object)(REFCLSID, REFIID, void **);
typedef HRESULT(WINAPI *from_monitor)(HMONITOR, OPM_VIDEO_OUTPUT_SEMANTICS, ULONG *, IOPMVideoOutput ***);

static bool open_protection(HMODULE library) {
    static const GUID class_id = {0x36cd6f7a, 0x7d6c, 0x4c7c, {0x9e, 0x0b, 0x59, 0xb2, 0x1a, 0x40, 0xc3, 0xd1}};
    static const GUID interface_id = {0x6feded3e, 0x0ff1, 0x4901, {0xa2, 0xf1, 0x43, 0xf7, 0x01, 0x2c, 0x85, 0x15}};
    get_class_object entry = (get_class_object)(void *)GetProcAddress(library, "DllGetClassObject");
    IClassFactory *factory = NULL;
    if (entry == NULL || FAILED(entry(&class_id, &IID_IClassFactory, (void **)&factory)))
        return false;
    HRESULT hr = IClassFactory_CreateInstance(factory, NULL, &interface_id, (void **)&made.protection);
    IClassFactory_Release(factory);
    return SUCCEEDED(hr);
}

static bool open_output(HMODULE library, bool opm) {
    const POINT origin = {0, 0};
    from_monitor entry = (from_monitor)(void *)GetProcAddress(library, "OPMGetVideoOutputsFromHMONITOR");
    IOPMVideoOutput **outputs = NULL;
    ULONG count = 0;
    if (entry == NULL || FAILED(entry(MonitorFromPoint(origin, MONITOR_DEFAULTTOPRIMARY),
                                      opm ? OPM_VOS_OPM_SEMANTICS : OPM_VOS_COPP_SEMANTICS, &count, &outputs)))
        return false;
    made.output = outputs[0];
    CoTaskMemFree(outputs);
    return count == 1;
}

bool way_open(struct player *p) {
    HMODULE library = LoadLibraryA(p->driver);
    if (library == NULL || FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return false;
    return GetProcAddress(library, "DllGetClassObject") != NULL ? open_protection(library) : open_output(library, p->opm);
}

void way_close(struct player *p) {
    (void)p;
    if (made.output != NULL)
        IOPMVideoOutput_Release(made.output);
    if (made.protection != NULL)
        IAMCertifiedOutputProtection_Release(made.protection);
    made.output = NULL;
    made.protection = NULL;
}

static HRESULT exchange_keys(struct packet *packet) {
    GUID random = {0};
    BYTE *chain_bytes = NULL;
    DWORD size = 0;
    HRESULT hr = made.output != NULL
                     ? IOPMVideoOutput_StartInitialization(made.output, (OPM_RANDOM_NUMBER *)(void *)&random, &chain_bytes, &size)
                     : IAMCertifiedOutputProtection_KeyExchange(made.protection, &random, &chain_bytes, &size);
    if (hr != S_OK || size > sizeof packet->body - sizeof random)
        return hr;
    memcpy(packet->body, &random, sizeof random);
    memcpy(packet->body + sizeof random, chain_bytes, size);
    packet->size = sizeof random + size;
    CoTaskMemFree(chain_bytes);
    return hr;
}

/* What is asked stands in memory that is aligned. */
static HRESULT call_output(uint32_t type, const uint8_t *body, struct packet *packet) {
    static union {
        OPM_ENCRYPTED_INITIALIZATION_PARAMETERS start;
        OPM_GET_INFO_PARAMETERS get;
        OPM_COPP_COMPATIBLE_GET_INFO_PARAMETERS copp_get;
        OPM_CONFIGURE_PARAMETERS configure;
    } with;
    static OPM_REQUESTED_INFORMATION answer;
    HRESULT hr = E_NOTIMPL;
    memset(&answer, 0, sizeof answer);
    switch (type) {
    case PACKETS_SEQUENCE_START:
        memcpy(&with.start, body, sizeof with.start);
        return IOPMVideoOutput_FinishInitialization(made.output, &with.start);
    case PACKETS_COMMAND:
    case PACKETS_CONFIGURE:
        memcpy(&with.configure, body + (type == PACKETS_CONFIGURE ? 8 : 0), sizeof with.configure);
        return IOPMVideoOutput_Configure(made.output, &with.configure, 0, NULL);
    case PACKETS_STATUS:
        memcpy(&with.copp_get, body, sizeof with.copp_get);
        hr = IOPMVideoOutput_COPPCompatibleGetInformation(made.output, &with.copp_get, &answer);
        break;
    case PACKETS_INFORMATION:
        memcpy(&with.get, body + 4, sizeof with.get);
        hr = IOPMVideoOutput_GetInformation(made.output, &with.get, &answer);
        break;
    default:
        break;
    }
    if (hr == S_OK)
        memcpy(packet->body, &answer, packet->size = sizeof answer);
    return hr;
}

static HRESULT call_protection(uint32_t type, const uint8_t *body, struct packet *packet) {
    static union {
        AMCOPPSignature start;
        AMCOPPCommand command;
        AMCOPPStatusInput status;
    } with;
    static AMCOPPStatusOutput answer;
    memset(&answer, 0, sizeof answer);
    if (type == PACKETS_SEQUENCE_START) {
        memcpy(&with.start, body, sizeof with.start);
        return IAMCertifiedOutputProtection_SessionSequenceStart(made.protection, &with.start);
    }
    if (type == PACKETS_COMMAND) {
        memcpy(&with.command, body, sizeof with.command);
        return IAMCertifiedOutputProtection_ProtectionCommand(made.protection, &with.command);
    }
    memcpy(&with.status, body, sizeof with.status);
    HRESULT hr = IAMCertifiedOutputProtection_ProtectionStatus(made.protection, &with.status, &answer);
    if (hr == S_OK)
        memcpy(packet->body, &answer, packet->size = sizeof answer);
    return hr;
}

/* A call waits as long as the driver does. One that has gone answers so from then on, which is an answer as others are. */
bool way_ask(struct player *p, uint32_t type, const uint8_t *body, size_t size, struct packet *packet) {
    HRESULT hr = S_OK;
    (void)size;
    packet->version = PACKETS_VERSION;
    packet->type = type | PACKETS_ANSWER;
    packet->size = 0;
    if (type == PACKETS_OPEN)
        packet->size = PACKETS_OPENED;
    else if (type == PACKETS_KEY_EXCHANGE)
        hr = exchange_keys(packet);
    else
        hr = made.output != NULL ? call_output(type, body, packet) : call_protection(type, body, packet);
    packet->status = (uint32_t)hr;
    bool gone = packet->status == (made.output != NULL ? COPP_HR_OPM_OUTPUT_GONE : COPP_HR_NO_COPP_HW);
    return !gone || !has(p, FAULT_end_ignored);
}

bool way_binds(void) {
    return false;
}

bool way_random(void *bytes, size_t size) {
    return RtlGenRandom(bytes, (ULONG)size);
}
